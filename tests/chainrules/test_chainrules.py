"""Rules of the user's own, as ChainRules states them; one test for each feature of ChainRules, and the sharp
edges.
"""

import functools
import inspect
import pickle
import threading

import numpy as np
import pytest
import scipy.linalg
import scipy.special
from features import row

import hoad
from hoad.chainrules import (
    RULES,
    NoTangent,
    NotImplementedTangent,
    ZeroTangent,
    adjoint,
    composite,
    differential,
    frule,
    linear_rule,
    multilinear_rule,
    non_differentiable,
    project,
    remove_rule,
    rrule,
    scalar_rule,
)
from hoad.chainrules.statements import OWN
from hoad.errors import MissingRuleError, RuleError, ShapeMismatchError
from hoad.kinds.jet import Jet
from hoad.tracer import Tracer

NESTINGS = ["forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse"]


@pytest.fixture(autouse=True)
def tidy_table():
    """Every rule that a test states is taken back."""
    yield
    for function in [f for f, rule in RULES.items() if OWN.get(f) is not rule]:
        remove_rule(function)


def add(a, b):
    return a + b


def product(a, b, *, scale=1.0):
    """A function of two arguments and an option."""
    return scale * a * b


# ------------------------------------------------------------------------------------------------------------
# rrule
# ------------------------------------------------------------------------------------------------------------


@row(
    "ChainRules",
    "rrule",
    "@hoad.chainrules.rrule(f)",
    "forward mode follows by transposition; calls from anywhere meet the rule",
)
def test_rrule():
    rrule(add, lambda a, b: (add(a, b), lambda dy: (NoTangent(), dy, dy)))
    assert hoad.gradient(add, 1, 2) == (1.0, 1.0)
    assert hoad.jvp(add, (1.0, 2.0), (1.0, 10.0)) == (3.0, 11.0)


def test_the_rule_is_what_counts_wherever_the_function_is_called():
    rrule(add, lambda a, b: (add(a, b), lambda dy: (NoTangent(), 2 * dy, 3 * dy)))
    table = {"plus": add}
    assert hoad.gradient(lambda a, b: table["plus"](a, b) * 5, 1.0, 2.0) == (10.0, 15.0)
    assert hoad.jvp(lambda a, b: add(b=b, a=a), (1.0, 2.0), (1.0, 0.0)) == (3.0, 2.0)
    assert hoad.grad(lambda a: functools.reduce(add, [a, 1.0, 1.0]))(1.0) == 4.0
    assert add(1, 2) == 3 and add("a", "b") == "ab"


@pytest.mark.parametrize("mode", NESTINGS)
def test_an_rrule_to_second_order(mode):
    rrule(add, lambda a, b: (add(a, b), lambda dy: (NoTangent(), dy, dy)))
    found = hoad.hessian(lambda x: add(x[0], x[1]) ** 3, np.array([1.0, 2.0]), mode=mode)
    assert found.tolist() == [[18.0, 18.0], [18.0, 18.0]]


@pytest.mark.parametrize("mode", NESTINGS)
def test_a_nonlinear_rule_to_second_order(mode):
    rrule(product, lambda a, b: (product(a, b), lambda dy: (NoTangent(), dy * b, dy * a)))
    f = lambda x: np.sin(product(x[0], x[1]))
    x, y = 0.3, 0.7
    s, c = np.sin(x * y), np.cos(x * y)
    exact = [[-y * y * s, c - x * y * s], [c - x * y * s, -x * x * s]]
    np.testing.assert_allclose(hoad.hessian(f, np.array([x, y]), mode=mode), exact, rtol=1e-14)


def test_third_order():
    rrule(product, lambda a, b: (product(a, b), lambda dy: (NoTangent(), dy * b, dy * a)))
    assert hoad.derivative(lambda x: product(product(x, x), x), 2.0, 3) == 6.0
    assert hoad.derivative(hoad.grad(hoad.grad(lambda x: product(product(x, x), x))), 2.0) == 6.0


def test_broadcast_arguments_get_summed_cotangents():
    rrule(add, lambda a, b: (add(a, b), lambda dy: (NoTangent(), dy, dy)))
    ga, gb = hoad.gradient(lambda a, b: np.sum(add(a, b)), np.ones((2, 3)), np.ones(3))
    assert ga.tolist() == np.ones((2, 3)).tolist() and gb.tolist() == [2.0, 2.0, 2.0]
    _, dy = hoad.jvp(add, (np.ones((2, 3)), np.ones(3)), (np.zeros((2, 3)), np.arange(3.0)))
    assert dy.tolist() == [[0.0, 1.0, 2.0]] * 2


def test_containers_go_in_and_come_out():
    def split(p, k):
        return {"sum": p["a"] + p["b"], "k": k}

    rrule(
        split,
        lambda p, k: (split(p, k), lambda g: (NoTangent(), {"a": g["sum"], "b": g["sum"]}, NoTangent())),
    )
    f = lambda p: split(p, 3)["sum"] * 2 * split(p, 3)["k"]
    assert hoad.grad(f)({"a": 1.0, "b": 2.0, "name": "n"}) == {"a": 6.0, "b": 6.0, "name": "n"}
    y, dy = hoad.jvp(lambda a: split({"a": a, "b": 1.0}, 3), (1.0,), (1.0,))
    assert y == {"k": 3, "sum": 2.0} and dy["sum"] == 1.0


def test_missing_entries_of_a_container_are_zero():
    def first(p):
        return p["a"] * 1.0

    rrule(first, lambda p: (p["a"], lambda g: (NoTangent(), {"a": g})))
    assert hoad.grad(first)({"a": 1.0, "b": np.ones(2)})["b"].tolist() == [0.0, 0.0]


