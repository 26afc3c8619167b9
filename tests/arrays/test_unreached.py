"""What stands in for the functions of NumPy that its protocols don't reach, called directly."""

from __future__ import annotations

import itertools
import math
import operator
from typing import Any

import numpy as np
import pytest
from differences import slopes
from numpy.lib.stride_tricks import as_strided
from rule_points import PROGRAMS

import hoad
import hoad.numpy as hnp
from hoad.arrays.unreached import OF_SEQUENCES, UNREACHED, of_members
from hoad.chainrules import RULES
from hoad.errors import MissingRuleError

pytestmark = pytest.mark.as_written

X = np.array([0.5, -1.25, 2.0, 0.75])
M = np.arange(6.0).reshape(2, 3) + 1
MODES = ("forward", "reverse")
STEP = 2.0**-10


def proven(program: Any, plain: Any = None, x: np.ndarray = X) -> None:
    """NumPy's value, and its first and second derivatives in every mode."""
    plain = plain or program
    value, right = plain(x), slopes(plain, x)
    for mode in MODES:
        got, j = hoad.value_and_jacobian(program, x, mode=mode)
        np.testing.assert_allclose(got, value, rtol=1e-14, atol=1e-14)
        np.testing.assert_allclose(j, right, rtol=1e-8, atol=1e-8)
    second = slopes(lambda x: slopes(plain, x), x)
    for outer, inner in itertools.product(MODES, repeat=2):
        got = hoad.jacobian(lambda x, inner=inner: hoad.jacobian(program, x, mode=inner), x, mode=outer)
        np.testing.assert_allclose(got, second, rtol=1e-5, atol=1e-5)
    along = hoad.derivatives(lambda t: program(x + t), 0.0, 2)
    np.testing.assert_allclose(along[2], second.sum((-1, -2)), rtol=1e-5, atol=1e-5)
    rows = np.stack([x, x[::-1]])
    np.testing.assert_allclose(hoad.vmap(program)(rows), [plain(r) for r in rows], rtol=1e-14, atol=1e-14)


# ------------------------------------------------------------------------------------------------------------
# Lists of traced numbers
# ------------------------------------------------------------------------------------------------------------


def nested(x: Any) -> Any:
    return x.tolist() if hasattr(x, "tolist") else x


def takes_lists(function: Any, run: Any, arguments: Any) -> bool:
    """Tell whether NumPy itself takes lists there, and gives the same."""
    try:
        return bool(np.shape(run(function, *map(nested, arguments))) == np.shape(run(function, *arguments)))
    except Exception:
        return False


LISTED = [
    pytest.param(function, entry, id=f"{function.__name__}-{n}")
    for function, entries in PROGRAMS.items()
    if function in UNREACHED
    for n, entry in enumerate(entries)
    if entry.run is function and all(np.ndim(a) for a in entry.arguments)
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("function", "entry"), LISTED)
def test_lists_of_traced_numbers(function: Any, entry: Any) -> None:
    """In the place of arrays, they have the same derivative."""
    directions = tuple(np.cos(np.arange(a.size) + 1.0).reshape(a.shape) for a in entry.arguments)
    right = hoad.jvp(function, entry.arguments, directions)
    if not takes_lists(lambda *xs: function(*xs), lambda f, *xs: f(*xs), entry.arguments):
        pytest.skip("NumPy takes no lists here")
    stand_in = UNREACHED[function]
    for make in (nested, lambda x: np.array(nested(x), dtype=object) if np.ndim(x) else x):
        got = hoad.jvp(lambda *xs, make=make: stand_in(*map(make, xs)), entry.arguments, directions)
        for a, b in zip(got, right, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)


