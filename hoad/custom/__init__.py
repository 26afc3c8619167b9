"""Rules of users at work: how one half of a rule gives the other, hooks, checkpoints.

Importing this room makes the rules of users known to the modes.
"""

from . import modes

__all__ = ["modes"]
