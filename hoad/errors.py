"""Every exception that hoad raises on purpose: each names the value, the cause and what to type instead."""

from __future__ import annotations

from .places import Place, shown

OPERATOR = "<operator>"  # what a message says for the operator that was called, until that is known


class HoadError(Exception):
    """The base of all errors of hoad's own. Its attribute ``operator`` is the name of the operator that was
    called.

    Example:
        >>> import hoad
        >>> try:
        ...     hoad.grad(lambda x: x * x, "three")
        ... except hoad.errors.HoadError as error:
        ...     print(type(error).__name__)
        NotDifferentiableError
    """

    operator: str | None = None
    place: Place | None = None  # the line of the user's that can't be followed
    within: Place | None = None  # the line of a package that it led to

    def __str__(self) -> str:
        text = super().__str__().replace(OPERATOR, self.operator or "the operator")
        if self.place is None:
            return text
        return f"{text} (at {shown(self.place)}{f', in {shown(self.within)}' if self.within else ''})"


class NotDifferentiableError(HoadError, TypeError):
    """The argument is not a number, an array of numbers or a container of those.

    Mend it by passing floats or arrays, or by leaving the argument out of ``argnums``.
    """

    wrapped = False  # whether it is an array that another library wraps, which some operators open


class NonScalarOutputError(HoadError, TypeError):
    """A gradient was asked of a function whose value is not one real number; ``hoad.jacobian`` takes any
    shape.
    """


class ComplexOutputError(HoadError, TypeError):
    """The value is complex, so that there are two derivatives to choose from; ``holomorphic=True`` chooses
    f'(z).
    """


class MissingRuleError(HoadError, NotImplementedError):
    """A function without a derivative rule met a traced value; ``hoad.chainrules`` states one."""


class EscapeError(HoadError, TypeError):
    """A traced value was about to become a plain number, which would lose its derivative without a word.

    Mend it by staying in NumPy (``np.sin`` for ``math.sin``, ``np.zeros_like(x)`` for ``np.zeros(n)``), or
    say that the
    derivative is not wanted: ``hoad.primal(x)``.
    """


class SwallowedError(HoadError, RuntimeError):
    """A value could not be followed, hoad said so, and the function's own ``except`` caught that: what it
    returned is its fallback, whose derivative is another one.

    Mend it at the line that the message names; where no derivative is wanted there, type ``hoad.primal(x)``.
    """


class RecordingError(HoadError, TypeError):
    """A program can't be recorded to be carried out again, as ``hoad.compile`` does it; the text says what
    of it. The compiled function then runs as it is written.
    """


class RecordingWarning(UserWarning):
    """A function that ``hoad.compile`` has recorded did what a program can't do again: it drew random
    numbers, read a clock, printed, asked for input, or wrote into an array that it holds. Or it could not
    be recorded, and runs as it is written (``on_fail="warn"``); or machine code of it could not be made, by
    a mistake of hoad's.
    """


class CompiledDiffersError(HoadError, AssertionError):
    """A compiled function gave another value than the function as it is written
    (``hoad.compile(check=)``).
    """


class ObjectArrayWarning(UserWarning):
    """A large traced array became one of NumPy's arrays of objects, as ``np.asarray(x)`` makes them: each of
    its elements is differentiated by itself, which is right and slow.

    Mend it at the line that the warning names: by leaving the conversion out, or by ``hoad.adapt``.
    """


class KeptValueWarning(UserWarning):
    """A function gave a value that does not depend on what it is differentiated by, after it had compared
    that with a plain number that is equal, rounded it, or made text of it: it seems to have looked up what it
    kept from an earlier call, which has no derivative.

    Mend it by leaving the cache out of the function, or by clearing it before.

    Example:
        >>> import hoad
        >>> kept = {}
        >>> def f(x):
        ...     if str(x) not in kept:
        ...         kept[str(x)] = x**2
        ...     return kept[str(x)]
        >>> f(3.0)
        9.0
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as told:
        ...     warnings.simplefilter("always")
        ...     slope = hoad.grad(f)(3.0)
        >>> slope, told[0].category.__name__
        (0.0, 'KeptValueWarning')
    """


class UnfollowedValueWarning(UserWarning):
    """A function gave a value that does not depend on what it is differentiated by, and that changes with it:
    the derivative is 0 by the operations, and that of the function is not.

    Mend it by a solver of SciPy's in place of a search by hand, by a step of Newton's method at the end of
    one, or by leaving text and caches out.

    Example:
        >>> import hoad
        >>> def root(c):
        ...     low, high = 0.0, 2.0
        ...     while high - low > 1e-12:
        ...         middle = (low + high) / 2
        ...         low, high = (middle, high) if middle**2 < c else (low, middle)
        ...     return low
        >>> import warnings
        >>> with warnings.catch_warnings(record=True) as told:
        ...     warnings.simplefilter("always")
        ...     slope = hoad.grad(root)(2.0)
        >>> slope, told[0].category.__name__
        (0.0, 'UnfollowedValueWarning')
    """


class TextWarning(UserWarning):
    """Within ``hoad.debug()``, a traced value became text: what is computed from that has no derivative."""


class WaitWarning(UserWarning):
    """Within ``hoad.debug()``, a value on a device was read, or copied to the host, and waited for."""


class UntrackedParameterError(HoadError, TypeError, KeyError):
    """Something that is no parameter was given where one is wanted, or a parameter by which no derivative was
    taken.

    Mend it by ``W = hoad.param(W)``, with that W in the function and in the ``Params``.
    """

    def __str__(self) -> str:  # KeyError's would put the message in quotes
        return Exception.__str__(self).replace(OPERATOR, self.operator or "the operator")


class RuleError(HoadError, ValueError):
    """A derivative rule is not what a rule must be: it can't be called, it returns too few cotangents, or one
    that does not fit its argument. The message names the rule, the argument and the fix.
    """


class RuleCheckError(HoadError, AssertionError):
    """A check of a derivative failed: which argument, mode and order, both numbers, and the likely cause.

    Its attribute ``report`` holds all that was checked.
    """


class ShapeMismatchError(HoadError, ValueError):
    """A tangent or cotangent does not have the shape or the structure of the value that it belongs to."""


class ArgumentError(HoadError, ValueError):
    """An option of an operator (``argnums``, ``mode``, ``n``) has a value that it can't have."""


class CallError(ArgumentError, TypeError):
    """A function, or an operator, is called with other arguments than it takes; the message says which, and
    how the call is written.
    """


class NumberError(HoadError, TypeError):
    """A number type lacks a function that is needed; the message names one that has it."""


class ConvergenceError(HoadError, ArithmeticError):
    """A solver found no solution."""


class NonFiniteError(HoadError, ArithmeticError):
    """Within ``hoad.debug()``, a nan or an infinity came up; the message names the operation and the line."""


class TooLargeError(HoadError, MemoryError):
    """A result would not fit into memory; the message has an estimate, and the way to a smaller one."""


class MissingDependencyError(HoadError, ImportError):
    """Something that is not installed is needed; the message says how to get it."""


def describe(value: object) -> str:
    """Name a value in a message: its type, its shape if it has one, and its text if that is short.

    Args:
        value: anything.

    Returns:
        A few words.

    Example:
        >>> describe("abc")
        "'abc' (str)"
    """
    shown = getattr(type(value), "shown", None)
    value = shown(value) if shown is not None and type(value).__module__.startswith("hoad.") else value
    name = type(value).__name__
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:
        return f"{name} of shape {shape} and dtype {getattr(value, 'dtype', '?')}"
    text = repr(value)
    return f"{text} ({name})" if len(text) <= 60 else name
