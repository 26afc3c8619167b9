"""Arrays of other libraries beside traced values: the derivative is right, or the expression is refused."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
from test_alike import OPERATORS
from ways import stated

import hoad
from hoad.chainrules import frule, rrule
from hoad.errors import EscapeError, HoadError, NotDifferentiableError
from hoad.values.foreign import traced_within

W = np.array([1.5, 2.5])

EXPRESSIONS = """
((a - w) ** 2).sum()        | ((w - a) ** 2).sum()       | np.sum((a - w) ** 2)       | np.sum((w - a) ** 2)
np.sum(a * w)               | np.sum(w * a)              | (a * w).sum()              | (w * a).sum()
np.dot(a, w)                | np.dot(w, a)               | a @ w                      | w @ a
np.sum(np.exp(a) * w)       | np.sum(np.exp(a * w))      | np.sum(a**w)               | np.sum(w**a)
np.sum(a / w)               | np.sum(w / a)              | np.sum(np.where(a > 1, w, a))
np.sum(np.maximum(a, w))    | np.sum(np.maximum(w, a))   | np.mean(a + w)             | (a + w).mean()
np.sum(np.stack([a, w]))    | np.sum(np.concatenate([a, w]) * 2)                      | np.hypot(a, w).sum()
np.sum(np.multiply(a, w))   | np.multiply(w, a).sum()    | (a * w[0]).sum()           | np.sum(w[0] * a)
(a + w).std()               | (w + a).std()              | np.sum(np.asarray(a) * w)  | np.sum(np.add(w, a))
np.sum(w[a > 1])            | np.interp(1.2, a, w)       | np.sum(-a + w.sum())       | np.linalg.norm(a - w)
np.sum(np.add(a, w, out=np.zeros_like(w)))               | sum(x * y for x, y in zip(a, w))
""".replace("\n", "|").split("|")
EXPRESSIONS = [e.strip() for e in EXPRESSIONS if e.strip()]


def masked() -> Any:
    return np.ma.array([1.0, 2.0], mask=[False, True])


ARRAYS: dict[str, Any] = {
    "xarray": lambda lib: lib.DataArray([1.0, 2.0], dims="i"),
    "pandas": lambda lib: lib.Series([1.0, 2.0]),
    "pandas.DataFrame": lambda lib: lib.DataFrame([[1.0, 2.0], [3.0, 4.0]]),
    "pint": lambda lib: lib.UnitRegistry().Quantity(np.array([1.0, 2.0]), ""),
    "pint.m": lambda lib: lib.UnitRegistry().Quantity(np.array([1.0, 2.0]), "m"),
    "numpy.ma": lambda lib: masked(),
    "numpy.matrix": lambda lib: np.matrix([[1.0, 2.0]]),
    "mpmath": lambda lib: lib.matrix([1.0, 2.0]),
}


def number_of(value: Any) -> float:
    return float(getattr(value, "magnitude", value))


def differences(f: Any) -> Any:
    """The gradient, where the function has numbers for values."""
    h = 1e-6
    return np.array([(number_of(f(W + h * d)) - number_of(f(W - h * d))) / (2 * h) for d in np.eye(2)])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ARRAYS)
def test_right_or_refused(name: str) -> None:
    a = ARRAYS[name](pytest.importorskip(name.partition(".")[0]))
    right = refused = 0
    for text in EXPRESSIONS:
        f = eval("lambda w: " + text, {"np": np, "a": a})
        try:
            expected, wanted = differences(f), number_of(f(W))
        except Exception:
            refused += 1  # the library itself does not take it
            continue
        try:
            value, found = hoad.value_and_grad(f, W)
        except Exception as error:
            refused += 1
            assert isinstance(error, (HoadError, TypeError, ValueError, AttributeError, KeyError)), text
            continue
        right += 1
        np.testing.assert_allclose(number_of(value), wanted, rtol=1e-12, err_msg=text)
        np.testing.assert_allclose(np.asarray(found, dtype=float), expected, atol=1e-7, err_msg=text)
    assert right and refused and right + refused == len(EXPRESSIONS)
    assert right > 30 or name != "pandas"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", [n for n in ARRAYS if not n.startswith(("mpmath", "pandas"))])
def test_the_plain_array_that_the_message_names(name: str) -> None:
    house = name.partition(".")[0]
    a = ARRAYS[name](pytest.importorskip(house))
    with pytest.raises(NotDifferentiableError) as caught:
        hoad.grad(lambda w: np.sum(w * a), W)
    write = {"xarray": "a.values", "pint": "a.magnitude"}.get(house)
    write = write or {"numpy.ma": "a.filled(0.0)", "numpy.matrix": "np.asarray(a)"}[name]
    assert write.partition("(0")[0] in str(caught.value)
    plain = eval(write, {"a": a, "np": np})
    np.testing.assert_array_equal(hoad.grad(lambda w: np.sum(w * plain), W), np.sum(np.atleast_2d(plain), 0))


class Box:
    """An array of another library, that wraps what it is given."""

    def __init__(self, held: Any) -> None:
        self.held = held

    def __array_ufunc__(self, *args: Any, **kwargs: Any) -> Any:
        return NotImplemented


def hidden(x: Any) -> Any:
    return Box([{"deep": np.sin(x)}])


def in_objects(x: Any) -> Any:
    held = np.empty(1, dtype=object)
    held[0] = Box(np.sin(x))
    return held


@pytest.mark.parametrize("name", sorted(OPERATORS))
@pytest.mark.parametrize("f", [hidden, in_objects, lambda x: {"a": 1.0, "b": hidden(x)}])
def test_every_operator_finds_a_hidden_value(name: str, f: Any) -> None:
    _, options, rest = OPERATORS[name]
    with pytest.raises(HoadError) as caught:
        getattr(hoad, name)(f, *rest, **options)
    assert isinstance(caught.value, EscapeError) or "returned" in str(caught.value)


def test_an_object_with_nothing_traced_is_left_alone() -> None:
    note = Box(3.0)
    value, slope = hoad.jvp(lambda x: (x**2, note), 3.0, 1.0)
    assert value == (9.0, note) and slope[0] == 6.0
    kept: list[Any] = []
    hoad.grad(lambda x: (kept.append(Box(x)), x)[1], 3.0)
    assert hoad.jvp(lambda x: (x**2, kept[0]), 3.0, 1.0)[1][0] == 6.0  # its derivative is over


@pytest.mark.parametrize("point", [masked(), np.matrix([[1.0, 2.0]])])
def test_points_of_other_kinds_are_refused(point: Any) -> None:
    for wrapped in (point, [point], {"a": point, "b": 1.0}):
        with pytest.raises(NotDifferentiableError, match="pass "):
            hoad.grad(lambda p: 1.0, wrapped)


X = np.array([1.0, 2.0])


def cubes(x: Any) -> Any:
    return x**3 * np.array([1.0, -2.0])


def total(x: Any) -> Any:
    return np.sum(np.real(cubes(x)))


def by_a_rule(state: Any) -> Any:
    """The gradient and the tangent of a function with a rule."""
    with stated(state, of=lambda x: 2.0 * x) as f:
        return [hoad.grad(lambda x: np.sum(f(x)), X), hoad.jvp(f, (X,), (X,))]


GIVEN: dict[str, Any] = {  # an array that is handed to an operator: a point, or what belongs to one
    "point": lambda a: [hoad.grad(total, a), hoad.hessian(total, a), hoad.jvp(total, (a,), (X,))],
    "point in a container": lambda a: hoad.grad(lambda p: total(p["a"]) * p["b"], {"a": a, "b": 2.0})["a"],
    "tangent": lambda a: hoad.jvp(cubes, (X,), (a,)),
    "tangent of a container": lambda a: hoad.jvp(lambda p: cubes(p[0]), ([X],), ([a],)),
    "cotangent": lambda a: hoad.vjp(cubes, X)[1](a),
    "vector": lambda a: hoad.hvp(total, X, a),
    "direction": lambda a: hoad.directional(cubes, X, a, 2),
    "cotangent of a rule": lambda a: by_a_rule(lambda f: rrule(f, lambda x: (2.0 * x, lambda g: (None, a)))),
    "tangent of a rule": lambda a: by_a_rule(lambda f: frule(f, lambda tangents, x: (2.0 * x, a))),
    "value of a parameter": lambda a: [hoad.param(a).primal],
    "direction of a series": lambda a: hoad.derivatives(lambda t: cubes(X + t * a), 0.0, 2),
}


class Hundredfold(np.ndarray):
    """An array with another arithmetic."""

    def __array_ufunc__(self, function: Any, method: str, *args: Any, **kwargs: Any) -> Any:
        plain = [a.view(np.ndarray) if isinstance(a, Hundredfold) else a for a in args]
        return 100 * getattr(function, method)(*plain, **kwargs)


@pytest.mark.parametrize("dtype", [float, int, bool, np.float32, np.longdouble, complex])
@pytest.mark.parametrize("given", [name for name in GIVEN if name != "direction of a series"])
def test_arrays_of_the_users_classes_are_plain_where_they_are_handed_in(given: str, dtype: Any) -> None:
    plain = np.array([1, 2]).astype(dtype)
    try:
        expected = GIVEN[given](plain)
    except HoadError as error:
        with pytest.raises(type(error)):
            GIVEN[given](plain.view(Hundredfold))
        return
    found = GIVEN[given](plain.view(Hundredfold))
    np.testing.assert_equal(found, expected)
    assert Hundredfold not in map(type, found)


@pytest.mark.parametrize("array", [masked(), np.ma.array([1, 2], mask=[0, 1])], ids=["floats", "integers"])
@pytest.mark.parametrize("given", GIVEN)
def test_masks_are_refused_where_arrays_are_handed_in(given: str, array: Any) -> None:
    """Of integers in a container no derivative is asked."""
    with pytest.raises(HoadError, match=r"mask|nothing in it is a float"):
        GIVEN[given](array)


def test_masks_are_refused_within_a_batch() -> None:
    """Where the derivative is taken: of data that are masked there would be one."""
    rows = np.ma.array([[1.0, 2.0], [3.0, 4.0]], mask=[[False, True], [False, False]])
    for operator in (hoad.grad, hoad.hessian, lambda f: lambda x: hoad.hvp(f, X, x)):
        with pytest.raises(NotDifferentiableError, match="pass "):
            hoad.vmap(operator(total))(rows)


@pytest.mark.parametrize("name", ["pandas"])  # pint's and xarray's: tests/operators/test_wrapped.py
def test_points_of_other_libraries_are_refused(name: str) -> None:
    point = ARRAYS[name](pytest.importorskip(name))
    with pytest.raises(NotDifferentiableError, match=rf"\({name}\); pass a\."):
        hoad.grad(np.sum, point)


@pytest.mark.parametrize("advice", ["a.toarray", "a.to_numpy"])
def test_arrays_of_floats_in_containers_are_not_left_alone(advice: str) -> None:
    sp, pd = pytest.importorskip("scipy.sparse"), pytest.importorskip("pandas")
    made = {"a.toarray": sp.csr_array(np.eye(2)), "a.to_numpy": pd.Series([1.0, 2.0])}[advice]
    with pytest.raises(NotDifferentiableError, match=advice):
        hoad.grad(lambda p: p["x"] ** 2, {"x": 2.0, "data": made})


def test_arrays_of_integers_and_texts_in_containers_are_left_alone() -> None:
    sp, pd = pytest.importorskip("scipy.sparse"), pytest.importorskip("pandas")
    held = {"x": 2.0, "n": sp.csr_array(np.eye(2, dtype=int)), "t": pd.Series(["a", "b"])}
    assert hoad.grad(lambda p: p["x"] ** 2, held)["x"] == 4.0


class Holder:
    """An object of nobody's."""


