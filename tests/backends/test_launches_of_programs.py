"""How many launches each program of the tables adds to a derivative: within the bounds, or as listed."""

import json
import math
import os
import subprocess
import sys

import numpy as np
import numpy_points  # noqa: F401 (its programs too)
import pytest
from launches_over import COUNTED_WITH, KERNELS, OVER
from on_device import lies_there, to_device
from rule_points import PROGRAMS

import hoad
from hoad.fast import deferred
from hoad.testing import device as cp

MOST = {"gradient": 3, "jvp": 3, "hvp": 7}
OLDER = {"trapz": "trapezoid"}  # names that newer NumPys have not
KNOWN = {name: numbers for functions in OVER.values() for name, numbers in functions.items()}


def gradient(run, points, v):
    return hoad.grad(lambda *a: np.sum(run(*a)), argnums=tuple(range(len(points))))(*points)


def hvp(run, points, v):
    if len(points) == 1:
        return hoad.hvp(lambda x: np.sum(run(x)), points[0], v[0])
    return hoad.hvp(lambda a: np.sum(run(*a)), points, v)


WAYS = {"gradient": gradient, "jvp": lambda run, points, v: hoad.jvp(run, points, v), "hvp": hvp}


def nothing(way, n):
    """What a derivative of n arrays launches that computes nothing."""
    points = (cp.ones((2, 3)),) * n
    whole = lambda *a: sum([np.sum(x) for x in a[1:]], np.sum(a[0]))
    return counted(WAYS[way], whole if way != "jvp" else lambda *a: list(a), points, points)


def counted(derivative, run, points, v):
    derivative(run, points, v)
    cp.launches = 0
    derivative(run, points, v)
    return cp.launches


def of(name, program):
    """The launches of a program's own, and by way what a derivative adds; None where there is none."""
    points = tuple(map(to_device, program.arguments))
    v = tuple([to_device(np.sin(np.arange(a.size) + 0.5).reshape(a.shape)) for a in program.arguments])
    try:
        if not lies_there(program.run(*points)):
            return None
    except Exception:  # CuPy has it not
        return None
    cp.launches = 0
    program.run(*points)
    own, found = max(cp.launches, KERNELS.get(name, 1)), {}
    for way, derivative in WAYS.items():
        try:
            found[way] = counted(derivative, program.run, points, v) - nothing(way, len(points))
        except Exception:  # a value that is complex, or no derivative in this mode
            continue
    return own, found


def counts():
    """By function, for each of its programs."""
    found = {}
    with np.errstate(all="ignore"):
        for function, programs in PROGRAMS.items():
            name = getattr(function, "__name__", str(function))
            name = {"trapz": "trapezoid"}.get(name, name)  # the older name, of the same rule
            each = [of(name, program) for program in programs]
            found[name] = found.get(name, []) + [one for one in each if one is not None]
    return found


def refused():
    """Why steps are not one launch, by rule."""
    return {str(rule.name): problem.__name__ for (rule, _), problem in deferred._refusing.items()}


@pytest.fixture(scope="module")
def found():
    """Both in a process of its own, where no kernel is known that other tests have made."""
    text = f"import json, {__name__} as t; print(json.dumps([t.counts(), t.refused()]))"
    paths = {**os.environ, "PYTHONPATH": os.pathsep.join([p or "." for p in sys.path])}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text], capture_output=True, env=paths, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def measured(found):
    return found[0]


def test_steps_are_refused_for_what_has_no_form_and_not_by_chance(found):
    assert found[1] and set(found[1].values()) == {"Unclear"}, found[1]


def test_every_program_is_within_the_bounds_or_in_the_table(measured):
    over = {}
    for name, counts in measured.items():
        allowed = KNOWN.get(OLDER.get(name, name), (0, 0, 0))
        for own, found in counts:
            for (way, most), more in zip(MOST.items(), allowed, strict=True):
                if found.get(way, 0) > max(most, more) * own:
                    over[name, way] = found[way] / own
    assert not over
    assert sum(map(len, measured.values())) >= 430


def listed(counts):
    """The numbers of a function, as the table has them."""
    over = lambda way, most: [found[way] / own for own, found in counts if found.get(way, 0) > most * own]
    return tuple([math.ceil(max(over(way, most), default=0)) for way, most in MOST.items()])


@pytest.mark.skipif(not np.__version__.startswith(COUNTED_WITH), reason="the numbers are of another NumPy")
def test_the_table_has_the_numbers_and_none_that_is_within_the_bounds(measured):
    found = {name: listed(counts) for name, counts in measured.items()}
    assert {name: numbers for name, numbers in found.items() if any(numbers)} == KNOWN
