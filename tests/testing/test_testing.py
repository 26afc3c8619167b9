"""The checks of rules: right ones pass, and each kind of wrong one is found, with its argument, mode, order,
both numbers and the likely cause; one test for each row of the feature table.
"""

import dataclasses
import math

import numpy as np
import pytest
import scipy.special
from features import row

import hoad
from hoad.chainrules import (
    NoTangent,
    ZeroTangent,
    adjoint,
    composite,
    differential,
    frule,
    linear_rule,
    remove_rule,
    rrule,
    scalar_rule,
)
from hoad.errors import ArgumentError
from hoad.testing import (
    Report,
    RuleCheckError,
    assert_close,
    check_frule,
    check_grads,
    check_rrule,
    check_rule,
    check_scalar,
    random_tangent,
)

SYSTEM = "Rule testing (ChainRulesTestUtils, EnzymeTestUtils, Mooncake)"


@pytest.fixture
def stated():
    """State rules that are taken back after the test."""
    functions = []

    def state(how, function, rule):
        functions.append(function)
        return how(function, rule)

    yield state
    for function in dict.fromkeys(functions):
        remove_rule(function)


def cube(x):
    return x**3


def product(a, b):
    return a * b


def dot(a, b):
    return np.sum(a * b)


def gram(a):
    return a @ a.T


def shifted(x, shift):
    return x * {"twice": 2.0}.get(shift, 1.0)


def failure(check, *args, **options):
    """The message of a check that fails, and its report."""
    with pytest.raises(RuleCheckError) as caught:
        check(*args, **options)
    return str(caught.value), caught.value.report


# ------------------------------------------------------------------------------------------------------------
# Reverse
# ------------------------------------------------------------------------------------------------------------


@row(
    SYSTEM,
    "test_rrule",
    "hoad.testing.check_rrule(f, *args)",
    "second order too, and a message that names the likely cause",
)
def test_check_rrule(stated):
    stated(rrule, product, lambda a, b: (a * b, lambda g: (NoTangent(), g * b, g * a)))
    for args in [(2.0, 3.0), (np.ones((2, 3)), np.arange(1.0, 4.0)), (1 + 2j, 3 - 1j)]:
        holomorphic = isinstance(args[0], complex)
        if holomorphic:
            message, _ = failure(check_rrule, product, *args)
            assert "the complex conjugate is right" in message
        else:
            report = check_rrule(product, *args)
            assert isinstance(report, Report)
            assert not report.failed()
            assert {c.order for c in report.checks} >= {1, 2}
    assert "argument  mode" in str(report)
    assert repr(report).startswith("<Report of product: ")


def by(value, *parts):
    """An rrule: the value, and each cotangent as a function of that of the value and the arguments."""

    def rule(*args):
        return value(*args), lambda g: (NoTangent(), *[part(g, *args) for part in parts])

    return rule


NONE = NoTangent()
TWO = np.array([[1.0, 2.0], [3.0, 5.0]])
VECTORS = (np.ones(2), np.array([2.0, 5.0]))

