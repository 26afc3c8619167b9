"""One-frame methods: each common operation of a mode in one Python frame, written from the rule's own text.

The general path (``Primitive.__call__``, then ``process``) is the specification, and ``tests/fast`` compares
the two. Importing this room gives the kinds of traced values their methods.
"""

from . import (
    batches,
    deferred,
    forward,
    fused,
    grouped,
    jets,
    kernels,
    large,
    library_of_steps,
    numbers,
    reverse,
    shortcuts,
    straight,
    waiting,
)

__all__ = [
    "batches",
    "deferred",
    "forward",
    "fused",
    "grouped",
    "jets",
    "kernels",
    "large",
    "library_of_steps",
    "numbers",
    "reverse",
    "shortcuts",
    "straight",
    "waiting",
]
