"""Arrays of other libraries beside traced values: those of pandas are taken as their arrays, all others are
refused, with what to write for them.

A ``pandas.Series`` is an array with a label for each place. A scientist's loss is full of them,
``np.sum((p[0] * df["x"] - df["y"]) ** 2)``, and there the labels say nothing. Where pandas would do other
than NumPy does, the derivative would be one of another function, so it is refused: sums that skip missing
values, series of other labels that pandas would align, columns that hold no numbers.

Nothing is imported but what is there: whose an object is, its class says.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import types
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from .backends import backend_of
from .errors import NotDifferentiableError

# Arrays that are none of NumPy's usual ones, and what to write for them.
FILLED = "a.filled(value), or np.where(mask, value, a.data), as a derivative has no mask"
REFUSED = {
    "matrix": "np.asarray(a), with @ for the product, as np.matrix has another meaning of * and **",
    "MaskedArray": FILLED,
    "MaskedConstant": FILLED,
}
HOUSES = {
    "pandas": "a.to_numpy()", "xarray": "a.values", "pint": "a.magnitude", "mpmath": "np.array(a.tolist())",
    "sparse": "a.todense()", "torch": "a.detach().numpy()", "astropy": "a.value",
    "array_api_strict": "np.from_dlpack(a)", "uncertainties": "unumpy.nominal_values(a)",
}  # fmt: skip
# By the beginning of a module: how its arrays take part. JAX's are NumPy's as soon as NumPy sees them.
HOSTS: dict[str, Callable[[Any], Any]] = {"jax": np.asarray}
# Libraries that take part by a module of their own, which is loaded when the first of their arrays is met.
GUIDES = {"sparse": "hoad.pydata.doors"}
# Libraries whose arrays have not NumPy's protocols.
APART = frozenset({"torch", "jax", "jaxlib", "array_api_strict", "mpmath", "uncertainties"})
SPARSE = ("scipy.sparse", "cupyx.scipy.sparse")
# Python's signs between two operands, by the names of their methods, and the methods that a class states in
# Python whose objects bring their arithmetic with them.
SIGNS = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.divide, "floordiv": np.floor_divide,
    "mod": np.remainder, "pow": np.power, "matmul": np.matmul, "and": np.bitwise_and, "or": np.bitwise_or,
    "xor": np.bitwise_xor, "lshift": np.left_shift, "rshift": np.right_shift,
}  # fmt: skip
ARITHMETIC = tuple([f"__{side}{name}__" for name in SIGNS for side in ("", "r")])


def loaded(name: str) -> types.ModuleType | None:
    """A module that was imported before, and is whole: what another thread imports at this moment has not all
    of its names yet.

    Example:
        >>> loaded("numpy") is np
        True
    """
    module = sys.modules.get(name)
    return None if getattr(getattr(module, "__spec__", None), "_initializing", False) else module


def is_foreign(value: Any) -> bool:
    """Tell whether a value is an array of another library, or one of NumPy's that means something else."""
    cls = value.__class__
    if getattr(cls, "__array_ufunc__", None) is None or isinstance(value, np.generic):
        if house_of(value) in APART:
            return hasattr(cls, "shape") or hasattr(cls, "nominal_value") or cls.__name__ == "matrix"
        return str(cls.__module__).startswith(SPARSE)
    if cls.__name__ in REFUSED:
        return True
    return cls.__module__.partition(".")[0] not in ("numpy", "hoad") and backend_of(value) is None


def reckons_itself(value: Any) -> bool:
    """Tell whether an object is of a class that says in Python what operators do with it: no number, and no
    array of NumPy's or of a library that hoad knows.

    Example:
        >>> from fractions import Fraction
        >>> class Gain:
        ...     def __rmul__(self, x): return 2 * x
        >>> reckons_itself(Gain()), reckons_itself(Fraction(1, 2)), reckons_itself(np.ones(2))
        (True, False, False)
    """
    cls = value.__class__
    if isinstance(value, (Number, np.ndarray, np.generic, list, tuple, type)):
        return False
    if getattr(cls, "__array_ufunc__", None) is not None or not any(
        [method_of(cls, name) for name in ARITHMETIC]
    ):
        return False
    return not is_foreign(value)


def method_of(cls: type, name: str) -> Callable[..., Any] | None:
    """A method that a class states in Python."""
    method = getattr(cls, name, None)
    return method if isinstance(method, types.FunctionType) else None


def house_of(value: Any) -> str:
    """The library that the class of an object is from."""
    return str(value.__class__.__module__).partition(".")[0]


def is_of_a_house(value: Any) -> bool:
    """Tell whether an object is an array of a library that is known here, and so leads to no code."""
    return house_of(value) in HOUSES and is_foreign(value)


@functools.cache
def has_guide(house: str) -> bool:
    """Tell whether a library takes part by a module of its own; that needs SciPy, and the library itself, of
    which a program's module may have the name.
    """
    if house not in GUIDES or f"{house}.numba_backend" not in sys.modules:
        return False
    if importlib.util.find_spec("scipy") is None:
        return False
    importlib.import_module(GUIDES[house])
    return True


def is_of_jax(value: Any) -> bool:
    """Tell whether an object is an array of JAX's."""
    return house_of(value) in ("jax", "jaxlib") and is_foreign(value)


def holds_floats(value: Any) -> bool:
    """Tell whether one differentiates by the elements of an array of another library: they are floats, or it
    can't be told what they are.
    """
    kinds = getattr(value, "dtypes", None)  # of a table, by column
    for kind in [getattr(value, "dtype", None)] if kinds is None or np.ndim(kinds) == 0 else list(kinds):
        known = getattr(kind, "kind", None)
        if known in (None, "f", "c") and getattr(kind, "is_floating_point", True):
            return True
    return False


