"""All of NumPy is accounted for: each public function has a rule, or a reason why it has none."""

import numpy as np
import pytest
from coverage import PAGE, public
from test_adjoints import CREATORS, QUESTIONS

import hoad
from hoad.chainrules import RULES
from hoad.chainrules.without import WITHOUT
from hoad.errors import MissingRuleError

NAMES = public()


@pytest.mark.parametrize("name", NAMES)
def test_every_function_is_accounted_for(name) -> None:
    function = NAMES[name]
    places = [function in RULES, name in WITHOUT]
    assert any(places), f"{name} is new: state a rule, or enter it in hoad/chainrules/without.py"
    assert not all(places), f"{name} has a rule, and is listed as without one"


def test_every_reason_is_of_a_function_that_is_there() -> None:
    assert set(WITHOUT) <= set(NAMES)


def test_every_ufunc_is_there() -> None:
    ufuncs = [f for f in NAMES.values() if isinstance(f, np.ufunc)]
    assert len(ufuncs) >= 100
    assert all(f in RULES for f in ufuncs)


def test_the_page_lists_every_function() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in text] == [], "make coverage"


def test_the_message_gives_the_reason() -> None:
    with pytest.raises(MissingRuleError, match=r"numpy\.savetxt has no derivative.*files and text"):
        hoad.grad(lambda x: np.savetxt("x.txt", x) or x, np.ones(2))
    assert QUESTIONS and CREATORS


def test_samples_are_constants() -> None:
    """Reparameterised: the sample is drawn first, and the parameters do something to it."""

    def mean_energy(p):
        rng = np.random.default_rng(0)
        return np.mean((p[0] + p[1] * rng.normal(size=1000)) ** 2)

    p = np.array([1.0, 0.5])
    z = np.random.default_rng(0).normal(size=1000)
    exact = [np.mean(2 * (1 + 0.5 * z)), np.mean(2 * (1 + 0.5 * z) * z)]
    np.testing.assert_allclose(hoad.grad(mean_energy, p), exact, rtol=1e-13)
    with pytest.raises(hoad.errors.EscapeError):
        hoad.grad(lambda x: np.random.default_rng(0).normal(x), 1.0)


def test_ufunc_methods() -> None:
    """reduce, accumulate, outer, reduceat, at; with where=, out=, initial=."""
    x = np.array([1.0, 2.0, 4.0, 3.0])
    w = np.arange(1.0, 5.0)
    cases = [
        (lambda x: np.sum(np.add.accumulate(x) * w), lambda x: np.cumsum(w[::-1])[::-1]),
        (lambda x: np.multiply.reduce(x), lambda x: np.prod(x) / x),
        (lambda x: np.sum(np.multiply.outer(x, x)), lambda x: np.full(4, 2 * x.sum())),
        (
            lambda x: np.sum(np.add.reduceat(x, [0, 2]) ** 2),
            lambda x: 2 * np.repeat([x[:2].sum(), x[2:].sum()], 2),
        ),
        (lambda x: np.add.reduce(x, where=w > 2, initial=5.0), lambda x: (w > 2) * 1.0),
        (lambda x: np.maximum.reduce(x), lambda x: np.array([0.0, 0.0, 1.0, 0.0])),
        (lambda x: np.sum(np.sin(x, where=w > 2, out=np.zeros_like(x))), lambda x: np.cos(x) * (w > 2)),
        (lambda x: np.logaddexp.reduce(x), lambda x: np.exp(x) / np.sum(np.exp(x))),
    ]

    def at(x):
        y = x * 1
        np.add.at(y, [0, 0, 2], x[:3] ** 2)
        return np.sum(y * w)

    cases.append((at, lambda x: w + np.array([w[0] * 2 * x[0], w[0] * 2 * x[1], w[2] * 2 * x[2], 0.0])))
    for f, exact in cases:
        for mode in ("forward", "reverse"):
            np.testing.assert_allclose(hoad.jacobian(f, x, mode=mode), exact(x), rtol=1e-13)
