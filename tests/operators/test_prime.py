"""Functions that know their derivatives: ``differentiable``, ``prime`` and what hangs on them."""

from __future__ import annotations

import copy
import inspect
import pickle
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

import hoad


@hoad.differentiable
def cubic(x: Any, scale: Any = 1.0, *, shift: float = 0.0) -> Any:
    """The cube of x, scaled.

    With more to say about it.
    """
    return scale * x**3 + shift


@hoad.differentiable
def energy(x: Any) -> Any:
    """Of an array, one number."""
    return np.sum(x**3) + x[0] * x[1]


def plain(x: Any) -> Any:
    """Not decorated."""
    return x**3


X = np.array([1.0, 2.0])


def test_the_example() -> None:
    @hoad.differentiable
    def f(x: Any) -> Any:
        return 5 * x + 3

    result = f(10), f.prime(10)
    assert result == (53, 5.0)
    assert [type(r) for r in result] == [int, float]
    assert repr(result) == "(53, 5.0)"
    assert f.prime.prime(10) == 0.0
    assert type(f.prime.prime(10)) is float


# ------------------------------------------------------------------------------------------------------------
# prime, prime.prime, nth
# ------------------------------------------------------------------------------------------------------------


def test_primes_of_primes() -> None:
    values = [cubic(2.0), cubic.prime(2.0), cubic.prime.prime(2.0), cubic.prime.prime.prime(2.0)]
    assert values == [8.0, 12.0, 12.0, 6.0]
    assert cubic.prime.prime.prime.prime(2.0) == 0.0
    assert all(type(v) is float for v in values)


def test_nth() -> None:
    assert [cubic.nth(n)(2.0) for n in range(6)] == [8.0, 12.0, 12.0, 6.0, 0.0, 0.0]
    assert cubic.prime.nth(2)(2.0) == 6.0
    assert cubic.nth(2).prime(2.0) == 6.0
    assert cubic.nth(0)(2.0) == 8.0
    assert hoad.differentiable(np.exp).nth(6)(1.0) == pytest.approx(np.e, rel=1e-15)
    for wrong in (-1, 1.5, "2", None, True):
        with pytest.raises(hoad.errors.ArgumentError, match="n="):
            cubic.nth(wrong)


def test_further_arguments_and_keywords() -> None:
    assert cubic(2.0, 10.0, shift=1.0) == 81.0
    assert cubic.prime(2.0, 10.0, shift=1.0) == 120.0
    assert cubic.prime.prime(2.0, scale=10.0) == 120.0
    assert cubic.nth(3)(2.0, 10.0) == 60.0


def test_prime_of_a_plain_function() -> None:
    assert hoad.prime(plain)(2.0) == 12.0
    assert hoad.prime(plain).prime(2.0) == 12.0
    assert hoad.prime(hoad.prime(plain))(2.0) == 12.0
    assert hoad.prime(cubic)(2.0) == 12.0
    assert hoad.prime(lambda x: np.sin(x) * x)(0.0) == 0.0


def test_decorating_twice_changes_nothing() -> None:
    assert hoad.differentiable(cubic) is cubic
    assert hoad.differentiable(cubic.prime)(2.0) == 12.0


def test_prime_of_array_and_container_values() -> None:
    curve = hoad.differentiable(lambda t: np.array([t, t**2, t**3]))
    np.testing.assert_array_equal(curve.prime(2.0), [1.0, 4.0, 12.0])
    np.testing.assert_array_equal(curve.prime.prime(2.0), [0.0, 2.0, 12.0])
    both = hoad.differentiable(lambda t: {"a": t**2, "b": t**3})
    assert both.prime(2.0) == {"a": 4.0, "b": 12.0}
    assert both.prime.prime(2.0) == {"a": 2.0, "b": 12.0}


def test_prime_of_an_array_is_the_gradient() -> None:
    np.testing.assert_array_equal(energy.prime(X), [5.0, 13.0])
    np.testing.assert_array_equal(energy.prime.prime(X), [[6.0, 1.0], [1.0, 12.0]])
    third = energy.nth(3)(X)
    assert third.shape == (2, 2, 2)
    assert third[0, 0, 0] == third[1, 1, 1] == 6.0
    assert np.count_nonzero(third) == 2


