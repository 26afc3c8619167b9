"""Jacobians: all directions through the function at once, as one batch of tangents or of cotangents."""

from __future__ import annotations

import functools
import importlib
import math
from collections.abc import Callable
from typing import Any, overload

import numpy as np

from ..backends import CuPy
from ..errors import ArgumentError, ComplexOutputError, MissingDependencyError
from ..kinds.batch import Batch, unbatch
from ..nested import NOTING, Cotangent, Level, Tangent, Traced, Value, primal, settle
from ..running.calling import Argnums, Function, P, at_point, later, select
from ..running.chunks import Chunks, Work, refuse_too_large
from ..running.operator import operator
from ..running.points import Point
from ..running.pushing import pushed
from ..running.recording import Recording
from ..running.results import (
    check_output,
    each_result,
    exact,
    holds_functions,
    is_function,
    kind_of,
    owned,
    stripped,
    tidy,
    unit_of,
)
from ..running.spread import in_chunks
from ..second.costs import FEW, Costs
from ..second.general import Unknown
from ..second.sweep import Program
from ..tangents.fit import narrowed, unit_seed
from ..tracer import Tracer
from ..values.constants import as_array, eye, is_array, library, zeros
from ..values.shapes import shape_of, size_of
from ..values.trees import flatten, flatten_result, map_leaves, number, unflatten
from .blocks import basis, nested_blocks, pieces, scalar_or_array, units

TALLER = 4  # how many times taller than wide a Jacobian must be, for a second run of f to pay
ALL_AT_ONCE = Chunks()
FORMATS = ("csr", "csc", "coo", "bsr", "dia", "dok", "lil")


def forward_jacobian(f: Function, point: Point, holomorphic: bool, chunks: Chunks) -> tuple[Any, Any]:
    """The value of f, and its Jacobian by batches of tangents."""
    x = point.differentiated()
    if len(x) == 1 and np.ndim(x[0]) == 0:
        return forward_derivative(f, point, holomorphic)
    total = sum(size_of(v) for v in x)

    def work(which: range) -> tuple[Any, list[Any] | None]:
        level = Level()
        leaves, changes, structure = pushed(f, point, basis(x, level, which))
        if structure is None and is_function(leaves[0]):
            return (leaves, structure), None
        if not which.start:
            check_size([y for y in leaves if structure is None or number(y)], total, chunks)
        column = [
            settle_batch(unbatch(directional(y, d, x), level, len(which)))
            for y, d in zip(leaves, changes, strict=True)
        ]
        level.alive = False
        return None if which.start else (leaves, structure), column

    ((leaves, structure), first), *more = chunks.map(work, total, total, like=x)
    if first is None:
        return leaves[0], None
    rows = by_columns(point, leaves, [first, *[column for _, column in more]], structure, holomorphic)
    values = [tidy(x[0], owned(y)) for y in leaves]
    return unflatten(structure, values), rows


def by_columns(
    point: Point, leaves: list[Any], columns: list[list[Any]], structure: Any, holomorphic: bool
) -> Any:
    """The Jacobian as the user gets it, from the changes of each leaf of the value, chunk by chunk."""
    rows = []
    for y, *parts in zip(leaves, *columns, strict=True):
        if structure is not None and not number(y):
            rows.append(y)
            continue
        check_output(y, holomorphic)
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        blocks = pieces(whole, point.differentiated(), np.shape(y), last=True)
        rows.append(nested_blocks(point, blocks))
    return unflatten(structure, rows)


def pushed_jacobian(recording: Recording, chunks: Chunks) -> Any:
    """The Jacobian of what was recorded, by tangents that go down the program; None where that has an
    operation that only a run of the function can push.
    """
    point, tape = recording.point, recording.tape
    x, outputs = point.differentiated(), recording.outputs
    total = sum([size_of(v) for v in x])
    mine = {k: y.slot for k, y in enumerate(outputs) if y.__class__ is Tracer and y.level is tape}
    check_size([y for y in outputs if recording.structure is None or number(y)], total, chunks)
    if not mine or tape.lift is not None or tape.program.__class__ is not list:
        return None
    program = Program(tape.columns(), max(mine.values()), len(x))

    def work(which: range) -> list[Any]:
        moved = program.down(units(x, which), len(which), list(mine.values()))
        changes = dict(zip(mine, moved, strict=True))
        return [
            settle_batch(changes[k]) if k in mine else zero_rows(y, x, len(which))
            for k, y in enumerate(outputs)
        ]

    try:
        at_once = program.at_once(wanted=total, wider=chunks.wider)
        (columns,) = chunks.maps([Work(work, total, at_once, again=False)], like=x)
    except Unknown:
        return None
    leaves = [stripped(y, tape) for y in outputs]
    return by_columns(point, leaves, columns, recording.structure, False)