def test_several_outputs_of_which_one_is_used():
    def both(x):
        return x * 2, x * 3

    seen = []

    def rule(x):
        return both(x), lambda g: (seen.append(g), (NoTangent(), 2 * g[0] + 3 * g[1]))[1]

    rrule(both, rule)
    assert hoad.grad(lambda x: both(x)[1])(1.0) == 3.0
    assert seen == [(0.0, 1.0)]


def test_complex_arguments_follow_the_convention():
    def square(z):
        return z * z

    rrule(square, lambda z: (z * z, lambda g: (NoTangent(), np.conj(2 * z) * g)))
    assert hoad.grad(square, 1 + 2j, holomorphic=True) == 2 + 4j
    assert hoad.jvp(square, (1 + 2j,), (1j,))[1] == (2 + 4j) * 1j


def test_a_real_argument_of_a_complex_function_gets_a_real_cotangent():
    def turned(x, z):
        return x * z

    rrule(turned, lambda x, z: (x * z, lambda g: (NoTangent(), g * np.conj(z), g * x)))
    found = hoad.grad(lambda x: np.real(turned(x, 1 + 2j) * (3 - 1j)))(2.0)
    assert found == np.real((1 + 2j) * (3 - 1j)) and isinstance(found, float)


def test_the_rule_is_given_its_own_cotangent():
    def twice(x):
        return 2 * x

    def rule(x):
        def pullback(g):
            g *= 2  # in place: the buffer must not be the library's
            return NoTangent(), g

        return 2 * x, pullback

    rrule(twice, rule)
    _, back = hoad.vjp(lambda x: (twice(x), twice(x) * 1.0), np.ones(2))
    cotangent = np.ones(2)
    assert back((cotangent, cotangent))[0].tolist() == [4.0, 4.0]
    assert cotangent.tolist() == [1.0, 1.0]


def test_a_rule_may_write_in_place_on_traced_values():
    def doubled(x):
        out = np.zeros_like(x)
        out[:] = 2 * x
        return out

    rrule(doubled, lambda x: (doubled(x), lambda g: (NoTangent(), 2 * g)))
    hessian = hoad.hessian(lambda x: np.sum(doubled(x) ** 2), np.ones(2))
    assert hessian.tolist() == [[8.0, 0.0], [0.0, 8.0]]


def test_methods_and_closures_take_rules():
    class Spring:
        def __init__(self, k):
            self.k = k

        def energy(self, x):
            return self.k * x**2 / 2

    rrule(
        Spring.energy, lambda self, x: (Spring.energy(self, x), lambda g: (NoTangent(), NoTangent(), 7 * g))
    )
    assert hoad.grad(Spring(3.0).energy)(2.0) == 7.0

    def make(k):
        def scaled(x):
            return k * x

        return scaled

    scaled = make(3.0)
    rrule(scaled, lambda x: (scaled(x), lambda g: (NoTangent(), 5 * g)))
    assert scaled(2.0) == 6.0 and hoad.grad(scaled)(2.0) == 5.0
    assert hoad.grad(make(3.0))(2.0) == 3.0  # another closure of the same code has no rule


def test_the_function_stays_what_it_was():
    before = inspect.signature(product), product.__doc__, product.__name__, inspect.getsource(product)
    rule = rrule(
        product, lambda a, b, scale=1.0: (product(a, b, scale=scale), lambda g: (NoTangent(), g * b, g * a))
    )
    assert (
        inspect.signature(product),
        product.__doc__,
        product.__name__,
        inspect.getsource(product),
    ) == before
    assert pickle.loads(pickle.dumps(product)) is product
    assert product(2, 3, scale=2) == 12 and rule(2, 3) == 6
    assert repr(rule) == "<custom rule of product>"
    remove_rule(product)
    assert (
        inspect.signature(product),
        product.__doc__,
        product.__name__,
        inspect.getsource(product),
    ) == before
    assert not hasattr(product, "__signature__")
    assert hoad.gradient(product, 2.0, 3.0) == (3.0, 2.0)


def test_integers_strings_and_options_go_through():
    def power(x, n, kind="up", *, offset=0.0):
        return x**n + offset if kind == "up" else -(x**n)

    rrule(
        power,
        lambda x, n, kind="up", offset=0.0: (
            power(x, n, kind, offset=offset),
            lambda g: (NoTangent(), g * n * x ** (n - 1), NoTangent(), NoTangent()),
        ),
    )
    assert hoad.grad(lambda x: power(x, 3, offset=2.0))(2.0) == 12.0
    assert hoad.grad(lambda x: power(n=3, x=x))(2.0) == 12.0


def test_a_keyword_only_argument_that_is_differentiated_is_an_error():
    rrule(
        product, lambda a, b, scale=1.0: (product(a, b, scale=scale), lambda g: (NoTangent(), g * b, g * a))
    )
    with pytest.raises(RuleError, match="keyword argument scale"):
        hoad.grad(lambda s: product(1.0, 2.0, scale=s))(3.0)


def test_built_in_functions_and_instances_take_rules_that_are_called_in_their_place():
    import math

    erf = rrule(
        math.erf,
        lambda x: (
            math.erf(hoad.primal(x)),
            lambda g: (NoTangent(), g * 2 / np.sqrt(np.pi) * np.exp(-x * x)),
        ),
    )
    assert hoad.grad(erf)(0.0) == pytest.approx(2 / np.sqrt(np.pi))

    class Callable:
        def __call__(self, x):
            return x * 2

    instance = Callable()
    rule = rrule(instance, lambda x: (instance(x), lambda g: (NoTangent(), 9 * g)))
    assert hoad.grad(rule)(1.0) == 9.0


