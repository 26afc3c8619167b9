"""Phylogenetics: Felsenstein's pruning on a tree of nodes, by recursion; the exponential by scaling."""

import numpy as np

BASES = "ACGT"


class Node:
    def __init__(self, name=None, length=0.1, children=()):
        self.name, self.length, self.children = name, length, list(children)

    def is_leaf(self):
        return not self.children


def expm(A, squarings=6):
    A = A / 2**squarings
    E, term = np.eye(len(A)), np.eye(len(A))
    for k in range(1, 9):
        term = term @ A / k
        E = E + term
    for _ in range(squarings):
        E = E @ E
    return E


def hky(kappa, freqs):
    Q = np.zeros((4, 4))
    for i, a in enumerate(BASES):
        for j, b in enumerate(BASES):
            if i == j:
                continue
            transition = {a, b} in ({"A", "G"}, {"C", "T"})
            Q[i, j] = freqs[j] * (kappa if transition else 1.0)
    Q -= np.diag(Q.sum(axis=1))
    return Q / -(freqs * np.diag(Q)).sum()


def partials(node, site, Q):
    if node.is_leaf():
        return np.array([1.0 if b == site[node.name] else 0.0 for b in BASES])
    result = np.ones(4)
    for child in node.children:
        result *= expm(Q * child.length) @ partials(child, site, Q)
    return result


SITES = [dict(zip("xyz", s)) for s in ("AAG", "CCC", "TCT", "GAG")]


def log_likelihood(p):
    kappa, scale, split = p
    freqs = np.array([0.3, 0.2, 0.2, 0.3])
    Q = hky(kappa, freqs)
    inner = Node(length=split, children=[Node("x", 0.2 * scale), Node("y", 0.3 * scale)])
    root = Node(children=[inner, Node("z", scale)])
    return sum(np.log(freqs @ partials(root, site, Q)) for site in SITES)
