"""``scipy.spatial.transform``: rotations within derivatives, against differences of SciPy's own."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import proofs
import pytest

import hoad
from hoad.errors import MissingRuleError

transform = pytest.importorskip("scipy.spatial.transform")
from scipy.spatial.transform import Rotation, Slerp  # noqa: E402

import hoad.scipy.spatial.transform  # noqa: E402
from hoad.scipy.spatial import rotations  # noqa: E402

RNG = np.random.default_rng(0)
ROWS, VECTOR, QUAT = RNG.normal(size=(3, 3)), RNG.normal(size=3), RNG.normal(size=4)
HELD, ONE = Rotation.from_rotvec(ROWS), Rotation.from_rotvec(VECTOR * 0.7)
BETWEEN = Slerp([0, 1, 2.0], HELD)
NEAR = HELD.as_matrix() + 0.01 * RNG.normal(size=(3, 3, 3))
ANGLES = RNG.normal(size=3)


def squared(f: Any) -> Any:
    """What does not change with the sign of a quaternion."""
    return lambda x: f(x) ** 2


CASES: dict[str, Any] = {
    "from_rotvec as_quat": (lambda x: Rotation.from_rotvec(x).as_quat(), VECTOR),
    "from_rotvec of rows": (lambda x: Rotation.from_rotvec(x).as_matrix(), ROWS),
    "from_rotvec at zero": (lambda x: Rotation.from_rotvec(x).as_matrix(), np.zeros(3)),
    "as_rotvec at zero": (lambda x: Rotation.from_rotvec(x).as_rotvec(), np.full(3, 1e-9)),
    "from_rotvec in degrees": (lambda x: Rotation.from_rotvec(x * 40, degrees=True).as_rotvec(True), VECTOR),
    "from_quat": (lambda q: Rotation.from_quat(q).as_matrix(), QUAT),
    "from_quat, real part first": (lambda q: Rotation.from_quat(q, scalar_first=True).as_quat(), QUAT),
    "as_quat canonical": (lambda q: Rotation.from_quat(q).as_quat(canonical=True, scalar_first=True), -QUAT),
    "from_matrix": (lambda m: squared(lambda m: Rotation.from_matrix(m).as_quat())(m), NEAR),
    "from_matrix of a rotation": (lambda m: Rotation.from_matrix(m).as_rotvec(), HELD.as_matrix()[0]),
    **{
        f"from_euler {seq}": (lambda a, s=seq: Rotation.from_euler(s, a).as_matrix(), ANGLES[: len(seq)])
        for seq in ("xyz", "ZYX", "zxz", "XYX", "yz", "z")
    },
    **{
        f"as_euler {seq}": (lambda x, s=seq: Rotation.from_rotvec(x).as_euler(s), VECTOR)
        for seq in ("xyz", "ZYX", "zxz", "XYX", "YXZ", "xzy")
    },
    "from_mrp as_mrp": (
        lambda x: Rotation.from_mrp(x).as_mrp() * Rotation.from_mrp(x).as_rotvec(), ROWS * 0.3),
    "apply": (lambda x, v: Rotation.from_rotvec(x).apply(v), VECTOR, ROWS),
    "apply inverse": (lambda x: Rotation.from_rotvec(x).apply([1.0, 2.0, 3.0], inverse=True), VECTOR),
    "apply of one held": (lambda v: ONE.apply(v) + ONE.inv().apply(v**2), ROWS),
    "apply of rows held": (lambda v: HELD.apply(v), VECTOR),
    "products": (lambda x: (ONE * Rotation.from_rotvec(x) * HELD).as_matrix(), VECTOR),
    "power": (lambda x: (Rotation.from_rotvec(x) ** 0.25).as_matrix(), VECTOR),
    "power that is traced": (lambda n: (ONE ** n[0]).as_matrix(), np.array([0.4])),
    "inv": (lambda x: Rotation.from_rotvec(x).inv().as_rotvec(), VECTOR),
    "magnitude": (lambda x: Rotation.from_rotvec(x).magnitude(), ROWS),
    "mean": (lambda x: Rotation.from_rotvec(x).mean().as_matrix(), ROWS * 0.3),
    "mean by weights": (
        lambda w: Rotation.from_rotvec(ROWS * 0.3).mean(w).as_matrix(), np.array([1.0, 2, 0.5])),
    "concatenate": (lambda x: Rotation.concatenate([Rotation.from_rotvec(x), ONE]).as_matrix(), ROWS),
    "rows": (lambda x: np.stack([r.as_rotvec() for r in Rotation.from_rotvec(x)[1:]]), ROWS),
    "Slerp": (lambda x: Slerp([0, 1, 2.0], Rotation.from_rotvec(x))([0.3, 1.7]).as_matrix(), ROWS),
    "Slerp at a time": (lambda t: BETWEEN(t).as_matrix(), np.array([0.3, 1.2])),
    "Slerp by its times": (lambda t: Slerp(t, HELD)(1.1).as_matrix(), np.array([0.0, 1.0, 2.0])),
}  # fmt: skip


@pytest.mark.parametrize("name", proofs.sampled(CASES, 4))
def test_derivatives(name: str) -> None:
    f, *args = CASES[name]
    at_zero = {"step": 1e-2} if "zero" in name else {}
    proofs.prove(
        f, *args, exact=1e-9, batches=not any([word in name for word in ("mean", "time")]), **at_zero
    )


def test_kinds() -> None:
    """A rotation is one, wherever it comes from, and what it is asked has SciPy's answer."""
    seen = {}

    def f(x: Any) -> Any:
        r = Rotation.from_rotvec(x)
        seen.update(
            kinds=isinstance(r, Rotation) and isinstance(ONE, Rotation) and not isinstance(x, Rotation),
            single=r.single, length=len(HELD), same=r.approx_equal(r), text=repr(r)[:8],
        )  # fmt: skip
        return np.sum(r.apply(x * x))

    hoad.grad(f, VECTOR)
    assert seen["kinds"] and seen["single"] and seen["length"] == 3 and seen["same"]
    assert isinstance(ONE, Rotation) and type(ONE) is Rotation
    assert type(hoad.scipy.spatial.transform.Rotation.from_rotvec(VECTOR)) is Rotation


def test_errors_are_scipys() -> None:
    with pytest.raises(ValueError, match="zero norm"):
        hoad.grad(lambda q: np.sum(Rotation.from_quat(q * 0).as_matrix()), QUAT)
    with pytest.raises(ValueError, match="Non-positive determinant"):
        hoad.grad(lambda m: np.sum(Rotation.from_matrix(-m).as_quat()), HELD.as_matrix()[0])
    with pytest.raises(ValueError, match="Expected"):
        hoad.grad(lambda a: np.sum(Rotation.from_euler("xxy", a).as_quat()), ANGLES)


def test_every_method_is_here_or_refused() -> None:
    for name, _ in inspect.getmembers(Rotation):
        if name.startswith("_") or name in vars(rotations.Rotation) or name in ("create_group",):
            continue
        with pytest.raises(MissingRuleError, match=f"Rotation.{name} has no derivative"):
            hoad.grad(lambda x, n=name: np.sum(getattr(rotations.Rotation.from_rotvec(x), n)()), VECTOR)
    for call in (
        lambda x: Rotation.align_vectors(x, ROWS),
        lambda x: Rotation.from_davenport(ROWS[0], "e", x[0]),
    ):
        with pytest.raises(MissingRuleError, match="has no derivative"):
            hoad.grad(lambda x, c=call: c(x)[0], ROWS)
