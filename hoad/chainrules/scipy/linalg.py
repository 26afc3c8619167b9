"""Rules for the functions of ``scipy.linalg``, by what they do."""

from . import linear_systems

__all__ = ["linear_systems"]
