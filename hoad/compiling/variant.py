"""``Variant``: one recorded program of a function, in the forms in which it can be carried out."""

from __future__ import annotations

import functools
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np

from ..adapting.doors import behind_door
from ..adapting.known import bound_for
from ..dual import has_nan
from ..errors import RecordingError, RecordingWarning
from ..kinds.recorded import Recorded
from ..kinds.recording import Recording
from ..kinds.retired import retiring
from ..nested import NOTING, pack, settle
from ..places import users_place
from ..program.device.cuda import DeviceProbe
from ..program.elsewhere import owner
from ..program.fields.stages import staged
from ..program.lowering.definitions import Unsupported
from ..program.passes import primitive, simplified
from ..program.program import Program, program_of
from ..program.sources.numpy_source import MISSED, Source
from ..runs import running
from ..values.constants import is_array, is_elsewhere
from ..values.moving import is_moving
from ..values.reading import CAREFUL
from ..values.trees import flatten_result, number, unflatten
from .device import Device
from .native import LIMIT, Native
from .signature import Call
from .watching import watching

AS_WRITTEN: Any = type("AsWritten", (), {})()  # the program leaves out what has a derivative
ERRORS: Any = {
    "divide": "raise",
    "over": "raise",
    "invalid": "raise",
}  # what plain hoad would warn of, it must see


