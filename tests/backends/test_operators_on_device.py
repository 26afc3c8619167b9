"""Every operator with arrays of a device: NumPy's numbers, where the point lies, in its precision, unread."""

import numpy as np
import pytest
from on_device import assert_same, from_device, lies_there, to_device

import hoad
from hoad import enzyme
from hoad.testing import device as cp

POINT = np.array([0.3, 0.7, 1.1])
COMPLEX = np.array([0.3 + 0.2j, 0.5 - 0.1j])


def loss(x):
    return np.sum(np.sin(x) * x) + x[0] * x[1]


def linear(x):
    return np.sum(x * 7.0)


def field(x):
    return np.sin(x) * x[0]


def bell(x):
    return np.exp(-x * x) * x


OPERATORS = {
    "grad": lambda x: hoad.grad(loss, x),
    "grad of what is linear": lambda x: hoad.grad(linear, x),
    "gradient": lambda x: hoad.gradient(loss, x),
    "value_and_grad": lambda x: hoad.value_and_grad(loss, x)[1],
    "has_aux": lambda x: hoad.grad(lambda x: (loss(x), x * 2), x, has_aux=True),
    "jacobian": lambda x: hoad.jacobian(field, x),
    "jacobian, forward": lambda x: hoad.jacobian(field, x, mode="forward"),
    "jacobian, reverse": lambda x: hoad.jacobian(field, x, mode="reverse"),
    "jacobian in chunks": lambda x: hoad.jacobian(field, x, chunk_size=2),
    "value_and_jacobian": lambda x: hoad.value_and_jacobian(field, x),
    "hessian": lambda x: hoad.hessian(loss, x),
    "hessian in chunks": lambda x: hoad.hessian(loss, x, chunk_size=2),
    "hessian of what is linear": lambda x: hoad.hessian(linear, x),
    "hessian of a matrix": lambda x: hoad.hessian(lambda a: np.sum(np.sin(a) @ x), np.outer(x, x * x).T),
    "hessian of a norm": lambda x: hoad.hessian(lambda x: np.linalg.norm(np.sin(x)), x),
    "value_grad_hessian": lambda x: hoad.value_grad_hessian(loss, x)[1:],
    "diag_hessian": lambda x: hoad.diag_hessian(loss, x),
    "hvp": lambda x: hoad.hvp(loss, x, 2 * x),
    "jvp": lambda x: hoad.jvp(field, (x,), (x,)),
    "vjp": lambda x: hoad.vjp(field, x)[1](x),
    "vjp of a number": lambda x: hoad.vjp(linear, x)[1](1.0),
    "pushforward": lambda x: hoad.pushforward(field, x)(x),
    "pullback": lambda x: hoad.pullback(field, x)[1](x),
    "derivative": lambda x: hoad.derivative(np.sin, x),
    "third derivative": lambda x: hoad.derivative(np.sin, x, 3),
    "derivatives": lambda x: hoad.derivatives(bell, x, 4),
    "derivative without axes": lambda x: hoad.derivative(np.sin, np.sum(x)),
    "grad without axes": lambda x: hoad.grad(np.sin, np.sum(x)),
    "elementwise_grad": lambda x: hoad.elementwise_grad(hoad.elementwise_grad(np.sin))(x),
    "prime": lambda x: hoad.prime(hoad.prime(bell))(x),
    "jet": lambda x: hoad.jet(field, (x,), ((x, 2 * x),)),
    "derivative_tensor": lambda x: hoad.derivative_tensor(field, x, 2),
    "vmap": lambda x: hoad.vmap(hoad.grad(loss))(np.outer(x, x)),
    "dictionary": lambda x: hoad.grad(lambda p: np.sum(p["a"] * np.sin(p["b"])), {"a": x, "b": x * 2}),
    "tuple": lambda x: hoad.hessian(lambda p: np.sum(p[0] * p[1]) * np.sum(p[0]), (x, 2 * x)),
    "no dependence": lambda x: hoad.grad(lambda x: 3.0, x),
    "withgradient": lambda x: hoad.withgradient(loss, x)[1],
    "withjacobian": lambda x: hoad.withjacobian(field, x)[1],
    "hessian_reverse": lambda x: hoad.hessian_reverse(loss, x),
    "diaghessian": lambda x: hoad.diaghessian(loss, x),
    "halves and masks": lambda x: hoad.grad(lambda x: np.sum(x / 2 * (1 - (x > 0.5))), x),
    "numbers in arrays": lambda x: hoad.grad(lambda x: np.sum(np.array([x[0], x[1] * x[0]]) * 2), x),
    "loops": lambda x: hoad.hessian(lambda x: sum([np.sin(v) * v for v in x]), x),
    "hook": lambda x: hoad.grad(lambda x: np.sum(hoad.hook(lambda g: 2 * g, np.sin(x))), x),
    "stop_gradient": lambda x: hoad.grad(lambda x: np.sum(hoad.stop_gradient(x) * x), x),
    "param": lambda x: by_parameters(x),
    "enzyme": lambda x: by_enzyme(x),
    "object": lambda x: hoad.grad(lambda m: m(x), Model(x)).w,
}  # fmt: skip
OPERATORS |= {
    f"hessian, {mode}": lambda x, mode=mode: hoad.hessian(loss, x, mode=mode)
    for mode in ("forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")
}
NUMBERS = {  # NumPy's value is a number of Python's where the function's is one
    "directional": lambda x: hoad.directional(loss, x, 2 * x, 3),
    "taylor": lambda x: hoad.taylor(lambda t: loss(x * t), 1.0, 3),
    "laplacian": lambda x: hoad.laplacian(loss, x),
    "biharmonic": lambda x: hoad.biharmonic(loss, x),
    "partial": lambda x: hoad.partial(loss, x, (1, 1, 0)),
    "data that f closes over": lambda x: hoad.derivative(lambda a: np.sum(np.sin(a * x)), 2.0, 2),
}
OF_COMPLEX = {
    "grad": lambda z: hoad.grad(lambda z: np.sum(np.abs(z) ** 2) + np.real(z[0] * z[1]), z),
    "holomorphic": lambda z: hoad.grad(lambda z: np.sum(z**3), z, holomorphic=True),
    "jacobian": lambda z: hoad.jacobian(np.exp, z, holomorphic=True),
    "positions that repeat": lambda z: hoad.grad(lambda z: np.sum(np.abs(z[[0, 0, 1]]) ** 2), z),
    "jvp": lambda z: hoad.jvp(lambda z: z * z[0], (z,), (z,)),
    "hvp": lambda z: hoad.jvp(hoad.grad(lambda z: np.sum(np.abs(z) ** 4)), (z,), (z,)),
}


