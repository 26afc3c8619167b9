"""How often an operator runs the function: once, whatever the mode, but where ``MORE`` says why not.

Every public name that is given a function and a point has a row; which names there are, ``test_alike`` says.
"""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_alike import LINEAR_MAPS, OPERATORS, PICTURES, SOLVERS, WITH_OPERATOR, WRAPPERS

import hoad
from hoad.errors import KeptValueWarning, RecordingWarning

X = np.linspace(0.2, 1.0, 5)
WIDE = np.linspace(0.2, 1.0, 40)
NESTINGS = ("auto", "forward-reverse", "reverse-forward", "forward-forward", "reverse-reverse")


def scalar(x: Any) -> Any:
    return np.sum(x**3)


def vector(x: Any) -> Any:
    return np.concatenate([x, x * x, x**3])


def top(x: Any) -> Any:
    return x[:3] ** 2


def unit(*places: int) -> tuple[int, ...]:
    return tuple([places.count(k) for k in range(len(X))])


TERMS: dict[Any, Any] = {
    unit(): 2.0,
    unit(0): lambda x: x[0],
    unit(1): -1.0,
    unit(0, 0): 1.0,
    unit(0, 1): 0.5,
    unit(1, 2, 3): -2.0,
    unit(4, 4, 4, 4): 0.25,
    unit(2, 2, 3, 3): 3.0,
}

# Names, each with what comes after a colon if it has several rows; a function; and what is done to it.
RUNS: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    name: (
        f,
        lambda g, name=name, rest=rest, options=options: getattr(hoad, name)(
            g, *rest, **{key: value for key, value in options.items() if key != "chunk_size"}
        ),
    )
    for name, (f, options, rest) in OPERATORS.items()
}
RUNS |= {
    name: (f, lambda g, name=name, rest=rest: getattr(hoad, name)(g)(*rest))
    for name, (f, rest) in WRAPPERS.items()
    if name != "hook"  # a function of gradients
}
RUNS |= {
    "gradient: of two": (lambda a, b: a * b, lambda f: hoad.gradient(f, 1.0, 2.0)),
    "vjp": (vector, lambda f: hoad.vjp(f, X)[1](np.ones(15))),
    "pullback": (vector, lambda f: hoad.pullback(f, X)[1](np.ones(15))),
    "pushforward": (vector, lambda f: hoad.pushforward(f, X)(X)),
    "derivative: of order 1": (np.sin, lambda f: hoad.derivative(f, 0.5)),
    "derivative: over a grid": (np.sin, lambda f: hoad.derivative(f, X)),
    "derivative_tensor: of order 3": (scalar, lambda f: hoad.derivative_tensor(f, X, 3)),
    "jet": (np.sin, lambda f: hoad.jet(f, (0.5,), ([1.0, 0.0, 2.0],))),
    "prime: of order 3": (np.sin, lambda f: hoad.differentiable(f).nth(3)(0.5)),
    "vmap: of many": (scalar, lambda f: hoad.vmap(f)(np.stack([X, X]))),
    "vmap: of grad": (scalar, lambda f: hoad.vmap(hoad.grad(f))(np.stack([X, X]))),
    "wirtinger": (lambda z: z * abs(z), lambda f: hoad.wirtinger(f, 1 + 2j)),
    "adapt: within grad": (scalar, lambda f: hoad.grad(hoad.adapt(f))(X)),
    "compile: of grad": (scalar, lambda f: [hoad.compile(hoad.grad(f))(X)]),
    "forward: within grad": (scalar, lambda f: hoad.grad(hoad.forward(f))(X)),
    "hook": (scalar, lambda f: hoad.grad(lambda x: f(hoad.hook(lambda g: 2.0 * g)(x)), X)),
    "jacobian: sparse": (vector, lambda f: hoad.jacobian(f, X, sparse=True)),
    "hessian: sparse": (scalar, lambda f: hoad.hessian(f, X, sparse=True)),
    "explain": (np.sin, lambda f: hoad.explain(f, 0.5)),
    "trace": (np.sin, lambda f: hoad.trace(f, 0.5)),
    "formula": (np.sin, lambda f: hoad.formula(f, "x", order=2)),
    "symbolic": (np.sin, lambda f: hoad.symbolic(f, "x", order=2)),
    "Objective": (scalar, lambda f: hoad.Objective(f).value_and_grad(X)),
}
for count in range(1, len(TERMS) + 1):
    for back in (False, True):
        terms = dict(list(TERMS.items())[::-1][:count] if back else list(TERMS.items())[:count])
        for g in (scalar, vector):
            RUNS[f"DifferentialOperator: {list(terms)} of {g.__name__}"] = (
                g,
                lambda f, terms=terms: hoad.DifferentialOperator(terms)(f, X),
            )
            RUNS[f"estimate_operator: {list(terms)} of {g.__name__}"] = (
                g,
                lambda f, terms=terms: hoad.estimate_operator(hoad.DifferentialOperator(terms), f, X, seed=0),
            )
for order in itertools.product(range(4), repeat=2):
    RUNS[f"partial: {order}"] = (scalar, lambda f, order=order: hoad.partial(f, X[:2], order))
for nesting in NESTINGS:
    RUNS[f"hvp: {nesting}"] = (scalar, lambda f, nesting=nesting: hoad.hvp(f, X, X, mode=nesting))
    for point in (X, WIDE):
        RUNS[f"hessian: {nesting}, {len(point)}"] = (
            scalar,
            lambda f, nesting=nesting, point=point: hoad.hessian(f, point, mode=nesting),
        )
