"""Kernels of the user's that take arrays and nothing else: refused by name, and right where a rule is stated.

A launch writes its result into an argument, so a rule is stated for a function that has the launch in it.
"""

import functools

import numpy as np
import pytest

import hoad
from hoad.chainrules import NoTangent, remove_rule, rrule, scalar_rule
from hoad.errors import MissingRuleError
from hoad.testing import device as cp


class RawKernel:
    """As CuPy's: of plain arrays, into the last of which it writes."""

    __module__ = "cupy._core.raw"

    def __init__(self, name, body):
        self.name, self.body = name, body

    def __call__(self, grid, block, args, **options):
        for x in args:
            if not isinstance(x, (cp.ndarray, int, float, np.generic)):
                raise TypeError(f"Unsupported type {type(x)}")
        args[-1][...] = self.body(*args[:-1])


class _JitRawKernel(RawKernel):
    """As ``cupyx.jit.rawkernel`` makes them."""

    __module__ = "cupyx.jit._interface"

    def __init__(self, function):
        super().__init__(None, function)
        functools.update_wrapper(self, function)

    def __getitem__(self, grid_and_block):
        grid, block = grid_and_block
        return lambda *args, **options: self((grid, 1, 1), (block, 1, 1), args, **options)


cubed = RawKernel("cubed", lambda x: x**3)
squared = RawKernel("squared", lambda x: x**2)
total = cp.ReductionKernel("T x", "T y", "x * x", "a + b", "y = a", "0", "total")


@_JitRawKernel
def doubled(x):
    return 2 * x


class Holder:
    kernel = total


def launched(x):
    y = np.zeros_like(x)
    cubed((1,), (3,), (x, y))
    return np.sum(y)


def launched_into_plain(x):
    y = cp.zeros(3)
    cubed((1,), (3,), (x, y))
    return np.sum(x * y)


def jitted(x):
    y = cp.zeros(3)
    doubled[1, 3](x, y)
    return np.sum(x * y)


def jitted_by_call(x):
    y = cp.zeros(3)
    doubled((1,), (3,), (x, y))
    return np.sum(x * y)


PROGRAMS = {
    "RawKernel 'cubed'": [launched, launched_into_plain],
    "JitRawKernel 'doubled'": [jitted, jitted_by_call],
    "ReductionKernel 'total'": [
        lambda x: total(x),
        lambda x: Holder.kernel(x),
        lambda x, kernel=total: kernel(x),
        lambda x: {"of": total}["of"](x, axis=0),
    ],
}
OPERATORS = {
    "gradient": hoad.grad,
    "jvp": lambda f, x: hoad.jvp(f, (x,), (x,)),
    "hvp": lambda f, x: hoad.hvp(f, x, x),
    "Jacobian": hoad.jacobian,
    "series": lambda f, x: hoad.directional(f, x, x, 2),
}


@pytest.mark.parametrize("way", OPERATORS)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_kernel_without_a_rule_is_refused_by_its_name(name, way):
    for f in PROGRAMS[name]:
        with pytest.raises(MissingRuleError, match=f"{name} .*scalar_rule.*rrule"):
            OPERATORS[way](f, cp.ones(3))


def test_what_is_no_point_is_the_kernels_own():
    """Constants are handed on, whichever way the kernel is launched."""

    def f(x):
        y, z = cp.zeros(3), cp.zeros(3)
        cubed((1,), (3,), (cp.full(3, 2.0), y))
        doubled[1, 3](y, z)
        return np.sum(x * z) * total(y)

    g = hoad.grad(f, cp.ones(3))
    np.testing.assert_allclose(g.get(), np.full(3, 16.0 * 192.0))


def in_kernel(kernel, x):
    y = cp.empty(x.shape)
    kernel((1,), (x.size,), (x, y))
    return y


def cube(x):
    return in_kernel(cubed, x)


def square(x):
    return in_kernel(squared, x)


def test_a_function_with_a_launch_has_the_derivative_that_is_stated():
    scalar_rule(cube, lambda x, out: 3 * square(x))
    scalar_rule(square, lambda x, out: 2 * x)
    try:
        f, points = lambda x: np.sum(cube(x)), np.array([1.0, -2.0, 0.5])
        x = cp.asarray(points)
        np.testing.assert_allclose(hoad.grad(f, x).get(), 3 * points**2)
        np.testing.assert_allclose(hoad.hessian(f, x).get(), np.diag(6 * points))
        np.testing.assert_allclose(hoad.hvp(f, x, x).get(), 6 * points**2)
    finally:
        remove_rule(cube)
        remove_rule(square)


def test_a_reduction_has_the_derivative_that_is_stated():
    @rrule(total)
    def of_total(x):
        return total(x), lambda g: (NoTangent(), g * 2 * x)

    try:
        points = np.array([1.0, -2.0, 0.5])
        g = hoad.grad(lambda x: np.sin(total(x)), cp.asarray(points))
        np.testing.assert_allclose(g.get(), np.cos(np.sum(points**2)) * 2 * points)
    finally:
        remove_rule(total)