def test_a_weak_proxy_of_what_is_no_more() -> None:
    """It says of nothing what it is: neither the search of a program nor that of an object asks it."""
    holder, gone = Holder(), Holder()
    proxy = holder.proxy = weakref.proxy(gone)
    del gone
    holder.f = np.sin
    assert hoad.grad(lambda x: holder.f(x) * (holder.proxy is not None), 0.3) == pytest.approx(np.cos(0.3))
    assert hoad.grad(lambda x, p=proxy: x * x * (p is not None), 1.5) == 3.0
    assert traced_within([holder, proxy]) is None


UNMASKED = [np.ma.array([1.0, 2.0]), np.ma.array([1.0, 2.0], mask=[False, False])]


@pytest.mark.parametrize("array", UNMASKED, ids=["no mask", "an empty mask"])
@pytest.mark.parametrize(
    "f",
    [
        lambda x, a: np.sum((x - a) ** 2),
        lambda x, a: np.sum(x / a),
        lambda x, a: np.sum(np.multiply(a, x)),
        lambda x, a: np.dot(a, x) + x @ a,
        lambda x, a: np.sum(np.concatenate([a, x]) ** 2),
        lambda x, a: np.sum(np.where(a > 1.5, x**2, x)),
    ],
)
def test_masked_arrays_of_which_nothing_is_masked_are_their_data(f: Any, array: Any) -> None:
    x = np.array([0.3, 0.8])
    for operator in (hoad.grad, hoad.hessian, lambda g: lambda x: hoad.jacobian(g, x, mode="forward")):
        found = operator(lambda x: f(x, array))(x)
        np.testing.assert_array_equal(found, operator(lambda x: f(x, array.data))(x))