# ------------------------------------------------------------------------------------------------------------
# frule
# ------------------------------------------------------------------------------------------------------------


@row(
    "ChainRules",
    "frule",
    "@hoad.chainrules.frule(f)",
    "reverse mode follows by transposition, where ChainRules covers 90 functions forward and 217 backward",
)
def test_frule():
    @frule(product)
    def _(tangents, a, b):
        _, da, db = tangents
        return product(a, b), da * b + a * db

    assert hoad.jvp(product, (2.0, 3.0), (1.0, 10.0)) == (6.0, 23.0)
    assert hoad.gradient(product, 2.0, 3.0) == (3.0, 2.0)


@pytest.mark.parametrize("mode", NESTINGS)
def test_an_frule_to_second_order(mode):
    frule(product, lambda t, a, b: (product(a, b), t[1] * b + a * t[2]))
    found = hoad.hessian(lambda x: product(x[0], x[1]) ** 2, np.array([2.0, 3.0]), mode=mode)
    np.testing.assert_allclose(found, [[18.0, 24.0], [24.0, 8.0]], rtol=1e-14)


def test_an_frule_in_foreign_code_still_gives_the_gradient():
    """SciPy's Fréchet derivative takes plain arrays only: its transpose is found column by column."""
    frule(scipy.linalg.expm, lambda t, a: scipy.linalg.expm_frechet(a, t[1]))
    a = np.random.default_rng(0).normal(size=(3, 3))
    g = np.random.default_rng(1).normal(size=(3, 3))
    found = hoad.grad(lambda a: np.sum(g * scipy.linalg.expm(a)))(a)
    np.testing.assert_allclose(found, scipy.linalg.expm_frechet(a.T, g)[1], rtol=1e-12)
    jacobian = hoad.jacobian(scipy.linalg.expm, a, mode="forward")
    np.testing.assert_allclose(np.tensordot(g, jacobian, 2), found, rtol=1e-12)


def test_an_rrule_in_foreign_code_still_gives_forward_mode():
    def solve(b):
        return scipy.linalg.solve(np.array([[2.0, 1.0], [0.0, 3.0]]), hoad.primal(b))

    matrix = np.array([[2.0, 1.0], [0.0, 3.0]])
    rrule(solve, lambda b: (solve(b), lambda g: (NoTangent(), scipy.linalg.solve(matrix.T, g))))
    d = np.array([1.0, 2.0])
    np.testing.assert_allclose(
        hoad.jvp(solve, (np.ones(2),), (d,))[1], scipy.linalg.solve(matrix, d), rtol=1e-14
    )


def test_both_halves_are_used_each_in_its_mode():
    frule(product, lambda t, a, b: (product(a, b), 2.0))
    rrule(product, lambda a, b: (product(a, b), lambda g: (NoTangent(), 3 * g, 4 * g)))
    assert hoad.jvp(product, (2.0, 3.0), (1.0, 0.0))[1] == 2.0
    assert hoad.gradient(product, 2.0, 3.0) == (3.0, 4.0)


def test_tangents_are_zeros_and_no_tangents_where_nothing_varies():
    seen = []

    def f(x, y, name, p):
        return x * y * p["a"]

    @frule(f)
    def _(tangents, x, y, name, p):
        seen.append(tangents)
        return f(x, y, name, p), tangents[1] * y * p["a"]

    assert hoad.jvp(lambda x: f(x, np.ones(2), "n", {"a": 1.0, "b": "s"}), (2.0,), (1.0,))[1].tolist() == [
        1.0,
        1.0,
    ]
    own, dx, dy, dname, dp = seen[0]
    assert own == NoTangent() and dx == 1.0 and dy.tolist() == [0.0, 0.0]
    assert dname == NoTangent() and dp == {"a": 0.0, "b": NoTangent()}


# ------------------------------------------------------------------------------------------------------------
# The other ways to state a rule, for any function
# ------------------------------------------------------------------------------------------------------------


def softplus(x):
    return np.log1p(np.exp(x))


@row(
    "ChainRules",
    "@scalar_rule",
    "hoad.chainrules.scalar_rule(f, lambda x, y, out: (px, py))",
    "serves both modes and every order; not only for types that are known beforehand",
)
def test_scalar_rule():
    @scalar_rule(softplus)
    def _(x, out):
        return 1 / (1 + np.exp(-x))

    assert hoad.grad(softplus)(0.0) == 0.5 and hoad.derivative(softplus, 0.0) == 0.5
    assert hoad.derivative(softplus, 0.0, 2) == 0.25
    assert hoad.elementwise_grad(softplus)(np.zeros(2)).tolist() == [0.5, 0.5]


def test_scalar_rule_of_two_arguments():
    scalar_rule(product, lambda a, b, out: (10.0 + 0 * a, 20.0 + 0 * b))
    assert hoad.gradient(product, 1.0, 2.0) == (10.0, 20.0)
    assert hoad.jvp(product, (1.0, 2.0), (1.0, 1.0))[1] == 30.0


