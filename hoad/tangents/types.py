"""Tangents that are not numbers: of what can't be perturbed, of what is not, and of what nobody has worked
out.
"""

from __future__ import annotations

from typing import Any


class NoTangent:
    """The tangent or cotangent of what can't be perturbed: a function, a string, an index.

    Example:
        >>> NoTangent()
        NoTangent()
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))


class ZeroTangent(NoTangent):
    """A tangent or cotangent that is zero, of whatever shape is needed; sums and products know it.

    Example:
        >>> 2.0 + ZeroTangent(), 3.0 * ZeroTangent()
        (2.0, ZeroTangent())
    """

    __slots__ = ()
    __array_ufunc__ = None  # arrays leave the sum to __radd__

    def __add__(self, other: Any) -> Any:
        return other

    def __mul__(self, other: Any) -> ZeroTangent:
        return self

    def __neg__(self) -> ZeroTangent:
        return self

    __radd__ = __add__
    __rmul__ = __matmul__ = __rmatmul__ = __truediv__ = __mul__


class NotImplementedTangent:
    """A derivative that nobody has worked out: an error, but only where it is needed.

    Args:
        message: what the error says, such as where the formula might be found.

    Example:
        >>> NotImplementedTangent("d/dorder of a Bessel function")
        NotImplementedTangent('d/dorder of a Bessel function')
    """

    __slots__ = ("message",)

    def __init__(self, message: str) -> None:
        self.message = message

    def __repr__(self) -> str:
        return f"NotImplementedTangent({self.message!r})"


class CapturedTangent:
    """The tangent or cotangent of what a function captured: the values in its closure that are
    differentiated.

    ``vjp(g, x)`` in a rule gives it as the first cotangent, which the rule hands on in the place of ``g``;
    those of several calls are added.
    """

    __slots__ = ("parts",)

    def __init__(self, parts: dict[int, Any]) -> None:
        self.parts = parts

    def __add__(self, other: Any) -> CapturedTangent:
        if isinstance(other, NoTangent) or (isinstance(other, (int, float)) and other == 0):
            return self
        keys = {**self.parts, **other.parts}
        return CapturedTangent({k: _plus(self.parts.get(k), other.parts.get(k)) for k in keys})

    def __mul__(self, factor: Any) -> CapturedTangent:
        return CapturedTangent({k: factor * part for k, part in self.parts.items()})

    __radd__, __rmul__ = __add__, __mul__

    def __repr__(self) -> str:
        return f"CapturedTangent({list(self.parts.values())!r})"


def _plus(a: Any, b: Any) -> Any:
    return b if a is None else a if b is None else a + b


def is_zero(t: Any) -> bool:
    """Tell whether a tangent stands for zero without being a number."""
    return t is None or isinstance(t, NoTangent)