def goes_down(recording: Recording, size: int) -> bool:
    """Tell whether tangents down what was recorded cost less than cotangents up, by its operations."""
    found = [size_of(y) for y in recording.outputs if recording.structure is None or number(y)]
    if sum(found) <= 1:
        return False
    costs = Costs(recording.tape.program[4::5])
    return costs.down(size) <= sum([costs.up(m) for m in found])


def zero_rows(y: Value, x: list[Any], n: int) -> Any:
    """The changes of a value that depends on nothing, along ``n`` directions."""
    return zeros((n, *shape_of(y)), kind_of(x[0]), like=y) if number(y) else y


def forward_derivative(f: Function, point: Point, holomorphic: bool) -> tuple[Any, Any]:
    """The value of a function of one number, and its derivative."""
    x = point.differentiated()
    leaves, changes, structure = pushed(f, point, [unit_of(x[0])])
    if structure is None and is_function(leaves[0]):
        return leaves[0], None
    rows = []
    for y, d in zip(leaves, changes, strict=True):
        if structure is not None and not number(y):
            rows.append(y)
            continue
        check_output(y, holomorphic)
        rows.append(nested_blocks(point, [owned(directional(y, d, x))]))
    values = [tidy(x[0], owned(y)) for y in leaves]
    return unflatten(structure, values), unflatten(structure, rows)


def directional(y: Value, d: Any, x: list[Any]) -> Any:
    """A tangent of a value; zeros where there is none."""
    return zeros(shape_of(y), kind_of(x[0]), like=y)[()] if d is None and number(y) else d


def check_size(outputs: list[Any], total: int, chunks: Chunks) -> None:
    """Refuse a Jacobian that does not fit into memory."""
    n = sum(size_of(y) for y in outputs)
    if n > 1:
        refuse_too_large(
            (n, total),
            chunks.what,
            "hoad.jvp, hoad.vjp and hoad.hvp give products with it and never form it, hoad.diag_hessian the "
            "diagonal of a Hessian; argnums= chooses fewer arguments",
            like=outputs,
        )


def settle_batch(x: Any) -> Any:
    """An array ready to be cut: settled, and not a view of a smaller one."""
    return x.copy() if is_array(x) else settle(x)


def reverse_jacobian(recording: Recording, holomorphic: bool, chunks: Chunks) -> Any:
    """The Jacobian of what was recorded, by batches of cotangents for each leaf of the value."""
    x = recording.point.differentiated()
    found = [y for y in recording.outputs if recording.structure is None or number(y)]
    total = sum(size_of(v) for v in x)
    check_size(found, total, chunks)
    works: dict[int, Work] = {}
    for k, y in enumerate(recording.outputs):
        if recording.structure is None or number(y):
            check_output(y, holomorphic)
            largest = max(recording.largest(), total) if np.ndim(y) else 1
            work = functools.partial(reverse_rows, recording, k, holomorphic)
            works[k] = Work(work, size_of(y), largest, again=False)
    worked = dict(zip(works, chunks.maps(list(works.values()), like=x), strict=True))
    rows = []
    for k, y in enumerate(recording.outputs):
        if k not in works:
            rows.append(y)
            continue
        parts = worked[k]
        blocks = [p[0] if len(p) == 1 else np.concatenate(p) for p in zip(*parts, strict=True)]
        shaped = [np.reshape(b, (*np.shape(y), *np.shape(v))) for b, v in zip(blocks, x, strict=True)]
        shaped = [scalar_or_array(b) for b in shaped]
        rows.append(nested_blocks(recording.point, shaped))
    return unflatten(recording.structure, rows)


def reverse_rows(recording: Recording, k: int, holomorphic: bool, which: range) -> list[Any]:
    """Some rows of the Jacobian of one leaf of the value, a block for each leaf of the arguments."""
    y, level, m = recording.outputs[k], Level(), len(which)
    seeds: list[Any] = [unit_seed(y)]
    alone = not np.ndim(y) or (0 < m <= FEW and not NOTING.get())
    if np.ndim(y):
        kind = y.dtype if getattr(y, "dtype", np.dtype(int)).kind in "fc" else np.dtype(float)
        units = eye(m, math.prod(shape_of(y)), which.start, kind, like=y)
        rows = exact(units.reshape(m, *shape_of(y)), y)
        seeds = [rows[j] for j in range(m)] if alone else [Batch(level, rows)]
    found = [recording.back([g if j == k else None for j in range(len(recording.outputs))]) for g in seeds]
    blocks = []
    for v, *parts in zip(recording.point.differentiated(), *found, strict=True):
        whole = one_by_one(parts, v) if alone else unbatched(parts[0], v, level, m)
        whole = settle(np.conj(whole) if holomorphic else whole)
        whole = as_array(whole)
        is_inner = isinstance(whole, Traced) and not whole.noted
        blocks.append(narrow(whole, v) if is_inner else narrowed(whole, kind_of(v)))
    level.alive = False
    return blocks


