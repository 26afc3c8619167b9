"""What a traced value can't do, said in words."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import numpy as np

from ..errors import EscapeError, MissingRuleError
from ..nested import Traced, primal, refused
from .numpy.layouts import layout
from .numpy.without import WITHOUT


def escape_message(x: Any, how: str, mend: str) -> str:
    """The text of an ``EscapeError``."""
    return (
        f"a traced value (its primal is {primal(x)!r}) was about to become a plain number, which would "
        f"lose its derivative: {how}. {mend}. To write into an array, make it with np.array(a) or "
        f"np.zeros_like(x), or hold the values in a list and use np.stack; to use math functions, take "
        f"NumPy's (np.sin(x) for math.sin(x)); where no derivative is wanted, type hoad.primal(x); where x "
        f"stands in a keyword alone (initial=, constant_values=), take the function of hoad.numpy"
    )


def escape(x: Any, how: str, mend: str) -> EscapeError:
    """The error for a traced value that would become a plain number."""
    return refused(EscapeError(escape_message(x, how, mend)), x)


def without_rule(func: Any, values: tuple[Any, ...], method: str = "") -> MissingRuleError:
    """The error for a function that has no rule, or none for a method of it, and met traced values."""
    found = [x for value in values for x in (value if isinstance(value, (list, tuple)) else (value,))]
    return refused(MissingRuleError(missing(func).replace(" has no", f"{method} has no", 1)), *found)


def without_kernel(kernel: Any, values: tuple[Any, ...]) -> MissingRuleError:
    """The error for a kernel of another library's, whose code can't be followed."""
    name = getattr(kernel, "name", None) or getattr(kernel, "__name__", repr(kernel))
    cls = type(kernel).__name__
    kind = f"{type(kernel).__module__.partition('.')[0]}.{cls.lstrip('_')}"
    if cls.endswith("RawKernel"):  # whose result is what it has written
        how = (
            "Put the launch into a function that gives the result, and state the derivative of that "
            "function, with another kernel or in np: hoad.chainrules.scalar_rule(f, lambda x, out: ...) for "
            "one of each element, hoad.chainrules.rrule(f) for any other"
        )
    else:
        how = (
            "State one, with another kernel or in np: hoad.chainrules.scalar_rule(kernel, lambda x, out: "
            "...) for one of each element, hoad.chainrules.rrule(kernel) for any other"
        )
    return refused(
        MissingRuleError(f"the {kind} {name!r} is code of its own, which has no derivative. {how}"), *values
    )


def unread(x: Any, name: str) -> EscapeError:
    """The error where the bytes of a value are asked for, or the like."""
    return refused(EscapeError(bytes_message(x, name)), x)


def bytes_message(x: Any, name: str) -> str:
    """The text of that."""
    value = primal(x)
    if isinstance(value, Traced) and value.has_members:
        return (
            f"x.{name} is asked of x = {value!r}, which stands for all members of a batch; "
            f"np.stack([f(r) for r in x]) in place of vmap(f)(x) has one after the other"
        )
    instead = INSTEAD_OF_BYTES.get(name, f"type np.asarray(hoad.primal(x)).{name}")
    return (
        f"x.{name} of a traced value (its primal is {value!r}) would lose its derivative, as bytes and "
        f"integers have none. Where none is wanted, {instead}"
    )


INSTEAD_OF_BYTES = {
    "getfield()": "type np.asarray(hoad.primal(x)).getfield(dtype); x.real and x.imag stay traced",
    "as_integer_ratio()": "type hoad.primal(x).as_integer_ratio()",
    "setfield()": "type x[...] = hoad.primal(v); with x[...] = v, x.real = v and x.imag = v it goes on",
}


def refused_use(name: str, why: str, mend: str, *values: Any) -> MissingRuleError:
    """The error for a use of a function that can't be followed."""
    shown = ", ".join([repr(primal(x)) for x in values if isinstance(x, Traced)])
    return refused(MissingRuleError(f"{name} of a traced value ({shown}): {why}; {mend}"), *values)


AS_STRIDED = getattr(np.lib.stride_tricks.as_strided, "__code__", None)


