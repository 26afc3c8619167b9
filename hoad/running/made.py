"""Functions that hoad makes of the user's: what they are called, how they are shown, pickled and bound."""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable
from typing import Any, ParamSpec

from ..values.captures import Holder
from .calling import Function, check_function
from .tracebacks import told

P = ParamSpec("P")


class Made(Holder):
    """A function that an operator, or a wrapper as ``vmap``, made of another: it keeps the name, the
    signature and the docstring of f, can be pickled if f can, and holds the traced values that f captured.

    Args:
        form: what made it; ``form.called`` is the public function, by which it is pickled.
        f: the function.
        options: what the public function was given beside f.
    """

    def __init__(self, form: Any, f: Function, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, f)
        self._form = form
        self._f = f
        self._options = options

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._form.evaluate(self._f, args, kwargs, **self._options)
        except Exception as error:
            told(error, self._form.name)
            raise

    def __repr__(self) -> str:
        return f"<{self._form.name} of {label(self._f)}>"

    def __reduce__(self) -> Any:
        return in_module(self) or (_again, (self._form.called, self._f, self._options))

    def held_parts(self) -> Any:
        """What may be traced in it."""
        return [self._f, *self._options.values()]

    def with_parts(self, parts: Any) -> Any:
        """The same of another function."""
        if all([new is old for new, old in zip(parts, self.held_parts(), strict=True)]):  # also where none is
            return self
        f, *values = parts
        return type(self)(self._form, f, dict(zip(self._options, values, strict=True)))

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)


def _again(called: Any, f: Function, options: dict[str, Any]) -> Any:
    """What was pickled."""
    return called.form.make(f, options)


def in_module(f: Any) -> str | None:
    """The name under which its module has a function, as pickle wants it; None if that is the name of another
    function, which this was made of.
    """
    return str(f.__qualname__) if found_in_module(f) is f else None


def found_in_module(f: Any) -> Any:
    """What the module of a function has under its name."""
    found: Any = sys.modules.get(getattr(f, "__module__", None) or "")
    for name in getattr(f, "__qualname__", "?").split("."):
        found = getattr(found, name, None)
    return found


def label(f: Any) -> str:
    """A function in a few words."""
    if isinstance(f, functools.partial):
        return f"partial of {label(f.func)}"
    return repr(f) if isinstance(f, Made) else str(getattr(f, "__name__", f))


class Wrapping:
    """How a function is made of another one, by ``vmap`` and the like.

    Args:
        public: the function that users call: its signature and its docstring are all that is used of it.
        evaluate: a call of what is made, ``evaluate(f, args, kwargs, **options)``.
        kind: the class of what is made.
        checks: by the name of an option, what refuses a wrong value.
    """

    def __init__(
        self, public: Function, evaluate: Function, kind: type[Made] | None = None, **checks: Any
    ) -> None:
        public.__dict__["form"] = self
        self.called = public
        self.name = public.__name__
        self.evaluate = evaluate
        self.kind = kind or Made
        self.checks = checks
        self.signature = inspect.signature(public)

    def given(self, args: Any, kwargs: Any) -> Made:
        """A call of the public function."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        f, *_ = bound.arguments.values()
        check_function(f, self.name, "(f)(x)")
        names = list(bound.arguments)[1:]
        return self.make(f, {n: self.checks.get(n, unchanged)(bound.arguments[n]) for n in names})

    def make(self, f: Function, options: dict[str, Any]) -> Made:
        """The function."""
        return self.kind(self, f, options)


def unchanged(x: Any) -> Any:
    """An option that is not checked."""
    return x


def wrapper(evaluate: Function, **checks: Any) -> Callable[[Callable[P, Any]], Callable[P, Function]]:
    """Make a wrapper of a signature, a docstring, and what a call does; see ``Wrapping``."""

    def decorate(public: Callable[P, Any]) -> Callable[P, Function]:
        form = Wrapping(public, evaluate, **checks)

        def called(*args: P.args, **kwargs: P.kwargs) -> Function:
            try:
                return form.given(args, kwargs)
            except Exception as error:
                told(error, form.name)
                raise

        form.called = made = functools.wraps(public)(called)
        return made

    return decorate
