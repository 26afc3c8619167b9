"""Results as the user gets them, and outputs that have no derivative refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from ..backends import NUMPY, backend_of
from ..errors import OPERATOR, ComplexOutputError, EscapeError, NonScalarOutputError, describe
from ..guests import is_table, name_of_class, plain_array_of
from ..kinds.batch import Batch
from ..kinds.number import Number
from ..nested import (
    Cotangent,
    Level,
    Tangent,
    Traced,
    Value,
    bare,
    everything,
    glance,
    pack,
    primal,
    refused,
    settle,
)
from ..operands import without_guests
from ..tangents.fit import fit_cotangent
from ..values.constants import HERE, asarray, is_array, is_elsewhere, library, ones, zeros
from ..values.containers import is_container
from ..values.foreign import traced_within
from ..values.shapes import REALS, is_complex, shape_of
from ..values.trees import flatten, flatten_result, number, unflatten
from ..values.wrappers import wrapper_of

UNDERSTOOD = frozenset({float, int, complex, bool, str, type(None), np.float64})  # hold nothing else


def finished(g: Cotangent, x: Value) -> Any:
    """A gradient as the user gets it: zeros for no dependence, of the type of ``x``, in its own array."""
    if g is None:
        return zero_like(x)
    if g.__class__ is x.__class__ is float:
        return g
    if g.__class__ is np.ndarray and x.__class__ is np.ndarray and g.dtype is x.dtype and g.shape == x.shape:
        return g.copy()
    g = settle(fit_cotangent(g, x))
    kind, held = bare(x).__class__, bare(g)
    if held.__class__ not in HERE and is_elsewhere(held):
        if backend_of(bare(x)) is NUMPY and g is held and not library(held).lazy:
            return as_scalar(g, x)
        return moved(g, x)
    if kind not in HERE and is_elsewhere(bare(x)):
        return asarray(g, x.dtype, like=x) if g is held else g
    if kind is float:
        return g if isinstance(held, Traced) or held.__class__ is float else as_float(g)
    if held.__class__ in (float, complex) and issubclass(kind, np.inexact):
        return x.dtype.type(g) if held is g else g.astype(x.dtype)
    if isinstance(held, np.ndarray) and not issubclass(kind, np.ndarray) and held.ndim == 0:
        return g[()]
    return np.array(g) if isinstance(g, np.ndarray) else g


def moved(g: Cotangent, x: Value) -> Any:
    """A gradient of a value on a device, in an array of its own."""
    return g.copy() if g.__class__ is bare(x).__class__ else g


def as_scalar(g: Cotangent, x: Value) -> Any:
    """A gradient that was found on a device, by a number or an array that is NumPy's."""
    found = library(g).to_numpy(g)
    return finished(found if found.ndim else found[()], x)


def as_float(g: Cotangent) -> Any:
    """A Python number for a NumPy scalar; other kinds of numbers as they are."""
    held = bare(g)
    if isinstance(held, (np.generic, np.ndarray)) and np.size(held) == 1:
        return g.item()
    return float(g) if isinstance(g, int) else g


def owned(y: Any) -> Any:
    """A value as the user gets it: settled, and sharing no memory with what a pullback still needs."""
    y = y if y.__class__ is float else settle(y)
    return y.copy() if is_array(y) else y


def tidy(x: Value, d: Tangent) -> Any:
    """A Python number for a Python number, and a scalar for an array without axes."""
    if d.__class__ is float:
        return d
    if isinstance(bare(d), np.ndarray) and d.ndim == 0:
        d = d[()]
    return as_float(d) if bare(x).__class__ in (float, complex) and isinstance(bare(d), np.generic) else d


def zero_like(y: Any) -> Any:
    """The derivative of a leaf that depends on nothing."""
    if not number(y):
        return y
    if (kind := bare(y).__class__) in (float, complex):
        return kind(0)
    if (x := primal(y)).__class__ is Number:
        return x.blank(x.shape, x.dtype)
    kind = getattr(y, "dtype", None)
    return zeros(shape_of(y), kind if kind is not None and kind.kind in "fc" else float, like=y)[()]


