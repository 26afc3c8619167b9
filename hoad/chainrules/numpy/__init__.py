"""The derivatives of NumPy's functions, each stated once, by family.

``elementwise``, ``powers`` and ``trigonometric`` have the functions of numbers; ``shaping``, ``joining``,
``making``, ``indexing`` and ``padding`` move numbers about; ``reductions`` and ``statistics`` sum them up,
``extremes`` picks among them;
``contraction``, ``linalg``, ``eigen`` and ``decompositions`` are of matrices. ``scimath`` has the functions
that turn complex where the real ones end, ``questions`` those that shapes and types answer. ``without``
lists the functions that have no derivative, with the reasons.
"""

from . import (
    along_axis,
    contraction,
    decompositions,
    eigen,
    elementwise,
    extremes,
    fourier,
    indexing,
    interpolation,
    joining,
    linalg,
    making,
    padding,
    polynomials,
    powers,
    questions,
    reductions,
    repeating,
    scimath,
    sets,
    shaping,
    statistics,
    trigonometric,
    writing,
)

__all__ = [
    "along_axis",
    "contraction",
    "decompositions",
    "eigen",
    "elementwise",
    "extremes",
    "fourier",
    "indexing",
    "interpolation",
    "joining",
    "linalg",
    "making",
    "padding",
    "polynomials",
    "powers",
    "questions",
    "reductions",
    "repeating",
    "scimath",
    "sets",
    "shaping",
    "statistics",
    "trigonometric",
    "writing",
]
