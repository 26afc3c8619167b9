"""Directions to move a point in: random tangents, steps along them, inner products, comparisons."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import RuleCheckError
from ..values.constants import asarray, library
from ..values.containers import is_container, is_differentiable
from ..values.shapes import is_complex
from ..values.trees import flatten, unflatten


def random_tangent(x: Any, rng: Any = 0) -> Any:
    """Draw a tangent, or a cotangent, for a value: of its structure, shapes and dtypes, with two decimals.

    Args:
        x: a number, an array or a container of those; what has no tangent in a container stays as it is.
        rng: a seed, or a ``numpy.random.Generator``.

    Returns:
        A value like ``x``, each number of which is between 0.1 and 2 in modulus.

    Example:
        >>> random_tangent({"w": np.zeros(2), "name": "layer"})
        {'w': array([-1.31, -0.61]), 'name': 'layer'}
    """
    rng = np.random.default_rng(rng)

    def draw(leaf: Any) -> Any:
        if is_container(x) and not is_differentiable(leaf):
            return leaf
        real = _drawn(rng, np.shape(leaf))
        d = real + 1j * _drawn(rng, np.shape(leaf)) if is_complex(leaf) else real
        kind = getattr(leaf, "dtype", None)
        if kind is not None and kind.kind in "fc":
            d = asarray(d, kind, like=leaf)[()]
        return d if np.shape(leaf) or kind is not None else d.item()

    leaves, structure = flatten(x)
    return unflatten(structure, [draw(leaf) for leaf in leaves])


def _drawn(rng: Any, shape: tuple[int, ...]) -> Any:
    return np.round(rng.uniform(0.1, 2.0, shape) * rng.choice([-1.0, 1.0], shape), 2)


def moved(x: Any, t: float, v: Any) -> Any:
    """The value ``x + t * v``."""
    leaves, structure = flatten(x)
    steps = flatten(v)[0]
    new = [
        a + t * d if is_differentiable(a) or structure is None else a
        for a, d in zip(leaves, steps, strict=True)
    ]
    return unflatten(structure, new)


def inner(a: Any, b: Any) -> Any:
    """The real inner product of two values: the sum of Re(conj(a) b)."""
    total: Any = 0.0
    for p, q in zip(flatten(a)[0], flatten(b)[0], strict=True):
        if not (is_differentiable(p) and is_differentiable(q)):
            continue
        total = total + np.sum(np.real(np.conj(p) * q) if is_complex(p) or is_complex(q) else p * q)
    return total


def flat(y: Any) -> Any:
    """All numbers of a value as one vector of floats: the real parts, then the imaginary parts."""
    leaves = [np.ravel(library(leaf).to_numpy(leaf)) for leaf in flatten(y)[0] if is_differentiable(leaf)]
    whole = np.concatenate(leaves) if leaves else np.zeros(0)
    return np.concatenate([whole.real, whole.imag]) if is_complex(whole) else whole


def assert_close(actual: Any, expected: Any, rtol: float = 1e-9, atol: float = 1e-9) -> None:
    """Refuse two values that differ, entry by entry of their containers.

    Args:
        actual: a number, an array or a container of those.
        expected: another one.
        rtol: the tolerance, relative to ``expected``.
        atol: the tolerance itself.

    Raises:
        RuleCheckError: they differ in structure, in shape or in a number.

    Example:
        >>> assert_close({"a": 1.0 + 1e-12}, {"a": 1.0})
    """
    (left, first), (right, second) = flatten(actual), flatten(expected)
    if str(first) != str(second):
        raise RuleCheckError(f"{actual!r} has not the structure of {expected!r}")
    for a, b in zip(left, right, strict=True):
        if not is_differentiable(b):
            if a is not b and not np.all(a == b):
                raise RuleCheckError(f"{a!r} is not {b!r}")
        elif np.shape(a) != np.shape(b):
            raise RuleCheckError(f"the shapes differ: {np.shape(a)} and {np.shape(b)}")
        elif not np.allclose(a, b, rtol, atol, equal_nan=True):
            raise RuleCheckError(f"{a!r} is not close to {b!r}, within {rtol:g} of it plus {atol:g}")


def unchanged(x: Any, before: Any) -> bool:
    """Tell whether a value is as it was, to the last bit."""
    pairs = zip(flatten(x)[0], flatten(before)[0], strict=True)
    return all([a is b or bool(np.array_equal(a, b, equal_nan=is_differentiable(b))) for a, b in pairs])
