"""Functions of another library that ask their arguments what to do: CuPy's ufuncs and elementwise kernels.

Each of them first asks its positional arguments for the method below, whatever module it was imported from.
So ``cp.sin(x)`` of a traced x comes to the rule of ``np.sin``, and a kernel of the user's to the rule that is
stated for it. Reductions and ``cp.add.at`` call a method of their argument (``cp.sum(x)`` is ``x.sum()``);
what asks nobody (``cp.linalg.solve``) is bound by its name while a derivative runs
(``adapting/libraries.py``).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..chainrules import RULES
from ..chainrules.refusals import without_kernel
from ..counterparts import counterpart
from ..nested import Traced, bare, glance, primal
from ..values.constants import is_elsewhere


class AskedByKernels:
    """What a traced value answers to a library's functions of each element."""

    __slots__ = ()

    def __cupy_override_elementwise_kernel__(self, kernel: Any, *args: Any, **kwargs: Any) -> Any:
        """The value of a function of each element, of this value and others."""
        named = {name: value for name, value in kwargs.items() if value is not None}
        rule = RULES.get(kernel)
        if rule is not None:
            return rule(*args, **named)
        function = counterpart(kernel)
        if function is None:
            raise without_kernel(kernel, (*args, *kwargs.values()))
        check_places(kernel, args)
        if len(args) > kernel.nin:  # c += x, with a plain array c, is cp.add(c, x, c)
            args, named = args[: kernel.nin], {"out": args[kernel.nin :], **named}
        return function(*args, **named)

    def _scatter_op(self, slices: Any, value: Any, op: str) -> None:
        """``cp.add.at(y, slices, value)``, for this ``y``."""
        AT[op].at(self, slices, value)

    @property
    def scatter_add(self) -> Callable[..., None]:
        """``cupyx.scatter_add(y, slices, value)``, for a ``y`` that lies on a device."""
        if not is_elsewhere(glance(self)):
            text = "'numpy.ndarray' object has no attribute 'scatter_add'"
            raise AttributeError(text, name="scatter_add", obj=self)
        return functools.partial(np.add.at, self)


# What the library calls the functions that have ``at``.
AT: dict[str, Any] = {"add": np.add, "sub": np.subtract, "max": np.maximum, "min": np.minimum}


def check_places(kernel: Any, args: tuple[Any, ...]) -> None:
    """Refuse a traced array of NumPy's, as the library refuses a plain one."""
    for x in args:
        if isinstance(x, Traced) and isinstance(bare(primal(x)), np.ndarray):
            library = type(kernel).__module__.partition(".")[0]
            raise TypeError(
                f"{kernel} is asked of an array of NumPy's, and {library} takes none: put it on the device "
                f"before, x = {library}.asarray(x), or write NumPy's function of the same name"
            )