# ------------------------------------------------------------------------------------------------------------
# What a function returns
# ------------------------------------------------------------------------------------------------------------


def objects(x: Any) -> Any:
    found = np.empty(2, object)
    found[:] = [v * v for v in x]
    return found


def written_with(x: Any, mask: Any) -> Any:
    found = np.ma.array(np.zeros(2, object), mask=False)
    found[:] = objects(x)
    found[mask] = np.ma.masked
    return found


def seen_with(x: Any, mask: Any) -> Any:
    found = objects(x).view(np.ma.MaskedArray)
    found.mask = mask
    return found


# All of them are x * x under a mask.
WITH_A_MASK: dict[str, Any] = {
    "of an array": lambda x, mask: np.ma.array(x * x, mask=mask),
    "of objects": lambda x, mask: np.ma.MaskedArray(objects(x), mask),
    "of a list": lambda x, mask: np.ma.array([v * v for v in x], mask=mask),
    "masked_where": lambda x, mask: np.ma.masked_where(mask, x * x),
    "written": written_with,
    "a view": seen_with,
    "a product": lambda x, mask: np.ma.array(np.ones(2), mask=mask) * (x * x),
    "a product from the right": lambda x, mask: (x * x) * np.ma.array(np.ones(2), mask=mask),
}
TAKING: dict[str, Any] = {
    "forward": (lambda f: hoad.jacobian(f, W, mode="forward"), np.diag(2 * W)),
    "reverse": (lambda f: hoad.jacobian(f, W, mode="reverse"), np.diag(2 * W)),
    "sparse": (lambda f: hoad.jacobian(f, W, sparse=True).toarray(), np.diag(2 * W)),
    "in a container": (lambda f: hoad.jacobian(lambda x: {"a": f(x)}, W)["a"], np.diag(2 * W)),
    "pushforward": (lambda f: hoad.jvp(f, (W,), (W,))[1], 2 * W * W),
    "pullback": (lambda f: hoad.vjp(f, W)[1](W)[0], 2 * W * W),
    "series": (lambda f: hoad.directional(f, W, W, 2), 2 * W * W),
    "members": (lambda f: hoad.vmap(f)(np.stack([W, W])), np.stack([W, W]) ** 2),
    "within": (lambda f: hoad.vmap(hoad.jacobian(f))(np.stack([W, W])), np.stack([np.diag(2 * W)] * 2)),
}