for chosen in ("auto", "forward", "reverse"):
    for name, operator in (("jacobian", hoad.jacobian), ("value_and_jacobian", hoad.value_and_jacobian)):
        for g in (scalar, vector, top):
            for point in (X, WIDE):
                RUNS[f"{name}: {chosen}, {g.__name__} of {len(point)}"] = (
                    g,
                    lambda f, operator=operator, point=point, mode=chosen: operator(f, point, mode=mode),
                )

# What runs the function more often: how often, and why it must.
MORE: dict[str, tuple[int, str, Any, Callable[[Any], Any]]] = {
    "laplacian: in chunks": (
        3, "once for each chunk of directions that the user asks for",
        scalar, lambda f: hoad.laplacian(f, X, chunk_size=2),
    ),
    "biharmonic: in chunks": (
        5, "25 directions, 5 at a time",
        scalar, lambda f: hoad.biharmonic(f, X, chunk_size=5),
    ),
    "DifferentialOperator: in chunks": (
        3, "5 directions of the second order, 2 at a time; those of the first need no run of their own",
        scalar, lambda f: hoad.DifferentialOperator(
            {unit(k, k): 1.0 for k in range(5)} | {unit(k): 1.0 for k in range(5)}
        )(f, X, chunk_size=2),
    ),
    "estimate_laplacian: in chunks": (
        4, "8 samples, 2 at a time", scalar, lambda f: hoad.estimate_laplacian(f, X, 8, chunk_size=2),
    ),
    "derivative_tensor: in chunks": (
        3, "15 directions, 5 at a time", scalar, lambda f: hoad.derivative_tensor(f, X, 2, chunk_size=5),
    ),
    "jacobian: forward, in chunks": (
        3, "once for each chunk: nothing is recorded", vector,
        lambda f: hoad.jacobian(f, X, mode="forward", chunk_size=2),
    ),
    "jacobian: tall, of what its record can't push forward": (
        2, "5 tangents by a second run cost less than 50 cotangents",
        lambda x: np.outer(np.arange(10.0), np.linalg.eigvalsh(np.diag(x))), lambda f: hoad.jacobian(f, X),
    ),
    "checkpoint: within grad": (
        2, "what it does not keep is computed again on the way back",
        scalar, lambda f: hoad.grad(hoad.checkpoint(f))(X),
    ),
    "derivative: over a grid, with a branch": (
        6, "the array is refused, and each number is tried", lambda x: x if x > 0 else -x,
        lambda f: hoad.derivative(f, X),
    ),
    "prime: of one number for a whole array": (
        2, "it shows only in the value that the gradient is meant", scalar, lambda f: hoad.prime(f)(X),
    ),
    "grad: of a constant": (
        3, "it is asked on both sides whether it changes by a way that has no operation",
        lambda x: 3.0, lambda f: hoad.grad(f, X),
    ),
    "grad: of what may have been looked up": (
        2, "a value found equal to plain numbers may be one that was kept",
        lambda x: np.sum(x**3) if not np.array_equal(x, X) else 0.0, lambda f: hoad.grad(f, X),
    ),
    "DifferentialOperator: of a constant": (
        3, "as for grad", lambda x: 3.0, lambda f: hoad.DifferentialOperator(TERMS)(f, X),
    ),
    "hessian: of eigenvalues": (
        2, "no sweep over what was recorded: the rule looks at the direction",
        lambda x: np.linalg.eigvalsh(np.diag(x) + 1.0)[0], lambda f: hoad.hessian(f, X),
    ),
    "linear_operator": (
        2, "for the shape of the value, and for the product",
        vector, lambda f: hoad.linear_operator(f, X).matvec(X),
    ),
}  # fmt: skip
# What asks for a function as often as an algorithm, a picture or a proof needs it.
UNCOUNTED = SOLVERS | PICTURES | {"NonlinearProgram", "pattern", "sparse_plan", "verify"}
NO_FUNCTION = {
    "Differentiable", "Dual", "Estimate", "Grads", "Jet", "Parameter", "Params", "Tracer", "__version__",
    "adapted", "backends", "careful", "chainrules", "debug", "errors", "fft_backend", "is_tracing", "learned",
    "no_adapt", "order", "param", "primal", "run_each_time", "show_grad", "stop_gradient", "wrapper",
}  # fmt: skip


def test_every_public_name_has_a_row() -> None:
    counted = {key.partition(":")[0] for key in (*RUNS, *MORE)}
    assert counted | UNCOUNTED | NO_FUNCTION == set(hoad.__all__)
    assert not counted & (UNCOUNTED | NO_FUNCTION)
    assert {*OPERATORS, *LINEAR_MAPS, *WITH_OPERATOR, *WRAPPERS, "DifferentialOperator"} <= counted


def runs_of(f: Any, apply: Callable[[Any], Any]) -> int:
    """How often f is run."""
    calls = []

    def counted(*args: Any) -> Any:
        calls.append(1)
        return f(*args)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RecordingWarning)  # a compiled function counts when it is recorded
        warnings.simplefilter("ignore", KeptValueWarning)  # which has been looked into
        apply(counted)
    return len(calls)


@pytest.mark.parametrize("name", RUNS)
def test_the_function_runs_once(name: str) -> None:
    assert runs_of(*RUNS[name]) == 1


@pytest.mark.parametrize("name", MORE)
def test_the_function_runs_no_more_than_it_must(name: str) -> None:
    wanted, why, f, apply = MORE[name]
    assert runs_of(f, apply) == wanted, why


def test_tall_jacobians_push_what_was_recorded() -> None:
    """40 directions cost less than 400 cotangents, and go down the program that is there."""
    calls = []
    tall = lambda x: (calls.append(1), np.ravel(np.outer(np.arange(10.0), x)))[1]
    assert hoad.jacobian(tall, WIDE).shape == (400, 40)
    assert len(calls) == 1
