"""Views: what shares memory in NumPy shares its elements in hoad, and nothing else does.

NumPy is asked. Every function that has a rule, and every method and attribute of an array, is called on plain
arrays with all arguments of a small grid that it takes; ``np.shares_memory`` says whether a result is a view.
The same call on a traced array must then behave the same: a write through the result is seen by the array, a
write into the array is seen by the result, and a view that NumPy makes read-only refuses.
"""

from __future__ import annotations

import contextlib
import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from versions import is_numpys

import hoad
from hoad.chainrules import RULES
from hoad.dual import Dual
from hoad.errors import MissingRuleError
from hoad.nested import Level, Traced, everything, pack

ROW = np.array([0.5, -1.25, 2.0, 0.75, 1.5, -0.25])
SQUARE = np.array([[0.5, -1.25, 2.0], [0.75, 1.5, -0.25], [3.0, 0.25, -2.0]])
ARRAYS: dict[str, Callable[[Any], Any]] = {
    "row": lambda x: x * 1.0,
    "square": lambda x: x * 1.0,
    "transposed": lambda x: (x * 1.0).T,
    "reversed": lambda x: (x * 1.0)[::-1],
    "complex row": lambda x: x * (1 + 2j),
    "complex square": lambda x: x * (1 + 2j),
    "one": lambda x: (x * 1.0)[:1],
    "box": lambda x: (x * 1.0).reshape(2, 3, 1),
    "empty": lambda x: (x * 1.0)[:0],
    "number": lambda x: (x * 1.0)[1, ...],
}
STARTS = {name: SQUARE if "square" in name or name == "transposed" else ROW for name in ARRAYS}
ARGUMENTS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    *[((a,), {}) for a in (0, 1, 2, 3, -1, None, (1, 0), (0, 1), (2, 1, 0), (2, 3), (3, 1), (6,), (1, 2, 3))],
    *[((a, b), {}) for a, b in itertools.product((0, 1, -1), repeat=2)],
    *[((), {"order": order}) for order in "CFAK"],
    *[((), {"copy": copy}) for copy in (False, True, None)],
    *[((-1,), {"order": order}) for order in "CFA"],
    *[((-1,), {"copy": copy}) for copy in (False, True, None)],
    ((float,), {"copy": False}),
    ((), {"type": np.ndarray}),
    ((complex,), {"copy": False}),
    ((), {"dtype": float}),
    (([1, 2],), {}),
    (([1, 2],), {"axis": 0}),
    ((), {"k": 1}),
    ((), {"offset": 1}),
    ((), {"axis": 0}),
    ((), {"axis": 1}),
]


class Call:
    """A function, a method or an attribute, with arguments."""

    def __init__(self, name: str, run: Callable[[Any], Any]) -> None:
        self.name = name
        self.run = run

    def __repr__(self) -> str:
        return self.name


