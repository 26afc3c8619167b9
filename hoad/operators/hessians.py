"""Higher derivatives: Hessians and their products, Laplacians, and the derivatives of any order of a function
of one number.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from ..arrays.mutation import own
from ..dual import Dual
from ..errors import ArgumentError
from ..kinds.batch import unbatch
from ..nested import Level, Tangent, bare, settle
from ..running.calling import Argnums, Function, P, at_point, later, select
from ..running.chunks import Chunks
from ..running.operator import LATER, operator
from ..running.points import Point, matched
from ..running.results import as_float, is_function, scalar_output
from ..running.spread import in_chunks
from ..runs import running
from ..tangents.fit import as_precise
from ..values.containers import is_differentiable
from ..values.shapes import size_of
from ..values.trees import flatten, is_of_numbers, number, unflatten
from .blocks import basis, pieces
from .gradients import _grad, _value_and_grad
from .jacobians import (
    ALL_AT_ONCE,
    _jacobian,
    checked_format,
    forward_jacobian,
    or_sparse,
)
from .losses import swept
from .products import _jvp
from .taylor import parts

SWEPT = "auto"
NESTINGS = ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
MODES = (SWEPT, *NESTINGS)

# ------------------------------------------------------------------------------------------------------------
# Hessians
# ------------------------------------------------------------------------------------------------------------


def gradient_of(f: Function, inner: str, argnums: Argnums = 0) -> Function:
    """The gradient of a function of real value as a function, by the mode ``inner``."""

    def of_reverse(*args: Any, **kwargs: Any) -> Any:
        return _grad(f, args, kwargs, argnums)

    def of_forward(*args: Any, **kwargs: Any) -> Any:
        @functools.wraps(f, updated=())
        def checked(*a: Any, **k: Any) -> Any:
            y = f(*a, **k)
            return y if is_function(y) else scalar_output(y)

        return _jacobian(checked, args, kwargs, mode="forward", argnums=argnums)

    return functools.wraps(f, updated=())(of_reverse if inner == "reverse" else of_forward)


def checked_mode(mode: Any) -> str:
    """A mode of a second derivative."""
    if not isinstance(mode, str) or mode not in MODES:
        raise ArgumentError(
            f"mode={mode!r} must be 'auto', or name the outer and the inner mode: one of "
            f"{', '.join(map(repr, NESTINGS))}"
        )
    return str(mode)


def nesting(mode: str) -> list[str]:
    """The outer and the inner mode."""
    return (NESTINGS[0] if mode == SWEPT else mode).split("-")


def _hessian(
    f: Function,
    args: Any,
    kwargs: Any,
    mode: str = SWEPT,
    argnums: Argnums = 0,
    chunks: Chunks = ALL_AT_ONCE,
) -> Any:
    if mode == SWEPT:
        again = functools.partial(_hessian, argnums=argnums, chunks=chunks)
        found = swept(f, args, kwargs, argnums, lambda loss: loss.hessian(chunks)[1], again)
        if found is not None:
            return found
    outer, inner = nesting(mode)
    second = _jacobian(
        gradient_of(f, inner, argnums), args, kwargs, mode=outer, argnums=argnums, chunks=chunks
    )
    if is_function(second):
        return second
    _, values, _ = select(f, args, kwargs, argnums)
    if isinstance(argnums, tuple):
        return tuple([left_alone(x, h) for x, h in zip(values, second, strict=True)])
    return left_alone(values[0], second)


def left_alone(x: Any, h: Any) -> Any:
    """Blocks of second derivatives in the structure of ``x``, whose integers, strings and None are left
    alone.
    """
    leaves, structure = flatten(x)
    if structure is None or is_of_numbers(x):
        return h
    blocks = structure.flatten_up_to(h)
    return unflatten(
        structure, [b if is_differentiable(leaf) else leaf for b, leaf in zip(blocks, leaves, strict=True)]
    )


@overload
def hessian(
    f: Callable[P, Any],
    *,
    mode: str = SWEPT,
    argnums: Argnums = 0,
    sparse: bool = False,
    format: str = "csr",
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
    out: Any = None,
) -> Callable[P, Any]: ...
@overload
def hessian(
    f: Function,
    *args: Any,
    mode: str = SWEPT,
    argnums: Argnums = 0,
    sparse: bool = False,
    format: str = "csr",
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
    out: Any = None,
    **kwargs: Any,
) -> Any: ...
@operator(
    or_sparse(in_chunks(_hessian, "Hessian"), "sparse_hessian"),
    degree=2,
    mode=checked_mode,
    format=checked_format,
)
def hessian(
    f: Function,
    *args: Any,
    mode: str = SWEPT,
    argnums: Argnums = 0,
    sparse: bool = False,
    format: str = "csr",
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
    out: Any = None,
    **kwargs: Any,
) -> Any:
    """Give the Hessian of a function whose value is one real number: all its second derivatives.

    Args:
        f: the function; any NumPy code.
        args: its arguments; without them, the Hessian is returned as a function.
        mode: "auto", where f runs once on plain values, and tangents and cotangents then sweep over what was
            recorded; or how two levels of differentiation are nested, outer first: "forward-reverse",
            "reverse-forward", "forward-forward" or "reverse-reverse". All give the same numbers.
        argnums: which arguments to differentiate. sparse: give a ``scipy.sparse`` array, with a row and a
        column for each number of the argument. Nothing
            need be known of its pattern. For many points, see ``sparse_plan``.
        format: of the sparse array; see ``jacobian``.
        chunk_size: how many directions to take at once; see ``jacobian``.
        progress: show a progress bar (by tqdm).
        executor: whose workers share the directions; see ``jacobian``.
        out: an array, or a container of arrays, of the Hessian's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        An array of the input's shape twice; for containers, a container of containers of blocks.

    Raises:
        NonScalarOutputError: the value is an array.
        TooLargeError: the Hessian would not fit into the machine's memory.
        ArgumentError: ``sparse=True`` with an option that it does not take, or inside another derivative.
        MissingDependencyError: ``sparse=True`` without SciPy.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.hessian(lambda x: x[0]**2 * x[1], np.array([1.0, 2.0]))
        array([[4., 2.],
               [2., 0.]])
        >>> hoad.hessian(lambda x: np.sum(np.sin(x[1:] * x[:-1])), np.ones(1000), sparse=True).nnz
        2998
    """


def _value_grad_hessian(f: Function, args: Any, kwargs: Any, argnums: Argnums = 0) -> Any:
    again: Function = lambda g, args, kwargs: _value_grad_hessian(g, args, kwargs, argnums)
    all_of: Function = lambda loss: (loss.recording.value, *loss.hessian(ALL_AT_ONCE))
    found = swept(f, args, kwargs, argnums, all_of, again)
    if is_function(found):
        return all_later(again, f, args, kwargs)
    if found is not None:
        value, *rest = found
        return (as_float(value) if np.ndim(value) == 0 else value, *rest)
    g, values, names = select(f, args, kwargs, argnums)
    argument: Argnums = tuple(range(len(values))) if isinstance(argnums, tuple) else 0
    (value, gradient), (_, second) = forward_jacobian(
        lambda *v: _value_and_grad(g, v, {}, argument),
        Point(values, names, several=isinstance(argnums, tuple)),
        False,
        ALL_AT_ONCE,
    )
    if is_function(value):
        return all_later(again, f, args, kwargs)
    return as_float(value) if np.ndim(value) == 0 else value, gradient, second


def all_later(evaluate: Function, f: Function, args: Any, kwargs: Any) -> tuple[Function, ...]:
    """The same of a function whose value is a function."""
    part: Function = lambda k: later(lambda *given: evaluate(*given)[k], f, args, kwargs, {})
    return at_point(f, args, kwargs), part(1), part(2)


@operator(_value_grad_hessian, degree=(0, 1, 2))
def value_grad_hessian(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Give value, gradient and Hessian from one run of f.

    Args:
        f: a function whose value is one real number.
        args: its arguments.
        argnums: which arguments to differentiate.
        kwargs: passed on to f.

    Returns:
        ``(value, gradient, hessian)``.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.value_grad_hessian(lambda x: np.sum(x**2), np.array([3.0]))
        (9.0, array([6.]), array([[2.]]))
    """


