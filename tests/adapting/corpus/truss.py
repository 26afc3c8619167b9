"""Structures: a plane truss, assembled element by element."""

import numpy as np

NODES = {1: (0.0, 0.0), 2: (2.0, 0.0), 3: (1.0, 1.2), 4: (3.0, 1.2)}
ELEMENTS = [(1, 2), (1, 3), (2, 3), (2, 4), (3, 4)]
FIXED = [0, 1, 3]


def element_stiffness(p, q, EA):
    p, q = np.array(p), np.array(q)
    L = np.linalg.norm(q - p)
    c, s = (q - p) / L
    k = np.array([[c * c, c * s], [c * s, s * s]])
    return EA / L * np.block([[k, -k], [-k, k]]), L


def assemble(areas, height):
    nodes = {n: (x, y if y == 0 else height) for n, (x, y) in NODES.items()}
    K = np.zeros((8, 8))
    weight = 0
    for (i, j), A in zip(ELEMENTS, areas):
        k, L = element_stiffness(nodes[i], nodes[j], 1e3 * A)
        dofs = [2 * i - 2, 2 * i - 1, 2 * j - 2, 2 * j - 1]
        K[np.ix_(dofs, dofs)] += k
        weight += A * L
    return K, weight


def compliance(x):
    areas = [x[0], x[1], x[1], x[0], x[1] / 2]
    K, weight = assemble(areas, x[2])
    free = np.setdiff1d(np.arange(8), FIXED)
    f = np.zeros(8)
    f[7] = -10.0
    f[4] = 2.0
    u = np.zeros(8)
    u[free] = np.linalg.solve(K[np.ix_(free, free)], f[free])
    return f @ u + 0.1 * weight
