"""How much a derivative asks of a device: launches for each operation of the program's, and no wait."""

import numpy as np
import pytest
import scipy.special as sc
from turns import by_turns

import hoad
from hoad.chainrules.statements import OWN, RULES, Scalar
from hoad.dual import Dual, has_nan, is_finite
from hoad.fast import forms
from hoad.nested import Level
from hoad.testing import device
from hoad.testing import device as cp


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def elementwise(x):
    return np.sin(x) * np.exp(-(x**2)) + np.tanh(x) / (1 + x**2)


# At most, for each launch of the function's own.
BOUNDS = {
    "gradient": (rosenbrock, lambda f, x: hoad.grad(f, x), 2.3),
    "jvp": (rosenbrock, lambda f, x: hoad.jvp(f, (x,), (x,)), 1.7),
    "hvp": (rosenbrock, lambda f, x: hoad.hvp(f, x, x), 3.5),
    "Hessian": (rosenbrock, lambda f, x: hoad.hessian(f, x), 4.5),
    "Hessian of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.hessian(f, x), 4),
    "Jacobian": (elementwise, lambda f, x: hoad.jacobian(f, x), 2.4),
    "gradient of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.grad(f, x), 2),
    "jvp of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.jvp(f, (x,), (x,)), 1.5),
    "first derivative": (elementwise, lambda f, x: hoad.derivative(f, x), 1.5),
    "second derivative": (elementwise, lambda f, x: hoad.derivative(f, x, 2), 1.6),
    "sixth derivative": (elementwise, lambda f, x: hoad.derivative(f, x, 6), 2),
    "hvp of a sum": (lambda x: np.sum(elementwise(x)), lambda f, x: hoad.hvp(f, x, x), 3),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", BOUNDS)
def test_launches(name, kind):
    f, derivative, most = BOUNDS[name]
    x = cp.asarray(np.linspace(0.1, 1.0, 6, dtype=kind))
    cp.launches = 0
    f(x)
    own = cp.launches
    cp.launches = cp.synchronisations = 0
    derivative(f, x)
    assert not cp.synchronisations
    assert cp.launches <= most * own


ROW, NUMBER = np.linspace(0.2, 0.8, 6), np.array(0.7)
BESIDE = {
    "a row": lambda x, c: np.sin(x * c(ROW)) * np.exp(-x / c(ROW)) + c(ROW),
    "an array without axes": lambda x, c: np.sin(x * c(NUMBER)) * np.exp(-x / c(NUMBER)) + c(NUMBER),
    "a comparison": lambda x, c: (x > 0.5) * np.sin(x) * x,
    "an absolute value": lambda x, c: np.abs(x - 0.5) * np.exp(x),
}
MOST = {
    "gradient": (lambda f, x: hoad.grad(lambda x: np.sum(f(x)), x), 3),
    "jvp": (lambda f, x: hoad.jvp(f, (x,), (x,)), 3),
    "hvp": (lambda f, x: hoad.hvp(lambda x: np.sum(f(x)), x, x), 7),
    "second derivative": (lambda f, x: hoad.derivative(f, x, 2), 6),
    "sixth derivative": (lambda f, x: hoad.derivative(f, x, 6), 20),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("way", MOST)
@pytest.mark.parametrize("name", BESIDE)
def test_launches_of_what_stands_beside_an_array(name, way, kind):
    derivative, most = MOST[way]
    points = np.linspace(0.1, 1.0, 24, dtype=kind).reshape(4, 6)
    held = {id(a): cp.asarray(a.astype(kind)) for a in (ROW, NUMBER)}
    on_host = lambda x: BESIDE[name](x, lambda a: a.astype(kind))
    f, x = lambda x: BESIDE[name](x, lambda a: held[id(a)]), cp.asarray(points)
    cp.launches = 0
    f(x)
    own = cp.launches
    cp.launches = cp.synchronisations = 0
    found = derivative(f, x)
    assert not cp.synchronisations
    assert cp.launches <= most * own
    pairs = (
        zip(found, derivative(on_host, points), strict=True)
        if way == "jvp"
        else [(found, derivative(on_host, points))]
    )
    for a, b in pairs:
        bound = 1e-12 if kind is np.float64 else 1e-5
        np.testing.assert_allclose(a.get(), b, rtol=bound, atol=bound * np.max(np.abs(b)))


OF_NUMBERS = [
    f
    for f, rule in RULES.items()
    if vars(np).get(getattr(f, "__name__", "")) is f  # SciPy's have no kernels, and are there or not
    and isinstance(f, np.ufunc)
    and isinstance(rule, Scalar)
    and OWN.get(f) is rule
]
OF_COMPLEX = [f for f in OF_NUMBERS if f in {*forms.ANY, *forms.OPERATORS}]
SELECTING = {
    "where": lambda x, c: np.where(x > 0.5, x, x * x),
    "where, of a mask": lambda x, c: np.where(c(ROW > 0.5), x, 0.0),
    "where, beside a row": lambda x, c: np.where(x > c(ROW), x, c(ROW)),
    "select": lambda x, c: np.select([x > 0.8, x > 0.3], [x, x * x], 0.0),
    "sign": lambda x, c: np.sign(x - 0.5) * x,
    "floor": lambda x, c: np.floor(3 * x) * x,
    "abs": lambda x, c: abs(x - 0.5),
    "angle": lambda x, c: np.angle(x),
    "clip": lambda x, c: np.clip(x, 0.2, 0.7),
    "clip, beside a row": lambda x, c: np.clip(x, c(ROW), 0.7),
    "nan_to_num": lambda x, c: np.nan_to_num(x),
    "modf": lambda x, c: np.modf(3 * x)[0],
    "readings": lambda x, c: x * np.sum(x[1:] * x[:-1] + x[2]),
    "a row of it": lambda x, c: np.sin(x * x[0]) + x[1] * np.cos(x),
    "a sum": lambda x, c: x * np.sum(x, axis=0),
}
ACROSS = {"a sum", "a row of it", "readings", "roll"}
OF_SCIPY = (
    sc.erf, sc.erfc, sc.ndtr, sc.gamma, sc.gammaln, sc.psi, sc.expit, sc.log_expit, sc.logit, sc.entr,
    sc.erfinv, sc.erfcinv, sc.ndtri, sc.erfcx, sc.log_ndtr,
)  # fmt: skip
OF_SCIPY_BOTH = (sc.xlogy, sc.xlog1py, sc.rel_entr, sc.betaln, sc.beta)
OF_ARRAYS = {
    **{f.__name__: (lambda x, c, f=f: f(x)) for f in OF_NUMBERS if f.nin == 1},
    **{f"{f.__name__}, both": (lambda x, c, f=f: f(x, np.cos(x))) for f in OF_NUMBERS if f.nin == 2},
    **{f"{f.__name__}, the first": (lambda x, c, f=f: f(x, c(ROW))) for f in OF_NUMBERS if f.nin == 2},
    **{f"{f.__name__}, the second": (lambda x, c, f=f: f(c(ROW), x)) for f in OF_NUMBERS if f.nin == 2},
    **{f"{f.__name__}, of a number": (lambda x, c, f=f: f(x, 0.7)) for f in OF_NUMBERS if f.nin == 2},
    **SELECTING,
    **{f"{f.__name__}, of SciPy's": (lambda x, c, f=f: f(x)) for f in OF_SCIPY},
    **{f"{f.__name__}, of SciPy's": (lambda x, c, f=f: f(x, c(ROW))) for f in OF_SCIPY_BOTH},
    "roll": lambda x, c: np.roll(x, 1, axis=-1),
    "sinc": lambda x, c: np.sinc(x),
}


def more_launches(derivative, f, g, x):
    """How many more launches a derivative of f takes than that of g, and how many more f itself does."""
    counts = []
    for h in (f, g):
        for way in (lambda f, x: f(x), derivative):
            with np.errstate(all="ignore"):
                way(h, x)
                cp.launches = cp.synchronisations = 0
                way(h, x)
            assert not cp.synchronisations
            counts.append(cp.launches)
    return counts[1] - counts[3], counts[0] - counts[2]


@pytest.mark.parametrize(("way", "kind"), by_turns(MOST, [np.float64, np.float32], every=2))
def test_launches_of_every_function_of_numbers(way, kind):
    """The bounds hold for what each function adds to a program, those of selections among them."""
    derivative, most = MOST[way]
    held, x = {}, cp.asarray(np.linspace(0.1, 1.0, 24, dtype=kind).reshape(4, 6))
    c = lambda a: held.setdefault(a.tobytes(), cp.asarray(a.astype(kind) if a.dtype.kind == "f" else a))
    over = {}
    for name, f in OF_ARRAYS.items():
        if name in ACROSS and "derivative" in way:
            continue  # which is of single numbers
        more, own = more_launches(derivative, lambda x, f=f: f(np.sin(x), c) * x, lambda x: np.sin(x) * x, x)
        if more > most * max(own, 1):
            over[name] = more, own
    assert not over


@pytest.mark.parametrize("fuses", [True, False])
@pytest.mark.parametrize("way", ["gradient", "jvp", "hvp"])
def test_single_precision_stays_so(way, fuses, monkeypatch):
    """Double precision costs a GPU many times as much; angles need none without kernels either."""
    derivative, x, over = MOST[way][0], cp.asarray(np.linspace(0.1, 1.0, 6, dtype=np.float32)), {}
    met = set()
    monkeypatch.setattr(device, "taken", lambda held, number: met.add(held.dtype))
    monkeypatch.setattr(type(cp.BACKEND), "fuses", fuses)
    for f in OF_NUMBERS if fuses else (np.hypot, np.arctan2):
        met.clear()
        with np.errstate(all="ignore"):
            derivative(lambda x, f=f: f(*[np.sin(x), np.cos(x)][: f.nin]), x)
        if met.intersection({np.dtype(np.float64), np.dtype(np.complex128)}):
            over[f.__name__] = met.copy()
    assert not over


COMPLEX_MOST = {
    "gradient": (lambda f, x: hoad.grad(lambda x: np.sum(np.real(f(x))), x), 3),
    "jvp": MOST["jvp"],
    "hvp": (lambda f, x: hoad.hvp(lambda x: np.sum(np.real(f(x))), x, x), 7),
}
OF_PARTS = {
    "real": lambda z, c: np.real(z) * z,
    "imag": lambda z, c: np.imag(z) * z,
    "conj": lambda z, c: np.conj(z) * z,
    "abs": lambda z, c: np.abs(z) * z,
    "where": lambda z, c: np.where(np.real(z) > 0.5, z, z * z),
}


@pytest.mark.parametrize("kind", [np.complex128, np.complex64])
@pytest.mark.parametrize("way", COMPLEX_MOST)
def test_launches_of_functions_of_complex_numbers(way, kind):
    derivative, most = COMPLEX_MOST[way]
    x, over = cp.asarray(np.linspace(0.1 + 0.2j, 1.0, 24, dtype=kind).reshape(4, 6)), {}
    row = cp.asarray(np.linspace(0.2, 0.8 + 0.1j, 6, dtype=kind))
    cases = OF_PARTS | {f.__name__: (lambda z, c, f=f: f(z) if f.nin == 1 else f(z, c)) for f in OF_COMPLEX}
    for name, f in cases.items():
        more, own = more_launches(
            derivative, lambda x, f=f: f(np.sin(x), row) * x, lambda x: np.sin(x) * x, x
        )
        if more > most * max(own, 1):
            over[name] = more, own
    assert not over


CHOOSING = {
    "max": lambda x: np.max(x * x, axis=1),
    "min": lambda x: np.min(np.sin(x)),
    "nanmax": lambda x: np.nanmax(x, axis=1),
    "ptp": lambda x: np.ptp(x, axis=1),
    "prod": lambda x: np.prod(x, axis=0),
    "cumprod": lambda x: np.cumprod(x, axis=1),
    "cumsum": lambda x: np.cumsum(x * x),
    "sort": lambda x: np.sort(x * x, axis=1),
    "argsort": lambda x: x[0][np.argsort(x[1])],
    "partition": lambda x: np.partition(x, 2, axis=1)[:, :2],
    "median": lambda x: np.median(x, axis=1),
    "quantile": lambda x: np.quantile(x, 0.3, axis=0),
}


@pytest.mark.parametrize("name", CHOOSING)
def test_who_is_chosen_is_not_read(name):
    points = np.random.default_rng(0).normal(size=(4, 6))
    loss = lambda x: np.sum(np.sin(CHOOSING[name](x)))
    for derivative in (hoad.grad, hoad.hessian, lambda f, x: hoad.hvp(f, x, x)):
        x = cp.asarray(points)
        cp.synchronisations = 0
        found = derivative(loss, x)
        assert not cp.synchronisations
        np.testing.assert_allclose(found.get(), derivative(loss, points), rtol=1e-10, atol=1e-11)


def test_one_by_one_costs_no_more_than_the_sum_of_its_parts():
    """Reading n elements collects n cotangents in one buffer."""
    counts = []
    for n in (8, 16):
        x = cp.asarray(np.linspace(0.1, 1.0, n))
        cp.launches = 0
        hoad.grad(lambda x: sum([v * v for v in x]), x)
        counts.append(cp.launches / n)
    assert counts[1] <= counts[0]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nobody_looks_for_nan_or_infinity_unless_told_to(value):
    """To look waits; what is carried by duals is not looked at either."""
    x = cp.asarray(np.array([1.0, value]))
    dual = Dual(Level(), x, x)
    assert is_finite(x) and is_finite(dual)
    assert not has_nan(x) and not has_nan(dual)
    with hoad.careful():
        assert not is_finite(x) and not is_finite(dual)
        assert has_nan(x) == has_nan(dual) == np.isnan(value)


@pytest.mark.parametrize("axis", [None, -1])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
def test_launches_of_what_sums_exponentials(name, axis):
    """Compositions on the host, which machine code is made of, and one operation on a device."""
    points = np.linspace(-1.0, 1.5, 24).reshape(4, 6)
    f = lambda x: getattr(sc, name)(x, axis=axis)
    ways = {
        "gradient": (lambda f, x: hoad.grad(lambda x: np.sum(f(x)), x), 3),
        "jvp": (lambda f, x: hoad.jvp(f, (x,), (x,)), 3),
        "hvp": (lambda f, x: hoad.hvp(lambda x: np.sum(f(x)), x, x), 7),
    }
    for way, (derivative, most) in ways.items():
        counts = []
        for h in (f, lambda x: +x):
            cp.launches = cp.synchronisations = 0
            derivative(h, cp.asarray(points))
            assert not cp.synchronisations
            counts.append(cp.launches)
        assert counts[0] - counts[1] <= most, way
    for z in (points, points + 1j * points[::-1]):
        g = lambda x: np.sum(np.real(np.sin(f(x)) * x[..., :1] * x[:1, :1]))
        for derivative in (hoad.grad, lambda g, x: hoad.hvp(g, x, np.cos(x)), hoad.hessian):
            wanted = derivative(g, z)
            np.testing.assert_allclose(derivative(g, cp.asarray(z)).get(), wanted, rtol=1e-12, atol=1e-13)
