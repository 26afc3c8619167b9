"""A catalogue of functions: each as a NumPy program and as a SymPy expression of the same thing.

The programs are what people write: formulas, loops, branches, recursion, arrays built from scalars, arrays
filled in place. The SymPy form is written apart from the program, in closed form wherever there is one. All
constants and points are dyadic rationals, or reach SymPy as the exact value of the float, so that both forms
mean one function.

``ulps`` bounds the relative error of a derivative in units of 2**-52: of its value, or for an array of its
largest entry. The bounds are for orders up to 6 in one variable, up to 3 in several. Where an entry asks for
more, ``why`` names the cancellation that is the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

ONE_VARIABLE_BOUND = 128.0
SEVERAL_VARIABLES_BOUND = 32.0


@dataclass(frozen=True)
class Function:
    """One entry: ``program`` of a float or an array, ``expression`` of a symbol or a list of symbols."""

    name: str
    program: Callable[[Any], Any]
    expression: Callable[[Any], Any]
    points: tuple[Any, ...]
    ulps: float
    why: str = ""

    def __str__(self) -> str:
        return self.name


ONE_VARIABLE: list[Function] = []
SEVERAL_VARIABLES: list[Function] = []


def one(
    name: str, program: Any, expression: Any, *points: float, ulps: float = ONE_VARIABLE_BOUND, why: str = ""
) -> None:
    """Enter a function of one variable."""
    ONE_VARIABLE.append(Function(name, program, expression, points, ulps, why))


def several(
    name: str,
    program: Any,
    expression: Any,
    *points: Any,
    ulps: float = SEVERAL_VARIABLES_BOUND,
    why: str = "",
) -> None:
    """Enter a function of an array; its value is a number or an array."""
    SEVERAL_VARIABLES.append(Function(name, program, expression, tuple(map(tuple, points)), ulps, why))


def exact(value: Any) -> Any:
    """The exact rational value of a float; of an array, the matrix of those."""
    if np.ndim(value) == 0:
        return sp.Rational(float(value))
    return sp.Matrix([[exact(entry) for entry in np.ravel(row)] for row in value])


# ------------------------------------------------------------------------------------------------------------
# One variable: formulas
# ------------------------------------------------------------------------------------------------------------

# fmt: off
one("cubic",              lambda x: 2*x**3 - 5*x**2 + x - 7,  lambda x: 2*x**3 - 5*x**2 + x - 7, 0.75, -1.5)
one("product of factors", lambda x: (x - 1)*(x - 2)*(x + 3),  lambda x: (x - 1)*(x - 2)*(x + 3), 0.5, 4.25)
one("rational",           lambda x: (x**2 + 1)/(x**3 + 2),    lambda x: (x**2 + 1)/(x**3 + 2), 0.625, 2.5)
one("near a zero",        lambda x: (x**2 + 1)/(x**3 + 2),    lambda x: (x**2 + 1)/(x**3 + 2),       1.75,
                          ulps=512, why="f^(6) has a zero nearby: f^(n)/n! is 0.03, 0.0008, -0.01 at 5, 6, 7")
one("negative powers",    lambda x: x**-3 + 1/x,              lambda x: x**-3 + 1/x, 1.25, -0.75)
one("exp of sin",         lambda x: np.exp(np.sin(x)),        lambda x: sp.exp(sp.sin(x)), 0.625, 2.125)
one("x to the x",         lambda x: x**x,                     lambda x: x**x, 0.75, 1.625)
one("real power",         lambda x: x**2.5,                   lambda x: x**sp.Rational(5, 2), 0.75, 3.25)
one("power of two",       lambda x: 2**x,                     lambda x: 2**x, 0.75, -1.5)
one("exp2 and expm1",     lambda x: np.exp2(x) - np.expm1(-x),
                          lambda x: 2**x - sp.exp(-x) + 1, 0.75, 1.5)
one("Gaussian",           lambda x: np.exp(-x**2),            lambda x: sp.exp(-x**2), 0.75, -1.25)
one("logarithm",          lambda x: np.log(1 + x**2),         lambda x: sp.log(1 + x**2), 0.625, 2.5)
one("three logarithms",   lambda x: np.log2(x)*np.log10(x) + np.log1p(x),
                          lambda x: sp.log(x)**2/sp.log(2)/sp.log(10) + sp.log(1 + x), 0.75, 3.5)
one("square root",        lambda x: np.sqrt(1 + x*x),         lambda x: sp.sqrt(1 + x*x), 0.75, -2.5)
one("cube root",          lambda x: np.cbrt(x)*np.sqrt(x),    lambda x: x**sp.Rational(5, 6), 0.75, 2.5)
one("tangent",            lambda x: np.tan(x),                lambda x: sp.tan(x), 0.625, -1.25)
one("arctangent",         lambda x: np.arctan(x),             lambda x: sp.atan(x), 0.375, -1.625)
one("arcsine",            lambda x: np.arcsin(x/2)*np.arccos(x/4),
                          lambda x: sp.asin(x/2)*sp.acos(x/4), 0.625, -1.25)
one("hyperbolic",         lambda x: np.sinh(x)*np.cosh(x/2),  lambda x: sp.sinh(x)*sp.cosh(x/2), 0.75, -1.5)
one("tanh",               lambda x: np.tanh(3*x),             lambda x: sp.tanh(3*x), 0.375, -0.25)
one("area functions",     lambda x: np.arcsinh(x) + np.arctanh(x/4) + np.arccosh(2 + x),
                          lambda x: sp.asinh(x) + sp.atanh(x/4) + sp.acosh(2 + x), 0.625, 2.5)
one("softplus",           lambda x: np.log1p(np.exp(x)),      lambda x: sp.log(1 + sp.exp(x)), 0.25, -1.25)
one("logaddexp",          lambda x: np.logaddexp(0.0, 2*x),
                          lambda x: sp.log(1 + sp.exp(2*x)), 0.375, -1.125)
one("logistic",           lambda x: 1/(1 + np.exp(-x)),       lambda x: 1/(1 + sp.exp(-x)), 0.75, -0.625)
one("damped oscillation", lambda x: np.exp(-x/2)*np.cos(3*x), lambda x: sp.exp(-x/2)*sp.cos(3*x), 0.75, 2.0)
one("sinc",               lambda x: np.sinc(x),
                          lambda x: sp.sin(sp.pi*x)/(sp.pi*x), 0.625, 1.25)
one("hypotenuse",         lambda x: np.hypot(x, 1.5),
                          lambda x: sp.sqrt(x**2 + exact(2.25)), 1.25, -2.5)
one("angle",              lambda x: np.arctan2(x, 2 + x*x),   lambda x: sp.atan(x/(2 + x*x)), 0.625, -1.75)
one("quotient of exp",    lambda x: np.expm1(x)/x,            lambda x: (sp.exp(x) - 1)/x, 2.5, -3.5)
# fmt: on


# ------------------------------------------------------------------------------------------------------------
# One variable: loops, recursion, branches
# ------------------------------------------------------------------------------------------------------------


def horner(x):
    total = 0.0
    for c in (1.0, -2.0, 0.5, 3.0, -1.5, 0.25, 4.0):
        total = total * x + c
    return total


def chebyshev(x):
    """T_6 by its recurrence."""
    previous, current = 1.0, x
    for _ in range(5):
        previous, current = current, 2 * x * current - previous
    return current


def newton_square_root(x):
    """Six steps of y <- (y + x / y) / 2 are the square root to the last digit, and so are all derivatives."""
    y = 1.0
    for _ in range(7):
        y = (y + x / y) / 2
    return y


def continued_fraction(x):
    """Four levels of Lambert's fraction of the tangent."""
    fraction = 7.0
    for odd in (5.0, 3.0, 1.0):
        fraction = odd - x * x / fraction
    return x / fraction


