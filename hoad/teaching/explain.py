"""``explain``: a derivative step by step, with the user's lines, the rules as formulas, and what flows.

Nothing here differentiates. The function is run once on a tape, whose inputs hold plain numbers for reverse
mode, dual numbers for forward mode, several of them one within the other for higher orders, series for Taylor
mode; what each line of the tape holds then is what is shown. Forward over reverse is the sweep of a tape that
holds dual numbers. So what is shown is what any derivative of hoad's does, and its last line is the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..dual import Dual
from ..errors import ArgumentError, NonScalarOutputError, describe
from ..kinds.jet import Jet
from ..kinds.series import Series
from ..nested import Level
from ..operators.taylor import checked_order
from ..running.calling import Function, check_function
from ..running.points import Point, matched
from ..running.tracebacks import folding
from ..runs import running
from ..tangents.fit import fit_tangent
from ..values.fields import sympy
from .confusion import Confusion, confusion
from .graph import Run, argument_names
from .numbers import epsilon
from .outcome import derivative_of, last_line, plain_value
from .steps import Step, Walk, names_of
from .walkthrough import page

MODES = ("reverse", "forward", "forward-reverse", "taylor", "tags")
ORDERS = {"reverse": 1, "forward": 1, "forward-reverse": 2, "taylor": 3}
HIGHEST = {"reverse": 1, "forward": 5, "forward-reverse": 5, "taylor": 30}
LONGEST = 60  # letters of a line of source
MOST = 24  # steps that are shown of a long program


class Explanation:
    """What ``explain`` gives: ``print`` shows it, a notebook has a slider, ``_repr_latex_`` is for a lecture.

    Attributes:
        mode: the mode that was explained.
        order: the order of the derivative.
        value: the value of the function.
        derivative: the derivative that the last line shows.
        steps: all steps, of which ``explanation[k]`` is one, and ``explanation[a:b]`` some.
    """

    def __init__(self, title: str, mode: str, order: int, walk: Walk, value: Any, found: Any) -> None:
        self.title, self.mode, self.order = title, mode, order
        self.walk, self.value, self.derivative = walk, value, found

    def __len__(self) -> int:
        return len(self.walk.lines)

    def __getitem__(self, k: Any) -> Any:
        places = range(len(self))[k]
        return [Step(self.walk, i) for i in places] if isinstance(k, slice) else Step(self.walk, places)

    def __iter__(self) -> Iterator[Step]:
        return (Step(self.walk, k) for k in range(len(self)))

    @property
    def steps(self) -> list[Step]:
        """All steps, also those that a long table leaves out."""
        return list(self)

    def shown(self, most: int | None = MOST) -> list[Step | None]:
        """The first and the last steps; None for a gap."""
        n = len(self)
        if most is None or n <= most:
            return list(self)
        return [*self[: most // 2], None, *self[n - most // 2 :]]

    # -- Text ------------------------------------------------------------------------------------------------

    def text(self, most: int | None = MOST, *, source: bool = True) -> str:
        """The explanation as text.

        Args:
            most: how many steps are shown of a long program; None for all of them.
            source: whether the user's lines stand beside the steps.
        """
        steps = self.shown(most)
        lines = [self.title, ""]
        for step in steps:
            beside = step if source else None
            lines += self._gap() if step is None else numbered(step.slot, step.down(), beside)
        if self.walk.adjoints is not None:
            lines += ["", "and back:"]
            for step in reversed(steps):
                if step is None:
                    lines += self._gap()
                elif step.cotangent is not None:
                    lines += numbered(step.slot, [step.cotangent_line(), *step.back()])
        return "\n".join([*lines, "", self.last_line()])

    def _gap(self) -> list[str]:
        first, last = MOST // 2, len(self) - MOST // 2
        rest = f"explanation[{first}:{last}], or explanation.text(None)"
        return [f"    ... {len(self) - MOST} more steps: {rest}"]

    def last_line(self, latex: bool = False) -> str:
        """The derivative."""
        return last_line(self.walk, self.mode, self.order, self.value, self.derivative, latex)

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    # -- Notebooks and lectures ------------------------------------------------------------------------------

    def _repr_latex_(self) -> str:
        rows: list[str] = []
        steps = self.shown()
        for step in steps:
            rows += [r"&\ \vdots"] if step is None else aligned(step.down(latex=True))
        if self.walk.adjoints is not None:
            for step in reversed(steps):
                if step is None:
                    rows.append(r"&\ \vdots")
                elif step.cotangent is not None:
                    rows += aligned([step.cotangent_line(latex=True), *step.back(latex=True)])
        body = " \\\\\n".join([*rows, *aligned([self.last_line(latex=True)])])
        return f"$$\n\\begin{{aligned}}\n{body}\n\\end{{aligned}}\n$$"

    def _repr_html_(self) -> str:
        return page(self.title, self.shown(), self.last_line(), back=self.walk.adjoints is not None)


def numbered(slot: int, lines: list[str], step: Step | None = None) -> list[str]:
    """The lines of a step, with its number, and the user's line beside the first."""
    source = f"    | {step.place}: {clipped(step.text)}" if step is not None and step.text else ""
    return [f"{slot:>4}  {lines[0]}{source}", *["      " + line for line in lines[1:]]]


