"""The way to the device and back, for numbers in containers."""

import numpy as np

from hoad.testing import device as cp


def to_device(x):
    """The same with arrays of the device in the place of NumPy's."""
    if isinstance(x, dict):
        return {key: to_device(part) for key, part in x.items()}
    if isinstance(x, (list, tuple)):
        return type(x)([to_device(part) for part in x])
    return cp.asarray(x) if isinstance(x, np.ndarray) else x


def from_device(x):
    """The way back."""
    if isinstance(x, dict):
        return {key: from_device(part) for key, part in x.items()}
    if isinstance(x, (list, tuple)):
        return [from_device(part) for part in x]
    return cp.asnumpy(x) if isinstance(x, cp.ndarray) else x


def lies_there(x):
    """Whether all arrays, and all that NumPy would make a scalar of, lie on the device."""
    if isinstance(x, dict):
        return all(map(lies_there, x.values()))
    if isinstance(x, (list, tuple)):
        return all(map(lies_there, x))
    return isinstance(x, (cp.ndarray, int, type(None)))


def assert_same(found, right, rtol=1e-11):
    """Refuse what differs from NumPy's, in shape, in precision, or in a number."""
    if isinstance(right, dict):
        assert found.keys() == right.keys()
        found, right = list(found.values()), list(right.values())
    if isinstance(right, (list, tuple)):
        assert len(found) == len(right)
        for a, b in zip(found, right, strict=True):
            assert_same(a, b, rtol)
        return
    if isinstance(right, (np.ndarray, np.generic)):
        assert np.asarray(found).dtype == right.dtype
    narrow = np.asarray(found).dtype in (np.float32, np.complex64)
    np.testing.assert_allclose(found, right, rtol=1e-5 if narrow else rtol, atol=1e-5 if narrow else rtol)
