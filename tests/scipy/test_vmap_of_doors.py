"""``vmap`` of SciPy's functions: each member of a batch has its own value and its own derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")

import scipy_keywords as table
from test_keywords_of_doors import NAMES, attempt, leaves

import hoad
from hoad.nested import everything

SHUFFLED = ("stats", "ndimage", "fft", "integrate", "special", "spatial")  # matrices there may be anything
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("call", table.CALLS, ids=NAMES)
def test_every_member_has_its_own(call: tuple[Any, ...]) -> None:
    function, *args = call
    places = [k for k, a in enumerate(args) if isinstance(a, np.ndarray) and a.dtype.kind in "fc"]
    shuffle = np.random.default_rng(0).permutation
    is_free = function.__module__.split(".")[1] in SHUFFLED
    points = [args[k] for k in places]
    others = [shuffle(np.ravel(p)).reshape(p.shape) if is_free else p * 1.01 for p in points]

    def run(*points: Any) -> Any:
        given = dict(zip(places, points, strict=True))
        found = leaves(function(*[given.get(k, a) for k, a in enumerate(args)]))
        return [y for y in found if np.asarray(everything(y)).dtype.kind in "fc"]

    def total(*points: Any) -> Any:
        return sum(
            np.sum(np.real(y) * np.cos(np.arange(np.size(y))).reshape(np.shape(y))) for y in run(*points)
        )

    for program in (run, hoad.grad(total, argnums=tuple(range(len(places))))):
        right = [attempt(lambda m=m, program=program: program(*m)) for m in (points, others)]
        batch = [np.stack(pair) for pair in zip(points, others, strict=True)]
        got = attempt(lambda batch=batch, program=program: hoad.vmap(program)(*batch))
        if got is not None and None not in right:
            for y, *members in zip(got, *right, strict=False):
                np.testing.assert_allclose(y, np.stack(members), rtol=1e-8, atol=1e-8)
