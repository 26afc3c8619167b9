"""What is stated to be constant is constant: by differences, for every function, argument and keyword.

A derivative that is stated as 0 by mistake is the quietest of errors, since nothing looks wrong about it. So
the functions declared constant, the partials that are 0, and all keywords that take numbers are differenced
at generic points, at points where the first argument is 0, and at complex ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import rule_points
import scipy.special  # noqa: F401  (enters its rules)
from versions import of_numpy

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.statements import Constant, Primitive, Scalar

X = np.array([0.37, -1.21, 2.63])
Y = np.array([0.71, 1.37, -0.93])
W = np.array([0.25, 1.5, 2.0])
Z = X + 1j * Y
STEP = 1e-6
POINTS = ((X, Y), (np.abs(X), np.abs(Y)), (0 * X, Y), (Z, Z[::-1]))


def numbers(out: Any) -> list[Any]:
    """The floating-point arrays in a value: integers, bools and texts have no derivative."""
    if isinstance(out, (tuple, list)):
        return [leaf for part in out for leaf in numbers(part)]
    a = np.asarray(out)
    return [a] if a.dtype.kind in "fc" else []


def change(f: Callable[..., Any], args: tuple[Any, ...], i: int, d: complex) -> float:
    """The largest central difference of a function's numbers, when its i-th argument moves along ``d``."""
    sides = [numbers(f(*args[:i], args[i] + s * d * STEP, *args[i + 1 :])) for s in (-1, 1)]
    found = [np.max(np.abs(b - a), initial=0) if a.size else 0.0 for a, b in zip(*sides, strict=True)]
    return float(max(found, default=0.0)) / (2 * STEP)


def movable(args: tuple[Any, ...]) -> Iterator[tuple[int, complex]]:
    """Which arguments can move, and along what; a zero is a kink, at which only the others move."""
    for i, a in enumerate(args):
        kind = np.asarray(a).dtype.kind
        if kind in "fc" and np.any(a):
            yield from ((i, d) for d in ((1.0, 1j) if kind == "c" else (1.0,)))


def takes(f: Any, args: tuple[Any, ...]) -> bool:
    """Tell whether NumPy has the function for arguments of these types."""
    try:
        f(*args)
    except TypeError:
        return False
    return True


def partials(rule: Scalar, args: tuple[Any, ...], out: Any) -> tuple[Any, ...]:
    """The partials at a point; none where the rule has them for real numbers only, which is no silence."""
    try:
        return rule.partials_at(args, out)
    except TypeError:
        return ()


def points_of(f: Any) -> list[tuple[Any, ...]]:
    """Arguments for a function declared constant."""
    if isinstance(f, np.ufunc):
        return [point[: f.nin] for point in POINTS if takes(f, point[: f.nin])]
    table = rule_points.CONSTANTS.get(f)
    return [tuple(a + 0.013 if np.asarray(a).dtype.kind in "fc" else a for a in table)] if table else []


@pytest.mark.parametrize("f", [f for f, rule in RULES.items() if isinstance(rule, Constant)])
@pytest.mark.filterwarnings("ignore")
def test_functions_that_are_stated_constant(f: Any) -> None:
    for args in points_of(f):
        for i, d in movable(args):
            assert change(f, args, i, d) < 1e-6, f"{f} is not constant in argument {i} at {args}"


@pytest.mark.parametrize("f", [f for f, rule in RULES.items() if isinstance(rule, Scalar) and rule.arity < 3])
def test_partials_that_are_stated_zero(f: Any) -> None:
    for point in POINTS:
        args = point[: RULES[f].arity]
        with np.errstate(all="ignore"):
            if not (takes(f, args) and np.all(np.isfinite(f(*args)))):
                continue
            for i, p in enumerate(partials(RULES[f], args, f(*args))):
                if not np.any(p) and np.any(args[i]):
                    assert change(f, args, i, 1.0) < 1e-6, f"{f} is not constant in argument {i} at {args}"


# ------------------------------------------------------------------------------------------------------------
# Keywords that take numbers
# ------------------------------------------------------------------------------------------------------------

NUMBERS = {
    "a_max", "a_min", "append", "aweights", "base", "bins", "choicelist", "choices", "correction", "ddof",
    "default", "dx", "fill_value", "fp", "initial", "k", "left", "mean", "nan", "neginf", "period",
    "posinf", "prepend", "q", "right", "to_begin", "to_end", "v", "val", "vals", "values", "varargs", "w",
    "weights", "xp",
}  # fmt: skip
POSITIONS = {np.diag, np.diagflat, np.tril, np.triu, np.rot90, np.atleast_1d, np.round}  # where k is one
SORTED = np.array([-1.5, 0.1, 2.75])
HOLES = np.array([np.nan, 1.0, 2.5, 0.5])


