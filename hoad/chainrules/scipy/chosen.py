"""Fits of ``scipy.interpolate`` that choose knots or terms by the data, up to a tolerance: they are refused
by name, with what to use.
"""

from __future__ import annotations

from typing import Any

from scipy import interpolate
from scipy.interpolate import AAA, LSQBivariateSpline, RectBivariateSpline, _fitpack_repro

from ...errors import MissingRuleError
from ...nested import refused
from ...values.captures import traced_in
from .plain import compiled

ANGLES = "of the angles"
INSTEAD = {
    interpolate.bisplrep: ("bisplrep", LSQBivariateSpline.__name__),
    interpolate.SmoothBivariateSpline.__init__: ("SmoothBivariateSpline", LSQBivariateSpline.__name__),
    interpolate.SmoothSphereBivariateSpline.__init__: (
        "SmoothSphereBivariateSpline",
        f"{LSQBivariateSpline.__name__} {ANGLES}",
    ),
    interpolate.LSQSphereBivariateSpline.__init__: (
        "LSQSphereBivariateSpline",
        f"{LSQBivariateSpline.__name__} {ANGLES}",
    ),
    interpolate.RectSphereBivariateSpline.__init__: (
        "RectSphereBivariateSpline",
        f"{RectBivariateSpline.__name__} {ANGLES}",
    ),
    _fitpack_repro._make_splrep_impl: (
        "make_splrep (or make_splprep) with s > 0",
        "s=0, or make_lsq_spline,",
    ),
    _fitpack_repro._generate_knots_impl: (
        "generate_knots with s > 0",
        "make_smoothing_spline(x, y, lam=0.1)",
    ),
    AAA.__init__: ("AAA", "FloaterHormannInterpolator"),
}


def refuse(function: Any, name: str, instead: str) -> None:
    """A fit that does not follow its data smoothly."""

    def refuses(*args: Any, **kwargs: Any) -> Any:
        message = (
            f"interpolate.{name} has no derivative in its data, by which it chooses its knots or terms: "
            f"{instead} has"
        )
        raise refused(MissingRuleError(message), *traced_in((args, kwargs)))

    compiled(function)(refuses)


for _function, (_name, _instead) in INSTEAD.items():
    refuse(_function, _name, _instead)
