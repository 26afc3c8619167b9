"""All operators are alike: each public name is classified here, and what holds for its class holds for it."""

from __future__ import annotations

import copy
import functools
import inspect
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import ArgumentError, CallError, HoadError

X = np.array([0.5, 1.5, -0.5])
V = np.array([1.0, -2.0, 3.0])


def rosenbrock(x: Any) -> Any:
    """Rosenbrock's function."""
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def bend(x: Any) -> Any:
    return np.sin(x) * x


def shout(g: Any) -> Any:
    return 2.0 * g


def no_number(x: Any) -> Any:
    return "text"


# For each operator: a function, options that may be given before the point, and what is given with the point.
ONE, OPERATOR = (0.7,), hoad.DifferentialOperator({(2, 0, 0): 1.0, (0, 1, 1): 2.0})
OPERATORS: dict[str, tuple[Any, dict[str, Any], tuple[Any, ...]]] = {
    "biharmonic": (rosenbrock, {"chunk_size": 2}, (X,)),
    "derivative": (bend, {"n": 2}, ONE),
    "derivative_tensor": (rosenbrock, {"order": 2}, (X,)),
    "derivatives": (bend, {"n": 3}, ONE),
    "diag_hessian": (rosenbrock, {"argnums": 0}, (X,)),
    "diaghessian": (rosenbrock, {}, (X,)),
    "directional": (rosenbrock, {"n": 2}, (X, V)),
    "elementwise_grad": (bend, {"argnums": 0}, (X,)),
    "estimate_laplacian": (rosenbrock, {"seed": 0, "samples": 3}, (X,)),
    "grad": (rosenbrock, {"argnums": 0}, (X,)),
    "gradient": (rosenbrock, {}, (X,)),
    "hessian": (rosenbrock, {"mode": "reverse-forward"}, (X,)),
    "hessian_reverse": (rosenbrock, {"argnums": 0}, (X,)),
    "hvp": (rosenbrock, {"mode": "reverse-reverse"}, (X, V)),
    "jacobian": (bend, {"mode": "reverse"}, (X,)),
    "jet": (bend, {}, ((0.5,), ([1.0, 0.0],))),
    "jvp": (bend, {}, ((X,), (V,))),
    "laplacian": (rosenbrock, {"chunk_size": 1}, (X,)),
    "partial": (rosenbrock, {"orders": (1, 1, 0)}, (X,)),
    "taylor": (bend, {"n": 3}, ONE),
    "value_and_grad": (rosenbrock, {"argnums": 0}, (X,)),
    "value_and_jacobian": (bend, {"mode": "forward"}, (X,)),
    "value_grad_hessian": (rosenbrock, {"argnums": 0}, (X,)),
    "wirtinger": (bend, {}, (1 + 2j,)),
    "withgradient": (rosenbrock, {}, (X,)),
    "withjacobian": (bend, {}, (X,)),
}
LINEAR_MAPS = {"vjp", "pullback", "pushforward"}  # operators too, whose value at a point is a function
WITH_OPERATOR = {"estimate_operator"}  # an operator whose first argument is a differential operator
# For each wrapper: what it makes of a function, and a point of that.
WRAPPERS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "adapt": (bend, (X,)),
    "checkpoint": (bend, (X,)),
    "compile": (bend, (X,)),
    "differentiable": (bend, (X,)),
    "forward": (bend, (X,)),
    "hook": (shout, (X,)),
    "ignore_derivatives": (bend, (X,)),
    "prime": (bend, ONE),
    "vmap": (bend, (X,)),
}
SOLVERS = {"brentq", "fixed_point", "implicit_function", "minimize", "root", "solve_ivp"}
CLASSES = {
    "Differentiable", "DifferentialOperator", "Dual", "Estimate", "Grads", "Jet", "NonlinearProgram",
    "Objective", "Parameter", "Params", "Tracer",
}  # fmt: skip
PICTURES = {"plot", "plot_cost", "plot_gradient", "plot_hessian", "plot_sparsity", "plot_taylor"}
OTHERS = {
    "__version__", "chainrules", "debug", "errors", "fft_backend", "is_tracing", "linear_operator", "order",
    "backends", "careful",
    "adapted", "explain", "formula", "no_adapt", "param", "primal", "show_grad", "stop_gradient", "symbolic",
    "trace", "verify", "pattern", "learned", "run_each_time", "sparse_plan", "wrapper",
}  # fmt: skip


