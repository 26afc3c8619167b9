"""Every way to make a custom rule, and operators that between them bring every kind of traced value to it.

The functions with rules are maps ``g`` of three numbers; beside each stands the same map in plain NumPy. The
operators take a real function F made of g, so that all that is compared is the same program with and without
the rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

import hoad
from hoad.chainrules import (
    NoTangent,
    adjoint,
    composite,
    differential,
    frule,
    linear_rule,
    multilinear_rule,
    non_differentiable,
    remove_rule,
    rrule,
    scalar_rule,
)

Function = Callable[..., Any]

POINT = np.array([0.5, -0.25, 0.75])
DIRECTION = np.array([1.0, 0.5, -0.5])
WEIGHTS = np.array([1.0, 2.0, -1.0])


def plain(x: Any) -> Any:
    return x * np.sum(x * x)


def pushed(x: Any, d: Any) -> Any:
    """The derivative of ``plain``, which is a symmetric matrix."""
    return d * np.sum(x * x) + 2 * x * np.sum(x * d)


def fresh() -> Function:
    """The function under an object of its own, which can be given rules."""

    def g(x: Any) -> Any:
        return x * np.sum(x * x)

    return g


@contextmanager
def stated(*rules: Any, of: Function) -> Iterator[Function]:
    for state in rules:
        state(of)
    try:
        yield of
    finally:
        remove_rule(of)


def as_rrule(g: Function) -> None:
    rrule(g, lambda x: (g(x), lambda y: (NoTangent(), pushed(x, y))))


def as_frule(g: Function) -> None:
    frule(g, lambda tangents, x: (g(x), pushed(x, tangents[1])))


def in_floats(x: Any) -> Any:
    """Foreign code, which refuses what is traced."""
    return np.array([float(v) for v in x])


def as_foreign_rrule(g: Function) -> None:
    rrule(g, lambda x: (in_floats(plain(x)), lambda y: (NoTangent(), in_floats(pushed(in_floats(x), y)))))


def as_foreign_frule(g: Function) -> None:
    frule(g, lambda tangents, x: (in_floats(plain(x)), pushed(in_floats(x), in_floats(tangents[1]))))


def as_frule_in_one_array(g: Function) -> None:
    """Value and tangent are computed together."""

    def rule(tangents: Any, x: Any) -> Any:
        both = np.stack([g(x), pushed(x, tangents[1])])
        return both[0], both[1]

    frule(g, rule)


def as_writing_rrule(g: Function) -> None:
    """Its pullback writes into the cotangent that it is given."""

    def pullback(x: Any, y: Any) -> Any:
        found = pushed(x, y)
        y[...] = 7.0
        return NoTangent(), found

    rrule(g, lambda x: (g(x), lambda y: pullback(x, y)))


def as_writing_frule(g: Function) -> None:
    """It writes into the tangent that it is given."""

    def rule(tangents: Any, x: Any) -> Any:
        found = g(x), pushed(x, tangents[1])
        tangents[1][...] = 7.0
        return found

    frule(g, rule)


def as_buffered_rrule(g: Function) -> None:
    """Foreign code that gives all its results in one array, which it fills anew each time."""
    held = np.zeros(3), np.zeros(3)

    def pullback(x: Any, y: Any) -> Any:
        held[1][:] = in_floats(pushed(in_floats(x), in_floats(y)))
        return NoTangent(), held[1]

    def rule(x: Any) -> Any:
        held[0][:] = in_floats(plain(x))
        return held[0], lambda y: pullback(x, y)

    rrule(g, rule)


def as_buffered_frule(g: Function) -> None:
    held = np.zeros(3), np.zeros(3)

    def rule(tangents: Any, x: Any) -> Any:
        held[0][:], held[1][:] = in_floats(plain(x)), pushed(in_floats(x), in_floats(tangents[1]))
        return held

    frule(g, rule)


@contextmanager
def beside_itself(state: Any) -> Iterator[Function]:
    """The argument, its cotangent, and another call of the function stand beside."""
    with stated(state, of=fresh()) as g:
        yield lambda x: beside(g, x)


def beside(g: Function, x: Any) -> Any:
    first = g(x)
    return first + x + 0.25 * g(2.0 * x)


def declining(g: Function) -> None:
    rrule(g, lambda x: NotImplemented)
    frule(g, lambda tangents, x: NotImplemented)


def cube(x: Any) -> Any:
    return x * x * x


def turned(x: Any) -> Any:
    return 2 * x[::-1]


def inner(a: Any, b: Any) -> Any:
    return np.sum(a * b)


@contextmanager
def of_elements() -> Iterator[Function]:
    with stated(lambda f: scalar_rule(f, lambda x, out: 3 * x * x), of=cube) as f:
        yield f


@contextmanager
def of_linear() -> Iterator[Function]:
    with stated(lambda f: linear_rule(f, lambda g, x: 2 * g[::-1]), of=turned) as f:
        yield lambda x: f(x * x)


@contextmanager
def of_multilinear() -> Iterator[Function]:
    with stated(lambda f: multilinear_rule(f, lambda g, i, a, b: g * (b if i == 0 else a)), of=inner) as f:
        yield lambda x: x * f(x, x)


@contextmanager
def of_differential() -> Iterator[Function]:
    with stated(lambda f: differential(f, lambda d, x, out: pushed(x, d)), of=fresh()) as f:
        yield f


@contextmanager
def of_composite() -> Iterator[Function]:
    with stated(lambda f: composite(f)(plain), of=fresh()) as f:
        yield f


@contextmanager
def of_containers() -> Iterator[Function]:
    def g(p: Any) -> Any:
        return {"y": p["x"] * p["s"], "n": 2}

    def state(g: Function) -> None:
        rule = lambda p: (
            g(p),
            lambda c: (NoTangent(), {"x": c["y"] * p["s"], "s": np.sum(c["y"] * p["x"])}),
        )
        rrule(g, rule)

    with stated(state, of=g):
        yield lambda x: g({"x": x, "s": np.sum(x * x)})["y"]


@contextmanager
def of_constants() -> Iterator[Function]:
    def size(x: Any) -> Any:
        return np.sum(x * x)

    non_differentiable(size)
    try:
        yield lambda x: x * size(x)
    finally:
        remove_rule(size)


@contextmanager
def always(g: Function) -> Iterator[Function]:
    yield g


def by_checkpoint(x: Any) -> Any:
    return hoad.checkpoint(plain)(x)


def by_closure(x: Any) -> Any:
    return hoad.checkpoint(lambda s: x * s)(np.sum(x * x))


def twice_checkpointed(x: Any) -> Any:
    return hoad.checkpoint(lambda x: hoad.checkpoint(plain)(x))(x)


def by_forward(x: Any) -> Any:
    return hoad.forward(plain)(x)


def by_hook(x: Any) -> Any:
    return plain(hoad.hook(lambda g: g, x))


def by_implicit_function(x: Any) -> Any:
    return hoad.implicit_function(lambda y, x: np.exp(y) - np.exp(plain(x)), plain)(x)


def by_root(x: Any) -> Any:
    return hoad.root(lambda y, x: y + np.sin(y) / 2 - plain(x) - np.sin(plain(x)) / 2, np.zeros(3), x)


def by_brentq(x: Any) -> Any:
    return x * hoad.brentq(lambda y, s: np.sinh(y) - np.sinh(s), -9.0, 9.0, np.sum(x * x), xtol=1e-15)


def by_fixed_point(x: Any) -> Any:
    return hoad.fixed_point(lambda y, x: 0.5 * np.sin(y - plain(x)) + plain(x), np.zeros(3), x)


def by_minimize(x: Any) -> Any:
    return hoad.minimize(lambda y, x: np.sum(np.cosh(y - plain(x))), np.zeros(3), x)


def by_solve_ivp(x: Any) -> Any:
    """``y' = 2 p t y`` from ``y0`` is ``y0 exp(p t**2)``."""
    y0, p = plain(x) * np.exp(-x[0]), x[0]
    return hoad.solve_ivp(lambda t, y, p: 2 * p * t * y, [0.0, 0.5, 1.0], y0, p)[-1]


