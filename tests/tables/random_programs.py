"""Random programs of an array: functions, sums, views, writes in place, branches, loops and positions.

A program is a list of statements, each a line of the table with the names of variables in it; so hypothesis
can make a failing one shorter.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

import hoad

MATRIX = np.array(
    [[0.5, -1.0, 0.25, 2.0], [1.5, 0.75, -0.5, 1.0], [-0.25, 0.5, 1.25, 0.0], [2.0, 1.0, 0.5, -1.5]]
)
# {a} and {b} are arrays of four, {s} and {t} numbers; what is assigned to is theirs, too.
STATEMENTS = [
    "{a} = np.sin({b}) + {a}",
    "{a} = np.exp(0.25 * np.clip({b}, -9, 9))",
    "{a} = np.sqrt(np.abs({b}))",
    "{a} = np.tanh({a} * {b})",
    "{a} = {a} / (1.0 + {b} * {b})",
    "{a} = {a} * {b} - {a}",
    "{a} = -{b}",
    "{a} = {b} ** 2 + {a}",
    "{a} = {b} ** 3",
    "{a} = np.abs({b}) ** 1.5",
    "{a} = np.maximum({a}, {b})",
    "{a} = {a} % 1.5 - {b}",
    "{a} = ({a} // 0.75) * {b}",
    "{a} = np.fmod({a}, 1.0 + {b} * {b})",
    "{s} = {s} % 1.25 + {t} // 2",
    "{s} = divmod({s}, 1.5)[1] * {t}",
    "{a} = np.where({a} > {b}, {a}, 2.0 * {b})",
    "{a} = np.where({a} > 0, np.log(np.where({a} > 0, {a}, 1.0)), {b})",
    "{a} = {b}[::-1] * 2.0",
    "{a} = np.roll({b}, 1)",
    "{a} = np.sort({b})",
    "{a} = np.cumsum({b})",
    "{a} = {b} - np.mean({b})",
    "{a} = {a} * ({b} > 0)",
    "{a} = MATRIX @ {b}",
    "{a} = {b} @ MATRIX + {s}",
    "{a} = np.outer({a}, {b}).sum(axis=0)",
    "{a} = np.concatenate([{a}[:2], {b}[2:]])",
    "{a} = np.stack([{s}, {t}, {s} * {t}, {b}[0]])",
    "{a} = np.array([v * v if v > {s} else v for v in {b}])",
    "{a} = {a}.copy(); {a}[1:] += {b}[:-1]",
    "{a} = {a} * 1.0; {a}[{a} > 1] = {s}",
    "{a} = {a} * 1.0; v = {a}[1:3]; v *= 2.0; v += {t}",
    "{a} = {a} * 1.0; {a}[int(np.argmax({b}))] = {s} * {t}",
    "{a} = np.roll({a}, int(np.clip({s}, -3, 3)) if {s} == {s} else 1)",
    "{a} = {a}[np.argsort({b})]",
    "{a} = {a}.reshape(2, 2).T.ravel()",
    "{s} = np.sum({a})",
    "{s} = np.max({a}) - np.min({b})",
    "{s} = {a}[1] * {t}",
    "{s} = np.dot({a}, {b})",
    "{s} = np.linalg.norm({a})",
    "{s} = {s} / (1.0 + {t} * {t})",
    "{s} = {s} * {t} + 0.5",
    "{s} = np.sin({s}) - {t}",
    "{s} = math.atan({s})",
    "{s} = float(np.median({a}))",
    "{s} = abs({s}) + {t}",
    "{a} = {a} * 2.0 if {s} > {t} else {a} - {b}",
    "{s} = {s} if {s} < 1 else {t}",
    "{s} = halved({s})",
    "{s} = sum([v for v in {a} if v > 0], {t})",
    "{s} = max({s}, {t}, {a}[2])",
    "{a} = {a} + hoad.grad(lambda z: np.sum(np.sin(z) * {b}))({a})",
    "{a} = {a} * 1.0; {a}[[2, 0]] = {b}[1:3]",
    "{a} = {a} * 1.0; {a}[[1, 3, 1]] += {b}[0:3]",
    "{a} = np.linalg.solve(MATRIX + np.diag({a}), {b})",
    "{a} = np.linalg.inv(np.outer({b}, {b}) + np.eye(4))[1]",
    "{a} = np.linalg.cholesky(np.outer({a}, {a}) + np.eye(4))[:, 1] + {b}",
    "{s} = np.linalg.det(np.outer({a}, {b}) + MATRIX)",
    "{s} = np.linalg.slogdet(np.outer({a}, {a}) + np.eye(4))[1] * {t}",
]
SINGLE = [
    "{a} = {a} * np.float32(0.7) - {b}",
    "{a} = ({a} * {b}).astype(np.float32)",
    "{a} = {a}.astype(np.float64) / 3 + {b}",
    "{s} = {s} * np.float32(0.3) + {t}",
    "{s} = np.sum({a}, dtype=np.float64) / 7",
    "{a} = np.array([1.0, 0.1, -2.5, 0.3], np.float32) * {a} + {b}",
    "{a} = np.arctan2({a}, {b}) * np.hypot({a}, 0.1)",
    "{a} = np.log1p(np.abs({b})) - np.expm1(np.clip({a}, -3, 3))",
    "{a} = {a} * 1.0; {a}[1:3] = MATRIX[0, 1:3] * {s}",
]
# of complex numbers
COMPLEX = [
    "{a} = {a} * {b} - {a}",
    "{a} = {a} / (1.5 + {b} * np.conj({b}))",
    "{a} = {a} / (2.0 + 1j + 0.1 * {b})",
    "{a} = -{b} + 1j",
    "{a} = np.conj({b}) * {a}",
    "{a} = {b}.real - 2j * {a}.imag",
    "{a} = np.abs({b}) + 1j * np.angle({a})",
    "{a} = {b} ** 2 + {a}",
    "{a} = {b} ** 3",
    "{a} = (2.0 + {b}) ** 0.5",
    "{a} = np.exp(1j * np.clip({b}.real, -9, 9))",
    "{a} = np.exp(0.25 * {b} / (1.0 + np.abs({b})))",
    "{a} = np.sqrt({a} * {b})",
    "{a} = np.log(2.0 + np.abs({a}) + 0.5j * {b}.imag)",
    "{a} = np.sin({b} / (1.0 + abs({s}))) + {a}",
    "{a} = np.cosh({b} / (1.0 + np.abs({b})))",
    "{a} = np.where({a}.real > {b}.imag, {a}, 2j * {b})",
    "{a} = np.where(np.abs({a}) > 1, {a}, 0.0)",
    "{a} = {a} * ({b}.real > 0)",
    "{a} = {b}[::-1] * 2.0",
    "{a} = np.roll({b}, 1)",
    "{a} = np.cumsum({b})",
    "{a} = {b} - np.mean({b})",
    "{a} = MATRIX @ {b}",
    "{a} = ({b} @ (MATRIX + 0.5j * MATRIX.T)) + {s}",
    "{a} = np.outer({a}, {b}).sum(axis=0)",
    "{a} = np.einsum('i,ij,j->j', {a}, MATRIX, {b})",
    "{a} = np.concatenate([{a}[:2], {b}[2:].real])",
    "{a} = np.stack([{s}, {t}, {s} * {t}, {b}[0]])",
    "{a} = np.array([v * v if abs(v) > 1 else v for v in {b}])",
    "{a} = {a}.copy(); {a}[1:] += {b}[:-1].real",
    "{a} = {a} * 1j; {a}[np.abs({a}) > 1] = {s}",
    "{a} = {a} * 1j; v = {a}[1:3]; v *= 2.0 - 1j; v += {t}",
    "{a} = {a} * 1j; {a}[int(np.argmax(np.abs({b})))] = {s} * {t}",
    "{a} = {a}[np.argsort({b}.imag)]",
    "{a} = {a}.reshape(2, 2).T.ravel() + 0j",
    "{s} = np.sum({a})",
    "{s} = {a}[1] * {t}",
    "{s} = np.vdot({a}, {b})",
    "{s} = np.dot({a}, {b})",
    "{s} = np.linalg.norm({a})",
    "{s} = {s} / (1.0 + {t} * {t} + 2j)",
    "{s} = {s} * {t} + 0.5j",
    "{s} = abs({s}) + {t}",
    "{s} = {s}.real - {t}.imag * 1j",
    "{s} = complex({a}[0]) if {s}.real > {t}.imag else {t}",
    "{a} = {a} * 2.0 if {s}.real > {t}.real else {a} - {b}",
    "{s} = {s} if abs({s}) < 1 else {t}",
    "{s} = halved({s})",
    "{s} = sum([v for v in {a} if v.real > 0], {t})",
    "{a} = {a} + hoad.grad(lambda z: np.sum(np.abs(z * {b}) ** 2))({a})",
]
RETURNS = ["{a}", "{s}", "{a}, {s}", "[{a} * {s}, {t}]", "np.sum({a}) + {s}"]
KINDS: dict[str, tuple[Any, list[str]]] = {  # the type of the argument, and what is done to it
    "real": (np.float64, STATEMENTS),
    "single": (np.float32, [*STATEMENTS, *SINGLE]),
    "complex": (np.complex128, COMPLEX),
    "complex single": (np.complex64, COMPLEX),
}
SPECIAL = [0.0, -0.0, 5e-324, -1e-310, 1e308, -1e308, math.inf, -math.inf, math.nan]
LINES = st.lists(st.tuples(st.sampled_from(STATEMENTS), *4 * [st.integers(0, 1)]), min_size=1, max_size=7)
PROGRAMS = st.tuples(LINES, st.sampled_from(RETURNS), st.integers(0, 1), st.integers(0, 1))
ORDINARY = st.integers(-24, 24).map(lambda eighths: eighths / 8)
POINTS = st.lists(ORDINARY, min_size=4, max_size=4).map(np.array)
ODD_POINTS = st.lists(ORDINARY | st.sampled_from(SPECIAL), min_size=4, max_size=4).map(np.array)


def in_kind(x: Any, y: Any, kind: str) -> Any:
    """Numbers of a kind; ``y`` are the imaginary parts of complex ones."""
    dtype = np.dtype(KINDS[kind][0])
    with np.errstate(over="ignore", under="ignore"):
        if dtype.kind == "f":
            return np.asarray(x).astype(dtype)
        found = np.empty(np.shape(x), dtype)
        found.real, found.imag = x, y  # x + 1j * y has a nan where y is infinite
        return found


def halved(s: Any) -> Any:
    """A loop whose length depends on the value."""
    for _ in range(60):
        if not abs(s) > 1:
            return s
        s = s / 2
    return s


def text_of(program: Any) -> str:
    """The program as Python text."""
    lines, last, i, j = program
    body = ["a0, a1, s0, s1 = x * 1.0, x + 0.5, x[0], x[3] * 0.5"]
    body += [text.format(a=f"a{a}", b=f"a{b}", s=f"s{s}", t=f"s{t}") for text, a, b, s, t in lines]
    body.append("return " + last.format(a=f"a{i}", s=f"s{j}", t=f"s{1 - j}"))
    return "def f(x):\n    " + "\n    ".join(body)


def made(program: Any) -> Callable[[Any], Any]:
    """The program as a function."""
    names: dict[str, Any] = {"np": np, "math": math, "MATRIX": MATRIX, "halved": halved, "hoad": hoad}
    exec(text_of(program), names)
    return names["f"]