def _hvp(f: Function, args: Any, kwargs: Any, v: Tangent, mode: str) -> Any:
    x, *rest = args
    point = Point([x], ["the point"])
    along = matched((v,), point, (x,), "vector")
    if mode == SWEPT:
        again = functools.partial(_hvp, v=v, mode=mode)
        found = swept(f, args, kwargs, 0, lambda loss: point.replaced(loss.product(along))[0], again, point)
        if found is not None:
            return found
    outer, inner = nesting(mode)
    gradient = gradient_of(f, inner)
    if outer == "forward":
        return _jvp(lambda p: gradient(p, *rest, **kwargs), (x,), {}, v)[1]
    if inner == "forward":
        slope: Function = lambda p: _jvp(lambda q: f(q, *rest, **kwargs), (p,), {}, v)[1]
    else:
        slope = lambda p: inner_product(gradient(p, *rest, **kwargs), v)
    return _grad(slope, (x,), {})


@operator(_hvp, degree=1, mode=checked_mode)
def hvp(f: Function, x: Any = LATER, v: Tangent = LATER, *args: Any, mode: str = SWEPT, **kwargs: Any) -> Any:
    """Give the product of the Hessian with a vector, at the cost of a few gradients (Pearlmutter 1994).

    Args:
        f: a function whose value is one real number.
        x: the point, its first argument; without it, the product is returned as a function of x and v.
        v: the vector, of the structure and shape of ``x``.
        args: further arguments of f.
        mode: as for ``hessian``.
        kwargs: passed on to f.

    Returns:
        The product, of the structure and shape of ``x``.

    Raises:
        ArgumentError: f is no function, or there is no such mode.
        NotDifferentiableError: an argument is no number, array or container of such.
        ShapeMismatchError: ``v`` has not the shape of ``x``.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.hvp(lambda x: np.sum(x**3), np.array([1.0, 2.0]), np.array([1.0, 10.0]))
        array([  6., 120.])
    """


