"""What was checked, and what came out: a line for each check, a table of them, an error if one failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..errors import RuleCheckError


def number(x: Any) -> str:
    """A number with ten digits."""
    return "" if x is None else f"{x:.10g}" if isinstance(x, (float, complex)) else str(x)


@dataclass(frozen=True)
class Check:
    """One comparison.

    Attributes:
        what: what was compared: "derivative", "value", "inputs", …
        argument: the argument that it concerns, as ``1 (y)``; empty for all.
        mode: "forward", "reverse", or a nesting of them from the outermost inward; empty for none.
        order: of the derivative.
        found: hoad's number.
        expected: the other number.
        passed: whether they agree.
        source: where the other number is from.
        cause: what is probably wrong, if they do not.
    """

    what: str
    argument: str = ""
    mode: str = ""
    order: int = 0
    found: Any = None
    expected: Any = None
    passed: bool = True
    source: str = ""
    cause: str = ""

    def __str__(self) -> str:
        parts = [self.what]
        parts += [f"by argument {self.argument}"] if self.argument else []
        parts += [f"of order {self.order}"] if self.order else []
        parts += [f"in {self.mode} mode"] if self.mode else []
        text = " ".join(parts)
        if self.found is not None:
            text += f": hoad has {number(self.found)}, {self.source or 'and'} {number(self.expected)}"
        return text + (f"; {self.cause}" if self.cause else "")


@dataclass
class Report:
    """All that was checked of one function.

    Attributes:
        name: the function.
        checks: one ``Check`` for each comparison, in order.
    """

    name: str
    checks: list[Check] = field(default_factory=list)

    def add(self, *args: Any, **kwargs: Any) -> Check:
        """Note a check."""
        check = Check(*args, **kwargs)
        self.checks.append(check)
        return check

    def failed(self) -> list[Check]:
        """The checks that did not pass."""
        return [check for check in self.checks if not check.passed]

    def concluded(self) -> Report:
        """The report itself, if all is well.

        Raises:
            RuleCheckError: a check failed; the message has the first of them.
        """
        failed = self.failed()
        if not failed:
            return self
        more = f" ({len(failed) - 1} more of {len(self.checks)} checks failed)" if len(failed) > 1 else ""
        error = RuleCheckError(f"{self.name}: {failed[0]}{more}")
        error.report = self  # type: ignore[attr-defined]
        raise error

    def __str__(self) -> str:
        rows = [("", "what", "argument", "mode", "order", "hoad", "expected")]
        for c in self.checks:
            numbers = number(c.found), number(c.expected)
            result = "ok" if c.passed else "FAILED"
            rows.append((result, c.what, c.argument, c.mode, str(c.order or ""), *numbers))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join([f"checks of {self.name}", *lines])

    def __repr__(self) -> str:
        failed = len(self.failed())
        result = (
            f"{failed} of {len(self.checks)} checks failed" if failed else f"{len(self.checks)} checks passed"
        )
        return f"<Report of {self.name}: {result}>"
