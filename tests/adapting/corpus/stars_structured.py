"""Astronomy: a catalogue as a structured array, sorted and grouped by its fields."""

import numpy as np

CATALOGUE = np.array(
    [("a", 0.1, 1.2, 3), ("b", 0.5, 0.7, 1), ("c", 0.9, 2.0, 3), ("d", 1.4, 1.1, 2)],
    dtype=[("name", "U4"), ("ra", float), ("flux", "f8"), ("group", int)],
)


def magnitudes(scale, table):
    return -2.5 * np.log10(table["flux"] * scale)


def means(values, groups):
    return {int(g): values[groups == g].mean() for g in np.unique(groups)}


def spread(p):
    table = np.sort(CATALOGUE, order=["group", "flux"])
    m = magnitudes(p[0], table) + p[1] * table["ra"] ** 2
    by_group = means(m, table["group"])
    faint = table[table["flux"] < 1.15]
    names = [str(row["name"]) for row in faint]
    weights = np.array([p[2] if name in ("b", "d") else 1.0 for name in table["name"]])
    rec = table.view(np.recarray)
    assert names == ["b", "d"]
    return (
        sum(v * k for k, v in by_group.items())
        + np.average(m, weights=weights)
        + np.sum(rec.ra * m) / len(rec)
    )
