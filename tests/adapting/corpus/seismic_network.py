"""Seismology: first arrivals in a network of blocks by Dijkstra's algorithm, with a heap, and a stack of traces."""

import heapq
import math
from collections import defaultdict

import numpy as np

LINKS = "a-b 4, b-c 3, a-c 9, c-d 5, b-d 6, d-e 2"


def arrivals(slowness):
    links = defaultdict(list)
    for entry in LINKS.split(","):
        pair, length = entry.split()
        left, right = pair.split("-")
        time = float(length) * (slowness[left] + slowness[right]) / 2
        links[left].append((right, time))
        links[right].append((left, time))
    first, waiting = {}, [(0.0, "a")]
    while waiting:
        time, block = heapq.heappop(waiting)
        if block in first:
            continue
        first[block] = time
        for other, step in links[block]:
            heapq.heappush(waiting, (time + step, other))
    return first


def misfit(x):
    slowness = dict(zip("abcde", [x[0], x[1], x[2], 0.2, x[0] * x[1] / x[2]]))
    first = arrivals(slowness)
    t = np.linspace(0, 6, 61)
    stack = np.zeros_like(t)
    for name in sorted(first, reverse=True):
        a = (math.pi * (t - first[name])) ** 2 / 4
        stack += (1 - 2 * a) * np.exp(-a) / len(first)
    stack[t < 1] = 0
    return np.trapezoid(stack**2, t) + max(first.values())
