"""A program of single numbers as C: one line an operation, with the C library's functions, for whoever
needs it elsewhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..lowering.algebra import TRUTHS
from ..lowering.definitions import Unsupported
from ..lowering.expansion import Expansion
from ..lowering.special import PREFIX
from .c_functions import name_of, text_of

TEXTS = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "neg": "-{0}",
    "lt": "{0} < {1}", "le": "{0} <= {1}", "gt": "{0} > {1}", "ge": "{0} >= {1}", "eq": "{0} == {1}",
    "ne": "{0} != {1}", "and": "{0} && {1}", "or": "{0} || {1}", "not": "!{0}", "select": "{0} ? {1} : {2}",
    "single": "(double)(float){0}",
}  # fmt: skip


def c_source(expansion: Expansion, names: list[str], title: str) -> str:
    """The text of a C function.

    It fills the arrays of the results, row by row, and returns 0; or 1 where the arguments take another
    branch than the program is for, and 2 where a result is not finite.

    Args:
        expansion: a program taken apart.
        names: what the inputs are called.
        title: the name of the function.

    Raises:
        Unsupported: it calls functions of SciPy's that are more than a line in C.
    """
    algebra = expansion.algebra
    outputs = [np.ravel(ids).tolist() for ids in expansion.outputs]
    lines: list[str] = []
    words: dict[int, str] = {}
    missing: dict[str, None] = {}
    for one in reached(expansion, outputs):
        name, *rest = algebra.operations[one]
        if name == "constant":
            words[one] = number(algebra.constants[one])
        elif name == "false":
            words[one] = "0"
        elif name == "input":
            words[one] = f"{names[rest[0]]}[{rest[1]}]"
        else:
            call = called(name, [words[k] for k in rest])
            if call is None:
                missing[name_of(name)] = None
            kind = "int" if algebra.is_truth(one) else "double"
            words[one] = f"v{len(lines)}"
            lines.append(f"{kind} v{len(lines)} = {call};")
    if missing:
        raise Unsupported(f"only SciPy has the code of {', '.join(sorted(missing))}")
    lines += [f"if ({'!' if want else ''}{words[c]}) return 1;" for c, want in expansion.guards]
    for c, _ in expansion.guards:
        name, *rest = algebra.operations[c]
        if name in TRUTHS and name not in ("and", "or", "not"):
            lines.append(f"if (isnan({words[rest[0]]}) || isnan({words[rest[1]]})) return 1;")
    known = {one for ids in outputs for one in ids} - set(algebra.constants)  # looked at below
    lines += [f"if (!isfinite({words[k]})) return 2;" for k in sorted(algebra.finite - known)]
    lines += [f"if (!(fabs({words[k]}) > 0)) return 2;" for k in sorted(algebra.nonzero)]
    lines += [f"out{k}[{j}] = {words[one]};" for k, ids in enumerate(outputs) for j, one in enumerate(ids)]
    lines += [f"if (!isfinite({words[one]})) return 2;" for one in sorted(known)]
    inputs = [f"const double *{name}" for name in names]
    results = [f"double *out{k}" for k in range(len(outputs))]
    body = "\n    ".join([*lines, "return 0;"])
    return f"#include <math.h>\n\nint {title}({', '.join([*inputs, *results])}) {{\n    {body}\n}}\n"


def called(name: str, operands: list[str]) -> str | None:
    """An operation in C; None for a function that is SciPy's alone."""
    if name.startswith(PREFIX):
        return text_of(name, operands)
    return TEXTS[name].format(*operands) if name in TEXTS else f"{name}({', '.join(operands)})"


def number(value: float) -> str:
    """A constant, bit by bit."""
    if math.isfinite(value):
        return f"({value.hex()})" if value < 0 or math.copysign(1.0, value) < 0 else value.hex()
    return "NAN" if math.isnan(value) else "INFINITY" if value > 0 else "(-INFINITY)"


def reached(expansion: Expansion, outputs: list[list[int]]) -> list[int]:
    """The operations that are needed, operands first."""
    algebra = expansion.algebra
    stack: list[Any] = [one for ids in outputs for one in ids]
    stack += [c for c, _ in expansion.guards] + [*algebra.finite, *algebra.nonzero]
    live: set[int] = set()
    while stack:
        one = stack.pop()
        if one not in live:
            live.add(one)
            if algebra.operations[one][0] not in ("input", "constant", "false"):
                stack += algebra.operations[one][1:]
    return sorted(live)
