"""The programs of the tables on a GPU, beside the same on NumPy's arrays: plainly and compiled.

``make test-gpu`` runs it with the Python that has CuPy. It takes at most four minutes, fetches nothing, goes
through the programs in a random order, and writes what it found to ``build/gpu-tests.md``. What a library
can't do is counted as refused; a result that differs is a failure. ``--library hoad.testing.device`` tries
the script where no GPU is.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import random
import re
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [
    str(ROOT),
    str(ROOT / "tests"),
    str(ROOT / "tests" / "tables"),
    str(ROOT / "tests" / "properties"),
]

import numpy as np  # noqa: E402
from compiled_cases import CASES  # noqa: E402
from kernels_run import squares, ulps  # noqa: E402

import hoad  # noqa: E402

SECONDS = 225.0
BOUND = 2.0**20  # units in the last place of the largest element: kernels and CuPy have other functions
FORMS: dict[str, Callable[[Any, int], Any]] = {
    "value": lambda f, n: f,
    "gradient": lambda f, n: hoad.grad(squares(f), argnums=tuple(range(n))),
    "Jacobian, forward": lambda f, n: hoad.jacobian(f, mode="forward"),
    "Hessian": lambda f, n: hoad.hessian(squares(f)),
}


class Found:
    """What became of the programs in one form."""

    def __init__(self) -> None:
        self.right = 0
        self.refused: Counter[str] = Counter()
        self.wrong: list[str] = []


def leaves(out: Any) -> list[Any]:
    """The parts of nested tuples and lists."""
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def placed(args: Any, library: Any) -> Any:
    """Arguments with their arrays on the device."""
    if isinstance(args, (tuple, list)):
        return type(args)([placed(a, library) for a in args])
    return library.asarray(args) if isinstance(args, np.ndarray) else args


def distance(got: Any, right: Any, library: Any) -> float:
    """The largest difference between results; infinite where they are not alike."""
    mine, others = leaves(got), leaves(right)
    if len(mine) != len(others):
        return np.inf
    found = [0.0]
    for a, b in zip(mine, others, strict=True):
        a = library.asnumpy(a) if isinstance(a, library.ndarray) else a
        if isinstance(b, (np.ndarray, np.generic, float, complex)):
            found.append(ulps(np.asarray(a), np.asarray(b)) if np.shape(a) == np.shape(b) else np.inf)
    return max(found)


def tried(run: Callable[[], Any], right: Any, name: str, found: Found, library: Any) -> bool:
    """Carry out a program, and note what became of it."""
    try:
        got = run()
    except Exception as error:
        found.refused[re.sub(r"\d+", "n", f"{type(error).__name__}: {error}")[:90]] += 1
        return False
    off = distance(got, right, library)
    if off > BOUND:
        found.wrong.append(f"{name}: {off:.3g} ulps")
    else:
        found.right += 1
    return True


def main() -> int:
    """Compare what there is time for; the number of results that differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--library", default="cupy", help="the module of the arrays")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long to go on")
    parser.add_argument("--out", default=str(ROOT / "build" / "gpu-tests.md"), help="where the table goes")
    given = parser.parse_args()
    try:
        library = importlib.import_module(given.library)
        library.asarray(np.ones(1))
    except Exception as error:
        print(f"test-gpu needs a GPU and CuPy, and there is none here: {error}", file=sys.stderr)
        return 2
    warnings.simplefilter("ignore")
    begun, cases = time.perf_counter(), list(CASES.items())
    random.Random(19).shuffle(cases)
    found = {(form, way): Found() for form in FORMS for way in ("plain", "compiled")}
    kernels = Counter[str]()
    count = 0
    for name, (f, args) in cases:
        if time.perf_counter() - begun > given.seconds:
            break
        on_device = placed(args, library)
        if not any([isinstance(x, library.ndarray) for x in leaves(on_device)]):
            continue
        count += 1
        for form, make in FORMS.items():
            g = make(f, len(args))
            try:
                right = g(*args)
            except Exception:  # there is no such derivative
                continue
            if not tried(functools.partial(g, *on_device), right, name, found[form, "plain"], library):
                continue
            compiled = hoad.compile(g)

            def twice(compiled: Any = compiled, on_device: Any = on_device) -> Any:
                compiled(*on_device)
                return compiled(*on_device)

            tried(twice, right, name, found[form, "compiled"], library)
            kernels[compiled.variants[0].__repr__().split(", ")[-2] if compiled.variants else "plain"] += 1
    out = Path(given.out)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(report(given.library, count, len(cases), found, kernels))
    wrong = sum([len(one.wrong) for one in found.values()])
    print(out.read_text())
    print(f"{out}, after {time.perf_counter() - begun:.0f} s")
    return 1 if wrong else 0


def report(library: str, count: int, whole: int, found: dict[Any, Found], kernels: Counter[str]) -> str:
    """What was found, as Markdown."""
    lines = [f"{count} of {whole} programs on {library}, {time.strftime('%d %B %Y')}", ""]
    lines += ["| | right | refused | wrong |", "|---|---|---|---|"]
    for (form, way), one in found.items():
        lines.append(f"| {form}, {way} | {one.right} | {sum(one.refused.values())} | {len(one.wrong)} |")
    lines += ["", f"Compiled: {', '.join([f'{n} {how}' for how, n in kernels.most_common()])}", ""]
    for (form, way), one in found.items():
        lines += [f"- {form}, {way}, wrong: {text}" for text in one.wrong]
        lines += [f"- {form}, {way}, refused {n}: {text}" for text, n in one.refused.most_common(8)]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.exit(main())