ELEMENTWISE = {
    "square": lambda x: x**2,
    "bell": lambda x: np.sin(x) * np.exp(-(x**2)) / (1 + x**2),
    "where": lambda x: np.where(x > 0.5, np.sin(x), x**3),
    "constant": lambda x: np.ones(np.shape(x)),
    "identity": lambda x: x,
    "loop": lambda x: np.stack([np.exp(t) for t in x]),
}
MIXING = {
    "sum": lambda x: x * np.sum(x),
    "reversed": lambda x: x[::-1],
    "cumsum": np.cumsum,
    "mean": lambda x: x - np.mean(x),
    "softmax": lambda x: np.exp(x) / np.sum(np.exp(x)),
    "scaled": lambda x: x / np.max(x),
    "sort": lambda x: np.sort(x)[::-1],
    "roll": lambda x: np.roll(x, 1),
    "neighbour": lambda x: x**2 + 1e-12 * np.roll(x, 1),
    "difference": lambda x: x + np.roll(x, 1) - np.roll(x, 2),
    "product": lambda x: x * np.prod(x),
    "matrix": lambda x: np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1e-9], [0.0, 0.0, 1.0]]) @ x,
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_an_elementwise_function_of_an_array(name: str) -> None:
    f, x = ELEMENTWISE[name], np.linspace(-2.0, 2.0, 9)
    of_one = hoad.differentiable(f if name != "loop" else np.exp)
    for n in (1, 2, 3, 6):
        found = hoad.differentiable(f).nth(n)(x)
        right = [of_one.nth(n)(float(t)) for t in x]
        np.testing.assert_allclose(found, np.reshape(right, 9), rtol=1e-13, atol=1e-13)
    assert hoad.prime(f)(x.astype(np.float32)).dtype == np.float32 or name == "constant"
    np.testing.assert_array_equal(hoad.prime(f)(np.arange(4)), hoad.prime(f)(np.arange(4.0)))
    if name != "loop":
        grid = x[:8].reshape(2, 4)
        np.testing.assert_array_equal(hoad.prime(f)(grid), hoad.prime(f)(grid.ravel()).reshape(2, 4))


@pytest.mark.parametrize("name", MIXING)
def test_a_function_that_mixes_elements_is_refused(name: str) -> None:
    for n in (1, 2, 3):
        with pytest.raises(hoad.errors.NonScalarOutputError, match=r"hoad\.jacobian\(f, x\)"):
            hoad.differentiable(MIXING[name]).nth(n)(np.array([3.0, 1.0, 2.0]))


def test_keywords_that_operators_have_too() -> None:
    power = hoad.differentiable(lambda x, n=2, mode=1.0: mode * x**n)
    assert power.prime(2.0, n=3) == 12.0
    assert power.nth(2)(2.0, n=3, mode=10.0) == 120.0
    np.testing.assert_array_equal(power.prime(X, n=3), 3 * X**2)
    total = hoad.differentiable(lambda x, mode=1.0, out=1.0: np.sum(mode * out * x**2))
    np.testing.assert_array_equal(total.prime(X, mode=3.0, out=2.0), 12 * X)


def test_errors_speak_of_prime() -> None:
    for x in (1.0, X):
        with pytest.raises(hoad.errors.NonScalarOutputError, match="prime wants a function"):
            hoad.prime(lambda x: None)(x)


def test_newtons_method_of_scipy_over_an_array() -> None:
    optimize = pytest.importorskip("scipy.optimize")
    f = hoad.differentiable(lambda x: x**3 - np.array([1.0, 8.0, 27.0]))
    found = optimize.newton(f, np.full(3, 2.5), fprime=f.prime, fprime2=f.nth(2))
    np.testing.assert_allclose(found, [1.0, 2.0, 3.0], rtol=1e-8)