WRONG_RRULES = {
    "sign": (cube, by(cube, lambda g, x: -3 * x**2 * g), (2.0,), "the sign is wrong"),
    "factor": (cube, by(cube, lambda g, x: x**2 * g), (2.0,), "the factor 3 is missing"),
    "argument": (cube, by(cube, lambda g, x: 3 * x * g), (1.7,), r"argument 0 \(x\) = 1.7 is missing"),
    "order of arguments": (
        dot,
        by(dot, lambda g, a, b: g * a, lambda g, a, b: g * b),
        VECTORS,
        "the order of the arguments",
    ),
    "transpose": (gram, by(gram, lambda g, a: a.T @ (g + g.T)), (TWO,), "the transpose of the right one"),
    "zero": (
        product,
        by(product, lambda g, a, b: g * b, lambda g, a, b: ZeroTangent()),
        (2.0, 3.0),
        r"by argument 1 \(b\).*nothing depends on this argument",
    ),
    "no tangent": (
        product,
        by(product, lambda g, a, b: g * b, lambda g, a, b: NONE),
        (2.0, 3.0),
        r"argument 1 \(b\) can vary.*ZeroTangent",
    ),
    "a zero for what can't vary": (
        shifted,
        by(shifted, lambda g, x, s: 2 * g, lambda g, x, s: ZeroTangent()),
        (2.0, "twice"),
        r"'twice' \(str\), which can't vary",
    ),
    "too few": (
        product,
        lambda a, b: (a * b, lambda g: (g * b, g * a)),
        (2.0, 3.0),
        "2 cotangents; it must return a tuple of NoTangent",
    ),
    "value": (cube, by(np.square, lambda g, x: 3 * x**2 * g), (2.0,), "is not close to 8.0"),
    "not linear": (cube, by(cube, lambda g, x: 3 * x**2 * g**2), (2.0,), "must be linear"),
    "cotangent ignored": (cube, by(cube, lambda g, x: 3 * x**2), (2.0,), "does not depend on the cotangent"),
    "nan": (cube, by(cube, lambda g, x: g * (x - x) / (x - x)), (np.float64(2.0),), "nan or inf"),
    "another formula": (cube, by(cube, lambda g, x: g * np.sin(x)), (2.0,), "another one"),
    "no dependence": (
        shifted,
        by(shifted, lambda g, x, s: g, lambda g, x, s: g),
        (2.0, 3.0),
        "does not depend on this argument",
    ),
}


@pytest.mark.parametrize("kind", WRONG_RRULES)
def test_a_wrong_rrule_is_found(stated, kind):
    function, rule, args, message = WRONG_RRULES[kind]
    stated(rrule, function, rule)
    with pytest.raises(RuleCheckError, match=f"^{function.__name__}: .*{message}"):
        check_rrule(function, *args)


def test_a_message_has_argument_mode_order_and_both_numbers(stated):
    stated(rrule, product, lambda a, b: (a * b, lambda g: (NoTangent(), g * b, 2 * g * a)))
    message, report = failure(check_rrule, product, 2.0, 3.0, tangents=(1.0, 1.0), cotangent=1.0)
    assert message == (
        "product: derivative by argument 1 (b) of order 1 in reverse mode: hoad has 4, finite differences "
        "give 2; the factor 1/2 is missing, or it is too large by the factor argument 0 (a) = 2"
    )
    (bad,) = report.failed()
    assert (bad.argument, bad.mode, bad.order, bad.found) == ("1 (b)", "reverse", 1, 4.0)
    assert bad.expected == pytest.approx(2.0)
    assert "FAILED" in str(report)
    assert repr(report) == f"<Report of product: 1 of {len(report.checks)} checks failed>"


def test_what_a_rule_writes_into_is_found(stated):
    def writes_argument(x):
        y = x**3
        x *= 2
        return y, lambda g: (NoTangent(), 3 * (x / 2) ** 2 * g)

    def writes_cotangent(x):
        def pullback(g):
            g *= 3
            return NoTangent(), x**2 * g

        return x**3, pullback

    def keeps(x):
        calls = []

        def pullback(g):
            calls.append(g)
            return NoTangent(), 3 * x**2 * sum(calls)

        return x**3, pullback

    for rule, message in [
        (writes_argument, r"writes into argument 0 \(x\)"),
        (writes_cotangent, "writes into the cotangent"),
        (keeps, "a second call gives something else"),
    ]:
        stated(rrule, cube, rule)
        with pytest.raises(RuleCheckError, match=message):
            check_rrule(cube, np.array([1.0, 2.0]))


# ------------------------------------------------------------------------------------------------------------
# Forward
# ------------------------------------------------------------------------------------------------------------