def kind_of(x: Value) -> Any:
    """The dtype of derivatives by ``x``."""
    return (
        x.dtype
        if hasattr(x, "dtype") and x.dtype.kind in "fc"
        else np.dtype(complex if isinstance(x, complex) else float)
    )


def unit_of(x: Value) -> Any:
    """An exact 1 of the type of ``x``, or an array of them."""
    if x.__class__ is float:
        return 1.0
    if shape_of(x) != ():
        return ones(shape_of(x), kind_of(x), like=x)
    x = bare(primal(x))
    if x.__class__ is Number:
        return x.constant(1)
    if is_elsewhere(x):
        return ones((), kind_of(x), like=x)
    return (
        1.0
        if isinstance(x, (float, complex, Traced, np.ndarray)) and not isinstance(x, np.floating)
        else type(x)(1)
    )


def exact(units: np.ndarray, x: Value) -> Any:
    """Zeros and ones in the numbers of ``x``."""
    x = primal(x)
    return x.constant(units) if x.__class__ is Number else units


def ratio(w: Fraction, x: Value) -> Any:
    """A fraction in the numbers of ``x``."""
    x = primal(x)
    return np.divide(x.constant(w.numerator), w.denominator) if x.__class__ is Number else float(w)


def along(directions: np.ndarray, leaves: list[Value], level: Level) -> list[Any]:
    """Directions over all numbers of several leaves, one in each row, as one batch for each leaf."""
    parts = by_leaf(directions, leaves)
    return [Batch(level, exact(part, x)) for part, x in zip(parts, leaves, strict=True)]


def by_leaf(rows: np.ndarray, leaves: list[Value]) -> list[Any]:
    """Rows over all numbers of several leaves, cut into one array for each leaf."""
    start, parts = 0, []
    for x in leaves:
        shape = shape_of(x)
        n = math.prod(shape)
        part = asarray(rows[:, start : start + n].reshape(len(rows), *shape), like=x)
        parts.append(part.astype(kind_of(x), copy=False))
        start += n
    return parts


def is_function(y: Any) -> bool:
    """Tell whether a result is a function, whose derivative is a function too."""
    return callable(y) and not isinstance(y, Traced)


def holds_functions(leaves: list[Any], structure: Any) -> bool:
    """Tell whether a value is a container in which there is a function."""
    return structure is not None and any([is_function(leaf) for leaf in leaves])


def refuse_functions(leaves: list[Any], structure: Any) -> None:
    """Refuse a container in which there is a function."""
    if holds_functions(leaves, structure):
        raise NonScalarOutputError(
            "the value is a container with functions in it; apply the operator to one of them: "
            "lambda x: f(x)[0]"
        )


def each_result(
    operator: Callable[[Any], Any], f: Any, leaves: list[Any], structure: Any, done: list[Any]
) -> Any:
    """An operator on a function whose value is a container with functions in it: what is ``done`` for the
    other leaves, and functions, each call of which is a fresh calculation.
    """

    def later(k: int) -> Callable[..., Any]:
        leaf: Callable[..., Any] = lambda args, kwargs: flatten_result(f(*args, **kwargs))[0][k]
        return lambda *more, **named: operator(lambda *a, **kw: leaf(a, kw)(*more, **named))

    both = enumerate(zip(leaves, done, strict=True))
    return unflatten(structure, [later(k) if is_function(leaf) else d for k, (leaf, d) in both])


def outputs(y: Any) -> tuple[list[Any], Any]:
    """The leaves of what a function returned, ready to be read, and their structure.

    Raises:
        NonScalarOutputError: it is neither a number, nor an array, a container or a function.
        EscapeError: another library's object in it holds a traced value.
    """
    if isinstance(y, Traced):
        return [settle(y.whole_array() if y.stands_in else y)], None
    leaves, structure = flatten_result(y)
    leaves = [leaf.whole_array() if isinstance(leaf, Traced) and leaf.stands_in else leaf for leaf in leaves]
    leaves = [leaf if leaf.__class__ is float else settle(pack(leaf)) for leaf in leaves]
    leaves = [
        leaf if leaf.__class__ in UNDERSTOOD or isinstance(leaf, Traced) else unhidden(leaf)
        for leaf in leaves
    ]
    if structure is None and not (number(leaves[0]) or callable(leaves[0])):
        raise NonScalarOutputError(no_number(leaves[0]))
    return leaves, structure


