"""Every public name of ``scipy.interpolate`` is accounted for: a program of the tables has it, or it is
refused by name, with what to use.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import interpolate as I
from turns import by_turns

import hoad
from tests.scipy import test_interpolate as of_one
from tests.tables import interpolation as table
from tests.tables.interpolation import V, gx, gx1, gy, gy1, t, y

ANGLES = np.linspace(0.3, 2.8, 40)
# What is refused, and what its message says of it.
REFUSED: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "AAA": (lambda y: I.AAA(t, y)(0.7), y),
    "SmoothBivariateSpline": (
        lambda v: I.SmoothBivariateSpline(gx1.ravel(), gy1.ravel(), v)(1.0, 1.0),
        V.ravel(),
    ),
    "SmoothSphereBivariateSpline": (
        lambda v: I.SmoothSphereBivariateSpline(ANGLES, ANGLES, v, s=1.0)(1.0, 1.0),
        ANGLES,
    ),
    "LSQSphereBivariateSpline": (
        lambda v: I.LSQSphereBivariateSpline(ANGLES, ANGLES, v, [1.0], [1.0])(1.0, 1.0),
        ANGLES,
    ),
    "RectSphereBivariateSpline": (
        lambda v: I.RectSphereBivariateSpline(gx[1:5] / 2, gy[1:] / 2, v)(1.0, 1.0),
        V[1:5, 1:],
    ),
    "bisplrep": (lambda v: I.bisplrep(gx1.ravel(), gy1.ravel(), v)[2], V.ravel()),
    "generate_knots": (lambda y: next(I.generate_knots(t, y, s=0.1)), y),
    "make_splrep": (lambda y: I.make_splrep(t, y, s=0.1)(0.7), y),
    "make_splprep": (lambda y: I.make_splprep([t, y], s=0.1)[0](0.7), y),
    "UnivariateSpline": (lambda y: I.UnivariateSpline(t, y)(0.7), y),
    "RectBivariateSpline": (lambda v: I.RectBivariateSpline(gx, gy, v, s=0.1)(1.0, 1.0), V),
    "splrep": (lambda y: I.splrep(t, y, s=0.1)[1], y),
    "splrep(per=1)": (lambda y: I.splrep(t, y, per=1)[1], y),
    "splprep": (lambda y: I.splprep([t, y])[1], y),
    "insert": (lambda c: I.insert(1.3, (table.TCK[0], c, 3), per=1)[1], table.TCK[1]),
    "make_smoothing_spline": (lambda y: I.make_smoothing_spline(t, y)(0.7), y),
    "PPoly.solve": (lambda c: I.PPoly(c, t).roots(), np.ones((2, 7, 2))),
}
# Names that stand for no function: modules of older versions, and classes that others are made of.
OTHERS = {"BivariateSpline": "the class of RectBivariateSpline", "interp2d": "which SciPy has removed"}


def names_in(f: Any, seen: set[int]) -> set[str]:
    """The names that a function uses, and those that it calls in its own file."""
    if id(f) in seen or not isinstance(f, types.FunctionType):
        return set()
    seen.add(id(f))
    found, codes = set(), [f.__code__]
    while codes:
        code = codes.pop()
        found |= set(code.co_names)
        codes += [c for c in code.co_consts if isinstance(c, types.CodeType)]
    for name in set(found):
        found |= names_in(f.__globals__.get(name), seen)
    return found


@pytest.mark.parametrize("name", I.__all__)
def test_every_public_name_is_accounted_for(name: str) -> None:
    used = set()
    for f, _ in [*table.CASES.values(), *of_one.CASES.values()]:
        used |= names_in(f, set())
    assert name in used or name in REFUSED or name in OTHERS or isinstance(getattr(I, name), types.ModuleType)


def along(f: Any) -> Any:
    return lambda x: hoad.derivative(lambda s: f(s * x), 1.0)


@pytest.mark.parametrize(("name", "operator"), by_turns(REFUSED, [hoad.grad, along], every=2))
def test_what_is_refused_is_refused_by_name_with_what_to_use(name: str, operator: Any) -> None:
    f, x = REFUSED[name]
    with pytest.raises(hoad.errors.MissingRuleError, match="no derivative") as error:
        operator(lambda x: np.sum(np.asarray(f(x))))(np.asarray(x))
    text = str(error.value)
    assert name.split("(")[0] in text
    assert " has" in text.split("no derivative", 1)[1]


@pytest.mark.sweep
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_runs_on_plain_data_within_a_derivative_of_others(name: str) -> None:
    f, x = REFUSED[name]
    size = lambda: float(np.asarray(f(np.asarray(x)), dtype=object).size)
    assert hoad.derivative(lambda s: s * size(), 1.0) == size()