def one_by_one(parts: list[Any], v: Tangent) -> Any:
    """Cotangents of ``v`` in rows; None is zero."""
    return np.stack([zeros(shape_of(v), kind_of(v), like=v) if g is None else in_shape(g, v) for g in parts])


def unbatched(g: Cotangent, v: Tangent, level: Level, m: int) -> Any:
    """The members of a batch of cotangents of ``v`` in rows; None is zero."""
    if g is None:
        return zeros((m, *shape_of(v)), kind_of(v), like=v)
    return np.reshape(unbatch(g, level, m), (m, *np.shape(v)))


def in_shape(g: Cotangent, v: Tangent) -> Any:
    """A cotangent in the shape of what it belongs to."""
    return g if np.shape(g) == np.shape(v) else np.reshape(g, np.shape(v))


def narrow(whole: Any, x: Any) -> Any:
    """Real for a real input."""
    return np.real(whole) if np.iscomplexobj(whole) and not np.iscomplexobj(primal(x)) else whole


def checked_mode(mode: Any) -> str:
    """A mode of a first derivative."""
    if not isinstance(mode, str) or mode not in ("auto", "forward", "reverse"):
        raise ArgumentError(f"mode={mode!r} must be 'auto', 'forward' or 'reverse'")
    return str(mode)


def _value_and_jacobian(
    f: Function,
    args: Any,
    kwargs: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    chunks: Chunks = ALL_AT_ONCE,
) -> Any:
    checked_mode(mode)
    g, values, names = select(f, args, kwargs, argnums)
    if holomorphic:
        values = [map_leaves(lambda leaf: leaf * (1 + 0j) if number(leaf) else leaf, v) for v in values]
    point = Point(values, names, several=isinstance(argnums, tuple))
    if not holomorphic and any(np.iscomplexobj(primal(x)) for x in point.differentiated()):
        raise ComplexOutputError(
            "the argument is complex; a complex differentiable function has a Jacobian with "
            "holomorphic=True, a real-valued one a gradient: hoad.grad"
        )
    size = sum(size_of(x) for x in point.differentiated())
    recording = result = None
    if mode == "reverse" or (mode == "auto" and size > 1 and not holomorphic):
        recording = Recording(g, point)
        late = recording.structure is None and is_function(recording.outputs[0])
    options: dict[str, Any] = {"mode": mode, "argnums": argnums, "holomorphic": holomorphic, "chunks": chunks}
    if recording is not None and mode == "auto":
        outputs = sum(size_of(y) for y in recording.outputs if number(y))
        if not late and goes_down(recording, size):
            result = pushed_jacobian(recording, chunks)
        if result is None and outputs > TALLER * size:
            recording.tape.release()
            recording = None
    if recording is not None:
        value = recording.value
        if result is None and not late:
            result = reverse_jacobian(recording, holomorphic, chunks)
        recording.tape.release()
    else:
        value, result = forward_jacobian(g, point, holomorphic, chunks)
    leaves, structure = flatten_result(value)
    if holds_functions(leaves, structure):
        of_leaf = lambda h: _value_and_jacobian(h, args, kwargs, **options)[1]
        value = each_result(lambda h: h(*args, **kwargs), f, leaves, structure, leaves)
        return value, each_result(of_leaf, f, leaves, structure, structure.flatten_up_to(result))
    if result is None:
        value = at_point(f, args, kwargs)
        result = later(lambda *a, **k: _value_and_jacobian(*a, **k)[1], f, args, kwargs, options)
    return value, result


def _jacobian(f: Function, args: Any, kwargs: Any, **options: Any) -> Any:
    return _value_and_jacobian(f, args, kwargs, **options)[1]


def or_sparse(evaluate: Function, name: str) -> Function:
    """What an operator computes, or the same as sparse matrices (``hoad/sparse/``)."""

    def evaluated(f: Function, args: Any, kwargs: Any, sparse: bool, format: str, **options: Any) -> Any:
        if not sparse:
            if format != "csr":
                raise ArgumentError(f"format={format!r} is for sparse derivatives: add sparse=True")
            return evaluate(f, args, kwargs, **options)
        given = {k: v for k, v in options.items() if k != "argnums" and v not in (None, False, "auto")}
        if given:
            raise ArgumentError(
                f"{' and '.join(f'{k}={v!r}' for k, v in given.items())} and sparse=True do not go together: "
                f"a sparse derivative takes all directions in one run; leave one of them out"
            )
        there = isinstance(library([leaf for a in args for leaf in flatten(a)[0]]), CuPy)
        module = sparse_derivatives("on_device" if there else "derivatives")
        return getattr(module, name)(f, args, kwargs, options["argnums"], format)

    return evaluated


