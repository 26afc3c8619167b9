"""Hydrology: catchments in threads of a pool, in chunks, with locks and thread-local scratch."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from queue import Queue

import numpy as np

_local = threading.local()
_lock = threading.Lock()


def scratch(n):
    if not hasattr(_local, "buffer"):
        _local.buffer = np.zeros(n)
    return _local.buffer


def runoff(k, area, storage):
    rain = np.array([0.2, 1.4, 0.9, 0.0]) * (k + 1)
    out = np.zeros(4)
    level = 0.0
    for i, r in enumerate(rain):
        level = level + area * r - storage * level**1.5
        out[i] = level
    with _lock:
        return out.sum()


def total(p):
    scratch(3)
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = {pool.submit(runoff, k, p[0], p[1] * 0.1): k for k in range(3)}
        by_catchment = {futures[f]: f.result() for f in as_completed(futures)}
        more = list(pool.map(lambda a: runoff(1, a, p[2] * 0.1), [p[0], p[1]]))
    queue = Queue()
    for k in sorted(by_catchment):
        queue.put(by_catchment[k])
    values = [queue.get() for _ in range(queue.qsize())]
    return sum(v * (k + 1) for k, v in enumerate(values)) + more[0] * more[1]
