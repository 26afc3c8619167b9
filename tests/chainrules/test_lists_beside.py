"""Functions of several arrays take lists of plain numbers for those that are not differentiated, as NumPy and
SciPy do.
"""

from typing import Any

import numpy as np
import pytest
from compiled_cases import CASES

import hoad


def is_of_reals(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype == float and a.ndim > 0


def with_lists(f: Any, args: Any, k: int) -> Any:
    """The function of one argument, where the others are lists."""
    rest = [a.tolist() if is_of_reals(a) and j != k else a for j, a in enumerate(args)]
    return lambda x: f(*rest[:k], x, *rest[k + 1 :])


SEVERAL = [
    (name, k)
    for name, (_, args) in CASES.items()
    for k, a in enumerate(args)
    if is_of_reals(a) and sum(map(is_of_reals, args)) > 1 and not name.startswith("rule")
]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "k"), SEVERAL)
def test_lists_stand_for_arrays(name: str, k: int) -> None:
    f, args = CASES[name]
    alone = lambda x: f(*args[:k], x, *args[k + 1 :])
    listed = with_lists(f, args, k)
    try:
        alike = all(map(np.array_equal, leaves(listed(args[k])), leaves(alone(args[k]))))
    except Exception:  # the function itself takes none
        return
    if not alike:
        return  # the program around it computes with them: 4 * [1] has four elements
    wanted, found = [hoad.jvp(g, (args[k],), (np.ones_like(args[k]),)) for g in (alone, listed)]
    for a, b in zip(leaves(found), leaves(wanted), strict=True):
        if b is not None:
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def leaves(x: Any) -> list[Any]:
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, (tuple, list)) else [x]