def test_linear_multilinear_differential_and_composite_rules_of_python_functions():
    def smooth(x):
        return (x + np.roll(x, 1)) / 2

    linear_rule(smooth, lambda g, x: (g + np.roll(g, -1)) / 2)
    v, g = np.arange(3.0), np.array([1.0, 0.0, 5.0])
    back = hoad.vjp(smooth, v)[1]
    assert back(g)[0] @ v == g @ smooth(v)

    def bilinear(a, b):
        return a * b

    multilinear_rule(bilinear, lambda g, i, a, b: g * (b, a)[i])
    assert hoad.gradient(bilinear, 2.0, 3.0) == (3.0, 2.0)
    assert hoad.hessian(lambda x: bilinear(x, x), 2.0) == 2.0

    def cube(x):
        return x**3

    differential(cube)(lambda d, x, out: 3 * x**2 * d)
    assert hoad.grad(cube)(2.0) == 12.0 and hoad.derivative(cube, 2.0, 2) == 12.0

    def opaque(x):
        return float(x) + 1

    composite(opaque)(lambda x: 2 * x)
    assert hoad.grad(opaque)(2.0) == 2.0 and opaque(2.0) == 3.0


@row(
    "ChainRules",
    "@non_differentiable",
    "@hoad.chainrules.non_differentiable",
    "a decorator, or a call for a function of another library",
)
def test_non_differentiable():
    @non_differentiable
    def bucket(x, table):
        return table[int(x)]

    f = lambda x: x * bucket(x, {2: 5.0})
    assert hoad.grad(f)(2.5) == 5.0 and hoad.derivative(f, 2.5) == 5.0 and hoad.hessian(f, 2.5) == 0.0
    assert non_differentiable(scipy.special.gammaln) is scipy.special.gammaln
    assert hoad.grad(lambda x: x * scipy.special.gammaln(x))(1.0) == 0.0


@row(
    "ChainRules",
    "@opt_out",
    "return NotImplemented",
    "decided at each call, by the values and types of the arguments",
)
def test_a_rule_declines():
    rrule(
        add, lambda a, b: NotImplemented if np.ndim(a) else (add(a, b), lambda g: (NoTangent(), 9 * g, 9 * g))
    )
    assert hoad.gradient(add, 1.0, 2.0) == (9.0, 9.0)
    assert hoad.grad(lambda a: np.sum(add(a, 1.0)))(np.ones(2)).tolist() == [1.0, 1.0]
    assert hoad.jvp(add, (np.ones(2), 1.0), (np.ones(2), 0.0))[1].tolist() == [1.0, 1.0]
    rrule(np.sin, lambda x: NotImplemented)
    assert hoad.grad(np.sin)(0.0) == 1.0  # hoad's own rule counts again
    frule(product, lambda t, a, b: NotImplemented)
    assert hoad.gradient(product, 2.0, 3.0) == (3.0, 2.0)


@row(
    "ChainRules",
    "@thunk",
    "def rule(a, b, *, needs): ...",
    "the rule is told which arguments are differentiated, in place of lazy cotangents",
)
def test_needs():
    seen = []

    @rrule(add)
    def _(a, b, *, needs):
        seen.append(needs)
        return add(a, b), lambda g: (NoTangent(), g if needs[0] else None, g if needs[1] else None)

    assert hoad.grad(lambda a: add(a, 2.0))(1.0) == 1.0
    assert hoad.gradient(add, 1.0, 2.0) == (1.0, 1.0)
    assert hoad.jvp(lambda b: add(1.0, b), (2.0,), (1.0,))[1] == 1.0
    assert seen == [(True, False), (True, True), (False, True)]


@row(
    "ChainRules",
    "@not_implemented",
    "NotImplementedTangent(message)",
    "an error where it is needed, and only there",
)
def test_not_implemented():
    def bessel(order, x):
        return scipy.special.jv(hoad.primal(order), hoad.primal(x))

    missing = NotImplementedTangent("the derivative in the order of a Bessel function")
    rrule(
        bessel,
        lambda n, x: (
            bessel(n, x),
            lambda g: (NoTangent(), missing, g * (bessel(n - 1, x) - bessel(n + 1, x)) / 2),
        ),
    )
    assert hoad.grad(lambda x: bessel(1.0, x))(2.0) == pytest.approx(scipy.special.jvp(1.0, 2.0))
    with pytest.raises(RuleError, match=r"argument 0 \(order\) of .*bessel.*the order of a Bessel function"):
        hoad.gradient(bessel, 1.0, 2.0)
    with pytest.raises(RuleError, match="the order of a Bessel function"):
        hoad.jvp(lambda n: bessel(n, 2.0), (1.0,), (1.0,))


@row("ChainRules", "ProjectTo", "hoad.chainrules.project(x, g)", "done for every rule without being asked")
def test_project():
    assert project(3, 2) == 2.0 and isinstance(project(3, 2), float)
    assert project(True, 1.0) == NoTangent() and project("a", 1.0) == NoTangent()
    assert project(1.0, 2 + 3j) == 2.0 and project(1j, 2.0) == 2.0
    narrow = project(np.zeros(2, np.float32), np.ones((3, 2)))
    assert narrow.dtype == np.float32 and narrow.tolist() == [3.0, 3.0]
    assert project(np.zeros((3, 1)), np.ones((2, 3, 4))).tolist() == [[8.0]] * 3
    assert project((1.0, [2.0, "s"]), (ZeroTangent(), None)) == (0.0, [0.0, NoTangent()])
    assert project(np.zeros(2), None).tolist() == [0.0, 0.0]
    with pytest.raises(ShapeMismatchError, match=r"shape \(3,\) and its value has shape \(2,\)"):
        project(np.zeros(2), np.ones(3))
    with pytest.raises(ShapeMismatchError, match=r"shape \(\) and its value has shape \(2,\)"):
        project(np.zeros(2), 1.0)
    with pytest.raises(RuleError, match="neither a number nor an array"):
        project(1.0, "g")
    with pytest.raises(RuleError, match=r"entries .*'c'"):
        project({"a": 1.0}, {"c": 1.0})


