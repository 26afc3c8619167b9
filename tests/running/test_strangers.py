"""Errors of NumPy, SciPy and Python's own modules that met a traced value: an error of hoad's names what was
called and the line, and what it says to write is right.
"""

from __future__ import annotations

import datetime
import decimal
import fractions
import importlib
import json
import re
import statistics
import struct
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.ndimage
import scipy.optimize
import scipy.signal
import scipy.sparse
import scipy.spatial.distance
import scipy.special
import scipy.stats

import hoad
import hoad.numpy as hnp
from hoad.errors import HoadError, MissingRuleError, SwallowedError

pytestmark = pytest.mark.as_written

X = np.array([0.5, 1.25, 2.0])
S = scipy.sparse.csr_matrix(np.array([[1.0, 2.0, 0.0], [0.0, 3.0, 1.0]]))
FRAME = pd.DataFrame(S.toarray())


def objects(*rows: Any) -> Any:
    """An array of objects, as code makes it that hoad does not reach."""
    made = np.empty(np.shape(rows), dtype=object)
    for k, row in enumerate(rows):
        made[k] = row
    return made


def vector(x: Any) -> Any:
    return objects(x[0], x[1], x[2])


def matrix(x: Any) -> Any:
    return objects([x[0] + 3, x[1]], [x[1], x[2] + 3])


def dense(x: Any) -> Any:
    return np.stack([np.stack([x[0] + 3, x[1]]), np.stack([x[1], x[2] + 3])])


B = np.array([1.0, 2.0])
ENDS = np.array([[0.0, 0.5], [1.0, 0.25]])
# What a program calls, what the message names, and what it says to write in its place.
CALLS: dict[str, tuple[Any, str, Any]] = {
    "solve of objects": (
        lambda x: np.sum(np.linalg.solve(matrix(x), B)), r"np\.linalg\.solve .*np\.stack",
        lambda x: np.sum(np.linalg.solve(dense(x), B)),
    ),
    "inv of objects": (
        lambda x: np.sum(np.linalg.inv(matrix(x))), r"np\.linalg\.inv .*hoad\.numpy",
        lambda x: np.sum(np.linalg.inv(hnp.array([[x[0] + 3, x[1]], [x[1], x[2] + 3]]))),
    ),
    "isnan of objects": (
        lambda x: np.sum(np.where(np.isnan(vector(x)), 0.0, x)), r"np\.isnan .*np\.stack",
        lambda x: np.sum(np.where(np.isnan(np.stack([x[0], x[1], x[2]])), 0.0, x)),
    ),
    "hypot of objects": (
        lambda x: np.sum(np.hypot(vector(x), 1.0)), r"'hypot'.*np\.stack",
        lambda x: np.sum(np.hypot(np.stack([x[0], x[1], x[2]]), 1.0)),
    ),
    "cov of objects": (
        lambda x: np.cov(vector(x)), r"np\.cov .*np\.stack", lambda x: np.cov(np.stack([x[0], x[1], x[2]])),
    ),
    "fft of objects": (
        lambda x: np.sum(np.fft.fft(vector(x)).real), r"np\.fft\.fft .*np\.stack",
        lambda x: np.sum(np.fft.fft(np.stack([x[0], x[1], x[2]])).real),
    ),
    "erf of objects": (
        lambda x: np.sum(scipy.special.erf(vector(x))), r"'erf'.*np\.stack",
        lambda x: np.sum(scipy.special.erf(np.stack([x[0], x[1], x[2]]))),
    ),
    "scipy.linalg.solve": (
        lambda x: np.sum(scipy.linalg.solve(dense(x), B)), r"np\.linalg\.solve\(a, b\)",
        lambda x: np.sum(np.linalg.solve(dense(x), B)),
    ),
    "scipy.linalg.inv": (
        lambda x: np.sum(scipy.linalg.inv(dense(x))), r"np\.linalg\.inv\(a\)",
        lambda x: np.sum(np.linalg.inv(dense(x))),
    ),
    "scipy.linalg.det": (
        lambda x: scipy.linalg.det(dense(x)), r"np\.linalg\.det\(a\)", lambda x: np.linalg.det(dense(x)),
    ),
    "scipy.fft.fft": (
        lambda x: np.sum(scipy.fft.fft(x).real), r"scipy\.fft\.fft .*np\.fft has",
        lambda x: np.sum(np.fft.fft(x).real),
    ),
    "scipy.signal.fftconvolve": (
        lambda x: scipy.signal.fftconvolve(x, B)[1], r"np\.convolve\(x, y, mode\)",
        lambda x: np.convolve(x, B, "full")[1],
    ),
    "scipy.spatial.distance.cdist": (
        lambda x: np.sum(scipy.spatial.distance.cdist(np.stack([x[:2]]), ENDS)), r"np\.linalg\.norm\(a\[:, ",
        lambda x: np.sum(np.linalg.norm(np.stack([x[:2]])[:, None] - ENDS[None], axis=-1)),
    ),
    "a sparse product": (
        lambda x: np.sum((S @ x) ** 2), r"a\.toarray\(\) @ x", lambda x: np.sum((S.toarray() @ x) ** 2),
    ),
    "a sparse multiple": (
        lambda x: (S * x[0]).sum(), r"write a\.toarray\(\)", lambda x: np.sum(S.toarray() * x[0]),
    ),
    "interp1d": (
        lambda x: scipy.interpolate.interp1d([0.0, 1.0, 2.0], x)(0.5), r"np\.interp\(t, x, y\)",
        lambda x: np.interp(0.5, [0.0, 1.0, 2.0], x),
    ),
    "solve_ivp": (
        lambda x: scipy.integrate.solve_ivp(lambda t, y: -x[0] * y, (0, 1), [1.0], rtol=1e-8).y[0, -1],
        r"hoad\.solve_ivp\(f, times, y0, p\)",
        lambda x: hoad.solve_ivp(
            lambda t, y, p: -p[0] * y, np.array([0.0, 1.0]), np.ones(1), x, rtol=1e-9, atol=1e-9
        )[-1, 0],
    ),
    "least squares": (
        lambda x: scipy.optimize.root(lambda t: t**2 - x[0], 1.0).x[0], r"hoad\.root\(f, guess, p\)",
        lambda x: hoad.root(lambda t, p: t**2 - p[0], np.ones(1), x)[0],
    ),
    "norm": (
        lambda x: scipy.stats.norm.cdf(x[0]), r"scipy\.stats\.norm.*scipy\.special\.ndtr",
        lambda x: scipy.special.ndtr((x[0] - 0.0) / 1.0),
    ),
    "statistics": (
        lambda x: statistics.variance([v for v in x]), r"statistics\.variance .*np\.std\(x, ddof=1\)",
        lambda x: np.std(x, ddof=1) ** 2,
    ),
    "pandas": (
        lambda x: (FRAME @ x).mean(), r"a\.to_numpy\(\) @ p", lambda x: (FRAME.to_numpy() @ x).mean(),
    ),
}  # fmt: skip


