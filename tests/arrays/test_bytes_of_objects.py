"""The bytes of an array of objects are addresses in memory: code that reads them, where names are left alone,
is refused.
"""

import ctypes
import hashlib
import math
import struct
import zlib

import numpy as np
import pytest

import hoad
from hoad.errors import EscapeError

READ = {
    "frombuffer": lambda x: np.frombuffer(np.asarray(x)),
    "frombuffer of an array that is made": lambda x: np.frombuffer(np.array([x[0], x[1]])),
    "tobytes": lambda x: np.frombuffer(np.asarray(x).tobytes()),
    "ctypes": lambda x: np.array(np.asarray(x).ctypes.data_as(ctypes.POINTER(ctypes.c_double))[:2]),
    "as_array": lambda x: np.ctypeslib.as_array((ctypes.c_double * 2).from_buffer(np.asarray(x))),
    "struct": lambda x: np.array(struct.unpack("dd", np.asarray(x))),
    "memoryview": lambda x: np.frombuffer(memoryview(np.asarray(x))),
    "bytes": lambda x: np.frombuffer(bytes(np.asarray(x))),
    "bytearray": lambda x: np.frombuffer(bytearray(np.asarray(x))),
    "a hash": lambda x: x * (hashlib.sha256(np.asarray(x)).digest()[0] < math.inf),
    "a checksum": lambda x: x * (zlib.crc32(np.asarray(x)) < math.inf),
}


@pytest.mark.parametrize("plainly", [True, False])
@pytest.mark.parametrize("way", READ)
def test_bytes_are_refused(way: str, plainly: bool) -> None:
    x = np.array([0.2, 0.3])
    np.testing.assert_array_equal(READ[way](x), x)

    def f(x):
        return np.sum(x + READ[way](x))

    if plainly:
        with hoad.no_adapt(), pytest.raises(EscapeError, match=r"hoad.primal\(x\)"):
            hoad.grad(f, x)
    else:
        with pytest.raises((EscapeError, TypeError)):
            hoad.grad(f, x)


@pytest.mark.parametrize("operator", [hoad.grad, hoad.jacobian, hoad.hessian])
def test_what_the_message_says_works(operator) -> None:
    def f(x):
        return np.sum(x**2) * (hashlib.sha256(np.asarray(hoad.primal(x))).digest()[0] < math.inf)

    with hoad.no_adapt():
        np.testing.assert_array_equal(operator(f, np.ones(2)), operator(lambda x: np.sum(x**2), np.ones(2)))