vjp_of_plain = lambda xs, y: (pushed(xs[0], y),)
jvp_of_plain = lambda xs, ds: pushed(xs[0], ds[0])
with_vjp = hoad.interop.differentiate_with(plain, vjp=vjp_of_plain)
with_jvp = hoad.interop.differentiate_with(plain, jvp=jvp_of_plain)
with_both = hoad.interop.differentiate_with(plain, jvp=jvp_of_plain, vjp=vjp_of_plain)

# How the function is made, and the same in plain NumPy.
WAYS: dict[str, tuple[Callable[[], Any], Function]] = {
    "rrule": (lambda: stated(as_rrule, of=fresh()), plain),
    "frule": (lambda: stated(as_frule, of=fresh()), plain),
    "both halves": (lambda: stated(as_frule, as_rrule, of=fresh()), plain),
    "adjoint": (
        lambda: stated(lambda g: adjoint(g, lambda x: (g(x), lambda y: pushed(x, y))), of=fresh()),
        plain,
    ),
    "foreign rrule": (lambda: stated(as_foreign_rrule, of=fresh()), plain),
    "foreign frule": (lambda: stated(as_foreign_frule, of=fresh()), plain),
    "frule in one array": (lambda: stated(as_frule_in_one_array, of=fresh()), plain),
    "writing rrule": (lambda: beside_itself(as_writing_rrule), lambda x: beside(plain, x)),
    "writing frule": (lambda: beside_itself(as_writing_frule), lambda x: beside(plain, x)),
    "buffered rrule": (lambda: beside_itself(as_buffered_rrule), lambda x: beside(plain, x)),
    "buffered frule": (lambda: beside_itself(as_buffered_frule), lambda x: beside(plain, x)),
    "declining": (lambda: stated(declining, of=fresh()), plain),
    "containers": (of_containers, plain),
    "scalar_rule": (of_elements, cube),
    "linear_rule": (of_linear, lambda x: turned(x * x)),
    "multilinear_rule": (of_multilinear, plain),
    "differential": (of_differential, plain),
    "composite": (of_composite, plain),
    "non_differentiable": (of_constants, lambda x: x * np.sum(hoad.stop_gradient(x) ** 2)),
    "checkpoint": (lambda: always(by_checkpoint), plain),
    "checkpoint of a closure": (lambda: always(by_closure), plain),
    "checkpoint in a checkpoint": (lambda: always(twice_checkpointed), plain),
    "forward": (lambda: always(by_forward), plain),
    "hook": (lambda: always(by_hook), plain),
    "differentiate_with vjp": (lambda: always(with_vjp), plain),
    "differentiate_with jvp": (lambda: always(with_jvp), plain),
    "differentiate_with both": (lambda: always(with_both), plain),
    "implicit_function": (lambda: always(by_implicit_function), plain),
    "root": (lambda: always(by_root), plain),
    "brentq": (lambda: always(by_brentq), plain),
    "fixed_point": (lambda: always(by_fixed_point), plain),
    "minimize": (lambda: always(by_minimize), plain),
    "solve_ivp": (lambda: always(by_solve_ivp), plain),
}
FOREIGN = {
    "foreign rrule",
    "foreign frule",
    "buffered rrule",
    "buffered frule",
}  # right to first order; beyond, an error that says so
SOLVERS = {"implicit_function", "root", "brentq", "fixed_point", "minimize", "solve_ivp"}


