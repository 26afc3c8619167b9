"""Python functions with a rule: their calls, from wherever they come, go to the rule.

NumPy asks a traced operand what to do; a Python function asks nobody, so a rule for one would be passed by,
silently, wherever it is called under its own name. Therefore a function that gets a rule gets new code too,
which looks for the rule; the old code lives on in a function of its own, the *plain* one, and comes back with
``remove_rule``. The function stays the same object, with its name, signature, docstring and place in its
file.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]

HOAD = __name__.partition(".")[0]

_plain: dict[types.FunctionType, types.FunctionType] = {}


def can_be_intercepted(function: Any) -> bool:
    """Tell whether the calls of a function can be sent elsewhere: those of Python functions can, but NumPy's
    are never touched, and hoad's own are called by their rules.
    """
    house = str(getattr(function, "__module__", "")).partition(".")[0]
    return isinstance(function, types.FunctionType) and house not in (HOAD, "numpy")


def separate(function: Any) -> Any:
    """What a function does without its rule, as a function of its own; other callables stay as they are."""
    if not can_be_intercepted(function):
        return function
    if function not in _plain:
        _plain[function] = twin(function)
        function.__signature__ = inspect.signature(function)
    return _plain[function]


def intercept(function: Any, call: Function) -> None:
    """Send the calls of a Python function to ``call``; other callables are left as they are."""
    if can_be_intercepted(function):
        function.__code__ = calling(call, separate(function).__code__)


def release(function: Any) -> None:
    """Give a Python function its own code back."""
    twin_of = _plain.pop(function, None) if isinstance(function, types.FunctionType) else None
    if twin_of is not None:
        function.__code__ = twin_of.__code__
        function.__dict__ = twin_of.__dict__


def twin(function: types.FunctionType) -> types.FunctionType:
    """Another function of the same code, defaults and closure."""
    other = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    other.__kwdefaults__ = function.__kwdefaults__
    other.__qualname__, other.__module__ = function.__qualname__, function.__module__
    other.__doc__ = function.__doc__
    other.__dict__.update(function.__dict__)
    return other


def calling(call: Function, code: types.CodeType) -> types.CodeType:
    """Code that hands all arguments to ``call``, in the place of ``code``."""
    names = ", ".join(code.co_freevars)  # as many as before, or Python refuses the new code
    source = (
        f"def outer({names}):\n"
        f"    def inner(*args, **kwargs):\n"
        f"        call = 'the rule'\n"
        f"        return call(*args, **kwargs)\n"
        f"        return ({names or '()'})\n"
        f"    return inner\n"
    )
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    made: types.CodeType = namespace["outer"](*code.co_freevars).__code__
    return made.replace(
        co_consts=tuple([call if c == "the rule" else c for c in made.co_consts]),
        co_name=code.co_name, co_qualname=code.co_qualname,
        co_filename=code.co_filename, co_firstlineno=code.co_firstlineno,
    )  # fmt: skip
