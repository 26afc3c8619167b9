"""SciPy's functions of arrays on a device: by those that CuPy has, right at first and second order, unread;
what it has not is refused with its name and what there is.
"""

import itertools
import re

import numpy as np
import pytest
import scipy.fft
import scipy.linalg as sl
import scipy.special as sc
import scipy_linalg
from on_device import assert_same, from_device, to_device
from scipy import ndimage

import hoad
import hoad.scipy.linalg
import hoad.scipy.special
from hoad.chainrules.scipy.evaluation import piecewise
from hoad.errors import HoadError
from hoad.testing import cupy_facts as facts
from hoad.testing import device as cp

A = np.random.default_rng(1).normal(size=(3, 3)) * 0.4 + np.diag([1.0, 2.0, 3.0])
B, X = np.random.default_rng(2).normal(size=(3, 2)), np.random.default_rng(5).normal(size=(5, 4))
P = np.array([0.2, 0.5, 0.8])
sym = lambda a: a @ a.T + np.eye(3) if isinstance(hoad.primal(a), np.ndarray) else a @ a.T + cp.eye(3)

WAVES = "fft ifft rfft irfft hfft ihfft fftn ifftn fft2 rfftn irfftn dct idct dst idst dctn dstn fftshift"
FUNCTIONS = """
erf erfc erfinv erfcinv gammaln digamma psi gamma expit logit log_expit ndtr log_ndtr ndtri i0 i0e j0 y0 k0
entr expm1 log1p cbrt exp10 exp2 exp1 expi loggamma logsumexp softmax log_softmax sinc cosm1
"""
LINALG = {
    "solve": lambda a: sl.solve(a, a[:, :2]),
    "solve, positive": lambda a: sl.solve(sym(a), a, assume_a="pos"),
    "solve, triangular": lambda a: sl.solve(a, a[:, 0], assume_a="lower triangular"),
    "inv": lambda a: sl.inv(a),
    "det": lambda a: sl.det(a),
    "triangular": lambda a: sl.solve_triangular(a, a[:, :2], lower=True),
    "triangular, turned": lambda a: sl.solve_triangular(a, a[0], trans="T", unit_diagonal=True),
    "cholesky": lambda a: sl.cholesky(sym(a), lower=True),
    "cho": lambda a: sl.cho_solve(sl.cho_factor(sym(a)), a[0]),
    "cho, lower": lambda a: sl.cho_solve(sl.cho_factor(sym(a), lower=True), a),
    "lu": lambda a: sl.lu(a[::-1]),
    "lu, permuted": lambda a: sl.lu(a[::-1], permute_l=True),
    "lu_factor": lambda a: sl.lu_factor(a[::-1])[0],
    "lu_solve": lambda a: sl.lu_solve(sl.lu_factor(a[::-1]), a[0]),
    "expm": lambda a: sl.expm(a),
    "qr": lambda a: sl.qr(a)[1],
    "svdvals": lambda a: sl.svd(a)[1],
    "block_diag": lambda a: sl.block_diag(a, a),
    "toeplitz": lambda a: sl.toeplitz(a[0], a[1]),
}
FFT = {name: getattr(scipy.fft, name) for name in WAVES.split()} | {
    "dct 4": lambda x: scipy.fft.dct(x, 4, norm="ortho"),
    "dst 1": lambda x: scipy.fft.dst(x, 1, axis=0),
}
NDIMAGE = {
    "gaussian": lambda x: ndimage.gaussian_filter(x, 0.8),
    "gaussian1d": lambda x: ndimage.gaussian_filter1d(x, 1.1, axis=0, order=1, mode="wrap"),
    "correlate1d": lambda x: ndimage.correlate1d(x, np.array([1.0, 3.0, -2.0]), axis=1, mode="nearest"),
    "convolve": lambda x: ndimage.convolve(x, np.arange(6.0).reshape(2, 3), mode="mirror"),
    "correlate": lambda x: ndimage.correlate(x, np.arange(6.0).reshape(3, 2), mode="constant", cval=0.7),
    "sobel": lambda x: ndimage.sobel(x),
    "prewitt": lambda x: ndimage.prewitt(x, axis=0),
    "laplace": lambda x: ndimage.laplace(x),
    "gaussian_laplace": lambda x: ndimage.gaussian_laplace(x, 0.8),
    "magnitude": lambda x: ndimage.gaussian_gradient_magnitude(x, 1.0),
    "uniform": lambda x: ndimage.uniform_filter(x, 3),
    "maximum": lambda x: ndimage.maximum_filter(x, 3),
    "median": lambda x: ndimage.median_filter(x, 3),
}
SPECIAL = {name: getattr(sc, name) for name in FUNCTIONS.split() if hasattr(sc, name)} | {
    "xlogy": lambda x: sc.xlogy(x, x),
    "xlog1py": lambda x: sc.xlog1py(x, x),
    "rel_entr": lambda x: sc.rel_entr(x, 2 * x),
    "kl_div": lambda x: sc.kl_div(x, 2 * x),
    "huber": lambda x: sc.huber(0.5, x),
    "pseudo_huber": lambda x: sc.pseudo_huber(0.5, x),
    "beta": lambda x: sc.beta(x, 2 * x),
    "betaln": lambda x: sc.betaln(x, 2 * x),
}
EXTREMES = np.array([-3.7e12 - 0.5, -51.3, -0.6, -1.7e-8, 1.7e-8, 0.3, 0.77, 51.3, 2.1e5, 3.7e12])
POINTS = {"linalg": A, "fft": X, "ndimage": X, "special": P}
PROGRAMS = {"linalg": LINALG, "fft": FFT, "ndimage": NDIMAGE, "special": SPECIAL}
FIRST = {"i0", "i0e", "j0", "y0", "k0"}  # whose second derivative asks for what CuPy has not
# Series of as many terms as the largest parameter asks for, which is read.
BY_TERMS = {
    0: "betainc betaincinv chdtr chdtrc chdtri fdtr fdtrc fdtri gammainc gammaincc gammainccinv gammaincinv"
    " zetac",
    1: "betainc betaincinv fdtr fdtrc fdtri gdtr gdtrc",
}
SERIES = {(name, place) for place, names in BY_TERMS.items() for name in names.split()}
STRONG = {("betaincinv", 1)}  # where a tangent is 0 that meets an infinite partial, in forward mode