def test_projection_keeps_traced_values():
    found = hoad.grad(lambda g: np.sum(project(np.zeros(3), g * np.ones((2, 3)))))(2.0)
    assert found == 6.0


@row(
    "ChainRules",
    "NoTangent, ZeroTangent",
    "NoTangent(), ZeroTangent()",
    "users of derivatives never see either: no dependence is an array of zeros",
)
def test_no_tangent_and_zero_tangent():
    rrule(product, lambda a, b: (product(a, b), lambda g: (NoTangent(), ZeroTangent(), NoTangent())))
    ga, gb = hoad.gradient(lambda a, b: np.sum(product(a, b)), np.ones(2), 3.0)
    assert ga.tolist() == [0.0, 0.0] and gb == 0.0
    assert NoTangent() != ZeroTangent() and len({NoTangent(), NoTangent()}) == 1
    zero = ZeroTangent()
    assert zero + 1.0 == 1.0 == 1.0 + zero and (2 * zero, -zero, zero / 3, zero @ zero) == (zero,) * 4
    assert (np.ones(2) + zero).tolist() == [1.0, 1.0]
    frule(add, lambda t, a, b: (add(a, b), zero))
    assert hoad.jvp(add, (1.0, 2.0), (1.0, 1.0))[1] == 0.0


@row(
    "ChainRules",
    "Tangent",
    "the type of the value itself, or a dict of some of its fields",
    "no type of its own; missing fields are zeros",
)
def test_structural_tangents():
    from dataclasses import dataclass

    @dataclass
    class Point:
        x: float
        y: float

    def length(p):
        return np.hypot(p.x, p.y)

    rrule(length, lambda p: (length(p), lambda g: (NoTangent(), {"x": g * p.x / length(p)})))
    assert hoad.grad(length)(Point(3.0, 4.0)) == Point(0.6, 0.0)
    rrule(length, lambda p: (length(p), lambda g: (NoTangent(), Point(g, 2 * g))))
    assert hoad.grad(length)(Point(3.0, 4.0)) == Point(1.0, 2.0)


@row(
    "ChainRules",
    "accumulation, debug_mode",
    "hoad.debug()",
    "sums of cotangents are hoad's alone; debug mode finds the first nan or inf",
)
def test_accumulated_cotangents_do_not_share_memory():
    kept = []

    def same(x):
        return x * 1.0

    def rule(x):
        return same(x), lambda g: (NoTangent(), kept.append(g) or g)

    rrule(same, rule)
    _, back = hoad.vjp(lambda x: same(x) + same(x), np.ones(2))
    for _ in range(2):
        assert back(np.ones(2))[0].tolist() == [2.0, 2.0]
    assert all(g.tolist() == [1.0, 1.0] for g in kept)


def map_sum(g, xs):
    return sum([g(x) for x in xs])


@row(
    "ChainRules",
    "rrule_via_ad, frule_via_ad",
    "def rule(g, xs, *, vjp): ... and *, jvp",
    "what the function captured keeps its derivative",
)
def test_rules_of_functions_that_take_functions():
    @rrule(map_sum)
    def _(g, xs, *, vjp):
        ys, backs = zip(*[vjp(g, x) for x in xs], strict=True)

        def pullback(ybar):
            parts = [back(ybar) for back in backs]
            return NoTangent(), sum(p[0] for p in parts), [p[1] for p in parts]

        return sum(ys), pullback

    f = lambda w, xs: map_sum(lambda x: w * x**2, xs)
    assert hoad.gradient(f, 3.0, [1.0, 2.0]) == (5.0, [6.0, 12.0])
    assert hoad.jvp(f, (3.0, [1.0, 2.0]), (1.0, [0.0, 0.0]))[1] == 5.0
    exact = [[0.0, 20.0], [20.0, 30.0]]
    for mode in NESTINGS:
        found = hoad.hessian(
            lambda p: map_sum(lambda x: p[0] * x**2, [p[1], 2 * p[1]]), np.array([3.0, 2.0]), mode=mode
        )
        np.testing.assert_allclose(found, exact, rtol=1e-14)


def test_a_function_wrapped_by_the_rule_keeps_what_it_captured():
    @rrule(map_sum)
    def _(g, xs, *, vjp):
        y, back = vjp(lambda xs: sum([g(x) for x in xs]), xs)
        return y, lambda ybar: (NoTangent(), *back(ybar))

    def outer(w, xs):
        def power(x, n):
            return x if n == 0 else w * power(x, n - 1)  # refers to itself

        return map_sum(functools.partial(power, n=2), xs)

    assert hoad.gradient(outer, 3.0, [1.0, 2.0]) == (18.0, [9.0, 9.0])


def test_an_frule_of_a_function_that_takes_functions():
    @frule(map_sum)
    def _(tangents, g, xs, *, jvp):
        pairs = [jvp(g, (x,), (dx,)) for x, dx in zip(xs, tangents[2], strict=True)]
        return sum(y for y, _ in pairs), sum(dy for _, dy in pairs)

    f = lambda w, xs: map_sum(lambda x: w * x**2, xs)
    assert hoad.jvp(f, (3.0, [1.0, 2.0]), (1.0, [1.0, 0.0]))[1] == 11.0
    assert hoad.gradient(f, 3.0, [1.0, 2.0]) == (5.0, [6.0, 12.0])


def test_a_rule_that_forgets_a_closure_is_found():
    rrule(map_sum, lambda g, xs: (map_sum(g, xs), lambda yb: (NoTangent(), NoTangent(), [yb for _ in xs])))
    assert hoad.grad(lambda xs: map_sum(lambda x: 2 * x, xs))([1.0]) == [1.0]
    with pytest.raises(RuleError, match="captured values which are being differentiated"):
        hoad.grad(lambda w: map_sum(lambda x: w * x, [1.0]))(3.0)


