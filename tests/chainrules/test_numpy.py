"""All of NumPy is accounted for: each public function has a rule, or a reason why it has none."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy
import scipy.fft
from numpy_coverage import PAGE, public
from test_adjoints import CREATORS, QUESTIONS

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.numpy.without import WITHOUT
from hoad.errors import MissingRuleError

NAMES = public()


@pytest.mark.parametrize("name", NAMES)
def test_every_function_is_accounted_for(name) -> None:
    function = NAMES[name]
    places = [function in RULES, name in WITHOUT]
    assert any(places), f"{name} is new: state a rule, or enter it in hoad/chainrules/without.py"
    assert not all(places), f"{name} has a rule, and is listed as without one"


def test_every_reason_is_of_a_function_that_is_there() -> None:
    gone = {"row_stack"}  # until NumPy 2.5
    assert set(WITHOUT) <= set(NAMES) | gone


def test_every_ufunc_is_there() -> None:
    ufuncs = [f for f in NAMES.values() if isinstance(f, np.ufunc)]
    assert len(ufuncs) >= 100
    assert all(f in RULES for f in ufuncs)


def test_the_page_lists_every_function() -> None:
    text = PAGE.read_text(encoding="utf-8")
    gone = {"in1d", "trapz"}  # of NumPy before 2.4
    assert [name for name in NAMES if f"`{name}`" not in text and name not in gone] == [], "make coverage"


def test_the_message_gives_the_reason() -> None:
    with pytest.raises(MissingRuleError, match=r"numpy\.savetxt has no derivative.*files and text"):
        hoad.grad(lambda x: np.savetxt("x.txt", x) or x, np.ones(2))
    assert QUESTIONS and CREATORS


def test_samples_are_constants() -> None:
    """Reparameterised: the sample is drawn first, and the parameters do something to it."""

    def mean_energy(p):
        rng = np.random.default_rng(0)
        return np.mean((p[0] + p[1] * rng.normal(size=1000)) ** 2)

    p = np.array([1.0, 0.5])
    z = np.random.default_rng(0).normal(size=1000)
    exact = [np.mean(2 * (1 + 0.5 * z)), np.mean(2 * (1 + 0.5 * z) * z)]
    np.testing.assert_allclose(hoad.grad(mean_energy, p), exact, rtol=1e-13)
    with pytest.raises(hoad.errors.EscapeError):
        hoad.grad(lambda x: np.random.default_rng(0).normal(x), 1.0)


def test_ufunc_methods() -> None:
    """reduce, accumulate, outer, reduceat, at; with where=, out=, initial=."""
    x = np.array([1.0, 2.0, 4.0, 3.0])
    w = np.arange(1.0, 5.0)
    cases = [
        (lambda x: np.sum(np.add.accumulate(x) * w), lambda x: np.cumsum(w[::-1])[::-1]),
        (lambda x: np.multiply.reduce(x), lambda x: np.prod(x) / x),
        (lambda x: np.sum(np.multiply.outer(x, x)), lambda x: np.full(4, 2 * x.sum())),
        (
            lambda x: np.sum(np.add.reduceat(x, [0, 2]) ** 2),
            lambda x: 2 * np.repeat([x[:2].sum(), x[2:].sum()], 2),
        ),
        (lambda x: np.add.reduce(x, where=w > 2, initial=5.0), lambda x: (w > 2) * 1.0),
        (lambda x: np.maximum.reduce(x), lambda x: np.array([0.0, 0.0, 1.0, 0.0])),
        (lambda x: np.sum(np.sin(x, where=w > 2, out=np.zeros_like(x))), lambda x: np.cos(x) * (w > 2)),
        (lambda x: np.logaddexp.reduce(x), lambda x: np.exp(x) / np.sum(np.exp(x))),
    ]

    def at(x):
        y = x * 1
        np.add.at(y, [0, 0, 2], x[:3] ** 2)
        return np.sum(y * w)

    cases.append((at, lambda x: w + np.array([w[0] * 2 * x[0], w[0] * 2 * x[1], w[2] * 2 * x[2], 0.0])))

    def multiplied(x):
        y = x * 1
        np.multiply.at(y, [1, 0, 1, 1], x)  # y1 x0 x2 x3, y0 x1
        np.square.at(y, [3])
        return np.sum(y)

    product = lambda x: np.array(
        [x[1] + x[1] * x[2] * x[3], x[0] + x[0] * x[2] * x[3], 1 + x[0] * x[1] * x[3], 0.0]
    )
    last = lambda x: np.array([0.0, 0.0, 0.0, x[0] * x[1] * x[2] + 2 * x[3]])
    cases.append((multiplied, lambda x: product(x) + last(x)))
    for f, exact in cases:
        for mode in ("forward", "reverse"):
            np.testing.assert_allclose(hoad.jacobian(f, x, mode=mode), exact(x), rtol=1e-13)


def test_kinds_of_arrays() -> None:
    """Any layout and precision, the same out; what means something else is refused, with what to pass."""
    f = lambda x: np.sum(x * x)
    for x in (
        np.arange(6.0)[::-2],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(24.0).reshape(2, 3, 4)[:, 1],
        np.broadcast_to(np.arange(3.0), (2, 3)),
        np.zeros((0, 3)),
        np.array(2.0),
        *[np.array([1.0, 2.0], dtype=kind) for kind in (np.float16, np.float32, np.longdouble)],
    ):
        locked = x.copy() if x.flags.writeable else x
        locked.flags.writeable = False
        for mode in ("forward", "reverse"):
            g = hoad.jacobian(f, locked, mode=mode)
            np.testing.assert_array_equal(g, 2 * x)
            assert np.result_type(g) == x.dtype
    assert hoad.grad(f, np.array([1, 2])).tolist() == [2.0, 4.0]
    assert hoad.grad(f, np.array([True, False])).tolist() == [2.0, 0.0]
    assert hoad.grad(lambda z: np.sum(np.abs(z) ** 2), np.array([1 + 2j], np.complex64)).dtype == np.complex64
    for wrong, mend in (
        (np.matrix([[1.0]]), r"np\.asarray"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), r"filled"),
    ):
        with pytest.raises(hoad.errors.NotDifferentiableError, match=mend):
            hoad.grad(f, wrong)


def test_the_backend_of_scipy_fft() -> None:
    x = np.linspace(0.1, 1.0, 6)
    for name in ("fft", "rfft", "ifft", "hfft", "fftn", "rfft2"):
        own, theirs = getattr(np.fft, name), getattr(scipy.fft, name)
        point = x.reshape(2, 3) if name.endswith(("n", "2")) else x
        with scipy.fft.set_backend(hoad.fft_backend):
            got = hoad.grad(lambda x, f=theirs: np.sum(np.abs(f(x, workers=1)) ** 3), point)
        right = hoad.grad(lambda x, f=own: np.sum(np.abs(f(x)) ** 3), point)
        np.testing.assert_allclose(got, right, rtol=1e-13)


SCIPY = """
import numpy as np, hoad
import scipy.special, scipy.integrate, scipy.stats, scipy.fft, scipy.signal, scipy.linalg
x = np.array([0.3, 0.7, 1.2])
cases = [
    scipy.special.logsumexp, lambda x: scipy.special.softmax(x)[0], lambda x: scipy.special.log_softmax(x)[0],
    lambda x: scipy.integrate.trapezoid(x**2), lambda x: scipy.integrate.simpson(x**2),
    lambda x: scipy.integrate.cumulative_trapezoid(x**2).sum(), lambda x: scipy.stats.zscore(x)[0],
    scipy.stats.gmean, scipy.stats.hmean, scipy.stats.skew, scipy.stats.kurtosis, scipy.stats.sem,
    lambda x: scipy.stats.moment(x, 3), lambda x: np.abs(scipy.fft.fft(x)).sum(),
    lambda x: np.abs(scipy.fft.rfft(x)).sum(), lambda x: scipy.signal.fftconvolve(x, x)[1],
    lambda x: np.abs(scipy.signal.hilbert(x)).sum(), scipy.linalg.norm,
]
h = 1e-6
for k, f in enumerate(cases):
    right = np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(3)])
    for mode in ("forward", "reverse"):
        got = hoad.jacobian(f, x, mode=mode)
        np.testing.assert_allclose(got, right, rtol=1e-6, atol=1e-8, err_msg=str(k))
print(len(cases))
"""


@pytest.mark.skipif(
    scipy.__version__ < "1.17", reason="the SciPy here does not ask arrays for their functions"
)
def test_the_array_api() -> None:
    """SciPy's own functions differentiate, where it asks the array for its functions."""
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    command = [sys.executable, "-W", "ignore", "-c", SCIPY]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "18", done.stderr[-2000:]
