"""``Params``: the parameters that a derivative is taken by, where the function has no arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableSet
from typing import Any

import numpy as np

from ..errors import ShapeMismatchError, UntrackedParameterError, describe
from ..nested import Traced, settle
from ..values.constants import as_array
from .parameter import Parameter


class Params(MutableSet[Parameter]):
    """An ordered set of parameters, each counted by what it is and not by its numbers.

    One parameter given twice is one; two parameters with the same numbers are two. ``in``, ``len``,
    iteration, indexing, ``==`` and ``<=`` (whatever the order), ``|``, ``&``, ``-``, ``^``, ``add``,
    ``discard``, ``remove`` and the methods of Python's sets work; the order is that of the first entry.

    Args:
        parameters: an iterable of what ``hoad.param`` made; of a dict of them, the values.

    Raises:
        UntrackedParameterError: something else is among them, a plain array or a number.

    Example:
        >>> import numpy as np, hoad
        >>> W, b = hoad.param(np.ones((2, 3))), hoad.param(np.zeros(2))
        >>> ps = hoad.Params([W, b, W])
        >>> ps
        Params((2, 3), (2,))
        >>> ps == hoad.Params([b, W]), W in ps, ps[1] is b
        (True, True, True)
        >>> W -= hoad.gradient(lambda: np.sum(W @ [1, 2, 3] + b), ps)[W]
        >>> ps.to_vector()
        array([ 0., -1., -2.,  0., -1., -2.,  0.,  0.])
    """

    def __init__(self, parameters: Iterable[Parameter] = ()) -> None:
        self._held: dict[Parameter, None] = {}
        self.update(parameters)

    # -- Reading ---------------------------------------------------------------------------------------------

    def __contains__(self, parameter: object) -> bool:
        return isinstance(parameter, Parameter) and parameter in self._held

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._held)

    def __reversed__(self) -> Iterator[Parameter]:
        return reversed(self._held)

    def __len__(self) -> int:
        return len(self._held)

    def __getitem__(self, index: Any) -> Any:
        chosen = list(self._held)[index]
        return Params(chosen) if isinstance(index, slice) else chosen

    def index(self, parameter: Parameter) -> int:
        """The position of a parameter."""
        for k, held in enumerate(self._held):
            if held is parameter:
                return k
        raise UntrackedParameterError(f"{describe(parameter)} is not among {self!r}")

    def __repr__(self) -> str:
        return f"Params({', '.join([str(p.shape) for p in self._held])})"

    # -- Changing --------------------------------------------------------------------------------------------

    def add(self, value: Parameter) -> None:
        """Add a parameter at the end, if it is not there."""
        self._held[checked(value, "the element")] = None

    append = add

    def discard(self, value: Parameter) -> None:
        """Remove a parameter, if it is there."""
        self._held.pop(checked(value, "the element"), None)

    def remove(self, value: Parameter) -> None:
        """Remove a parameter, which must be there."""
        self.index(value)
        self.discard(value)

    def update(self, *others: Iterable[Parameter]) -> None:
        """Add all parameters of other collections, or none if one of them is no parameter."""
        self._held |= dict.fromkeys([p for other in others for p in listed(other)])

    # -- The algebra of sets ---------------------------------------------------------------------------------

    def copy(self) -> Params:
        """A collection of the same parameters, with an order and a membership of its own."""
        new = object.__new__(Params)
        new._held = dict(self._held)
        return new

    def union(self, *others: Iterable[Parameter]) -> Params:
        """The parameters that are in any of the collections."""
        return Params([p for group in (self, *others) for p in listed(group)])

    def intersection(self, *others: Iterable[Parameter]) -> Params:
        """The parameters that are in all of the collections."""
        groups = [Params(other) for other in others]
        return Params([p for p in self if all([p in group for group in groups])])

    def difference(self, *others: Iterable[Parameter]) -> Params:
        """The parameters that are in none of the others."""
        groups = [Params(other) for other in others]
        return Params([p for p in self if not any([p in group for group in groups])])

    def symmetric_difference(self, other: Iterable[Parameter]) -> Params:
        """The parameters that are in one of the two collections only."""
        return self.difference(other).union(Params(other).difference(self))

    def issubset(self, other: Iterable[Parameter]) -> bool:
        """Tell whether the other collection has all of these."""
        return self <= Params(other)

    def issuperset(self, other: Iterable[Parameter]) -> bool:
        """Tell whether all of the other collection are here."""
        return self >= Params(other)

    def __and__(self, other: Any) -> Params:
        return self.intersection(other) if isinstance(other, Iterable) else NotImplemented

    def __sub__(self, other: Any) -> Params:
        return self.difference(other) if isinstance(other, Iterable) else NotImplemented

    # -- As one vector ---------------------------------------------------------------------------------------

    def to_vector(self) -> Any:
        """All values in a row, in the order of the parameters: what an optimizer takes."""
        return flat([p.primal for p in self])

    def from_vector(self, vector: Any) -> None:
        """Write the parts of a vector into the parameters, in place; the inverse of ``to_vector``.

        Args:
            vector: one row, as long as all parameters together.

        Raises:
            ShapeMismatchError: it has another shape, or is complex where a parameter is real; nothing is
                written then.

        Example:
            >>> import hoad
            >>> a, b = hoad.param([1.0, 2.0]), hoad.param(3.0)
            >>> hoad.Params([a, b]).from_vector([4, 5, 6])
            >>> a, b
            (Parameter(array([4., 5.])), Parameter(array(6.)))
        """
        for p, part in zip(self, cut(vector, [p.primal for p in self]), strict=True):
            p[...] = part


def listed(parameters: Any) -> list[Parameter]:
    """The parameters of an iterable, each of them checked."""
    if isinstance(parameters, Traced) or not isinstance(parameters, Iterable):
        raise UntrackedParameterError(
            f"Params wants a list of parameters, and got {describe(parameters)}; write hoad.Params([W])"
        )
    values = (
        parameters.values() if isinstance(parameters, Mapping) and not is_keyed(parameters) else parameters
    )
    return [checked(p, f"element {k}") for k, p in enumerate(values)]


def is_keyed(mapping: Mapping[Any, Any]) -> bool:
    """Tell whether the parameters are the keys of a mapping, as in ``Grads``."""
    return len(mapping) > 0 and all([isinstance(key, Parameter) for key in mapping])


def checked(value: Any, what: str) -> Parameter:
    """Refuse what is no parameter."""
    if isinstance(value, Parameter):
        return value
    raise UntrackedParameterError(
        f"{what} is {describe(value)}, which is no parameter, and nobody can tell where a function reads it; "
        f"write W = hoad.param(W), and use that W in the function and in hoad.Params([W])"
    )


# ------------------------------------------------------------------------------------------------------------
# Vectors
# ------------------------------------------------------------------------------------------------------------


def flat(parts: Any) -> Any:
    """Several arrays in one row."""
    return np.concatenate([np.reshape(part, -1) for part in parts]) if len(parts) else np.zeros(0)


def cut(vector: Any, parts: Any) -> list[Any]:
    """One row as several arrays, of the shapes of ``parts``."""
    vector = settle(vector)
    if not isinstance(vector, Traced):
        vector = as_array(vector).copy()
        vector = vector.astype(float) if vector.dtype.kind in "biu" else vector
    ends = np.cumsum([0, *(int(np.size(part)) for part in parts)]).tolist()
    if np.shape(vector) != (ends[-1],):
        shapes = ", ".join([str(np.shape(part)) for part in parts])
        raise ShapeMismatchError(
            f"the vector has shape {np.shape(vector)}; arrays of shapes {shapes} want ({ends[-1]},)"
        )
    if np.iscomplexobj(vector) and not all([np.iscomplexobj(part) for part in parts]):
        raise ShapeMismatchError("the vector is complex, and a part of what it is written to is real")
    return [np.reshape(vector[a:b], np.shape(p)) for p, a, b in zip(parts, ends[:-1], ends[1:], strict=True)]
