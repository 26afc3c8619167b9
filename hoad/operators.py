"""First derivatives: ``grad``, ``jvp``, ``vjp``, ``jacobian`` and their kin.

Every operator evaluates when it is given the point, and returns a function when it is not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .arraylike import is_complex, shape_of
from .batch import Batch, unbatch
from .calling import Argnums, Function, check_function, dispatch, select
from .dual import REALS, Dual, fit
from .errors import (
    ArgumentError,
    ComplexOutputError,
    NonScalarOutputError,
    NotDifferentiableError,
    ShapeMismatchError,
    describe,
)
from .mutation import own
from .nested import Level, Traced, pack, primal, settle
from .tape import Tape, project, sweep
from .tracer import Draft, Tracer, entered
from .trees import as_point, flatten, is_container, is_differentiable, map_leaves, unflatten

# ------------------------------------------------------------------------------------------------------------
# Points and results
# ------------------------------------------------------------------------------------------------------------


class Point:
    """The arguments that are differentiated, taken apart into leaves."""

    __slots__ = ("active", "leaves", "plain", "several", "structures", "values")

    def __init__(self, values: list[Any], names: list[str], several: bool = False) -> None:
        self.several = several
        self.plain = len(values) == 1 and not is_container(values[0])
        self.values = values
        self.leaves: list[Any] = []
        self.active: list[int] = []
        self.structures: list[tuple[Any, int]] = []
        if self.plain:
            self.leaves, self.active = [as_point(values[0], names[0])], [0]
            return
        for value, name in zip(values, names, strict=True):
            self._add(value, name)

    def _add(self, value: Any, name: str) -> None:
        if not is_container(value):
            self.active.append(len(self.leaves))
            self.leaves.append(as_point(value, name))
            self.structures.append((None, 1))
            return
        leaves, structure = flatten(value)
        chosen = [k for k, leaf in enumerate(leaves) if is_differentiable(leaf)]
        if not chosen and leaves:
            raise NotDifferentiableError(
                f"{name} is {describe(value)}: nothing in it is a float or an array of floats; integers, "
                f"strings and None in "
                f"a container are left alone, so write 1.0 for 1, or pass np.array({value!r})"
            )
        self.active += [k + len(self.leaves) for k in chosen]
        self.leaves += [as_point(leaf, name) if k in chosen else leaf for k, leaf in enumerate(leaves)]
        self.structures.append((structure, len(leaves)))

    def rebuild(self, leaves: list[Any]) -> list[Any]:
        """The arguments again, from other leaves."""
        values, start = [], 0
        for structure, n in self.structures:
            values.append(unflatten(structure, leaves[start : start + n]))
            start += n
        return values

    def replaced(self, new: list[Any]) -> list[Any]:
        """The arguments with new values for the leaves that are differentiated, the others left alone."""
        if self.plain:
            return new
        leaves = list(self.leaves)
        for k, value in zip(self.active, new, strict=True):
            leaves[k] = value
        return self.rebuild(leaves)

    def differentiated(self) -> list[Any]:
        """The leaves that are differentiated."""
        return self.leaves if self.plain else [self.leaves[k] for k in self.active]


def finished(g: Any, x: Any) -> Any:
    """A gradient as the user gets it: zeros for no dependence, of the type of ``x``, and an array of its own."""
    if g is None:
        return zero_like(x)
    if g.__class__ is np.ndarray and x.__class__ is np.ndarray and g.dtype is x.dtype and g.shape == x.shape:
        return g.copy()
    g = settle(project(g, x))
    if x.__class__ is float:
        return g if isinstance(g, Traced) or g.__class__ is float else as_float(g)
    if isinstance(g, np.ndarray) and not isinstance(x, np.ndarray) and g.ndim == 0:
        return g[()]
    return np.array(g) if isinstance(g, np.ndarray) else g


def as_float(g: Any) -> Any:
    """A Python number for a NumPy scalar; other kinds of numbers as they are."""
    return (
        g.item()
        if isinstance(g, (np.generic, np.ndarray)) and np.size(g) == 1
        else float(g)
        if isinstance(g, int)
        else g
    )


def owned(y: Any) -> Any:
    """A value as the user gets it: settled, and sharing no memory with what a pullback still needs."""
    y = settle(y)
    return y.copy() if isinstance(y, np.ndarray) else y


def is_function(y: Any) -> bool:
    """Tell whether a result is a function, whose derivative is a function too."""
    return callable(y) and not isinstance(y, Traced)


def number(y: Any) -> bool:
    """Tell whether a value is something that a derivative can be taken of."""
    return isinstance(y, (int, float, complex, np.number, np.bool_, np.ndarray, Traced)) or (
        hasattr(y, "__add__") and not isinstance(y, (str, bytes))
    )


# ------------------------------------------------------------------------------------------------------------
# Reverse: record, then sweep
# ------------------------------------------------------------------------------------------------------------


class Recording:
    """A function's run on a tape: its output, and the way back to its inputs."""

    __slots__ = ("aux", "inputs", "outputs", "point", "structure", "tape", "value")

    def __init__(self, f: Function, point: Point, has_aux: bool = False) -> None:
        tape = self.tape = Tape()
        self.point = point
        try:
            tracers = [entered(tape, leaf) for leaf in point.differentiated()]
            self.inputs = [t.slot for t in tracers]
            y = f(*point.replaced(tracers))
            self.aux = None
            if has_aux:
                y, aux = split_aux(y)
                self.aux = map_leaves(lambda leaf: stripped(leaf, tape), aux)
            leaves, structure = flatten(y)
            self.structure = structure
            self.outputs = [read_out(leaf) for leaf in leaves]
        except BaseException:
            tape.release()
            raise
        finally:
            tape.alive = False
        values = [owned(stripped(leaf, tape)) for leaf in self.outputs]
        self.value = values[0] if self.structure is None else unflatten(self.structure, values)

    def seeds(self, cotangents: list[Any]) -> dict[int, Any]:
        """Cotangents by the slots of the outputs that depend on the inputs."""
        seeds: dict[int, Any] = {}
        for y, g in zip(self.outputs, cotangents, strict=True):
            if y.__class__ is Tracer and y.level is self.tape:
                seeds[y.slot] = g if y.slot not in seeds else seeds[y.slot] + g
        return seeds

    def back(self, cotangents: list[Any], free: bool = False) -> list[Any]:
        """The cotangents of the inputs."""
        return sweep(self.tape, self.seeds(cotangents), self.inputs, free)

    def gradient(self) -> list[Any]:
        """The arguments' gradients, for an output that is one number; uses the recording up."""
        found = self.back([1.0], free=True)
        self.tape.release()
        return self.point.replaced(
            [finished(g, x) for g, x in zip(found, self.point.differentiated(), strict=True)]
        )