def parts(found):
    return [p for part in found for p in parts(part)] if isinstance(found, (tuple, list)) else [found]


def loss(f):
    """Each number of the value has a part in it."""

    def of(x):
        total = 0.0
        for part in parts(f(x)):
            part = np.real(part) + 0.7 * np.imag(part) if np.iscomplexobj(part) else part
            total = total + np.sum(np.sin(part))
        return total

    return of


@pytest.mark.parametrize(("room", "name"), [(room, name) for room in PROGRAMS for name in PROGRAMS[room]])
def test_a_function(room, name):
    f, x = loss(PROGRAMS[room][name]), POINTS[room]
    right = [hoad.grad(f, x), hoad.hvp(f, x, np.cos(x))]
    point, along = to_device(x), to_device(np.cos(x))
    cp.synchronisations = 0
    found = [hoad.grad(f, point)]
    assert not cp.synchronisations
    if name in FIRST:
        with pytest.raises(TypeError):
            hoad.hvp(f, point, along)
        right.pop()
    else:
        found.append(hoad.hvp(f, point, along))
    assert not cp.synchronisations or name in FIRST  # an error shows the array
    assert_same(from_device(found), right, rtol=1e-9)


def ufuncs():
    """The functions of numbers that CuPy has."""
    named = {name: getattr(sc, name, None) for name in facts.SPECIAL.split()}
    return {name: f for name, f in named.items() if isinstance(f, np.ufunc) and f.nout == 1}


def refused(run):
    """Run; what it gives, or None if it is refused for a function that CuPy has not, or an argument by which
    nothing has a derivative.
    """
    try:
        return run()
    except (TypeError, HoadError) as error:
        said = "\n".join([str(error), *getattr(error, "__notes__", [])])
        assert re.search(
            r"has no scipy\.special\.\w+: .*erf|which has no such function|no derivative (by|rule)", said
        ), said
        return None


ARGUMENTS = [(name, place) for name, f in ufuncs().items() for place in range(f.nin)]


