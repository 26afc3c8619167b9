"""The face of an array and of a number: whatever NumPy and Python make public is there, and does the same, or
is refused in words that help, for every kind of traced value.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays.arraylike import ArrayLike
from hoad.arrays.fillable import Fillable
from hoad.arrays.roots import Rooted, note
from hoad.arrays.terms import new
from hoad.dual import Dual
from hoad.errors import EscapeError, RecordingError
from hoad.fast.cells import Cell
from hoad.fast.wires import Wire
from hoad.kinds.batch import Batch, Row
from hoad.kinds.collapsed import Collapsed, Directions
from hoad.kinds.gridded import Gridded
from hoad.kinds.jet import Jet
from hoad.kinds.number import Number, wrapped
from hoad.kinds.recorded import Recorded
from hoad.kinds.recording import Recording
from hoad.kinds.series import Series
from hoad.nested import Level, Traced, glance, primal
from hoad.parameters.parameter import Awaiting, Parameter
from hoad.tape import Tape
from hoad.tracer import Lean, entered

ARRAY = np.array([[1.5, -2.25, 3.0], [0.5, 4.0, -0.75]])
NUMBER = np.float64(2.75)


def draft(x: Any) -> Any:
    """A tracer in the middle of being written to."""
    y = entered(Tape(), x)
    if np.ndim(x):
        y[(0,) * np.ndim(x)] = x[(0,) * np.ndim(x)]
    return y


def dual_of(x: Any) -> Any:
    """A value within another; its level is opened last."""
    return Dual(Level(), x, np.ones_like(x))


def lent(x: Any) -> Any:
    y = entered(Tape(), x)
    holder.append(np.asarray(y))
    return y


def recorded(x: Any) -> Any:
    """A value whose uses are noted."""
    recording = Recording()
    return Recorded(recording, np.copy(x) if np.ndim(x) else x, recording.entered(x))


holder: list[Any] = []
UNIT = Directions(2, 1.0, 2)
KINDS: dict[str, Callable[[Any], Any]] = {
    "Dual": lambda x: Dual(Level(), x, np.ones_like(x)),
    "Tracer": lambda x: entered(Tape(), x),
    "Lean": lambda x: Lean(tape := Tape(), entered(tape, x).slot, x, True),
    "Draft": draft,
    "Batch": lambda x: Batch(Level(), np.stack([x, x])),
    "Jet": lambda x: Jet(Level(), Series([x, np.ones_like(x), None])),
    "Collapsed": lambda x: Collapsed(UNIT, x, [Batch(UNIT.batch, np.stack([np.ones_like(x)] * 2))], None),
    "Fillable": lambda x: Fillable(np.array(x)),
    "Lent": lent,
    "Root of a tracer": lambda x: note(entered(Tape(), x), new("a key", lambda: x * x, np.shape(x))),
    "Root of a dual": lambda x: note(
        Dual(Level(), x, np.ones_like(x)), new("a key", lambda: x * x, np.shape(x))
    ),
    "Recorded": recorded,
    "Dual of Recorded": lambda x: dual_of(recorded(x)),
    "Dual of Tracer": lambda x: dual_of(entered(Tape(), x)),
    "Dual of Batch": lambda x: dual_of(Batch(Level(), np.stack([x, x]))),
    "Dual of Jet": lambda x: dual_of(Jet(Level(), Series([x, np.ones_like(x), None]))),
}
OF_MEMBERS = {"Batch", "Dual of Batch"}
NOTED = {
    "Recorded",
    "Dual of Recorded",
}  # what leaves them is refused to the one who compiles, not to the user


def leaves_of(cls: type) -> set[type]:
    """The classes that are made of one, and of which none is made."""
    made = [part for part in cls.__subclasses__() if not issubclass(part, Rooted)]  # that says it is ``cls``
    parts = [leaves_of(part) for part in made if part.__module__.startswith("hoad.")]
    return set().union(*parts) if parts else {cls}


def test_all_kinds_are_there() -> None:
    made = {type(make(ARRAY)) for make in KINDS.values()}
    # Points over grids have tests of their own, tests/operators; no program meets a wire, a cell or a row.
    others = {Parameter, Awaiting, Gridded, Wire, Cell, Row}
    found = {kind for kind in leaves_of(ArrayLike) if "sparse" not in kind.__module__}  # a matrix is none
    assert found - others <= made | {Number}


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"Lent"}))  # what is lent becomes an array of objects
def test_later_writes_do_not_reach_what_is_frozen(kind: str) -> None:
    x = KINDS[kind](ARRAY.copy())
    held = x.frozen()
    before, slot = np.copy(glance(held)), getattr(held, "slot", None)
    x[0, 0] = 7.0 * x[1, 1]
    assert held is not x and getattr(held, "slot", None) == slot
    np.testing.assert_array_equal(glance(held), before)


# ------------------------------------------------------------------------------------------------------------
# What works: programs of a copy of the array, or of the number, which give a value and may change the array
# ------------------------------------------------------------------------------------------------------------


def assigned(name: str, *values: Any) -> list[Callable[[Any], Any]]:
    return [lambda a, v=v: setattr(a, name, v) for v in values]


def called(name: str, *argument_lists: Any) -> list[Callable[[Any], Any]]:
    """A method, with each of several lists of arguments, whose last may be a dictionary of keywords."""

    def one(given: tuple[Any, ...]) -> Callable[[Any], Any]:
        keywords = given[-1] if given and isinstance(given[-1], dict) else {}
        args = given[: len(given) - bool(keywords)]
        return lambda a: getattr(a, name)(*args, **keywords)

    return [one(given) for given in argument_lists]


def read(*names: str) -> dict[str, list[Callable[[Any], Any]]]:
    return {name: [lambda a, name=name: getattr(a, name)] for name in names}


def by_operator(names: str, *others: Any) -> dict[str, list[Callable[[Any], Any]]]:
    """Operators of Python, with each of several operands."""
    return {
        f"__{name}__": [lambda a, name=name, v=v: getattr(operator, name)(a, v) for v in others]
        for name in names.split()
    }


def reflected(names: str, *others: Any) -> dict[str, list[Callable[[Any], Any]]]:
    return {
        f"__r{name}__": [lambda a, name=name, v=v: getattr(operator, name)(v, a) for v in others]
        for name in names.split()
    }


ROW = np.array([2.0, 0.5, -1.0])
ARITHMETIC = "add sub mul truediv floordiv mod pow"
WORKS: dict[str, list[Callable[[Any], Any]]] = {
    **read("T", "mT", "real", "imag", "shape", "ndim", "size", "dtype"),
    **read("itemsize", "nbytes", "strides", "base"),
    **by_operator(f"{ARITHMETIC} lt le gt ge eq ne", ROW, 2, 1.5, [1.0, 2.0, 3.0]),
    **by_operator("iadd isub imul itruediv ifloordiv imod", ROW, 2, 1.5),
    **reflected(ARITHMETIC, ROW, 2, 1.5),
    **by_operator("neg pos abs"),
    "__ipow__": [lambda a: operator.ipow(a, 2), lambda a: operator.ipow(a, ROW)],
    "__matmul__": [lambda a: a @ ROW, lambda a: a @ np.outer(ROW, ROW)],
    "__rmatmul__": [lambda a: ROW[:2] @ a],
    "__imatmul__": [lambda a: operator.imatmul(a, np.outer(ROW, ROW))],
    "__divmod__": [lambda a: divmod(a, 2.0)],
    "__rdivmod__": [lambda a: divmod(2.0, a)],
    "__neg__": [operator.neg],
    "__pos__": [operator.pos],
    "__abs__": [abs],
    "__len__": [len],
    "__iter__": [list],
    "__contains__": [lambda a: 3.0 in a, lambda a: 7.0 in a],
    "__getitem__": [lambda a: a[1], lambda a: a[:, ::2], lambda a: a[a > 0], lambda a: a[[1, 0], [0, 2]]],
    "__setitem__": called("__setitem__", ((0, 1), 2.0), ((slice(None), 0), [1.0, 2.0])),
    "__copy__": [lambda a: a.__copy__()],
    "__deepcopy__": [lambda a: a.__deepcopy__({})],
    "all": called("all", (), (0,), ({"axis": 1, "keepdims": True},)),
    "any": called("any", (), (0,), ({"axis": 1, "keepdims": True},)),
    "argmax": called("argmax", (), (1,)),
    "argmin": called("argmin", (), (0,)),
    "argpartition": called("argpartition", (1,), (1, 0)),
    "argsort": called("argsort", (), (0,)),
    "astype": called("astype", (np.float32,), (int,), (complex,)),
    "choose": [],
    "clip": called("clip", (-1.0, 1.0), ({"min": 0.0},)),
    "compress": called("compress", ([True, False, True], 1), ([False, True],)),
    "conj": called("conj", ()),
    "conjugate": called("conjugate", ()),
    "copy": called("copy", (), ("F",)),
    "cumprod": called("cumprod", (), (0,)),
    "cumsum": called("cumsum", (), (1,)),
    "device": [lambda a: a.device],
    "diagonal": called("diagonal", (), (1,)),
    "dot": called("dot", (ROW,)),
    "fill": called("fill", (3.5,)),
    "flags": [
        lambda a: (a.flags.c_contiguous, a.flags["F"], a.T.flags.f_contiguous, a[:, 1:].flags.forc),
        lambda a: (a.flags.writeable, a.flags["W"], a.flags.aligned, a.flags["ALIGNED"], a.flags.behaved),
        lambda a: (a.flags.owndata, a[1:].flags.owndata, a[1:].flags["OWNDATA"], str(a.flags)),
        lambda a: (setattr(a.flags, "writeable", False), a.flags.writeable, a[1:].flags.writeable),
        lambda a: (a.flags.__setitem__("WRITEABLE", False), a.flags["WRITEABLE"]),
    ],
    "flat": [
        lambda a: list(a.flat), lambda a: a.flat[3], lambda a: a.flat[1::2], lambda a: a.flat[[0, -1]],
        lambda a: a.flat.__setitem__(4, 7.0), lambda a: a.flat.__setitem__(slice(1, 5), ROW),
        lambda a: a.T.flat.copy(), *assigned("flat", 2.0, ROW),
    ],
    "flatten": called("flatten", (), ("F",)),
    "item": called("item", (0,), (-1,), (np.int64(4),), (1, 2), ((0, 1),)),
    "max": called("max", (), (0,)),
    "mean": called("mean", (), (1,)),
    "min": called("min", (), (1,)),
    "nonzero": called("nonzero", ()),
    "partition": called("partition", (1,), (1, 0)),
    "prod": called("prod", (), (0,)),
    "put": [
        *called("put", ([1, -1], [7.0, 8.0]), (2, 5.0), ([9, 1], ROW, "wrap"), ([9, -9], ROW, "clip")),
        *called("put", ([], [1.0]), ([True, False], ROW), ([True] * 5 + [False], ROW)),
        *called("put", ([[0, 2], [3, 3]], ROW), (9, 1.0), ([1], [])),
    ],
    "ravel": called("ravel", (), ("F",)),
    "repeat": called("repeat", (2,), ([1, 2], 0)),
    "reshape": called("reshape", (3, 2), ((6,),), (-1,)),
    "resize": called("resize", *[(*shape, {"refcheck": False}) for shape in ((2, 2), ((3, 4),), (4,), ())]),
    "round": called("round", (), (1,)),
    "searchsorted": [lambda a: a[0].searchsorted([0.0, 2.0])],
    "setflags": called("setflags", ({"write": False},), ({"write": True},)),
    "sort": called("sort", (), (0,)),
    "squeeze": called("squeeze", ()),
    "std": called("std", (), (0,)),
    "sum": called("sum", (), (0,)),
    "swapaxes": called("swapaxes", (0, 1)),
    "take": called("take", ([1, 4],), (1, 1)),
    "to_device": called("to_device", ("cpu",)),
    "tolist": called("tolist", ()),
    "trace": called("trace", (), (1,)),
    "transpose": called("transpose", (), (1, 0)),
    "var": called("var", (), (0,)),
    "view": called("view", (), (float,)),
}  # fmt: skip
WORKS["real"] += [*assigned("real", 2.0, ROW), lambda a: setattr(a, "real", a.real * 2)]
WORKS["shape"] += assigned("shape", (3, 2), -1, (2, 3, 1), 6)
WORKS["dtype"] += assigned("dtype", float)
OF_NUMBERS: dict[str, list[Callable[[Any], Any]]] = {
    **by_operator(f"{ARITHMETIC} lt le gt ge eq ne", 2, 1.5),
    **reflected(ARITHMETIC, 2, 1.5),
    **{f"__{name}__": [getattr(operator, name)] for name in ("neg", "pos", "abs")},
    "__divmod__": [lambda x: divmod(x, 2.0)],
    "__rdivmod__": [lambda x: divmod(7.0, x)],
    "__bool__": [bool],
    "__int__": [int, lambda x: int(-x)],
    "__floor__": [math.floor, lambda x: math.floor(-x)],
    "__ceil__": [math.ceil, lambda x: math.ceil(-x)],
    "__trunc__": [math.trunc, lambda x: math.trunc(-x)],
    "__round__": [round, lambda x: round(x, 1), lambda x: round(x, -1)],
    "is_integer": called("is_integer", ()),
    "hex": [lambda x: float.hex(x) if isinstance(x, float) else x.hex()],
    "fromhex": [lambda x: float.fromhex("0x1.8p1") if isinstance(x, float) else x.fromhex("0x1.8p1")],
    "conjugate": called("conjugate", ()),
    "item": called("item", ()),
    "tolist": called("tolist", ()),
    "astype": called("astype", (np.float32,), (int,)),
    "round": called("round", (), (1,)),
    **read("real", "imag", "shape", "ndim", "size", "dtype", "itemsize", "nbytes", "T", "base"),
}
# Questions that have one answer for each member of a batch, where Python wants one.
ONE_ANSWER = {"__bool__", "__int__", "hex", "__contains__"}

REFUSED: dict[str, tuple[Callable[[Any], Any], ...]] = {
    "tobytes": (lambda x: x.tobytes(), lambda x: x.tobytes("F")),
    "tofile": (lambda x: x.tofile("/dev/null"),),
    "dump": (lambda x: x.dump("/dev/null"),),
    "dumps": (lambda x: x.dumps(),),
    "byteswap": (lambda x: x.byteswap(),),
    "getfield": (lambda x: x.getfield(np.float32),),
    "setfield": (lambda x: x.setfield(1.0, np.float32),),
    "data": (lambda x: x.data.tobytes(), lambda x: bytes(x.data), lambda x: x.data[0]),
    "ctypes": (lambda x: x.ctypes.data, lambda x: x.ctypes.shape),
    "as_integer_ratio": (lambda x: x.as_integer_ratio(),),
    "__float__": (float,),
    "__complex__": (complex,),
    "__reduce__": (lambda x: x.__reduce__(),),
}
"""What would give away the plain number, or its bytes."""
REFUSED_ELSEWHERE = {"__index__": "tests/properties/test_mistakes.py"}
OF_EVERY_OBJECT = {name for name in dir(object)} - {"__hash__", "__reduce__"}
ABSENT = {
    "__array_interface__": "NumPy would read the memory in place of asking for __array__",
    "__array_struct__": "NumPy would read the memory in place of asking for __array__",
    "__dlpack__": "other libraries would read the memory; hoad.interop has the ways to them",
    "__dlpack_device__": "other libraries would read the memory; hoad.interop has the ways to them",
    "tostring": "NumPy 2.3 has it no more",
    "__buffer__": "other libraries would read the memory",
    "__array_wrap__": "for subclasses of ndarray",
    "__array_finalize__": "for subclasses of ndarray",
    "__class_getitem__": "for types in annotations",
    "__delitem__": "arrays refuse it, as what lacks it does",
    "__setstate__": "for pickle, which brings back plain arrays",
    "__getnewargs__": "for pickle, which brings back plain arrays",
    "__getformat__": "about the float type of C",
    "from_number": "it makes plain floats, from Python 3.14 on",
}
BY_PROTOCOL = {
    "__array__", "__array_ufunc__", "__array_function__", "__array_namespace__", "__array_priority__",
    "__and__", "__or__", "__xor__", "__lshift__", "__rshift__", "__invert__", "__rand__", "__ror__",
    "__rxor__", "__rlshift__", "__rrshift__", "__iand__", "__ior__", "__ixor__", "__ilshift__",
    "__irshift__", "__bool__", "__int__", "__hash__",
}  # fmt: skip
"""What other tests hold: the protocols of NumPy, and what is of integers and truth values alone (below)."""


def names_of(plain: Any) -> set[str]:
    """The names of a plain value, without private ones, and those that are kept to say that they are gone."""
    private = {name for name in dir(plain) if name.startswith("_") and not name.startswith("__")}
    return {name for name in dir(plain) if hasattr(plain, name)} - private


def test_every_public_name_is_accounted_for() -> None:
    """A name that is new in NumPy or Python fails here."""
    known = {*WORKS, *OF_NUMBERS, *REFUSED, *REFUSED_ELSEWHERE, *ABSENT, *BY_PROTOCOL, *OF_EVERY_OBJECT}
    for plain in (ARRAY, np.float64(1.0), 1.0):
        owner, new = type(plain), names_of(plain) - known
        assert not new, f"{owner.__name__} has {sorted(new)}: say what a traced value does, and test it"


@pytest.mark.parametrize("kind", KINDS)
def test_every_name_is_there(kind: str) -> None:
    for x, plain in ((KINDS[kind](ARRAY), (ARRAY,)), (KINDS[kind](NUMBER), (np.float64(1.0), 1.0))):
        names = set().union(*map(names_of, plain)) - {*ABSENT}
        assert not {name for name in names if not hasattr(x, name)}
        assert not {name for name in ABSENT if hasattr(x, name)}


def shown(x: Any) -> Any:
    """A result with all levels taken off, and only one member of a batch."""
    if isinstance(x, (tuple, list)):
        return type(x)(shown(part) for part in x)
    if isinstance(x, Traced):
        value = glance(x)
        return value if np.ndim(value) == x.ndim else value[0]
    return x


def is_same(got: Any, right: Any) -> bool:
    """Tell whether values, shapes and types of numbers agree."""
    if isinstance(got, RecordingError):
        return True  # the function is not compiled, and runs as it is
    if isinstance(got, Exception) or isinstance(right, Exception):
        return type(got) is type(right)
    if isinstance(right, (tuple, list)):
        return len(got) == len(right) and all(map(is_same, got, right))
    if isinstance(right, (str, np.dtype, type(None), bool)):
        return bool(got == right)
    kinds = {np.asarray(v).dtype for v in (got, right)}
    return np.shape(got) == np.shape(right) and len(kinds) == 1 and np.array_equal(got, right, equal_nan=True)


def outcome(program: Callable[[Any], Any], a: Any) -> Any:
    """What a program gives, and what it makes of its argument; or the class of the error."""
    try:
        with np.errstate(all="ignore"):
            return shown((program(a), a))
    except Exception as error:
        return error


def differences(table: Any, kind: str, at: Any, skip: Any = ()) -> list[str]:
    """Where a kind of traced value does other things than NumPy."""
    found = []
    for name, programs in table.items():
        for n, program in enumerate(programs):
            right = outcome(program, at.copy())
            got = outcome(program, KINDS[kind](at.copy()))
            if not is_same(got, right) and name not in skip:
                found.append(f"{name}, {n}: {got!r}, and NumPy {right!r}")
    return found


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_do_what_numpys_do(kind: str) -> None:
    assert "\n".join(differences(WORKS, kind, ARRAY, ONE_ANSWER if kind in OF_MEMBERS else ())) == ""


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "Fillable"])  # which is no number
def test_numbers_do_what_numpys_do(kind: str) -> None:
    assert "\n".join(differences(OF_NUMBERS, kind, NUMBER, ONE_ANSWER if kind in OF_MEMBERS else ())) == ""


# ------------------------------------------------------------------------------------------------------------
# What is refused: the message says what to type, and that works
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in REFUSED if not name.startswith("__")])
def test_bytes_are_refused_and_the_advice_works(name: str) -> None:
    for call, kind in itertools.product(REFUSED[name], sorted({*KINDS} - {"Fillable", *OF_MEMBERS, *NOTED})):
        for x in (KINDS[kind](NUMBER), *([KINDS[kind](ARRAY)] if name != "as_integer_ratio" else [])):
            with pytest.raises(EscapeError, match=re.escape(f"x.{name}")) as caught:
                call(x)
            advice = caught.value.args[0].rpartition(" type ")[2].partition(";")[0]
            assert "hoad.primal(" in advice
            typed = advice.replace("()", f"({ARGUMENTS.get(name, '')})")
            exec(typed.replace(f"[({ARGUMENTS.get(name, '')})]", "[()]"), {**NAMES, "x": x})


ARGUMENTS = {"tofile": "'/dev/null'", "dump": "'/dev/null'"}
NAMES = {"np": np, "hoad": hoad, "dtype": np.float32, "v": 1.0}


@pytest.mark.parametrize("name", [name for name in REFUSED if not name.startswith("__")])
def test_bytes_of_members_are_refused(name: str) -> None:
    """A function of one row after the other may ask for them."""
    call = REFUSED[name][0]

    def f(x: Any) -> Any:
        call(x)
        return x * 2.0

    x = ARRAY[0] if name == "as_integer_ratio" else ARRAY.copy()
    with pytest.raises(EscapeError, match=r"np\.stack\(\[f\(r\) for r in x\]\) in place of vmap"):
        hoad.vmap(f)(x)
    assert np.stack([f(r) for r in x]).tolist() == (x * 2).tolist()


def test_what_outlives_its_derivative_has_bytes() -> None:
    kept: list[Any] = []
    hoad.grad(lambda x: kept.append(x) or np.sum(x), ARRAY)
    assert kept[0].tobytes() == ARRAY.tobytes()
    assert kept[0].data.tobytes() == ARRAY.tobytes()
    hoad.grad(lambda x: kept.append(x) or x, 0.75)
    assert kept[1].as_integer_ratio() == (3, 4)
    assert int(kept[1]) == 0


def test_constants_that_are_filled_have_bytes() -> None:
    y = Fillable(ARRAY.copy())
    assert y.tobytes() == ARRAY.tobytes()
    assert y.byteswap().shape == ARRAY.shape
    assert y.data.nbytes == y.ctypes.shape[0] * 24 == 48
    y.put([0, -1], [1.0, 2.0])
    assert primal(y)[0, 0] == 1.0
    assert primal(y)[1, 2] == 2.0


# ------------------------------------------------------------------------------------------------------------
# Integers: which one a number is next to is a constant, and may differ between the members of a batch
# ------------------------------------------------------------------------------------------------------------

TABLE = np.array([0.0, 1.0, 4.0, 9.0, 16.0])


def cell(x: Any) -> Any:
    """Linear interpolation as it is written everywhere."""
    i = int(x)
    return TABLE[i] + (x - i) * (TABLE[i + 1] - TABLE[i])


@pytest.mark.parametrize(
    "of", [int, math.floor, math.trunc, lambda x: math.ceil(x) - 1, lambda x: round(x - 0.5)]
)
def test_a_cell_is_found(of: Any) -> None:
    def f(x: Any) -> Any:
        i = of(x)
        assert type(i) is int
        return TABLE[i] + (x - i) * (TABLE[i + 1] - TABLE[i])

    for mode in ("forward", "reverse"):
        assert hoad.jacobian(f, 2.3, mode=mode) == 5.0
    assert list(hoad.derivatives(f, 2.3, 2)) == pytest.approx([5.5, 5.0, 0.0])
    assert hoad.hessian(lambda x: f(x) * x, 2.3) == 10.0
    assert hoad.laplacian(lambda x: f(x[0]) * x[0], np.array([2.3])) == 10.0
    assert hoad.derivative(f, Fraction(23, 10)) == 5


def test_cells_of_members() -> None:
    def f(x: Any) -> Any:
        i = math.floor(x)
        return x * i + math.ceil(x) + round(x) + x.is_integer() + round(x, 1) + np.trunc(x)

    xs = np.array([2.3, -1.75, 4.0])
    assert hoad.vmap(f)(xs).tolist() == [f(x) for x in xs]
    assert hoad.vmap(hoad.grad(f))(xs).tolist() == [2.0, -2.0, 4.0]
    with pytest.raises(TypeError, match=r"x\.astype\(int\)"):
        hoad.vmap(cell)(xs)
    assert hoad.vmap(lambda x: x.astype(int) * x)(xs).tolist() == [int(x) * x for x in xs]


def test_what_has_no_integer() -> None:
    for x, error in ((np.nan, ValueError), (np.inf, OverflowError), (ARRAY, TypeError), (1j, TypeError)):
        for of in (int, math.floor, math.ceil, math.trunc):
            with pytest.raises(error):
                of(KINDS["Dual"](x))


@pytest.mark.parametrize(
    "name", ["iand", "ior", "ixor", "ilshift", "irshift", "iadd", "imul", "ifloordiv", "ipow"]
)
def test_integers_of_members(name: str) -> None:
    """In place, as NumPy has it: who holds the array sees it."""

    def f(x: Any) -> Any:
        y, z = x.copy(), x > 2
        held, mask = y, z
        getattr(operator, name)(y, 3)
        if name in ("iand", "ior", "ixor"):
            getattr(operator, name)(z, x > 4)
        return held + mask

    rows = np.array([[1, 4, 2], [7, 0, 3]])
    assert hoad.vmap(f)(rows).tolist() == f(rows).tolist()


def test_members_choose() -> None:
    rows = np.array([[1, 0, 1], [0, 0, 1]])
    for mode in ("raise", "wrap", "clip"):
        f = lambda k, x, mode=mode: k.choose([x, 2 * x], mode=mode) * x
        right = [f(k, ROW) for k in rows]
        np.testing.assert_array_equal(hoad.vmap(f, in_axes=(0, None))(rows, ROW), right)
        slope = lambda k, x, f=f: hoad.grad(lambda x: np.sum(f(k, x)), x)
        found = hoad.vmap(slope, in_axes=(0, None))(rows, ROW)
        np.testing.assert_array_equal(found, 2 * ROW * (1 + rows))


@pytest.mark.parametrize("name", ["itruediv", "iadd", "imul"])
def test_in_place_does_not_cut_what_it_writes(name: str) -> None:
    """NumPy refuses floats in an array of integers, and complex numbers in one of floats."""
    for x, other in ((np.array([[1, 2], [3, 4]]), 0.5), (ARRAY, 1j)):
        if (name, other) == ("itruediv", 1j):
            continue
        for f in (lambda y, other=other: getattr(operator, name)(y.copy(), other),):
            for run in (f, hoad.vmap(f)):
                with pytest.raises(TypeError, match="same_kind"):
                    run(x)


def test_numbers_of_another_kind() -> None:
    half = wrapped(Fraction(7, 2))
    assert [math.floor(half), math.ceil(half), math.trunc(half), int(half), round(half)] == [3, 4, 3, 3, 4]
    assert not {name for name in dir(float) if name not in ABSENT and not hasattr(half, name)}


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"Fillable", *OF_MEMBERS, *NOTED}))
def test_arrays_of_objects_call_the_methods(kind: str) -> None:
    """``np.array([x, y])`` is an array of objects, whose ufuncs call methods by name."""
    x = KINDS[kind](np.float64(1.5))
    held = np.empty(2, object)
    held[:] = [x, x * 2]
    for ufunc in (np.arctan2, np.hypot, np.fmod, np.floor, np.ceil, np.trunc):
        got = ufunc(held, 0.7) if ufunc.nin == 2 else ufunc(held)
        right = ufunc(np.array([1.5, 3.0]), *(0.7,) * (ufunc.nin - 1))
        assert [primal(v) for v in got] == right.tolist()
