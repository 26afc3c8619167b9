"""The one table: hoad's time, how many times longer each peer takes, the goal, and whether it is met."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from benchmarks.limits import Limit
from benchmarks.measure import Reading

Line = Reading | Limit
COLUMNS = ("autograd", "torch", "jax", "jax.jit", "algopy", "nested", "by hand")
ABSENT = "-"
UNITS = ((1e-6, 1e9, "ns"), (1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (float("inf"), 1.0, "s"))
VERDICTS = {True: "yes", False: "NO", None: ABSENT}


def digits(value: float) -> str:
    """Three significant digits, never in powers of ten."""
    if value >= 100.0:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10.0 else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Seconds in the unit that reads best."""
    _, factor, unit = next(row for row in UNITS if seconds < row[0])
    return f"{digits(factor * seconds)} {unit}"


def times(ratio: float | None) -> str:
    """A ratio, or the sign that there is none; rounded down, so that what misses a goal does not look like
    it.
    """
    if ratio is None:
        return ABSENT
    places = 0 if ratio >= 100.0 else 1 if ratio >= 10.0 else 2
    return f"{digits(math.floor(ratio * 10**places) / 10**places)}x"


def cells(line: Line) -> list[str]:
    """One line of the table."""
    if isinstance(line, Limit):
        ratios = [times(line.peers.get(peer)) for peer in COLUMNS]
        goal = f"below {line.most:g} {line.unit}"
        return [line.name, f"{digits(line.value)} {line.unit}", *ratios, goal, VERDICTS[line.met()]]
    work = line.work
    count = work.program.operations if work.per_operation else 1
    own = duration(line.seconds["hoad"] / count) if "hoad" in line.seconds else "failed"
    per = "/op" if work.per_operation and "hoad" in line.seconds else ""
    ratios = ["failed" if peer in line.failures else times(line.ratio(peer)) for peer in COLUMNS]
    goal = ", ".join(f"{peer} {least:g}x" for peer, least in work.goals.items())
    return [work.name, own + per, *ratios, goal, VERDICTS[line.met()]]


def render(lines: Iterable[Line]) -> str:
    """The table as text (and as Markdown, which it is)."""
    head = ["work", "hoad", *COLUMNS, "goal", "met"]
    rows = [head, *(cells(line) for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    rule = "|".join(
        "-" * (width + 1) + ("-" if left else ":") for width, left in zip(widths, lefts(head), strict=True)
    )
    texts = [_row(row, widths, lefts(head)) for row in rows]
    return "\n".join([texts[0], f"|{rule}|", *texts[1:]])


def lefts(head: Sequence[str]) -> list[bool]:
    """Which columns are words, and so set to the left."""
    return [name in ("work", "goal", "met") for name in head]


def _row(row: Sequence[str], widths: Sequence[int], left: Sequence[bool]) -> str:
    padded = (
        cell.ljust(width) if is_left else cell.rjust(width)
        for cell, width, is_left in zip(row, widths, left, strict=True)
    )
    return "| " + " | ".join(padded) + " |"