class Variant:
    """A program for one kind of arguments and one way through the branches of the function.

    Args:
        program: as it was recorded.
        structure: of the value; None for a single one.
        rest: the leaves of the value that are no numbers, by their place.
        names: what the inputs are called.
        title: the name of the function.
        cache: the folder in which native code is kept for other processes.
    """

    def __init__(
        self,
        program: Program,
        structure: Any,
        rest: dict[int, Any],
        names: list[str],
        title: str,
        cache: Path | None = None,
    ) -> None:
        self.recorded = program
        self.structure = structure
        self.rest = rest
        self.names = names
        self.title = title
        self.cache = cache
        self.hits = 0
        self.leaves_out = False  # whether something was left out since it was 0
        started = time.perf_counter()
        self.noted = simplified(program)
        self.native: Native | None = None
        self.fast: Callable[..., Any] | None = None
        self.backend = owner(program)  # the library of arrays that lie elsewhere
        self.device: Device | None = None  # kernels there
        self.devices: list[Device] = []  # the same of kernels
        self.stages: list[Native] = []  # native code between calls of what has no native form
        self.why_plain = ""  # why there is no native code
        self.seconds = time.perf_counter() - started

    def is_bare(self) -> bool:
        """Tell whether the value is a number, an array, or a tuple of such, as native code returns it."""
        n = len(self.noted.outputs)
        if self.rest or self.structure is None:
            return not self.rest
        whole = unflatten(self.structure, list(range(n)))
        return whole.__class__ is tuple and whole == tuple(range(n))

    def make_native(self, tells: bool = True) -> None:
        """Make native code, if there is a form of it; without ``tells``, a mistake of hoad's own is no
        warning.
        """
        started = time.perf_counter()
        try:
            single = self.structure is None and not self.rest  # that alone may be no number
            self.native = Native(self.program, single, self.cache)
        except (
            Exception
        ) as error:  # what has no native form, or is too large for one, is carried out by NumPy
            self.why_plain = reason_of(error, tells)
            self.make_stages()
        else:
            self.fast = self.native.function(missed)
        self.seconds += time.perf_counter() - started

    def make_kernels(self, like: Any) -> None:
        """Make kernels for the device where an array lies; where a part has no such form, of the others."""
        started = time.perf_counter()
        try:
            self.device = Device(self.program, self.backend, like, LIMIT, self.names, self.title, self.cache)
        except Exception as error:
            self.why_plain = reason_of(error)
            self.make_device_stages(like)
        self.seconds += time.perf_counter() - started

    def example(self, numbers: list[Any]) -> Any:
        """An array that lies where the program is carried out."""
        held = [node.args for node in self.noted.nodes if node.what == "constant"]
        return next(x for x in (*numbers, *held) if is_elsewhere(x))

    def make_device_stages(self, like: Any) -> None:
        """Kernels of what has a form, between calls of the library."""

        def stage(program: Program) -> Callable[..., Any]:
            names = [f"x{k}" for k in range(len(program.inputs))]
            self.devices.append(Device(program, self.backend, like, LIMIT, names, "stage", self.cache, True))
            return self.devices[-1].function

        try:
            program = staged(self.program, LIMIT, stage, 0, DeviceProbe)
            self.function = Source(program, self.names, self.title, reuse=False).made()
        except Exception:
            self.devices = []
            self.function = self.followed

    def make_stages(self) -> None:
        """Where a part has no native form, make native code of the others, between calls."""
        try:
            program = staged(self.program, LIMIT, self.stage)
            self.function = Source(program, self.names, self.title).made()
        except Exception:
            self.stages = []

    def stage(self, program: Program) -> Callable[..., Any]:
        """Native code of a part."""
        code = Native(program, False, self.cache)
        self.stages.append(code)
        again = code.function(missed)

        def other(*values: Any) -> Any:  # arrays that do not lie in rows
            return again(*[np.ascontiguousarray(x) if x.__class__ is np.ndarray else x for x in values])

        made: Callable[..., Any] = code.function(other)
        return made

    @property
    def calls(self) -> int:
        """How many calls it has answered."""
        return self.hits + (self.native.hits() if self.native is not None else 0)

    @functools.cached_property
    def text(self) -> Source:
        """The program as NumPy code."""
        return Source(self.noted, self.names, self.title)

    def source(self) -> str:
        """What is carried out, as text."""
        if self.device is None and self.devices:
            return "\n\n".join([self.text.body, *map(str, self.devices)])
        return self.text.body if self.device is None else str(self.device)

    def module(self) -> str:
        """The same as a module.

        Raises:
            LookupError: it calls something that can't be written down.
            RecordingError: it holds a large array on a device.
        """
        if self.backend is not None and self.device is None:
            raise LookupError("it calls what has no kernel")
        return self.text.module() if self.device is None else self.device.saved()

    @functools.cached_property
    def function(self) -> Callable[..., Any]:
        """The same, to be called: where there is native code of the whole, nobody may ask for it. Buffers
        that are used again are NumPy's.
        """
        return self.text.made() if self.backend is None else self.followed

    def made(self) -> None:
        """Make NumPy code."""
        started = time.perf_counter()
        self.function  # noqa: B018
        self.seconds += time.perf_counter() - started

    @functools.cached_property
    def program(self) -> Program:
        """The same in terms of rules alone, which is what native code is made of."""
        if any([node.instead is not None for node in self.recorded.nodes]):
            return simplified(primitive(self.recorded))
        return primitive(self.noted)

    @functools.cached_property
    def followed(self) -> Callable[..., Any]:
        """The program for traced values."""
        return Source(self.noted, self.names, self.title, reuse=False).made(traced=True)

    def value(self, leaves: tuple[Any, ...]) -> Any:
        """The value of the function from its leaves."""
        if self.rest:
            found = iter(leaves)
            n = len(leaves) + len(self.rest)
            leaves = tuple([self.rest[k] if k in self.rest else next(found) for k in range(n)])
        return leaves[0] if self.structure is None else unflatten(self.structure, list(leaves))

    def at(self, numbers: list[Any]) -> Any:
        """The value for plain numbers; ``MISSED`` if this is not the program for them, or only plain hoad
        knows what becomes of a nan.
        """
        if self.fast is not None:
            found = self.fast(*[np.ascontiguousarray(x) if x.__class__ is np.ndarray else x for x in numbers])
            if found is MISSED:
                return MISSED
            return self.value((found,) if self.structure is None else found)
        if self.backend is not None:
            return self.on_device(numbers)
        try:
            with np.errstate(**ERRORS):
                found = self.function(*numbers)
                if found is MISSED or any([has_nan(y) for y in found]):
                    return MISSED
        except Exception:  # the function itself will say what is wrong
            return MISSED
        self.hits += 1
        return self.value(found)

    def on_device(self, numbers: list[Any]) -> Any:
        """The same on a device: nobody looks for nan, but where ``hoad.careful()`` says so."""
        try:
            found = (self.function if self.device is None else self.device.function)(*numbers)
        except Exception as error:  # memory that is not there, for instance
            self.why_plain = f"{type(error).__name__}: {error}"
            return MISSED
        if found is MISSED or (CAREFUL.get() and any([bool(np.any(np.isnan(y))) for y in found])):
            return MISSED
        self.hits += 1
        return self.value(found)

    def along(self, numbers: list[Any]) -> Any:
        """The same for traced values; ``AS_WRITTEN`` if the derivative is not that of what was recorded."""
        found = self.followed(*numbers)
        if found is not MISSED and self.leaves_out:
            return AS_WRITTEN
        return MISSED if found is MISSED else self.value(found)

    def __repr__(self) -> str:
        guards = f", {len(self.noted.guards)} guards" if self.noted.guards else ""
        how = "native" if self.native is not None else "native stages" if self.stages else "NumPy"
        if self.backend is not None:
            how = "kernels" if self.device else "kernels between calls" if self.devices else "calls"
        return f"<{self.title}: {self.noted.size()} operations{guards}, {how}, {self.calls} calls>"