@row(
    "ChainRules",
    "ignore_derivatives",
    "hoad.ignore_derivatives(x or f)",
    "of a function it makes a function, where ChainRules calls it",
)
def test_ignore_derivatives():
    f = lambda x: x * hoad.ignore_derivatives(x**2)
    for derivative in (
        hoad.grad(f)(3.0),
        hoad.derivative(f, 3.0),
        hoad.grad(lambda x: x * hoad.ignore_derivatives(np.square)(x))(3.0),
    ):
        assert derivative == 9.0
    for mode in NESTINGS:
        assert hoad.hessian(f, 3.0, mode=mode) == 0.0
    assert hoad.ignore_derivatives({"a": [1.0, "s"]}) == {"a": [1.0, "s"]}


@row(
    "ChainRules",
    "non-differentiable points",
    "hoad.grad(abs)(0.0)",
    "ties are split evenly, where ChainRules gives all to the second argument; docs/kinks.md",
)
def test_non_differentiable_points():
    assert hoad.grad(abs)(0.0) == 0.0 and hoad.grad(np.sign)(0.0) == 0.0
    assert hoad.gradient(np.maximum, 1.0, 1.0) == (0.5, 0.5)
    assert hoad.grad(lambda x: np.max(x))(np.array([2.0, 2.0, 1.0])).tolist() == [0.5, 0.5, 0.0]
    assert hoad.grad(np.floor)(1.0) == 0.0
    assert hoad.grad(lambda x: np.linalg.norm(x))(np.zeros(2)).tolist() == [0.0, 0.0]


@row("ChainRules", "powers at zero", "hoad.derivatives(lambda x: x**n, 0.0, n + 1)", "")
def test_powers_at_zero():
    for n in range(5):
        expected = [0.0] * (n + 2)
        expected[n] = float(np.prod(np.arange(1, n + 1)))
        assert hoad.derivatives(lambda x, n=n: x**n, 0.0, n + 1) == expected
    assert hoad.gradient(lambda x, p: x**p, 0.0, 2.0) == (0.0, 0.0)
    assert hoad.grad(lambda x: x**0)(0.0) == 0.0


# ------------------------------------------------------------------------------------------------------------
# adjoint
# ------------------------------------------------------------------------------------------------------------