SEVERAL = {
    "mean": lambda f, x: f(np.mean)([x[0], x[1] * x[2]]),
    "mean of rows": lambda f, x: f(np.mean)([x * x, X], axis=0),
    "std": lambda f, x: f(np.std)((x[0], x[1], 3.0)),
    "var of an array of objects": lambda f, x: f(np.var)(np.array([x[0], x[1], 3.0])),
    "arctan2": lambda f, x: f(np.arctan2)([1.0, x[0]], [x[1], 2.0]),
    "logaddexp": lambda f, x: f(np.logaddexp)(np.array([x[0], x[2]]), 1.0),
    "heaviside": lambda f, x: f(np.heaviside)([x[0], x[2]], 1.0) * x[1],
    "isnan": lambda f, x: np.where(f(np.isnan)(np.array([x[0], x[1]])), 0.0, np.stack([x[0], x[1]])),
    "solve": lambda f, x: f(np.linalg.solve)([[x[0], 1.0], [1.0, x[1]]], [1.0, x[2]]),
    "det": lambda f, x: f(np.linalg.det)(np.array([[x[0], 1.0], [x[3], x[1]]])),
    "norm": lambda f, x: f(np.linalg.norm)([x[0] * (1 + 2j), x[1] * 1j]),
    "polyfit": lambda f, x: f(np.polyfit)([0.0, 1.0, 2.0], [x[0], x[1], 1.0], 1),
    "poly": lambda f, x: f(np.poly)([x[0], x[1], 2.0]),
    "polyval": lambda f, x: f(np.polyval)([x[0], x[1], 1.0], x[2]),
    "roots": lambda f, x: np.real(f(np.roots)([1.0, x[1] - 4, x[2]])),
    "interp": lambda f, x: f(np.interp)([0.25, 0.5], [0.0, 1.0], [x[0] ** 2, x[1]]),
    "cumsum": lambda f, x: f(np.cumsum)([x[0], x[1] ** 2]),
    "emath.sqrt": lambda f, x: np.imag(f(np.emath.sqrt)([x[0] - 3, x[1] - 1.0])),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SEVERAL)
def test_lists_among_numbers(name: str) -> None:
    proven(lambda x: SEVERAL[name](UNREACHED.__getitem__, x), lambda x: SEVERAL[name](lambda f: f, x))


@pytest.mark.parametrize("mode", MODES)
def test_roots_of_a_list_as_it_stands(mode: str) -> None:
    """NumPy asks the entries of the list, and brings the list."""
    f = lambda c: np.sum(np.roots([1.0, c[0], c[1]]) ** 2)
    assert hoad.jacobian(f, np.array([-3.0, 2.0]), mode=mode) == pytest.approx([-6.0, -2.0], rel=1e-12)
    assert hoad.hessian(f, np.array([-3.0, 2.0]))[0, 0] == pytest.approx(2.0, rel=1e-10)


def test_functions_stay_themselves_where_nothing_is_traced() -> None:
    for function, stand_in in UNREACHED.items():
        assert callable(stand_in)
        assert getattr(stand_in, "__wrapped__", function) is function
    assert UNREACHED[np.mean]([1.0, 2.0]) == 1.5
    assert UNREACHED[np.arctan2].reduce == np.arctan2.reduce
    assert UNREACHED[np.hypot].nin == 2
    assert UNREACHED[np.fromiter]((k for k in range(3)), int).tolist() == [0, 1, 2]
    assert UNREACHED[np.fromiter](iter([1.0, 2.0, 3.0]), float, 2).tolist() == [1.0, 2.0]
    assert isinstance(UNREACHED[np.nditer](M), np.nditer)
    assert isinstance(UNREACHED[np.vectorize](math.sin), np.vectorize)
    assert np.array_equal(UNREACHED[as_strided](M, (2, 2), (8, 16)), as_strided(M, (2, 2), (8, 16)))
    assert not OF_SEQUENCES & set(UNREACHED)
    assert set(RULES) >= OF_SEQUENCES


# ------------------------------------------------------------------------------------------------------------
# Questions about values
# ------------------------------------------------------------------------------------------------------------

ASSERTIONS = {
    "assert_allclose": ((X, X + 1e-9), (X, X + 1)),
    "assert_almost_equal": ((X, X + 1e-9), (X, X + 1)),
    "assert_approx_equal": ((X[0], X[0] + 1e-9), (X[0], 7.0)),
    "assert_array_almost_equal": ((X, X + 1e-9), (X, X + 1)),
    "assert_array_almost_equal_nulp": ((X, X), (X, X + 1)),
    "assert_array_compare": ((operator.le, X, X + 1), (operator.le, X, X - 1)),
    "assert_array_equal": ((X, X.copy()), (X, X + 1)),
    "assert_array_less": ((X, X + 1), (X, X - 1)),
    "assert_array_max_ulp": ((X, X), (X, X + 1)),
    "assert_equal": (({"a": [X, 1.0]}, {"a": [X, 1.0]}), ([X[0], 2], [X[0], 3])),
    "assert_": ((X[0] > 0,), (X[0] < 0,)),
}


