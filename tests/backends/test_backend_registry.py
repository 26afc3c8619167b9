"""Every program of the registry on a device: the derivatives are NumPy's, they stay there, and nothing waits.

The device is ``hoad.testing.device``, whose arrays do what CuPy's do. A program that CuPy itself cannot run
is left out, as are those whose derivative NumPy's arrays have not either.
"""

import numpy as np
import numpy_points  # noqa: F401 (its programs too)
import pytest
from on_device import assert_same, from_device, lies_there, to_device
from rule_points import PROGRAMS

import hoad
from hoad.testing import device as cp

# Programs whose value itself is decided by numbers: its type, its length, or how many terms are added.
DECIDED = {
    "piecewise", "unique", "unique_values", "unique_inverse", "unique_counts", "unique_all", "union1d",
    "setdiff1d", "setxor1d", "i0", "real_if_close", "trim_zeros", "polymul", "polydiv", "lstsq", "polyfit",
    "eig", "eigvals",
}  # fmt: skip


def directions(arguments):
    return tuple([np.sin(np.arange(a.size) + 0.5).reshape(a.shape) for a in arguments])


def weights(y):
    return np.cos(np.arange(np.size(y)) + 1.0).reshape(np.shape(y))


def jvp(run, arguments, place):
    return hoad.jvp(run, arguments, tuple(map(place, directions(arguments))))[1]


def vjp(run, arguments, place):
    y, back = hoad.vjp(run, *arguments)
    return back(place(weights(y)))


def hvp(run, arguments, place):
    gradient = hoad.grad(lambda *a: np.sum(run(*a) ** 2), argnums=tuple(range(len(arguments))))
    return hoad.jvp(gradient, arguments, tuple(map(place, directions(arguments))))[1]


def is_counted(run, points):
    """Tell whether the program itself reads how long something is, as by a mask."""
    cp.synchronisations = 0
    run(*points)
    return bool(cp.synchronisations)


MODES = {"jvp": jvp, "vjp": vjp, "hvp": hvp}


def programs():
    for function, points in PROGRAMS.items():
        name = getattr(function, "__name__", str(function))
        for k, program in enumerate(points):
            yield pytest.param(name, program, id=f"{name}-{k}")


def runs_on(arguments, run):
    """Tell whether CuPy can run a program, and gives NumPy's value."""
    try:
        right, found = run(*arguments), run(*map(to_device, arguments))
        if not lies_there(found):
            return False
        np.testing.assert_allclose(from_device(found), right, rtol=1e-9, atol=1e-9)
    except Exception:
        return False
    return True


@pytest.mark.parametrize(("name", "program"), list(programs()))
def test_a_program(name, program):
    """What CuPy has not is right all the same, or refused."""
    arguments = program.arguments
    has_it = runs_on(arguments, program.run)
    for mode in MODES.values():
        try:
            right = mode(program.run, arguments, lambda x: x)
        except Exception:  # no derivative of this program in this mode
            continue
        points = tuple(map(to_device, arguments))
        cp.synchronisations = 0
        try:
            found = mode(program.run, points, to_device)
        except Exception:
            assert not has_it
            continue
        if not has_it:
            assert_same(from_device(found), right, rtol=1e-9)
            continue
        assert not cp.synchronisations or name in DECIDED or is_counted(program.run, points)
        assert lies_there(found)
        assert_same(from_device(found), right, rtol=1e-9)


def test_how_many_programs_there_are():
    assert sum([runs_on(p.values[1].arguments, p.values[1].run) for p in programs()]) >= 430