def clipped(text: str) -> str:
    """A line of source that is not too long."""
    return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def aligned(lines: list[str]) -> list[str]:
    """Equations with their signs below each other."""
    return [line.replace(" = ", " &= ", 1) if " = " in line else "&" + line for line in lines]


# ------------------------------------------------------------------------------------------------------------
# The run
# ------------------------------------------------------------------------------------------------------------


class Seeded(Point):
    """A point whose leaves enter the tape with what they carry."""

    __slots__ = ("carry",)

    def __init__(self, values: list[Any], names: list[str]) -> None:
        super().__init__(values, names)
        self.carry: Callable[[Any, Any], Any] | None = None

    def seed(self, along: list[Any], carry: Callable[[Any, Any], Any]) -> None:
        """Let each leaf carry a direction."""
        directions = iter(along)
        self.carry = lambda x, _: carry(x, next(directions))

    def differentiated(self) -> list[Any]:
        """The leaves that are differentiated."""
        leaves = super().differentiated()
        return leaves if self.carry is None else [self.carry(x, None) for x in leaves]


@folding
def explain(
    f: Function, *args: Any, mode: str = "reverse", order: int | None = None, along: Any = None, **kwargs: Any
) -> Explanation | Confusion:
    """Explain a derivative step by step.

    Args:
        f: the function.
        args: its arguments, numbers, arrays or containers of them; the derivative is by all of them.
        mode: "reverse", values down and cotangents back; "forward", dual numbers down; "forward-reverse",
            dual numbers down and back, which gives a second derivative; "taylor", series down; "tags", a
            nested derivative of one number, with tags and without: f is ``f(D, x)`` then, and takes its own
            derivatives by ``D(function, point)``.
        order: of the derivative: 1 in forward and reverse mode, 2 for "forward-reverse" and 3 for "taylor" by
            default. Forward mode nests as many dual numbers, whose perturbations are ε₁, ε₂, ...
        along: the direction of forward and Taylor mode, of the structure of the arguments (a tuple for
            several); ones by default.
        kwargs: passed on to f.

    Returns:
        An ``Explanation``: ``print`` shows it, a notebook walks through it with a slider. Its last line is
        the derivative, and its attribute ``derivative``: in reverse mode what ``hoad.grad`` gives, in forward
        mode the derivative of the order along the direction, in mode "forward-reverse" the gradient of the
        derivative of one order less along the direction, in Taylor mode the list of all derivatives along it.

    Raises:
        ArgumentError: there is no such mode or order, or no argument.
        NonScalarOutputError: the value is no number, and the mode has a sweep back.
        MissingDependencyError: SymPy is not installed.

    Source:
        Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine learning: a survey",
        JMLR 18 (2018), tables 2 and 3.

    Example:
        >>> import numpy as np, hoad
        >>> lesson = hoad.explain(lambda x: np.sin(x) * x, 2.0)
        >>> print(lesson.last_line())
        f′(2) = x̄ = 0.0770038
        >>> print(hoad.explain(lambda x: x * x, 3.0, mode="forward").last_line())
        f(3 + ε₁) = 9 + 6ε₁, so f′(3) = 6
        >>> print(hoad.explain(lambda D, x: x * D(lambda y: x + y, 1.0), 1.0, mode="tags").last_line())
        1 with tags, 2 without: the perturbation of one was taken for that of another
    """
    check_function(f, "explain")
    sympy()
    if mode == "tags":
        return confusion(f, *args)
    order = checked(mode, order)
    if not args:
        raise ArgumentError("explain(f, x) needs the arguments that the computation starts from")
    names = argument_names(f, len(args))
    point = Seeded(list(args), names)
    levels = [Level() for _ in range(levels_of(mode, order))]
    if levels:
        carry = series_along(levels[0], order) if mode == "taylor" else duals_along(levels)
        point.seed(directions(along, point, args), carry)
    with running(*levels):
        run = Run(f, args, kwargs, point)
        cotangents = swept(run, mode)
        lines = run.lines(cotangents)
    walk = Walk(lines, names_of(lines), levels, run.columns, cotangents)
    found = derivative_of(run, walk, mode, order)
    name = getattr(f, "__name__", "f")
    return Explanation(title(name, mode, walk, args), mode, order, walk, plain_value(run, walk), found)