@row(
    "Zygote",
    "@adjoint",
    "@hoad.chainrules.adjoint(f)",
    "forward mode is derived; takes effect at once; cotangents are copies, so the rule may write into them",
)
def test_adjoint():
    @adjoint(product)
    def _(a, b):
        return a * b, lambda c: (c * b, a * c)

    assert hoad.gradient(product, 2.0, 3.0) == (3.0, 2.0)
    assert hoad.jvp(product, (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    assert hoad.hessian(lambda x: product(x, x), 2.0) == 2.0
    adjoint(softplus, lambda x: (softplus(x), lambda g: 7 * g))  # one argument: no tuple needed
    assert hoad.grad(softplus)(0.0) == 7.0


def test_an_adjoint_may_decline_and_knows_what_is_needed():
    seen = []

    @adjoint(product)
    def _(a, b, *, needs):
        seen.append(needs)
        return NotImplemented

    assert hoad.grad(lambda a: product(a, 3.0))(2.0) == 3.0
    assert seen == [(True, False)]


# ------------------------------------------------------------------------------------------------------------
# Late rules, removal, threads
# ------------------------------------------------------------------------------------------------------------


@row(
    "Complaints",
    "3.19 late rules",
    "rrule(f, ...) after f was differentiated",
    "the rule counts from the next call on (Zygote needs `refresh()`)",
)
def test_late_rules():
    inner = lambda x: np.sin(x) * add(x, 1.0)
    assert hoad.grad(inner)(0.0) == 1.0
    rrule(add, lambda a, b: (add(a, b), lambda g: (NoTangent(), 0 * g, 0 * g)))
    scalar_rule(np.sin, lambda x, out: 7.0 + 0 * x)
    assert hoad.grad(inner)(0.0) == 7.0 and hoad.derivative(inner, 0.0) == 7.0
    remove_rule(np.sin)
    remove_rule(add)
    assert hoad.grad(inner)(0.0) == 1.0 and hoad.derivative(inner, 0.0) == 1.0


@pytest.mark.parametrize(
    ("function", "call"),
    [
        (np.multiply, lambda x: x * 3.0),
        (np.add, lambda x: 3.0 + x),
        (np.negative, lambda x: -x),
        (np.sum, lambda x: x.sum()),
        (np.sum, lambda x: np.sum(x)),
        (np.exp, lambda x: np.exp(x)),
        (np.exp, lambda x: np.array([x], dtype=object)[0].exp()),
        (np.matmul, lambda x: np.reshape(x, (1,)) @ np.array([2.0])),
        (np.dot, lambda x: np.reshape(x, (1,)).dot(np.array([2.0]))),
    ],
)
def test_late_rules_of_what_has_a_method_of_its_own(function, call):
    """Operators, methods and generated one-frame methods all follow the rule that was stated last."""
    before = hoad.grad(call)(1.3), hoad.derivative(call, 1.3)
    marked = []

    def rule(*args, **kwargs):
        marked.append(function)
        return NotImplemented

    frule(function, lambda tangents, *args, **kwargs: rule())
    rrule(function, rule)
    assert (hoad.grad(call)(1.3), hoad.derivative(call, 1.3)) == before
    assert len(marked) >= 2
    remove_rule(function)
    marked.clear()
    assert (hoad.grad(call)(1.3), hoad.derivative(call, 1.3)) == before and not marked


def test_removing():
    rrule(add, lambda a, b: (add(a, b), lambda g: (NoTangent(), 2 * g, 2 * g)))
    rrule(add, lambda a, b: (add(a, b), lambda g: (NoTangent(), 3 * g, 3 * g)))
    assert hoad.grad(lambda a: add(a, 1.0))(1.0) == 3.0
    remove_rule(add)
    assert hoad.grad(lambda a: add(a, 1.0))(1.0) == 1.0
    for nothing in (add, np.sin):
        with pytest.raises(RuleError, match="no rule was stated"):
            remove_rule(nothing)


def test_a_missing_rule_is_mended_by_stating_one():
    with pytest.raises(MissingRuleError):
        hoad.grad(scipy.special.kolmogorov)(0.5)
    scalar_rule(scipy.special.kolmogorov, lambda x, out: -np.sin(x))
    assert hoad.grad(scipy.special.kolmogorov)(0.5) == -np.sin(0.5)
    assert hoad.derivative(scipy.special.kolmogorov, 0.5, 3) == np.sin(0.5)


def test_rules_and_threads():
    rrule(product, lambda a, b: (product(a, b), lambda g: (NoTangent(), g * b, g * a)))
    found = {}

    def work(k):
        found[k] = [hoad.gradient(product, float(k), float(n)) for n in range(50)]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert found == {k: [(float(n), float(k)) for n in range(50)] for k in range(4)}


# ------------------------------------------------------------------------------------------------------------
# What bad rules get
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [rrule, frule, adjoint, scalar_rule, linear_rule, multilinear_rule])
def test_a_rule_for_what_cannot_be_called(state):
    with pytest.raises(RuleError, match="can't be called"):
        state(3.0, lambda *args: None)
    with pytest.raises(RuleError, match="can't be called"):
        state(add, 3.0)
    with pytest.raises(RuleError, match="can't be called"):
        non_differentiable("add")


def gradient_with(pullback, value=None):
    rrule(add, lambda a, b: (add(a, b) if value is None else value, pullback))
    return hoad.gradient(lambda a, b: np.sum(add(a, b)), np.ones(2), np.ones(2))


@pytest.mark.parametrize(
    ("pullback", "error", "words"),
    [
        (lambda g: (g, g), RuleError, "returned 2 cotangents; .*NoTangent.*the function itself missing"),
        (lambda g: (NoTangent(), g, g, g), RuleError, "returned 4 cotangents"),
        (lambda g: g, RuleError, "pullback of add returned ndarray"),
        (
            lambda g: (NoTangent(), np.ones(3), g),
            ShapeMismatchError,
            r"argument 0 \(a\) of add.*\(3,\).*\(2,\)",
        ),
        (lambda g: (NoTangent(), g, 1.0), ShapeMismatchError, r"argument 1 \(b\) of add.*shape \(\)"),
        (lambda g: (NoTangent(), g, "x"), RuleError, r"argument 1 \(b\) of add.*neither a number"),
        (lambda g: (NoTangent(), g, {"b": g}), RuleError, r"argument 1 \(b\) of add.*neither a number"),
    ],
)
def test_a_pullback_of_the_wrong_form(pullback, error, words):
    with pytest.raises(error, match=words):
        gradient_with(pullback)


def test_an_rrule_of_the_wrong_form():
    for value in (3.0, (1.0,), (1.0, 2.0, 3.0), None):
        rrule(add, lambda a, b, value=value: value)
        with pytest.raises(RuleError, match=r"rrule of add must return \(value, pullback\)"):
            hoad.gradient(add, 1.0, 2.0)
    rrule(add, lambda a, b: (1.0, 2.0))
    with pytest.raises(RuleError, match=r"must return \(value, pullback\), not 2.0"):
        hoad.gradient(add, 1.0, 2.0)


def test_an_frule_of_the_wrong_form():
    frule(add, lambda t, a, b: 3.0)
    with pytest.raises(RuleError, match=r"frule of add must return \(value, tangent\)"):
        hoad.jvp(add, (1.0, 2.0), (1.0, 1.0))
    frule(add, lambda t, a, b: (add(a, b), np.ones(3)))
    with pytest.raises(ShapeMismatchError, match=r"frule of add: the tangent has shape \(3,\)"):
        hoad.jvp(add, (1.0, 2.0), (1.0, 1.0))


def test_a_half_that_is_not_linear_has_no_transpose():
    rrule(add, lambda a, b: (add(a, b), lambda g: (NoTangent(), np.clip(g, -1, 1), g)))
    assert hoad.gradient(lambda a, b: 5 * add(a, b), 1.0, 2.0) == (1.0, 5.0)
    with pytest.raises(RuleError, match="pullback of add is not linear"):
        hoad.jvp(add, (1.0, 2.0), (1.0, 1.0))
    frule(product, lambda t, a, b: (product(a, b), t[1] ** 2))
    with pytest.raises(RuleError, match="frule of product is not linear"):
        hoad.gradient(product, 1.0, 2.0)


def test_a_half_that_fails_is_told_with_its_cause():
    def refuse(g):
        raise OSError("no such device")

    rrule(add, lambda a, b: (add(a, b), refuse))
    with pytest.raises(
        RuleError, match=r"frule of add is needed and not stated.*OSError: no such device.*frule\(add\)"
    ):
        hoad.jvp(add, (1.0, 2.0), (1.0, 1.0))


def test_a_rule_that_closes_over_a_traced_value():
    def outer(w):
        def scaled(x):
            return w * x

        rrule(scaled, lambda x: (w * x, lambda g: (NoTangent(), g * w)))
        return scaled(w)

    with pytest.raises(RuleError, match="not among its arguments"):
        hoad.grad(outer)(3.0)


def test_a_zero_cotangent_stays_zero():
    def log(x):
        return np.log(x)

    rrule(log, lambda x: (log(x), lambda g: (NoTangent(), g / x)))
    with np.errstate(all="ignore"):
        assert hoad.grad(lambda x: np.where(x > 0, log(x), 0.0))(0.0) == 0.0


# ------------------------------------------------------------------------------------------------------------
# Higher orders, in Taylor mode
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("half", ["frule", "rrule", "both"])
def test_taylor_mode_of_custom_rules(half):
    if half != "rrule":
        frule(product, lambda t, a, b: (product(a, b), t[1] * b + a * t[2]))
    if half != "frule":
        rrule(product, lambda a, b: (product(a, b), lambda g: (NoTangent(), g * b, g * a)))
    f = lambda x: product(np.sin(x), product(x, x)) + product(3.0, x)
    plain = lambda x: np.sin(x) * x * x + 3 * x
    np.testing.assert_allclose(hoad.derivatives(f, 0.7, 6), hoad.derivatives(plain, 0.7, 6), rtol=1e-13)


def test_taylor_mode_of_rules_with_containers_closures_and_arrays():
    def apply(g, p):
        return {"y": g(p["x"]) * p["s"], "n": 3}

    @rrule(apply)
    def _(g, p, *, vjp):
        y, back = vjp(lambda x, s: g(x) * s, p["x"], p["s"])

        def pullback(ybar):
            dg, dx, ds = back(ybar["y"])
            return NoTangent(), dg, {"x": dx, "s": ds}

        return {"y": y, "n": 3}, pullback

    f = lambda t: apply(lambda x: x**2 * t, {"x": np.array([t, 2.0]), "s": t})["y"]
    found = hoad.derivatives(f, 2.0, 4)
    assert [d.tolist() for d in found] == [[16.0, 16.0], [32.0, 16.0], [48.0, 8.0], [48.0, 0.0], [24.0, 0.0]]


def test_taylor_mode_of_a_rule_within_a_rule():
    def inner(x):
        return np.exp(x)

    def outer(x):
        return np.exp(x)

    rrule(inner, lambda x: (inner(x), lambda g: (NoTangent(), g * inner(x))))
    scalar_rule(outer, lambda x, out: inner(x))
    np.testing.assert_allclose(hoad.derivatives(outer, 0.3, 5), [np.exp(0.3)] * 6, rtol=1e-14)
    remove_rule(outer)
    remove_rule(inner)


def test_taylor_mode_of_a_declined_rule():
    rrule(product, lambda a, b: NotImplemented)
    assert hoad.derivative(lambda x: product(x, product(x, x)), 2.0, 3) == 6.0


@pytest.mark.parametrize("name", ["getitem", "reshape", "transpose", "add", "sum", "where"])
@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_a_name_decides_nothing(name, mode):
    """A function of the user's that is called as one of hoad's primitives."""

    def pick(x, k):
        return x[0] * 1.0 if k == 1 else x[1]

    pick.__name__ = name
    linear_rule(pick, lambda g, x, k: np.stack([g, 0 * g]))
    try:
        found = hoad.jacobian(lambda x: pick(x, 1), np.array([5.0, 7.0]), mode=mode)
    finally:
        remove_rule(pick)
    assert found.tolist() == [1.0, 0.0]


def test_a_rule_of_the_users_that_gives_a_view():
    """A write through either is seen by the other, where the rule says so."""

    def ends(x):
        return x[::-1]

    linear_rule(ends, lambda g, x: np.flip(g), is_view=True)

    def through_the_view(x):
        y = x * 1.0
        ends(y)[0] = x[0] * x[1]
        return np.sum(y * x)

    def through_the_array(x):
        y = x * 1.0
        view = ends(y)
        y[2] = x[0] * x[1]
        return np.sum(view[::-1] * x)

    def written(x):
        return np.sum(np.stack([x[0], x[1], x[0] * x[1]]) * x)

    x = np.array([1.0, 2.0, 3.0])
    right = hoad.grad(written, x)
    try:
        for f in (through_the_view, through_the_array):
            np.testing.assert_allclose(hoad.grad(f, x), right)
            np.testing.assert_allclose(hoad.jacobian(f, x, mode="forward"), right)
    finally:
        remove_rule(ends)


@pytest.mark.parametrize("function", [np.sum, np.dot, np.matmul, np.add, np.multiply])
def test_methods_by_hand_come_back_with_hoads_rule_and_not_before(function):
    """A rule that is removed brings back what stood for that function, and leaves alone what a rule for
    another function has taken away.
    """
    held = lambda: (dict(vars(Jet)), dict(vars(Tracer)), dict(Tracer.functions), Tracer.fused.get(np.matmul))
    marked = []

    def rule(*args, **kwargs):
        marked.append(args)
        return NotImplemented

    before = held()
    others = [f for f in (np.sum, np.dot, np.multiply) if f is not function]
    for f in (function, *others):
        rrule(f, rule)
    remove_rule(function)
    try:
        hoad.grad(lambda x: np.dot(x, x) * np.sum(x), np.ones(2))
        assert len(marked) == len(others)
    finally:
        for f in others:
            remove_rule(f)
    now = held()
    assert {name for name in before[0] if "add" in name or "mul" in name} <= set(now[0])
    assert [table.get("dot") for table in now[:2]] == [table.get("dot") for table in before[:2]]
    assert now[2:] == before[2:]
