"""``Number``: fractions, decimals, mpmath's numbers and SymPy's formulas as one more kind of value.

The rules are written in ``np``; a ``Number`` stands for a number (or an array) of another kind, and carries
NumPy's functions out by those of its field. It stands outside of all levels, so every mode, jets and batches
included, works on it as on a float. What the user passes is wrapped on the way in and unwrapped on the way
out (``with_numbers``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..arrays.arraylike import ArrayLike
from ..arrays.fillable import Fillable
from ..arrays.mutation import is_view, link_view, own
from ..arrays.operators import compare_members
from ..chainrules.numpy import decompositions, eigen, fourier, linalg, reductions, shaping
from ..chainrules.numpy.elementwise import (
    as_complex,
    as_numbers,
    complex_imag,
    complex_real,
    of_parts,
    real_absolute,
)
from ..chainrules.numpy.indexing import where
from ..chainrules.numpy.trigonometric import sinc_derivative
from ..chainrules.statements import Primitive
from ..errors import NumberError
from ..nested import LIFT, NUMBERS, Traced, Value, primal
from ..values.containers import is_container
from ..values.fields import Field, field_of, field_of_array
from ..values.trees import map_leaves


class Number(ArrayLike):
    """A number of another kind, or an array of objects that holds such.

    Example:
        >>> from fractions import Fraction
        >>> np.square(wrapped(Fraction(1, 3))) + 0.5
        Number(Fraction(11, 18))
    """

    __slots__ = ()
    fused: ClassVar[dict[Any, Callable[..., Any]]] = {}
    differentiates = False

    def __init__(self, primal: Value, field: Field) -> None:
        self.level = NUMBERS
        self.primal = primal
        self.slot = field

    def __repr__(self) -> str:
        return f"Number({self.primal!r})"

    def _dtype(self) -> Any:
        """What NumPy would take its elements for."""
        return np.dtype(complex if self.slot.is_complex else float)

    dtype = property(_dtype, ArrayLike.set_dtype)

    def __bool__(self) -> bool:
        return bool(self.primal)

    def __str__(self) -> str:
        return str(self.primal)

    def process(self, rule: Primitive, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Carry out a function by those of the field."""
        field = widest([a.slot for a in args if a.__class__ is Number])
        if not field.is_complex and field.whole is not None and any(map(is_complex_number, args)):
            field = field.whole()
        form = FORMS.get(rule)
        if form is not None:
            return form(field, *args, **kwargs)
        if isinstance(rule.function, np.ufunc) and rule.function.signature is None:
            plain = [plain_of(a) for a in args]
            return rewrapped(elementwise(field, rule.function, plain, kwargs), field)
        if rule.kind == "scalar":
            return rule.function(*args, **kwargs)
        out = rewrapped(rule.function(*[operand(a, field) for a in args], **kwargs), field)
        if rule.is_view and isinstance(out, Number) and is_view(out.primal, plain_of(args[0])):
            link_view(out, args[0], rule, args[1:], kwargs)
        return out

    def constant(self, value: Value) -> Number:
        """A value whose contents may be written to."""
        return Number(own(as_objects(value, self.slot)), self.slot)

    def blank(self, shape: tuple[int, ...], dtype: Any) -> Number:
        """Zeros."""
        return self.constant(np.zeros(shape))

    def without_derivatives(self) -> Number:
        """The numbers themselves: no level stands within them."""
        return self

    def frozen(self) -> Number:
        """The same numbers under a handle of its own."""
        return Number(own(self.primal), self.slot)

    def store(self, index: Any, value: Value) -> None:
        """Write into the array."""
        self.primal = own(self.primal)
        self.primal[index] = as_objects(value, self.slot)


compare_members(Number)


def is_complex_number(x: Any) -> bool:
    """Tell whether a plain operand is complex."""
    return isinstance(x, complex) or (isinstance(x, np.ndarray) and x.dtype.kind == "c")


def widest(fields: list[Field]) -> Field:
    """The field of several operands: a complex one, if there is one among them."""
    return next((field for field in fields if field.is_complex), fields[0])


def plain_of(x: Any) -> Any:
    """What a Number stands for, or an array of constants."""
    return x.primal if x.__class__ in (Number, Fillable) else x


def operand(x: Any, field: Field) -> Any:
    """An operand of a function that moves or adds elements: floats among them become numbers of the field."""
    if x.__class__ is Number:
        return x.primal
    x = plain_of(x)
    if isinstance(x, float) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc"):
        return as_objects(x, field)
    return x


def as_objects(x: Any, field: Field) -> Any:
    """Numbers of the field, for a number or an array."""
    x = plain_of(x)
    if not isinstance(x, np.ndarray):
        return field.number(x)
    out = np.empty(x.shape, dtype=object)
    out[...] = x
    for place in np.ndindex(x.shape):
        out[place] = field.number(out[place])
    return out


