"""What products with sparse matrices do to all members of a batch at once: these are further columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...chainrules.scipy.sparse_products import Pattern, product_, sampled_, solve_
from ...kinds.batch_forms import FORMS
from .systems import by_factors


def in_columns(rule: Any, x: Any, *before: Any, **options: Any) -> Any:
    """A rule that treats each column by itself, of vectors or matrices along a leading axis."""
    columns = np.moveaxis(x, 0, -1)
    shape = np.shape(columns)
    out = rule(*before, np.reshape(columns, (shape[0], -1)), **options)
    return np.moveaxis(np.reshape(out, (np.shape(out)[0], *shape[1:])), -1, 0)


def products(rule: Any, args: list[Any], batched: list[Any], *, pattern: Pattern) -> Any:
    """Products of one matrix with many; or of many matrices of one pattern with vectors."""
    data, x = args
    if not batched[0]:
        return in_columns(rule, x, data, pattern=pattern)
    if np.ndim(x) - batched[1] != 1:
        return None
    terms = data * (x[:, pattern.places[1]] if batched[1] else x[pattern.places[1]])
    return np.transpose(product_(pattern.sums.data, np.transpose(terms), pattern=summing(pattern)))


def summing(pattern: Pattern) -> Pattern:
    """The pattern that adds up the entries of each row."""
    return Pattern(pattern.sums.indices, pattern.sums.indptr, pattern.sums.shape)


def samples(rule: Any, args: list[Any], batched: list[Any], *, pattern: Pattern) -> Any:
    """The entries of many outer products."""
    u, v = args
    if np.ndim(u) - batched[0] != 1:
        return None
    rows, columns = pattern.places
    return (u[:, rows] if batched[0] else u[rows]) * (v[:, columns] if batched[1] else v[columns])


def solutions(rule: Any, args: list[Any], batched: list[Any], *, pattern: Pattern) -> Any:
    """The solutions of one system for many right-hand sides."""
    data, b = args
    return None if batched[0] else in_columns(rule, b, data, pattern=pattern)


def by_known_factors(rule: Any, args: list[Any], batched: list[Any], **options: Any) -> Any:
    """The same by factors that are known."""
    return in_columns(rule, args[0], **options)


FORMS[product_] = products
FORMS[sampled_] = samples
FORMS[solve_] = solutions
FORMS[by_factors] = by_known_factors
