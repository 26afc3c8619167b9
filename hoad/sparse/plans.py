"""Plans: a pattern, its colours and the places of its entries, found once and used at many points."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ..adapting.known import bound_for
from ..errors import ArgumentError, ShapeMismatchError
from ..running.calling import Function
from ..running.points import Point
from ..values.constants import is_elsewhere
from . import colors, compressed, matrices
from .acyclic import acyclic
from .colors import Coloring
from .derivatives import of_another_size, sparse_point, starts
from .exact import exactly, structured_matrix
from .layouts import Layout, embedded, handed_out, laid_out, recovered
from .patterns import (
    as_matrix,
    as_pattern,
    found_pattern,
    nearby,
    symmetric,
    united,
    value_size,
)
from .programs import program_of, read_off
from .sharing import Sharing
from .ways import Tried, Ways, fewest, tried

MOST_GROWN = 8  # times, after which every derivative is taken without colours


class SparsePlan:
    """The sparse Jacobian or Hessian of one function at many points; made by ``hoad.sparse_plan``.

    Args:
        f: the function.
        x: a point.
        args: further arguments of f.
        order: 1 or 2.
        pattern: the entries that may differ from zero, if they are known.
        coloring: colours of the columns, if they are known.
        check: whether each result is checked.
        compile: whether the evaluation is compiled.
        sharing: the options ``executor``, ``chunk_size`` and ``progress`` of calls that say nothing of them.
    """

    may_be_structured = True

    def __init__(
        self,
        f: Function,
        x: Any,
        args: tuple[Any, ...],
        order: int,
        pattern: Any,
        coloring: Any,
        check: bool,
        compile: bool,
        sharing: Sharing = Sharing(),  # noqa: B008  (it can't change)
    ) -> None:
        sharing.checked(compile)
        self.f = f
        self.order = order
        self.note = ""
        self.grown = 0
        self._check = check
        self._compile = compile
        self._sharing = sharing
        self._mine = pattern is None
        self._structured = False
        self._known: dict[Any, Any] = {}  # where the terms of structured tangents stand
        self._lock = threading.RLock()
        self._layout: Layout | None = None  # of colours, which are found where they are needed
        with bound_for(f, (x, *args), {}):
            g, point = sparse_point(f, (x, *args), {}, 0)
            self._shapes = shapes_of(point)
            self._shape = self._shapes[0] if point.plain else (starts(point)[-1],)
            if compile and not point.plain:
                raise ArgumentError(
                    "compile=True is for a point that is one array: put the container together in f, of the "
                    "parts of one array; or leave out compile=True"
                )
            settled = compile or coloring is not None or not self.may_be_structured  # the way
            near = nearby(g, point, order, self._known) if self._mine else None
            first = Tried()
            if not settled:
                first = tried(lambda: structured_matrix(g, point, order, self._known), self._clock)
            if self._mine:
                found, self.note = found_pattern(g, point, order, self._known, near, first.matrix)
                self._pattern = symmetric(found) if order == 2 else found
            else:
                self._pattern = self._given(pattern, g, point)
            if settled:
                self._layout = self._laid_out(self._pattern, coloring)
            else:
                self._structured = self._is_cheaper_structured(g, point, (x, *args), first)

    # -- What is known of it ---------------------------------------------------------------------------------

    @property
    def pattern(self) -> Any:
        """The entries that may differ from zero, a CSR array of booleans."""
        return self._pattern.copy()

    @property
    def shape(self) -> tuple[int, int]:
        """The rows and the columns of the derivative."""
        return tuple(map(int, self._pattern.shape))  # type: ignore[return-value]

    @property
    def nnz(self) -> int:
        """How many entries may differ from zero."""
        return int(self._pattern.nnz)

    @property
    def structure(self) -> tuple[np.ndarray, np.ndarray]:
        """The row and the column of each entry, in the order of the data: what IPOPT calls the structure."""
        rows, columns = matrices.entries(self._pattern)
        return rows, columns.copy()

    @property
    def _colored(self) -> Layout:
        """The colours, and where the entries are in what their directions give; found when they are first
        asked for.
        """
        layout = self._layout
        if layout is None:
            with self._lock:
                layout = self._layout = self._layout or self._laid_out(self._pattern, None)
        return layout

    @property
    def coloring(self) -> Coloring:
        """The colours of the columns and of the rows; None on a side that has none. A plan that goes without
        colours finds them when they are asked for.
        """
        return self._colored.coloring

    @property
    def colors(self) -> int:
        """How many directions there are."""
        return self.coloring.forward + self.coloring.reverse

    @property
    def lower_bound(self) -> int:
        """A number of directions below which no colouring of one side goes."""
        bound = colors.symmetric_bound if self.order == 2 else colors.bound
        return bound(self._pattern)

    @property
    def way(self) -> str:
        """How a derivative is taken: "colors", "compiled", or "structured" where that was faster."""
        return "structured" if self._structured else "compiled" if self._compile else "colors"

    def _in_words(self) -> tuple[str, str]:
        """What it is of, and how many colours there are, if they are known."""
        what = "Hessian" if self.order == 2 else "Jacobian"
        if self._layout is None:
            return what, ""
        forward, reverse = self.coloring.forward, self.coloring.reverse
        return what, f"{forward} + {reverse}" if reverse else f"{forward}"

    def __repr__(self) -> str:
        m, n = self._pattern.shape
        name = getattr(self.f, "__name__", repr(self.f))
        what, count = self._in_words()
        parts = [f"{m} x {n}", f"{self.nnz} entries", f"{count} colors" * bool(count), self.way]
        parts += [f"grown {self.grown} times" * bool(self.grown)]
        note = f"; {self.note}" if self.note else ""
        return f"<plan of the {what} of {name}: {', '.join(filter(None, parts))}{note}>"

    def _repr_html_(self) -> str:
        m, n = self._pattern.shape
        what, count = self._in_words()
        rows = {"shape": f"{m} × {n}", "entries": self.nnz, "colors": count or "not needed", "way": self.way}
        rows |= {"grown": self.grown, "note": self.note or "none"}
        cells = "".join([f"<tr><th>{name}</th><td>{text}</td></tr>" for name, text in rows.items()])
        return f"<table><caption>{what}</caption>{cells}</table>"

    def plot(self, ax: Any = None, **style: Any) -> Any:
        """Draw the entries, each in the colour of the direction that finds it.

        Args:
            ax: Matplotlib's axes; new ones by default.
            style: passed on to Matplotlib's ``Axes.scatter``.

        Returns:
            The axes.
        """
        draw = importlib.import_module("hoad.pictures.sparsity").draw_entries
        layout = self._colored
        (rows, columns), size = matrices.entries(layout.pattern), layout.pattern.shape
        first, places = layout.coloring.forward * size[0], layout.places
        back = layout.coloring.forward + (places - first) // max(size[1], 1)
        color = np.where(places < first, places // max(size[0], 1), back)
        return draw(rows, columns, color, size, ax, **style)

    # -- At a point ------------------------------------------------------------------------------------------

    def __call__(
        self,
        x: Any,
        *args: Any,
        out: Any = None,
        executor: Any = None,
        chunk_size: int | None = None,
        progress: bool | None = None,
    ) -> Any:
        """The derivative at a point.

        Args:
            x: the point, of the structure and shape of the first one.
            args: further arguments of f.
            out: an array for the entries, or a matrix that the plan gave, to write them into.
            executor: whose workers share the directions of the colours; see ``hoad.jacobian``. By default
                what the plan was made with, as for the next two; False for none.
            chunk_size: how many directions go together, which bounds the memory; as many as fit by default.
            progress: whether to show a bar of the directions.

        Returns:
            A ``scipy.sparse.csr_array``, whose entries are at the same places each time, unless the plan
            grows; a ``cupyx.scipy.sparse.csr_matrix`` of a plan for points on a device.

        Raises:
            ArgumentError: the plan is compiled, and so does its directions in one program; or ``executor=``
                within another derivative.
        """
        asked = Sharing(executor, chunk_size, progress).checked(self._compile)
        if self._compile and not self._structured:
            return self._handed_out(self._by_program(x, args), out)
        with bound_for(self.f, (x, *args), {}):
            g, point = sparse_point(self.f, (x, *args), {}, 0)
            self._check_point(point)
            if self._structured and not asked:
                return self._handed_out(self._by_structure(g, point, args), out)
            return self._handed_out(self._by_colors(g, point, (x, *args), asked), out)

    def _handed_out(self, matrix: Any, out: Any) -> Any:
        """A result, in arrays of the user's own."""
        return handed_out(matrix, out)

    def _by_colors(self, g: Function, point: Point, args: Any, asked: Sharing) -> Any:
        """The derivative from the directions of the colours."""
        layout = self._colored
        matrix = recovered(self._products(args, (layout.forward, layout.backward), asked), layout)
        return self._by_structure(g, point, args[1:]) if matrix is None else matrix

    def _products(self, args: Any, rows: tuple[np.ndarray, np.ndarray], asked: Sharing) -> Any:
        """The products with some directions."""
        options = asked.or_else(self._sharing)
        return compressed.products_in_chunks(self.f, args, {}, *options, order=self.order, rows=rows)

    def _by_program(self, x: Any, args: Any) -> Any:
        """The same by the compiled programs."""
        if x.__class__ is not np.ndarray or x.dtype.kind != "f" or x.shape != self._shape:
            self._check_point(sparse_point(self.f, (x, *args), {}, 0)[1])
        x, layout = np.asarray(x), self._colored
        matrix = read_off(layout, x, args)
        if matrix is not None:
            return matrix
        if layout.program is not None and layout.program.gave_up:
            self._compile = False
        with bound_for(self.f, (x, *args), {}):
            return self._by_structure(*sparse_point(self.f, (x, *args), {}, 0), args)

    def _by_structure(self, g: Function, point: Point, args: tuple[Any, ...]) -> Any:
        """The derivative, exactly and without colours; the plan grows, if it lacks an entry."""
        return self._embedded(exactly(g, point, self.order, self._known))

    def _embedded(self, matrix: Any) -> Any:
        """A derivative at the places of the plan, which grows if there are none for some.

        Raises:
            ArgumentError: the pattern is the user's, and lacks one.
            ShapeMismatchError: the derivative has another shape at this point.
        """
        pattern = self._pattern
        if matrix.shape != pattern.shape:
            raise of_another_size(matrix.shape, pattern.shape)
        found, missing = embedded(matrix, pattern, self._known)
        if missing is None:
            return found
        if not self._mine:
            i, j, value = missing
            raise ArgumentError(
                f"pattern= has no entry ({i}, {j}), where the derivative is {value:.6g}; add it, or leave "
                f"out pattern=, and hoad finds it"
            )
        return embedded(matrix, self._grow(matrix), self._known)[0]

    def _grow(self, matrix: Any) -> Any:
        """Take the entries of a matrix into the pattern, and forget the colours."""
        with self._lock:
            found = as_pattern(matrix)
            found = united(self._pattern, symmetric(found) if self.order == 2 else found)
            self._pattern, self._layout = found, None
            self.grown += 1
            if self.grown >= MOST_GROWN:
                self._structured = True
        return found

    # -- How it is made --------------------------------------------------------------------------------------

    def _laid_out(self, pattern: Any, given: Any) -> Layout:
        """The layout of a pattern, with the user's colours if there are some."""
        if isinstance(given, str):
            return self._by_substitution(pattern, given)
        if given is not None:
            color = np.asarray(given)
            if color.shape != (pattern.shape[1],) or color.dtype.kind not in "iu" or np.any(color < 0):
                raise ArgumentError(
                    f"colors= must hold one integer from 0 for each of the {pattern.shape[1]} columns"
                )
            coloring = Coloring(np.unique(color, return_inverse=True)[1], None, self.order == 2)
        elif self.order == 2:
            coloring = colors.chosen_symmetric(pattern, self._shape)
        else:
            coloring = colors.chosen(pattern, self._shape)
        layout = laid_out(pattern, coloring, self._check)
        return self._with_program(layout) if self._compile else layout

    def _by_substitution(self, pattern: Any, given: str) -> Layout:
        """The layout of an acyclic colouring, where that has fewer colours than a star colouring."""
        if given != "acyclic" or self.order != 2:
            raise ArgumentError(
                f"colors={given!r} must be an integer for each column, or, for a Hessian, 'acyclic'"
            )
        star = self._laid_out(pattern, None)
        degrees = np.diff(pattern.indptr)
        color = colors.fewer(acyclic(pattern), acyclic(pattern, colors.by_degree(degrees)))
        if int(color.max(initial=-1)) + 1 >= star.coloring.forward:
            return star
        layout = laid_out(pattern, Coloring(color, None, symmetric=True, substituted=True), self._check)
        return self._with_program(layout) if self._compile else layout

    def _given(self, pattern: Any, g: Function, point: Point) -> Any:
        """A pattern of the user's, if it has the shape of the derivative."""
        n = starts(point)[-1]
        shape = (n if self.order == 2 else value_size(g, point), n)
        found = as_pattern(as_matrix(pattern))
        if found.shape != shape:
            what = "Hessian" if self.order == 2 else "Jacobian"
            raise ArgumentError(
                f"pattern= is {found.shape[0]} x {found.shape[1]}, and the {what} is {shape[0]} x {shape[1]}"
            )
        return symmetric(found) if self.order == 2 else found

    def _check_point(self, point: Point) -> None:
        """Refuse a point of other shapes: what was found holds for these."""
        self._check_place(point)
        here = shapes_of(point)
        if here != self._shapes:
            raise ShapeMismatchError(
                f"the plan is for points of shape {listed(self._shapes)}, not {listed(here)}"
            )

    def _check_place(self, point: Point) -> None:
        """Refuse a point of which this is no plan, since its arrays lie elsewhere."""
        if any(map(is_elsewhere, point.differentiated())):
            raise ArgumentError(
                "the plan is for points of NumPy's arrays: make one at a point on the device, "
                "hoad.sparse_plan(f, x), or pass its numbers, as cupy.asnumpy(x)"
            )

    def _is_cheaper_structured(self, g: Function, point: Point, args: Any, first: Tried) -> bool:
        """Tell whether a run with structured tangents takes less time than one with colours."""
        if first.matrix is None:
            return False
        self._embedded(first.matrix)
        directions = fewest(self._pattern, self.order, self._check)
        ways = Ways(
            lambda: structured_matrix(g, point, self.order, self._known),
            lambda: self._products(args, directions, Sharing()),
            self._are_colors_found,
            lambda: self._colored,
            lambda: self._by_colors(g, point, args, Sharing()),
        )
        return ways.is_faster_structured(first.seconds, self._clock, bool(self._sharing))

    def _are_colors_found(self, seconds: float) -> bool:
        """Tell whether the colours are found in some time."""
        return colors.are_found_within(seconds, self._pattern, self._shape, self.order == 2)

    @property
    def _clock(self) -> Callable[[], float]:
        """What runs are timed by: the work of others is on no clock of this process."""
        return time.perf_counter if self._sharing.executor else time.process_time

    def _with_program(self, layout: Layout) -> Layout:
        """A layout with what gives its entries, which is recorded at the first call."""
        if not len(layout.forward) + len(layout.backward):
            return layout
        return layout._replace(program=program_of(self.f, self.order, layout, self._shape))

    def __getstate__(self) -> dict[str, Any]:
        layout = None if self._layout is None else self._layout._replace(program=None)
        kept = {k: v for k, v in self.__dict__.items() if k != "_lock"}
        return {**kept, "_layout": layout, "_known": {}, "_sharing": Sharing()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lock = threading.RLock()
        if self._layout is not None and self._compile:
            self._layout = self._with_program(self._layout)


def shapes_of(point: Point) -> list[tuple[int, ...]]:
    """The shapes of what is differentiated."""
    return [np.shape(x) for x in point.differentiated()]


def listed(shapes: list[tuple[int, ...]]) -> str:
    """The shapes of some arrays in words."""
    few = ", ".join(map(str, shapes[:3]))
    return few if len(shapes) < 4 else f"{few} and {len(shapes) - 3} more"