@row(SYSTEM, "test_frule", "hoad.testing.check_frule(f, *args)", "second order too")
def test_check_frule(stated):
    stated(frule, product, lambda ds, a, b: (a * b, ds[1] * b + a * ds[2]))
    assert not check_frule(product, 2.0, np.array([1.0, 3.0])).failed()
    assert not check_frule(product, 2.0, 3, tangents=(1.0, None)).failed()
    stated(frule, product, lambda ds, a, b: (a * b, ds[1] * b - a * ds[2]))
    message, report = failure(check_frule, product, 2.0, 3.0)
    assert "derivative by argument 1 (b) of order 1 in forward mode" in message
    assert "the sign is wrong" in message
    assert [c.mode for c in report.failed()] == ["forward"]

    def writes(ds, x):
        ds[1][...] = ds[1] * 3 * x**2
        return x**3, ds[1]

    stated(frule, cube, writes)
    with pytest.raises(RuleCheckError, match="writes into the tangents"):
        check_frule(cube, np.array([1.0, 2.0]))
    stated(frule, cube, lambda ds, x: (x**3, (3 * x**2 * ds[1],)))
    with pytest.raises(RuleCheckError, match="has not the structure of the value"):
        check_frule(cube, 2.0)
    stated(frule, cube, lambda ds, x: (x**3, 3 * np.conj(x) ** 2 * ds[1]))
    with pytest.raises(RuleCheckError, match="the complex conjugate is right"):
        check_frule(cube, 1 + 2j)


@row(
    SYSTEM,
    "test_scalar",
    "hoad.testing.check_scalar(f, *args)",
    "third order, Taylor series and mpmath besides; both directions of a complex argument",
)
def test_check_scalar(stated):
    report = check_scalar(np.arctan2, 0.5, 1.5)
    assert {c.source for c in report.checks if c.order} == {"finite differences give", "mpmath gives"}
    assert {c.mode for c in report.checks} >= {"forward", "reverse", "Taylor"}
    assert not check_scalar(np.exp, 0.5 + 1j).failed()
    stated(scalar_rule, scipy.special.gammaln, lambda x, out: scipy.special.digamma(x))
    assert not check_scalar(scipy.special.gammaln, 2.5, order=1).failed()
    assert not check_scalar(lambda x: np.sin(x) ** 2, 0.5).failed()
    erf = stated(scalar_rule, math.erf, lambda x, out: 2 / np.sqrt(np.pi) * np.exp(-x * x))
    assert any(c.source == "mpmath gives" for c in check_scalar(erf, 0.5).checks)
    stated(scalar_rule, cube, lambda x, out: 3 * x)
    with pytest.raises(RuleCheckError, match=r"the factor argument 0 \(x\) = 1.7 is missing"):
        check_scalar(cube, 1.7)
    # what finite differences can't see: a formula that is right to eight digits
    stated(scalar_rule, cube, lambda x, out: 3 * x**2 * (1 + 1e-9))
    with pytest.raises(RuleCheckError, match=r"mpmath gives .*the formula loses digits"):
        check_scalar(cube, 1.7, exact=lambda x: x**3)


@row(
    SYSTEM,
    "rand_tangent, test_approx",
    "hoad.testing.random_tangent(x), hoad.testing.assert_close(a, b)",
    "seeded",
)
def test_tangents_and_comparisons():
    @dataclasses.dataclass
    class Pair:
        a: object
        b: object

    x = Pair(np.zeros((2, 3), np.float32), {"z": 1j, "name": "n", "k": 3})
    v = random_tangent(x)
    assert isinstance(v, Pair)
    assert v.a.shape == (2, 3)
    assert v.a.dtype == np.float32
    assert isinstance(v.b["z"], complex)
    assert (v.b["name"], v.b["k"]) == ("n", 3)
    assert_close(v, random_tangent(x))  # the same seed
    assert not np.array_equal(v.a, random_tangent(x, 1).a)
    assert random_tangent(1.0, np.random.default_rng(3)) == random_tangent(2.0, 3)
    others = [{**v.b, "z": 0j}, {**v.b, "name": "m"}]
    for wrong in [Pair(v.a[0], v.b), {"a": v.a}, *[Pair(v.a, b) for b in others]]:
        with pytest.raises(RuleCheckError):
            assert_close(wrong, v)
    assert_close(np.array([1.0, np.nan]), np.array([1.0 + 1e-12, np.nan]))


# ------------------------------------------------------------------------------------------------------------
# Any function, and all of a rule
# ------------------------------------------------------------------------------------------------------------


