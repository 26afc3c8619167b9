"""Few colours of small graphs by local search (Hertz and de Werra 1987): from colours at random, the vertex
and the colour are changed that leave the fewest neighbours alike, and a change is not taken back for a while.
"""

from __future__ import annotations

import numpy as np

STEPS = 400  # that are made with one number of colours
WAIT, MORE = 7, 0.6  # for how many steps a change stays, and how many more for each vertex that is wrong


def improved(near: np.ndarray, color: np.ndarray, least: int) -> np.ndarray:
    """A colouring with fewer colours, as long as such are found; with ``least`` one is content.

    Args:
        near: which vertices differ in colour, a symmetric array of zeros and ones without a diagonal.
        color: a colouring.
        least: a number of colours.
    """
    random = np.random.default_rng(0)
    for count in range(int(color.max(initial=-1)), max(least, 1) - 1, -1):
        found = searched(near, count, random)
        if found is None:
            break
        color = found
    return color


def searched(near: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray | None:
    """A colouring with so many colours; None if none is found soon."""
    n = len(near)
    color = random.integers(0, count, n)
    alike = near @ (color[:, None] == np.arange(count)).astype(near.dtype)  # neighbours of each colour
    until = np.zeros((n, count), int)  # the step up to which a vertex does not get a colour back
    every = np.arange(n)
    for step in range(STEPS):
        here = alike[every, color]
        wrong = np.flatnonzero(here)
        if not len(wrong):
            return np.unique(color, return_inverse=True)[1]
        change = alike[wrong] - here[wrong, None] + n * (until[wrong] > step)
        change[np.arange(len(wrong)), color[wrong]] = 2 * n
        best = np.flatnonzero(change == change.min())
        k, new = divmod(int(random.choice(best)), count)
        v = wrong[k]
        until[v, color[v]] = step + WAIT + int(MORE * len(wrong))
        alike[:, color[v]] -= near[v]
        alike[:, new] += near[v]
        color[v] = new
    return None
