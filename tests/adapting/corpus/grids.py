"""Geometry: grids and bounds that vary, index tricks, and loops over indices."""

import numpy as np


def area(p):
    a, b, h = p
    x = np.linspace(0.0, a, 6)
    y = np.arange(0.0, 1.0, 0.25) * b
    g = np.geomspace(1.0, 1.0 + a, 4)
    l = np.logspace(0.0, b, 3)
    X, Y = np.meshgrid(x, y, indexing="ij")
    Z = np.fromfunction(lambda i, j: np.sin(h * i) + j, (6, 4))
    total = 0.0
    for index in np.ndindex(X.shape):
        total += X[index] * Y[index] * Z[index]
    for (i, j), v in np.ndenumerate(Z):
        total += v * x[i] * y[j]
    m = np.r_[x[:2], 0.5, y[1:3]]
    c = np.c_[g, g**2]
    o = np.outer(x, y)
    rows = np.apply_along_axis(lambda r: np.sum(r) ** 2, 1, o)
    acc = np.zeros(4)
    np.add.at(acc, [0, 1, 1, 3], g)
    d = np.einsum("ij,ij->i", X, Y) + np.tensordot(X, Y, axes=([1], [1])).diagonal()
    t = np.triu(np.outer(g, g))[np.triu_indices(4)].sum()
    k = np.kron(np.eye(2), np.array([[a, b], [b, h]]))
    return (
        total + m @ m + c.sum() + rows.max() + acc.prod() + d.sum() + t + np.linalg.det(k) + np.add.reduce(l)
    )