@pytest.mark.parametrize("mask", [[False, False], [False, True], [True, True]], ids=["none", "one", "all"])
@pytest.mark.parametrize("made", WITH_A_MASK)
def test_a_mask_over_what_is_returned_is_not_lost(made: str, mask: list[bool]) -> None:
    """A result under which something is masked is refused, of every operator; else it is its data."""
    for name, (operator, right) in TAKING.items():
        f = lambda x: WITH_A_MASK[made](x, np.array(mask))
        if any(mask):
            with pytest.raises(HoadError, match=r"numpy|mask"):
                operator(f)
        else:
            np.testing.assert_allclose(operator(f), right, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("name", ["pandas", "pandas.DataFrame", "xarray", "mpmath", "numpy.matrix"])
def test_what_another_library_wraps_is_not_lost_among_members(name: str) -> None:
    """As in derivatives: the arrays of other libraries hold members of a batch, which end with it."""
    array = ARRAYS[name](pytest.importorskip(name.partition(".")[0]))
    for f in (lambda x: array * x[0], lambda x: [x[1], {"a": array + x[0]}]):
        try:
            found = hoad.vmap(f)(np.stack([W, 2 * W]))
        except (HoadError, TypeError):  # mpmath's own refusal
            continue
        assert traced_within(found, still_runs=False, any_kind=True) is None
