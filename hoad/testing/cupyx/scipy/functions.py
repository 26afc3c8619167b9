"""How the modules here get their functions."""

from __future__ import annotations

import functools
import types
from typing import Any

from ....counterparts import register_namespace
from ... import device


def own(function: Any) -> Any:
    """A function of SciPy's, of arrays on the device; it takes no others."""

    @functools.wraps(function, updated=())
    def called(*args: Any, **kwargs: Any) -> Any:
        return device.called(function, args, kwargs)

    del called.__wrapped__
    return called


def functions(module: str, of: types.ModuleType, names: str) -> dict[str, Any]:
    """The functions of a module by their names, as far as this SciPy has them."""
    register_namespace(module, of.__name__)
    return {name: own(getattr(of, name)) for name in names.split() if hasattr(of, name)}
