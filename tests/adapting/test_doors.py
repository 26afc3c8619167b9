"""SciPy's functions that have a door: however a program holds one, its derivative goes through."""

from __future__ import annotations

import functools
import importlib
import subprocess
import sys
import types

import numpy as np
import pytest
from differences import slopes

import hoad

sl = pytest.importorskip("scipy.linalg")
scipy = pytest.importorskip("scipy")
from scipy.linalg import solve  # noqa: E402
from scipy.linalg import solve as under_another_name  # noqa: E402

import hoad.scipy.linalg  # noqa: E402
from hoad.adapting.doors import FAMILIES, door_of  # noqa: E402
from hoad.adapting.reach import Reach  # noqa: E402
from hoad.chainrules import RULES  # noqa: E402
from hoad.chainrules.doors import BEHIND, DOORS, door  # noqa: E402

A = np.array([[3.0, 1.0], [0.5, 2.0]])
X = np.array([0.3, 0.7])
TABLE = {"solver": sl.solve}


class Model:
    solver = staticmethod(sl.solve)

    def __init__(self):
        self.own = sl.solve

    def __call__(self, x):
        return np.sum(self.own(A * x[0], x))

    def of_class(self, x):
        return np.sum(self.solver(A * x[0], x))


def captured(solver):
    return lambda x: np.sum(solver(A * x[0], x))


def imports_inside(x):
    import scipy.linalg as later

    return np.sum(later.solve(A * x[0], x))


def imports_the_name(x):
    from scipy.linalg import solve as later

    return np.sum(later(A * x[0], x))


HELD = {
    "a module's attribute": lambda x: np.sum(sl.solve(A * x[0], x)),
    "through the package": lambda x: np.sum(scipy.linalg.solve(A * x[0], x)),
    "imported": lambda x: np.sum(solve(A * x[0], x)),
    "under another name": lambda x: np.sum(under_another_name(A * x[0], x)),
    "captured": captured(solve),
    "a captured module": (lambda module: lambda x: np.sum(module.linalg.solve(A * x[0], x)))(scipy),
    "a default": lambda x, solver=solve: np.sum(solver(A * x[0], x)),
    "in a table": lambda x: np.sum(TABLE["solver"](A * x[0], x)),
    "an attribute of an object": Model(),
    "an attribute of a class": Model().of_class,
    "partial": lambda x: np.sum(functools.partial(solve, A)(x * x[0])),
    "by getattr": lambda x: np.sum(getattr(sl, "solve")(A * x[0], x)),  # noqa: B009
    "imported inside": imports_inside,
    "its name imported inside": imports_the_name,
    "of lists": lambda x: np.sum(solve([[3 + x[0], 1.0], [0.5, 2 + x[1]]], [x[0], 1.0])),
    "by keyword": lambda x: np.sum(solve(a=A, b=x * x[0])),
    "hoad.scipy": lambda x: np.sum(hoad.scipy.linalg.solve(A * x[0], x)),
}  # fmt: skip


@pytest.mark.parametrize("how", HELD)
def test_however_it_is_held(how: str) -> None:
    f = HELD[how]
    right = slopes(f, X)
    for _ in range(2):
        np.testing.assert_allclose(hoad.grad(f, X), right, rtol=1e-8)
        np.testing.assert_allclose(hoad.jacobian(f, X, mode="forward"), right, rtol=1e-8)
    np.testing.assert_allclose(hoad.hessian(f, X), slopes(lambda x: hoad.grad(f, x), X), rtol=1e-7, atol=1e-7)
    assert sl.solve is solve
    assert sl.solve not in DOORS.values()


def test_outside_a_derivative_a_door_is_the_function() -> None:
    for name in sl.__all__:
        mine, theirs = getattr(hoad.scipy.linalg, name), getattr(sl, name)
        assert mine is theirs or (mine is DOORS[theirs] and mine.__wrapped__ is theirs)
    plain = hoad.scipy.linalg.solve(A, X)
    np.testing.assert_array_equal(plain, solve(A, X))
    with pytest.raises(ValueError, match="square"):
        hoad.scipy.linalg.solve(np.zeros((2, 3)), X)


def test_a_function_with_a_door_is_not_searched_into() -> None:
    reach = Reach().search(HELD["imported"])
    assert not [c for c in reach.codes if "site-packages" in c.co_filename]


def test_a_rule_of_the_user_counts() -> None:
    @hoad.chainrules.rrule(sl.solve)
    def _(a, b, **options):
        return np.linalg.solve(a, b), lambda g: (None, None, 10 * np.ones(2))

    try:
        np.testing.assert_array_equal(hoad.grad(lambda x: np.sum(solve(A, x)), X), [10.0, 10.0])
    finally:
        hoad.chainrules.remove_rule(sl.solve)
    f = lambda x: np.sum(solve(A, x))
    np.testing.assert_allclose(hoad.grad(f, X), slopes(f, X), rtol=1e-8)