def sparse_derivatives(name: str) -> Any:
    """The module of sparse derivatives, which needs SciPy, where the point lies."""
    try:
        return importlib.import_module(f"hoad.sparse.{name}")
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("scipy"):
            raise
        raise MissingDependencyError("sparse=True needs SciPy: pip install 'hoad[scipy]'") from None


def checked_format(format: Any) -> str:
    """One of the formats of SciPy's sparse arrays."""
    if not isinstance(format, str) or format not in FORMATS:
        raise ArgumentError(f"format={format!r} must be one of {', '.join(map(repr, FORMATS))}")
    return str(format)


@overload
def jacobian(
    f: Callable[P, Any],
    *,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    sparse: bool = False,
    format: str = "csr",
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
    out: Any = None,
) -> Callable[P, Any]: ...
@overload
def jacobian(
    f: Function,
    *args: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    sparse: bool = False,
    format: str = "csr",
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
    out: Any = None,
    **kwargs: Any,
) -> Any: ...
@operator(
    or_sparse(in_chunks(_jacobian), "sparse_jacobian"), degree=1, mode=checked_mode, format=checked_format
)
def jacobian(
    f: Function,
    *args: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    sparse: bool = False,
    format: str = "csr",
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
    out: Any = None,
    **kwargs: Any,
) -> Any:
    """Give the Jacobian: the derivative of every output element by every input element.

    Args:
        f: the function.
        args: its arguments; without them, the Jacobian is returned as a function.
        mode: "forward" (one batch of all directions; cheap for few inputs), "reverse" (for few outputs), or
            "auto": f is recorded, and tangents then go down the program, or cotangents up, whichever costs
            less by the operations that were recorded.
        argnums: which arguments to differentiate.
        holomorphic: f is complex differentiable.
        sparse: give a ``scipy.sparse`` array, of as many rows as the value has elements, and as many columns
            as the argument. Nothing need be known of its pattern: f runs once, with tangents that are
            linear maps. For many points, see ``sparse_plan``.
        format: of the sparse array: "csr", "csc", "coo", "bsr", "dia", "dok" or "lil".
        chunk_size: how many directions to take at once, which bounds the memory; None for as many as keep
            each array below 256 MiB. Forward mode runs f once for each chunk, reverse mode once.
        progress: show a progress bar (by tqdm).
        executor: whose workers share the directions: any ``concurrent.futures.Executor``, a client of Dask's,
            or True for threads. Each worker runs f once more; processes get f and its arguments by pickle,
            or by cloudpickle where that is installed.
        out: an array, or a container of arrays, of the Jacobian's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        An array of the output's shape followed by the input's shape; for containers, the output's structure
        of the input's structure of such arrays.

    Raises:
        TooLargeError: the Jacobian would not fit into the machine's memory.
        ArgumentError: ``sparse=True`` with an option that it does not take, or inside another derivative;
            ``executor=`` there, or what can't be sent to its workers.
        MissingDependencyError: ``sparse=True`` without SciPy.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.jacobian(lambda x: x[:2] * x[2], np.array([1.0, 2.0, 3.0]))
        array([[3., 0., 1.],
               [0., 3., 2.]])
        >>> hoad.jacobian(lambda x: x[1:] - x[:-1], np.arange(1e5), sparse=True).nnz
        199998
    """


@operator(in_chunks(_value_and_jacobian), place=1, degree=(0, 1), mode=checked_mode)
def value_and_jacobian(
    f: Function,
    *args: Any,
    mode: str = "auto",
    argnums: Argnums = 0,
    holomorphic: bool = False,
    chunk_size: int | None = None,
    progress: bool = False,
    executor: Any = None,
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
        chunk_size: as for ``jacobian``.
        progress: as for ``jacobian``.
        executor: as for ``jacobian``.
        out: an array, or a container of arrays, of the Jacobian's structure and shape, to write it into.
        kwargs: passed on to f.

    Returns:
        ``(value, jacobian)``.

    Raises:
        ArgumentError: f is no function, or ``chunk_size`` no positive integer.
        NotDifferentiableError: an argument is no number, array or container of such.
        ComplexOutputError: the value is complex.

    Example:
        >>> import numpy as np, hoad
        >>> hoad.value_and_jacobian(lambda x: x**2, np.array([3.0]))
        (array([9.]), array([[6.]]))
    """
