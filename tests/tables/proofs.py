"""What is proved of a function that stands behind a door: its values, and its derivatives in every mode.

The function is summed with weights to one real number, and that is compared with differences of SciPy's own
function; the modes are compared with each other more closely, to third order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

Function = Callable[..., Any]


def sampled(cases: dict[str, Any], every: int = 4) -> list[Any]:
    """The names of cases: one of several in the default run, all of them in the sweep."""
    return [
        pytest.param(name, marks=[] if k % every == 0 else pytest.mark.sweep) for k, name in enumerate(cases)
    ]


def parts_of(out: Any) -> list[Any]:
    """The numbers of a result, in arrays."""
    if isinstance(out, (tuple, list)):
        return [part for o in out for part in parts_of(o)]
    kind = getattr(
        out, "dtype", np.result_type(type(out)) if isinstance(out, (int, float, complex)) else None
    )
    return [out] if kind is not None and kind.kind in "fc" else []


def total(f: Function) -> Function:
    """The sum of all results with weights that single out each."""

    def weighted(*args: Any) -> Any:
        whole = 0.0
        for part in parts_of(f(*args)):
            k = np.arange(1, np.size(part) + 1)
            flat = np.reshape(part, -1)
            whole = whole + np.sum(np.real(flat) * np.cos(k)) + np.sum(np.imag(flat) * np.sin(1 + k))
        return whole

    return weighted


def directions(args: tuple[Any, ...], seed: int = 0) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    found = []
    for a in args:
        d = rng.standard_normal(np.shape(a))
        found.append((d + 1j * rng.standard_normal(np.shape(a)) if np.iscomplexobj(a) else d) / 3)
    return tuple(found)


def along(f: Function, args: tuple[Any, ...], ds: tuple[Any, ...]) -> Function:
    return lambda t: f(*[a + t * d for a, d in zip(args, ds, strict=True)])


def difference(g: Function, step: float) -> Any:
    """The derivative at 0 by differences of sixth order."""
    near, mid, far = (g(k * step) - g(-k * step) for k in (1, 2, 3))
    return (45 * near - 9 * mid + far) / (60 * step)


def inner(a: tuple[Any, ...], b: tuple[Any, ...]) -> float:
    return float(sum(np.sum(np.real(np.conj(x) * y)) for x, y in zip(a, b, strict=True)))


def close(got: Any, right: Any, tolerance: float, what: str) -> None:
    size = max(1.0, float(np.max(np.abs(right), initial=0.0)))
    np.testing.assert_allclose(got, right, rtol=tolerance, atol=tolerance * size, err_msg=what)


def prove(
    f: Function,
    *args: Any,
    step: float = 2e-3,
    exact: float = 1e-10,
    orders: int = 3,
    batches: bool = True,
    differences: float = 1e-8,
) -> None:
    """Prove the derivatives of ``f`` at a point, in all its arguments together."""
    args = tuple([np.asarray(a, complex if np.iscomplexobj(a) else float) for a in args])
    loss, places = total(f), tuple(range(len(args)))
    ds, es = directions(args), directions(args, 1)
    value, grads = hoad.value_and_grad(loss, argnums=places)(*args)
    close(value, loss(*args), 1e-12, "value")
    for k, d in enumerate((ds, es)):
        right = difference(along(loss, args, d), step)
        close(inner(grads, d), right, differences, f"reverse mode {k}")
        close(hoad.derivative(along(loss, args, d), 0.0), inner(grads, d), exact, f"forward mode {k}")
    for j, a in enumerate(args):  # each argument alone, and in each of its elements
        alone = lambda x, j=j: loss(*args[:j], x, *args[j + 1 :])
        close(hoad.grad(alone)(a), grads[j], exact, f"argument {j} alone")
        unit = np.zeros(np.shape(a))
        if np.size(a):
            unit.flat[-1] = 1.0
            right = difference(lambda t, a=a, unit=unit, alone=alone: alone(a + t * unit), step)
            close(np.real(np.reshape(grads[j], -1)[-1]), right, differences, f"the last of argument {j}")
    if orders > 1:
        second(loss, args, ds, es, step, exact, differences)
    if orders > 2:
        g = along(loss, args, ds)
        third = hoad.derivatives(g, 0.0, 3)[3]
        close(hoad.derivative(g, 0.0, 3), third, exact * 10, "third order, forward and Taylor")
        right = difference(lambda t: hoad.derivative(lambda s: g(s + t), 0.0, 2), step)
        close(third, right, 10 * differences, "third order")
    if batches:
        two = [np.stack([a, a + 0.05 * d]) for a, d in zip(args, ds, strict=True)]
        gradients = hoad.grad(loss, argnums=places)
        mapped = hoad.vmap(gradients)(*two)
        for j in places:
            each = [gradients(*[t[k] for t in two])[j] for k in range(2)]
            close(mapped[j], np.stack(each), exact, f"vmap, argument {j}")


def second(
    loss: Function, args: Any, ds: Any, es: Any, step: float, exact: float, differences: float
) -> None:
    """Second derivatives, in every nesting."""
    gradient = lambda *x: inner_traced(hoad.grad(loss, argnums=tuple(range(len(args))))(*x), es)
    right = difference(along(gradient, args, ds), step)
    close(hoad.derivative(along(gradient, args, ds), 0.0), right, 10 * differences, "forward over reverse")
    twice = hoad.derivative(along(gradient, args, ds), 0.0)
    found = hoad.grad(gradient, argnums=tuple(range(len(args))))(*args)
    close(inner(found, ds), twice, exact * 10, "reverse over reverse")
    slope = lambda *x: hoad.derivative(along(loss, x, es), 0.0)
    found = hoad.grad(slope, argnums=tuple(range(len(args))))(*args)
    close(inner(found, ds), twice, exact * 10, "reverse over forward")
    close(hoad.derivative(along(slope, args, ds), 0.0), twice, exact * 10, "forward over forward")


def inner_traced(grads: Any, es: Any) -> Any:
    return sum([np.sum(np.real(np.conj(g) * e)) for g, e in zip(grads, es, strict=True)])


def single(f: Function, *args: Any, tolerance: float = 2e-3) -> None:
    """Single precision stays, and has the same derivatives."""
    loss, places = total(f), tuple(range(len(args)))
    kinds = [np.complex64 if np.iscomplexobj(a) else np.float32 for a in args]
    small = [np.asarray(a, kind) for a, kind in zip(args, kinds, strict=True)]
    got = hoad.grad(loss, argnums=places)(*small)
    right = hoad.grad(loss, argnums=places)(
        *[np.asarray(a, complex if np.iscomplexobj(a) else float) for a in args]
    )
    for g, r, kind in zip(got, right, kinds, strict=True):
        assert g.dtype == kind
        close(g, r, tolerance, "single precision")


def flat(out: Any) -> Any:
    """The sum of all numbers, with weights that single out each."""
    if isinstance(out, (tuple, list)):
        return sum([flat(part) for part in out])
    size = int(np.size(out))
    if size == 0 or getattr(out, "dtype", np.dtype(float)).kind in "iub":
        return 0.0
    k, x = np.arange(1, size + 1), np.reshape(out, -1)
    if getattr(out, "dtype", np.dtype(float)).kind == "O":
        return np.sum(np.cos(k) * x)
    return np.sum(np.cos(k) * np.real(x) + np.sin(1 + k) * np.imag(x))


def first(f: Function, *given: Any) -> None:
    """Prove the value and the first derivative, in all arguments together, by both modes and by differences;
    of whatever the function gives, containers and arrays of objects too.
    """
    args = tuple([np.asarray(x, float) if np.ndim(x) else float(x) for x in given])
    loss = lambda *x: flat(f(*x))
    value, grads = hoad.value_and_grad(loss, argnums=tuple(range(len(args))))(*args)
    assert value == pytest.approx(loss(*args), rel=1e-9, abs=1e-9)
    ds = directions(args)
    line = lambda t: loss(*[x + t * d for x, d in zip(args, ds, strict=True)])
    back = inner(grads, ds)
    assert hoad.derivative(line, 0.0) == pytest.approx(back, rel=1e-8, abs=1e-8)
    assert back == pytest.approx(difference(line, 1e-4), rel=2e-6, abs=2e-6)
