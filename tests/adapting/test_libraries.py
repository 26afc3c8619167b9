"""Programs in the names of another library, whose functions ask their arguments nothing."""

import sys
import types

import numpy as np
import pytest

import hoad
from hoad import counterparts
from hoad.adapting import libraries
from hoad.testing import device

X = [0.3, 0.7, 1.1]
NAMES = (
    "sum",
    "concatenate",
    "where",
    "zeros",
    "empty",
    "full",
    "outer",
    "stack",
    "maximum",
    "cumsum",
    "dot",
)


# A function of the library's, which takes its own arrays and numbers alone. Its code is not the program's.
STRICT = """
def strict(function):
    def called(*args, **kwargs):
        for x in [p for a in args for p in (a if isinstance(a, (list, tuple)) else [a])]:
            if not isinstance(x, (ndarray, int, float, tuple)):
                raise TypeError(f"a {type(x).__name__} is none of the library's arrays")
        return function(*args, **kwargs)
    return called
"""
LIBRARY = {"__name__": "cupy.of_a_test", "ndarray": device.ndarray}
exec(compile(STRICT, "a_library.py", "exec"), LIBRARY)
strict = LIBRARY["strict"]


@pytest.fixture
def lib(monkeypatch):
    """A library of that kind, with ``linalg`` in it."""
    lib, linalg = types.ModuleType("a_library"), types.ModuleType("a_library.linalg")
    vars(lib).update({name: strict(getattr(device, name)) for name in NAMES}, linalg=linalg)
    vars(linalg).update(solve=strict(device.linalg.solve), norm=strict(device.linalg.norm))
    for module, names_of in ((lib, "numpy"), (linalg, "numpy.linalg")):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(counterparts.NAMESPACES, module.__name__, names_of)
    return lib


def the_same(f, in_numpy):
    x = device.asarray(X)
    for derivative in (hoad.grad, lambda f, x: hoad.jacobian(f, x, mode="forward")):
        found = derivative(f, x)
        assert type(found) is device.ndarray
        np.testing.assert_allclose(found.get(), derivative(in_numpy, np.array(X)), rtol=1e-14)


def test_functions_of_arrays(lib):
    def program(lib, x):
        y = lib.concatenate([x, 2 * x])
        return lib.sum(lib.where(y > 1, y**2, 3 * y)) + lib.linalg.norm(lib.outer(x, x))

    the_same(lambda x: program(lib, x), lambda x: program(np, x))


def test_arrays_that_are_filled(lib):
    def program(lib, x):
        out = lib.zeros((2, 3))
        out[0] = x**2
        out[1, :2] = out[0, 1:] * x[0]
        return lib.sum(out * out)

    the_same(lambda x: program(lib, x), lambda x: program(np, x))


def test_a_function_by_its_own_name(lib):
    solve = lib.linalg.solve
    matrix = device.asarray(np.eye(3) * 3.0)
    the_same(
        lambda x: np.sum(solve(matrix, x) ** 2), lambda x: np.sum(np.linalg.solve(np.eye(3) * 3.0, x) ** 2)
    )


def test_outside_of_a_derivative_it_is_the_librarys(lib):
    def program(x):
        return lib.sum(x)

    hoad.grad(program, device.asarray(X))
    with pytest.raises(TypeError, match="none of the library's arrays"):
        lib.sum(np.ones(2))


def test_names_that_a_module_works_out_when_asked():
    def program(lib, x):
        out = lib.zeros(3)
        out[1:] = x[1:] * lib.exp(x[0])
        return lib.sum(out**2) + lib.linalg.norm(x)

    the_same(lambda x: program(device, x), lambda x: program(np, x))


def test_kernels_of_a_library_are_known_from_when_it_is_registered(lib):
    """What was imported before the library told of itself knows its kernels, too."""
    kind = types.new_class(
        "ReductionKernel", exec_body=lambda names: names.update(__module__="a_library.core")
    )
    other = types.new_class(
        "ReductionKernel", exec_body=lambda names: names.update(__module__="no_library.core")
    )
    assert libraries.is_kernel(kind()) and not libraries.is_kernel(other())
