"""What NumPy and SciPy will not take any more: hoad's own lines do without it, and where a user's line
has it, the user is told as by the plain call, at that line.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad

special = pytest.importorskip("scipy.special")
linalg = pytest.importorskip("scipy.linalg")

KINDS = [DeprecationWarning, PendingDeprecationWarning, np.exceptions.VisibleDeprecationWarning]
X = np.array([[1.1, 0.3, 0.5], [0.2, 1.7, 0.4], [0.1, 0.3, 2.0]])


@pytest.mark.parametrize("kind", KINDS)
def test_at_a_line_of_hoads_it_is_an_error(kind: type[Warning]) -> None:
    """As setup.cfg says."""
    with pytest.raises(kind):
        exec("warn('old', kind)", {"__name__": "hoad.room", "warn": warnings.warn, "kind": kind})
    with pytest.warns(kind):
        exec("warn('old', kind)", {"__name__": "tests.room", "warn": warnings.warn, "kind": kind})


def shaped(x: Any) -> Any:
    y = x.copy()
    y.shape = (9,)
    return y


def of_fourier(name: str, **given: Any) -> Callable[[Any], Any]:
    return lambda x: np.real(getattr(np.fft, name)(x, **given))


CALLS: dict[str, Callable[[Any], Any]] = {
    **{f"{name} with lengths": of_fourier(name, s=(2, 2)) for name in ("fftn", "ifftn", "rfftn", "irfftn")},
    **{f"{name} of None": of_fourier(name, s=(2, None), axes=(0, 1)) for name in ("fftn", "irfftn")},
    "fft2": of_fourier("fft2", s=(2, 2)),
    "fftn": of_fourier("fftn"),
    "fftn along axes": of_fourier("fftn", s=(2, 2), axes=(0, 1)),
    "rot90": lambda x: np.rot90(x, 1.0),
    "rot90 by an integer": lambda x: np.rot90(x, np.int8(1)),
    "tril": lambda x: np.tril(x, 1.0),
    "triu": lambda x: np.triu(x, 1.0),
    "tri": lambda x: x * np.tri(3, k=1.0),
    "fix": lambda x: x * np.fix(x),
    "a shape": shaped,
    "bdtr": lambda x: special.bdtr(1, 2.5, x / 3),
    "bdtri": lambda x: special.bdtri(1, 2.5, x / 3),
    "bdtr of an integer": lambda x: special.bdtr(1, 2, x / 3),
    "logm": lambda x: np.real(linalg.logm(x)),
    **{
        f"{name} with disp": lambda x, name=name: np.real(getattr(linalg, name)(x, disp=True))
        for name in ("logm", "sqrtm", "signm")
    },
}
WAYS: dict[str, Callable[[Any], Any]] = {
    "forward": lambda f: hoad.jacobian(f, X, mode="forward"),
    "reverse": lambda f: hoad.jacobian(f, X, mode="reverse"),
    "second": lambda f: hoad.hessian(lambda x: np.sum(f(x)), X),
    "series": lambda f: hoad.derivative(lambda t: f(X + t), 0.0, 3),
    "batch": lambda f: hoad.vmap(f)(np.array([X, X])),
}


def told(run: Callable[[], Any]) -> list[tuple[type[Warning], str]]:
    """What is said once for each line and text."""
    with warnings.catch_warnings(record=True) as said, np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for kind in KINDS:
            warnings.simplefilter("default", kind)
        run()
    return [(warning.category, str(warning.message)) for warning in said]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", CALLS)
def test_the_user_is_told_as_by_the_plain_call(name: str, way: str) -> None:
    f = CALLS[name]
    try:
        plain = told(lambda: f(X))
    except TypeError:  # it is not taken any more
        with pytest.raises((TypeError, hoad.errors.HoadError)):
            WAYS[way](f)
        return
    assert sorted(told(lambda: WAYS[way](f)), key=repr) == sorted(set(plain), key=repr)


def test_something_is_deprecated() -> None:
    assert sum([bool(told(lambda f=CALLS[name]: f(X))) for name in ("fftn with lengths", "bdtr")]) == 2
    assert not any([told(lambda f=CALLS[name]: f(X)) for name in ("fftn", "logm", "bdtr of an integer")])


@pytest.mark.parametrize("name", CALLS)
def test_a_line_tells_once(name: str) -> None:
    try:
        told(lambda: CALLS[name](X))
    except TypeError:
        return
    run = lambda: WAYS["reverse"](CALLS[name])
    assert told(lambda: [run() for _ in range(3)]) == told(run)


def test_the_line_is_the_users() -> None:
    with pytest.warns(DeprecationWarning, match="axes") as said:
        hoad.grad(lambda x: np.sum(np.real(np.fft.fftn(x, s=(2, 2)))), X)
    assert said[0].filename == __file__