def elementwise(field: Field, ufunc: Any, args: list[Any], kwargs: Any) -> Any:
    """A ufunc, for each element by the function of the field."""
    function = field.function(ufunc)
    whole = np.frompyfunc(lambda *xs: function(*[field.number(x) for x in xs]), len(args), 1)
    return whole(*args, **kwargs)


def rewrapped(out: Value, field: Field) -> Any:
    """What a function gave, as numbers again; truth values and positions stay as they are."""
    if isinstance(out, tuple):
        return tuple([rewrapped(o, field) for o in out])
    if isinstance(out, np.ndarray):
        if out.dtype.kind == "O" and all(isinstance(x, (bool, np.bool_)) for x in out.flat):
            return out.astype(bool)
        return Number(out, field) if out.dtype.kind == "O" else out
    return out if isinstance(out, (bool, np.bool_, np.integer)) else Number(out, field)


# ------------------------------------------------------------------------------------------------------------
# Functions that have no form for objects
# ------------------------------------------------------------------------------------------------------------


def _copied(field: Field, x: Any, *args: Any, **kwargs: Any) -> Any:
    return x.frozen()


def _real(field: Field, x: Any) -> Any:
    """The real part, in the field of real numbers."""
    real = field.parts
    return x if real is None else rewrapped(np.frompyfunc(lambda z: z.real, 1, 1)(plain_of(x)), real)


def _imag(field: Field, x: Any) -> Any:
    """The imaginary part, in the field of real numbers."""
    real = field.parts
    return 0 * x if real is None else rewrapped(np.frompyfunc(lambda z: z.imag, 1, 1)(plain_of(x)), real)


def _of_parts(field: Field, re: Any, im: Any) -> Any:
    return re + 1j * im


def _absolute(field: Field, x: Any) -> Any:
    return rewrapped(elementwise(field, np.absolute, [plain_of(x)], {}), field)


def _sinc(field: Field, x: Any, k: int) -> Any:
    """The k-th derivative of sinc."""
    function = field.function(_Named("sinc"))
    return rewrapped(np.frompyfunc(lambda v: function(v, k), 1, 1)(plain_of(x)), field)


def _length(field: Field, x: Any, axis: Any, keepdims: bool, count: int) -> Any:
    return np.sqrt(np.sum(np.square(np.abs(x)), axis=axis, keepdims=keepdims) / count)


def _matrices(of_one: Callable[..., Any]) -> Callable[..., Any]:
    """A function of matrices, one after the other."""

    def of_all(field: Field, *args: Any) -> Any:
        arrays = [np.asarray(as_objects(a, field), dtype=object) for a in args]
        lead = np.broadcast_shapes(*[a.shape[:-2] for a in arrays])
        arrays = [np.broadcast_to(a, (*lead, *a.shape[-2:])) for a in arrays]
        found = [of_one(field, *[a[place] for a in arrays]) for place in np.ndindex(*lead)]
        shape = np.shape(found[0])
        out = np.empty((len(found), *shape), dtype=object)
        for k, part in enumerate(found):
            out[k] = part
        out = out.reshape((*lead, *shape))
        return rewrapped(out[()], field)

    return of_all


def _eliminate(field: Field, a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, Any]:
    """Gauss and Jordan: the solution of ``a x = b``, and the determinant of a."""
    work, det, n = np.concatenate([a, b], axis=1), field.number(1), len(a)
    for k in range(n):
        pivot = next((i for i in best_first(work[k:, k], k) if work[i, k] != 0), None)
        if pivot is None:
            return work[:, n:], field.number(0)
        if pivot != k:
            work[[k, pivot]] = work[[pivot, k]]
            det = -det
        det = det * work[k, k]
        work[k] = work[k] / work[k, k]
        for i in range(n):
            if i != k:
                work[i] = work[i] - work[i, k] * work[k]
    return work[:, n:], det


def best_first(column: np.ndarray, start: int) -> list[int]:
    """The rows of a column, the largest entry first where entries can be compared."""
    rows = list(range(start, start + len(column)))
    try:
        return sorted(rows, key=lambda i: -abs(column[i - start]))
    except TypeError:
        return rows