def read_out(leaf: Any) -> Any:
    """A leaf of an output: packed, settled, and finished if it was being written to."""
    leaf = settle(pack(leaf))
    if leaf.__class__ is Draft:
        leaf.finish()
    return leaf


def stripped(leaf: Any, level: Level) -> Any:
    """A leaf of the output without this level."""
    leaf = settle(leaf)
    return leaf.primal if isinstance(leaf, Traced) and leaf.level is level else leaf


def split_aux(y: Any) -> tuple[Any, Any]:
    """The value and the extra of a function that returns both."""
    if not isinstance(y, tuple) or len(y) != 2:
        raise ArgumentError(
            f"has_aux=True wants a function that returns (value, aux), and it returned {describe(y)}"
        )
    return y[0], y[1]


def check_scalar(y: Any, holomorphic: bool) -> None:
    """Refuse an output that has no gradient."""
    if y.__class__ in REALS:
        return
    if is_container(y) or not number(y):
        raise NonScalarOutputError(
            f"grad wants a function whose value is one real number, and this one returned {describe(y)}; "
            f"hoad.jacobian takes containers and arrays, has_aux=True a pair (value, extra)"
        )
    if shape_of(y) != ():
        raise NonScalarOutputError(
            f"grad wants a function whose value is one real number, and this one returned {describe(y)}; "
            f"hoad.jacobian(f, x) gives the derivative of every element"
        )
    if not holomorphic and is_complex(y):
        raise ComplexOutputError(complex_message(y))