def written(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Arguments as they are typed."""
    names = [getattr(a, "__name__", repr(a)) for a in args]
    return ", ".join([*names, *[f"{k}={getattr(v, '__name__', repr(v))}" for k, v in kwargs.items()]])


def numpy_name(function: Any) -> str:
    module = getattr(function, "__module__", None) or "numpy"
    return f"{module}.{getattr(function, '__name__', function)}".replace("numpy.", "np.", 1)


def functions() -> list[Any]:
    """NumPy's functions that have rules."""
    return list(filter(is_numpys, RULES))


def members() -> list[str]:
    """The public methods and attributes of NumPy's arrays."""
    return [name for name in dir(np.ndarray) if not name.startswith("_")]


def function_calls(function: Any) -> Iterator[Call]:
    name = numpy_name(function)
    for args, kwargs in ARGUMENTS:
        yield Call(f"{name}(y, {written(args, kwargs)})", lambda y, a=args, k=kwargs: function(y, *a, **k))


def member_calls(name: str) -> Iterator[Call]:
    if not callable(getattr(np.ndarray, name)):
        yield Call(f"y.{name}", lambda y: getattr(y, name))
        return
    for args, kwargs in [*ARGUMENTS, ((np.ndarray,), {})]:
        yield Call(
            f"y.{name}({written(args, kwargs)})", lambda y, a=args, k=kwargs: getattr(y, name)(*a, **k)
        )


# ------------------------------------------------------------------------------------------------------------
# Two programs for every call
# ------------------------------------------------------------------------------------------------------------


def first(x: Any) -> Any:
    return x[(0,) * x.ndim]


def change(a: Any, x: Any) -> None:
    """Write everywhere, then at both ends."""
    a[...] = 3.0 * first(x)
    if np.size(a):
        ends = (0,) * np.ndim(a), (-1,) * np.ndim(a)
        a[ends[0]] = first(x) * first(x)
        a[ends[1]] += 2.0 * first(x)


def joined(parts: list[Any]) -> Any:
    """Everything in one row of real numbers."""
    rows = [np.ravel(part(np.ravel(pack(p)))) for p in parts for part in (np.real, np.imag)]
    return np.concatenate([rows[0], *rows[1:]])


def arrays_in(result: Any) -> list[Any]:
    return list(result) if isinstance(result, (tuple, list)) else [result]


class Programs:
    """What is done to an array and the results of a call on it."""

    def __init__(self, call: Call, kind: str) -> None:
        self.call, self.make, self.x = call, ARRAYS[kind], STARTS[kind]
        y = self.make(self.x)
        parts = arrays_in(call.run(y))
        self.which = [k for k, o in enumerate(parts) if isinstance(o, np.ndarray) and o.dtype.kind in "fc"]
        self.shares = any(np.shares_memory(y, parts[k]) for k in self.which) or (
            not y.size and any(parts[k].base is y for k in self.which)
        )

    def outs(self, y: Any) -> list[Any]:
        parts = arrays_in(self.call.run(y))
        return [parts[k] for k in self.which]

    def through_result(self, x: Any) -> Any:
        y = self.make(x)
        early, outs = y * 1.0, self.outs(y)
        for out in outs:
            change(out, x)
        return joined([y, early, *outs])

    def through_array(self, x: Any) -> Any:
        y = self.make(x)
        outs = self.outs(y)
        early = [out * 1.0 for out in outs] if self.shares else []
        change(y, x)
        return joined([y, *early, *(outs if self.shares else [])])

    def program(self, which: str) -> Any:
        return getattr(self, f"through_{which}")


def attempt(run: Callable[[], Any]) -> Any:
    """What a program gives; a refusal to write counts as an answer."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return run()
    except ValueError as error:
        if "read-only" in str(error):
            return "read-only"
        raise


def slopes(f: Any, x: np.ndarray, h: float = 2.0**-8) -> np.ndarray:
    """Central differences, which are exact for polynomials of degree 2."""
    units = [u.reshape(x.shape) for u in np.eye(x.size)]
    return np.stack([(f(x + h * u) - f(x - h * u)) / (2 * h) for u in units], -1)


def forward_values(f: Any, x: np.ndarray) -> Any:
    out = f(Dual(Level(), x, np.ones_like(x)))
    return everything(out)


def difference(got: Any, right: Any) -> str | None:
    """What is wrong with an answer."""
    if isinstance(right, str) or isinstance(got, str):
        return None if isinstance(right, str) and isinstance(got, str) else f"{got} where NumPy gives {right}"
    got, right = np.asarray(got), np.asarray(right)
    if got.shape != right.shape:
        return f"shape {got.shape} where NumPy's is {right.shape}"
    if not np.allclose(got, right, rtol=1e-9, atol=1e-9, equal_nan=True):
        return f"{got} where {right} is right"
    return None


def complaint(programs: Programs, which: str, modes: tuple[str, ...]) -> str | None:
    """What hoad does otherwise than NumPy."""
    f, x = programs.program(which), programs.x
    value = attempt(lambda: f(x))
    try:
        if not programs.shares:
            got = attempt(lambda: forward_values(f, x))
            return difference(got, value) if np.shape(got) == np.shape(value) else None
        right = value if isinstance(value, str) else slopes(f, x).reshape(value.shape + x.shape)
        for mode in modes:
            got = attempt(lambda mode=mode: hoad.value_and_jacobian(f, x, mode=mode))
            found = (
                difference(got, value)
                if isinstance(got, str) or isinstance(value, str)
                else difference(got[0], value) or difference(got[1], right)
            )
            if found:
                return f"{mode}: {found}"
    except Exception as error:
        if not programs.shares:
            return None  # what refuses gives no wrong answer
        return f"{type(error).__name__}: {error}"
    return None


def findings(calls: Iterator[Call], kinds: list[str], modes: tuple[str, ...]) -> tuple[int, dict[str, str]]:
    """How many calls NumPy takes, and all complaints about them."""
    count, found = 0, {}
    for call in calls:
        for kind in kinds:
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    programs = Programs(call, kind)
            except Exception:
                continue
            if not programs.which:
                continue
            count += 1
            for which in ("result", "array"):
                wrong = complaint(programs, which, modes)
                if wrong:
                    found[f"{call} of {kind}, through {which}"] = wrong[:300]
    return count, found


# ------------------------------------------------------------------------------------------------------------
# The tests
# ------------------------------------------------------------------------------------------------------------

SUBJECTS = [*functions(), *members()]
OF_BYTES = {"byteswap", "getfield"}  # methods that hoad's arrays do not have: what they read are bytes
DTYPED = tuple(f"np.as{order}array(y, dtype=" for order in ("contiguous", "fortran"))
REFUSED = ("np.trim_zeros(y, )", *DTYPED)  # of no axes; a plain array of floats
PLAIN = tuple(f"np.{name}(y, {dtype}" for name in ("array", "asarray", "asanyarray") for dtype in "fcd")


def calls_of(subject: Any) -> Iterator[Call]:
    return member_calls(subject) if isinstance(subject, str) else function_calls(subject)


def all_findings(kinds: list[str], by_turns: bool = False) -> dict[str, str]:
    """What is wrong with any call, on arrays of each kind, or of one kind, another for the next call."""
    found: dict[str, str] = {}
    for subject in SUBJECTS:
        if subject not in OF_BYTES:
            for k, kind in enumerate(kinds):
                calls = itertools.islice(calls_of(subject), *((k, None, len(kinds)) if by_turns else (None,)))
                found |= findings(calls, [kind], ("forward", "reverse"))[1]
    refused = {what for what, why in found.items() if what.startswith(REFUSED + PLAIN) and "Error:" in why}
    return {what: why for what, why in found.items() if what not in refused}


def test_views_are_views() -> None:
    """Every call, on a matrix or on a complex row."""
    assert all_findings(["square", "complex row"], by_turns=True) == {}


@pytest.mark.sweep
def test_views_of_all_arrays() -> None:
    """Every call, on arrays of every kind."""
    assert all_findings(list(ARRAYS)) == {}


# ------------------------------------------------------------------------------------------------------------
# Memory: whether ``ravel`` of a result is a view depends on how it lies
# ------------------------------------------------------------------------------------------------------------

OTHERWISE = {  # functions whose results lie otherwise in memory than NumPy's
    "dot", "inner", "matrix_power", "svd", "svdvals", "lstsq", "fft", "ifft", "rfft", "irfft", "hfft",
    "ihfft", "fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2", "gradient", "geomspace",
    "pad", "poly", "unique", "imag", "i0", "nan_to_num", "ones_like", "full_like", "tolist", "clip",
}  # fmt: skip


def lies(a: Any) -> str:
    """How an array lies in memory; a number lies nowhere."""
    if np.ndim(a) == 0:
        return "array" if isinstance(a, np.ndarray) else "number"
    rows, columns = a.flags.c_contiguous, a.flags.f_contiguous
    return "line" if rows and columns else "rows" if rows else "columns" if columns else "apart"


def misplaced(call: Call, kind: str) -> bool:
    x, make = STARTS[kind], ARRAYS[kind]
    with contextlib.suppress(Exception), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        right = arrays_in(call.run(make(x)))
        got = arrays_in(call.run(make(Dual(Level(), x, np.ones_like(x)))))
        pairs = [(everything(g), r) for g, r in zip(got, right, strict=True) if isinstance(g, Traced)]
        return any(np.shape(g) == np.shape(r) and lies(g) != lies(r) for g, r in pairs)
    return False


@pytest.mark.parametrize("kind", ["square", "transposed", "number"])
def test_results_lie_in_memory_as_those_of_numpy(kind: str) -> None:
    found = [
        str(call)
        for subject in SUBJECTS
        if getattr(subject, "__name__", subject) not in OTHERWISE | OF_BYTES
        for call in calls_of(subject)
        if misplaced(call, kind)
    ]
    assert found == []


# ------------------------------------------------------------------------------------------------------------
# Nested derivatives
# ------------------------------------------------------------------------------------------------------------


def shared_calls(kind: str) -> Iterator[Programs]:
    """One call of every subject whose result is a view."""
    for subject in SUBJECTS:
        for call in calls_of(subject):
            with contextlib.suppress(Exception), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                programs = Programs(call, kind)
                if programs.shares and not str(call).startswith(REFUSED + PLAIN) and subject not in OF_BYTES:
                    yield programs
                    break


@pytest.mark.parametrize(
    ("kind", "outer", "inner"), [("box", "forward", "reverse"), ("complex row", "reverse", "forward")]
)
def test_views_within_a_nested_derivative(kind: str, outer: str, inner: str) -> None:
    wrong = []
    for programs in shared_calls(kind):
        for which in ("result", "array"):
            f, x = programs.program(which), programs.x
            if isinstance(attempt(lambda f=f, x=x: f(x)), str):
                continue
            right = slopes(lambda z, f=f: slopes(f, z), x).reshape(-1)
            got = attempt(
                lambda f=f, x=x: hoad.jacobian(lambda z: hoad.jacobian(f, z, mode=inner), x, mode=outer)
            )
            if difference(np.ravel(got), right):
                wrong.append(f"{programs.call} through {which}")
    assert wrong == []


def test_an_array_in_any_order_is_itself() -> None:
    """``order="A"`` asks for no copy of what lies in neither order; ``astype`` makes one."""

    def f(x: Any) -> Any:
        y = (x * 1.0)[::-1]
        np.asarray(y, order="A")[0] = 5.0 * x[1]
        return y

    np.testing.assert_array_equal(f(ROW), hoad.value_and_jacobian(f, ROW)[0])
    np.testing.assert_array_equal(hoad.jacobian(f, ROW)[0], 5.0 * np.eye(6)[1])


@pytest.mark.parametrize("cls", [np.matrix, np.recarray, np.ma.MaskedArray, type("Own", (np.ndarray,), {})])
def test_a_view_as_another_class_is_refused(cls: Any) -> None:
    for look in (lambda x: x.view(cls), lambda x: x.view(type=cls), lambda x: x.view(float, cls)):
        with pytest.raises(MissingRuleError, match=f"view of a traced value .*no {cls.__name__}"):
            hoad.grad(lambda x, look=look: np.sum(look(x)), ROW)
