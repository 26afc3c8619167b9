"""What a function of hoad's own does in terms of NumPy's: its body, recorded at ordinary numbers."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from ...kinds.recorded import Recorded
from ...kinds.recording import Recording
from ...runs import running
from ..passes import simplified
from ..program import Program, program_of

SEED = 20_261_126


class Unsupported(Exception):
    """A program holds something that has no native form."""


class Varying(NamedTuple):
    """An argument that varies."""

    shape: tuple[int, ...]
    dtype: Any


class Held:
    """An argument that is known, an array for instance, which can be looked up."""

    __slots__ = ("key", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        is_array = isinstance(value, np.ndarray)
        self.key = (value.dtype.str, value.shape, value.tobytes()) if is_array else (type(value), repr(value))

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Held) and self.key == other.key


@functools.lru_cache(maxsize=1024)
def definition_of(rule: Any, given: tuple[Any, ...], options: tuple[tuple[str, Any], ...]) -> Program:
    """The body of a rule as a program.

    Args:
        rule: its function is written in ``np``.
        given: the arguments: ``Varying``, or as they are.
        options: the keywords.

    Raises:
        Unsupported: the body is more than calls that can be recorded, or no body that can be looked into.
    """
    rng = np.random.default_rng(SEED)
    recording = Recording()
    values = [ordinary(arg, recording, rng) for arg in given]
    try:
        with running(recording), np.errstate(all="ignore"):
            out = rule.function(*values, **dict(options))
    except Exception as error:  # of ordinary numbers it may have no value, as a factorisation
        raise Unsupported(f"{rule.name}: {error}") from error
    if not isinstance(out, Recorded) or any([node.rule is rule for node in recording.nodes]):
        raise Unsupported(f"{rule.name} has no native form")
    return simplified(program_of(recording, [out.slot]))


def ordinary(arg: Any, recording: Recording, rng: Any) -> Any:
    """An argument of which no body makes an exception; the guards keep those out that are different."""
    if arg.__class__ is Held:
        return arg.value
    if arg.__class__ is not Varying:
        return arg
    value = rng.uniform(0.5, 1.5, arg.shape)
    value = value.astype(arg.dtype)[()]
    return Recorded(recording, value, recording.entered(value))