def inner_product(a: Any, b: Any) -> Any:
    """The sum of products over all leaves; of what a function gives, a function."""
    if is_function(a):
        return lambda *more, **named: inner_product(a(*more, **named), b)
    return sum(
        np.sum(p * q) for p, q in zip(flatten(a)[0], flatten(b)[0], strict=True) if number(p) and number(q)
    )


def _diag_hessian(f: Function, args: Any, kwargs: Any, argnums: Argnums = 0) -> Any:
    again = functools.partial(_diag_hessian, argnums=argnums)
    found = swept(f, args, kwargs, argnums, lambda loss: loss.diagonal(ALL_AT_ONCE), again)
    return nested_diagonal(f, args, kwargs, argnums) if found is None else found


def nested_diagonal(f: Function, args: Any, kwargs: Any, argnums: Argnums = 0) -> Any:
    """The same by two nested forward modes, with one direction for each element in both."""
    g, values, names = select(f, args, kwargs, argnums)
    point = Point(values, names)
    x = point.differentiated()
    batch, inner, outer = Level(), Level(), Level()
    seeds = basis(x, batch)
    with running(inner, outer, batch):
        once = [Dual(outer, own(v), e) for v, e in zip(x, seeds, strict=True)]
        twice = [Dual(inner, v, e) for v, e in zip(once, seeds, strict=True)]
        y = g(*point.replaced(twice))
        if is_function(y):
            return later(_diag_hessian, f, args, kwargs, {"argnums": argnums})
        y = scalar_output(y)
        second = parts(parts(y, inner)[1], outer)[1]
    total = sum(size_of(v) for v in x)
    rows = settle(unbatch(second, batch, total))
    blocks = [as_precise(b, v) for b, v in zip(pieces(rows, x, (), last=False), x, strict=True)]
    result = point.replaced(
        [as_float(b) if bare(v).__class__ is float else b for b, v in zip(blocks, x, strict=True)]
    )
    return tuple(result) if isinstance(argnums, tuple) else result[0]


@operator(_diag_hessian)
def diag_hessian(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Give the diagonal of the Hessian, without the rest of it.

    Args:
        f: a function whose value is one real number.
        args: its arguments.
        argnums: which arguments to differentiate.
        kwargs: passed on to f.

    Returns:
        The second derivatives by each element, in the structure and shape of the argument.

    Raises:
        ArgumentError: f is no function.
        NotDifferentiableError: an argument is no number, array or container of such.
        NonScalarOutputError: the value is not one number.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.diag_hessian(lambda x: np.sum(x**3) + x[0] * x[1], np.array([1.0, 2.0]))
        array([ 6., 12.])
    """
