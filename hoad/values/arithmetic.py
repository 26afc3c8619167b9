"""Objects of the program's own classes that bring their arithmetic with them: a vector of three slots, a
quaternion, a gain whose ``__rmul__`` says what a number times it is.

NumPy's numbers ask such an object, element by element, and so do traced ones: what it answers is of whatever
class it likes. Taken for a constant, it would lose the derivatives of what it holds without a word.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NotDifferentiableError, describe
from ..guests import SIGNS, method_of, reckons_itself
from ..nested import Traced, glance, innermost, primal, refused, type_of
from .foreign import traced_within

OPERATORS: dict[Callable[..., Any], str] = {function: name for name, function in SIGNS.items()}
PYTHONS = (float, int, complex)
UNANSWERED = object()


def reckon_themselves(value: Any) -> bool:
    """The same of an operand: an object, or an array of objects of which one does."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "O" and any([reckons_itself(part) for part in value.flat])
    return reckons_itself(value)


def answered(function: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """What an operand of a class that brings its arithmetic answers to an operator of Python's between a
    traced value and it.

    Args:
        function: NumPy's function for the operator.
        values: its operands.

    Returns:
        The answer: of that class's method, beside an array an array of its answers, as NumPy has it;
        ``NotImplemented`` where the class wants none of NumPy's functions; ``UNANSWERED`` where no operand is
        of such a class, or it has no answer.
    """
    for value in values:
        if getattr(value.__class__, "__array_ufunc__", value) is None:
            return NotImplemented
    name = OPERATORS.get(function)
    own = [place for place, value in enumerate(values) if reckon_themselves(value)]
    if name is None or not own or len(values) != 2 or innermost(values) is None:
        return UNANSWERED
    answer = _together(name, values[0], values[1], own[0])
    return UNANSWERED if answer is NotImplemented else answer


def as_numbers(function: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The operands of any function, with what NumPy makes an array of in the place of an object that brings
    its arithmetic; the same tuple where there is none.

    Raises:
        NotDifferentiableError: it is no sequence, and holds a traced value: for a constant it can't be taken.
    """
    own = [value for value in values if reckon_themselves(value)]
    taken = [elements_of(value) for value in own]
    for value, elements in zip(own, taken, strict=True):
        if elements is value and traced_within(value, any_kind=True) is not None:
            raise refused(_hides(function, value), *values)
    if all(map(operator.is_, own, taken)):
        return values
    return tuple([elements_of(value) if reckon_themselves(value) else value for value in values])


def _hides(function: str, value: Any) -> NotDifferentiableError:
    owner = next(filter(reckons_itself, value.flat)) if isinstance(value, np.ndarray) else value
    return NotDifferentiableError(
        f"{describe(owner)} holds a traced value, and {owner.__class__.__name__} does not say what "
        f"{function} of it and a number is; compute with the numbers in it"
    )


def _together(name: str, x: Any, y: Any, place: int) -> Any:
    """``x`` and ``y`` under an operator of Python's; what is at ``place`` brings its arithmetic."""
    own, number = (y, x) if place else (x, y)
    seen = glance(number)
    if not isinstance(seen, (*PYTHONS, np.generic, np.ndarray)):
        return NotImplemented  # numbers of a class of the program's own, as ``own`` may be
    compute, is_array = getattr(operator, f"__{name}__"), isinstance(own, np.ndarray)
    if not is_array and _goes_first(own, number):
        method = method_of(own.__class__, f"__{'r' if place else ''}{name}__")
        return NotImplemented if method is None else method(own, number)
    elements = own if is_array else elements_of(own)
    if elements is not own:
        return compute(number, elements) if place else compute(elements, number)
    if name == "matmul" and not is_array:  # of which NumPy makes an array of no axes, and says so
        return np.matmul(*((seen, own) if place else (own, seen)))
    pairs = np.broadcast(_cells(x), _cells(y))
    answers = np.empty(pairs.shape, object)
    for at, pair in zip(np.ndindex(pairs.shape), pairs, strict=True):
        answers[at] = compute(*pair)
    return answers if answers.ndim else answers[()]


def _goes_first(own: Any, number: Any) -> bool:
    """Tell whether Python's floats, or NumPy's numbers, leave an operator to the other operand's class.

    Raises:
        NotDifferentiableError: they differ in that, and a value that stands for many numbers does not tell
            which of the two these are.
    """
    if type_of(number) in PYTHONS:
        return True
    if isinstance(primal(number), Traced) and not number.shape and elements_of(own) is not own:
        raise refused(
            NotDifferentiableError(
                f"{describe(own)} is asked by Python's floats, and an array to NumPy's numbers, and which of "
                "them the members of a batch are is not known: write np.array(list(...)) of it"
            ),
            number,
        )
    priority = getattr(own.__class__, "__array_priority__", None)
    if priority is not None:
        return bool(priority > (0 if number.shape else -1_000_000))
    return not number.shape and elements_of(own) is own


def elements_of(own: Any) -> Any:
    """What NumPy makes an array of in the place of an object: what its ``__array__`` returns, or its elements
    if it is a sequence; the object itself if it is neither.
    """
    cls = own.__class__
    if cls is np.ndarray:
        return own
    if method_of(cls, "__array__"):
        return own.__array__()
    if hasattr(cls, "__len__") and hasattr(cls, "__getitem__"):
        return np.array([own[i] for i in range(len(own))])
    return own


def _cells(value: Any) -> np.ndarray:
    """An operand as an array of objects."""
    shape = value.shape if isinstance(value, (Traced, np.ndarray)) else ()
    cells = np.empty(shape, object)
    for at in np.ndindex(shape):
        cells[at] = value[at] if shape or isinstance(value, np.ndarray) else value
    return cells
