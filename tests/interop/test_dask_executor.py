"""``executor=`` with Dask's real workers (``make interop``), one of which dies in the middle."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import hoad

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    options = {"processes": True, "threads_per_worker": 1, "dashboard_address": None}
    with distributed.LocalCluster(n_workers=2, **options) as cluster, distributed.Client(cluster) as found:
        yield found


def loss(x: Any) -> Any:
    return np.sum(np.sin(x[1:] * x[:-1])) * np.sum(x**3)


def slow(x: Any) -> Any:
    time.sleep(0.3)
    return loss(x)


X = np.linspace(0.1, 1.0, 12)


@pytest.mark.parametrize("direct", [False, True])
def test_a_client_and_its_executor(client: Any, direct: bool) -> None:
    executor = client if direct else client.get_executor()
    np.testing.assert_allclose(hoad.hessian(loss, X, executor=executor), hoad.hessian(loss, X), rtol=1e-13)
    np.testing.assert_allclose(
        hoad.vmap(loss, executor=executor)(np.outer(X, X)), hoad.vmap(loss)(np.outer(X, X)), rtol=1e-13
    )


def test_a_worker_that_dies_is_replaced(client: Any) -> None:
    workers = client.run(os.getpid)
    victim = next(iter(workers.values()))
    threading.Timer(1.0, os.kill, (victim, signal.SIGKILL)).start()
    found = hoad.hessian(slow, X, mode="forward-reverse", chunk_size=1, executor=client)
    np.testing.assert_allclose(found, hoad.hessian(loss, X), rtol=1e-13)
    assert victim not in client.run(os.getpid).values()
