"""Number systems beyond floats: how each makes its numbers of ints and floats, and what NumPy's functions are
called there.
"""

from __future__ import annotations

import importlib
import math
import numbers
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from ..errors import MissingDependencyError, NumberError

Functions = dict[str, Callable[..., Any]]


class Field:
    """A number system.

    Args:
        name: what messages call its numbers.
        exact: makes one of its numbers of an int, a float or a complex number.
        functions: NumPy's functions by name, where the numbers' own operators do not do.
        advice: what to use for a function that is not there.
        parts: for complex numbers, the field of their real and imaginary parts.
        whole: for real numbers that have complex ones, gives the field of those.
        other: looks up a function of another name; None if there is none.
    """

    def __init__(
        self,
        name: str,
        exact: Callable[[Any], Any],
        functions: Functions,
        advice: str,
        parts: Field | None = None,
        whole: Callable[[], Field] | None = None,
        other: Callable[[str], Any] = lambda name: None,
    ) -> None:
        self.name = name
        self.exact = exact
        self.functions = functions
        self.advice = advice
        self.parts = parts
        self.whole = whole
        self.is_complex = parts is not None
        self.other = other

    def function(self, ufunc: Any) -> Callable[..., Any]:
        """What a ufunc does to single numbers of the field."""
        name = ufunc.__name__
        found = self.functions.get(name) or OPERATORS.get(name) or self.other(name)
        if found is None:
            raise NumberError(f"{name} of a {self.name} is not there; {self.advice}")
        return found

    def number(self, x: Any) -> Any:
        """Any number as one of the field; bools and numbers of the field stay."""
        if x.__class__ in (bool, np.bool_) or (field_of(x) is not None and not self.is_complex):
            return x
        return self.exact(x.item() if isinstance(x, np.generic) else x)


def reciprocal(x: Any) -> Any:
    return 1 / x


def sign(x: Any) -> int:
    return int(x > 0) - int(x < 0)


def copied_sign(x: Any, y: Any) -> Any:
    return abs(x) if y >= 0 else -abs(x)


def fmod(x: Any, y: Any) -> Any:
    return x - y * int(x / y)


# What Python's own operators do in every field.
OPERATORS: Functions = {
    "add": lambda x, y: x + y,
    "subtract": lambda x, y: x - y,
    "multiply": lambda x, y: x * y,
    "divide": lambda x, y: x / y,
    "power": lambda x, y: x ** (int(y) if y == int(y) else y),
    "negative": lambda x: -x,
    "positive": lambda x: x,
    "square": lambda x: x * x,
    "reciprocal": reciprocal,
    "remainder": lambda x, y: x - y * math.floor(x / y),
    "floor_divide": lambda x, y: math.floor(x / y),
    "fmod": fmod,
    "absolute": abs,
    "fabs": abs,
    "sign": sign,
    "copysign": copied_sign,
    "maximum": lambda x, y: x if x >= y else y,
    "minimum": lambda x, y: x if x <= y else y,
    "fmax": lambda x, y: x if x >= y else y,
    "fmin": lambda x, y: x if x <= y else y,
    "conjugate": lambda x: x,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "rint": round,
    "heaviside": lambda x, y: y if x == 0 else int(x > 0),
    "greater": lambda x, y: x > y,
    "greater_equal": lambda x, y: x >= y,
    "less": lambda x, y: x < y,
    "less_equal": lambda x, y: x <= y,
    "equal": lambda x, y: x == y,
    "not_equal": lambda x, y: x != y,
    "logical_and": lambda x, y: bool(x) and bool(y),
    "logical_or": lambda x, y: bool(x) or bool(y),
    "logical_not": lambda x: not x,
    "bitwise_and": lambda x, y: x & y,
    "bitwise_or": lambda x, y: x | y,
    "invert": lambda x: not x,
    "isfinite": lambda x: True,
    "isnan": lambda x: x != x,
    "isinf": lambda x: False,
    "signbit": lambda x: x < 0,
}

# ------------------------------------------------------------------------------------------------------------
# Fractions and decimals
# ------------------------------------------------------------------------------------------------------------


def root_of_fraction(x: Fraction) -> Fraction:
    """The square root of a square."""
    if x >= 0:
        top, bottom = math.isqrt(x.numerator), math.isqrt(x.denominator)
        if top * top == x.numerator and bottom * bottom == x.denominator:
            return Fraction(top, bottom)
    raise NumberError(f"the square root of {x} is no fraction; mpmath.mpf has it, to any precision")


def fraction_power(x: Fraction, y: Any) -> Fraction:
    """A power with an integer exponent."""
    if y == int(y):
        return Fraction(x) ** int(y)
    raise NumberError(f"{x}**{y} is no fraction; mpmath.mpf has it, to any precision")


