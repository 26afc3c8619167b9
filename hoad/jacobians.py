"""Jacobians: all directions through the function at once, as one batch of tangents or of cotangents."""

from __future__ import annotations

from typing import Any

import numpy as np

from .batch import Batch, unbatch
from .calling import Argnums, Function, at_point, dispatch, into, later, select
from .chainrules.projection import narrowed
from .errors import ArgumentError, ComplexOutputError
from .nested import Level, Traced, primal, settle
from .points import Point
from .recording import Recording, pushed
from .results import check_output, is_function, kind_of, number, owned, tidy, unit_of, zero_like
from .trees import map_leaves, unflatten

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
        blocks.append(np.array(part)[()] if isinstance(part, np.ndarray) else part)
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
            whole = narrow(whole, v) if isinstance(whole, Traced) else narrowed(np.asarray(whole), kind_of(v))
            blocks.append(np.array(whole)[()] if isinstance(whole, np.ndarray) else whole)
        level.alive = False
        rows.append(nested_blocks(recording.point, blocks))
    return unflatten(recording.structure, rows)


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
    out: Any = None,
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
        out: an array, or a container of arrays, of the Jacobian's structure and shape, to write it into.
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
    return dispatch(
        _jacobian, f, args, kwargs, into(out), mode=mode, argnums=argnums, holomorphic=holomorphic
    )


def value_and_jacobian(
    f: Function,
    *args: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    out: Any = None,
    **kwargs: Any,
) -> Any:
    """Give the value and the Jacobian; see ``jacobian``.

    Args:
        f: the function.
        args: its arguments.
        mode: as for ``jacobian``.
        argnums: which arguments to differentiate.
        holomorphic: f is complex differentiable.
        out: an array, or a container of arrays, of the Jacobian's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        ``(value, jacobian)``.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.value_and_jacobian(lambda x: x**2, np.array([3.0]))
        (array([9.]), array([[6.]]))
    """
    return dispatch(
        _value_and_jacobian,
        f,
        args,
        kwargs,
        into(out, 1),
        mode=mode,
        argnums=argnums,
        holomorphic=holomorphic,
    )