def differences(f: Any) -> Any:
    h = 1e-5
    return np.array([(f(X + h * e) - f(X - h * e)) / (2 * h) for e in np.eye(3)])


@pytest.mark.parametrize("name", CALLS)
def test_the_message_helps(name: str) -> None:
    call, words, instead = CALLS[name]
    plain = differences(instead)
    np.testing.assert_allclose(hoad.grad(instead, X), plain, rtol=1e-4, atol=1e-7)
    for run in (hoad.grad, lambda f, x: hoad.jacobian(f, x, mode="forward"), hoad.hessian):
        try:
            found = run(call, X)
        except HoadError as error:
            assert error.place is not None and error.place[0] == __file__, name
            assert re.search(words, str(error)), error
        else:
            assert np.shape(found) == (3, 3) or np.allclose(found, plain, rtol=1e-4)


OTHERS = {
    "struct": lambda x: struct.pack("d", x[0]),
    "json": lambda x: json.dumps(list(x)),
    "Decimal": lambda x: decimal.Decimal(x[0]),
    "Fraction": lambda x: fractions.Fraction(x[0]),
    "timedelta": lambda x: datetime.timedelta(seconds=x[0]),
    "normal": lambda x: np.random.default_rng(0).normal(x[0]),
    "lfilter": lambda x: scipy.signal.lfilter([x[0]], [1.0, 0.5], np.ones(4)),
    "gaussian_filter": lambda x: scipy.ndimage.gaussian_filter(x, 1.0),
    "CubicSpline": lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], x)(0.5),
    "CubicSpline at a point": lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], [1.0, 2.0, 0.0])(x[0]),
    "CubicSpline, compiled": lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0, 3.0, 4.0], [*x, *x[:2]])(
        0.5
    ),
    "quad": lambda x: scipy.integrate.quad(lambda t: x[0] * t, 0, 1)[0],
    "curve_fit": lambda x: scipy.optimize.curve_fit(lambda t, a: a * t, np.ones(3), x)[0][0],
    "brentq": lambda x: scipy.optimize.brentq(lambda t: t - x[0], -3, 3),
    "diags": lambda x: scipy.sparse.diags(x),
    "csr_matrix": lambda x: scipy.sparse.csr_matrix((x, ([0, 1, 2], [0, 1, 2])), (3, 3)),
    "expm": lambda x: scipy.linalg.expm(dense(x)),
    "voigt": lambda x: scipy.special.voigt_profile(0.1, x[0], x[1]),
    "an array of floats": lambda x: np.array([x[0], x[1]], dtype=float).sum(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_every_error_is_hoads_and_has_the_line(name: str) -> None:
    def f(x: Any) -> Any:
        OTHERS[name](x)
        return np.sum(x)

    for run in (hoad.grad, lambda f, x: hoad.jvp(f, (x,), (x,)), hoad.hessian):
        try:
            run(f, X)  # it may be followed some day
        except HoadError as error:
            assert "test_strangers.py" in str(error), error


# ------------------------------------------------------------------------------------------------------------
# Errors that stay what they are
# ------------------------------------------------------------------------------------------------------------


class Own(TypeError):
    pass


def raises_its_own(x: Any) -> Any:
    raise Own("loop of ufunc does not support argument 0 of dtype object, Tracer")


def raises_from(x: Any) -> Any:
    try:
        x[0].__float__()
    except TypeError as error:
        raise Own("mine") from error


STAYING = {
    "the program's own": (raises_its_own, Own),
    "the program's own from hoad's": (raises_from, Own),
    "of shapes": (lambda x: x + np.ones(4), ValueError),
    "of a place": (lambda x: x[9], IndexError),
    "of an attribute": (lambda x: x.nothing, AttributeError),
    "of a key": (lambda x: {}["a"], KeyError),
    "of a name": (lambda x: undefined, NameError),  # noqa: F821
    "of a singular matrix": (lambda x: np.linalg.inv(np.outer(x, np.zeros(3))), np.linalg.LinAlgError),
    "of SciPy, of plain numbers": (lambda x: x * scipy.linalg.solve(np.eye(2), np.ones(3)), ValueError),
    "of a call": (lambda x: np.sin(), TypeError),
}


@pytest.mark.parametrize("name", STAYING)
def test_errors_that_have_nothing_to_do_with_it(name: str) -> None:
    f, kind = STAYING[name]
    for run in (hoad.grad, hoad.hessian, lambda f, x: hoad.jvp(f, (x,), (x,))):
        with pytest.raises(kind) as caught:
            run(f, X)
        assert not isinstance(caught.value, HoadError)


def test_an_outer_value_in_an_inner_derivative() -> None:
    """The inner derivative ends with an error that the program may catch; the outer one knows of it."""

    def f(x: Any) -> Any:
        try:
            return hoad.grad(lambda y: y * scipy.linalg.det(dense(x)), 1.0)
        except (HoadError, TypeError, ValueError):
            return x[0]

    with pytest.raises(SwallowedError):
        hoad.grad(f, X)


PACKAGE = """import numpy as np
import scipy.sparse

DATA = np.ones(3)

def rate(x):
    a = DATA * 2
    a[0] = x[0]
    return a.sum()

def refused(x):
    return scipy.sparse.csr_matrix((x, ([0, 1, 2], [0, 1, 2]))).todense()
"""


def test_the_line_of_a_package_is_told(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "site-packages"
    folder.mkdir()
    (folder / "kinetics_of_a_package.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(folder))
    package = importlib.import_module("kinetics_of_a_package")
    f = lambda x: package.rate(x) ** 2
    line = r"\(at test_strangers\.py.*, in kinetics_of_a_package\.py:{}: {}\)"
    with pytest.raises(HoadError, match=line.format(8, re.escape("a[0] = x[0]"))):
        hoad.grad(f)(X)
    with pytest.raises(MissingRuleError, match=line.format(12, ".*todense.*")):
        hoad.grad(lambda x: package.refused(x))(X)