def same(a: Any, b: Any) -> None:
    np.testing.assert_equal(a, b)


def test_every_public_name_has_one_class() -> None:
    classes = [set(OPERATORS), LINEAR_MAPS, WITH_OPERATOR, set(WRAPPERS), SOLVERS, CLASSES, PICTURES, OTHERS]
    assert sorted(name for names in classes for name in names) == sorted(hoad.__all__)


@pytest.mark.parametrize("name", sorted(OPERATORS))
class TestOperator:
    def test_without_the_point_it_is_a_function(self, name: str) -> None:
        op = getattr(hoad, name)
        f, options, rest = OPERATORS[name]
        wanted = op(f, *rest, **options)
        same(op(f, **options)(*rest), wanted)
        same(functools.partial(op, **options)(f)(*rest), wanted)
        same(functools.partial(op(f, **options), *rest)(), wanted)

    def test_by_keyword(self, name: str) -> None:
        op = getattr(hoad, name)
        f, options, rest = OPERATORS[name]
        names = [p.name for p in inspect.signature(op(f, **options)).parameters.values()][: len(rest)]
        same(
            op(f, **options)(*rest[:1], **dict(zip(names[1:], rest[1:], strict=True))),
            op(f, *rest, **options),
        )

    def test_it_is_pickled_and_copied(self, name: str) -> None:
        op = getattr(hoad, name)
        f, options, rest = OPERATORS[name]
        made = op(f, **options)
        for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), copy.copy(made)):
            same(again(*rest), made(*rest))
            assert repr(again) == repr(made)
        assert pickle.loads(pickle.dumps(op)) is op

    def test_it_says_what_it_is(self, name: str) -> None:
        op = getattr(hoad, name)
        f, options, _ = OPERATORS[name]
        made = op(f, **options)
        assert repr(made) == f"<{name} of {f.__name__}>"
        assert (made.__name__, made.__doc__, made.__module__) == (f.__name__, f.__doc__, f.__module__)
        assert repr(op(functools.partial(f), **options)) == f"<{name} of partial of {f.__name__}>"
        assert repr(op(hoad.vmap(f), **options)) == f"<{name} of <vmap of {f.__name__}>>"

    def test_errors_name_it(self, name: str) -> None:
        op = getattr(hoad, name)
        f, options, rest = OPERATORS[name]
        for call in (lambda: op(3.0, *rest), lambda: op(no_number, *rest, **options)):
            with pytest.raises(HoadError, match=rf"\b{name}\b"):
                call()
        with pytest.raises(CallError, match=rf"'argnumz': .*hoad\.{name}\b"):
            op(f, *rest, argnumz=0, **options)

    def test_calls_that_do_not_fit(self, name: str) -> None:
        """Too much, twice, or too little: said by the operator, before it runs anything."""
        op = getattr(hoad, name)
        _, options, rest = OPERATORS[name]
        fails = lambda *args: pytest.fail("f is called")
        parameters = list(inspect.signature(op).parameters.values())[1:]
        own = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        if not own:
            return  # whatever is given by position is the function's
        given = dict(zip(own, rest, strict=False))
        every = [*rest, *[options.get(n, 1) for n in own[len(rest) :]]]
        for wrong in (
            lambda: op(fails, *rest, **{own[0]: rest[0]}),
            lambda: op(fails, *every, **{own[-1]: every[-1]}),
            lambda: op(fails, **given | {own[0]: rest[0]}, argnumz=1),
            *[lambda: op(fails, *every, 1.0)] * all(p.kind is not p.VAR_POSITIONAL for p in parameters),
            *[lambda: op(fails, rest[0])] * (len(rest) > 1),
        ):
            with pytest.raises(CallError, match=rf"\b{name}\b"):
                wrong()

    def test_as_a_method(self, name: str) -> None:
        op = getattr(hoad, name)
        f, options, _ = OPERATORS[name]

        class Model:
            made = op(lambda self, *a: f(*a), **options)

        assert "bound method" in repr(Model().made)


