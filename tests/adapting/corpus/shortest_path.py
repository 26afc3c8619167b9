"""Networks: shortest paths with a heap, bisection in a sorted list, and orders by keys."""

import bisect
import collections
import heapq
import math
from itertools import combinations

GRAPH = {"a": {"b": 1.0, "c": 2.5}, "b": {"c": 1.2, "d": 4.0}, "c": {"d": 1.1}, "d": {}}


def lengths(scale, cost):
    table = collections.defaultdict(dict)
    for u, edges in GRAPH.items():
        for v, w in edges.items():
            table[u][v] = scale * w + cost * math.sqrt(w)
    return table


def dijkstra(graph, start):
    best = {start: 0.0}
    queue = [(0.0, start)]
    while queue:
        d, u = heapq.heappop(queue)
        if d > best.get(u, math.inf):
            continue
        for v, w in graph.get(u, {}).items():
            if d + w < best.get(v, math.inf):
                best[v] = d + w
                heapq.heappush(queue, (d + w, v))
    return best


def centrality(p):
    found = dijkstra(lengths(p[0], p[1]), "a")
    ordered = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    farthest = max(found, key=found.get)
    assert ordered[0][0] == farthest
    levels = sorted([p[2] * k for k in (1.0, 2.0, 3.0)])
    place = bisect.bisect_left(levels, found["b"])
    bisect.insort(levels, found["c"])
    closest = min(((abs(a - b), a * b) for a, b in combinations(levels, 2)), key=lambda t: t[0])
    smallest = heapq.nsmallest(2, levels)
    recent = collections.deque(found.values(), maxlen=2)
    return (
        found["d"]
        + 0.1 * place * p[2]
        + closest[1]
        + sum(smallest)
        + math.prod(recent)
        + sum(heapq.merge(levels, [p[0]]))
    )
