"""Collapsed Taylor mode, after Dangel, Siebert, Zeinhofer and Walther (2025).

Run ``python papers/dangel_2025/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import hoad
from hoad.kinds.collapsed import Collapsed

D, WIDTH = 6, 10


def weights(seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    shapes = [(WIDTH, D), (WIDTH, WIDTH), (WIDTH,)]
    return [random.normal(size=shape) / shape[-1] ** 0.5 for shape in shapes]


def network(x: Any, seen: list[Any] | None = None) -> Any:
    """A network of two hidden layers; ``seen`` takes what arrives at the second."""
    first, second, last = weights()
    h = np.tanh(first @ x)
    if seen is not None:
        seen.append(h)
    return last @ np.tanh(second @ h)


def plain_taylor(x: np.ndarray) -> float:
    """The Laplacian by second Taylor coefficients, each carried by itself."""
    return float(sum(hoad.directional(network, x, e, 2) for e in np.eye(D)))


def report_agreement(x: np.ndarray) -> None:
    """Three ways to three operators."""
    hessian = hoad.hessian(network, x)
    fourth = hoad.derivative_tensor(network, x, 4)
    c = np.linspace(1.0, 2.0, D)
    unit = lambda k: tuple(2 if j == k else 0 for j in range(D))
    weighted = hoad.DifferentialOperator({unit(k): c[k] for k in range(D)})
    rows = [
        ("Laplacian", hoad.laplacian(network, x), plain_taylor(x), np.trace(hessian)),
        ("weighted Laplacian", weighted(network, x),
         c @ [hoad.directional(network, x, e, 2) for e in np.eye(D)], c @ np.diag(hessian)),
        ("biharmonic", hoad.biharmonic(network, x), np.einsum("iijj", fourth),
         hoad.laplacian(hoad.laplacian(network), x)),
    ]  # fmt: skip
    print(f"{'operator':<20}{'collapsed':>20}{'Taylor':>20}{'nested':>20}")
    for name, *values in rows:
        print(f"{name:<20}" + "".join(f"{v:>20.14f}" for v in values))
        np.testing.assert_allclose(values, values[0], rtol=1e-11)


def carried(operator: Any, x: np.ndarray) -> int:
    """How many vectors of a layer travel: value, coefficients along each direction, and one sum."""
    seen: list[Any] = []
    operator(lambda x: network(x, seen), x)
    (h,) = seen
    assert isinstance(h, Collapsed)
    return 1 + sum(len(c.primal) for c in h.tangent) + 1


def report_vectors(x: np.ndarray) -> None:
    """The count of the paper's theory."""
    print(f"\n{'operator':<20}{'directions R':>14}{'order K':>9}{'collapsed':>11}{'plain':>8}")
    for name, operator, R, K in [
        ("Laplacian", hoad.laplacian, D, 2),
        ("biharmonic", hoad.biharmonic, D + D * (D - 1), 4),
    ]:
        found = carried(operator, x)
        print(f"{name:<20}{R:>14}{K:>9}{found:>11}{1 + K * R:>8}")
        assert found == 1 + (K - 1) * R + 1


def report_estimates(x: np.ndarray) -> None:
    """The error of the randomised Laplacian."""
    exact = hoad.laplacian(network, x)
    print(f"\n{'samples':>8}{'estimate':>14}{'standard error':>16}{'mean error of 50':>18}")
    errors = []
    for samples in (4, 16, 64, 256):
        found = [hoad.estimate_laplacian(network, x, samples, seed=seed) for seed in range(50)]
        errors.append(float(np.sqrt(np.mean([(e.value - exact) ** 2 for e in found]))))
        value, error = found[0]
        print(f"{samples:>8}{value:>14.6f}{error:>16.6f}{errors[-1]:>18.6f}")
    slope = np.polyfit(np.log([4, 16, 64, 256]), np.log(errors), 1)[0]
    print(f"the error falls as samples^{slope:.2f}; exactly {exact:.6f}")
    assert -0.65 < slope < -0.35


def main() -> None:
    x = np.linspace(-1.0, 1.0, D)
    report_agreement(x)
    report_vectors(x)
    report_estimates(x)


if __name__ == "__main__":
    main()