def test_arrays_in_other_derivatives() -> None:
    x, cube = np.array([1.0, 2.0]), hoad.prime(lambda x: x**3)
    np.testing.assert_array_equal(hoad.grad(lambda a: np.sum(cube(a)), x), 6 * x)
    np.testing.assert_array_equal(hoad.jacobian(cube, x), np.diag(6 * x))
    np.testing.assert_array_equal(hoad.vmap(cube)(np.stack([x, x])), 3 * np.stack([x, x]) ** 2)
    with pytest.raises(hoad.errors.NonScalarOutputError, match="other elements"):
        hoad.vmap(hoad.prime(np.cumsum))(np.stack([x, x]))


def test_prime_of_a_value_of_another_shape_is_refused() -> None:
    with pytest.raises(hoad.errors.NonScalarOutputError, match="jacobian"):
        hoad.differentiable(lambda x: np.concatenate([x, x])).prime(X)


def test_prime_without_a_point() -> None:
    with pytest.raises(TypeError, match="point"):
        cubic.prime()


def test_integer_points() -> None:
    squared = hoad.differentiable(lambda x: x**2)
    assert squared(3) == 9
    assert type(squared(3)) is int
    assert type(squared.prime(3)) is float
    assert cubic.prime(2) == 12.0
    assert type(cubic.prime(2)) is float
    np.testing.assert_array_equal(energy.prime(np.array([1, 2])), [5.0, 13.0])


def test_precision_is_kept() -> None:
    assert type(cubic.prime(np.float32(2))) is np.float32
    assert type(cubic.prime(np.longdouble(2))) is np.longdouble
    assert energy.prime(X.astype(np.float32)).dtype == np.float32


def test_functions_as_values() -> None:
    scaled = hoad.differentiable(lambda a: lambda x: a**2 * x)
    assert scaled.prime(3.0)(5.0) == 30.0
    assert scaled.prime.prime(3.0)(5.0) == 10.0


# ------------------------------------------------------------------------------------------------------------
# The other derivatives
# ------------------------------------------------------------------------------------------------------------


def test_attributes() -> None:
    np.testing.assert_array_equal(energy.grad(X), [5.0, 13.0])
    np.testing.assert_array_equal(energy.hessian(X), [[6.0, 1.0], [1.0, 12.0]])
    np.testing.assert_array_equal(energy.hvp(X, np.array([1.0, 10.0])), [16.0, 121.0])
    np.testing.assert_array_equal(energy.jacobian(X), [5.0, 13.0])
    squares = hoad.differentiable(lambda x: x**2)
    np.testing.assert_array_equal(squares.jacobian(X), [[2.0, 0.0], [0.0, 4.0]])
    assert cubic.grad(2.0) == 12.0
    assert cubic.hessian(2.0) == 12.0
    assert cubic.jacobian(2.0) == 12.0
    assert cubic.hvp(2.0, 10.0) == 120.0
    assert cubic.grad(2.0, 10.0, shift=3.0) == 120.0


def test_attributes_of_a_derivative() -> None:
    assert cubic.prime.grad(2.0) == 12.0
    assert cubic.prime.hessian(2.0) == 6.0
    np.testing.assert_array_equal(energy.prime.jacobian(X), [[6.0, 1.0], [1.0, 12.0]])


def test_operators_take_differentiable_functions() -> None:
    assert hoad.grad(cubic, 2.0) == 12.0
    assert hoad.grad(cubic.prime, 2.0) == 12.0
    assert hoad.derivative(cubic.prime, 2.0, 2) == 6.0
    assert hoad.grad(cubic, 2.0, 3.0, argnums="scale") == 8.0
    np.testing.assert_array_equal(hoad.hessian(energy, X), [[6.0, 1.0], [1.0, 12.0]])


def test_a_prime_inside_another_derivative() -> None:
    assert hoad.grad(lambda x: x * cubic.prime(x), 2.0) == 36.0  # (3 x**3)' = 9 x**2
    outer = hoad.differentiable(lambda x: cubic.prime(x) * x)
    assert outer.prime(2.0) == 36.0
    assert outer.prime.prime(2.0) == 36.0
    assert hoad.differentiable(lambda x: x * hoad.prime(lambda y: x + y)(1.0)).prime(1.0) == 1.0