def test_what_has_no_door_is_refused_by_name() -> None:
    from scipy.linalg import ldl

    with pytest.raises(hoad.errors.HoadError, match=r"scipy\.linalg\.ldl"):
        hoad.grad(lambda x: np.sum(ldl(A * x[0])[1]), X)


# ------------------------------------------------------------------------------------------------------------
# Methods, by a module of SciPy's that is made up
# ------------------------------------------------------------------------------------------------------------


class Curve:
    """As SciPy writes its classes: they make plain arrays of all that they are given."""

    __module__ = "scipy.made_up"

    def __init__(self, c):
        self.c = np.asarray(c, dtype=float)

    def __call__(self, t):
        return float(self.c[0]) + float(self.c[1]) * float(t)


for _method in (Curve.__init__, Curve.__call__):
    _method.__module__ = "scipy.made_up"


class Bent(Curve):
    __module__ = "scipy.made_up"


@pytest.fixture(autouse=True)
def made_up(monkeypatch):
    module = types.ModuleType("hoad.scipy.made_up")
    monkeypatch.setitem(sys.modules, "hoad.scipy.made_up", module)
    monkeypatch.setitem(FAMILIES, "scipy.made_up", "hoad.scipy.made_up")
    for cached in (hoad.adapting.doors.family_of, hoad.adapting.doors.load):
        cached.cache_clear()
    hoad.adapting.known.forget()

    @door(Curve.__init__)
    def made(self, c):
        self.c = c

    @door(Curve.__call__)
    def at(self, t):
        return self.c[0] + self.c[1] * t

    yield
    for function in (Curve.__init__, Curve.__call__):
        DOORS.pop(function, None), BEHIND.pop(function, None)
    hoad.adapting.doors.family_of.cache_clear()
    hoad.adapting.known.forget()


@pytest.mark.parametrize("cls", [Curve, Bent])
def test_methods(cls) -> None:
    before = vars(Curve).copy()
    ready = cls([1.0, 2.0])
    assert hoad.grad(lambda t: ready(t), 3.0) == 2.0
    np.testing.assert_array_equal(hoad.grad(lambda x: cls(x)(3.0), X), [1.0, 3.0])
    np.testing.assert_array_equal(hoad.hessian(lambda x: cls(x)(x[0]), X), [[0.0, 1.0], [1.0, 0.0]])
    assert all(isinstance(c, Curve) for c in (ready, cls(X)))
    assert {n: v for n, v in vars(Curve).items() if callable(v)} == {
        n: v for n, v in before.items() if callable(v)
    }


def test_door_of() -> None:
    assert door_of(Curve.__call__) is DOORS[Curve.__call__]
    assert door_of(np.linalg.solve) is door_of(3.0) is door_of(Curve) is None


def test_no_module_of_scipy_is_imported_for_it() -> None:
    code = (
        "import sys, numpy as np, hoad; hoad.grad(lambda x: np.linalg.det(np.eye(2) * x), 2.0); "
        "print([m for m in sys.modules if m.startswith(('scipy', 'hoad.scipy', 'hoad.chainrules.scipy.'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


FIRST = """
import numpy as np, scipy, scipy.special as sp, hoad
{program}
assert np.allclose(hoad.jacobian(f, np.array([0.2, 0.3])), {right})
assert {function} in hoad.chainrules.RULES, "the rule was stated for what stood in its place"
"""


@pytest.mark.parametrize("listed", ["np.array([x[0], x[1]])", "[x[0], x[1]]", "x"])
def test_rules_that_are_stated_while_names_are_bound(listed: str) -> None:
    program = f"f = lambda x: np.sum(sp.expit({listed})) * len([0])"
    text = FIRST.format(program=program, right="sp.expit(np.array([.2, .3])) * sp.expit(-np.array([.2, .3]))",
                        function="sp.expit")  # fmt: skip
    subprocess.run([sys.executable, "-c", text], check=True)


def test_rules_are_of_the_functions_themselves() -> None:
    for family in FAMILIES.values():
        importlib.import_module(family)
    assert [f for f in (*RULES, *DOORS) if isinstance(getattr(f, "__wrapped__", None), np.ufunc)] == []


def test_a_default_of_a_function_that_is_made_again() -> None:
    for _ in range(3):  # the same code with the same default, in another function
        f = lambda x, solver=sl.solve: np.sum(solver(A * x[0], x))
        np.testing.assert_allclose(hoad.grad(f, X), slopes(f, X), rtol=1e-8)
