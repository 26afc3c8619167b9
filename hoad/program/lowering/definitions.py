"""What a function of hoad's own does in terms of NumPy's: its body, recorded at ordinary numbers."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np

from ...kinds.recorded import Recorded
from ...kinds.recording import Node, Recording
from ...places import shown
from ...runs import running
from ..held import Held
from ..passes import simplified
from ..program import Program, program_of

SEED = 20_261_126


class Unsupported(Exception):
    """A program holds something that has no native form."""


def told_of(node: Node, error: Exception) -> Unsupported:
    """What is to be said of an operation that could not be lowered: which, where, and why."""
    text = (
        str(error) if isinstance(error, Unsupported) else f"{node.what} has no native form of such arguments"
    )
    named = text if node.what in text else f"{node.what}: {text}"
    return Unsupported(named if node.place is None else f"{named} (at {shown(node.place)})")


class Varying(NamedTuple):
    """An argument that varies."""

    shape: tuple[int, ...]
    dtype: Any


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
        raise Unsupported(f"{rule.name} has no native form: it looks into numbers") from error
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
