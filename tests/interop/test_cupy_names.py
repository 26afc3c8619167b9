"""Programs in CuPy's names, with the real library, where it is installed: ``make interop``. No GPU is
needed as long as no array is made: traced numbers, and those of NumPy's functions that ask nobody.
"""

import importlib

import numpy as np
import pytest
import scipy.special

import hoad
from hoad.backends import CuPy
from hoad.chainrules import RULES, remove_rule, scalar_rule
from hoad.chainrules.statements import Constant
from hoad.counterparts import counterpart, functions_of
from hoad.errors import EscapeError, MissingRuleError

cp = pytest.importorskip("cupy")
special = pytest.importorskip("cupyx.scipy.special")


def ufuncs() -> list:
    """Each function of CuPy's that asks its arguments, and has a rule with derivatives."""
    named = [(f"{m.__name__}.{name}", f) for m in (cp, special) for name, f in functions_of(m)]
    return [pytest.param(f, id=name) for name, f in named if type(f) is type(cp.sin)]


@pytest.mark.parametrize("f", ufuncs())
def test_a_ufunc_is_the_function_of_its_name(f):
    other = counterpart(f)
    assert other is not None
    rule = RULES.get(other)
    if rule is None or isinstance(rule, Constant):
        return
    point = np.array([0.3, 0.6, 0.2, 0.4])[: f.nin]
    run = lambda g: lambda p: g(*[p[k] for k in range(f.nin)])
    try:
        right = hoad.hessian(run(other), point)
    except (MissingRuleError, TypeError):  # a function of integers
        return
    np.testing.assert_array_equal(hoad.hessian(run(f), point), right)
    np.testing.assert_array_equal(hoad.jacobian(run(f), point, mode="forward"), hoad.grad(run(other), point))


def test_the_name_inside_is_not_asked():
    assert special.ellipk.name != "cupyx_scipy_special_ellipk"  # a trap
    assert hoad.grad(special.ellipk, 0.3) == hoad.grad(scipy.special.ellipk, 0.3)


def test_functions_that_ask_nobody():
    def f(x):
        import cupy

        y = cp.concatenate([x, 2 * x])
        return (
            cp.sum(cp.linalg.solve(np.eye(2) * 3.0, x) ** 2)
            + cupy.linalg.norm(y)
            + cp.max(cp.where(x > 1, x, 0))
        )

    def g(x):
        y = np.concatenate([x, 2 * x])
        return (
            np.sum(np.linalg.solve(np.eye(2) * 3.0, x) ** 2)
            + np.linalg.norm(y)
            + np.max(np.where(x > 1, x, 0))
        )

    x = np.array([1.0, 2.0])
    np.testing.assert_array_equal(hoad.hessian(f, x), hoad.hessian(g, x))


def test_kernels_have_the_derivative_that_is_stated():
    kernel = cp.ElementwiseKernel("T x", "T y", "y = x * x", "squared")
    with pytest.raises(MissingRuleError, match=r"ElementwiseKernel 'squared'.*scalar_rule"):
        hoad.grad(kernel, 1.0)
    rule = scalar_rule(kernel, lambda x, out: 2 * x)
    try:
        assert rule is RULES[kernel]
    finally:
        remove_rule(kernel)


def test_an_array_of_the_host_is_refused_as_the_library_refuses_it():
    with pytest.raises(TypeError, match=r"x = cupy.asarray\(x\)"):
        hoad.grad(lambda x: np.sum(cp.sin(x)), np.ones(2))


def test_a_plain_array_is_not_written_into():
    c = np.zeros(2)
    added = lambda x: x.__cupy_override_elementwise_kernel__(
        cp.add, c, x, c
    )  # which c += x is, of an array c of its own
    with pytest.raises(EscapeError, match="out="):
        hoad.grad(lambda x: np.sum(added(x)), 1.0)
    assert c.tolist() == [0.0, 0.0]


OF_NO_ARRAYS = {"get_fft_plan", "next_fast_len", "fftfreq", "rfftfreq", "find_objects", "spherical_yn"}


@pytest.mark.parametrize("room", ["special", "fft", "ndimage", "linalg"])
def test_the_stand_in_has_the_functions_that_the_library_has(room):
    try:
        there = importlib.import_module(f"cupyx.scipy.{room}")
    except ImportError as error:  # a library of CUDA's, which is not here
        pytest.skip(str(error))
    here = importlib.import_module(f"hoad.testing.cupyx.scipy.{room}")
    of_scipy = importlib.import_module(f"scipy.{room}")
    names = {name for name, _ in functions_of(there) if callable(getattr(of_scipy, name, None))}
    mine = {name for name, _ in functions_of(here) if hasattr(of_scipy, name)} - {"functions"}
    assert mine <= names
    assert names - mine <= {
        "get_fft_plan",
        "next_fast_len",
        "fftfreq",
        "rfftfreq",
        "find_objects",
        "spherical_yn",
    }


def test_a_function_of_scipys_is_found_by_its_place():
    backend = CuPy("cupy")
    assert backend.of_scipy("scipy.special._ufuncs", "erf") is special.erf
    assert backend.of_scipy("scipy.special", "owens_t") is None
    assert "gammaln" in backend.those_of_scipy("scipy.special")
    assert backend.of_scipy("scipy.integrate", "quad") is None