def in_place(write: Callable[[Any, Any], None]) -> Callable[[Any], Any]:
    """A program that writes into an array."""

    def run(p: Any) -> Any:
        y = np.zeros_like(p, shape=(3, 3)) + 1.0
        write(y, p)
        return y

    return run


# By function and keyword: a program of the keyword, which is a number p or the array p * W.
KEYWORDS: dict[tuple[Any, str], Callable[[Any], Any]] = {
    (np.clip, "a_min"): lambda p: np.clip(X, p, 2.0),
    (np.clip, "a_max"): lambda p: np.clip(X, None, p * W),
    (np.diff, "append"): lambda p: np.diff(X, append=p * W),
    (np.diff, "prepend"): lambda p: np.diff(X, prepend=p),
    (np.cov, "aweights"): lambda p: np.cov(np.stack([X, Y**2]), aweights=p * W),
    (np.cov, "ddof"): lambda p: np.cov(p * X, ddof=0),
    (np.logspace, "base"): lambda p: np.logspace(0.3, 1.2, 4, base=p),
    (np.histogram, "bins"): lambda p: np.histogram(X, p * SORTED, density=True),
    (np.histogram, "weights"): lambda p: np.histogram(X, SORTED, weights=p * W)[0],
    (np.histogram2d, "bins"): lambda p: np.histogram2d(X, Y, p * SORTED, density=True)[0],
    (np.histogram2d, "weights"): lambda p: np.histogram2d(X, Y, 2, weights=p * W)[0],
    (np.histogramdd, "bins"): lambda p: np.histogramdd(np.stack([X, Y], 1), [p * SORTED, 2], density=True)[0],
    (np.histogramdd, "weights"): lambda p: np.histogramdd(np.stack([X, Y], 1), 2, weights=p * W)[0],
    (np.histogram_bin_edges, "bins"): lambda p: np.histogram_bin_edges(X, p * SORTED),
    (np.histogram_bin_edges, "weights"): lambda p: np.histogram_bin_edges(p * X, 3, weights=W),
    (np.bincount, "weights"): lambda p: np.bincount([0, 2, 2], p * W),
    (np.average, "weights"): lambda p: np.average(X, weights=p + W),
    (np.quantile, "weights"): lambda p: np.quantile(p * X, 0.4, weights=p + W, method="inverted_cdf"),
    (np.quantile, "q"): lambda p: np.quantile(X, p * W / 3),
    (np.percentile, "q"): lambda p: np.percentile(X, 20 * p, method="hazen"),
    (np.nanquantile, "q"): lambda p: np.nanquantile(HOLES, p * W / 3),
    (np.nanpercentile, "q"): lambda p: np.nanpercentile(HOLES, 20 * p),
    (np.select, "choicelist"): lambda p: np.select([X > 0, X > -1], [p * W, p]),
    (np.select, "default"): lambda p: np.select([X > 0], [X], p * W),
    (np.where, "choices"): lambda p: np.where(X > 0, p * W, p),
    (np.choose, "choices"): lambda p: np.choose([0, 1, 1], [p * W, X]),
    (np.var, "correction"): lambda p: np.var(X + 0 * p, correction=p),
    (np.nanvar, "correction"): lambda p: np.nanvar(HOLES + 0 * p, correction=p),
    (np.nanstd, "correction"): lambda p: np.nanstd(HOLES + 0 * p, correction=p),
    (np.var, "ddof"): lambda p: np.var(X + 0 * p, ddof=p),
    (np.std, "ddof"): lambda p: np.std(X + 0 * p, ddof=p),
    (np.nanvar, "ddof"): lambda p: np.nanvar(HOLES + 0 * p, ddof=p),
    (np.nanstd, "ddof"): lambda p: np.nanstd(HOLES + 0 * p, ddof=p),
    (np.var, "mean"): lambda p: np.var(X + 0 * p, mean=p),
    (np.std, "correction"): lambda p: np.std(X + 0 * p, correction=p),
    (np.std, "mean"): lambda p: np.std(X + 0 * p, mean=p),
    (np.nanvar, "mean"): lambda p: np.nanvar(HOLES + 0 * p, mean=p),
    (np.nanstd, "mean"): lambda p: np.nanstd(HOLES + 0 * p, mean=p),
    (np.percentile, "weights"): lambda p: np.percentile(p * X, 40, weights=p + W, method="inverted_cdf"),
    (np.nanquantile, "weights"): lambda p: np.nanquantile(
        p * HOLES, 0.4, weights=p + np.arange(4), method="inverted_cdf"
    ),
    (np.nanpercentile, "weights"): lambda p: np.nanpercentile(
        p * HOLES, 40, weights=p + np.arange(4), method="inverted_cdf"
    ),
    **{(f, "dx"): lambda p, f=f: f(X + 0 * p, dx=p) for f in of_numpy("trapezoid", "trapz")},
    (np.full_like, "fill_value"): lambda p: np.full_like(p * W, p),
    (np.full, "fill_value"): lambda p: np.full(3, p * W, like=p * W),
    (np.interp, "fp"): lambda p: np.interp(X, SORTED, p * W),
    (np.interp, "xp"): lambda p: np.interp(X, p * SORTED, W),
    (np.interp, "left"): lambda p: np.interp(3 * X, SORTED + 0 * p, W, left=p),
    (np.interp, "right"): lambda p: np.interp(3 * X, SORTED + 0 * p, W, right=p),
    (np.interp, "period"): lambda p: np.interp(X + 0.3, SORTED + 0 * p, W, period=4.6 * p),
    (np.unwrap, "period"): lambda p: np.unwrap(X * 4 + 0 * p, period=4.1 * p),
    (np.polyint, "k"): lambda p: np.polyint(X + 0 * p, 2, k=p * W[:2]),
    (np.nan_to_num, "nan"): lambda p: np.nan_to_num(HOLES + 0 * p, nan=p),
    (np.nan_to_num, "posinf"): lambda p: np.nan_to_num(np.array([np.inf, 1.0]) + 0 * p, posinf=p),
    (np.nan_to_num, "neginf"): lambda p: np.nan_to_num(np.array([-np.inf, 1.0]) + 0 * p, neginf=p),
    (np.ediff1d, "to_begin"): lambda p: np.ediff1d(X, to_begin=p * W),
    (np.ediff1d, "to_end"): lambda p: np.ediff1d(X, to_end=p),
    (np.append, "values"): lambda p: np.append(X, p * W),
    (np.insert, "values"): lambda p: np.insert(X, 1, p * W),
    (np.gradient, "varargs"): lambda p: np.gradient(X, p),
    (np.polyfit, "w"): lambda p: np.polyfit(np.arange(4.0), HOLES[[1, 2, 3, 1]], 1, w=np.arange(4.0) + p),
    (np.convolve, "v"): lambda p: np.convolve(X, p * W),
    (np.correlate, "v"): lambda p: np.correlate(X, p * W, "full"),
    (np.diag, "v"): lambda p: np.diag(p * W),
    (np.diagflat, "v"): lambda p: np.diagflat(p * W),
    (np.polydiv, "v"): lambda p: np.polydiv(X, p * W[:2]),
    (np.put, "v"): in_place(lambda y, p: np.put(y, [0, 4], p * W[:2])),
    (np.putmask, "values"): in_place(lambda y, p: np.putmask(y, np.eye(3) > 0, p * W)),
    (np.place, "vals"): in_place(lambda y, p: np.place(y, np.eye(3) > 0, p * W)),
    (np.put_along_axis, "values"): in_place(lambda y, p: np.put_along_axis(y, np.array([[0, 2]]), p, 1)),
    (np.fill_diagonal, "val"): in_place(lambda y, p: np.fill_diagonal(y, p * W)),
    (np.real, "val"): lambda p: np.real(p * Z),
    (np.imag, "val"): lambda p: np.imag(p * Z),
    **{(f, "initial"): (lambda p, f=f: f(np.array([[0.5, 2.0], [0.7, 3.0]]) + 0 * p, axis=0, initial=p))
       for f in (np.sum, np.prod, np.max, np.min, np.amax, np.amin,
                 np.nansum, np.nanprod, np.nanmax, np.nanmin)},
}  # fmt: skip
SEEN = list(KEYWORDS)


