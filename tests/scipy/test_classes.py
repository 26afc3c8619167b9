"""Classes of SciPy's that have doors are classes still: a program asks ``isinstance`` of them."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest
import scipy.stats as st
from scipy.spatial import transform

import hoad
from hoad.adapting.doors import FAMILIES

ASKS = """
def f(x):
    found.append((
        isinstance(3.0, module.{name}), isinstance(3.0, (str, module.{name})), issubclass(int, module.{name}),
        issubclass(module.{name}, object), module.{name}.__name__,
    ))
    match x:
        case module.{name}():
            found.append("matched")
    return x * 1.0
"""


def classes_of(module: Any) -> list[str]:
    return [n for n, c in vars(module).items() if isinstance(c, type) and not n.startswith("_")]


@pytest.mark.parametrize("family", FAMILIES)
def test_classes_are_asked(family: str) -> None:
    module = importlib.import_module(family)
    for name in classes_of(module):
        found: list[Any] = []
        names = {"module": module, "found": found}
        exec(ASKS.format(name=name), names)
        hoad.grad(names["f"])(1.0)
        assert found == [(False, False, False, True, getattr(module, name).__name__)], name


def made(x: Any) -> list[tuple[Any, type]]:
    """Objects, and the class that makes them."""
    turned = transform.Rotation.from_rotvec(np.array([[0.1, 0.0, 0.0], [0.5, 0.0, 0.0]]) * x)
    return [
        (st.Normal(mu=x, sigma=1.0), st.Normal),
        (st.Uniform(a=0.0, b=x), st.Uniform),
        (st.Logistic(), st.Logistic),
        (st.gaussian_kde(np.array([1.0, 2.0, 4.0]) * x), st.gaussian_kde),
        (turned, transform.Rotation),
        (transform.Slerp([0.0, 1.0], turned), transform.Slerp),
    ]


@pytest.mark.skipif(not hasattr(st, "Logistic"), reason="this SciPy has no distributions of the new form")
def test_objects_are_of_their_classes() -> None:
    def f(x: Any) -> Any:
        objects = made(x)
        for k, (one, _) in enumerate(objects):
            for j, (_, cls) in enumerate(objects):
                assert isinstance(one, cls) == isinstance(one, (int, cls)) == (k == j), (one, cls)
        match objects[0][0]:
            case st.Normal():
                return x * x
        return x

    assert f(3.0) == 9.0
    assert hoad.grad(f)(3.0) == 6.0
