"""Gradients in reverse at equal eigenvalues and singular values: those of forward mode where there is a
derivative, and nan where there is none.
"""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given, settings
from hypothesis import strategies as st

import hoad

WEIGHTS = np.random.default_rng(0).normal(size=(3, 3))
TURN = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]


def symmetric(x):
    return (x + x.T) / 2


def of_eigenvalues(h):
    def f(x):
        w, v = np.linalg.eigh(symmetric(x))
        return (v * h(w)) @ v.T

    return f


def of_hermitian(x):
    w, v = np.linalg.eigh(symmetric(x) + 1j * (x - x.T))
    return np.real((v * np.exp(w)) @ np.conj(v).T)


def of_vectors_turned(x):
    """With signs as many programs choose them, by a branch."""
    w, v = np.linalg.eigh(symmetric(x))
    for k in range(3):
        if v[0, k] < 0:
            v[:, k] = -v[:, k]
    return (v * np.log(w)) @ v.T


def polar_factor(x):
    u, _, vh = np.linalg.svd(x)
    return u @ vh


def of_singular_values(x):
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return (u * np.sin(s)) @ vh


def by_scipy(x):
    w, v = scipy.linalg.eigh(symmetric(x))
    return (v / (1 + w)) @ v.T


SMOOTH = {
    "log": of_eigenvalues(np.log),
    "sqrt": of_eigenvalues(np.sqrt),
    "inverse": of_eigenvalues(lambda w: 1 / w),
    "projector": lambda x: np.linalg.eigh(symmetric(x))[1] @ np.linalg.eigh(symmetric(x))[1].T,
    "of the trace, too": lambda x: of_eigenvalues(np.exp)(x) * np.sum(np.linalg.eigh(symmetric(x))[0] ** 3),
    "Hermitian": of_hermitian,
    "turned": of_vectors_turned,
    "polar factor": polar_factor,
    "of singular values": of_singular_values,
    "SciPy's": by_scipy,
}
POINTS = {
    "identity": np.eye(3),
    "all alike": 2.5 * np.eye(3),
    "a pair": np.diag([1.0, 4.0, 4.0]),
    "a pair, turned": symmetric(TURN @ np.diag([1.0, 4.0, 4.0]) @ TURN.T),
    "none": np.diag([1.0, 2.0, 4.0]),
}


def loss(name):
    return lambda x: np.sum(WEIGHTS * SMOOTH[name](x))


