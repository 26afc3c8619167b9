"""What stands for ``cupyx.scipy``: functions of SciPy's, of arrays on the device.

Example:
    >>> from hoad.testing import device as cp
    >>> from hoad.testing.cupyx.scipy import linalg
    >>> linalg.expm(cp.zeros((2, 2)))
    array([[1., 0.],
           [0., 1.]])
    >>> hasattr(linalg, "solve_banded")
    False
"""
