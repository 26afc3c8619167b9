"""``hoad.compile`` and what it returns."""

from __future__ import annotations

import functools
import inspect
import keyword
import threading
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import (
    ArgumentError,
    CompiledDiffersError,
    HoadError,
    MissingDependencyError,
    RecordingError,
    RecordingWarning,
)
from ..nested import glance, innermost
from ..places import users_place
from ..program.lowering.complexes import has_complex, in_pairs
from ..program.lowering.definitions import Unsupported
from ..program.lowering.expansion import Expansion
from ..program.passes import STEPS
from ..program.program import Program
from ..program.sources.c_source import c_source
from ..program.sources.jax_source import jax_function
from ..program.sources.numpy_source import MISSED
from ..running.calling import check_function
from ..running.made import Made, Wrapping, label
from ..running.tracebacks import told
from ..values.constants import is_elsewhere
from ..values.trees import flatten_result
from . import recordings
from .direct import direct
from .disk import folder
from .objects import missing
from .signature import ONE_BY_ONE, Call, order_of, taken_apart
from .variant import AS_WRITTEN, Variant, recorded

BACKENDS = ("auto", "native", "numpy", "plain")
ALL: weakref.WeakSet[Compiled] = weakref.WeakSet()
_guard = threading.RLock()  # held where that is changed or gone through


def compile(
    f: Any = None,
    *,
    backend: str = "auto",
    static_argnums: int | tuple[int, ...] = (),
    static_argnames: str | tuple[str, ...] = (),
    max_variants: int = 8,
    max_ops: int = 200_000,
    on_fail: str = "plain",
    check: int | bool = False,
    cache: bool | str | Path = False,
) -> Any:
    """Record a function once, and carry out from then on the straight program that was recorded.

    The function may hold any derivatives of hoad, of any order and nesting: what is recorded are the NumPy
    calls that they come down to. Branches and loops on values are followed: the program is that of all
    arguments for which they go the same way, and others get a program of their own. Where there is nan in a
    result, and wherever something can't be recorded, the function runs as it is written; ``why()`` tells.

    What holds for ``jax.jit`` holds here: the result must depend on the arguments alone. Globals, closures
    and arrays that the function holds are constants of the program, as they were when it was recorded;
    printing and drawing random numbers happens while recording, and not again. Integers, strings and other
    arguments that are no floats or arrays are part of the program.

    Arrays of CuPy's lie on a device, and the program becomes kernels there, launched on the current stream;
    nobody waits for them unless the program has branches. nan stays in results then, and where zero was known
    to be multiplied by what is not finite, the results are nan; ``hoad.careful()`` looks, as for NumPy's.

    Args:
        f: a function of numbers, arrays and containers of those; without it, a decorator is returned.
        backend: ``"native"``, machine code made by LLVM (the extra ``hoad[compile]``), and NumPy code of
        what has
            no form in that; ``"numpy"``, NumPy code alone, as ``source()`` shows it; ``"plain"``,
            nothing is compiled; ``"auto"``, the fastest that is there.
        static_argnums: positions of arguments that are part of the program, by value.
        static_argnames: names of such arguments.
        max_variants: how many programs to keep; what needs more runs as it is written.
        max_ops: how many operations a program may have.
        on_fail: what to do where something can't be recorded: ``"plain"`` runs the function as it is,
            ``"warn"`` says so too, ``"raise"`` raises the error.
        check: True compares every call with the plain function, an integer n every n-th.
        cache: a folder in which machine code is kept, so that the next process need not make it again, and
            what was recorded, so that it need not run f: where all that f holds can be compared between
            processes, which is code, data, and functions of NumPy's, SciPy's and hoad's; True stands for
            ``$HOAD_CACHE_DIR``, or ``hoad`` in the user's folder for such files. A recording is a pickle,
            which may run code as it is read: the folder is one to which nobody else can write.

    Returns:
        A function with the same arguments and values.

    Raises:
        ArgumentError: an option that there is not.
        CompiledDiffersError: with ``check``, a result differs from that of the plain function.

    Example:
        >>> import numpy as np, hoad
        >>> def energy(x):
        ...     return np.sum(np.sin(x) ** 2)
        >>> slope = hoad.compile(hoad.grad(energy))
        >>> slope(np.array([0.0, np.pi / 4]))
        array([0., 1.])
        >>> print(slope.source())
        def energy(x):
            v1 = np.sin(x)
            v2 = 2 * v1
            v3 = np.cos(x)
            v4 = v2 * v3
            return v4,
        <BLANKLINE>
    """
    options: dict[str, Any] = {
        "backend": backend,
        "static_argnums": static_argnums,
        "static_argnames": static_argnames,
        "max_variants": max_variants,
        "max_ops": max_ops,
        "on_fail": on_fail,
        "check": check,
        "cache": folder(cache),
    }
    if f is None:
        return functools.partial(compile, **options)
    try:
        check_function(f, "compile", "(f)(x)")
        if backend not in BACKENDS:
            raise ArgumentError(f"backend={backend!r} is none of {', '.join(map(repr, BACKENDS))}")
        if backend == "native" and missing():
            raise MissingDependencyError(f"there is no native code here: {missing()}")
        if on_fail not in ("plain", "warn", "raise"):
            raise ArgumentError(f"on_fail={on_fail!r} is none of 'plain', 'warn', 'raise'")
    except Exception as error:
        told(error, "compile")
        raise
    return _compiling.make(f, options)


