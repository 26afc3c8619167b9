"""A function, and all that it holds, as text that is the same in every process.

What can be spelled is what is known to be pure (``pure.py``): its instructions, and what each of their names
stands for. Functions of the user's are spelled in turn, data by value, functions of NumPy's and SciPy's by
name. An operator of hoad's on a function is its name, its options, and that function. What can't be spelled
is no text: neither classes of the user's, nor what compares identities.
"""

from __future__ import annotations

import functools
import hashlib
import types
from typing import Any

import numpy as np

from ..chainrules.statements import OWN, RULES
from ..places import OURS
from ..values.constants import is_elsewhere, library
from .binding import MISSING, Item, original_at
from .pure import Program, held_by, is_constant
from .pure_code import Reading
from .same import KINDS, SCALARS

HOAD = __name__.partition(".")[0]
MOST_READ = 2**22  # elements of an array on a device that are copied to be told


def spelled(f: Any) -> str:
    """The text of a function, as a digest.

    Raises:
        LookupError: it is not known to be pure, or holds what can't be spelled; with what that is.
    """
    if has_rules_of_users():
        raise LookupError("there are rules that were stated by the user")
    speller = Speller()
    text = speller.of(f)
    speller.program.check()
    if speller.program.compared:
        raise LookupError("it compares identities")
    return hashlib.sha256(repr(text).encode()).hexdigest()


def has_rules_of_users() -> bool:
    """Tell whether a rule counts that is not hoad's: recordings are of what rules say."""
    return any(
        [
            OWN.get(function) is not rule
            and not str(getattr(function, "__module__", "")).startswith(f"{HOAD}.")
            for function, rule in RULES.copy().items()
        ]
    )


class Speller:
    """What was met of a function and of those that it calls."""

    def __init__(self) -> None:
        self.program = Program()

    def of(self, value: Any) -> Any:
        """A value as text, in tuples.

        Raises:
            LookupError: it has none.
        """
        kind = value.__class__
        if kind in SCALARS:
            return kind.__name__, repr(value)
        if kind is np.ndarray and value.dtype.kind in KINDS:
            order = value.flags.c_contiguous, value.flags.f_contiguous
            return "array", value.dtype.str, value.shape, order, hashlib.sha256(value.tobytes()).hexdigest()
        if is_elsewhere(value) and value.dtype.kind in KINDS and value.size <= MOST_READ:
            held = library(value).to_numpy(value)
            return "on a device", kind.__module__, repr(getattr(value, "device", None)), self.of(held)
        if kind in (tuple, list):
            return kind.__name__, *map(self.of, value)
        if kind is dict:
            return "dict", *[(self.of(name), self.of(part)) for name, part in value.items()]
        if kind is slice:
            return "slice", *map(self.of, (value.start, value.stop, value.step))
        if kind is functools.partial:
            return "partial", *map(self.of, (value.func, value.args, value.keywords))
        if kind is types.ModuleType:
            return "module", value.__name__
        if isinstance(value, np.ufunc):
            home = "numpy" if getattr(np, value.__name__, None) is value else "scipy.special"
            return self.of_known(value, home)
        if is_constant(value) or is_operator(value):
            return self.of_known(value, getattr(value, "__module__", ""))
        if kind is types.FunctionType:
            return self.of_function(value)
        form: Any = getattr(value, "_form", None)
        if kind.__module__.startswith(f"{HOAD}.running.") and is_of_operators(form.called):
            return "operator", form.name, self.of(value._f), self.of(value._options)
        raise LookupError(f"it holds a {kind.__name__}")

    def of_known(self, value: Any, module: str) -> Any:
        """A function that is what it is by its name."""
        if not (is_constant(value) or is_operator(value)):
            raise LookupError(f"it holds {value!r}")
        return "known", module, getattr(value, "__qualname__", value.__name__)

    def of_function(self, f: types.FunctionType) -> Any:
        """A function of the user's: its code, and what its names stand for."""
        for k, other in enumerate(self.program.above):
            if f is other:
                return "again", k
        self.program.above.append(f)
        if f.__code__.co_filename.startswith(OURS):
            raise LookupError("it holds a function of hoad's")
        reading = WithOperators(f, self.program)
        reading.read(f.__code__)
        if reading.others:
            raise LookupError(f"it reads {reading.others[0][1]} of a module")
        return (
            "function",
            code_text(f.__code__),
            sorted(reading.absent),
            [(name, self.of(value)) for name, value in sorted({**reading.named, **reading.asked}.items())],
            [(name, self.of(value)) for name, value in reading.cells.items()],
            [(held["__name__"], name, self.of(value)) for held, name, value in reading.attributes],
            [self.of(part) for part in held_by(f)],
        )


class WithOperators(Reading):
    """The reading of a function that may ask hoad's operators for derivatives of others, too."""

    def named_by(self, name: str, is_asked: bool = False) -> Any:
        """What a global name stands for."""
        value = original_at(Item(self.names, name))
        if is_operator(value) or is_hoad(value):
            self.named[name] = value
            return value
        return super().named_by(name, is_asked)

    def captured_by(self, name: str, own: frozenset[str]) -> Any:
        """What a captured variable holds."""
        value = self.cells.get(name, MISSING)
        return value if name not in own and is_hoad(value) else super().captured_by(name, own)

    def attribute(self, base: Any, name: str, is_asked: bool = False) -> Any:
        """What an attribute is, if it is one of a module."""
        value = getattr(base, name, MISSING) if is_hoad(base) else MISSING
        if is_operator(value):
            self.attributes.append((vars(base), name, value))
            return value
        return super().attribute(base, name, is_asked)


def is_hoad(value: Any) -> bool:
    """Tell whether a value is the package."""
    return isinstance(value, types.ModuleType) and value.__name__ == HOAD


def is_operator(value: Any) -> bool:
    """Tell whether a value is an operator, whose value depends on its arguments alone."""
    return value.__class__ is types.FunctionType and is_of_operators(value) and hasattr(value, "form")


def is_of_operators(value: Any) -> bool:
    """Tell whether a function stands in the room of the operators."""
    return str(getattr(value, "__module__", "")).startswith(f"{HOAD}.operators.")


def code_text(code: types.CodeType) -> Any:
    """A code object: what it does, and not where it stands."""
    return (
        code.co_code.hex(),
        [code_text(c) if isinstance(c, types.CodeType) else constant_text(c) for c in code.co_consts],
        code.co_names,
        (code.co_varnames, code.co_freevars, code.co_cellvars),
        (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags),
        code.co_exceptiontable.hex(),
        code.co_name,
    )


def constant_text(value: Any) -> Any:
    """A constant of a code object."""
    if isinstance(value, tuple):
        return "tuple", *map(constant_text, value)
    if isinstance(value, frozenset):
        return "frozenset", *sorted(map(repr, value))
    return value.__class__.__name__, repr(value)