def unhidden(leaf: Any) -> Any:
    """A leaf, or the traced array that it wraps; refused, if a traced value is elsewhere in it."""
    if leaf.__class__ is np.ndarray and leaf.dtype.kind != "O":
        return leaf
    if isinstance(leaf, np.generic) or (callable(leaf) and not hasattr(leaf, "__array_ufunc__")):
        return leaf
    if leaf.__class__.__module__.startswith("xarray.") and isinstance(leaf.data, Traced):
        return settle(leaf.data)
    hidden = traced_within(leaf, any_kind=wrapper_of(leaf) is None)  # a wrapper's members are opened later
    if hidden is None and not np.ma.is_masked(leaf):
        return leaf
    if is_table(leaf):
        return settle(pack(without_guests((hidden, leaf))[1]))
    if isinstance(leaf, np.matrix) or (isinstance(leaf, np.ma.MaskedArray) and not np.ma.is_masked(leaf)):
        return settle(pack(leaf.view(np.ndarray)))  # what they mean by * and by a mask is behind them
    if hidden is None:
        raise EscapeError(f"the function returned a {name_of_class(leaf)}; {plain_array_of(leaf)}")
    message = (
        f"the function returned a {name_of_class(leaf)}, in which there is a traced value, whose derivative "
        f"would be lost; compute with NumPy's arrays: {plain_array_of(leaf)}"
    )
    raise refused(EscapeError(message), hidden)


def no_number(y: Any) -> str:
    """The message for a value that has no derivative."""
    hint = "; is its return missing?" if y is None else ""
    return f"{OPERATOR} wants a function that returns numbers or arrays, and it returned {describe(y)}{hint}"


def check_scalar(y: Any, holomorphic: bool) -> None:
    """Refuse an output that has no gradient; an array of one element is one number."""
    if y.__class__ in REALS or (isinstance(y, Traced) and glance(y).__class__ in REALS):
        return
    if not is_container(y) and not number(y):
        raise NonScalarOutputError(no_number(y))
    if is_container(y):
        raise NonScalarOutputError(
            f"{OPERATOR} wants a function whose value is one real number, and it returned {describe(y)}; "
            f"hoad.jacobian takes containers and arrays, has_aux=True a pair (value, extra)"
        )
    if math.prod(shape_of(y)) != 1:
        raise NonScalarOutputError(
            f"{OPERATOR} wants a function whose value is one real number, and it returned {describe(y)}; "
            f"hoad.jacobian(f, x) gives the derivative of every element"
        )
    if not holomorphic and is_complex(y):
        raise ComplexOutputError(complex_message(y))


def scalar_output(y: Any) -> Any:
    """The number that a function returned, if it has a gradient."""
    leaves, structure = outputs(y)
    y = leaves[0] if structure is None else y
    check_scalar(y, holomorphic=False)
    return y if shape_of(y) == () else np.reshape(y, ())


def check_output(y: Any, holomorphic: bool) -> None:
    """Refuse an output that has no Jacobian."""
    if not number(y):
        raise NonScalarOutputError(no_number(y))
    if not holomorphic and np.iscomplexobj(primal(y)):
        raise ComplexOutputError(complex_message(y))


def complex_message(y: Any) -> str:
    """The text of a ``ComplexOutputError``."""
    return (
        f"the value of the function is complex, {describe(everything(y))}, and has no gradient; if the "
        f"function is complex "
        f"differentiable, holomorphic=True gives f'(z); else differentiate np.real(f(z)), np.imag(f(z)) or "
        f"np.abs(f(z))"
    )


def stripped(leaf: Any, level: Level) -> Any:
    """A leaf of the output without this level."""
    leaf = settle(leaf)
    return leaf.primal if isinstance(leaf, Traced) and leaf.level is level else leaf


def stripped_tree(tree: Any, level: Level) -> Any:
    """A container without this level; the same object where nothing in it is of this level."""
    leaves, structure = flatten(tree)
    plain = [stripped(leaf, level) for leaf in leaves]
    same = all([new is old for new, old in zip(plain, leaves, strict=True)])
    return tree if same else unflatten(structure, plain)
