"""``np.asarray(y)``: the elements of a traced array lent to NumPy, as an array of objects.

NumPy has no other array that could hold traced values. It can be written to, and nobody is told of that. So
while it is lent, ``y`` and all that shares its elements is ``Lent``: whoever looks at its contents ends the
loan first, and what was written to the array of objects is then written into ``y``. From then on that array
is read-only, since a later write would go unnoticed; a write into ``y`` is still seen there.
"""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..chainrules.numpy.layouts import layout
from ..errors import ObjectArrayWarning
from ..nested import Traced, notes_of
from ..places import shown, users_place
from .mutation import is_scalar, write

MOST = 2000  # elements of arrays of objects that are passed over in silence
HOLDERS = 3  # of an array that nobody else holds: the loan, a local variable, the argument of getrefcount
SET_CLASS = vars(object)["__class__"].__set__


class Loan:
    """An array of objects, whose array ``lender`` is; it stands among the views of all that share them."""

    __slots__ = ("held", "kinds", "lender", "seen")

    def __init__(self, lender: Any, held: np.ndarray, lent: type) -> None:
        self.lender = lender
        self.held = held
        self.seen = list(held.flat)
        self.kinds = [(weakref.ref(member), type(member)) for member in family(lender)]
        for reference, _ in self.kinds:
            member: Any = reference()
            member.views = [*getattr(member, "views", ()), self]
            member.level.linked = True
            SET_CLASS(member, lent)

    def __call__(self) -> Loan:
        return self  # as a weak reference among the views of an array

    def end(self) -> None:
        """Give everything its kind back, and write what was written to the array of objects."""
        for reference, kind in self.kinds:
            member: Any = reference()
            if member is not None:
                member.views = [view for view in member.views if view is not self]
                SET_CLASS(member, kind)
        self.kinds = []
        new = [
            (k, x) for k, (x, old) in enumerate(zip(self.held.flat, self.seen, strict=True)) if x is not old
        ]
        for k, x in new:
            write(self.lender, np.unravel_index(k, self.held.shape), x)
        if self.is_held():
            self.held.flags.writeable = False
            self.lender.views = [*getattr(self.lender, "views", ()), self]
            self.lender.level.linked = True

    def is_held(self) -> bool:
        """Tell whether the array of objects is still in somebody's hands."""
        held = self.held
        return sys.getrefcount(held) > HOLDERS

    def read(self) -> None:
        """Take over what was written into the lender."""
        if self.is_held():
            self.held.flags.writeable = True
            fill(self.held, self.lender)
            self.held.flags.writeable = False


def family(array: Any) -> Iterator[Any]:
    """All arrays that share their elements with one."""
    while hasattr(array, "source"):
        array = array.source[0]
    waiting = [array]
    while waiting:
        member = waiting.pop()
        yield member
        views = [reference() for reference in getattr(member, "views", ())]
        waiting += [view for view in views if isinstance(view, Traced)]


def fill(held: np.ndarray, array: Any) -> None:
    """Put the elements of a traced array into an array of objects."""
    for index in np.ndindex(*held.shape):
        held[index] = array if is_scalar(array) else array[index]


def elements(array: Any) -> np.ndarray:
    """The elements of a traced array, in an array of objects that is contiguous if NumPy's would be."""
    flags, shape = layout(array).flags, array.shape
    if flags.c_contiguous or flags.f_contiguous:
        held = np.empty(shape, dtype=object, order="C" if flags.c_contiguous else "F")
    else:
        held = np.empty((*shape, 2), dtype=object)[..., 0]
    fill(held, array)
    return held


def count(array: Any) -> None:
    """Count the elements that leave a level for arrays of objects; where they are many, say so, once."""
    notes = notes_of(array.level)
    before, notes.lent = notes.lent, notes.lent + array.size
    notes.place = users_place() if notes.place is None else notes.place
    if before <= MOST < notes.lent:
        place = users_place()
        warnings.warn_explicit(
            f"more than {MOST} traced numbers became elements of NumPy's arrays of objects, the last of them "
            f"at {shown(place)}; each is differentiated by itself, which takes some hundred times as long as "
            f"the array. Leave np.asarray(x) and np.array(x) out, as x is an array, or write "
            f"hoad.adapt(f)(x) for the function f that has them",
            ObjectArrayWarning,
            *place,
        )


def lend(array: Any, lent: type) -> np.ndarray:
    """The elements in an array of objects, through which ``array`` can be written to."""
    return Loan(array, elements(array), lent).held


def look(name: str) -> property:
    """An attribute of a value that is lent: whoever asks for it ends the loan."""

    def ended(self: Any) -> Any:
        next(view for view in self.views if view.__class__ is Loan and view.kinds).end()
        return self

    return property(
        lambda self: getattr(ended(self), name), lambda self, value: setattr(ended(self), name, value)
    )
