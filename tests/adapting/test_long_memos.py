"""Tables of results by their arguments that are asked again and again at the same number: of each derivative
that is done nothing is compared twice, so a call costs the same however many came before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.arrays import hashing

TABLE: dict[Any, Any] = {}


def looked_for(x: Any) -> Any:
    if x not in TABLE:
        TABLE[x] = np.sin(x) * x
    return TABLE[x]


def asked_for(x: Any) -> Any:
    found = TABLE.get(x)
    if found is None:
        found = TABLE[x] = np.sin(x) * x
    return found


def tried(x: Any) -> Any:
    try:
        return TABLE[x]
    except KeyError:
        TABLE[x] = np.sin(x) * x
    return TABLE[x]


def one_after_the_other(x: Any, n: int = 3) -> Any:
    if (x, n) not in TABLE:
        TABLE[x, n] = x * one_after_the_other(x, n - 1) if n else np.sin(x)
    return TABLE[x, n]


class Model:
    def __init__(self) -> None:
        self.table = TABLE

    def __call__(self, x: Any) -> Any:
        if x not in self.table:
            self.table[x] = np.sin(x) * x
        return self.table[x]


def of_equal(x: Any) -> Any:
    return looked_for(x) + looked_for(x * 1.0)


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "looked for": looked_for,
    "asked for": asked_for,
    "tried": tried,
    "of several": one_after_the_other,
    "attribute": Model(),
    "of equal numbers": of_equal,
}
OPERATORS: dict[str, Callable[[Any], Any]] = {
    "derivative": lambda f: hoad.derivative(f, 0.7),
    "grad": lambda f: hoad.grad(f)(0.7),
    "second": lambda f: hoad.derivative(hoad.derivative(f))(0.7),
    "hessian": lambda f: hoad.hessian(f)(0.7),
    "value_and_grad": lambda f: np.hstack(hoad.value_and_grad(f)(0.7)),
    "jacobian": lambda f: hoad.jacobian(lambda x: f(x[0]) * x, np.array([0.7, 2.0])),
}


@pytest.mark.parametrize("kind", FUNCTIONS)
@pytest.mark.parametrize("operator", OPERATORS)
def test_a_call_costs_what_the_first_has_cost(
    kind: str, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    are_one_key = hashing.are_one_key
    monkeypatch.setattr(
        "hoad.arrays.operators.are_one_key", lambda *given: compared.append(1) or are_one_key(*given)
    )
    run = OPERATORS[operator]
    counts, sizes = [], []
    TABLE.clear()
    with hoad.run_each_time():
        first = run(FUNCTIONS[kind])
        for _ in range(30):
            compared.clear()
            np.testing.assert_allclose(run(FUNCTIONS[kind]), first)
            counts.append(len(compared))
            sizes.append(len(TABLE))
    assert counts[-1] <= counts[3] and sizes[-1] <= sizes[3], (counts, sizes)
    TABLE.clear()


def test_a_table_is_gone_over_after_derivatives() -> None:
    """Its own keys are looked up, those of the derivatives among them, and it stays as large as it is."""
    TABLE.clear()
    for _ in range(3):
        hoad.derivative(looked_for, 0.7)
        looked_for(0.7)
    for x in TABLE:
        assert looked_for(x) is TABLE[x]
    TABLE.clear()