FRACTIONS = Field(
    "Fraction",
    Fraction,
    {
        "sqrt": root_of_fraction,
        "power": fraction_power,
        "divide": lambda x, y: Fraction(x) / y,
        "reciprocal": lambda x: Fraction(1) / x,
    },
    "its values are no fractions; mpmath.mpf has them to any precision, and a SymPy symbol as a formula",
)
DECIMALS = Field(
    "Decimal",
    Decimal,
    {
        "exp": lambda x: Decimal(x).exp(),
        "log": lambda x: Decimal(x).ln(),
        "log10": lambda x: Decimal(x).log10(),
        "sqrt": lambda x: Decimal(x).sqrt(),
        "log1p": lambda x: (1 + Decimal(x)).ln(),
        "expm1": lambda x: Decimal(x).exp() - 1,
        "exp2": lambda x: Decimal(2) ** x,
        "log2": lambda x: Decimal(x).ln() / Decimal(2).ln(),
        "divide": lambda x, y: Decimal(x) / y,
        "isfinite": lambda x: Decimal(x).is_finite(),
        "isinf": lambda x: Decimal(x).is_infinite(),
        "isnan": lambda x: Decimal(x).is_nan(),
    },
    "decimal has exp, log, log10 and sqrt; mpmath.mpf has all, to any precision",
)

# ------------------------------------------------------------------------------------------------------------
# mpmath
# ------------------------------------------------------------------------------------------------------------

ARCS = {
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "arctan2": "atan2",
}


# The floats that stand for numbers which can be had more precisely, as users type them and as rules do.
CONSTANTS: dict[float, Callable[[Any], Any]] = {
    math.pi: lambda m: +m.pi,
    math.pi / 180: lambda m: m.pi / 180,
    180 / math.pi: lambda m: 180 / m.pi,
    math.log(2): lambda m: m.log(2),
    math.log(10): lambda m: m.log(10),
    1 / math.log(2): lambda m: 1 / m.log(2),
    1 / math.log(10): lambda m: 1 / m.log(10),
    math.e: lambda m: m.exp(1),
}
SAME_IN_MPMATH = frozenset({
    "sin", "cos", "tan", "sinh", "cosh", "tanh", "exp", "expm1", "log", "log10", "log1p", "sqrt", "cbrt",
    "hypot", "sign", "floor", "ceil", "degrees", "radians", "isfinite", "isnan", "isinf",
})  # fmt: skip


def mpmath_field(is_complex: bool) -> Field:
    """The numbers of mpmath, in its precision of the moment."""
    mp = importlib.import_module("mpmath")

    def exact(x: Any) -> Any:
        return CONSTANTS[x](mp) if isinstance(x, float) and x in CONSTANTS else mp.mpmathify(x)

    def real(f: Callable[..., Any]) -> Callable[..., Any]:
        """A function whose value is nan where it would be complex for real arguments."""
        if is_complex:
            return f

        def of_real(*args: Any) -> Any:
            y = f(*args)
            return mp.nan if isinstance(y, mp.mpc) else y

        return of_real

    def quotient(x: Any, y: Any) -> Any:
        if y == 0:
            return mp.nan if x == 0 or mp.isnan(x) else mp.inf * mp.sign(x)
        return mp.mpmathify(x) / y

    def power(x: Any, y: Any) -> Any:
        if x == 0 and mp.re(y) < 0:
            return mp.inf
        return mp.power(x, int(mp.re(y)) if mp.isint(y) else y)

    names = {"conjugate": "conj", "absolute": "fabs", "fabs": "fabs", "rint": "nint"} | ARCS
    functions = {name: real(getattr(mp, names.get(name, name))) for name in (*SAME_IN_MPMATH, *names)}
    functions |= {
        "divide": quotient,
        "reciprocal": lambda x: quotient(1, x),
        "power": real(power),
        "cbrt": mp.cbrt if is_complex else lambda x: mp.sign(x) * mp.cbrt(mp.fabs(x)),
        "exp2": lambda x: mp.power(2, x),
        "log2": real(lambda x: mp.log(x, 2)),
        "rad2deg": mp.degrees,
        "deg2rad": mp.radians,
        "sinc": lambda x, k: mp.diff(mp.sincpi, x, k),
        "logaddexp": lambda x, y: mp.log(mp.exp(x) + mp.exp(y)),
        "logaddexp2": lambda x, y: mp.log(mp.power(2, x) + mp.power(2, y), 2),
    }
    return Field(
        "mpmath number",
        lambda x: mp.mpc(exact(x)) if is_complex else exact(x),
        functions,
        "mpmath has no function of this name",
        mpmath_field(False) if is_complex else None,
        None if is_complex else lambda: mpmath_field(True),
        lambda name: real(getattr(mp, name)) if hasattr(mp, name) else None,
    )


# ------------------------------------------------------------------------------------------------------------
# SymPy
# ------------------------------------------------------------------------------------------------------------


def sympy() -> Any:
    """SymPy, if it is there."""
    try:
        return importlib.import_module("sympy")
    except ImportError:
        raise MissingDependencyError("formulas need SymPy: pip install 'hoad[symbolic]'") from None