OF_TESTING = {f.__name__ for f in UNREACHED if str(getattr(f, "__module__", "")).startswith("numpy.testing")}


def test_every_assertion_is_there() -> None:
    others = {
        "assert_string_equal",
        "assert_no_gc_cycles",
        "assert_no_warnings",
        "assert_raises",
        "assert_warns",
    }
    found = {name for name in np.testing.__all__ if name.startswith("assert")} - {"assert_raises_regex"}
    assert found - others <= set(ASSERTIONS)
    assert set(ASSERTIONS) >= OF_TESTING


def added(zero: Any, tree: Any) -> Any:
    """The numbers of a tree, traced."""
    if isinstance(tree, (list, tuple)):
        return type(tree)(added(zero, part) for part in tree)
    if isinstance(tree, dict):
        return {key: added(zero, part) for key, part in tree.items()}
    return tree + zero if isinstance(tree, (float, np.ndarray)) and not isinstance(tree, np.bool_) else tree


@pytest.mark.parametrize("name", sorted(OF_TESTING))
def test_assertions(name: str) -> None:
    stand_in = UNREACHED[getattr(np.testing, name)]
    right, wrong = ASSERTIONS[name]

    def f(x: Any, given: Any) -> Any:
        stand_in(*added(0.0 * x, given))
        return x * x

    for run in (hoad.derivative, hoad.grad, lambda f, x: hoad.vmap(f)(np.array([x, x])), hoad.hessian):
        run(lambda x: f(x, right), 3.0)
        with pytest.raises(AssertionError):
            run(lambda x: f(x, wrong), 3.0)
    stand_in(*right)
    with pytest.raises(AssertionError):
        stand_in(*wrong)


def test_every_member_is_compared() -> None:
    check = UNREACHED[np.testing.assert_array_less]
    hoad.vmap(lambda x: check(x, [3.0, 4.0]) or x)(np.array([[1.0, 2.0], [2.0, 3.5]]))
    with pytest.raises(AssertionError):
        hoad.vmap(lambda x: check(x, [3.0, 4.0]) or x)(np.array([[1.0, 2.0], [2.0, 4.5]]))
    assert of_members(1.0) == 0


@pytest.mark.parametrize("function", [np.allclose, np.isclose, np.array_equal, np.array_equiv])
def test_comparisons(function: Any) -> None:
    """In lists, too; the ones of arrays are reached by NumPy."""
    for f in (function, UNREACHED[function]):
        for mode in MODES:
            found = hoad.jacobian(
                lambda x, f=f: np.sum(f(x, X)) * x if np.all(f(x, X)) else 0 * x, X, mode=mode
            )
            assert np.array_equal(found, np.sum(function(X, X)) * np.eye(X.size))
    alike = lambda x, other: x[0] if np.all(UNREACHED[function]([x[0], x[1]], other)) else 2 * x[0]
    assert hoad.grad(alike, X, X[:2], argnums=0)[0] == 1.0
    assert hoad.grad(alike, X, X[1:3], argnums=0)[0] == 2.0


# ------------------------------------------------------------------------------------------------------------
# Functions that ask nobody
# ------------------------------------------------------------------------------------------------------------


def test_fromiter() -> None:
    stand_in = UNREACHED[np.fromiter]
    proven(lambda x: stand_in((v**2 for v in x), float), lambda x: np.fromiter((v**2 for v in x), float))
    proven(
        lambda x: stand_in(iter([x[0], 3.0, x[1]]), float, 2) * x[2],
        lambda x: x[:1].repeat(2) * x[2] * [1, 3 / x[0]],
    )
    assert hoad.grad(lambda x: np.sum(stand_in(iter(x), int)), X).tolist() == [0.0] * 4
    with pytest.raises(ValueError, match="too short"):
        hoad.grad(lambda x: np.sum(stand_in(iter(x), float, 7)), X)


def visited(nditer: Any, x: Any) -> Any:
    y = np.reshape(x[:4] * x[0], (2, 2)).T
    found = [v * (1 + k) for k, v in enumerate(nditer(y))]
    for v in nditer(y, op_flags=["readwrite"]):
        v[...] = v * v
    with nditer([y, [1.0, 2.0]], flags=["multi_index"]) as it:
        for a, b in it:
            found.append(a * b * (1 + it.multi_index[0]))
    it = nditer(y, flags=["c_index"], order="C")
    while not it.finished:
        found.append(it[0] * it.index)
        it.iternext()
    loops = [np.sum(v * v) for v in nditer(y, flags=["external_loop"])]
    return np.stack([*found, *loops, *np.ravel(y)])


