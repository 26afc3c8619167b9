"""``Grads``: derivatives by parameters, and the operators on functions that read those from anywhere.

``gradient(f, ps)`` is ``gradient(g, values)``, where ``values`` is a container with the values of the
parameters, and ``g`` lets the parameters stand for what it is given and calls ``f()``. The container is a
``Grads``, so that the result is one, whatever the operator: the Hessian is a ``Grads`` of ``Grads``.
"""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, ItemsView, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import ArgumentError, UntrackedParameterError, describe
from ..nested import Traced, settle
from ..values.constants import is_array
from ..values.trees import map_leaves
from .parameter import Parameter, standing
from .params import Params, cut, flat

Function = Callable[..., Any]


@dataclasses.dataclass(init=False, eq=False, repr=False)  # so that it is a container to all operators
class Grads(Mapping[Parameter, Any]):
    """One derivative for each parameter: a mapping from parameters to arrays, with arithmetic.

    ``g[W]``, ``in``, ``len``, iteration, ``keys``, ``values``, ``items`` and ``get`` work as for a dict.
    ``+``, ``-``, ``*``, ``/`` and ``**`` act on each array, with those of another ``Grads`` (or dict) of the
    same parameters, or with a number.

    Args:
        params: the parameters; this keeps a copy of the collection.
        parts: one array for each of them, in their order.

    Example:
        >>> import numpy as np, hoad
        >>> W, b = hoad.param(np.ones((2, 3))), hoad.param(np.zeros(2))
        >>> g = hoad.gradient(lambda: np.sum(W @ [1, 2, 3] + b), hoad.Params([W, b]))
        >>> g
        Grads((2, 3), (2,))
        >>> g[b], (2 * g - g)[W]
        (array([1., 1.]), array([[1., 2., 3.],
               [1., 2., 3.]]))
    """

    parts: list[Any]
    _params: Params

    __array_ufunc__ = None  # array * grads is for grads to refuse, number * grads to compute

    def __init__(self, params: Any, parts: Any) -> None:
        self._params = params.copy() if params.__class__ is Params else Params(params)
        self.parts = list(parts)
        if len(self.parts) != len(self._params):
            raise ArgumentError(
                f"{len(self.parts)} arrays were given for the {len(self._params)} of {self._params!r}"
            )

    # -- A mapping -------------------------------------------------------------------------------------------

    @property
    def params(self) -> Params:
        """The parameters, as a collection of their own."""
        return self._params.copy()

    def __getitem__(self, parameter: Parameter) -> Any:
        if parameter in self._params:
            return self.parts[self._params.index(parameter)]
        raise UntrackedParameterError(
            f"no derivative was taken by {describe(parameter)}, but by {self._params!r}; "
            f"make it with W = hoad.param(W), and put that W into the Params"
        )

    def __contains__(self, parameter: object) -> bool:
        return parameter in self._params

    def __iter__(self) -> Iterator[Parameter]:
        return iter(self._params)

    def __len__(self) -> int:
        return len(self._params)

    def items(self) -> ItemsView[Parameter, Any]:
        """Pairs of parameter and array."""
        return dict(zip(self._params, self.parts, strict=True)).items()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        if set(self) != set(other):
            return False
        rows = dict(other.items())
        return all([same(part, rows[p]) for p, part in self.items()])

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shapes = [repr(part) if isinstance(part, Grads) else str(np.shape(part)) for part in self.parts]
        return f"Grads({', '.join(shapes)})"

    # -- More mappings ---------------------------------------------------------------------------------------

    def copy(self) -> Grads:
        """The same, with arrays of its own."""
        return self.map(lambda part: part.copy() if hasattr(part, "copy") else part)

    def update(self, *others: Mapping[Parameter, Any]) -> None:
        """Take over the derivatives of other mappings, also by parameters that are not here yet."""
        for other in others:
            Params(other.keys())  # which refuses what is no parameter
            held = dict(self.items()) | dict(other.items())
            self._params, self.parts = Params(held.keys()), list(held.values())

    def merge(self, *others: Mapping[Parameter, Any]) -> Grads:
        """As ``update``, in a new ``Grads``."""
        merged = Grads(self._params, self.parts)
        merged.update(*others)
        return merged

    # -- Arithmetic ------------------------------------------------------------------------------------------

    def map(self, function: Function, *others: Mapping[Parameter, Any]) -> Grads:
        """Apply a function to the array of each parameter.

        Args:
            function: a function of one array from here and one from each of ``others``.
            others: mappings of the same parameters, in any order.

        Returns:
            A ``Grads`` of what it returns.

        Raises:
            ArgumentError: the parameters are not the same.

        Example:
            >>> import hoad
            >>> W = hoad.param([3.0, 4.0])
            >>> g = hoad.gradient(lambda: W[0] * W[1], hoad.Params([W]))
            >>> g.map(lambda a, b: a + b, {W: 10.0})[W]
            array([14., 13.])
        """
        for other in others:
            self._check_same(other)
        return Grads(
            self._params, [function(part, *[other[p] for other in others]) for p, part in self.items()]
        )

    def _check_same(self, other: Mapping[Parameter, Any]) -> None:
        mine, theirs = self._params, Params(other.keys())
        if mine != theirs:
            raise ArgumentError(
                f"these are derivatives by different parameters; here alone: {named(mine - theirs)}, "
                f"there alone: {named(theirs - mine)}"
            )

    def __neg__(self) -> Grads:
        return self.map(operator.neg)

    # -- As one vector ---------------------------------------------------------------------------------------

    def to_vector(self) -> Any:
        """All numbers in a row, in the order of the parameters."""
        return flat(self.parts)

    def from_vector(self, vector: Any) -> Grads:
        """Cut a vector into arrays of these shapes; the inverse of ``to_vector``.

        Args:
            vector: one row, as long as all arrays together.

        Returns:
            A new ``Grads``.

        Raises:
            ShapeMismatchError: the vector has another shape.

        Example:
            >>> import hoad
            >>> a, b = hoad.param([1.0, 2.0]), hoad.param(3.0)
            >>> g = hoad.gradient(lambda: a[0] * b, hoad.Params([a, b]))
            >>> g.to_vector(), g.from_vector([7, 8, 9])[a]
            (array([3., 0., 1.]), array([7., 8.]))
        """
        return Grads(self._params, cut(vector, self.parts))