# ------------------------------------------------------------------------------------------------------------
# Operators
# ------------------------------------------------------------------------------------------------------------


def loss_of(g: Function) -> Function:
    """A number, of degree six."""

    def loss(x: Any) -> Any:
        y = g(x)
        return np.sum(WEIGHTS * y) ** 2 + y[0] * x[1]

    return loss


def on_a_curve(f: Function) -> Function:
    return lambda t: f(POINT + t * DIRECTION)


def on_curves(f: Function) -> Function:
    """A function of many numbers, each by itself."""
    return lambda ts: np.stack([f(POINT + t * DIRECTION) for t in ts])


def filled(f: Function) -> Function:
    """The argument is an array that is still being written to."""

    def of_draft(x: Any) -> Any:
        y = x * 1.0
        y[0] = x[0] * 1.0
        return f(y)

    return of_draft


def of_numbers(f: Function) -> Function:
    """The argument is made of numbers that are computed one by one."""
    return lambda x: f(np.stack([x[0] * 1.0, x[1] + 0.0, x[2] / 1.0]))


def mapped(f: Function) -> Function:
    """Of a few points at once, weighted."""
    return lambda x: np.sum(hoad.vmap(f)(np.stack([x, 2 * x[::-1], x * x])) * WEIGHTS)


def rational(operator: Function) -> Function:
    """An operator at fractions."""

    def at_fractions(f: Function, x: Any) -> Any:
        found = operator(f, np.array([Fraction(v) for v in x], dtype=object))
        return np.asarray(found, dtype=float)

    return at_fractions


