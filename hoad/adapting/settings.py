"""What a whole process is set to, and a pure function may depend on: how NumPy shows arrays, what SciPy's
special functions do about errors, which classes were registered as kinds of others. A program is compared
with what is read of those that it may ask.
"""

from __future__ import annotations

import abc
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from .same import Test

Reader = Callable[[], Any]
SHOWING = (str, np.array2string, np.array_str, np.array_repr)  # as NumPy's options for printing say
PRINTING: Reader = np.get_printoptions
REGISTERED: Reader = abc.get_cache_token


def read_by(value: Any) -> set[Reader]:
    """The settings on which something depends that is a function, a module, or an object of SciPy's.

    Example:
        >>> from scipy import special
        >>> read_by(special.gamma) == {special.geterr}, read_by(str) == {np.get_printoptions}, read_by(np.sin)
        (True, True, set())
    """
    if any([value is one for one in SHOWING]):
        return {PRINTING}
    special = sys.modules.get("scipy.special")
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    is_special = isinstance(value, np.ufunc) and getattr(special, value.__name__, None) is value
    is_theirs = is_special or (isinstance(name, str) and name.partition(".")[0] == "scipy")
    return {special.geterr} if is_theirs and special is not None else set()


def as_set(read: Reader, test: Test) -> Test:
    """A test that fails where a setting is another one than now, too."""
    state = read()
    return lambda now: read() == state and test(now)