class Model:
    """A model that is a container."""

    def __init__(self, w):
        self.w, self.n = w, 3

    def __call__(self, t):
        return np.sum(np.sin(self.w * t))


def by_parameters(x):
    w, b = hoad.param(np.outer(x, x)), hoad.param(2 * x)
    found = hoad.gradient(lambda: np.sum(np.tanh(w @ x + b) ** 2), hoad.Params([w, b]))
    w -= 0.1 * found[w]
    return [found[w], found[b], np.sum(w * w)]


def by_enzyme(x):
    def into(a, out):
        out[...] = np.sin(a) * a[0]

    out, shadow, da, dx = np.zeros_like(x), np.ones_like(x), np.zeros_like(x), np.zeros_like(x)
    enzyme.autodiff(
        enzyme.Reverse, into, enzyme.Const, enzyme.Duplicated(x, da), enzyme.Duplicated(out, shadow)
    )
    enzyme.autodiff(enzyme.Reverse, linear, enzyme.Active, enzyme.Duplicated(x, dx))
    return [da, dx, out]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator(name, dtype):
    x = POINT.astype(dtype)
    right, point = OPERATORS[name](x.copy()), to_device(x)
    cp.synchronisations = 0
    found = OPERATORS[name](point)
    assert not cp.synchronisations
    assert lies_there(found)
    assert_same(from_device(found), right)


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number(name):
    right, point = NUMBERS[name](POINT), to_device(POINT)
    cp.synchronisations = 0
    found = NUMBERS[name](point)
    assert not cp.synchronisations
    assert lies_there(found)
    assert_same(from_device(found), np.asarray(right)[()] if isinstance(right, float) else right)


@pytest.mark.parametrize("dtype", [np.complex128, np.complex64])
@pytest.mark.parametrize("name", OF_COMPLEX)
def test_complex_numbers(name, dtype):
    z = COMPLEX.astype(dtype)
    right, point = OF_COMPLEX[name](z), to_device(z)
    cp.synchronisations = 0
    found = OF_COMPLEX[name](point)
    assert not cp.synchronisations
    assert lies_there(found)
    assert_same(from_device(found), right)


def test_a_float_beside_data_of_the_device_is_read_once():
    x = to_device(POINT)
    a, g = hoad.grad(lambda a, x: np.sum(a * x**2), 2.0, x, argnums=(0, 1))
    assert type(a) is float and cp.synchronisations == 1
    assert_same([a, from_device(g)], [float(np.sum(POINT**2)), 4 * POINT])


def test_a_scalar_of_the_device_stays_there():
    found = hoad.grad(linear, to_device(POINT)), hoad.hvp(lambda x: np.sum(x) ** 3, *[to_device(POINT)] * 2)
    assert lies_there(found)


def test_checks_of_rules_work_on_the_device():
    hoad.testing.check_grads(loss, to_device(POINT))