def refuse_other_strides(x: Any) -> None:
    """Refuse to become an array of objects for ``as_strided``, where its steps in bytes would be others: what
    is read there are no objects.
    """
    lies_alike = x.itemsize == np.dtype(object).itemsize and layout(x).flags.c_contiguous
    if sys._getframe(2).f_code is AS_STRIDED and not lies_alike:
        raise refused_use(
            "as_strided",
            "an array of objects has other steps in memory than this one",
            "take np.lib.stride_tricks.sliding_window_view(x, n), or fancy indices",
            x,
        )


# By these names the bytes of an array are read, which for an array of objects are addresses in memory.
READERS = frozenset({
    "frombuffer", "tobytes", "tofile", "ctypes", "as_ctypes", "as_array", "bytes", "bytearray", "memoryview",
    "unpack", "unpack_from", "iter_unpack", "sha1", "sha256", "sha512", "md5", "blake2b", "blake2s", "crc32",
    "adler32",
})  # fmt: skip


def refuse_reading_of_bytes(x: Any) -> None:
    """Refuse to become an array of objects for code that reads the bytes of one: NumPy would tell nobody."""
    frame = sys._getframe(2)
    for name in frame.f_code.co_names:
        if name in READERS:
            how = f"it becomes an array of objects for {frame.f_code.co_name}, which has {name} of an array"
            raise escape(x, how, "x is an array itself; its bytes are those of np.asarray(hoad.primal(x))")


def missing(func: Any) -> str:
    """The text of a ``MissingRuleError``."""
    name = getattr(func, "__name__", str(func))
    module = getattr(func, "__module__", None) or ("numpy" if getattr(np, name, None) is func else "")
    name = f"{module}.{name}" if module else name
    reason = WITHOUT.get(name.removeprefix("numpy.")) if module.startswith("numpy") else None
    if reason is not None:
        return f"{name} has no derivative: {reason}"
    return (
        f"{name} has no derivative rule. State one with hoad.chainrules: "
        f"scalar_rule({name}, lambda x, out: ...) for an elementwise function of one argument, "
        f"composite({name}) over a body in other NumPy functions, or constant({name}) if its derivative "
        f"is zero"
    )


def refuse_plain(target: Any, value: Any) -> None:
    """Refuse to write a traced value into a plain array."""
    if not isinstance(target, Traced):
        raise escape(
            value, f"it is written into a plain {type(target).__name__}", "np.zeros_like(x) can hold it"
        )


# ------------------------------------------------------------------------------------------------------------
# Functions of scipy.special written in Python, which make arrays of their arguments
# ------------------------------------------------------------------------------------------------------------

SPECIAL = "scipy.special."
INSTEAD = {
    "logsumexp": "np.logaddexp.reduce(x) is the same function, for one axis= at a time",
    "softmax": "np.exp(x - np.logaddexp.reduce(x)) is the same function, for one axis",
    "log_softmax": "x - np.logaddexp.reduce(x) is the same function, for one axis",
    "polygamma": "(-1) ** (n + 1) * math.factorial(n) * scipy.special.zeta(n + 1, x) is the same function, "
    "and scipy.special.psi(x) for n = 0",
    "multigammaln": "d * (d - 1) / 4 * np.log(np.pi) + "
    "sum(scipy.special.gammaln(a - j / 2) for j in range(d)) is the same function",
}


def is_public(name: str) -> bool:
    """Tell whether users call a function of ``scipy.special`` by this name."""
    return hasattr(sys.modules.get("scipy.special"), name)


def refuse_conversion_in_scipy(x: Any) -> None:
    """Refuse to become an array of objects within a function of ``scipy.special``, which computes with
    numbers alone: what comes of it fails later, in words that name nothing.
    """
    frame: FrameType | None = sys._getframe(2)
    name = None
    while frame is not None and frame.f_globals.get("__name__", "").startswith("scipy."):
        if frame.f_globals["__name__"].startswith(SPECIAL) and is_public(frame.f_code.co_name):
            name = frame.f_code.co_name
        frame = frame.f_back
    if name is not None:
        mend = INSTEAD.get(name, f"state a rule for it with hoad.chainrules.composite({SPECIAL}{name})")
        message = (
            f"{SPECIAL}{name} has no derivative rule: SciPy wrote it in Python, and it turns its arguments "
            f"into plain arrays, which would lose their derivative. Instead: {mend}"
        )
        raise refused(MissingRuleError(message), x)
