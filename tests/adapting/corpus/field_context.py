"""Electrostatics: settings in context managers, restored by an exit stack."""

import contextlib
import math
import time

import numpy as np

SETTINGS = {"permittivity": 1.0, "softening": 1e-3}
_stack = []


@contextlib.contextmanager
def settings(**new):
    old = SETTINGS.copy()
    SETTINGS.update(new)
    try:
        yield SETTINGS
    finally:
        SETTINGS.clear()
        SETTINGS.update(old)


class Timer:
    def __enter__(self):
        self.start = time.perf_counter()
        return self

    def __exit__(self, *error):
        self.seconds = time.perf_counter() - self.start
        return False


class Charge:
    def __init__(self, q, at):
        self.q, self.at = q, np.asarray(at, float)

    def __enter__(self):
        _stack.append(self)
        return self

    def __exit__(self, *error):
        _stack.remove(self)


def potential(at):
    total = 0.0
    for charge in _stack:
        r = np.linalg.norm(np.subtract(at, charge.at))
        total += charge.q / (4 * math.pi * SETTINGS["permittivity"] * math.hypot(r, SETTINGS["softening"]))
    return total


def energy(p):
    with contextlib.ExitStack() as stack, Timer() as timer:
        stack.enter_context(settings(permittivity=p[0], softening=p[1]))
        a = stack.enter_context(Charge(1.0, (0.0, 0.0)))
        stack.enter_context(Charge(-0.5, (1.0, p[2])))
        with contextlib.suppress(KeyError):
            SETTINGS["unknown"]
        value = sum(a.q * potential(x) for x in [(0.5, 0.5), (2.0, p[2] ** 2)])
    assert not _stack and SETTINGS["permittivity"] == 1.0 and timer.seconds >= 0
    return value