@row(
    SYSTEM,
    "rrule_f = rrule_via_ad",
    "hoad.testing.check_grads(f, *args, order=2)",
    "any function, in every nesting of the modes to any order",
)
def test_check_grads():
    net = lambda p, x: np.sum(np.tanh(p["W"] @ x))
    report = check_grads(net, {"W": np.ones((2, 2)), "n": "net"}, np.ones(2))
    modes = ("forward", "reverse")
    assert {c.mode for c in report.checks if c.order == 2} == {f"{a}-over-{b}" for a in modes for b in modes}
    assert len({c.mode for c in check_grads(np.sin, 0.3, order=3).checks if c.order == 3}) == 8
    assert not check_grads(np.sum, np.ones((2, 3)), modes=("reverse",), axis=0).failed()
    lost = lambda x: x * hoad.primal(x)  # what a check is for: half the derivative
    with pytest.raises(RuleCheckError, match="the factor 2 is missing"):
        check_grads(lost, 3.3)
    with pytest.raises(RuleCheckError, match="do not settle"):
        check_grads(lambda x: np.sqrt(np.abs(x)), 0.0)


@row(
    SYSTEM,
    "test_forward, test_reverse",
    "hoad.testing.check_rule(f, *args)",
    "every choice of active arguments, and batches",
)
def test_activity_and_batches(stated):
    def told(a, b, *, needs):
        def pullback(g):
            return NoTangent(), g * b if needs == (True, False) else None, g * a if needs[1] else None

        return a * b, pullback

    stated(rrule, product, told)
    with pytest.raises(RuleCheckError, match="does it use needs rightly"):
        check_rule(product, 2.0, 3.0, order=1)

    def right(a, b, *, needs):
        def pullback(g):
            return NoTangent(), g * b if needs[0] else None, g * a if needs[1] else None

        return a * b, pullback

    stated(rrule, product, right)
    report = check_rule(product, np.array([1.0, 2.0]), 3.0)
    assert {c.what for c in report.checks} >= {"all at once", "batch", "accumulation"}
    stated(linear_rule, cube, lambda g, x: g)
    with pytest.raises(RuleCheckError):
        check_rule(cube, 2.0)


@row(
    SYSTEM,
    "test_rule",
    "hoad.testing.check_rule(f, *args)",
    "one call for all that a rule gives, the transposed half included",
)
@pytest.mark.parametrize(
    ("how", "function", "rule", "args"),
    [
        (scalar_rule, cube, lambda x, out: 3 * x**2, (np.array([1.0, -2.0]),)),
        (differential, gram, lambda d, a, out: d @ a.T + a @ d.T, (np.array([[1.0, 2.0, 0.5]]),)),
        (lambda f, body: composite(f)(body), dot, lambda a, b: np.dot(a, b), (np.ones(3), np.arange(3.0))),
        (frule, gram, lambda ds, a: (a @ a.T, ds[1] @ a.T + a @ ds[1].T), (TWO,)),
        (rrule, gram, by(gram, lambda g, a: (g + g.T) @ a), (TWO,)),
        (adjoint, dot, lambda a, b: (dot(a, b), lambda g: (g * b, g * a)), (np.ones(3), np.arange(3.0))),
    ],
    ids=["scalar", "differential", "composite", "frule", "rrule", "adjoint"],
)  # fmt: skip
def test_every_kind_of_rule(stated, how, function, rule, args):
    stated(how, function, rule)
    report = check_rule(function, *args)
    assert {c.mode for c in report.checks} >= {"forward", "reverse", "reverse-over-forward"}
    single = tuple(np.asarray(a, np.float32) for a in args)
    assert not check_rule(function, *single).failed()


@row(
    SYSTEM,
    "second order of each rule",
    "hoad.testing.check_rule(f, *args, order=2)",
    "none of the other tools looks at it",
)
def test_second_order(stated):
    constant = lambda x: (x**3, lambda g: (NoTangent(), 3 * hoad.primal(x) ** 2 * g))
    stated(rrule, cube, constant)
    assert not check_rrule(cube, 2.0, order=1).failed()
    message, _ = failure(check_rrule, cube, 2.0)
    assert "of order 2 in reverse-over-reverse mode: hoad has 0, finite differences give" in message
    assert "not differentiable itself" in message
    stated(scalar_rule, cube, lambda x, out: 3 * hoad.stop_gradient(x) ** 2)
    assert {c.order for c in failure(check_rule, cube, 2.0)[1].failed()} == {2}
    right = lambda x: (x**3, lambda g: (NoTangent(), 3 * x**2 * g))
    stated(rrule, cube, right)
    assert {c.order for c in check_rule(cube, 2.0, order=3).checks} == {0, 1, 2, 3}


