"""Many random programs, compiled and plain: the values of NumPy code bit by bit, all else up to rounding.

``HOAD_PROGRAMS`` says how many, ``HOAD_SEED`` from which seed on; each program has a seed of its own, which
is told where it differs.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from proofs import total
from random_programs import KINDS, RETURNS, SPECIAL, in_kind, made, text_of

import hoad
from hoad.compiling import native, objects

COUNT = int(os.environ.get("HOAD_PROGRAMS", "60"))  # make fuzz takes 10**5
SEED = int(os.environ.get("HOAD_SEED", "20261127"))
DIRECTION = np.array([1.0, -2.0, 0.5, 1.5])
CLOSE, SMALL = 2.0**16, 2.0**12  # units in the last place of the value, and of the largest element
SHAKEN = 64  # times the change that the last bit of the arguments makes: what rounding may do
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "value": lambda f: f,
    "gradient": lambda f: hoad.grad(total(f)),
    "Hessian": lambda f: hoad.hessian(total(f)),
    "product": lambda f: lambda x: hoad.hvp(total(f), x, DIRECTION),
    "Jacobian": lambda f: hoad.jacobian(total(f)),
}


def program_of(rng: Any, kind: str = "real") -> Any:
    """A program as ``random_programs.PROGRAMS`` gives them."""
    statements = KINDS[kind][1]
    lines = [(rng.choice(statements), *rng.integers(0, 2, 4).tolist()) for _ in range(rng.integers(1, 9))]
    return lines, rng.choice(RETURNS), *rng.integers(0, 2, 2).tolist()


def points_of(rng: Any, kind: str = "real") -> list[Any]:
    """Two points; one in three has zeros, infinities, nan or subnormal numbers in it."""
    points = rng.integers(-24, 25, (2, 2, 4)) / 8
    if rng.integers(3) == 0:
        points[1, rng.integers(2), rng.integers(4)] = rng.choice(SPECIAL)
    return [in_kind(x, y, kind) for x, y in points]


def leaves(out: Any) -> list[Any]:
    return [leaf for part in out for leaf in leaves(part)] if isinstance(out, (tuple, list)) else [out]


def attempt(f: Any, x: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return f(x.copy())
        except Exception as error:
            return error


def differs(a: Any, b: Any, exactly: bool, eps: float) -> bool:
    """Whether a result is not that of the plain function."""
    if isinstance(a, Exception) or isinstance(b, Exception):
        return (type(a), str(a)) != (type(b), str(b))
    for p, q in zip(leaves(a), leaves(b), strict=True):
        if type(p) is not type(q) or np.shape(p) != np.shape(q) or np.result_type(p) != np.result_type(q):
            return True
        if exactly and np.asarray(p).tobytes() != np.asarray(q).tobytes() and repr(p) != repr(q):
            return True
        size = float(np.max(np.abs(q), initial=0.0, where=np.isfinite(q)))
        if not np.allclose(p, q, rtol=CLOSE * eps, atol=SMALL * eps * size, equal_nan=True):
            return True
    return False


def moved(x: Any, to: float) -> Any:
    """The next numbers in a direction."""
    parts = x.view(x.real.dtype)
    return np.nextafter(parts, np.full_like(parts, to)).view(x.dtype)


def is_shaky(g: Any, x: Any, a: Any, b: Any) -> bool:
    """Whether a difference is one that rounding makes: the plain function itself differs as much where the
    last bits of the arguments do, its value is on one side of a bound of floating point, or terms of the size
    of the arguments cancel exactly.
    """
    held = np.finfo(x.dtype)
    with np.errstate(all="ignore"):
        beside = [attempt(g, moved(x, to)) for to in (np.inf, -np.inf)]
        for p, q, *others in zip(*map(leaves, (a, b, *beside)), strict=True):
            if np.shape(p) != np.shape(q) or any([np.shape(o) != np.shape(q) for o in others]):
                return False
            change = np.max([np.max(np.abs(np.subtract(o, q))) for o in others])
            limit = np.max(np.abs(q), initial=0.0)
            few = 4 * float(held.eps) * max(1.0, float(np.max(np.abs(x))))
            if not (
                np.max(np.abs(np.subtract(p, q))) <= max(SHAKEN * change, few)
                or limit > 1e-18 * float(held.max)
            ):
                return False
    return True


def checked(seed: int, kind: str, form: str, backend: str, mode: str) -> str:
    """What is wrong with one program; nothing, mostly."""
    rng = np.random.default_rng(seed)
    program, points = program_of(rng, kind), points_of(rng, kind)
    eps = float(np.finfo(points[0].dtype).eps)
    g = OPERATORS[form](made(program))
    compiled = hoad.compile(g, backend=backend, max_variants=4)
    exactly = backend == "numpy" and form == "value"
    for x in (*points, points[0]):
        got, right = attempt(compiled, x), attempt(g, x)
        if differs(got, right, exactly, eps) and (exactly or not is_shaky(g, x, got, right)):
            name = f"seed {seed}, {kind}, {form}, {backend}, {mode}, {x!r}"
            return f"{name}:\n{text_of(program)}\n{got!r}\n{right!r}"
    return ""


def work_of(seed: int) -> tuple[str, str, str, str]:
    """The numbers, the operator, the backend, and the form of machine code for a seed: machine code takes
    longer, so it has one program in eight.
    """
    form = ("value", "gradient", "value", "Hessian", "value", "product", "value", "Jacobian")[seed % 8]
    backend = "native" if seed // 8 % 8 == 0 and objects.llvm() is not None else "numpy"
    kind = ("real", "single", "complex", "real", "complex single")[seed % 5]
    return kind, form, backend, "loops" if seed // 64 % 2 else "scalars"


def test_many_programs() -> None:
    wrong: list[str] = []
    for seed in range(SEED, SEED + COUNT):
        kind, form, backend, mode = work_of(seed)
        with pytest.MonkeyPatch.context() as patch:
            if mode == "loops":
                patch.setattr(native, "FEW", -1)
                patch.setattr(native, "MANY", 0)
            try:
                found = checked(seed, kind, form, backend, mode)
            except Exception as error:
                found = f"seed {seed}, {kind}, {form}, {backend}, {mode}: {error!r}"
        if found:
            wrong.append(found)
            print(found, flush=True)
    assert not wrong, "\n\n".join(wrong[:5])