def sympy_field(as_typed: bool = True) -> Field:
    """Formulas. Symbols count as real numbers.

    Args:
        as_typed: whether the float 0.1 is 1/10, and ``math.pi`` is pi; else each float is its binary value.
    """
    sp = importlib.import_module("sympy")

    def exact(x: Any) -> Any:
        if isinstance(x, complex):
            return exact(x.real) + sp.I * exact(x.imag)
        if isinstance(x, float) and not as_typed and math.isfinite(x):
            return sp.Rational(x)
        if isinstance(x, float):
            known = {math.inf: sp.oo, -math.inf: -sp.oo}
            if x in CONSTANTS:
                return CONSTANTS[x](sp)
            return known[x] if x in known else sp.nan if x != x else sp.Rational(repr(x))
        return sp.sympify(x)

    def term(x: Any) -> Any:
        """A truth value as 1 or 0, beside numbers."""
        return sp.Piecewise((1, x), (0, True)) if isinstance(x, truths) else x

    truths = (sp.core.relational.Relational, sp.logic.boolalg.BooleanFunction, sp.logic.boolalg.BooleanAtom)
    T = sp.Symbol("t")

    names = {"exp": "exp", "log": "log", "sqrt": "sqrt", "cbrt": "cbrt", "ceil": "ceiling", "floor": "floor"}
    names |= {name: name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "sign")} | ARCS
    names |= {"absolute": "Abs", "fabs": "Abs", "maximum": "Max", "minimum": "Min", "fmax": "Max"}
    names |= {"fmin": "Min", "greater": "Gt", "greater_equal": "Ge", "less": "Lt", "less_equal": "Le"}
    functions = {name: getattr(sp, own) for name, own in names.items()}
    functions |= {
        "add": lambda x, y: term(x) + term(y),
        "subtract": lambda x, y: term(x) - term(y),
        "multiply": lambda x, y: term(x) * term(y),
        "remainder": lambda x, y: x - y * sp.floor(x / y),
        "floor_divide": lambda x, y: sp.floor(x / y),
        "trunc": lambda x: sp.sign(x) * sp.floor(sp.Abs(x)),
        "copysign": lambda x, y: sp.Abs(x) * (sp.sign(y) if y != 0 else 1),
        "power": lambda x, y: sp.Pow(x, y),
        "divide": lambda x, y: sp.sympify(x) / y,
        "expm1": lambda x: sp.exp(x) - 1,
        "exp2": lambda x: sp.Integer(2) ** x,
        "log1p": lambda x: sp.log(1 + x),
        "log2": lambda x: sp.log(x, 2),
        "log10": lambda x: sp.log(x, 10),
        "hypot": lambda x, y: sp.sqrt(x**2 + y**2),
        "degrees": lambda x: x * 180 / sp.pi,
        "rad2deg": lambda x: x * 180 / sp.pi,
        "radians": lambda x: x * sp.pi / 180,
        "deg2rad": lambda x: x * sp.pi / 180,
        "logaddexp": lambda x, y: sp.log(sp.exp(x) + sp.exp(y)),
        "logaddexp2": lambda x, y: sp.log(2**x + 2**y, 2),
        "sinc": lambda x, k: sp.diff(sp.sin(sp.pi * T) / (sp.pi * T), T, k).subs(T, x),
        "heaviside": lambda x, y: sp.Heaviside(x, y),
        "isnan": lambda x: x is sp.nan,
        "logical_not": lambda x: sp.Not(x),
        "invert": lambda x: sp.Not(x),
    }
    return Field(
        "SymPy expression",
        exact,
        functions,
        "np.where, and formulas of elementary functions, have one",
        other=lambda name: getattr(sp, name, None),
    )


# ------------------------------------------------------------------------------------------------------------
# Which field
# ------------------------------------------------------------------------------------------------------------

_fields: dict[type, Field | None] = dict.fromkeys((float, int, complex, bool, str, type(None), np.float64))


def field_of(x: Any) -> Field | None:
    """The number system of a value that is no float, int or complex number; None for all else."""
    cls = x.__class__
    if cls in _fields:
        return _fields[cls]
    found = _found(x)
    if found is not NOT_YET:
        _fields[cls] = found
    return _fields.get(cls)


NOT_YET: Any = object()


def _found(x: Any) -> Any:
    if isinstance(x, Fraction):
        return FRACTIONS
    if isinstance(x, Decimal):
        return DECIMALS
    if hasattr(x, "_mpf_") or hasattr(x, "_mpc_"):
        return mpmath_field(is_complex=hasattr(x, "_mpc_"))
    if hasattr(x, "is_Relational") and hasattr(x, "free_symbols"):
        return sympy_field()
    if isinstance(x, numbers.Number) and not isinstance(x, (int, float, complex, np.generic)):
        return field_of_class(x.__class__)
    return None


def field_of_class(cls: type) -> Field:
    """Numbers of a class of the user's: its operators, and its methods for functions, as ``x.sin()``."""

    def method(name: str) -> Any:
        return (lambda x, *more: getattr(x, name)(*more)) if hasattr(cls, name) else None

    return Field(
        cls.__name__, lambda x: x, {}, f"give the class a method {cls.__name__}.NAME(self)", other=method
    )


def field_of_array(x: np.ndarray) -> Field | None:
    """The number system of an array of objects: that of its first element that has one."""
    return next((field for field in map(field_of, x.flat) if field is not None), None)
