"""Implicit differentiation, after Blondel et al. (2022): its error, and that of unrolling, as a solver
converges.

Run ``python papers/blondel_2022/reproduce.py``; the note beside it explains what is printed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import hoad

STEPS = (10, 30, 100, 300, 1000, 3000)


# ------------------------------------------------------------------------------------------------------------
# Ridge regression with a weight for each coefficient, whose solution has a closed form
# ------------------------------------------------------------------------------------------------------------


def data(samples: int = 60, features: int = 6) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    matrix = random.normal(size=(samples, features)) * np.linspace(0.4, 1.6, features)
    return matrix, matrix @ random.normal(size=features) + 0.1 * random.normal(size=samples)


PHI, Y = data()


def objective(x: Any, theta: Any) -> Any:
    """The loss of coefficients x under the weights theta."""
    residual = PHI @ x - Y
    return 0.5 * residual @ residual + 0.5 * np.sum(theta * x**2)


def solution(theta: Any) -> Any:
    """The minimiser in closed form."""
    return np.linalg.solve(PHI.T @ PHI + np.diag(theta), PHI.T @ Y)


def descent(theta: Any, steps: int) -> Any:
    """Gradient descent from zeros, an ordinary loop."""
    x = np.zeros(PHI.shape[1])
    step = 1.0 / (np.linalg.norm(PHI, 2) ** 2 + 1.0)
    for _ in range(steps):
        x = x - step * (PHI.T @ (PHI @ x - Y) + theta * x)
    return x


# ------------------------------------------------------------------------------------------------------------
# Two ways to the Jacobian of the solution by theta
# ------------------------------------------------------------------------------------------------------------


def optimality(x: Any, theta: Any) -> Any:
    """The paper's F: the gradient of the objective, which vanishes at the solution."""
    return hoad.grad(objective, x, theta)


def implicit(x: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The paper's J(x, theta): the implicit function theorem at a point that need not be the solution."""
    a = -hoad.jacobian(optimality, x, theta, argnums=0)
    b = hoad.jacobian(optimality, x, theta, argnums=1)
    found: np.ndarray = np.linalg.solve(a, b)
    return found


def unrolled(theta: np.ndarray, steps: int) -> np.ndarray:
    """The derivative of the iteration itself."""
    found: np.ndarray = hoad.jacobian(lambda t: descent(t, steps), theta, mode="forward")
    return found


def report_errors() -> None:
    """Theorem 1: the error of the implicit Jacobian is at most a constant times the error of the iterate."""
    theta = np.linspace(0.5, 2.0, PHI.shape[1])
    x_star, exact = solution(theta), hoad.jacobian(solution, theta)
    bound = constant(theta, x_star)
    print(f"{'steps':>6}{'iterate':>12}{'implicit':>12}{'bound':>12}{'unrolled':>12}")
    for steps in STEPS:
        x = descent(theta, steps)
        off = float(np.linalg.norm(x - x_star))
        by_theorem = float(np.linalg.norm(implicit(x, theta) - exact))
        by_loop = float(np.linalg.norm(unrolled(theta, steps) - exact))
        print(f"{steps:>6}{off:>12.2e}{by_theorem:>12.2e}{bound * off:>12.2e}{by_loop:>12.2e}")
        assert by_theorem <= bound * off + 1e-13, "theorem 1"
        assert by_theorem <= by_loop + 1e-13, "unrolling is no better at the same iterate"


def constant(theta: np.ndarray, x_star: np.ndarray) -> float:
    """The constant of theorem 1 for this problem: A does not depend on x, and B = -diag(x) is 1-Lipschitz.

    J(x) - J(x*) = A^-1 (B(x) - B(x*)), so that its norm is at most that of x - x* over the least eigenvalue
    of A.
    """
    return 1.0 / float(np.linalg.eigvalsh(PHI.T @ PHI + np.diag(theta))[0])


def report_operators() -> None:
    """The same by hoad's own: a solver inside a derivative is differentiated by the theorem, at any order."""
    theta = np.linspace(0.5, 2.0, PHI.shape[1])
    solve = lambda t: hoad.root(optimality, np.zeros(PHI.shape[1]), t)
    first, second = hoad.jacobian(solve, theta), hoad.jacobian(hoad.jacobian(solve), theta)
    np.testing.assert_allclose(first, hoad.jacobian(solution, theta), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(second, hoad.jacobian(hoad.jacobian(solution), theta), rtol=1e-7, atol=1e-9)
    print("\nhoad.root inside a derivative agrees with the closed form at first and second order")


def main() -> None:
    report_errors()
    report_operators()


if __name__ == "__main__":
    main()
