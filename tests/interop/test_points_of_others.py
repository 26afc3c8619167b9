"""Every public name at a point of JAX's, pint's and xarray's: its result is such an array, or it says what to
type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import HoadError

X = np.array([0.7, 1.3, 0.4])
V = np.array([1.0, -0.5, 2.0])
MAKERS: dict[str, tuple[str, Callable[[Any, np.ndarray], Any], str]] = {
    "JAX": ("jax.numpy", lambda m, a: m.asarray(a), ""),
    "pint": ("pint", lambda m, a: m.get_application_registry().Quantity(a, "metre"), "a.magnitude"),
    "xarray": ("xarray", lambda m, a: m.DataArray(a, dims=list("ij")[: a.ndim]), "a.values"),
}


def total(x: Any) -> Any:
    return np.sum(x * x * x)


def square(x: Any) -> Any:
    return x * x


def pair(x: Any) -> Any:
    return total(x), x


# What each public name that takes a point does at x, with a vector v and a matrix m.
CALLS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "adapt": lambda x, v, m: hoad.grad(hoad.adapt(total), x),
    "biharmonic": lambda x, v, m: hoad.biharmonic(total, x),
    "compile": lambda x, v, m: [hoad.compile(total)(x), hoad.compile(hoad.grad(total))(x)],
    "derivative": lambda x, v, m: hoad.derivative(square, x[0]),
    "derivative_tensor": lambda x, v, m: hoad.derivative_tensor(total, x, 3),
    "derivatives": lambda x, v, m: hoad.derivatives(square, x[0], 2),
    "diag_hessian": lambda x, v, m: hoad.diag_hessian(total, x),
    "diaghessian": lambda x, v, m: hoad.diaghessian(total, x),
    "directional": lambda x, v, m: hoad.directional(total, x, v, 2),
    "elementwise_grad": lambda x, v, m: hoad.elementwise_grad(square, x),
    "estimate_laplacian": lambda x, v, m: tuple(hoad.estimate_laplacian(total, x, seed=0)),
    "explain": lambda x, v, m: hoad.explain(total, x),
    "fixed_point": lambda x, v, m: hoad.fixed_point(lambda y: 0.5 * y, x),
    "formula": lambda x, v, m: hoad.formula(square, x),
    "forward": lambda x, v, m: hoad.grad(hoad.forward(total), x),
    "grad": lambda x, v, m: [hoad.grad(total, x), hoad.grad(pair, x, has_aux=True)],
    "gradient": lambda x, v, m: hoad.gradient(total, x),
    "hessian": lambda x, v, m: hoad.hessian(total, x),
    "hessian_reverse": lambda x, v, m: hoad.hessian_reverse(total, x),
    "hvp": lambda x, v, m: hoad.hvp(total, x, v),
    "jacobian": lambda x, v, m: hoad.jacobian(square, x),
    "jet": lambda x, v, m: hoad.jet(square, x, (v,)),
    "jvp": lambda x, v, m: hoad.jvp(square, (x,), (v,)),
    "laplacian": lambda x, v, m: hoad.laplacian(total, x),
    "learned": lambda x, v, m: hoad.grad(total)(x),
    "linear_operator": lambda x, v, m: hoad.linear_operator(square, x),
    "minimize": lambda x, v, m: hoad.minimize(lambda y: np.sum((y - 1.0) ** 2), x),
    "partial": lambda x, v, m: hoad.partial(total, x, (1, 1, 0)),
    "pattern": lambda x, v, m: hoad.pattern(square, x),
    "plot_sparsity": lambda x, v, m: hoad.plot_sparsity(total, x),
    "prime": lambda x, v, m: hoad.prime(square)(x[0]),
    "pullback": lambda x, v, m: [hoad.pullback(square, x)[0], hoad.pullback(square, x)[1](v)],
    "pushforward": lambda x, v, m: hoad.pushforward(square, x)(v),
    "root": lambda x, v, m: hoad.root(lambda y: y**3 - 1.0, x),
    "sparse_plan": lambda x, v, m: hoad.sparse_plan(square, X)(x),
    "symbolic": lambda x, v, m: hoad.symbolic(square, x),
    "taylor": lambda x, v, m: [hoad.taylor(square, x, 2), hoad.taylor(square, x[0], 2)],
    "trace": lambda x, v, m: hoad.trace(total, x),
    "value_and_grad": lambda x, v, m: [
        hoad.value_and_grad(total, x),
        hoad.value_and_grad(pair, x, has_aux=True),
    ],
    "value_and_jacobian": lambda x, v, m: hoad.value_and_jacobian(square, x),
    "value_grad_hessian": lambda x, v, m: hoad.value_grad_hessian(total, x),
    "vjp": lambda x, v, m: [hoad.vjp(square, x)[0], hoad.vjp(square, x)[1](v)],
    "vmap": lambda x, v, m: [hoad.vmap(total)(m), hoad.vmap(hoad.grad(total))(m)],
    "withgradient": lambda x, v, m: tuple(hoad.withgradient(total, x)),
    "withjacobian": lambda x, v, m: tuple(hoad.withjacobian(square, x)),
}
# What solves, draws, explains or gives a sparse matrix has results of its own kind.
OWN = {
    "explain", "fixed_point", "formula", "linear_operator", "minimize", "pattern", "plot_sparsity", "root",
    "sparse_plan", "symbolic", "trace",
}  # fmt: skip
# What takes no point, or a point whose form is another: names, an interval, a mesh.
OTHERS = {
    "Differentiable", "DifferentialOperator", "Dual", "Estimate", "Grads", "Jet", "NonlinearProgram",
    "Objective", "Parameter", "Params", "Tracer", "adapted", "backends", "brentq", "careful", "chainrules",
    "checkpoint", "debug", "differentiable", "errors", "estimate_operator", "fft_backend", "hook",
    "ignore_derivatives", "implicit_function", "is_tracing", "no_adapt", "order", "param", "plot",
    "plot_cost", "plot_gradient", "plot_hessian", "plot_taylor", "primal", "run_each_time", "show_grad",
    "solve_ivp", "stop_gradient", "verify", "wirtinger", "wrapper",
}  # fmt: skip


def test_all_public_names_are_here() -> None:
    assert {*CALLS, *OTHERS} == {name for name in hoad.__all__ if not name.startswith("__")}
    assert not OTHERS & CALLS.keys()


def leaves(found: Any) -> list[Any]:
    """The arrays and numbers of a result."""
    if isinstance(found, (tuple, list)):
        return [leaf for part in found for leaf in leaves(part)]
    return [found]


def numbers(found: Any) -> np.ndarray:
    return np.asarray(getattr(found, "magnitude", found), float)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("library", MAKERS)
def test_a_point(library: str, name: str) -> None:
    module, make, advice = MAKERS[library]
    m = pytest.importorskip(module)
    call, made = CALLS[name], [make(m, a) for a in (X, V, np.outer(X, V))]
    try:
        found = leaves(call(*made))
    except HoadError as error:
        assert advice and advice in str(error) and library in str(error)
        assert getattr(hoad.errors, type(error).__name__) is type(error)
        return
    if name in OWN:
        assert not advice  # a unit, or the names of axes, would be lost
        return
    right = leaves(call(X, V, np.outer(X, V)))
    for got, want in zip(found, right, strict=True):
        np.testing.assert_allclose(numbers(got), numbers(want), rtol=2e-5, atol=1e-6)
        assert library == "xarray" or isinstance(got, type(made[0]))


# What a function may do with a quantity of lengths that it is mapped over.
MAPPED: dict[str, Callable[[Any, Any], Any]] = {
    "to": lambda r, q: r.to("cm"),
    "ito": lambda r, q: (r.ito("cm"), r)[1],
    "m_as": lambda r, q: r.m_as("cm"),
    "magnitude": lambda r, q: r.magnitude * 2.0,
    "base": lambda r, q: np.sum(r * r.to("inch")).to_base_units(),
    "others": lambda r, q: (r + q(1.0, "km")) / q(2.0, "s"),
    "angles": lambda r, q: np.sin(r / q(1.0, "m")),
    "units": lambda r, q: r * (2.0 if r.units == q(1.0, "m").units else 3.0),
    "comparison": lambda r, q: r > q(1.0, "m"),
    "items": lambda r, q: {"first": r[0], "all": (r.sum(), 3.0 * r)},
    "new": lambda r, q: q(np.exp(r.m), "s"),
    "constant": lambda r, q: q(np.ones(2), "s"),
    "gradient": lambda r, q: hoad.grad(lambda r: np.sum(r**2).to("cm^2"))(r),
    "hessian": lambda r, q: hoad.hessian(lambda r: np.sum(r**3).to("cm^3"))(r),
    "product": lambda r, q: hoad.hvp(lambda r: np.sum(r**3), r, r),
}


@pytest.mark.parametrize("name", MAPPED)
@pytest.mark.parametrize("chunk_size", [None, 2])
def test_mapped_over_quantities(name: str, chunk_size: int | None) -> None:
    """Each member is a quantity, as in a loop."""
    pint = pytest.importorskip("pint")
    q = pint.UnitRegistry().Quantity
    f = lambda r: MAPPED[name](r, q)
    x = q(np.outer(X, V[:2]) + 2.0, "metre")
    found = leaves(list_of(hoad.vmap(f, chunk_size=chunk_size)(x)))
    members = [leaves(list_of(f(q(row, "metre")))) for row in x.magnitude]
    for got, *each in zip(found, *members, strict=True):
        assert getattr(got, "units", None) == getattr(each[0], "units", None)
        np.testing.assert_allclose(numbers(got), np.stack([numbers(part) for part in each]), rtol=1e-12)


def list_of(found: Any) -> Any:
    return list(found.values()) if isinstance(found, dict) else found


def test_mapped_over_quantities_within_a_gradient() -> None:
    pint = pytest.importorskip("pint")
    q = pint.UnitRegistry().Quantity
    x = q(np.outer(X, V), "metre")
    lengths = lambda x: np.sum(hoad.vmap(lambda r, w: np.sum(r**2 * w).to("cm^2"), in_axes=(0, None))(x, V))
    found = hoad.grad(lengths)(x)
    np.testing.assert_allclose(found.magnitude, 2e4 * np.outer(X, V) * V, rtol=1e-12)
    assert found.units == q(1.0, "cm^2/m").units


@pytest.mark.parametrize("format", ["csr", "csc", "coo"])
def test_sparse_derivatives_by_quantities(format: str) -> None:
    pint = pytest.importorskip("pint")
    q = pint.UnitRegistry().Quantity
    x = q(X, "metre")
    jacobian = hoad.jacobian(lambda x: x[1:] * x[:-1], x, sparse=True, format=format)
    assert jacobian.magnitude.format == format and jacobian.units == x.units
    dense = hoad.jacobian(lambda x: x[1:] * x[:-1], X)
    np.testing.assert_allclose(jacobian.to("cm").magnitude.toarray(), 100.0 * dense, rtol=1e-14)
    hessian = hoad.hessian(lambda x: np.sum(x**3), x, sparse=True)
    np.testing.assert_allclose(hessian.to("cm").magnitude.toarray(), 600.0 * np.diag(X), rtol=1e-14)
    for options in ({}, {"order": 2}, {"compile": True}):
        with pytest.raises(HoadError, match=r"a\.magnitude"):
            hoad.sparse_plan(total if options.get("order") else square, x, **options)


def test_sparse_derivatives_by_arrays_with_names() -> None:
    """Whose matrices have no names, whether the value had some or not."""
    x = pytest.importorskip("xarray").DataArray(X, dims="i")
    for f in (square, lambda x: square(x).values):
        found = hoad.jacobian(f, x, sparse=True)
        np.testing.assert_allclose(found.toarray(), np.diag(2.0 * X), rtol=1e-14)