def is_table(value: Any) -> bool:
    """Tell whether a value is an array of pandas: a Series, a DataFrame, an Index, one of its own kinds."""
    return value.__class__.__module__.partition(".")[0] == "pandas" and hasattr(value, "to_numpy")


def plain(value: Any) -> Any:
    """An operand as the levels take it: a list, an array of pandas, and a masked array of which nothing is
    masked, as an array.

    Raises:
        NotDifferentiableError: an array whose operations, and methods, mean other things than NumPy's: units,
            a mask, names for its axes; one of pandas with something in it that is no number.
    """
    if value.__class__ is list:
        return np.array(value)
    if value.__class__ is np.ndarray and value.dtype.kind == "O" and value.size and is_foreign(value.flat[0]):
        raise NotDifferentiableError(refusal(value.flat[0], "array of "))
    if not is_foreign(value):
        return value
    if is_table(value):
        return array_of(value)
    if isinstance(value, np.ma.MaskedArray) and not np.ma.is_masked(value):
        return value.data
    has_guide(house_of(value))
    for house, host in HOSTS.items():
        if value.__class__.__module__.startswith(house):
            return host(value)
    raise NotDifferentiableError(refusal(value))


def refusal(value: Any, what: str = "") -> str:
    """What is said of an array of another library beside a traced value."""
    return (
        f"{in_words(value, what)} meets a value that is being differentiated; write {plain_array_of(value)}"
    )


def in_words(value: Any, what: str = "") -> str:
    """An array of another library, as a sentence begins with it."""
    text = what + name_of_class(value)
    return f"an {text}" if text[0] in "aeioAEIO" else f"a {text}"


def name_of_class(value: Any) -> str:
    """The class of an object and the library it is from."""
    return f"{value.__class__.__name__} ({value.__class__.__module__.partition('.')[0]})"


def plain_array_of(value: Any) -> str:
    """What to type for the plain array that an object holds."""
    house = value.__class__.__module__.partition(".")[0]
    if house in ("scipy", "cupyx"):
        return "a.toarray()"
    known = HOUSES.get(house) or REFUSED.get(value.__class__.__name__)
    if known is None and hasattr(value, "__array_function__"):
        return f"np.asarray(a), or let {house} take part: hoad.backends.register({house!r}, ...)"
    return known or "np.asarray(a)"


# ------------------------------------------------------------------------------------------------------------
# pandas
# ------------------------------------------------------------------------------------------------------------


def array_of(table: Any) -> np.ndarray:
    """The numbers of an array of pandas; traced ones, as its own arithmetic leaves them, in an object array.

    Raises:
        NotDifferentiableError: a column has missing values, or what is no number.
    """
    values: np.ndarray = table.to_numpy()
    categories = values.ndim > 1 and any([str(kind) == "category" for kind in table.dtypes])
    if values.ndim > 1 and are_numbers(values) and not np.isnan(values).any() and not categories:
        return values
    if values.ndim < 2:
        return column_of(table, values)
    return np.stack([column_of(column, column.to_numpy()) for _, column in table.items()], axis=1)


def are_numbers(values: np.ndarray) -> bool:
    """Tell whether an array is one of numbers by its type."""
    return values.dtype.kind in "biufc"


def column_of(column: Any, values: np.ndarray) -> np.ndarray:
    """The same of one column."""
    name = f"the column {column.name!r}" if getattr(column, "name", None) is not None else "a column"
    if column.isna().any():
        raise NotDifferentiableError(
            f"{name} of pandas has missing values, which its sums and means skip and a derivative would not: "
            f"leave them out before, df = df.dropna(), or put a number in their place, a.fillna(0.0); "
            f"a.to_numpy() keeps them, as NumPy's nan"
        )
    if are_numbers(values) and str(column.dtype) != "category":
        return values
    kinds = {type(v) for v in values.flat} if values.dtype.kind == "O" else set()
    traced = {kind for kind in kinds if kind.__module__.startswith("hoad.")}
    if kinds and all([issubclass(kind, NUMBERS) for kind in kinds - traced]):
        return values if traced else values.astype(float)
    holds = ", ".join(sorted([kind.__name__ for kind in kinds])) or str(column.dtype)
    raise NotDifferentiableError(
        f"{name} of pandas holds {holds}, and meets a value that is being differentiated: make numbers of it "
        f"before, as a.astype(float) does of texts and Decimals, a.cat.codes of categories, and "
        f"(a - a.min()).dt.total_seconds() of dates"
    )


NUMBERS = (float, int, bool, np.number, np.bool_)


class Labels:
    """The labels of the arrays of pandas that a derivative has met, by their axis and their number."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        self.known: dict[tuple[str, int], Any] = {}

    def add(self, table: Any) -> None:
        """Note those of one more.

        Raises:
            NotDifferentiableError: there are as many others, with which pandas would align them.
        """
        for name, axis in (("index", "rows"), ("columns", "columns")):
            labels = getattr(table, name, None)
            if labels is None or not hasattr(labels, "equals"):
                continue
            before = self.known.setdefault((axis, len(labels)), labels)
            if before is not labels and not before.equals(labels):
                raise NotDifferentiableError(
                    f"two arrays of pandas with the same number of {axis} meet in this derivative, and their "
                    f"labels differ, by which pandas would align them: write a.to_numpy() where the order is "
                    f"meant, a.reindex(b.index).to_numpy() where the labels are"
                )

    @property
    def has_columns(self) -> bool:
        """Whether there was a DataFrame."""
        return any([axis == "columns" for axis, _ in self.known])
