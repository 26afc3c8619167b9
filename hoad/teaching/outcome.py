"""The outcome of an explanation: the derivative, read off the tape, and the line that tells it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..kinds.jet import Jet
from ..nested import Level
from ..running.points import Point
from ..running.results import finished, stripped, zero_like
from ..values.trees import unflatten
from .graph import Run
from .numbers import bar, coefficient, latex_name, power, shown
from .steps import Walk


def derivative_of(run: Run, walk: Walk, mode: str, order: int) -> Any:
    """The derivative, read off the tape."""
    if walk.adjoints is not None:
        point = run.recording.point
        leaves = Point.differentiated(point)
        found = [walk.adjoints[slot] for slot in run.recording.inputs]
        if walk.levels:
            found = [coefficient(g, walk.levels) for g in found]
        whole = [finished(g, x) for g, x in zip(found, leaves, strict=True)]
        if point.plain:
            return whole[0]
        values = point.replaced(whole)
        return values[0] if len(values) == 1 else tuple(values)
    parts = [of_output(run, walk, k, mode, order) for k in range(len(run.outputs))]
    structure = run.recording.structure
    return parts[0] if structure is None else unflatten(structure, parts)


def of_output(run: Run, walk: Walk, k: int, mode: str, order: int) -> Any:
    """The derivative of one leaf of the value along the direction."""
    slot, plain = run.outputs[k], stripped_leaf(run.recording.outputs[k], walk.levels)
    y = run.recording.outputs[k] if slot is None else run.columns[3][slot]
    if mode == "taylor":
        jet = isinstance(y, Jet) and y.level is walk.levels[0]
        known = y.tangent.known if jet else [y, *[None] * order]
        return [zero_like(plain) if c is None else c * math.factorial(n) for n, c in enumerate(known)]
    found = coefficient(y, walk.levels)
    return zero_like(plain) if found is None else found


def stripped_leaf(y: Any, levels: list[Level]) -> Any:
    """A value without all that it carries."""
    y = stripped(y, y.level) if hasattr(y, "slot") and hasattr(y, "level") else y
    for level in reversed(levels):
        y = stripped(y, level)
    return y


def plain_value(run: Run, walk: Walk) -> Any:
    """The value of the function."""
    leaves = [stripped_leaf(y, walk.levels) for y in run.recording.outputs]
    structure = run.recording.structure
    return leaves[0] if structure is None else unflatten(structure, leaves)


# ------------------------------------------------------------------------------------------------------------
# The last line
# ------------------------------------------------------------------------------------------------------------


def last_line(walk: Walk, mode: str, order: int, value: Any, found: Any, latex: bool) -> str:
    """What was wanted, in one line."""
    inputs = [k for k, line in enumerate(walk.lines) if line.operation == "input"]
    single = len(inputs) == 1
    if walk.adjoints is not None:
        return "; ".join([of_input(walk, k, order, single, latex) for k in inputs])
    at = [shown(walk.lines[k].value, walk.levels, latex) for k in inputs]
    points = ", ".join(at if single else [f"{walk.names[k]} = {x}" for k, x in zip(inputs, at, strict=True)])
    outputs = [shown(line.value, walk.levels, latex) for line in walk.lines if line.output] or [str(value)]
    given = f"f({points}) = {', '.join(outputs)}"
    if mode == "taylor":
        so = r",\quad f^{(k)} = " if latex else ", so the derivatives are "
        return given + so + shown_list(found, latex)
    x = stripped_leaf(walk.lines[inputs[0]].value, walk.levels)
    number = single and not np.ndim(x)
    left = f"{prime(order, latex)}({shown(x, [], latex)})" if number else along(order, latex) + "f"
    return given + (r",\quad " if latex else ", so ") + f"{left} = {shown_any(found, latex)}"


def of_input(walk: Walk, k: int, order: int, single: bool, latex: bool) -> str:
    """The derivative by one input, as the sweep has found it."""
    name, levels = walk.names[k], walk.levels
    x = stripped_leaf(walk.lines[k].value, levels)
    adjoint = None if walk.adjoints is None else walk.adjoints[k]
    g = zero_like(x) if adjoint is None else adjoint
    left = (
        f"{prime(order, latex)}({shown(x, [], latex)})"
        if single and not np.ndim(x) and not np.iscomplexobj(x)
        else by(name, order, latex)
    )
    target = rf"\bar{{{latex_name(name)}}}" if latex else bar(name)
    if not levels:
        return f"{left} = {target} = {shown(g, [], latex)}"
    found = coefficient(g, levels)
    result = shown(zero_like(x) if found is None else found, [], latex)
    so = r",\quad " if latex else ", so "
    return f"{target} = {shown(g, levels, latex)}{so}{left} = {result}"


def by(name: str, order: int, latex: bool) -> str:
    """The name of a derivative by one input, of the derivative of one order less along the direction."""
    what = "f" if order == 1 else f"{along(order - 1, latex)}f"
    if latex:
        return rf"\frac{{\partial {what}}}{{\partial {latex_name(name)}}}"
    return f"∂f/∂{name}" if order == 1 else f"∂({what})/∂{name}"


def along(order: int, latex: bool = False) -> str:
    """The name of a derivative along the direction."""
    if order == 1:
        return "D"
    return f"D^{{{order}}}" if latex else f"D{power(order)[1:]}"


def prime(order: int, latex: bool) -> str:
    """The name of a derivative."""
    if order <= 3:
        return "f" + ("'" * order if latex else ("", "′", "″", "‴")[order])
    return f"f^{{({order})}}" if latex else f"f⁽{power(order)[1:]}⁾"


def shown_any(value: Any, latex: bool) -> str:
    """A derivative, which may be a container."""
    return str(value) if isinstance(value, (dict, list)) else shown(value, [], latex)


def shown_list(values: Any, latex: bool) -> str:
    """Several numbers."""
    if not isinstance(values, list):
        return str(values)
    return "[" + ", ".join([shown(v, [], latex) for v in values]) + "]"
