"""Regression: a loss that logs, prints, formats and asserts as it goes."""

import io
import logging
import math
import sys

import numpy as np

log = logging.getLogger(__name__)
X = np.array([0.0, 0.5, 1.0, 1.5, 2.0])
Y = np.array([1.1, 1.9, 3.2, 5.0, 8.1])


class Best:
    value = math.inf
    at = None


def model(p, x):
    assert len(p) == 3 and x.ndim == 1, f"{p!r} of {x.shape}"
    return p[0] * np.exp(p[1] * x) + p[2]


def report(loss, p, file):
    print(f"{loss:8.4f} at", *[f"{v:.3g}" for v in p], sep="\t", file=file)
    file.write("%.2e and {:>10}\n".format(str(loss)) % loss)
    log.debug("loss %s for %r", loss, p)
    if log.isEnabledFor(logging.DEBUG):
        sys.stderr.write(repr(p))


def loss(p):
    out = io.StringIO()
    residual = model(p, X) - Y
    np.testing.assert_equal(residual.shape, (5,))
    value = np.mean(residual**2) if not np.isnan(residual).any() else np.inf
    report(value, p, out)
    assert np.isclose(value, float(np.dot(residual, residual)) / 5)
    np.testing.assert_allclose(value, np.var(residual) + residual.mean() ** 2, rtol=1e-10)
    assert math.isclose(value, np.linalg.norm(residual) ** 2 / 5) and "at" in out.getvalue()
    if value < Best.value:
        Best.value, Best.at = float(value), [round(float(v), 3) for v in p]
    Best.value, Best.at = math.inf, None
    return value + 0.1 * np.sum(np.abs(p))
