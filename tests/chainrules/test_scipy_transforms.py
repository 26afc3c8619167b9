"""``scipy.fft``: values, linearity and transposes, of every name, type, norm and length."""

from __future__ import annotations

from typing import Any

import numpy as np
import proofs
import pytest

import hoad
from hoad.chainrules.doors import DOORS

fft = pytest.importorskip("scipy.fft")
import hoad.scipy.fft  # noqa: E402

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6))
Z = X + 1j * RNG.normal(size=(3, 6))
NORMS = (None, "ortho", "forward", "backward")
ONE = ({}, {"n": 5}, {"n": 9}, {"axis": 0}, {"workers": 2, "overwrite_x": True})
MANY = ({}, {"s": (2, 5)}, {"axes": (1, 0)}, {"axes": (1,)})
MAKERS = {
    "fftfreq", "rfftfreq", "next_fast_len", "prev_fast_len", "fhtoffset", "set_backend", "skip_backend",
    "set_global_backend", "register_backend", "get_workers", "set_workers",
}  # fmt: skip


def check(f: Any, x: np.ndarray, what: Any) -> None:
    """The value is SciPy's, forward mode the function itself, reverse mode its transpose."""
    d = np.cos(np.arange(x.size)).reshape(x.shape).astype(x.dtype)
    plain, along = f(x.copy()), f(d.copy())
    value, tangent = hoad.jvp(f, (x,), (d,))
    g = RNG.normal(size=plain.shape) + (1j * RNG.normal(size=plain.shape) if np.iscomplexobj(plain) else 0)
    back = hoad.vjp(f, x)[1](g)
    kept = {"rtol": 1e-13, "atol": 1e-13 * max(1.0, float(np.max(np.abs(plain)))), "err_msg": str(what)}
    np.testing.assert_allclose(value, plain, **kept)
    np.testing.assert_allclose(tangent, along, **kept)
    left, right = np.sum((np.conj(g) * along).real), np.sum((np.conj(back) * d).real)
    np.testing.assert_allclose(left, right, rtol=1e-12, atol=1e-12, err_msg=str(what))


@pytest.mark.parametrize("name", ["fft", "ifft", "hfft", "rfft", "irfft", "ihfft"])
def test_of_fourier(name: str) -> None:
    x = X if name in ("rfft", "ihfft") else Z
    one = getattr(fft, name)
    for norm in NORMS:
        for options in ONE:
            check(lambda y, o=options, k=norm: one(y, norm=k, **o), x, (name, norm, options))
        for many in "2n":
            for options in MANY:
                f = getattr(fft, name + many)
                check(lambda y, f=f, o=options, k=norm: f(y, norm=k, **o), x, (name, many, norm, options))


@pytest.mark.parametrize("name", ["dct", "idct", "dst", "idst"])
@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_of_cosines_and_sines(name: str, kind: int) -> None:
    one, many = getattr(fft, name), getattr(fft, name + "n")
    for norm in NORMS:
        for orthogonal in (None, True, False):
            rest = {"norm": norm, "orthogonalize": orthogonal}
            for options in ONE:
                for x in (X, Z):
                    check(lambda y, o=options, r=rest: one(y, kind, **r, **o), x, (name, kind, rest, options))
            for options in MANY:
                check(lambda y, o=options, r=rest: many(y, kind, **r, **o), X, (name, kind, rest, options))


@pytest.mark.parametrize("name", ["fht", "ifht"])
def test_of_hankel(name: str) -> None:
    f = getattr(fft, name)
    for args in ((0.1, 0.5), (0.2, 1.0, 0.3), (0.1, 0.5, 0.1, 0.2)):
        for x in (X, X[:, :5]):
            check(lambda y, a=args: f(y, *a), x, (name, args))
    for k, parameter in enumerate(("dln", "mu", "offset", "bias")):
        args = [0.1, 0.5, 0.1, 0.2]
        with pytest.raises(hoad.errors.MissingRuleError, match=f"{name} has no derivative by {parameter}"):
            hoad.grad(lambda p, k=k, args=args: np.sum(f(X[0], *args[:k], p, *args[k + 1 :])), args[k])


def test_shifts() -> None:
    for f in (fft.fftshift, fft.ifftshift):
        check(f, X, f)
        check(lambda y, f=f: f(y, axes=1), Z, f)


PROGRAMS = {
    "a spectrum": (lambda x: np.abs(fft.rfft(x)) ** 2, X),
    "dct": (lambda x: fft.dct(x * x, 2, norm="ortho") ** 3, X),
    "idstn": (lambda x: np.sin(fft.idstn(x, 3)), X),
    "fht": (lambda x: fft.fht(x**2, 0.1, 0.5) ** 2, X[0]),
    "complex": (lambda z: fft.ifftn(fft.fftn(z) ** 2), Z),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_higher_orders(name: str) -> None:
    f, x = PROGRAMS[name]
    proofs.prove(f, x, exact=1e-9)


def test_single_precision_stays() -> None:
    x = X.astype(np.float32)
    for f in (lambda x: fft.dct(x), lambda x: fft.dst(x, 1, norm="ortho"), lambda x: abs(fft.rfft(x))):
        assert hoad.grad(lambda x, f=f: np.sum(f(x) ** 2), x).dtype == np.float32


def test_every_name_is_accounted_for() -> None:
    for name in fft.__all__:
        assert (getattr(fft, name) in DOORS) != (name in MAKERS), name
