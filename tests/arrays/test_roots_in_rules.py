"""What every rule makes of roots where they are 0.

Let ``g`` be a smooth function. Then ``g(abs(x))`` is ``g(0) + g'(0) abs(x) + g''(0) x**2 / 2 + ..``, so its
second derivative at 0 is that of ``g``, and of several numbers the Hessian is the diagonal of that of ``g``:
what is beside the diagonal belongs to products of two kinks. So every program of the table of rules is its
own reference, and none can be forgotten.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from rule_points import ELEMENTWISE, leaves, named_programs
from turns import by_turns

import hoad
from hoad.chainrules.numpy import reductions
from hoad.chainrules.statements import OWN, Multilinear

MODES = ("auto", "forward-forward", "forward-reverse", "reverse-forward", "reverse-reverse")
PROGRAMS = {name: program for name, _, program in named_programs()}
AT_MOST = 16  # roots, of which each is followed through a rule that is no sum and no product


def weighed(out: Any) -> Any:
    """A number that each element of a value has a part of."""
    return sum([np.sum(np.real(o) * (1.0 + np.arange(np.size(o)).reshape(np.shape(o)))) for o in leaves(out)])


def slopes(name: str) -> list[Any]:
    rng = np.random.default_rng(1)
    return [rng.uniform(0.1, 1, np.shape(a)).astype(np.asarray(a).dtype) for a in PROGRAMS[name].arguments]


@pytest.mark.parametrize(("name", "mode"), by_turns(PROGRAMS, MODES, every=5))
@pytest.mark.filterwarnings("ignore")
def test_one_root_in_every_program(name: str, mode: Any) -> None:
    program, by = PROGRAMS[name], slopes(name)

    def along(t: Any) -> Any:
        return weighed(program.run(*[a + t * c for a, c in zip(program.arguments, by, strict=True)]))

    with np.errstate(all="ignore"):
        right = hoad.hessian(along, 0.0, mode=mode)
        found = hoad.hessian(lambda t: along(abs(t)), 0.0, mode=mode)
    np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9 * (1 + abs(np.nan_to_num(right))))


@pytest.mark.parametrize(("name", "mode"), by_turns(PROGRAMS, MODES, every=12))
@pytest.mark.filterwarnings("ignore")
def test_several_roots_in_every_program(name: str, mode: Any) -> None:
    program, by = PROGRAMS[name], slopes(name)[0]
    first, *others = program.arguments
    if np.size(first) > AT_MOST:
        return
    f = lambda x: weighed(program.run(first + by * x, *others))
    x = np.zeros(np.shape(first))
    with np.errstate(all="ignore"):
        right = np.diag(hoad.hessian(f, x, mode=mode).reshape(x.size, x.size))
        found = hoad.hessian(lambda x: f(abs(x)), x, mode=mode).reshape(x.size, x.size)
    size = 1 + np.max(np.abs(np.nan_to_num(right)), initial=0.0)
    np.testing.assert_allclose(found, np.diag(right), rtol=1e-9, atol=1e-9 * size)


@pytest.mark.parametrize("function", ELEMENTWISE, ids=lambda f: getattr(f, "name", "") or f.__name__)
def test_functions_of_numbers(function: Any) -> None:
    entry = ELEMENTWISE[function]
    for k, point in enumerate(entry.points[::4]):
        by = [abs(a) or 1.0 if i in entry.arguments else 0.0 for i, a in enumerate(point)]

        def along(t: Any, point: Any = point, by: Any = by) -> Any:
            return entry.function(
                *[a + t * c / (3 + 2 * i) if c else a for i, (a, c) in enumerate(zip(point, by, strict=True))]
            )

        with np.errstate(all="ignore"):
            right = hoad.hessian(along, 0.0, mode=MODES[k % 5])
            found = hoad.hessian(lambda t: along(abs(t)), 0.0, mode=MODES[k % 5])
            size = abs(along(0.0))
        if 1e-100 < abs(right) < 1e100:
            np.testing.assert_allclose(found, right, rtol=1e-7, atol=1e-13 * size)


def test_every_product_states_its_products() -> None:
    """A rule that multiplies elements of its arguments says how, and says it right."""
    rules = {rule for rule in OWN.values() if isinstance(rule, Multilinear)}  # without those of other tests
    assert {"matmul", "einsum", "convolve"} <= {rule.name for rule in rules}
    elementwise = {rule for rule in rules if rule.products is None}
    rng = np.random.default_rng(0)
    for rule in elementwise:
        a, b = rng.normal(size=(2, 3, 1)), rng.normal(size=(3, 4))
        np.testing.assert_allclose(rule(a, b), a * b)
    subscripts = ("ii,ij->j", "ij,jk->ki", "ij,kl->jl", "ii,jk->ijk")
    shapes = (((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((4, 1, 2, 3), (5, 3, 2)), ((3,), (2, 3, 4)))
    by_name: dict[str, list[Any]] = {
        "matmul": [(a, b, {}) for a, b in shapes],
        "einsum": [((3, 3), (3, 4) if s[3] == "i" else (3, 3), {"subscripts": s}) for s in subscripts],
        "convolve": [
            ((5,), (3,), {"mode": "full"}),
            ((5,), (3,), {"mode": "valid"}),
            ((3,), (5,), {"mode": "full"}),
        ],
    }
    cases = {rule: by_name[rule.name] for rule in rules - elementwise}
    for rule, of in cases.items():
        for first, second, options in of:
            a, b = rng.normal(size=first), rng.normal(size=second)
            np.testing.assert_allclose(rule.products(a, b, **options), rule(a, b, **options), rtol=1e-12)
    for rule in (reductions.prod_last, reductions.cumprod_last):
        for n in (1, 2, 5, 8):
            x = rng.normal(size=(2, n))
            np.testing.assert_allclose(rule.products(x), rule(x), rtol=1e-12)


twice = lambda r: np.stack([r, r])


def written(r: Any) -> Any:
    y = np.zeros(2)
    y[0] = r
    y[1] = r
    return y


# What gives r**2 of a number r.
SQUARES: dict[str, Callable[[Any], Any]] = {
    "prod of a list": lambda r: np.prod([r, r]),
    "prod": lambda r: np.prod(twice(r)),
    "multiply.reduce": lambda r: np.multiply.reduce(twice(r)),
    "cumprod": lambda r: np.cumprod(twice(r))[1],
    "einsum": lambda r: np.einsum("i,i", twice(r), twice(r)) / 2,
    "einsum of one array": lambda r: np.einsum("i,i", *(2 * [twice(r)])) / 2,
    "einsum of three": lambda r: np.einsum("i,j,i->", twice(r), np.array([0.25, 0.25]), twice(r)),
    "outer": lambda r: np.outer(twice(r), twice(r))[0, 1],
    "tensordot": lambda r: np.tensordot(twice(r), twice(r), 1) / 2,
    "inner": lambda r: np.inner(twice(r), twice(r)) / 2,
    "vdot": lambda r: np.vdot(twice(r), twice(r)) / 2,
    "vecdot": lambda r: np.vecdot(twice(r), twice(r)) / 2,
    "dot": lambda r: np.dot(twice(r), twice(r)) / 2,
    "method dot": lambda r: twice(r).dot(twice(r)) / 2,
    "kron": lambda r: np.kron(twice(r), twice(r))[1],
    "multiply.outer": lambda r: np.multiply.outer(twice(r), twice(r))[1, 0],
    "multi_dot": lambda r: np.linalg.multi_dot([twice(r)[None], twice(r)[:, None]])[0, 0] / 2,
    "matrices": lambda r: (np.stack([twice(r), 2 * twice(r)]) @ np.stack([twice(r), twice(r)]))[0, 0] / 2,
    "convolve": lambda r: np.convolve(twice(r), twice(r))[0],
    "stack": lambda r: np.sum(twice(r) ** 2) / 2,
    "concatenate": lambda r: np.sum(np.concatenate([twice(r), twice(r)]) ** 2) / 4,
    "array": lambda r: np.sum(np.array([[r, r], [r, -r]]) ** 2) / 4,
    "written": lambda r: np.sum(written(r) ** 2) / 2,
    "out": lambda r: np.multiply(r, r, out=1.0 * r) if np.ndim(r) else np.multiply(r, r),
    "dtype": lambda r: np.multiply(r, r, dtype=float),
    "norm": lambda r: np.linalg.norm(twice(r)) ** 2 / 2,
    "norm, 1": lambda r: np.linalg.norm(np.stack([r, 0 * r]), 1) ** 2,
    "sum": lambda r: np.sum(twice(r)) ** 2 / 4,
    "method sum": lambda r: twice(r).sum() ** 2 / 4,
    "Python's sum": lambda r: sum([r, r]) ** 2 / 4,
    "mean": lambda r: np.mean(twice(r)) ** 2,
    "cumsum": lambda r: np.cumsum(twice(r))[1] ** 2 / 4,
    "diff": lambda r: np.diff(np.stack([-r, r]))[0] ** 2 / 4,
    "weights": lambda r: (np.array([1.0, 2.0]) @ twice(r)) ** 2 / 9,
    "quadratic form": lambda r: twice(r) @ np.array([[1.0, 2.0], [3.0, 4.0]]) @ twice(r) / 10,
    "float_power": lambda r: np.float_power(r, 2),
    "reshaped": lambda r: np.tile(r, (2, 3))[1, 2] * np.broadcast_to(r, (4,))[3],
}  # fmt: skip
# Functions that are a number's distance from 0, and whether half of them is one, too.
DISTANCES: dict[str, Callable[[Any], Any]] = {
    "abs": abs,
    "sqrt of a square": lambda x: np.sqrt(x**2),
    "hypot": lambda x: np.hypot(x, 0.0),
    "norm": lambda x: np.linalg.norm(np.stack([x])),
    "norm, 1": lambda x: np.linalg.norm(np.stack([x]), 1),
    "two roots": lambda x: (abs(x) + 3.0 * abs(x)) / 4.0,
    "std": lambda x: np.std(np.stack([x, -x])),
    "sum": lambda x: np.sum(abs(np.stack([x, 0.0]))),
    "maximum": lambda x: np.maximum(x, -x),
    "minimum": lambda x: -np.minimum(x, -x),
    "fmax": lambda x: np.fmax(-x, x),
    "fmin": lambda x: -np.fmin(-x, x),
    "twice the positive part": lambda x: 2.0 * np.maximum(0.0, x) - x,
    "of two bounds": lambda x: 2.0 * np.clip(x, 0.0, 1.0) - x,
}


@pytest.mark.parametrize(("square", "distance"), by_turns(SQUARES, DISTANCES, every=12))
@pytest.mark.filterwarnings("ignore")
def test_every_way_to_a_square(square: str, distance: str) -> None:
    f = lambda x: SQUARES[square](DISTANCES[distance](x))
    with np.errstate(all="ignore"):
        for mode in MODES:
            np.testing.assert_allclose(hoad.hessian(f, 0.0, mode=mode), 2.0, rtol=1e-12)
        for mode in ("forward", "reverse"):
            assert hoad.jacobian(f, 0.0, mode=mode) == 0.0
        np.testing.assert_allclose(hoad.vmap(hoad.hessian(f))(np.zeros(2)), 2.0, rtol=1e-12)
        compiled = hoad.compile(hoad.hessian(f))
        for x in (0.5, 0.0, -1.5, 0.0):
            np.testing.assert_allclose(compiled(x), 2.0, rtol=1e-9)


def test_a_tie_has_the_mean_of_both_sides() -> None:
    """The second derivative of what is made of a choice is half of the sum of those to both sides."""
    x = np.array([0.0, 1.0, 0.0])
    for sides, f in (
        ((0.0, 2.0), lambda x: np.sum(np.maximum(x, 0.0) ** 2)),
        ((2.0, 0.0), lambda x: np.sum(np.minimum(0.0, x) ** 2)),
        ((0.0, 0.0), lambda x: np.sum(np.maximum(x, 0.0))),
        ((0.0, 0.0), lambda x: np.sum(np.maximum(x, 0.0) ** 3)),
        ((1.0, 9.0), lambda x: np.sum(np.exp(np.maximum(x, 3 * x)))),
        ((0.0, 2.0), lambda x: np.einsum("i,i", np.maximum(x, 0.0), np.maximum(0.0, x))),
        ((0.0, 2.0), lambda x: np.sum(np.prod([np.clip(x, 0.0, 9.0), np.maximum(x, 0.0)], axis=0))),
        ((1.0, 1.0), lambda x: np.sum(np.exp(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))))),
    ):
        compiled = hoad.compile(hoad.hessian(f))
        compiled(x + 2.0)
        compiled(x + 3.0)
        for found in (*[hoad.hessian(f, x, mode=mode) for mode in MODES], compiled(x)):
            np.testing.assert_allclose(np.diag(found)[::2], np.mean(sides), rtol=1e-12)
            assert found[0, 2] == 0.0
    fourth = hoad.derivative(lambda x: np.maximum(x, -x) ** 4, 0.0, 4)
    np.testing.assert_allclose(fourth, 24.0, rtol=1e-12)


@pytest.mark.parametrize("distance", ["abs", "sqrt of a square", "hypot", "norm", "std"])
@pytest.mark.parametrize("factor", [-3.0, -1.0, 0.0, 1.0, 2.0])
def test_distances_of_distances(factor: float, distance: str) -> None:
    """The absolute value of a multiple of a root is a multiple of it; of ``copysign``, of what that is."""
    r = DISTANCES[distance]
    both = lambda r, absolute: (r + absolute(factor * r)) ** 2
    signed = lambda x, y: np.abs(factor * np.copysign(r(x), y)) ** 2 + np.copysign(r(x), y) ** 2
    with np.errstate(all="ignore"):
        for mode in MODES:
            found = [
                hoad.hessian(f, 0.0, mode=mode)
                for f in (
                    lambda x: both(r(x), np.abs),
                    lambda x: both(r(x), np.fabs),
                    lambda x: signed(x, 1.0),
                    lambda x: signed(x, -1.0),
                )
            ]
            right = 2 * [2.0 * (1.0 + abs(factor)) ** 2] + 2 * [2.0 * (1.0 + factor**2)]
            np.testing.assert_allclose(found, right, rtol=1e-12)


@pytest.mark.parametrize("square", [name for name in SQUARES if name != "norm, 1"])
def test_first_derivatives_of_squares_of_square_roots(square: str) -> None:
    """That of ``sqrt(x)``, squared, is 1, though its own is infinite. (Of ``abs(sqrt(x))`` it is 0: that has
    the slope that is chosen.)
    """
    for mode in ("forward", "reverse"):
        with np.errstate(all="ignore"):
            found = hoad.jacobian(lambda x: SQUARES[square](np.sqrt(x)), 0.0, mode=mode)
        np.testing.assert_allclose(found, 1.0, rtol=1e-12)