def checked(mode: str, order: int | None) -> int:
    """The order, which the mode must have."""
    if mode not in MODES:
        raise ArgumentError(f"mode is {mode!r}; it must be one of {', '.join(map(repr, MODES))}")
    found: int = ORDERS[mode] if order is None else checked_order(order, "order")
    if mode == "reverse" and found > 1:
        raise ArgumentError("reverse mode has the order 1; for a second derivative, mode='forward-reverse'")
    least = 2 if mode == "forward-reverse" else 1
    if not least <= found <= HIGHEST[mode]:
        raise ArgumentError(f"order is {found}; in mode {mode!r} it must be {least} to {HIGHEST[mode]}")
    return found


def levels_of(mode: str, order: int) -> int:
    """How many levels the numbers on the tape have."""
    return {"reverse": 0, "forward": order, "forward-reverse": order - 1, "taylor": 1}[mode]


def directions(along: Any, point: Point, args: tuple[Any, ...]) -> list[Any]:
    """The direction, by leaf."""
    if along is None:
        return [np.ones_like(x)[()] if np.ndim(x) else 1.0 for x in point.differentiated()]
    return matched([along] if len(args) == 1 else along, point, args, "direction")


def duals_along(levels: list[Level]) -> Callable[[Any, Any], Any]:
    """Dual numbers of several levels, the first of which is the outermost."""

    def carry(x: Any, v: Any) -> Any:
        for level in levels:
            x = Dual(level, x, fit_tangent(v, x))
        return x

    return carry


def series_along(level: Level, order: int) -> Callable[[Any, Any], Any]:
    """Series up to an order."""
    return lambda x, v: Jet(level, Series([x, fit_tangent(v, x), *[None] * (order - 1)]))


def swept(run: Run, mode: str) -> list[Any] | None:
    """The cotangents, in a mode that sweeps back."""
    if mode not in ("reverse", "forward-reverse"):
        return None
    if run.recording.structure is not None or np.ndim(run.value):
        raise NonScalarOutputError(
            f"{mode} mode explains a function whose value is one number, and this one returned "
            f"{describe(run.value)}; lambda x: f(x)[0] is one element, and mode='forward' takes any value"
        )
    return run.back() or [None] * len(run.columns[0])


def title(name: str, mode: str, walk: Walk, args: tuple[Any, ...]) -> str:
    """What is explained, and what the signs mean."""
    name = "f" if name == "<lambda>" else name
    epsilons = ", ".join([epsilon(k + 1) for k in range(len(walk.levels))])
    meaning = {
        "reverse": "values down, cotangents back: v̄ is the derivative of the result by v",
        "forward": f"dual numbers down: the square of {epsilons} is 0, and its coefficient the derivative",
        "forward-reverse": f"dual numbers down, and cotangents back that carry {epsilons} too",
        "taylor": "series down: the coefficient of tᵏ, times k!, is the derivative of order k",
    }
    return f"{name} in {mode} mode, {meaning[mode]}"