def test_functions_that_refer_to_their_own_derivative() -> None:
    """An ODE right-hand side that reads the slope of its own energy."""

    @hoad.differentiable
    def potential(x: Any) -> Any:
        return x**4 / 4

    @hoad.differentiable
    def force(x: Any) -> Any:
        return -potential.prime(x)

    assert force(2.0) == -8.0
    assert force.prime(2.0) == -12.0


# ------------------------------------------------------------------------------------------------------------
# ufuncs
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ufunc", "derivatives"),
    [
        (np.sin, [np.cos, lambda x: -np.sin(x), lambda x: -np.cos(x)]),
        (np.exp, [np.exp, np.exp, np.exp]),
        (np.square, [lambda x: 2 * x, lambda x: 2 + 0 * x, lambda x: 0 * x]),
        (np.log, [lambda x: 1 / x, lambda x: -1 / x**2, lambda x: 2 / x**3]),
        (np.tanh, [lambda x: 1 - np.tanh(x) ** 2, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)]),
    ],
)
def test_ufuncs(ufunc: Any, derivatives: Any) -> None:
    array = np.array([[0.25, 0.5, 0.75], [1.0, 1.5, 2.0]])
    f = hoad.differentiable(ufunc)
    np.testing.assert_array_equal(f(array), ufunc(array))
    for n, right in enumerate(derivatives, 1):
        f = f.prime
        np.testing.assert_allclose(f(array), right(array), rtol=1e-14, atol=1e-15)
        assert f(array).shape == (2, 3)
        assert f(0.75) == pytest.approx(float(right(0.75)), rel=1e-14, abs=1e-15)
        assert type(f(0.75)) is float
        assert f(array[0].astype(np.float32)).dtype == np.float32
        np.testing.assert_allclose(
            hoad.differentiable(ufunc).nth(n)(array), right(array), rtol=1e-14, atol=1e-15
        )


def test_ufuncs_of_two_arguments() -> None:
    """By the first argument, elementwise."""
    x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    np.testing.assert_array_equal(hoad.prime(np.multiply)(x, y), y)
    np.testing.assert_array_equal(hoad.prime(np.power)(x, 3), 3 * x**2)
    np.testing.assert_array_equal(hoad.prime(np.power).prime(x, 3), 6 * x)
    assert hoad.prime(np.hypot)(3.0, 4.0) == pytest.approx(0.6, rel=1e-15)


def test_names_of_ufuncs() -> None:
    assert hoad.prime(np.sin).__name__ == "sin"
    assert "sin" in repr(hoad.prime(np.sin))
    assert pickle.loads(pickle.dumps(hoad.prime(np.sin)))(0.0) == 1.0


# ------------------------------------------------------------------------------------------------------------
# What a function carries: name, docstring, signature, pickles, methods
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("get", [lambda f: f, lambda f: f.prime, lambda f: f.prime.prime, lambda f: f.grad])
def test_name_docstring_and_signature_are_kept(get: Any) -> None:
    f = get(cubic)
    assert f.__name__ == "cubic"
    assert f.__qualname__ == "cubic"
    assert f.__module__ == __name__
    assert f.__doc__.startswith("The cube of x, scaled.")
    assert str(inspect.signature(f)) == "(x: 'Any', scale: 'Any' = 1.0, *, shift: 'float' = 0.0) -> 'Any'"


def test_repr_counts_the_primes() -> None:
    assert "cubic" in repr(cubic)
    assert repr(cubic.prime).count("'") == repr(cubic).count("'") + 1
    assert repr(cubic.prime.prime).count("'") == repr(cubic).count("'") + 2


def test_pickling_a_decorated_function() -> None:
    again = pickle.loads(pickle.dumps(cubic))
    assert again is cubic
    assert pickle.loads(pickle.dumps(cubic.prime))(2.0) == 12.0
    assert pickle.loads(pickle.dumps(cubic.nth(3)))(2.0) == 6.0
    assert pickle.loads(pickle.dumps(cubic.prime)).prime(2.0) == 12.0
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(energy.grad))(X), [5.0, 13.0])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(energy.hessian))(X), energy.hessian(X))