def complex_message(y: Any) -> str:
    """The text of a ``ComplexOutputError``."""
    return (
        f"the value of the function is complex, {describe(primal(y))}, and has no gradient; if the "
        f"function is complex "
        f"differentiable, holomorphic=True gives f'(z); else differentiate np.real(f(z)), np.imag(f(z)) or "
        f"np.abs(f(z))"
    )


def later(evaluate: Function, f: Function, args: Any, kwargs: Any, options: dict[str, Any]) -> Function:
    """The derivative of a function whose value is a function: each call of it is a fresh calculation, with a
    fresh tag.
    """

    def of_result(*more: Any, **named: Any) -> Any:
        return evaluate(lambda *a, **k: f(*a, **k)(*more, **named), args, kwargs, **options)

    return of_result


def at_point(f: Function, args: Any, kwargs: Any) -> Function:
    """The value of a function whose value is a function, without anything of the derivative in it."""
    return lambda *more, **named: f(*args, **kwargs)(*more, **named)


def _value_and_grad(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    g, values, names = select(f, args, kwargs, argnums)
    if holomorphic:
        values = [map_leaves(lambda leaf: leaf * (1 + 0j) if number(leaf) else leaf, v) for v in values]
    recording = Recording(g, Point(values, names), has_aux)
    y = recording.outputs[0] if recording.structure is None else recording.value
    if is_function(y):
        options = {"argnums": argnums, "has_aux": has_aux, "holomorphic": holomorphic}
        return at_point(f, args, kwargs), later(
            lambda *a, **k: _value_and_grad(*a, **k)[1], f, args, kwargs, options
        )
    check_scalar(y, holomorphic)
    grads = recording.gradient()
    if holomorphic:
        grads = [map_leaves(np.conj, part) for part in grads]
    result = tuple(grads) if isinstance(argnums, tuple) else grads[0]
    value = as_float(recording.value) if recording.point.leaves[0].__class__ is float else recording.value
    return ((value, recording.aux), result) if has_aux else (value, result)


def _grad(
    f: Function,
    args: Any,
    kwargs: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
) -> Any:
    value, result = _value_and_grad(f, args, kwargs, argnums, has_aux, holomorphic)
    return (result, value[1]) if has_aux else result


def _gradient(f: Function, args: Any, kwargs: Any) -> Any:
    grads = _grad(f, args, kwargs, argnums=tuple(range(len(args))))
    if is_function(grads):
        return later(_gradient, f, args, kwargs, {})
    return grads[0] if isinstance(grads, tuple) and len(grads) == 1 else grads


def _elementwise_grad(f: Function, args: Any, kwargs: Any, argnums: Argnums = 0) -> Any:
    g, values, names = select(f, args, kwargs, argnums)
    recording = Recording(g, Point(values, names))
    if is_function(recording.outputs[0]):
        return later(_elementwise_grad, f, args, kwargs, {"argnums": argnums})
    found = recording.back([np.ones(np.shape(y))[()] for y in recording.outputs], free=True)
    grads = recording.point.replaced(
        [finished(d, x) for d, x in zip(found, recording.point.differentiated(), strict=True)]
    )
    recording.tape.release()
    return tuple(grads) if isinstance(argnums, tuple) else grads[0]


def grad(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    **kwargs: Any,
) -> Any:
    """Give the gradient of a function whose value is one real number, by one reverse sweep.

    Args:
        f: the function; any NumPy code.
        args: its arguments; without them, the gradient is returned as a function.
        argnums: which arguments to differentiate: a position, a parameter name, or a tuple of those.
        has_aux: f returns ``(value, extra)``; so does the result: ``(gradient, extra)``.
        holomorphic: f is complex differentiable, and f'(z) is wanted.
        kwargs: passed on to f.

    Returns:
        The gradient, of the shape, type and structure of the argument; a tuple of them for a tuple of
        ``argnums``. For a complex argument, the derivative in the real part plus i times the one in the
        imaginary part.

    Raises:
        NonScalarOutputError: the value is an array; ``jacobian`` is for that.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.grad(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
        array([ 3., 12.])
        >>> hoad.grad(lambda x, y: x * y, argnums="y")(2.0, 5.0)
        2.0
    """
    return dispatch(_grad, f, args, kwargs, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic)


def value_and_grad(
    f: Function,
    *args: Any,
    argnums: Argnums = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    **kwargs: Any,
) -> Any:
    """Give the value and the gradient from one run of f.

    Args:
        f: the function; see ``grad`` for it and for the options.
        args: its arguments.
        argnums: which arguments to differentiate.
        has_aux: f returns ``(value, extra)``; the result is ``((value, extra), gradient)``.
        holomorphic: f is complex differentiable.
        kwargs: passed on to f.

    Returns:
        ``(value, gradient)``.

    Example:
        >>> import hoad
        >>> hoad.value_and_grad(lambda x: x**3, 2.0)
        (8.0, 12.0)
    """
    return dispatch(
        _value_and_grad, f, args, kwargs, argnums=argnums, has_aux=has_aux, holomorphic=holomorphic
    )


def gradient(f: Function, *args: Any, **kwargs: Any) -> Any:
    """Give the gradients with respect to all positional arguments, as Zygote does.

    Args:
        f: a function whose value is one real number.
        args: its arguments, all differentiated.
        kwargs: passed on to f.

    Returns:
        One gradient for one argument, a tuple for several.

    Example:
        >>> import hoad
        >>> hoad.gradient(lambda x, y: x * y, 2.0, 5.0)
        (5.0, 2.0)
        >>> hoad.gradient(lambda z: abs(z) ** 2, 1 + 2j)
        (2+4j)
    """
    return dispatch(_gradient, f, args, kwargs)


def elementwise_grad(f: Function, *args: Any, argnums: Argnums = 0, **kwargs: Any) -> Any:
    """Give the derivative of each output element by the input element at its place, for a function that acts
    elementwise.

    Args:
        f: a function of an array whose element k depends on element k of the input alone.
        args: its arguments.
        argnums: which arguments to differentiate.
        kwargs: passed on to f.

    Returns:
        An array of the shape of the argument. For other functions: the gradient of the sum.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.elementwise_grad(np.square, np.array([1.0, 2.0]))
        array([2., 4.])
    """
    return dispatch(_elementwise_grad, f, args, kwargs, argnums=argnums)


# ------------------------------------------------------------------------------------------------------------
# Products with vectors
# ------------------------------------------------------------------------------------------------------------


def matched(given: Any, point: Point, structure_of: Any, what: str) -> list[Any]:
    """The leaves of tangents or cotangents, checked against the values that they belong to."""
    leaves: list[Any] = []
    for part, value in zip(given, structure_of, strict=True):
        found, structure = flatten(part)
        wanted = flatten(value)[1]
        if str(structure) != str(wanted):
            raise ShapeMismatchError(f"the {what} {part!r} has not the structure of {value!r}")
        leaves += found
    chosen = [leaves[k] for k in point.active]
    for t, x in zip(chosen, point.differentiated(), strict=True):
        check_shape(t, x, what)
    return [float(t) if type(t) is int else t for t in chosen]


def check_shape(t: Any, x: Any, what: str) -> None:
    """Refuse a tangent or cotangent of the wrong shape."""
    if not number(t) or is_container(t):
        raise ShapeMismatchError(
            f"the {what} is {describe(t)}; it must be a number or an array of shape {np.shape(x)}"
        )
    if np.shape(t) != np.shape(x):
        raise ShapeMismatchError(
            f"the {what} has shape {np.shape(t)} and its value has shape {np.shape(x)}; they must be the same"
        )
    if np.iscomplexobj(primal(t)) and not np.iscomplexobj(primal(x)):
        raise ShapeMismatchError(
            f"the {what} is complex and its value is real; a real value has real tangents"
        )


def pushed(f: Function, point: Point, tangents: list[Any]) -> tuple[list[Any], list[Any], Any]:
    """Run f on duals: the leaves of its value, their tangents, and the structure of the value."""
    level = Level()
    try:
        duals = [
            Dual(level, own(x) if np.ndim(x) else x, fit(own(t) if np.ndim(t) else t, x))
            for x, t in zip(point.differentiated(), tangents, strict=True)
        ]
        y = f(*point.replaced(duals))
        leaves, structure = flatten(y) if is_container(y) else ([y], None)
        leaves = [settle(pack(leaf)) for leaf in leaves]
    finally:
        level.alive = False
    changes = [leaf.tangent if leaf.__class__ is Dual and leaf.level is level else None for leaf in leaves]
    return [stripped(leaf, level) for leaf in leaves], changes, structure


def zero_like(y: Any) -> Any:
    """The derivative of a leaf that depends on nothing."""
    if not number(y):
        return y
    if y.__class__ in (float, complex):
        return y.__class__(0)
    kind = getattr(y, "dtype", None)
    return np.zeros(np.shape(y), kind if kind is not None and kind.kind in "fc" else float)[()]


def jvp(f: Function, primals: Any, tangents: Any) -> tuple[Any, Any]:
    """Give the value of f and its directional derivative, by forward mode.

    Args:
        f: the function.
        primals: the tuple of its arguments (or the one argument).
        tangents: the direction: a tuple of the same structure and shapes.

    Returns:
        ``(y, dy)``, of the same structure.

    Raises:
        ShapeMismatchError: the tangents do not fit the primals.

    Example:
        >>> import hoad
        >>> hoad.jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 0.0))
        (6.0, 3.0)
    """
    check_function(f)
    if not isinstance(primals, tuple):
        primals, tangents = (primals,), (tangents,)
    if not isinstance(tangents, (tuple, list)) or len(tangents) != len(primals):
        raise ShapeMismatchError(
            f"{len(primals)} primals and the tangents {tangents!r}: there must be one tangent for each "
            f"primal, in a tuple"
        )
    point = Point(list(primals), [f"primal {k}" for k in range(len(primals))])
    leaves, changes, structure = pushed(f, point, matched(tangents, point, primals, "tangent"))
    if structure is None and is_function(leaves[0]):
        value = lambda *more, **named: f(*primals)(*more, **named)
        return value, lambda *more, **named: jvp(lambda *a: f(*a)(*more, **named), primals, tangents)[1]
    outs = [zero_like(y) if d is None else owned(d) for y, d in zip(leaves, changes, strict=True)]
    return unflatten(structure, [owned(y) for y in leaves]), unflatten(structure, outs)


def pushforward(f: Function, *primals: Any) -> Callable[..., Any]:
    """Give the function that takes tangents to the directional derivative at a point, as Zygote does.

    Args:
        f: the function.
        primals: its arguments.

    Returns:
        A function of one tangent per argument.

    Example:
        >>> import hoad
        >>> hoad.pushforward(lambda x: x**2, 3.0)(1.0)
        6.0
    """
    return lambda *tangents: jvp(f, primals, tangents)[1]


class Pullback:
    """The linear map from a cotangent of the value to cotangents of the arguments; it may be called any
    number of times.
    """

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def __call__(self, cotangent: Any) -> tuple[Any, ...]:
        recording = self._recording
        leaves, structure = flatten(cotangent) if recording.structure is not None else ([cotangent], None)
        if str(structure) != str(recording.structure):
            raise ShapeMismatchError(
                f"the cotangent {cotangent!r} has not the structure of the value {recording.value!r}"
            )
        for g, y in zip(leaves, recording.outputs, strict=True):
            if number(y) and g is not None:
                check_shape(g, y, "cotangent")
        given = [
            np.zeros(np.shape(y)) if g is None else own(float(g) if type(g) is int else g)
            for g, y in zip(leaves, recording.outputs, strict=True)
        ]
        found = recording.back(given)
        x = recording.point.differentiated()
        return tuple(recording.point.replaced([finished(d, v) for d, v in zip(found, x, strict=True)]))

    def __repr__(self) -> str:
        return f"<pullback from {describe(self._recording.value)}>"


def vjp(f: Function, *primals: Any, has_aux: bool = False, **kwargs: Any) -> Any:
    """Give the value of f and its pullback, by reverse mode.

    Args:
        f: the function.
        primals: its arguments, all differentiated.
        has_aux: f returns ``(value, extra)``, and the result has ``extra`` as its third part.
        kwargs: passed on to f.

    Returns:
        ``(y, pullback)``; ``pullback(ybar)`` gives one cotangent per argument, in a tuple, and may be called
        again.

    Example:
        >>> import hoad
        >>> y, pullback = hoad.vjp(lambda x, y: x * y, 2.0, 3.0)
        >>> y, pullback(1.0), pullback(10.0)
        (6.0, (3.0, 2.0), (30.0, 20.0))
    """
    check_function(f)
    point = Point(list(primals), [f"argument {k}" for k in range(len(primals))])
    recording = Recording(lambda *a: f(*a, **kwargs), point, has_aux)
    if has_aux:
        return recording.value, Pullback(recording), recording.aux
    return recording.value, Pullback(recording)


pullback = vjp

# ------------------------------------------------------------------------------------------------------------
# Jacobians
# ------------------------------------------------------------------------------------------------------------

FORWARD_AT_MOST = 32


def basis(leaves: list[Any], level: Level) -> list[Any]:
    """All unit directions of several leaves together, as one batch per leaf."""
    sizes = [int(np.size(x)) for x in leaves]
    total, start, directions = sum(sizes), 0, []
    for x, n in zip(leaves, sizes, strict=True):
        rows = np.zeros((total, n), kind_of(x))
        rows[start : start + n] = np.eye(n)
        directions.append(Batch(level, rows.reshape(total, *np.shape(x))))
        start += n
    return directions


def pieces(rows: Any, leaves: list[Any], shape: tuple[int, ...], last: bool) -> list[Any]:
    """Cut a derivative with one row per direction into one block per leaf: its shape after (or before)
    ``shape``.
    """
    blocks, start = [], 0
    for x in leaves:
        n = int(np.size(x))
        part = rows[start : start + n]
        if last:
            part = np.reshape(np.moveaxis(part, 0, -1), (*shape, *np.shape(x)))
        else:
            part = np.reshape(part, (*np.shape(x), *shape))
        blocks.append(finished(part, part) if isinstance(part, np.ndarray) else part)
        start += n
    return blocks


def forward_jacobian(f: Function, point: Point, holomorphic: bool) -> tuple[Any, Any]:
    """The value of f, and its Jacobian by one batch of tangents."""
    level = Level()
    x = point.differentiated()
    alone = len(x) == 1 and np.ndim(x[0]) == 0
    seeds = [unit_of(x[0])] if alone else basis(x, level)
    leaves, changes, structure = pushed(f, point, seeds)
    total = sum(int(np.size(v)) for v in x)
    if structure is None and is_function(leaves[0]):
        return leaves[0], None
    rows = []
    for y, d in zip(leaves, changes, strict=True):
        if structure is not None and not number(y):
            rows.append(y)
            continue
        check_output(y, holomorphic)
        d = np.zeros(np.shape(y), kind_of(x[0]))[()] if d is None else d
        whole = unbatch(d, level, total) if not alone else d
        blocks = [owned(d)] if alone else pieces(settle_batch(whole), x, np.shape(y), last=True)
        rows.append(nested_blocks(point, blocks))
    level.alive = False
    values = [tidy(x[0], owned(y)) for y in leaves]
    return unflatten(structure, values), unflatten(structure, rows)


def settle_batch(x: Any) -> Any:
    """An array ready to be cut: settled, and not a view of a smaller one."""
    return np.array(x) if isinstance(x, np.ndarray) else settle(x)


def nested_blocks(point: Point, blocks: list[Any]) -> Any:
    """Blocks in the structure of the arguments: one for one argument, else a tuple."""
    values = point.replaced([tidy(x, b) for x, b in zip(point.differentiated(), blocks, strict=True)])
    return tuple(values) if point.several else values[0]


def tidy(x: Any, d: Any) -> Any:
    """A Python number for a Python number, and a scalar for an array without axes."""
    if isinstance(d, np.ndarray) and d.ndim == 0:
        d = d[()]
    return as_float(d) if x.__class__ in (float, complex) and isinstance(d, np.generic) else d


def check_output(y: Any, holomorphic: bool) -> None:
    """Refuse an output that has no Jacobian."""
    if not number(y):
        raise NonScalarOutputError(
            f"jacobian wants a function that returns numbers or arrays, and this one returned {describe(y)}"
        )
    if not holomorphic and np.iscomplexobj(primal(y)):
        raise ComplexOutputError(complex_message(y))


def unit_of(x: Any) -> Any:
    """An exact 1 of the type of ``x``."""
    x = primal(x)
    return (
        1.0
        if isinstance(x, (float, complex, Batch, np.ndarray)) and not isinstance(x, np.floating)
        else type(x)(1)
    )


def reverse_jacobian(recording: Recording, holomorphic: bool) -> Any:
    """The Jacobian of what was recorded, by one batch of cotangents for each leaf of the value."""
    x = recording.point.differentiated()
    rows = []
    for k, y in enumerate(recording.outputs):
        if recording.structure is not None and not number(y):
            rows.append(y)
            continue
        check_output(y, holomorphic)
        level = Level()
        n = int(np.size(y))
        kind = y.dtype if getattr(y, "dtype", np.dtype(int)).kind in "fc" else np.dtype(float)
        seed = 1.0 if np.ndim(y) == 0 else Batch(level, np.eye(n, dtype=kind).reshape(n, *np.shape(y)))
        found = recording.back([seed if j == k else zero_like(z) for j, z in enumerate(recording.outputs)])
        blocks = []
        for g, v in zip(found, x, strict=True):
            shape = (*np.shape(y), *np.shape(v))
            whole = (
                np.zeros(shape, kind_of(v))
                if g is None
                else np.reshape(g if seed.__class__ is float else unbatch(g, level, n), shape)
            )
            whole = settle(np.conj(whole) if holomorphic else whole)
            whole = narrow(whole, v)
            blocks.append(np.array(whole)[()] if isinstance(whole, np.ndarray) else whole)
        level.alive = False
        rows.append(nested_blocks(recording.point, blocks))
    return unflatten(recording.structure, rows)


def kind_of(x: Any) -> Any:
    """The dtype of derivatives by ``x``."""
    return (
        x.dtype
        if hasattr(x, "dtype") and x.dtype.kind in "fc"
        else np.dtype(complex if isinstance(x, complex) else float)
    )


def narrow(whole: Any, x: Any) -> Any:
    """Real for a real input."""
    return np.real(whole) if np.iscomplexobj(whole) and not np.iscomplexobj(primal(x)) else whole


def _value_and_jacobian(
    f: Function, args: Any, kwargs: Any, mode: str = "auto", argnums: Argnums = 0, holomorphic: bool = False
) -> Any:
    if mode not in ("auto", "forward", "reverse"):
        raise ArgumentError(f"mode={mode!r} must be 'auto', 'forward' or 'reverse'")
    g, values, names = select(f, args, kwargs, argnums)
    if holomorphic:
        values = [map_leaves(lambda leaf: leaf * (1 + 0j) if number(leaf) else leaf, v) for v in values]
    point = Point(values, names, several=isinstance(argnums, tuple))
    if not holomorphic and any(np.iscomplexobj(primal(x)) for x in point.differentiated()):
        raise ComplexOutputError(
            "the argument is complex; a complex differentiable function has a Jacobian with "
            "holomorphic=True, a real-valued one a gradient: hoad.grad"
        )
    size = sum(int(np.size(x)) for x in point.differentiated())
    recording = None
    if mode == "reverse" or (mode == "auto" and size > FORWARD_AT_MOST):
        recording = Recording(g, point)
    options = {"mode": mode, "argnums": argnums, "holomorphic": holomorphic}
    if recording is not None and (
        mode == "reverse" or size >= sum(int(np.size(y)) for y in recording.outputs if number(y))
    ):
        value = recording.value
        result = None if is_function(recording.outputs[0]) else reverse_jacobian(recording, holomorphic)
        recording.tape.release()
    else:
        value, result = forward_jacobian(g, point, holomorphic)
    if result is None:
        value = at_point(f, args, kwargs)
        result = later(lambda *a, **k: _value_and_jacobian(*a, **k)[1], f, args, kwargs, options)
    return value, result


def _jacobian(
    f: Function, args: Any, kwargs: Any, mode: str = "auto", argnums: Argnums = 0, holomorphic: bool = False
) -> Any:
    return _value_and_jacobian(f, args, kwargs, mode, argnums, holomorphic)[1]


def jacobian(
    f: Function,
    *args: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    **kwargs: Any,
) -> Any:
    """Give the Jacobian: the derivative of every output element by every input element.

    Args:
        f: the function.
        args: its arguments; without them, the Jacobian is returned as a function.
        mode: "forward" (one batch of all directions; cheap for few inputs), "reverse" (for few outputs), or
            "auto".
        argnums: which arguments to differentiate.
        holomorphic: f is complex differentiable.
        kwargs: passed on to f.

    Returns:
        An array of the output's shape followed by the input's shape; for containers, the output's structure
        of the input's structure of such arrays.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.jacobian(lambda x: x[:2] * x[2], np.array([1.0, 2.0, 3.0]))
        array([[3., 0., 1.],
               [0., 3., 2.]])
    """
    return dispatch(_jacobian, f, args, kwargs, mode=mode, argnums=argnums, holomorphic=holomorphic)


def value_and_jacobian(
    f: Function,
    *args: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    **kwargs: Any,
) -> Any:
    """Give the value and the Jacobian; see ``jacobian``.

    Args:
        f: the function.
        args: its arguments.
        mode: as for ``jacobian``.
        argnums: which arguments to differentiate.
        holomorphic: f is complex differentiable.
        kwargs: passed on to f.

    Returns:
        ``(value, jacobian)``.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.value_and_jacobian(lambda x: x**2, np.array([3.0]))
        (array([9.]), array([[6.]]))
    """
    return dispatch(_value_and_jacobian, f, args, kwargs, mode=mode, argnums=argnums, holomorphic=holomorphic)


def stop_gradient(x: Any) -> Any:
    """Give a value that counts as a constant, in every mode and to every order.

    Args:
        x: a number, an array, or a container of those.

    Returns:
        The same values, without derivatives.

    Example:
        >>> import hoad
        >>> hoad.grad(lambda x: x * hoad.stop_gradient(x), 3.0)
        3.0
    """
    return map_leaves(primal, x)