heat = hoad.DifferentialOperator({(2, 1, 0): 1.0, (0, 0, 1): 2.0, (1, 0, 0): -1.0, (0, 2, 2): 0.5})
slopes = hoad.DifferentialOperator({(1, 0, 0): 1.0, (0, 0, 1): 2.0})
rows = np.stack([POINT, 2 * POINT, POINT[::-1]])


# Of a real function and a point; the number says which order of derivatives is taken.
def called_twice(f: Function, x: Any) -> Any:
    """A function at a point, after a call that it may have learnt from."""
    f(x)
    return f(x)


OPERATORS: dict[str, tuple[int, Function]] = {
    "value": (0, lambda f, x: f(x)),
    "grad": (1, hoad.grad),
    "compiled": (0, lambda f, x: hoad.compile(f)(x)),
    "grad, compiled": (1, lambda f, x: hoad.compile(lambda x: hoad.grad(f, x))(x)),
    "grad of compiled": (1, lambda f, x: hoad.grad(hoad.compile(f), x)),
    "hessian, compiled": (2, lambda f, x: called_twice(hoad.compile(lambda x: hoad.hessian(f, x)), x)),
    "grad of a draft": (1, lambda f, x: hoad.grad(filled(f), x)),
    "grad of a container": (1, lambda f, x: hoad.grad(lambda p: f(p[0]["x"]), [{"x": x}])[0]["x"]),
    "jvp": (1, lambda f, x: hoad.jvp(f, (x,), (DIRECTION,))[1]),
    "jacobian of numbers": (1, lambda f, x: hoad.jacobian(of_numbers(f), x, mode="forward")),
    "jvp of a draft": (1, lambda f, x: hoad.jvp(filled(f), (x,), (DIRECTION,))[1]),
    "jacobian, forward": (1, lambda f, x: hoad.jacobian(f, x, mode="forward")),
    "jacobian, in chunks": (1, lambda f, x: hoad.jacobian(f, x, mode="forward", chunk_size=2)),
    "jacobian, reverse": (
        1,
        lambda f, x: hoad.jacobian(lambda x: np.stack([f(x), f(2 * x)]), x, mode="reverse"),
    ),
    "first-order operator": (1, lambda f, x: slopes(f, x)),
    "vmap": (0, lambda f, x: hoad.vmap(f)(rows)),
    "vmap of grad": (1, lambda f, x: hoad.vmap(hoad.grad(f))(rows)),
    "grad of vmap": (1, lambda f, x: hoad.grad(mapped(f), x)),
    "derivative": (1, lambda f, x: hoad.derivative(on_a_curve(f), 0.0)),
    "prime": (1, lambda f, x: hoad.prime(on_a_curve(f))(0.0)),
    **{
        f"hessian, {mode}": (2, lambda f, x, mode=mode: hoad.hessian(f, x, mode=mode))
        for mode in hoad.operators.hessians.MODES
    },
    "hvp": (2, lambda f, x: hoad.hvp(f, x, DIRECTION)),
    "diag_hessian": (2, hoad.diag_hessian),
    "laplacian": (2, hoad.laplacian),
    "laplacian of a draft": (2, lambda f, x: hoad.laplacian(filled(f), x)),
    "laplacian, in chunks": (2, lambda f, x: hoad.laplacian(f, x, chunk_size=2)),
    "laplacian of vmap": (2, lambda f, x: hoad.laplacian(mapped(f), x)),
    "vmap of laplacian": (2, lambda f, x: hoad.vmap(lambda x: hoad.laplacian(f, x))(rows)),
    "estimate_laplacian": (
        2,
        lambda f, x: hoad.estimate_laplacian(f, x, samples=3, directions="coordinates", seed=0)[0],
    ),
    "derivative over a grid": (2, lambda f, x: hoad.derivative(on_curves(f), np.array([0.0, 0.3]), 2)),
    "derivatives over a grid": (3, lambda f, x: hoad.derivatives(on_curves(f), np.array([0.0, 0.3]), 3)),
    "derivative, third": (3, lambda f, x: hoad.derivative(on_a_curve(f), 0.0, 3)),
    "directional": (3, lambda f, x: hoad.directional(f, x, DIRECTION, 3)),
    "jet": (3, lambda f, x: hoad.jet(f, (x,), ([DIRECTION, WEIGHTS, 0 * x],))[1]),
    "grad of laplacian": (3, lambda f, x: hoad.grad(lambda x: hoad.laplacian(f, x), x)),
    "laplacian of grad": (3, lambda f, x: hoad.laplacian(lambda x: hoad.grad(f, x), x)),
    "derivative_tensor": (3, lambda f, x: hoad.derivative_tensor(f, x, 3)),
    "derivatives": (4, lambda f, x: hoad.derivatives(on_a_curve(f), 0.0, 4)),
    "derivatives of a draft": (4, lambda f, x: hoad.derivatives(on_a_curve(filled(f)), 0.0, 4)),
    "biharmonic": (4, hoad.biharmonic),
    "operator": (4, lambda f, x: heat(f, x)),
    "partial": (3, lambda f, x: hoad.partial(f, x, (2, 0, 1))),
}
EXACT: dict[str, tuple[int, Function]] = {
    "grad of fractions": (1, rational(hoad.grad)),
    "jvp of fractions": (1, rational(lambda f, x: hoad.jvp(f, (x,), (x,))[1])),
    "hessian of fractions": (2, rational(hoad.hessian)),
    "laplacian of fractions": (2, rational(hoad.laplacian)),
    "biharmonic of fractions": (4, rational(hoad.biharmonic)),
    "directional of fractions": (3, rational(lambda f, x: hoad.directional(f, x, x, 3))),
    "symbols": (0, lambda f, x: value_of(hoad.symbolic(f, "x:3"))),
    "gradient of symbols": (1, lambda f, x: value_of(hoad.symbolic(f, "x:3", order=1))),
}


def value_of(formula: Any) -> Any:
    """A formula at the point."""
    parts = np.asarray(formula.tolist() if hasattr(formula, "tolist") else formula, dtype=object)
    symbols = {s.name: s for e in parts.flat for s in e.free_symbols}
    put = {symbols[f"x{k}"]: v for k, v in enumerate(POINT) if f"x{k}" in symbols}
    at = lambda e: float(e.subs(put))
    return np.array([at(e) for e in parts.flat]).reshape(parts.shape)