def test_nditer() -> None:
    proven(lambda x: visited(UNREACHED[np.nditer], x), lambda x: visited(np.nditer, x))
    for op, flags in ((lambda x: [x, None], []), (lambda x: x, ["external_loop"])):
        with pytest.raises(MissingRuleError, match="nditer of a traced value"):
            hoad.grad(lambda x, op=op, flags=flags: UNREACHED[np.nditer](op(x), flags, ["readwrite"]), X)


VECTORIZED = {
    "of one": lambda vectorize, x: vectorize(lambda v: v**2 * abs(v))(x),
    "of several": lambda vectorize, x: vectorize(lambda v, w=1.0: v * w)(x[:2, None], x[2:]),
    "by name": lambda vectorize, x: vectorize(lambda v, w: v * w)(x, w=x[0]),
    "excluded": lambda vectorize, x: vectorize(lambda v, p: v * p[0] * p[1], excluded=[1])(x, x[:2]),
    "excluded by name": lambda vectorize, x: vectorize(lambda v, p: v * p[1], excluded=["p"])(x, p=x),
    "types": lambda vectorize, x: vectorize(lambda v: v * x[0], otypes=[float])(x),
    "two": lambda vectorize, x: np.stack(vectorize(lambda v: (v * v, v * x[1]))(x)),
    "signature": lambda vectorize, x: vectorize(np.sum, "d", signature="(n)->()")(np.outer(x, x)),
    "a list": lambda vectorize, x: vectorize(lambda v: v * v)([x[0], x[1]]),
    "a number": lambda vectorize, x: vectorize(lambda v: v * v)(x[1]) * x,
    "a decorator": lambda vectorize, x: vectorize(otypes=[float])(lambda v: v * v)(x),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORIZED)
def test_vectorize(name: str) -> None:
    with_float = lambda f, *rest, **named: np.vectorize(f, "d" if "two" not in name else "dd", **named)
    plain = np.vectorize if name in ("types", "signature", "a decorator") else with_float
    proven(lambda x: VECTORIZED[name](UNREACHED[np.vectorize], x), lambda x: VECTORIZED[name](plain, x))


def test_vectorize_takes_the_type_of_the_first_value() -> None:
    """As NumPy does: an integer first cuts the others."""
    f = UNREACHED[np.vectorize](lambda v: 0 if v > 0 else v * 1.5)
    assert f(X).tolist() == hoad.jvp(f, (X,), (X,))[0].tolist() == [0, -1, 0, 0]
    assert hoad.grad(lambda x: np.sum(f(x)), X).tolist() == [0.0] * 4


def test_frompyfunc() -> None:
    """NumPy's protocol brings it: the Python function is called with traced numbers."""
    square = np.frompyfunc(lambda v: v * v * abs(v), 1, 1)
    pair = np.frompyfunc(lambda v, w: (v * w, v - w), 2, 2)
    product = np.frompyfunc(lambda v, w: v * w, 2, 1)
    proven(lambda x: square(x) * 1.0, lambda x: square(x).astype(float))
    proven(lambda x: np.stack(pair(x, x[::-1])), lambda x: np.stack(pair(x, x[::-1])).astype(float))
    proven(lambda x: product.reduce(x) * x, lambda x: product.reduce(x) * x)
    proven(lambda x: product.outer(x, X).astype(float), lambda x: product.outer(x, X).astype(float))
    proven(lambda x: product.accumulate(x).astype(float), lambda x: product.accumulate(x).astype(float))
    assert hoad.grad(np.frompyfunc(lambda v: v * v if v > 0 else -v, 1, 1), 3.0) == 6.0


def test_as_strided() -> None:
    def windows(strided: Any, x: Any) -> Any:
        y = x * x[0]
        rows = strided(y, (3, 2), (y.strides[0], y.strides[0]))
        rows[1, 1] = x[3] * x[1]
        return np.concatenate([np.ravel(rows), y])

    proven(lambda x: windows(UNREACHED[as_strided], x), lambda x: windows(as_strided, x))
    for shape, strides in (((4,), (16,)), ((2,), (-8,))):
        with pytest.raises(MissingRuleError, match="sliding_window_view"):
            hoad.grad(lambda x, a=shape, b=strides: np.sum(UNREACHED[as_strided](x, a, b)), X)
    with pytest.raises(MissingRuleError, match=r"y = x\.copy\(\)"):
        hoad.grad(lambda x: np.sum(UNREACHED[as_strided](x[::-1], (2,), (8,))), X)