def taken(f: Any) -> set[str]:
    """The keywords of a composite that take numbers; what it calls ``k`` is mostly a position."""
    rule = RULES[f]
    if isinstance(rule, Primitive) or f in POSITIONS:
        return set()
    return set(inspect.signature(rule).parameters) & NUMBERS


def test_every_keyword_has_a_program() -> None:
    missing = {(f.__name__, name) for f in RULES for name in taken(f) if (f, name) not in KEYWORDS}
    assert not missing, f"enter programs for them in KEYWORDS: {sorted(missing)}"


@pytest.mark.parametrize(("f", "name"), SEEN, ids=[f"{f.__name__}-{name}" for f, name in SEEN])
def test_keywords_that_take_numbers(f: Any, name: str) -> None:
    """The value is NumPy's, the derivative that of differences, in both modes."""
    program, at = KEYWORDS[f, name], 1.0713

    def flat(p: Any) -> Any:
        found = program(p)
        parts = found if isinstance(found, (tuple, list)) else [found]
        return np.concatenate([np.ravel(part) for part in parts])

    right = (flat(at + STEP) - flat(at - STEP)) / (2 * STEP)
    value, forward = hoad.jvp(flat, (at,), (1.0,))
    np.testing.assert_allclose(value, flat(at), rtol=1e-13)
    np.testing.assert_allclose(forward, right, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(hoad.jacobian(flat, at, mode="reverse"), forward, rtol=1e-12, atol=1e-13)
    assert np.any(forward), "a program that does not depend on its keyword tests nothing"