def differences(f, x, h=1e-3):
    """The gradient by six points."""
    rows = np.eye(x.size).reshape(-1, *x.shape)
    steps = ((1, 45), (2, -9), (3, 1))
    return np.reshape(
        [sum(c * (f(x + k * h * e) - f(x - k * h * e)) for k, c in steps) / (60 * h) for e in rows], x.shape
    )


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_of_smooth_functions(name, point):
    f, x = loss(name), POINTS[point]
    right = differences(f, x)
    close = lambda found: np.testing.assert_allclose(found, right, rtol=1e-8, atol=1e-8)
    close(hoad.grad(f, x))
    close(hoad.value_and_grad(f, x)[1])
    close(hoad.gradient(f, x))
    close(hoad.jacobian(f, x, mode="reverse"))
    if name != "turned":  # a branch by what differs between directions, which go together there
        close(hoad.jacobian(f, x, mode="forward"))
        np.testing.assert_allclose(
            hoad.jacobian(SMOOTH[name], x, mode="reverse"),
            hoad.jacobian(SMOOTH[name], x, mode="forward"),
            rtol=1e-9,
            atol=1e-9,
        )
    close(hoad.grad(lambda d: f(d["x"] * d["c"]), {"x": x, "c": 1.0})["x"])
    close(hoad.grad(lambda x: (f(x), "extra"), x, has_aux=True)[0])
    pullback = hoad.vjp(SMOOTH[name], x)[1]
    close(pullback(WEIGHTS)[0])
    np.testing.assert_allclose(pullback(2 * WEIGHTS)[0], 2 * right, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("name", [name for name in SMOOTH if name != "turned"])
def test_gradients_of_a_batch(name):
    points = np.stack(list(POINTS.values()))
    found = hoad.vmap(hoad.grad(loss(name)))(points)
    np.testing.assert_allclose(found, [hoad.grad(loss(name), x) for x in points], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["log", "polar factor", "SciPy's"])
def test_calls_that_come_often(name):
    """What an operator has learned at other points, and what is compiled, gives the same."""
    gradient = hoad.grad(loss(name))
    away = POINTS["none"]
    for _ in range(120):
        gradient(away)
    recorded = hoad.compile(gradient)
    recorded(away)
    for x in POINTS.values():
        right = differences(loss(name), x)
        np.testing.assert_allclose(gradient(x), right, rtol=1e-8, atol=1e-8)
        np.testing.assert_allclose(recorded(x), right, rtol=1e-8, atol=1e-8)


def test_more_numbers_than_directions_are_taken_of():
    """Nan stays, and f runs once."""
    runs = []

    def f(x):
        runs.append(1)
        return loss("log")(np.eye(3) + np.reshape(x[:9], (3, 3))) + np.sum(x)

    assert np.isnan(hoad.grad(f, np.zeros(100_000))[:9]).any()
    assert len(runs) == 1


def test_numbers_of_single_precision():
    x = np.eye(3, dtype=np.float32)
    found = hoad.grad(lambda x: np.sum(WEIGHTS.astype(np.float32) * of_eigenvalues(np.log)(x)), x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, symmetric(WEIGHTS), rtol=1e-5)


VECTOR = lambda x: np.linalg.eigh(symmetric(x))[1]
NOT_SMOOTH = {
    "an element of a vector": lambda x: abs(VECTOR(x)[0, 0]),
    "its square": lambda x: VECTOR(x)[0, 0] ** 2,
    "a projector on one": lambda x: np.outer(VECTOR(x)[:, 2], VECTOR(x)[:, 2])[0, 2],
    "values times other weights": lambda x: np.sum(((VECTOR(x) * np.arange(3.0)) @ VECTOR(x).T) * WEIGHTS),
    "a left vector": lambda x: abs(np.linalg.svd(x)[0][0, 1]),
    "a sum of two": lambda x: abs(np.sum(VECTOR(x)[:, 1:])),
    "an absolute value": lambda x: np.sum(np.abs(VECTOR(x)) * WEIGHTS),
}


def by_its_vector(a):
    """The least eigenvalue."""
    v = np.linalg.eigh(a)[1][:, 0]
    return v @ a @ v


@pytest.mark.parametrize("b", [np.diag([1.0, 2.0, 4.0]), symmetric(WEIGHTS)])
def test_what_has_a_slope_to_each_side_stays_nan(b):
    """The least eigenvalue along a line through a multiple of the identity, and beside what is smooth: its
    slopes to both sides are the least and the largest of the direction.
    """
    f = lambda t: by_its_vector(np.eye(3) + t * b)
    assert np.isnan(hoad.grad(f, 0.0))
    assert np.isnan(hoad.grad(lambda t: f(t[0]) + t[1] ** 2, np.array([0.0, 1.0]))[0])
    assert np.isnan(hoad.grad(lambda t: f(-t[0]) * f(t[1]), np.zeros(2))).any()
    right = np.trace(b)
    whole = lambda t: np.trace(of_eigenvalues(np.exp)(t * b))
    np.testing.assert_allclose(hoad.grad(whole, 0.0), right, rtol=1e-12)


@pytest.mark.parametrize("point", [p for p in POINTS if p != "none"])
@pytest.mark.parametrize("name", NOT_SMOOTH)
def test_what_is_not_smooth_stays_nan(name, point):
    """At all equal eigenvalues nothing of a vector alone has a derivative; of a pair, what has is right."""
    f, x = NOT_SMOOTH[name], POINTS[point]
    found = hoad.grad(f, x)
    if point in ("identity", "all alike"):
        assert np.isnan(found).any()
    if np.isfinite(found).all():
        np.testing.assert_allclose(found, differences(f, x), rtol=1e-7, atol=1e-7)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_mixture_is_right_or_nan(data):
    """Weights of values and vectors as they come: smooth where they are alike in a pair."""
    numbers = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0])
    drawn = lambda n: np.array(data.draw(st.lists(numbers, min_size=n, max_size=n)))
    values, powers, weights = drawn(3), drawn(3), drawn(9).reshape(3, 3)
    x = POINTS[data.draw(st.sampled_from(list(POINTS)))]

    def f(x):
        w, v = np.linalg.eigh(symmetric(x))
        return np.sum(weights * ((v * (values + powers * w)) @ v.T))

    found = hoad.grad(f, x)
    pairs = [k for k in (0, 1) if np.isclose(*np.linalg.eigvalsh(x)[k : k + 2])]
    alike = all(values[k] == values[k + 1] and powers[k] == powers[k + 1] for k in pairs)
    if alike:
        np.testing.assert_allclose(found, differences(f, x), rtol=1e-7, atol=1e-7)
    elif np.isfinite(found).all():
        np.testing.assert_allclose(found, differences(f, x), rtol=1e-6, atol=1e-6)


def test_how_often_the_function_runs():
    """Once where the eigenvalues differ, and once more for all directions where they do not."""
    runs = []

    def f(x):
        runs.append(1)
        return loss("log")(x)

    hoad.grad(f, POINTS["none"])
    assert len(runs) == 1
    hoad.grad(f, POINTS["identity"])
    assert len(runs) == 3


def test_a_function_that_runs_only_once_keeps_nan():
    runs = []

    def f(x):
        runs.append(1)
        if len(runs) > 1:
            raise ValueError("only once")
        return loss("log")(x)

    assert np.isnan(hoad.grad(f, POINTS["identity"])).any()


def test_nan_of_other_causes_stays():
    f = lambda x: loss("log")(x) + 0 * np.sqrt(x[0, 1] - 1) + np.log(x[0, 1] - 1)
    with np.errstate(all="ignore"):
        assert np.isnan(hoad.grad(f, np.eye(3))[0, 1])