def test_as_strided_as_it_stands() -> None:
    """NumPy makes an array of objects, whose steps must be those that the program takes."""
    f = lambda x: sum(as_strided(x, (3, 2), (x.strides[0],) * 2).ravel())
    assert hoad.grad(f, X).tolist() == [1.0, 2.0, 2.0, 1.0]
    for g, x in ((f, X.astype(np.float32)), (lambda x: f(x[::2]), X)):
        with pytest.raises(MissingRuleError, match="sliding_window_view"):
            hoad.grad(g, x)


@pytest.mark.parametrize("mode", MODES)
def test_iterators_that_numpy_reaches(mode: str) -> None:
    def f(x: Any) -> Any:
        y = np.outer(x, x)
        total = 0.0
        for (i, j), v in np.ndenumerate(y):
            total = total + v * (i + 2 * j)
        for place in np.ndindex(y.shape):
            total = total + y[place] * place[0]
        return total * np.ones(1)

    np.testing.assert_allclose(hoad.jacobian(f, X, mode=mode), slopes(f, X), rtol=1e-8)


def names_of_stand_ins() -> dict[str, Any]:
    """NumPy's functions that something stands in for, by the paths at which programs find them."""
    modules = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.testing": np.testing}
    return {
        f"{path}.{name}": value
        for path, module in modules.items()
        for name, value in list(vars(module).items())
        if callable(value) and not name.startswith("_") and value in UNREACHED
    }


def test_programs_find_what_stands_in() -> None:
    """By the name of a module, and by one of their own."""
    every = names_of_stand_ins()
    for path, function in every.items():
        for text in (path, "own"):
            found: list[Any] = []
            scope = {"np": np, "own": function, "found": found}
            code = f"def f(x):\n y = list(x)\n np.zeros(2)[0] = 1\n found.append({text})\n return x[0]"
            exec(code, scope)
            hoad.grad(hoad.adapt(scope["f"]), X)
            assert found[0] is not function, text
    assert {"np.nditer", "np.vectorize", "np.linalg.norm", "np.testing.assert_allclose"} <= every.keys()


@pytest.mark.parametrize("name", [n for n in np.testing.__all__ if getattr(np.testing, n) in UNREACHED])
def test_a_program_that_needs_nothing_else_finds_them(name: str) -> None:
    """An assertion by its place in NumPy, as it stands in a program alone."""
    found: list[Any] = []
    scope = {"np": np, "found": found}
    exec(f"def f(x):\n    found.append(np.testing.{name})\n    return x[0]", scope)
    hoad.grad(hoad.adapt(scope["f"]), X)
    assert found[0] is not getattr(np.testing, name)


# Ranges as NumPy takes their limits: by place, by name, and None for what is left out.
RANGES = {
    "stop": lambda arange, s: arange(3.3 * s),
    "stop alone, by place": lambda arange, s: arange(3.3 * s, None, 0.5),
    "start and no stop": lambda arange, s: arange(3.3 * s, None),
    "stop None, by name": lambda arange, s: arange(3.3 * s, stop=None, step=s),
    "stop by name": lambda arange, s: arange(stop=3.3 * s, step=s),
    "step None": lambda arange, s: arange(s, 6.1 * s, None),
    "step alone": lambda arange, s: arange(2.1, None, s),
    "dtype": lambda arange, s: arange(0.4 * s, 5.2, s, np.float32),
    "integers": lambda arange, s: arange(0.0, 5.2, 0.7 * s, dtype=int) * s,
}


@pytest.mark.parametrize("name", RANGES)
def test_limits_of_a_range(name: str) -> None:
    make, s = RANGES[name], np.float64(1.3)
    one, two = [make(np.arange, s * (1 + h)).astype(float) for h in (STEP, -STEP)]
    right = (one - two) / (2 * STEP * s)
    for mode in MODES:
        value, slope = hoad.value_and_jacobian(lambda s: make(hnp.arange, s), s, mode=mode)
        np.testing.assert_allclose(value, make(np.arange, s), rtol=2 * np.finfo(value.dtype).eps, strict=True)
        np.testing.assert_allclose(slope, right, rtol=1e-3 if name == "dtype" else 1e-8, atol=1e-12)