def continued_fraction_closed(x):
    return x * (105 - 10 * x**2) / (105 - 45 * x**2 + x**4)


def logistic_map(x):
    for _ in range(3):
        x = 3.5 * x * (1 - x)
    return x


def logistic_map_expanded(x):
    for _ in range(3):
        x = exact(3.5) * x * (1 - x)
    return sp.expand(x)


def bessel(x):
    """The power series of J_0, eight terms, by the ratio of neighbours."""
    term = total = 1.0
    k = 1
    while k < 8:
        term = -term * x * x / (4 * k * k)
        total += term
        k += 1
    return total


def bessel_closed(x):
    return sum((-(x**2) / 4) ** k / sp.factorial(k) ** 2 for k in range(8))


def fibonacci(x, k=7):
    """The Fibonacci polynomials, by double recursion."""
    return 1.0 + 0 * x if k == 1 else x if k == 2 else x * fibonacci(x, k - 1) + fibonacci(x, k - 2)


def runge_kutta(y, f, h):
    """One classical step of y' = f(y)."""
    k1 = f(y)
    k2 = f(y + h / 2 * k1)
    k3 = f(y + h / 2 * k2)
    k4 = f(y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def branch(x):
    if x > 1:
        return x * np.sin(x)
    elif x > 0:
        return np.sqrt(x)
    return np.exp(x) / x


def doubling(x):
    """Double until above 10, which takes another number of turns at each point."""
    while x < 10:
        x = 2 * x * np.cos(x / 64)
    return x


def doubled(turns):
    def expression(x):
        for _ in range(turns):
            x = 2 * x * sp.cos(x / 64)
        return x

    return expression


def chosen_by_name(x):
    functions = {"sin": np.sin, "cosh": np.cosh}
    return functions["sin"](x) * functions["cosh"](x)


# fmt: off
one("Horner's scheme",    horner,
                          lambda x: x**6 - 2*x**5 + x**4/2 + 3*x**3 - 3*x**2/2 + x/4 + 4, 0.75, -1.5)
one("Chebyshev",          chebyshev,
                          lambda x: 32*x**6 - 48*x**4 + 18*x**2 - 1, 0.75, -0.375)
one("Newton's iteration", newton_square_root,                 sp.sqrt,                              0.75, 2.5)
one("continued fraction", continued_fraction,                 continued_fraction_closed, 0.625, -1.25)
one("logistic map",       logistic_map,                       logistic_map_expanded, 0.125, 0.875)
one("Bessel series",      bessel,                             bessel_closed, 1.25, -2.5)
one("Fibonacci",          fibonacci,
                          lambda x: x**6 + 5*x**4 + 6*x**2 + 1, 0.75, -1.25)
one("branch above",       branch,                             lambda x: x*sp.sin(x),                1.75)
one("branch between",     branch,                             sp.sqrt,                              0.75)
one("branch below",       branch,                             lambda x: sp.exp(x)/x,                -0.75)
one("loop of 2 turns",    doubling,                           doubled(2),                           3.5)
one("loop of 3 turns",    doubling,                           doubled(3),                           1.75)
one("choice by name",     chosen_by_name,                     lambda x: sp.sin(x)*sp.cosh(x),       0.75)
one("pendulum step",      lambda x: runge_kutta(x, np.sin, 0.25),
                          lambda x: runge_kutta(x, sp.sin, sp.Rational(1, 4)), 0.75)
one("away from the kink", lambda x: abs(x - 3)**3*np.sign(x), lambda x: (3 - x)**3,                 1.25, 2.5)
one("larger of two",      lambda x: np.maximum(x, x**4),      lambda x: x**4, 1.25, -0.75)
one("where",              lambda x: np.where(x > 0, np.log(x), x),
                          sp.log, 0.75, 2.5)
one("remainder",          lambda x: np.sin(x % 1.0),          lambda x: sp.sin(x - 2),              2.75)
# fmt: on


# ------------------------------------------------------------------------------------------------------------
# One variable: arrays on the way
# ------------------------------------------------------------------------------------------------------------


def filled_in_place(x):
    """x, x^2, .. x^5 written one by one into an array."""
    v = x * np.ones(5)
    y = np.zeros_like(v)
    y[0] = x
    for k in range(1, 5):
        y[k] = y[k - 1] * v[k]
    y[1:3] *= 2
    y += 1
    return np.sum(y)


def array_of_scalars(x):
    """Object arrays, which is what NumPy makes of traced scalars, meet the scalar on either side."""
    return np.sum(x * np.array([x, np.sin(x)]) + np.array([x * x, 1 / x]) / x)


def rotated(x):
    """A vector turned by a matrix of the angle."""
    turn = np.array([[np.cos(x), -np.sin(x)], [np.sin(x), np.cos(x)]])
    return (turn @ np.array([1.0, 2.0]))[0] * x


def determinant_of_array(x):
    matrix = np.stack([x * np.array([1.0, 0.0, 1.0]), np.array([1.0, 3.0, 0.5]), np.array([1.0, 0.0, 4.0])])
    matrix[1, 0] = x * x
    matrix[2, 1] = np.sin(x)
    return np.linalg.det(matrix)


def determinant_closed(x):
    return sp.Matrix([[x, 0, x], [x * x, 3, exact(0.5)], [1, sp.sin(x), 4]]).det()


SHEARED = np.array([[4.0, 1.0], [0.5, 3.0]])


def solution(x):
    return np.linalg.solve(SHEARED + x * np.eye(2), np.array([1.0, 2.0]))[1]


def solution_closed(x):
    return (2 * (4 + x) - sp.Rational(1, 2)) / ((4 + x) * (3 + x) - sp.Rational(1, 2))


# fmt: off
one("sum of powers",    lambda x: np.sum(np.array([1.0, -2.0, 0.5, 3.0])*x**np.arange(1, 5)),
                        lambda x: x - 2*x**2 + x**3/2 + 3*x**4, 0.75, -1.5)
one("filled in place",  filled_in_place,      lambda x: x + 2*x**2 + 2*x**3 + x**4 + x**5 + 5,0.75, -1.5)
one("array of scalars", array_of_scalars,     lambda x: x*x + x*sp.sin(x) + x + 1/x**2,0.75, 1.5)
one("rotation",         rotated,              lambda x: x*(sp.cos(x) - 2*sp.sin(x)),  0.75, 2.0)
one("determinant",      determinant_of_array, determinant_closed,                     0.75, 2.5)
one("linear system",    solution,             solution_closed,                        0.75, 2.5)
one("rising factorial", lambda x: np.prod(x + np.arange(4)),
                        lambda x: x*(x + 1)*(x + 2)*(x + 3), 0.75, -1.5)
one("cumulative sums",  lambda x: np.cumsum(np.stack([x, x*x, np.exp(x)])) @ np.array([1.0, 2.0, 3.0]),
                        lambda x: 6*x + 5*x*x + 3*sp.exp(x), 0.75, 1.5)
one("trace by einsum",  lambda x: np.einsum("ij,ji->", np.exp(x*SHEARED), SHEARED),
                        lambda x: 4*sp.exp(4*x) + sp.exp(x/2) + sp.exp(x)/2 + 3*sp.exp(3*x), 0.375, -0.25)
one("norm of a line",   lambda x: np.linalg.norm(np.array([3.0, -1.0]) + x*np.array([1.0, 2.0])),
                        lambda x: sp.sqrt((3 + x)**2 + (2*x - 1)**2), 0.75, -1.5)
# fmt: on


# ------------------------------------------------------------------------------------------------------------
# Several variables, one value
# ------------------------------------------------------------------------------------------------------------

PI = np.pi


def rosenbrock(x):
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_closed(x):
    return sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


def beale(x):
    a, b = x
    return (1.5 - a + a * b) ** 2 + (2.25 - a + a * b**2) ** 2 + (2.625 - a + a * b**3) ** 2


def beale_closed(x):
    a, b = x
    return sum((exact(c) - a + a * b**k) ** 2 for k, c in ((1, 1.5), (2, 2.25), (3, 2.625)))


def branin(x):
    b, c, t = 5.1 / (4 * PI**2), 5 / PI, 1 / (8 * PI)
    return (x[1] - b * x[0] ** 2 + c * x[0] - 6) ** 2 + 10 * (1 - t) * np.cos(x[0]) + 10


def branin_closed(x):
    b, c, t = exact(5.1 / (4 * PI**2)), exact(5 / PI), exact(1 / (8 * PI))
    return (x[1] - b * x[0] ** 2 + c * x[0] - 6) ** 2 + 10 * (1 - t) * sp.cos(x[0]) + 10


def himmelblau(x):
    a, b = x[0], x[1]
    return (a**2 + b - 11) ** 2 + (a + b**2 - 7) ** 2


def powell(x):
    a, b, c, d = x
    return (a + 10 * b) ** 2 + 5 * (c - d) ** 2 + (b - 2 * c) ** 4 + 10 * (a - d) ** 4


def ackley(x):
    return -20 * np.exp(-np.sqrt(np.mean(x**2)) / 4) - np.exp(np.mean(np.cos(6 * x)))


def ackley_closed(x):
    n = len(x)
    return -20 * sp.exp(-sp.sqrt(sum(a**2 for a in x) / n) / 4) - sp.exp(sum(sp.cos(6 * a) for a in x) / n)


HELMHOLTZ_A = np.array([[1.0, 0.5, 0.25], [0.5, 2.0, 0.125], [0.25, 0.125, 1.5]])
HELMHOLTZ_B = np.array([0.125, 0.25, 0.0625])
ROOT2 = np.sqrt(2.0)


def helmholtz(x):
    """The Helmholtz energy of a mixed fluid, by the equation of Peng and Robinson with R T = 1."""
    bx = HELMHOLTZ_B @ x
    attraction = x @ HELMHOLTZ_A @ x / (2 * ROOT2 * bx)
    ratio = (1 + (1 + ROOT2) * bx) / (1 + (1 - ROOT2) * bx)
    return np.sum(x * np.log(x / (1 - bx))) - attraction * np.log(ratio)


def helmholtz_closed(x):
    root2, a, b = exact(ROOT2), exact(HELMHOLTZ_A), exact(HELMHOLTZ_B)
    bx = sum(b[i] * x[i] for i in range(3))
    xax = sum(a[i, j] * x[i] * x[j] for i in range(3) for j in range(3))
    ideal = sum(xi * (sp.log(xi) - sp.log(1 - bx)) for xi in x)
    return ideal - xax / (2 * root2 * bx) * (sp.log(1 + (1 + root2) * bx) - sp.log(1 + (1 - root2) * bx))


def logsumexp(x):
    top = np.max(x)
    return top + np.log(np.sum(np.exp(x - top)))


def logsumexp_closed(x):
    return sp.log(sum(sp.exp(a) for a in x))


NETWORK_W = np.array([[0.5, -1.0], [1.25, 0.75], [-0.375, 0.625]])
NETWORK_B = np.array([0.25, -0.5, 0.125])
NETWORK_V = np.array([1.5, -0.75, 2.0])
NETWORK_DATA = np.array([[0.5, -0.25], [1.0, 0.75], [-0.5, 0.375]])
NETWORK_TARGET = np.array([0.5, -0.25, 1.0])


def network(x):
    """A layer of three tanh, in its inputs."""
    return NETWORK_V @ np.tanh(NETWORK_W @ x + NETWORK_B)


def network_closed(x):
    w, b, v = exact(NETWORK_W), exact(NETWORK_B), exact(NETWORK_V)
    return sum(v[k] * sp.tanh(w[k, 0] * x[0] + w[k, 1] * x[1] + b[k]) for k in range(3))


def network_loss(p):
    """The squared error of a network with two tanh, in its weights: 2 x 2, and 2 more outside."""
    hidden = np.tanh(NETWORK_DATA @ p[:4].reshape(2, 2))
    return 0.5 * np.sum((hidden @ p[4:] - NETWORK_TARGET) ** 2)


def network_loss_closed(p):
    data, target = exact(NETWORK_DATA), exact(NETWORK_TARGET)
    total = 0
    for r in range(3):
        hidden = [sp.tanh(data[r, 0] * p[k] + data[r, 1] * p[2 + k]) for k in range(2)]
        total += (hidden[0] * p[4] + hidden[1] * p[5] - target[r]) ** 2
    return total / 2


def lennard_jones(x):
    """The energy of three atoms in the plane."""
    atoms = x.reshape(3, 2)
    energy = 0.0
    for i in range(3):
        for j in range(i):
            r2 = np.sum((atoms[i] - atoms[j]) ** 2)
            energy += r2**-6 - 2 * r2**-3
    return energy


def lennard_jones_closed(x):
    energy = 0
    for i in range(3):
        for j in range(i):
            r2 = (x[2 * i] - x[2 * j]) ** 2 + (x[2 * i + 1] - x[2 * j + 1]) ** 2
            energy += r2**-6 - 2 * r2**-3
    return energy


MEASURED_AT = np.array([0.25, 0.5, 1.0, 2.0, 4.0])
MEASURED = np.array([0.5, 0.875, 1.25, 1.625, 2.0])


def michaelis_menten(p):
    """The sum of squared residuals of an enzyme's rate law."""
    return np.sum((p[0] * MEASURED_AT / (p[1] + MEASURED_AT) - MEASURED) ** 2)


def michaelis_menten_closed(p):
    pairs = zip(exact(MEASURED_AT), exact(MEASURED), strict=True)
    return sum((p[0] * s / (p[1] + s) - v) ** 2 for s, v in pairs)


def mixture_likelihood(p):
    """The log-likelihood of a mixture of two Gaussians of width 1, in their means and their odds."""
    samples = np.array([-1.0, 0.5, 1.75])
    first = -0.5 * (samples - p[0]) ** 2
    second = p[2] - 0.5 * (samples - p[1]) ** 2
    return np.sum(np.logaddexp(first, second)) - 3 * np.logaddexp(0.0, p[2])


def mixture_likelihood_closed(p):
    total = -3 * sp.log(1 + sp.exp(p[2]))
    for s in (exact(-1.0), exact(0.5), exact(1.75)):
        total += sp.log(sp.exp(-((s - p[0]) ** 2) / 2) + sp.exp(p[2] - (s - p[1]) ** 2 / 2))
    return total


def gaussian_density(p):
    """The logarithm of a normal density in three entries of its covariance matrix, by Cholesky's factors."""
    covariance = p[np.array([[0, 1], [1, 2]])]
    factor = np.linalg.cholesky(covariance)
    z = np.linalg.solve(factor, np.array([1.0, -0.5]))
    return -np.sum(np.log(np.diagonal(factor))) - 0.5 * np.sum(z * z)


def gaussian_density_closed(p):
    det = p[0] * p[2] - p[1] ** 2
    return -sp.log(det) / 2 - (p[2] + p[1] + p[0] / 4) / det / 2


def walk_over_a_dictionary(x):
    state = {"position": x[0], "velocity": x[1]}
    for _ in range(2):
        state["velocity"] = state["velocity"] - 0.5 * np.sin(state["position"])
        state["position"] = state["position"] + 0.5 * state["velocity"]
    return sum(value**2 for value in state.values())


def walk_over_a_dictionary_closed(x):
    position, velocity = x
    for _ in range(2):
        velocity = velocity - sp.sin(position) / 2
        position = position + velocity / 2
    return position**2 + velocity**2


def quadratic_form_closed(x):
    return (sp.Matrix([x]) * exact(HELMHOLTZ_A) * sp.Matrix([sp.exp(a) for a in x]))[0]


def masked(x):
    """Products and sums that are picked by masks and by sorting, away from the ties."""
    y = np.where(x > 1, x**3, np.exp(x))
    return np.sum(y[x > 1]) * np.prod(y[x < 1]) + np.sort(x)[0] * np.max(x) ** 2


def masked_closed(x):
    a, b, c, d = x
    return (b**3 + d**3) * sp.exp(a) * sp.exp(c) + c * d**2


# fmt: off
several("Rosenbrock",        rosenbrock,             rosenbrock_closed, [-1.25, 0.75, 0.5, 1.5])
several("Beale",             beale,                  beale_closed, [1.25, 0.75], [-0.5, 1.5])
several("Branin",            branin,                 branin_closed, [1.25, 2.5], [-2.0, 7.5])
several("Himmelblau",        himmelblau,             himmelblau, [0.75, -1.5], [2.5, 3.25])
several("Powell",            powell,                 powell, [3.0, -1.0, 0.5, 1.25])
several("Ackley",            ackley,                 ackley_closed,                      [0.75, -0.5, 1.25])
several("Helmholtz energy",  helmholtz,              helmholtz_closed,                   [0.5, 0.25, 0.75])
several("logsumexp",         logsumexp,              logsumexp_closed, [0.5, -1.25, 2.0, 0.75])
several("Euclidean norm",    np.linalg.norm,
                             lambda x: sp.sqrt(sum(a**2 for a in x)), [1.5, -2.0, 0.75])
several("norm of order 3",   lambda x: np.sum(np.abs(x)**3)**(1/3),
                             lambda x: (x[0]**3 - x[1]**3 + x[2]**3)**exact(1/3), [1.5, -2.0, 0.75])
several("tanh network",      network,                network_closed, [0.75, -0.5], [-1.25, 0.375])
several("network weights",   network_loss,           network_loss_closed, [0.5, -1.0, 1.25, 0.75, 1.5, -0.75])
several("determinant 3x3",   lambda x: np.linalg.det(x.reshape(3, 3)),
                             lambda x: sp.Matrix(3, 3, x).det(),
                             [2.0, 0.5, -1.0, 0.25, 3.0, 1.5, 1.0, -0.5, 2.5])
several("quadratic forms",   lambda x: np.einsum("i,ij,j->", x, HELMHOLTZ_A, np.exp(x)),
                             quadratic_form_closed, [0.5, -0.25, 0.75])
several("Lennard-Jones",     lennard_jones,          lennard_jones_closed, [0.0, 0.0, 1.25, 0.25, 0.5, 1.0])
several("Michaelis-Menten",  michaelis_menten,       michaelis_menten_closed,            [2.25, 0.75])
several("mixture",           mixture_likelihood,     mixture_likelihood_closed,          [-0.5, 1.25, 0.375])
several("normal density",    gaussian_density,       gaussian_density_closed,            [2.0, 0.5, 1.25])
several("state in a dict",   walk_over_a_dictionary, walk_over_a_dictionary_closed,      [0.75, -0.5])
several("masks and sorting", masked,                 masked_closed, [0.25, 1.5, -0.5, 2.0])
# fmt: on


# ------------------------------------------------------------------------------------------------------------
# Several variables, several values
# ------------------------------------------------------------------------------------------------------------


def spherical(x):
    r, polar, azimuth = x
    across = r * np.sin(polar)
    return np.array([across * np.cos(azimuth), across * np.sin(azimuth), r * np.cos(polar)])


def spherical_closed(x):
    r, polar, azimuth = x
    return [r * sp.sin(polar) * sp.cos(azimuth), r * sp.sin(polar) * sp.sin(azimuth), r * sp.cos(polar)]


def softmax(x):
    weights = np.exp(x - np.max(x))
    return weights / np.sum(weights)


def softmax_closed(x):
    return [sp.exp(a) / sum(sp.exp(b) for b in x) for a in x]


def predator_and_prey(y):
    return np.stack([y[0] * (1 - y[1]), y[1] * (y[0] - 1)])


def predator_and_prey_step(x):
    k1x, k1y = x[0] * (1 - x[1]), x[1] * (x[0] - 1)
    mx, my = x[0] + k1x / 8, x[1] + k1y / 8
    return [x[0] + mx * (1 - my) / 4, x[1] + my * (mx - 1) / 4]


def midpoint_step(x):
    return x + 0.25 * predator_and_prey(x + 0.125 * predator_and_prey(x))


def stencil(x):
    """A nonlinear diffusion, written into a fresh array by slices."""
    y = np.zeros_like(x)
    y[1:-1] = x[2:] - 2 * x[1:-1] + x[:-2]
    y[0] = x[1] - x[0]
    y[-1] = x[-2] - x[-1]
    y *= x**2
    return y


def stencil_closed(x):
    a, b, c, d = x
    return [(b - a) * a**2, (c - 2 * b + a) * b**2, (d - 2 * c + b) * c**2, (c - d) * d**2]


def written_through_a_view(x):
    """The view and its base share their elements, in both directions."""
    y = x**2
    view = y[1:3]
    view *= x[0]
    y[2] += x[3]
    y[0] = view[0] * view[1]
    return y


def written_through_a_view_closed(x):
    a, b, c, d = x
    return [a * b**2 * (a * c**2 + d), a * b**2, a * c**2 + d, d**2]


def projected(x):
    """A vector of scalars, divided by its norm."""
    corner = np.array([x[0] * x[1], x[1] * x[2]])
    return x[2] * corner / np.linalg.norm(corner)


def projected_closed(x):
    a, b = x[0] * x[1], x[1] * x[2]
    return [x[2] * a / sp.sqrt(a**2 + b**2), x[2] * b / sp.sqrt(a**2 + b**2)]


def rearranged(x):
    """Slices, reversal, rolling, joining and running sums."""
    joined = np.concatenate([x[::-1] * np.roll(x, 1), np.cumsum(x**2)])
    return joined.reshape(2, 3).T @ np.array([1.0, -0.5])


def rearranged_closed(x):
    a, b, c = x
    return [c * c - a**2 / 2, b * a - (a**2 + b**2) / 2, a * b - (a**2 + b**2 + c**2) / 2]


def exponential(x):
    """The exponential of a 2 x 2 matrix by four terms of its series."""
    matrix = x.reshape(2, 2)
    term = total = np.eye(2)
    for k in range(1, 5):
        term = term @ matrix / k
        total = total + term
    return total.ravel()


def exponential_closed(x):
    m = sp.Matrix(2, 2, x)
    return list(sp.eye(2) + m + m**2 / 2 + m**3 / 6 + m**4 / 24)


def inverse_closed(x):
    a, b, c, d = x
    return [d / (a * d - b * c), -b / (a * d - b * c), -c / (a * d - b * c), a / (a * d - b * c)]


# fmt: off
several("spherical",     spherical,              spherical_closed,              [1.5, 0.75, -0.5])
several("softmax",       softmax,                softmax_closed,                [0.5, -1.25, 0.75])
several("midpoint step", midpoint_step,          predator_and_prey_step,        [0.75, 1.5])
several("stencil",       stencil,                stencil_closed,                [0.5, 1.25, -0.75, 2.0])
several("view",          written_through_a_view, written_through_a_view_closed, [0.5, 1.25, -0.75, 2.0])
several("projected",     projected,              projected_closed,              [0.75, 1.25, -0.5])
several("rearranged",    rearranged,             rearranged_closed,             [1.5, -0.5, 0.75])
several("exponential",   exponential,            exponential_closed,            [0.5, -0.25, 1.0, 0.75])
several("inverse 2x2",   lambda x: np.linalg.inv(x.reshape(2, 2)).ravel(),
                         inverse_closed, [2.0, 0.5, -1.0, 1.5])
# fmt: on