@row(
    "Complaints",
    "3.9 wrong rules in the documentation",
    "hoad.testing.check_rule",
    "three rules that other projects' documents show are wrong, and are found; hoad's own are checked",
)
def test_the_wrong_rules_of_other_documents(stated):
    def xcos(x, y):
        return x * np.cos(y)

    stated(scalar_rule, xcos, lambda x, y, out: (np.cos(y), x * np.sin(y)))  # Enzyme's @easy_rule
    with pytest.raises(RuleCheckError, match=r"by argument 1 \(y\).*the sign is wrong"):
        check_rule(xcos, 2.0, 3.0)

    clock = 3.7

    def jclock(x):
        return clock * x

    def rule(x):
        y = clock * x
        return y, lambda g: g * y

    stated(adjoint, jclock, rule)  # Zygote's limitations page
    with pytest.raises(RuleCheckError, match=r"too large by the factor argument 0 \(x\) = 1.3"):
        check_rule(jclock, 1.3)

    def mydouble(x):
        return 2 * x

    stated(rrule, mydouble, lambda x: (2 * x, lambda g: (NoTangent(), g)))  # ChainRulesTestUtils
    with pytest.raises(RuleCheckError, match="the factor 2 is missing"):
        check_rule(mydouble, 1.3)
    assert clock == 3.7


# ------------------------------------------------------------------------------------------------------------
# What can't be checked
# ------------------------------------------------------------------------------------------------------------


def test_what_cannot_be_checked_is_refused(stated):
    with pytest.raises(RuleCheckError, match=r"cube has no rule to check.*check_grads"):
        check_rule(cube, 2.0)
    stated(frule, cube, lambda ds, x: (x**3, 3 * x**2 * ds[1]))
    with pytest.raises(RuleCheckError, match="an frule and no rrule"):
        check_rrule(cube, 2.0)
    stated(rrule, product, lambda a, b: (a * b, lambda g: (NoTangent(), g * b, g * a)))
    with pytest.raises(RuleCheckError, match="an rrule and no frule"):
        check_frule(product, 2.0, 3.0)
    with pytest.raises(ArgumentError, match=r"write 1\.0 for 1"):
        check_rule(cube, 2)
    with pytest.raises(ArgumentError, match="1 tangents for 2 arguments"):
        check_rule(product, 2.0, 3.0, tangents=(1.0,))
    with pytest.raises(ArgumentError, match="positive integer"):
        check_grads(np.sin, 1.0, order=0)
    with pytest.raises(ArgumentError, match="tuple"):
        check_grads(np.sin, 1.0, modes="reverse")
    with pytest.raises(ArgumentError, match="which has no derivative"):
        check_grads(lambda x: "text", 1.0)


def test_a_rule_that_calls_back_is_checked(stated):
    def map_sum(g, xs):
        return sum(g(x) for x in xs)

    def rule(g, xs, *, vjp):
        ys, backs = zip(*[vjp(g, x) for x in xs], strict=True)

        def pullback(ybar):
            parts = [back(ybar) for back in backs]
            return NoTangent(), sum(p[0] for p in parts), [p[1] for p in parts]

        return sum(ys), pullback

    stated(rrule, map_sum, rule)
    assert not check_rrule(map_sum, np.sin, [1.0, 2.0]).failed()


def test_the_arguments_stay_as_they_were(stated):
    x = np.array([1.0, 2.0])

    def writes(x):
        y = x**3
        x *= 2
        return y, lambda g: (NoTangent(), 3 * (x / 2) ** 2 * g)

    stated(rrule, cube, writes)
    failure(check_rrule, cube, x)
    assert x.tolist() == [1.0, 2.0]