def parameters(name: str) -> Any:
    return inspect.signature(getattr(hoad, name)).parameters


def test_options_are_alike() -> None:
    """One keyword means one thing: the same default wherever it is, and after the arguments of f."""
    found: dict[str, set[Any]] = {}
    for name in [*OPERATORS, *LINEAR_MAPS, *WITH_OPERATOR]:
        for p in parameters(name).values():
            if p.default not in (p.empty, hoad.running.operator.LATER) and p.name not in ("n", "samples"):
                assert p.kind is p.KEYWORD_ONLY, (name, p)
                found.setdefault(p.name, set()).add((p.default, str(p.annotation)))
    second = found.pop("mode")
    assert {default for default, _ in second} == {"auto"}
    assert {key: len(values) for key, values in found.items() if len(values) > 1} == {}
    assert {"argnums", "has_aux", "holomorphic", "chunk_size", "progress", "out"} <= found.keys()


def test_options_are_where_they_make_sense() -> None:
    for name in OPERATORS:
        has = set(parameters(name))
        assert ("chunk_size" in has) == ("progress" in has), name
        if (
            "args" in has
            and "x" not in has
            and name not in ("gradient", "withgradient", "withjacobian", "diaghessian")
        ):
            assert "argnums" in has, name


@pytest.mark.parametrize("name", [n for n in OPERATORS if "argnums" in parameters(n)])
@pytest.mark.parametrize("argnums", [(), 0.0, True, False, [0, 1], None, (0, 1.0)])
def test_argnums_are_refused_when_they_are_stated(name: str, argnums: Any) -> None:
    with pytest.raises(ArgumentError, match="argnums="):
        getattr(hoad, name)(rosenbrock, argnums=argnums)


WRONG = ["no", b"x", 2.5, np.ones(2), (1, 2), {}, object(), float("nan"), -1]
SORTS = (bool, "mode", "format", "chunk_size", "executor")  # of options: flags, and these by name


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: repr(w)[:12])
@pytest.mark.parametrize("name", [*OPERATORS, *sorted(LINEAR_MAPS)])
def test_options_are_refused_when_they_are_stated(name: str, wrong: Any) -> None:
    """Whatever is passed for one of another kind, and by the name of the option."""
    for p in parameters(name).values():
        if p.name in SORTS or p.default.__class__ in SORTS:
            with pytest.raises(ArgumentError, match=f"{p.name}="):
                getattr(hoad, name)(rosenbrock, **{p.name: wrong})


@pytest.mark.parametrize(
    "name", ["derivative", "grad", "hvp", "jvp", "jet", "taylor", "directional", "partial"]
)
def test_numbers_of_other_kinds_go_through_all(name: str) -> None:
    third, f = Fraction(1, 3), lambda x: x * x
    rest = {"hvp": (third, third), "jvp": (third, third), "jet": (third, [third]), "taylor": (third, 1)}
    rest |= {"directional": (third, third, 1), "partial": (third, (1,))}
    for value in (
        getattr(hoad, name)(f, *rest.get(name, (third,))),
        getattr(hoad, name)(f)(*rest.get(name, (third,))),
    ):
        while isinstance(value, (tuple, list)):
            value = value[-1]
        assert value in (Fraction(2, 3), Fraction(2, 9), 1) and not isinstance(value, float)


def test_linear_maps() -> None:
    for op in (hoad.vjp, hoad.pullback):
        y, back = pickle.loads(pickle.dumps(op(bend)))(X)
        same((y, back(V)), (bend(X), (hoad.jvp(bend, X, V)[1],)))
        assert repr(op(bend)) == "<vjp of bend>"
    push = hoad.pushforward(bend)
    same(pickle.loads(pickle.dumps(push))(X)(V), hoad.jvp(bend, X, V)[1])
    same(pickle.loads(pickle.dumps(push(X)))(V), hoad.jvp(bend, X, V)[1])
    assert repr(push) == "<pushforward of bend>"
    assert repr(push(0.5)) == "<pushforward of bend at 0.5 (float)>"


