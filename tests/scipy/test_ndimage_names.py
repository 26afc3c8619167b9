"""Every public name of ``scipy.ndimage`` is accounted for: it has a door, or is a program that works as it
is; what asks about an image is constant.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import proofs
import pytest
from image_measures import MEASURES

ndimage = pytest.importorskip("scipy.ndimage")

import hoad  # noqa: E402
import hoad.scipy.ndimage  # noqa: E402
from hoad.chainrules.doors import DOORS  # noqa: E402

X = np.random.default_rng(0).normal(size=(5, 6))
LABELS = np.array(
    [[0, 1, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0], [3, 3, 0, 0, 1, 1], [3, 3, 0, 0, 1, 1], [0, 0, 0, 2, 2, 2]]
)
WITHOUT_NUMBERS = {"generate_binary_structure", "iterate_structure"}
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "binary_erosion": lambda x: ndimage.binary_erosion(x > 0),
    "binary_fill_holes": lambda x: ndimage.binary_fill_holes(x > 0),
    "label": lambda x: ndimage.label(x > 0)[0],
    "distance_transform_edt": lambda x: ndimage.distance_transform_edt(x > 0),
    "distance_transform_bf": lambda x: ndimage.distance_transform_bf(x > 0),
    "distance_transform_cdt": lambda x: ndimage.distance_transform_cdt(x > 0),
    "maximum_position": lambda x: np.array(ndimage.maximum_position(x)),
    "minimum_position": lambda x: np.array(ndimage.minimum_position(x)),
    "histogram": lambda x: ndimage.histogram(x, -1, 1, 4),
}
REFUSED: dict[str, Callable[[Any], Any]] = {
    "vectorized_filter": lambda x: ndimage.vectorized_filter(x, np.mean, size=3),
    "labeled_comprehension": lambda x: ndimage.labeled_comprehension(x, LABELS, [1, 2], np.sum, float, 0),
    "fourier_ellipsoid": lambda x: ndimage.fourier_ellipsoid(X, x[0, 0]),
    "distance_transform_edt": lambda x: ndimage.distance_transform_edt(X > 0, sampling=x[0, 0]),
    "zoom": lambda x: ndimage.zoom(X, x[0, 0]),
}


@pytest.mark.parametrize("name", MEASURES)
def test_measures(name: str) -> None:
    f = getattr(ndimage, name)
    for options in (
        {},
        {"labels": LABELS},
        {"labels": LABELS, "index": 2},
        {"labels": LABELS, "index": [1, 2, 3]},
    ):
        proofs.first(lambda x, o=options: f(x, **o), X + 4)


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions_are_constant(name: str) -> None:
    f = QUESTIONS[name]
    value, change = hoad.jvp(lambda x: f(x) * np.sum(x) ** 0, (X,), (X,))
    np.testing.assert_array_equal(value, f(X))
    np.testing.assert_array_equal(change, 0)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    if hasattr(ndimage, name):
        with pytest.raises(hoad.errors.MissingRuleError, match=f"scipy.ndimage.{name} has no derivative"):
            hoad.grad(lambda x: np.sum(REFUSED[name](x)), X + 3)


def test_every_name_is_accounted_for() -> None:
    known = {name for name in ndimage.__all__ if getattr(ndimage, name) in DOORS}
    assert set(ndimage.__all__) - known - set(MEASURES) - WITHOUT_NUMBERS == set()