def test_pickling_what_was_not_decorated_in_its_module() -> None:
    assert pickle.loads(pickle.dumps(hoad.differentiable(plain)))(2.0) == 8.0
    assert pickle.loads(pickle.dumps(hoad.prime(plain)))(2.0) == 12.0
    assert pickle.loads(pickle.dumps(hoad.prime(plain).prime))(2.0) == 12.0
    assert pickle.loads(pickle.dumps(hoad.grad(plain)))(2.0) == 12.0


def test_pickles_reach_another_process() -> None:
    with ProcessPoolExecutor(1) as pool:
        assert list(pool.map(cubic.prime, [1.0, 2.0])) == [3.0, 12.0]
        assert pool.submit(cubic, 2.0).result() == 8.0


def test_copies() -> None:
    assert copy.copy(cubic)(2.0) == 8.0
    assert copy.deepcopy(cubic.prime)(2.0) == 12.0


class Spring:
    """With differentiable methods of every kind."""

    def __init__(self, stiffness: float) -> None:
        self.stiffness = stiffness

    @hoad.differentiable
    def energy(self, x: Any, offset: float = 0.0) -> Any:
        """Stored energy."""
        return self.stiffness * (x - offset) ** 2 / 2

    @staticmethod
    @hoad.differentiable
    def cube(x: Any) -> Any:
        return x**3

    @classmethod
    def weak(cls) -> Spring:
        return cls(1.0)


def test_methods() -> None:
    spring, other = Spring(3.0), Spring(10.0)
    assert spring.energy(2.0) == 6.0
    assert spring.energy.prime(2.0) == 6.0
    assert other.energy.prime(2.0) == 20.0
    assert spring.energy.prime(2.0, 1.0) == 3.0
    assert spring.energy.prime(2.0, offset=1.0) == 3.0
    assert spring.energy.prime.prime(2.0) == 3.0
    assert spring.energy.nth(2)(2.0) == 3.0
    assert spring.energy.grad(2.0) == 6.0
    assert spring.energy.hessian(2.0) == 3.0
    assert spring.energy.hvp(2.0, 10.0) == 30.0
    assert Spring.cube.prime(2.0) == 12.0
    assert spring.cube.prime(2.0) == 12.0
    assert Spring.weak().energy.prime(2.0) == 2.0
    np.testing.assert_array_equal(
        hoad.differentiable(lambda x: np.sum(spring.energy(x))).prime(X),
        3.0 * X,
    )


def test_methods_keep_name_and_docstring() -> None:
    bound = Spring(3.0).energy
    assert Spring.energy.__doc__ == "Stored energy."
    assert bound.__name__ == "energy"
    assert bound.__doc__ == "Stored energy."
    assert list(inspect.signature(bound).parameters) == ["x", "offset"]
    assert "energy" in repr(bound)


def test_methods_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Spring(3.0).energy))(2.0) == 6.0
    assert pickle.loads(pickle.dumps(Spring(3.0).energy.prime))(2.0) == 6.0


def test_callable_objects() -> None:
    class Polynomial:
        def __init__(self, *coefficients: float) -> None:
            self.coefficients = coefficients

        def __call__(self, x: Any) -> Any:
            return sum(c * x**k for k, c in enumerate(self.coefficients))

    p = hoad.differentiable(Polynomial(1.0, 2.0, 3.0))
    assert (p(2.0), p.prime(2.0), p.prime.prime(2.0)) == (17.0, 14.0, 6.0)
    assert isinstance(repr(p.prime), str)


def test_what_is_no_function_is_refused() -> None:
    for wrong in (3.0, "sin", None, X):
        with pytest.raises(hoad.errors.HoadError, match="function"):
            hoad.differentiable(wrong)
        with pytest.raises(hoad.errors.HoadError, match="function"):
            hoad.prime(wrong)