def test_differential_operators() -> None:
    with pytest.raises(ArgumentError, match="differential operator first"):
        hoad.estimate_operator(rosenbrock, X)
    for made in (OPERATOR(rosenbrock), hoad.estimate_operator(OPERATOR, rosenbrock, seed=0)):
        same(pickle.loads(pickle.dumps(made))(X), made(X))
    same(OPERATOR(rosenbrock)(X), OPERATOR(rosenbrock, X))
    assert repr(OPERATOR(rosenbrock, chunk_size=1)) == "<DifferentialOperator of rosenbrock>"
    assert repr(hoad.estimate_operator(OPERATOR, rosenbrock)) == "<estimate_operator of rosenbrock>"


@pytest.mark.parametrize("name", sorted(WRAPPERS))
class TestWrapper:
    def test_it_is_pickled_copied_and_named(self, name: str) -> None:
        f, rest = WRAPPERS[name]
        made = getattr(hoad, name)(f)
        for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made), copy.copy(made)):
            same(again(*rest), made(*rest))
            assert repr(again) == repr(made)
        assert f.__name__ in repr(made) and "0x" not in repr(made) and repr(made).startswith("<")
        assert (made.__name__, made.__doc__) == (f.__name__, f.__doc__)

    def test_it_serves_as_a_decorator(self, name: str) -> None:
        f, rest = WRAPPERS[name]
        made = getattr(hoad, name)(f)
        assert f"{name if name != 'prime' else 'differentiable'} " in repr(made)
        assert getattr(hoad, name)(functools.partial(f))(*rest) is not None

    def test_errors_name_it(self, name: str) -> None:
        if name in ("vmap", "prime"):
            with pytest.raises(HoadError, match=rf"{name} wants"):
                getattr(hoad, name)(no_number)(*WRAPPERS[name][1])

    def test_it_refuses_what_is_no_function(self, name: str) -> None:
        with pytest.raises(ArgumentError, match=r"not a function"):
            getattr(hoad, name)("text") if name != "ignore_derivatives" else hoad.grad("text")


@hoad.checkpoint
def layer(x: Any) -> Any:
    return np.tanh(x)


slope = hoad.grad(rosenbrock)


@hoad.grad
def cube(x: Any) -> Any:
    return x**3


def test_decorated_functions_are_pickled_by_name() -> None:
    for f in (layer, cube):
        assert pickle.loads(pickle.dumps(f)) is f
    assert pickle.loads(pickle.dumps(hoad.hessian(cube)))(2.0) == 6.0 * 1
    same(pickle.loads(pickle.dumps(slope))(X), slope(X))


def test_scipy_takes_a_product_with_the_hessian() -> None:
    optimize = pytest.importorskip("scipy.optimize")

    def shifted(x: Any, a: Any) -> Any:
        return rosenbrock(x - a)

    found = optimize.minimize(
        shifted, X, args=(1.0,), method="Newton-CG", jac=hoad.grad(shifted), hessp=hoad.hvp(shifted)
    )
    np.testing.assert_allclose(found.x, 2.0, rtol=1e-5)


def test_keywords_of_both() -> None:
    power = lambda x, n: x**n
    with pytest.raises(CallError, match=r"hoad\.derivative\(f\)\(x, n=\.\.\.\)"):
        hoad.derivative(power, 2.0, n=3)
    assert hoad.derivative(power)(2.0, n=3) == 12.0
    assert hoad.derivative(power, n=2)(2.0, n=3) == 12.0
    filled = lambda x, out=1.0: x * out
    with pytest.raises(CallError, match=r"hoad\.grad\(f\)\(x, out=\.\.\.\)"):
        hoad.grad(filled, 2.0, out=3.0)
    assert hoad.grad(filled)(2.0, out=3.0) == 3.0
    padded = lambda x, mode="edge": np.pad(x, 1, mode)
    same(hoad.jacobian(padded, X, mode="reverse"), hoad.jacobian(padded, X))
    same(hoad.jacobian(padded, mode="reverse")(X, mode="wrap")[0], [0.0, 0.0, 1.0])
    modal = lambda x, mode: x * mode
    assert hoad.jacobian(modal, mode="reverse")(2.0, mode=3.0) == 3.0
    with pytest.raises(CallError, match=r"mode='forward' was taken for the argument of hoad\.jacobian"):
        hoad.jacobian(functools.partial(modal), 2.0, mode="forward")  # a partial does not show its names