@is_moving.register
def moves_in_this_run(x: Recorded, least: float = 0.0) -> bool:
    """Of a value of which every use is noted: whether it is not 0, by a guard. What is left out of the
    program since it is 0 may have a derivative, so traced arguments run the function as it is written.
    """
    found = bool(np.any(np.greater(np.abs(x), least) if least else np.not_equal(x, 0)))
    x.level.leaves_out |= not found
    return found


EXPECTED = (Unsupported, MemoryError)  # where a program has no native form, or too large a one
_told: set[str] = set()  # mistakes that were reported


def reason_of(error: Exception, tells: bool = True) -> str:
    """Why no code was made. What was not expected is a mistake of hoad's, and said once, if ``tells``."""
    if isinstance(error, Unsupported):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    if tells and not isinstance(error, EXPECTED) and text not in _told:
        _told.add(text)
        message = (
            f"no machine code could be made ({text}), so NumPy's is used, which gives the same; this is a "
            f"mistake of hoad's: please report it, with the function"
        )
        warnings.warn_explicit(message, RecordingWarning, *users_place())
    return text


def missed(*args: Any) -> Any:
    """What native code gives where it is not the program for its arguments."""
    return MISSED


def told_by(recording: Recording) -> dict[str, Any]:
    """Let NumPy tell a recording where it would warn: what the function asks it to raise itself is another
    thing.
    """
    return {**dict.fromkeys(ERRORS, "call"), "call": recording.warned}


def run_on(
    f: Callable[..., Any],
    recording: Recording,
    args: Any,
    kwargs: Any,
    errors: dict[str, Any],
    watched: bool,
) -> tuple[list[Any], Any]:
    """The leaves of the value of a function of recorded values, and their structure."""
    recording.outside = sys._getframe()
    with (
        watching(f) if watched else nullcontext(),
        running(recording),
        np.errstate(**errors),
        bound_for(f, args, kwargs) as run,
    ):
        if run is not None:
            args, kwargs = run.given(args, kwargs)
        leaves, structure = flatten_result(behind_door(f)(*args, **kwargs))
        return [settle(pack(leaf)) for leaf in leaves], structure


def copied(x: Any) -> Any:
    """A copy of an argument, which lies in memory as that does."""
    return x.copy("K") if x.__class__ is np.ndarray else x.copy()


def recorded(
    f: Callable[..., Any],
    call: Call,
    names: list[str],
    title: str,
    limit: int,
    cache: Path | None,
    watched: bool = True,
    largest: int = sys.maxsize,
    is_final: bool = False,
) -> tuple[Variant, Any]:
    """Run a function on plain values, noting what it does; if it is watched, effects are warned of. An array
    of more elements than the largest ends it. Of what is final no derivatives will be taken.

    Returns:
        The program, and the value that the function had.

    Raises:
        RecordingError: something in it can't be recorded.
    """
    on_device = any([is_elsewhere(x) for x in call.numbers()])  # which raises no floating-point errors
    recording = Recording(limit, not on_device, largest, is_final)
    numbers = [copied(x) if is_array(x) else x for x in call.numbers()]
    values = [Recorded(recording, x, recording.entered(x)) for x in numbers]
    entered = [x.slot for x in values]
    args, kwargs = call.with_numbers(values)
    with retiring(recording):
        token = NOTING.set(True)
        try:
            leaves, structure = run_on(
                f, recording, args, kwargs, {} if on_device else told_by(recording), watched
            )
        finally:
            NOTING.reset(token)
            recording.outside = None
        if recording.spoiled is not None:
            raise recording.spoiled
        if any([x.slot is not node for x, node in zip(values, entered, strict=True)]):
            raise RecordingError("the function writes into its argument, which the caller would see")
        for leaf in leaves:
            if leaf.__class__ is np.ndarray and leaf.dtype.kind == "O":
                raise RecordingError(
                    "a result is an array of objects, which NumPy has made of a list of numbers"
                )
        rest = {k: leaf for k, leaf in enumerate(leaves) if not number(leaf) or leaf.__class__ in (int, bool)}
        outputs = [
            leaf.slot if isinstance(leaf, Recorded) else recording.constant(leaf)
            for k, leaf in enumerate(leaves)
            if k not in rest
        ]
        found = [leaf.seen if isinstance(leaf, Recorded) else leaf for leaf in leaves]
        with np.errstate(**ERRORS):
            is_nan = any([has_nan(y) for k, y in enumerate(found) if k not in rest])
        if is_nan:
            raise RecordingError("the value is nan, of which plain hoad alone knows what becomes")
        program = program_of(recording, outputs)
        own = [y.copy() if is_array(y) else y for y in found]
        variant = Variant(program, structure, rest, names, title, cache)
        variant.leaves_out = recording.leaves_out
        return variant, own[0] if structure is None else unflatten(structure, own)