def _solve(field: Field, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    x, det = _eliminate(field, a, b)
    if det == 0:
        raise np.linalg.LinAlgError("Singular matrix")
    return x


def _inv(field: Field, a: np.ndarray) -> np.ndarray:
    return _solve(field, a, as_objects(np.eye(len(a)), field))


def _det(field: Field, a: np.ndarray) -> Any:
    return _eliminate(field, a, a[:, :0])[1]


def _cholesky(field: Field, a: np.ndarray) -> np.ndarray:
    """The lower triangle of Cholesky and Banachiewicz."""
    n, root = len(a), field.function(np.sqrt)
    out = as_objects(np.zeros((n, n)), field)
    for i in range(n):
        for j in range(i + 1):
            rest = a[i, j] - sum(out[i, k] * conjugated(out[j, k]) for k in range(j))
            out[i, j] = root(rest) if i == j else rest / out[j, j]
    return out


def conjugated(x: Any) -> Any:
    """The complex conjugate."""
    return x.conjugate() if hasattr(x, "conjugate") else x


def _slogdet(field: Field, a: Any) -> tuple[Any, Any]:
    det = linalg.det(a)
    return np.sign(det), np.log(np.abs(det))


def _where(field: Field, condition: Any, x: Any, y: Any) -> Any:
    """A choice; between formulas, where the condition is one too, a formula of cases."""
    condition, x, y = (plain_of(v) for v in (condition, x, y))
    if isinstance(condition, (bool, np.bool_)) or np.asarray(condition).dtype.kind == "b":
        return rewrapped(np.where(condition, as_objects(x, field), as_objects(y, field))[()], field)
    cases = field.function(_Named("Piecewise"))
    choose = np.frompyfunc(
        lambda c, a, b: cases((field.number(a), field.number(c)), (field.number(b), True)), 3, 1
    )
    return rewrapped(choose(condition, x, y), field)


class _Named:
    """The name of a function, as ``Field.function`` looks for it."""

    def __init__(self, name: str) -> None:
        self.__name__ = name


def _missing(name: str) -> Callable[..., Any]:
    def refuse(field: Field, *args: Any, **kwargs: Any) -> Any:
        raise NumberError(f"{name} of a {field.name} is not there; use floats for it")

    return refuse


FORMS: dict[Any, Callable[..., Any]] = {
    where: _where,
    shaping.astype: _copied,
    complex_real: _real,
    complex_imag: _imag,
    of_parts: _of_parts,
    as_numbers: _missing("a view of complex numbers as pairs"),
    as_complex: _missing("a view of pairs as complex numbers"),
    real_absolute: _absolute,
    sinc_derivative: _sinc,
    reductions.length: _length,
    linalg.solve: _matrices(_solve),
    linalg.inv: _matrices(_inv),
    linalg.det: _matrices(_det),
    linalg.cholesky_lower: _matrices(_cholesky),
    linalg.slogdet: _slogdet,
    eigen.eigh_: _missing("np.linalg.eigh"),
    eigen.eig_: _missing("np.linalg.eig"),
    decompositions.svd_: _missing("np.linalg.svd"),
    decompositions.qr_: _missing("np.linalg.qr"),
    fourier.fft_: _missing("np.fft.fft"),
    fourier.ifft_: _missing("np.fft.ifft"),
    fourier.rfft_: _missing("np.fft.rfft"),
    fourier.irfft_: _missing("np.fft.irfft"),
    fourier.hfft_: _missing("np.fft.hfft"),
    fourier.ihfft_: _missing("np.fft.ihfft"),
}

# ------------------------------------------------------------------------------------------------------------
# In and out
# ------------------------------------------------------------------------------------------------------------


def wrapped(x: Any) -> Any:
    """A number, or an array of objects, of another kind as a ``Number``; anything else as it is."""
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        field = field_of_array(x)
        return x if field is None else Number(as_objects(x, field), field)
    field = None if isinstance(x, Traced) else field_of(x)
    return x if field is None else Number(x, field)


def unwrapped(x: Any) -> Any:
    """What the user gets for a ``Number``, in a container or as what a function returns, too."""
    if callable(x) and not isinstance(x, Traced):

        @functools.wraps(x, updated=())
        def of_plain(*args: Any, **kwargs: Any) -> Any:
            return with_numbers(x, args, kwargs)

        return of_plain
    if is_container(x):
        return map_leaves(unwrapped, x)
    if x.__class__ is Number:
        return x.primal[()] if isinstance(x.primal, np.ndarray) and not x.primal.ndim else x.primal
    return x


def wrapped_tree(x: Any) -> Any:
    """A container whose numbers of other kinds are ``Number``."""
    if callable(x):
        return x
    return map_leaves(wrapped, x) if is_container(x) else wrapped(x)


def with_numbers(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of an operator, whose arguments hold numbers of other kinds."""
    token = LIFT.set(lifted)
    try:
        return unwrapped(call(*map(wrapped_tree, args), **{k: wrapped_tree(v) for k, v in kwargs.items()}))
    finally:
        LIFT.reset(token)


def lifted(rule: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands of an elementwise function, with the constants beside a ``Number`` made exact. (An integer
    exponent stays: powers are products then.)
    """
    field = next((x.slot for x in map(primal, args) if x.__class__ is Number), None)
    if field is None or not isinstance(rule.function, np.ufunc):
        return args
    keep = (1,) if rule.function is np.power and is_integer(args[1]) else ()
    return tuple([a if i in keep or isinstance(a, Traced) else made(a, field) for i, a in enumerate(args)])


def is_integer(n: Any) -> bool:
    """Tell whether a constant exponent is an integer."""
    return isinstance(n, (int, float, np.number)) and n == int(n)


def made(x: Any, field: Field) -> Number:
    """A constant as a ``Number``."""
    if is_complex_number(x) and field.whole is not None:
        field = field.whole()
    return Number(as_objects(x, field), field)
