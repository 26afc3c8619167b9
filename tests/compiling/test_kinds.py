"""Complex numbers and single precision as machine code: values, classes and types are those of the plain
call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.compiling import native

pytest.importorskip("llvmlite")
Z = np.array([0.5 + 0.25j, -1.25 + 2j, 0.75 - 0.5j, -0.3 - 1.1j])
X = np.array([0.5, 1.25, 0.75, 0.3])
U = np.random.default_rng(0).normal(size=(4, 4)) + 1j * np.random.default_rng(1).normal(size=(4, 4))
ULPS = 64  # of the largest element, for functions of some steps


@pytest.fixture(params=["scalars", "loops"], scope="module")
def mode(request: pytest.FixtureRequest) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "loops":
            patch.setattr(native, "FEW", -1)
            patch.setattr(native, "MANY", 0)
        else:
            patch.setattr(native, "FEW", 2_000)
        yield request.param


def wave(z: Any) -> Any:
    w = np.exp(1j * z) * (1 + 2j * z)
    return np.sum(np.abs(w / (1 + z**2)) ** 2) + np.sum(np.angle(w) * z.real)


def written(z: Any) -> Any:
    out = np.zeros(6, np.result_type(z))
    out[1:5] = z * z
    out[0] = 2.0
    out[-1] = z[0]
    return out


COMPLEX: dict[str, Callable[[Any], Any]] = {
    "sums": lambda z: z + 2 * z - 1j + np.ones(4),
    "products": lambda z: z * z * (2 - 1j) * X,
    "quotients": lambda z: (z / z[::-1], 1 / z, z / 2.5, X / z, z / (3 - 4j)),
    "powers": lambda z: (z**2, z**3, z**-1, z**-4, z**5.0),
    "roots and powers": lambda z: (z**0.3, z ** (0.5 - 1j), np.power(2.0, z), X**z, z**z),
    "exp and log": lambda z: (np.exp(z), np.log(z), np.log(z / np.abs(z) * 1.0001)),
    "roots": lambda z: (np.sqrt(z), np.sqrt(z * z), np.sqrt(-1.0 + 0 * z)),
    "angles": lambda z: (np.sin(z), np.cos(z), np.sinh(z), np.cosh(z), np.angle(z)),
    "parts": lambda z: (z.real, z.imag, np.conj(z), abs(z), -z, z.real + 2j * z.imag),
    "moved": lambda z: (z[::-1], z.reshape(2, 2).T, np.concatenate([z, X, [1, 2j]]), np.stack([z, z[1] * X])),
    "reduced": lambda z: (np.sum(z), np.mean(z), np.cumsum(z), np.vdot(z, z), z @ z),
    "matrices": lambda z: (U @ z, z @ X, np.outer(z, z), np.einsum("i,ij,j", z, U, z), U.real @ z),
    "written": written,
    "chosen": lambda z: np.where(z.real > 0, z, 2.0),
    "compared": lambda z: z * (2.0 if np.all(z == z) and not np.any(z != z) else 3.0),
    "a number": lambda z: z[0] * z[1] + 1,
    "norms": lambda z: np.linalg.norm(z) + np.sum(np.abs(z) ** 2),
    "gradient": lambda z: hoad.grad(wave)(z),
    "Wirtinger": lambda z: hoad.grad(lambda z: np.real(np.sum(z**3 / (1 + z))))(z),
}


def compared(f: Any, *points: Any) -> Any:
    compiled = hoad.compile(f)
    for x in points:
        for _ in range(2):
            same(compiled(x), f(x))
    return compiled


def same(got: Any, right: Any) -> None:
    if isinstance(right, tuple):
        assert len(got) == len(right)
        for a, b in zip(got, right, strict=True):
            same(a, b)
        return
    assert type(got) is type(right) and np.shape(got) == np.shape(right)
    assert np.result_type(got) == np.result_type(right)
    bound = ULPS * np.finfo(np.result_type(right)).eps
    np.testing.assert_allclose(got, right, rtol=bound, atol=bound * np.max(np.abs(right)))


def is_native(compiled: Any) -> bool:
    return bool(compiled.stats()["native"]) and not compiled.why()


@pytest.mark.parametrize("kind", [np.complex128, pytest.param(np.complex64, marks=pytest.mark.sweep)])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex(mode: str, name: str, kind: Any) -> None:
    compiled = compared(COMPLEX[name], Z.astype(kind), (Z * (1.1 + 0.2j)).astype(kind))
    assert is_native(compiled), compiled.why()


NUMBERS: dict[str, Any] = {
    "complex": 0.5 - 1.5j,
    "complex128": np.complex128(0.5 - 1.5j),
    "complex64": np.complex64(0.5 - 1.5j),
    "float32": np.float32(0.375),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers(name: str) -> None:
    x = NUMBERS[name]
    for f in (lambda z: z, lambda z: z * z + 2, lambda z: abs(z) * np.exp(z), lambda z: (z.real, z * X)):
        compiled = compared(f, x, x * 2, -x)
        assert is_native(compiled), compiled.why()


def test_zeros_and_infinities_of_complex_numbers_are_the_plain_functions() -> None:
    f = lambda z: (np.sqrt(z), z * 2, 1j * z, X / z)
    compiled = hoad.compile(f)
    compiled(Z)
    for value in (0.0, -0.0, np.inf, 1j * np.inf, np.nan, complex(1.0, np.inf), 1e308 * (1 + 1j)):
        z = np.full(4, value, complex)
        with np.errstate(all="ignore"):
            for a, b in zip(compiled(z), f(z), strict=True):
                np.testing.assert_array_equal(a, b)


SINGLE: dict[str, Callable[[Any], Any]] = {
    "arithmetic": lambda x: (x * 0.1 + 0.3) / (x - 7.7) - 1 / x,
    "weak numbers": lambda x: np.where(x > 0.3, 0.1, x) * (x > np.float32(0.3)),
    "double beside it": lambda x: x * X + np.float64(0.1),
    "functions": lambda x: (np.exp(x), np.log(x), np.sin(x), np.tanh(x), np.sqrt(x), x**2, x**0.3),
    "reduced": lambda x: (np.sum(x * x), np.mean(x), np.max(x), np.cumsum(x), np.prod(x)),
    "matrices": lambda x: (np.outer(x, x) @ x, np.einsum("i,j->ij", x, x), x @ x),
    "written": written,
    "moved": lambda x: (x[::-1], np.concatenate([x, x * 0.7]), x.reshape(2, 2)),
    "converted": lambda x: (x.astype(np.float64) * 0.1, (X * x[0]).astype(np.float32)),
    "a number of Python's": lambda x: float(x[1]) * x,
    "gradient": lambda x: hoad.grad(lambda x: np.sum(np.sin(x) ** 2 * x))(x),
    "Hessian": lambda x: hoad.hessian(lambda x: np.sum((x[1:] - x[:-1] ** 2) ** 2))(x),
    "branch": lambda x: x * 2 if x[0] > 0.1 else x * 3,
}


@pytest.mark.parametrize("name", SINGLE)
def test_single_precision(mode: str, name: str) -> None:
    x = X.astype(np.float32)
    compiled = compared(SINGLE[name], x, x * np.float32(1.1), x[::-1].copy() + np.float32(0.01))
    assert is_native(compiled), compiled.why()


def test_arithmetic_of_single_precision_has_the_bits_of_numpys(mode: str) -> None:
    """A sum, a product, a quotient and a root, computed in double precision and rounded, are those of single
    precision.
    """
    rng = np.random.default_rng(3)
    f = lambda x, y: (x + y, x - y, x * y, x / y, np.sqrt(x), 0.1 * x, x + 1e-3, x / 3)
    compiled = hoad.compile(f)
    for size in (1.0, 1e-3, 1e20, 1e-30, 1e-38):
        x, y = [(size * rng.uniform(0.5, 2.0, 200)).astype(np.float32) for _ in range(2)]
        with np.errstate(all="ignore"):
            for a, b in zip(compiled(x, y), f(x, y), strict=True):
                assert a.dtype == b.dtype and a.tobytes() == b.tobytes()
    assert compiled.stats()["native"]


@pytest.mark.parametrize(
    "product", [lambda z: z @ U, lambda z: U @ z, lambda z: np.einsum("i,ij,j->j", z, U, z)]
)
def test_products_with_infinite_parts_are_the_plain_functions(
    mode: str, product: Callable[[Any], Any]
) -> None:
    """Libraries of complex products make nan of infinity, or not; and ``clip`` makes a number of infinity."""
    f = lambda z: np.sum(np.exp(1j * np.clip(product(z).real, -9, 9)).real)
    for derivative in (f, hoad.grad(f)):
        compiled = hoad.compile(derivative, backend="native")
        compiled(Z)
        for value in (np.inf, complex(1.75, -np.inf), np.nan):
            z = Z.copy()
            z[1] = value
            with np.errstate(all="ignore"):
                np.testing.assert_array_equal(compiled(z), derivative(z))


def test_complex_numbers_between_stages() -> None:
    """What has no form in pairs is called, and the code between is native."""
    f = lambda x: np.sum(np.abs(np.fft.fft(np.sin(x) * np.exp(-x))) ** 2 * np.exp(x))
    for g in (f, hoad.grad(f)):
        compiled = compared(g, X, X * 1.5)
        assert "fft of complex numbers has no native form" in compiled.why() and "native stages" in repr(
            compiled.variants[0]
        )
    h = lambda z: np.linalg.solve(U + np.outer(z, np.conj(z)), np.exp(z) * z)
    compiled = compared(h, Z, Z * 1.1)
    assert "solve of complex numbers has no native form" in compiled.why()
    twice = lambda z: np.linalg.solve(U, np.linalg.solve(U + np.outer(z, np.conj(z)), np.exp(z) * z) * z)
    for g in (twice, hoad.grad(lambda z: np.sum(np.abs(twice(z)) ** 2))):  # one definition, several calls
        compared(g, Z, Z * 1.1)


SIGNS: list[Callable[[Any], Any]] = [
    lambda x: np.arctan2(x + 0.0, -1.0),
    lambda x: np.arctan2(x * 1.0, -1 - x * x),
    lambda x: np.copysign(2.0, 0.0 * x + x) + 0 * x,
    lambda x: np.angle(x * (1 + 0j)),
    lambda x: np.arctan2(np.abs(x) * 0.0 - 0.0 * x, x),
]


@pytest.mark.parametrize("k", range(len(SIGNS)))
def test_where_the_sign_of_a_zero_decides_the_plain_function_does(mode: str, k: int) -> None:
    compiled = hoad.compile(SIGNS[k])
    compiled(np.array([0.5, 1.5]))
    for x in ([0.5, 1.5], [-0.0, 1.0], [0.0, -1.0], [1.0, -2.0]):
        np.testing.assert_allclose(compiled(np.array(x)), SIGNS[k](np.array(x)), rtol=1e-14)
    assert compiled.stats()["native"]
