"""A backend for ``scipy.fft``: its functions on traced arrays, by those of ``numpy.fft``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np


class FFTBackend:
    """What ``scipy.fft.set_backend`` and ``scipy.fft.set_global_backend`` take.

    Example:
        >>> import numpy as np, scipy.fft, hoad
        >>> with scipy.fft.set_backend(hoad.fft_backend):
        ...     hoad.grad(lambda x: np.sum(np.abs(scipy.fft.fft(x))**2), np.array([1.0, 2.0]))
        array([4., 8.])
    """

    __ua_domain__: ClassVar[str] = "numpy.scipy.fft"

    @staticmethod
    def __ua_function__(method: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        function = getattr(np.fft, method.__name__, None)
        if function is None:
            return NotImplemented
        options = {k: v for k, v in kwargs.items() if k not in ("overwrite_x", "workers", "plan")}
        return function(*args, **options)

    def __repr__(self) -> str:
        return "<hoad's backend for scipy.fft>"


fft_backend = FFTBackend()
