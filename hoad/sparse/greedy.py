"""Greedy colourings (Gebremedhin, Manne, Pothen 2005; Gebremedhin, Tarafdar, Manne, Pothen 2007), written
in integers and sequences of them alone. So each function is Python's as it stands, and machine code where
Numba compiles it (``machine.py``).

A set of colours is an integer whose bits they are. So each step costs one operation for a row, however many
colours it has met, and the smallest colour that is free is the lowest bit that is not set. In Python there
are as many as need be; in machine words the 64th is negative, and there the functions give up: they return
False.

A graph is given by its rows, one behind the other in ``near``: row k is ``near[ends[k] : ends[k + 1]]``.
``order`` names what is coloured, and ``found`` receives its colours; both, and what a function notes down
besides, are made by the caller.
"""

from __future__ import annotations

from typing import Any

Numbers = Any  # a list of integers, or an array


def columns(ends: Numbers, near: Numbers, order: Numbers, found: Numbers, met: Numbers) -> bool:
    """Colours of columns, whose rows are near, such that no row meets a colour twice. ``met`` are the colours
    that each row has met, none at first.
    """
    for j in order:
        taken = 0
        for i in near[ends[j] : ends[j + 1]]:
            taken |= met[i]
        color = ~taken & (taken + 1)
        if color < 0:
            return False
        found[j] = color
        for i in near[ends[j] : ends[j + 1]]:
            met[i] |= color
    return True


def star(ends: Numbers, near: Numbers, order: Numbers, found: Numbers, met: Numbers, twice: Numbers) -> bool:
    """Colours of vertices: neighbours differ, and each path of four has three colours. ``met`` are the
    colours of a vertex's neighbours, ``twice`` those that two of them have.
    """
    for v in order:
        taken = 0
        for w in near[ends[v] : ends[v + 1]]:
            color = found[w]
            if color == 0:
                taken |= met[w]
                continue
            taken |= color
            for x in near[ends[w] : ends[w + 1]]:
                if twice[x] & color:
                    taken |= found[x]
        color = ~taken & (taken + 1)
        if color < 0:
            return False
        found[v] = color
        for w in near[ends[v] : ends[v + 1]]:
            twice[w] |= met[w] & color
            met[w] |= color
    return True


def acyclic(
    ends: Numbers,
    near: Numbers,
    edge: Numbers,
    order: Numbers,
    found: Numbers,
    parent: Numbers,
    visitor: Numbers,
    way: Numbers,
    latest: Numbers,
) -> bool:
    """Colours of vertices, by their numbers, -1 for none: neighbours differ, and no cycle has two colours
    only.

    ``edge`` is the number of the edge to each neighbour. The edges between two colours are trees; ``parent``
    leads from an edge to the one that stands for its tree, itself at first. By that, ``visitor`` is the
    vertex from which a tree was met last, and ``way`` the neighbour through which. ``latest`` is, by colour,
    the edge to a neighbour of it, -1 at first.
    """
    for v in order:
        taken = 0
        for w in near[ends[v] : ends[v + 1]]:
            if found[w] < 0:
                continue
            taken |= 1 << found[w]
            for m in range(
                ends[w], ends[w + 1]
            ):  # a colour that would close a cycle: two neighbours in a tree
                x = near[m]
                if found[x] < 0 or x == v:
                    continue
                tree = root(parent, edge[m])
                if visitor[tree] != v:
                    visitor[tree] = v
                    way[tree] = w
                elif way[tree] != w:
                    taken |= 1 << found[x]
        if ~taken & (taken + 1) < 0:
            return False
        color = 0
        while taken >> color & 1:
            color += 1
        found[v] = color
        for k in range(ends[v], ends[v + 1]):
            w = near[k]
            if found[w] < 0:
                continue
            if latest[found[w]] >= 0:
                parent[root(parent, edge[k])] = root(parent, latest[found[w]])
            latest[found[w]] = edge[k]
            for m in range(ends[w], ends[w + 1]):
                if found[near[m]] == color and near[m] != v:
                    parent[root(parent, edge[k])] = root(parent, edge[m])
        for w in near[ends[v] : ends[v + 1]]:
            latest[found[w]] = -1  # that of the vertices without a colour is the last, and is -1
    return True


def root(parent: Numbers, edge: int) -> int:
    """The edge that stands for a tree; the way to it is made shorter."""
    while parent[edge] != edge:
        parent[edge] = parent[parent[edge]]
        edge = parent[edge]
    return edge