def by_turn(cases, others, k):
    """Cases, of which the default run takes one for every second k, another each time; the long ones, series
    within series, are a part of the sweep.
    """
    short = [case for case in cases if not LONG.match(case[0]) or case[1:] not in others]
    taken = [short[k // 2 % len(short)]] if short and k % 2 == 0 else []
    return [pytest.param(*case, marks=[] if case in taken else [pytest.mark.sweep]) for case in cases]


LONG = re.compile("fdtr|betainc|stdtr")
ORDERS = [
    case
    for k, argument in enumerate(ARGUMENTS)
    for case in by_turn([(*argument, order) for order in (1, 2, 3)], [(argument[1], 3)], k)
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("name", "place", "order"), ORDERS)
def test_a_function_of_numbers_at_its_extremes(name, place, order):
    """It is as on the host, unread, or refused for what CuPy has not; a branch whose series does not end for
    the elements of another never returned.
    """
    f = getattr(sc, name)
    others = [2.0, 1.5, 0.7, 0.4][: f.nin]
    d = lambda x: hoad.derivative(
        lambda t: f(*[t if k == place else number for k, number in enumerate(others)]), x, order
    )
    right = refused(lambda: d(EXTREMES))
    point = to_device(EXTREMES)
    cp.synchronisations = 0
    found = refused(lambda: d(point))
    if found is None:
        return
    assert not cp.synchronisations or (name, place) in SERIES
    with hoad.careful():
        looked = refused(lambda: d(point))
    if looked is not None:
        assert_same(from_device(looked), right, rtol=1e-9)
    if (name, place) not in STRONG:
        assert_same(from_device(found), right, rtol=1e-9)


PAIRS = [
    case
    for k, (name, f) in enumerate(ufuncs().items())
    for case in by_turn([(name, *pair) for pair in itertools.combinations(range(f.nin), 2)], [(0, 1)], k)
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("name", "first", "second"), PAIRS)
def test_two_arguments_of_a_function_of_numbers(name, first, second):
    """Gradient, Hessian-vector product and mixed second derivative, at random points."""
    f, rng = getattr(sc, name), np.random.default_rng([*name.encode(), first, second])
    numbers = rng.uniform(0.1, 0.9, (f.nin, 7)) + rng.choice([0.0, 0.0, 1.0, 3.0], (f.nin, 7))
    along = rng.normal(size=(2, 7))

    def d(convert):
        given = [convert(row) for row in numbers]

        def loss(pair):
            at = dict(zip((first, second), pair, strict=True))
            return np.sum(f(*[at.get(k, given[k]) for k in range(f.nin)]))

        x, v = (given[first], given[second]), tuple(map(convert, along))
        mixed = lambda t: hoad.grad(lambda s: loss((s, t)), x[0])
        return [hoad.grad(loss, x), hoad.hvp(loss, x, v), hoad.jvp(mixed, x[1], v[1])]

    right = refused(lambda: d(lambda row: row))
    found = refused(lambda: d(to_device))
    if found is not None:
        assert_same(from_device(found), right, rtol=1e-9)


# What the functions of numbers leave of CuPy's list.
WHOLE = {
    "ellipj": lambda x: sc.ellipj(x, 0.3),
    "lambertw": lambda x: np.real(sc.lambertw(x)),
    "log_softmax": lambda x: sc.log_softmax(np.stack([x, 2 * x]), axis=0),
    "logsumexp": lambda x: sc.logsumexp(np.stack([x, x * x]), axis=0, b=np.stack([x, x + 1])),
    "multigammaln": lambda x: sc.multigammaln(x, 2),
    "polygamma": lambda x: sc.polygamma(2, x),
    "shichi": lambda x: sc.shichi(x),
    "sici": lambda x: sc.sici(x),
    "sinc": lambda x: sc.sinc(x),
    "softmax": lambda x: sc.softmax(np.stack([x, 2 * x]), axis=0),
    "sph_harm_y": lambda x: np.real(sc.sph_harm_y(2, 1, x, 0.4)),
    "zeta": lambda x: sc.zeta(x, 1.5),
    "zeta, second": lambda x: sc.zeta(2.5, x),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_ufunc(name, order):
    x = np.array([0.6, 0.9, 1.3, 2.7, 11.0, 51.3])
    d = lambda x: hoad.derivative(lambda t: sum(parts(WHOLE[name](t))), x, order)
    right, found = refused(lambda: d(x)), refused(lambda: d(to_device(x)))
    if found is not None:
        assert_same(from_device(found), right, rtol=1e-9)


def test_all_that_cupy_has_is_here():
    rest = set(facts.SPECIAL.split()) - set(ufuncs())
    assert rest - {name.partition(",")[0] for name in WHOLE} <= {"btdtr", "btdtri"}  # which SciPy has no more


def test_a_branch_sees_elements_of_its_own():
    seen = []

    def branch(x):
        seen.append(x.get())
        return 2 * x

    x = np.array([-1e12, -3.0, 0.5, 1e12])
    found = piecewise(to_device(x < 0), branch, branch, to_device(x))
    np.testing.assert_array_equal(found.get(), 2 * x)
    np.testing.assert_array_equal(seen, [[-1e12, -3.0, 1.0, 1.0], [1.0, 1.0, 0.5, 1e12]])


@pytest.mark.sweep
@pytest.mark.parametrize("name", scipy_linalg.CASES)
def test_of_scipys_linear_algebra_all_is_right_or_refused(name):
    f, *args = scipy_linalg.CASES[name]
    places = [k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind in "fc"]
    if not places:
        pytest.skip("no argument that varies")
    run = lambda convert: hoad.grad(
        lambda v: loss(lambda v: f(*[v if k == places[0] else convert(a) for k, a in enumerate(args)]))(v),
        convert(args[places[0]]),
    )
    try:
        right = run(lambda a: a)
    except (TypeError, HoadError):
        pytest.skip("no sum of what it gives")
    try:
        found = run(to_device)
    except (TypeError, HoadError):
        return
    assert_same(from_device(found), right, rtol=1e-8)


def test_doors_outside_of_derivatives():
    a, p = to_device(A), to_device(P)
    low = hoad.scipy.linalg.cho_factor(a @ a.T, lower=True)[0]
    for found, right in (
        (hoad.scipy.linalg.expm(a), sl.expm(A)),
        (hoad.scipy.linalg.solve_triangular(a, p, lower=True), sl.solve_triangular(A, P, lower=True)),
        (hoad.scipy.linalg.cho_solve((low, True), p), sl.cho_solve((np.linalg.cholesky(A @ A.T), True), P)),
        (hoad.scipy.special.logsumexp(p), sc.logsumexp(P)),
        (hoad.scipy.special.erf(p), sc.erf(P)),
    ):  # fmt: skip
        assert isinstance(found, cp.ndarray)
        np.testing.assert_allclose(found.get(), right, rtol=1e-13)


@pytest.mark.parametrize(
    ("f", "x", "text"),
    [
        (lambda a: sl.logm(a), A, r"scipy\.linalg\.logm was called .* has .*expm.*asnumpy"),
        (lambda a: sl.solve_banded((0, 0), a[:1], a[0]), A, r"scipy\.linalg\.solve_banded was called"),
        (lambda x: sc.jv(1.5, x), P, r"has no scipy\.special\.jv: .*j0, j1"),
        (lambda x: sc.owens_t(x, x), P, r"has no scipy\.special\.owens_t: .*erf"),
        (
            lambda x: ndimage.spline_filter(x),
            X,
            r"scipy\.ndimage computes with NumPy's .*gaussian_filter",
        ),
    ],
    ids=["logm", "banded", "jv", "owens_t", "spline_filter"],
)
def test_what_cupy_has_not_is_named(f, x, text):
    with pytest.raises((TypeError, HoadError)) as raised:
        hoad.grad(loss(f), to_device(x))
    said = "\n".join([str(raised.value), *getattr(raised.value, "__notes__", [])])
    assert re.search(text, said, re.S), said


def test_the_factor_of_a_gaussian_process_is_solved_as_a_triangle(monkeypatch):
    from hoad.testing.cupyx.scipy import linalg

    calls = []
    own, general = linalg.solve_triangular, np.linalg.solve
    monkeypatch.setattr(linalg, "solve_triangular", lambda *a, **k: calls.append(1) or own(*a, **k))

    def likelihood(t):
        kernel = np.exp(-((x[:, None] - x) ** 2) * t) + 0.1 * eye
        low = np.linalg.cholesky(kernel)
        return np.sum(np.linalg.solve(kernel, y) * y) + 2 * np.sum(np.log(np.diagonal(low)))

    points = np.linspace(0.0, 1.0, 6)
    x, y, eye = points, np.sin(points), np.eye(6)
    right = hoad.grad(likelihood, np.array(2.0)), hoad.hessian(likelihood, np.array(2.0))
    x, y, eye = to_device(x), to_device(y), to_device(eye)
    t = to_device(np.array(2.0))
    assert_same(from_device([hoad.grad(likelihood, t), hoad.hessian(likelihood, t)]), right, rtol=1e-8)
    assert len(calls) >= 2 and general is np.linalg.solve