class Compiled(Made):
    """A function that is carried out as recorded programs, one for each kind of arguments and each way
    through its branches.
    """

    def __init__(self, form: Any, f: Callable[..., Any], options: dict[str, Any]) -> None:
        super().__init__(form, f, options)
        numbers, names = options["static_argnums"], options["static_argnames"]
        given = numbers if isinstance(numbers, tuple) else (numbers,)
        self._static = frozenset((*given, *((names,) if isinstance(names, str) else names)))
        self._lock = threading.RLock()
        self._head: Callable[..., Any] = functools.partial(Compiled.__call__, self)
        self._found: dict[Any, tuple[Variant, ...]] = {}
        self._asked: set[Any] = set()  # for which arguments there was a look at the disk
        self._why: list[str] = []
        self._plain = self._calls = 0
        with _guard:
            ALL.add(self)
        # Native code is called without a Python function in between: it is the class's own ``__call__``.
        self.__class__ = type(self.__class__.__name__, (self.__class__,), {"__call__": Compiled.__call__})

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return self._at(args, kwargs)
        except Exception as error:
            told(error, "compile")
            raise

    def held_parts(self) -> Any:
        """Nothing: what the function captured is a constant of its programs."""
        return ()

    def _at(self, args: Any, kwargs: Any) -> Any:
        try:
            call = taken_apart(args, kwargs, self._static)
        except RecordingError as error:
            self._failed(error)
            self._plain += 1
            return self._f(*args, **kwargs)
        if self._options["cache"] is not None and call.key not in self._asked:
            self._look(call)
        numbers = call.numbers()
        if innermost(numbers) is not None:
            return self._along(call, numbers, args, kwargs)
        for variant in self._found.get(call.key, ()):
            found = variant.at(numbers)
            if found is not MISSED:
                return self._checked(found, args, kwargs)
        return self._recorded(call, args, kwargs)

    def _along(self, call: Call, numbers: list[Any], args: Any, kwargs: Any) -> Any:
        """The value for traced values: the derivative is that of the recorded program."""
        for variant in self._found.get(call.key, ()):
            found = variant.along(numbers)
            if found is not MISSED:
                return self._f(*args, **kwargs) if found is AS_WRITTEN else found
        plain = [glance(x) for x in numbers]
        if all([np.shape(a) == np.shape(b) for a, b in zip(plain, numbers, strict=True)]) and self._room(
            call
        ):
            made = self._record(call._replace(leaves=_with(call, plain)))[0]
            found = MISSED if made is None else made.along(numbers)
            if found is not MISSED and found is not AS_WRITTEN:
                return found
        return self._f(*args, **kwargs)

    def _room(self, call: Call) -> bool:
        """Whether one more program may be recorded."""
        held = sum(map(len, self._found.values()))
        return bool(self._options["backend"] != "plain" and held < self._options["max_variants"])

    def _recorded(self, call: Call, args: Any, kwargs: Any) -> Any:
        """The value for arguments of which there is no program yet."""
        if self._room(call):
            variant, found = self._record(call)
            if variant is not None:
                return found
        self._plain += 1
        return self._f(*args, **kwargs)

    def _record(self, call: Call) -> tuple[Variant | None, Any]:
        """Record one more program, if it can be."""
        try:
            names, limit, cache = self._names(call), self._options["max_ops"], self._options["cache"]
            place = self._place(call)
            variant, found = recorded(self._f, call, names, self._title, limit, cache)
            self._add(variant, call)
        except Exception as error:
            self._failed(error)
            return None, None
        if place is not None and place == self._place(call):  # it has written into nothing that it holds
            recordings.keep(place, variant)
        return variant, found

    def _place(self, call: Call) -> Path | None:
        """The file in which programs for a call are kept; None if they are not."""
        cache = self._options["cache"]
        if cache is None:
            return None
        name = recordings.name_of(self._f, call, (self._names(call), self._title, self._options["max_ops"]))
        return None if name is None else Path(cache) / name

    def _look(self, call: Call) -> None:
        """Take the programs for a call that another process has recorded."""
        self._asked.add(call.key)
        place = self._place(call)
        if place is None or self._found.get(call.key) or self._options["backend"] == "plain":
            return
        like = next((x for x in map(glance, call.numbers()) if is_elsewhere(x)), None)
        options = {"names": self._names(call), "title": self._title, "cache": self._options["cache"]}
        for variant in recordings.found(place, like, **options):
            if self._room(call):
                self._add(variant, call)

    def _add(self, variant: Variant, call: Call) -> None:
        """Let a program answer."""
        self._make(variant, call)
        with self._lock:
            self._found = {**self._found, call.key: (*self._found.get(call.key, ()), variant)}
            if variant.backend is None and self._is_direct(call) and variant.is_bare():
                native, before = variant.native, self._head
                self._head = direct(variant, before) if native is None else native.function(before)
                setattr(type(self), "__call__", staticmethod(self._head))

    def _make(self, variant: Variant, call: Call) -> None:
        """Make what a program is carried out by."""
        on_device = variant.backend is not None
        if on_device and self._options["backend"] in ("auto", "native"):
            variant.make_kernels(variant.example([glance(x) for x in call.numbers()]))
        elif self._options["backend"] in ("auto", "native") and not missing():
            variant.make_native()
        if not on_device and variant.native is None:
            variant.made()

    def _is_direct(self, call: Call) -> bool:
        """Whether code may take the arguments as they are."""
        return (
            call.structure is ONE_BY_ONE
            and len(call.varying) == len(call.leaves)
            and not self._options["check"]
            and not any(map(order_of, call.leaves))
        )

    def _failed(self, error: Exception) -> None:
        """Something could not be recorded."""
        text = f"{type(error).__name__}: {error}"
        if text not in self._why:
            self._why.append(text)
            del self._why[:-16]
        if self._options["on_fail"] == "raise" and isinstance(error, HoadError):
            raise error
        if self._options["on_fail"] == "warn":
            message = f"{label(self._f)} runs as it is written: {text}"
            warnings.warn_explicit(message, RecordingWarning, *users_place())

    def _checked(self, found: Any, args: Any, kwargs: Any) -> Any:
        """A value, compared with that of the plain function if it is time to."""
        every = self._options["check"]
        if every:
            self._calls += 1
            if self._calls % int(every) == 0:
                compare(found, self._f(*args, **kwargs), self)
        return found

    @property
    def _title(self) -> str:
        name = getattr(self._f, "__name__", "compiled")
        return name if name.isidentifier() and not keyword.iskeyword(name) else "compiled"

    def _names(self, call: Call) -> list[str]:
        """What the inputs are called: as the parameters of f, where each is one number or array."""
        n = len(call.varying)
        try:
            given = [
                p.name for p in inspect.signature(self._f).parameters.values() if p.kind is not p.VAR_KEYWORD
            ]
        except (TypeError, ValueError):
            given = []
        if len(given) >= len(call.leaves) and not isinstance(call.key[0], str):
            return [given[k] for k in call.varying]
        return [f"x{k}" for k in range(n)]

    # -- What was compiled -----------------------------------------------------------------------------------

    @property
    def variants(self) -> list[Variant]:
        """The programs that were recorded, in order."""
        return [variant for found in self._found.values() for variant in found]

    def _variant(self, k: int) -> Variant:
        found = self.variants
        if not -len(found) <= k < len(found):
            why = f" ({self._why[-1]})" if self._why else ""
            raise ArgumentError(f"{self!r} has {len(found)} programs{why}; call it first")
        return found[k]

    def program(self, variant: int = -1) -> Program:
        """One of the recorded programs, as data: the last by default."""
        return self._variant(variant).noted

    def source(self, variant: int = -1) -> str:
        """One of the recorded programs as NumPy code; of one on a device, the launches and the kernels."""
        return self._variant(variant).source()

    def save(self, path: str | Path, variant: int = -1) -> None:
        """Write one of the recorded programs as a module that needs NumPy alone; of one on a device, the
        library of its arrays.

        Raises:
            RecordingError: it calls something that can't be written down.
        """
        try:
            text = self._variant(variant).module()
        except LookupError as error:
            raise RecordingError(f"{self!r} can't be written as a module: {error}") from None
        Path(path).write_text(text)

    def to_jax(self, variant: int = -1) -> Callable[..., Any]:
        """One of the recorded programs as a function of ``jax.numpy``, of the numbers and arrays of the
        arguments in order; it gives what f gives, in JAX's arrays, and JAX may jit it.

        Raises:
            MissingDependencyError: JAX is not installed.
            RecordingError: the program has guards, or calls what JAX has not.
        """
        found = self._variant(variant)
        function = jax_function(found.noted, found.names, found.title)
        return lambda *numbers: found.value(function(*numbers))

    def to_c(self, variant: int = -1) -> str:
        """One of the recorded programs as a C function of single numbers: results are filled row by row,
        and the value is 0; 1 where the arguments take another branch, 2 where a result is not finite. A
        complex number is two numbers, one behind the other.

        Raises:
            RecordingError: it holds something that has no form in single numbers.

        Example:
            >>> import numpy as np, hoad
            >>> slope = hoad.compile(hoad.derivative(lambda x: np.sin(x) ** 2))
            >>> round(slope(1.0), 12)
            0.909297426826
            >>> print(slope.to_c().partition("{")[2].strip())
            double v0 = sin(x[0]);
                double v1 = cos(x[0]);
                double v2 = v0 * 0x1.0000000000000p+1;
                double v3 = v1 * v2;
                if (!isfinite(v0)) return 2;
                if (!isfinite(v1)) return 2;
                out0[0] = v3;
                if (!isfinite(v3)) return 2;
                return 0;
            }
        """
        found = self._variant(variant)
        try:
            program = found.program
            program = in_pairs(program, True) if has_complex(program) else program
            return c_source(Expansion(program), found.names, found.title)
        except Unsupported as error:
            raise RecordingError(f"{self!r} can't be written in C: {error}") from None

    def show(self, variant: int = -1) -> None:
        """Print a program as it was recorded, after each pass that changes it, and as it is carried out."""
        found = self._variant(variant)
        program = found.recorded
        print(f"recorded, {program.size()} operations:\n{program!r}\n")
        for step in STEPS:
            after = step(program)
            if repr(after) != repr(program):
                print(f"{step.__name__.replace('_', ' ')}, {after.size()} operations:\n{after!r}\n")
            program = after
        print(f"carried out, {found.noted.size()} operations:\n{found.noted!r}\n\n{found.source()}")

    def why(self) -> str:
        """Why calls were answered by the function as it is written; empty if none was."""
        native = [f"no native code: {v.why_plain}" for v in self.variants if v.why_plain]
        is_here = not self.variants or any([v.backend is None for v in self.variants])
        if self._options["backend"] == "auto" and missing() and is_here:
            native = [f"no native code: {missing()}"]
        return "\n".join([*self._why, *dict.fromkeys(native)])

    def clear(self) -> None:
        """Forget all programs."""
        with self._lock:
            self._found, self._asked = {}, set()
            self._why = []
            self._head = functools.partial(Compiled.__call__, self)
            setattr(type(self), "__call__", Compiled.__call__)

    def stats(self) -> dict[str, Any]:
        """How many programs there are, the operations in them, how many are machine code or kernels, how
        many of those were found on disk, the bytes of that code with its arrays, the calls that programs
        answered, the calls that ran plainly, and the seconds that it took to make them.
        """
        found = self.variants
        return {
            "variants": len(found),
            "operations": sum([v.noted.size() for v in found]),
            "native": sum([v.native is not None or v.device is not None for v in found]),
            "cached": sum(
                [any([code.cached for code in (v.native, v.device) if code is not None]) for v in found]
            ),
            "bytes": sum(
                [
                    code.size()
                    for v in found
                    for code in (v.native, v.device, *v.stages, *v.devices)
                    if code is not None
                ]
            ),
            "hits": sum([v.calls for v in found]),
            "plain": self._plain,
            "seconds": sum([v.seconds for v in found]),
        }


def _with(call: Call, numbers: list[Any]) -> list[Any]:
    leaves = list(call.leaves)
    for k, x in zip(call.varying, numbers, strict=True):
        leaves[k] = x
    return leaves


def compare(found: Any, plain: Any, compiled: Compiled) -> None:
    """Refuse a result that is not that of the plain function."""
    pairs = zip(flatten_result(found)[0], flatten_result(plain)[0], strict=True)
    for mine, other in pairs:
        if isinstance(mine, (float, complex, np.ndarray, np.generic)) and not np.allclose(
            mine, other, rtol=1e-9, atol=0, equal_nan=True
        ):
            raise CompiledDiffersError(
                f"{compiled!r} gave {mine!r}, and the function as it is written {other!r}: it depends on "
                f"something that is not among its arguments"
            )


def stats() -> dict[str, Any]:
    """The sum of ``stats()`` over all compiled functions that are in use."""
    with _guard:
        every = list(ALL)
    total: dict[str, Any] = {"functions": len(every)}
    for name, value in [item for compiled in every for item in compiled.stats().items()]:
        total[name] = total.get(name, 0) + value
    return total


_compiling = Wrapping(compile, lambda f, args, kwargs: f(*args, **kwargs), Compiled)
setattr(compile, "stats", stats)