def same(a: Any, b: Any) -> bool:
    """Tell whether two parts have the same numbers."""
    return bool(a == b) if isinstance(a, Grads) else np.array_equal(a, b)


def named(parameters: Params) -> str:
    """Parameters in a message."""
    return ", ".join([describe(p) for p in parameters]) or "none"


def _binary(compute: Any) -> tuple[Function, Function]:
    def direct(self: Grads, other: Any) -> Any:
        if isinstance(other, Mapping):
            return self.map(compute, other)
        return self.map(lambda part: compute(part, other)) if is_factor(other) else NotImplemented

    def reflected(self: Grads, other: Any) -> Any:
        if isinstance(other, Mapping):
            return self.map(lambda part, other_part: compute(other_part, part), other)
        return self.map(lambda part: compute(other, part)) if is_factor(other) else NotImplemented

    return direct, reflected


def is_factor(x: Any) -> bool:
    """Tell whether a value scales gradients; fractions and their kin would make arrays of objects of them."""
    return (isinstance(x, (int, float, complex, np.number, Traced)) or is_array(x)) and np.ndim(x) == 0


for _name in ("add", "sub", "mul", "truediv", "pow"):
    _direct, _reflected = _binary(getattr(operator, f"__{_name}__"))
    setattr(Grads, f"__{_name}__", _direct)
    setattr(Grads, f"__r{_name}__", _reflected)

# ------------------------------------------------------------------------------------------------------------
# Functions of parameters as functions of one argument
# ------------------------------------------------------------------------------------------------------------


def explicit(f: Function, args: tuple[Any, ...]) -> tuple[Function, tuple[Any, ...]]:
    """A function and its arguments as they are differentiated: where the argument is a ``Params``, a function
    of the values of the parameters, and these.

    Args:
        f: the function; one that takes no arguments and reads parameters, in that case.
        args: its arguments, or one ``Params``.

    Returns:
        The function and its arguments, in the same form.

    Raises:
        ArgumentError: there are arguments beside the ``Params``, or it is empty.
    """
    for a in args:
        if a.__class__ is Params:
            return OfValues(f), (point_of(a, args),)
    return f, args


def point_of(params: Params, args: tuple[Any, ...]) -> Grads:
    """The values of parameters now, as one container."""
    if len(args) > 1:
        raise ArgumentError(
            f"Params stands among {len(args)} arguments; a function that is differentiated by parameters "
            f"takes none: write hoad.gradient(lambda: f(x), ps)"
        )
    if not params:
        raise ArgumentError("the Params is empty: there is nothing to differentiate by")
    return Grads(params, [p.frozen() for p in params])


class OfValues:
    """A function that reads parameters as a function of their values."""

    def __init__(self, f: Function) -> None:
        self.f = f

    def __call__(self, values: Grads, **kwargs: Any) -> Any:
        found = {p: value.copy() if is_array(value) else value for p, value in values.items()}

        def run(function: Function, *args: Any, **options: Any) -> Any:
            with standing(found):
                y = map_leaves(settle, function(*args, **options))
            if callable(y) and not isinstance(y, Traced):  # what it reads later, it reads in this derivative
                return lambda *more, **named: run(y, *more, **named)
            return y

        return run(self.f, **kwargs)
