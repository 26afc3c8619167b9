"""Every way in which a value leaves the recorded world: it is a guard, or the function is not compiled.

Each program reads a value in one way and goes on with what it read. The compiled function is called at one
point, again there, and at points where what is read differs: nothing may be left of the first.
"""

from __future__ import annotations

import bisect
import copy
import functools
import heapq
import io
import itertools
import json
import math
import operator
import pickle
import statistics
import struct
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.optimize
import scipy.special

import hoad

POINTS = [
    np.array([3.0, 1.0, 2.0]),
    np.array([1.0, 3.0, -2.0]),
    np.array([2.0, 2.0, 0.0]),
    np.array([-1.5, 4.0, 4.5]),
    np.array([-0.0, 1.0, 3.0]),
]
TABLE = np.array([5.0, 7.0, 11.0, 13.0, 17.0, 19.0])
KEEP = [0.25, 0.5, 4.0]
PROGRAMS: dict[str, Callable[[Any], Any]] = {
    # truth
    "if": lambda x: x[0] if x[0] > x[1] else 2 * x[1],
    "bool": lambda x: x * 2.0 if bool(x[2]) else x * 3.0,
    "not": lambda x: x * (1.0 + (not x[2])),
    "and, or": lambda x: (x[2] and x[0]) + (x[2] or x[1]),
    "while": lambda x: halved(x[1]),
    "chained": lambda x: x * (2.0 if 0 < x[0] < 2 else 5.0),
    "assert": lambda x: asserted(x),
    "any, all of Python's": lambda x: x * (1.0 + any(v > 2.5 for v in x) + 2 * all(v > 0 for v in x)),
    "any, all of NumPy's": lambda x: x * (1.0 + np.any(x > 2.5) + 2 * np.all(x > 0)),
    "filter": lambda x: sum(filter(lambda v: v > 0, x), 0.0),
    "comprehension": lambda x: sum([v * v for v in x if v > 1], 0.0),
    "takewhile": lambda x: sum(itertools.takewhile(lambda v: v > 0, x), 0.0),
    "match": lambda x: matched(x[0]),
    "in": lambda x: x * (2.0 if 2.0 in x else 3.0),
    "in a list": lambda x: x * (2.0 if x[0] in [3.0, 2.0] else 3.0),
    "list index": lambda x: TABLE[[3.0, 1.0, 2.0, -1.5, 0.0].index(x[0])] * x,
    "list count": lambda x: [3.0, 1.0, 2.0].count(x[0]) * x + x,
    "equality": lambda x: x * (1.0 + (x[0] == x[1])),
    "array_equal": lambda x: x * (1.0 + np.array_equal(x, POINTS[0])),
    "allclose": lambda x: x * (1.0 + np.allclose(x, POINTS[0])),
    "isclose": lambda x: np.where(np.isclose(x, 2.0), x * 5, x),
    "math.isclose": lambda x: x * (1.0 + math.isclose(x[0], 2.0)),
    "is": lambda x: x * (2.0 if (x[0] > 0) is True else 3.0),
    # order
    "min, max of Python's": lambda x: max(x) * 2 + min(x),
    "max of two": lambda x: max(x[0], x[1]) + min(x[1], 2.0),
    "max by key": lambda x: max(x, key=lambda v: -v * v),
    "sorted": lambda x: operator.matmul(np.array([1.0, 2.0, 3.0]), np.stack(sorted(x))),
    "list.sort": lambda x: ordered(list(x)) + x,
    "heapq": lambda x: heapq.nsmallest(2, x)[1] * x,
    "bisect": lambda x: TABLE[bisect.bisect([0.0, 1.5, 2.5], x[0])] * x,
    "statistics.median": lambda x: statistics.median(x) * x,
    "argmax": lambda x: x[np.argmax(x)] * 2.0,
    "argmin as a slice": lambda x: np.sum(x[: int(np.argmin(x)) + 1]),
    "argsort": lambda x: x[np.argsort(x)] * np.array([1.0, 2.0, 3.0]),
    "sort": lambda x: np.sort(x) * np.array([1.0, 2.0, 3.0]),
    "sort in place": lambda x: sorted_in_place(x),
    "median": lambda x: np.median(x) * x,
    "partition": lambda x: np.partition(x, 1)[1] * x,
    "searchsorted": lambda x: TABLE[np.searchsorted([0.0, 1.5, 2.5], x)] * x,
    "digitize": lambda x: TABLE[np.digitize(x, [0.0, 1.5, 2.5])] * x,
    "lexsort": lambda x: x[np.lexsort((x,))] * np.array([1.0, 2.0, 3.0]),
    "unique": lambda x: np.sum(np.unique(x)) * x,
    "unique with counts": lambda x: np.unique(x, return_counts=True)[1].sum() + np.unique(x).size * x,
    "Counter": lambda x: len(Counter(np.floor(x).tolist())) * x,
    # integers
    "int": lambda x: x * int(x[1]),
    "int of a product": lambda x: TABLE[int(abs(x[0] * 1.5))] * x,
    "range": lambda x: sum([x[0] ** k for k in range(int(abs(x[1])))], 0.0),
    "floor": lambda x: x * math.floor(x[0]) + math.ceil(x[1]) + math.trunc(x[2]),
    "round": lambda x: x * round(x[0]) + round(x[1], 1),
    "np.floor": lambda x: TABLE[np.floor(np.abs(x)).astype(int)] * x,
    "astype int": lambda x: TABLE[x.astype(int)] * x,
    "index": lambda x: [5.0, 7.0, 11.0, 13.0, 17.0][np.abs(x).astype(int)[1]] * x,
    "operator.index": lambda x: operator.index(np.abs(x).astype(int)[1]) * x,
    "slice": lambda x: np.sum(x[: np.abs(x[0]).astype(int)]) + x,
    "range of integers": lambda x: sum([k * x for k in range(np.abs(x).astype(int)[1])], 0 * x),
    "times a list": lambda x: np.sum(np.array([1.0, 2.0] * int(abs(x[0])))) * x,
    "count_nonzero": lambda x: x * np.count_nonzero(x > 0) + np.zeros(3)[: np.count_nonzero(x > 9)].sum(),
    "shape by a count": lambda x: np.zeros(np.count_nonzero(x > 0)).size * x,
    "len of nonzero": lambda x: len(np.nonzero(x > 0)[0]) * x,
    "divmod": lambda x: divmod(x[1], 2.0)[0] * x + divmod(x[0], 2.0)[1],
    "bit operations": lambda x: ((np.abs(x).astype(int) & 1) + (np.abs(x).astype(int) << 1)) * x,
    "is_integer": lambda x: x * (2.0 if x[0].is_integer() else 3.0),
    "as_integer_ratio": lambda x: x * x[0].as_integer_ratio()[0],
    "gcd": lambda x: math.gcd(int(x[0]), int(x[1])) * x,
    "factorial": lambda x: math.factorial(int(abs(x[1]))) * x,
    "frexp": lambda x: math.frexp(x[0])[1] * x + math.frexp(x[1])[0],
    "np.frexp": lambda x: np.frexp(x)[1] * x + np.frexp(x)[0],
    "ldexp": lambda x: math.ldexp(x[0], 2) * x + np.ldexp(x, np.abs(x).astype(int)),
    "modf": lambda x: math.modf(x[0])[1] * x + np.modf(x)[0],
    # masks and places
    "mask": lambda x: np.sum(x[x > 1.5]) * x,
    "mask written": lambda x: masked(x),
    "place": lambda x: placed(x),
    "compress": lambda x: np.sum(np.compress(x > 1.5, x)) * x,
    "extract": lambda x: np.sum(np.extract(x > 1.5, x)) * x,
    "nonzero": lambda x: np.sum(x[np.nonzero(x > 1.5)]) * x,
    "flatnonzero": lambda x: np.flatnonzero(x > 1.5).sum() * x,
    "argwhere": lambda x: np.sum(np.argwhere(x > 1.5)) * x,
    "where": lambda x: np.where(x > 1.5, x, -2 * x),
    "where of one": lambda x: np.where(x > 1.5)[0].sum() * x,
    "select": lambda x: np.select([x > 2.5, x > 1.5], [x, 2 * x], 3 * x),
    "piecewise": lambda x: np.piecewise(x, [x > 1.5, x <= 1.5], [lambda v: v * 2, lambda v: v * 3]),
    "choose": lambda x: np.choose((x > 1.5).astype(int), [x, 2 * x]),
    "take": lambda x: np.take(TABLE, np.abs(x).astype(int)) * x,
    "take_along_axis": lambda x: np.take_along_axis(x, np.argsort(x), 0) * np.array([1.0, 2.0, 3.0]),
    "put at traced places": lambda x: written_at(x),
    "put_along_axis": lambda x: put_along(x),
    "subtract.at": lambda x: -added_at(x - 1),
    "add.at": lambda x: added_at(x),
    "repeat": lambda x: np.sum(np.repeat(x, np.abs(x).astype(int))) * x,
    "arange": lambda x: np.sum(np.arange(int(abs(x[1])))) * x,
    "arange of a traced end": lambda x: np.sum(np.arange(np.abs(x[1]))) * x,
    "linspace of a traced number": lambda x: np.sum(np.linspace(0.0, 1.0, np.abs(x).astype(int)[1])) * x,
    "zeros of a traced size": lambda x: np.zeros(np.abs(x).astype(int)[1]).size * x,
    "reshape": lambda x: np.sum(np.arange(12.0).reshape(int(abs(x[1])), -1)[0]) * x,
    "roll": lambda x: np.roll(x, int(x[1])) * np.array([1.0, 2.0, 3.0]),
    "roll by a traced one": lambda x: np.roll(x, x[1].astype(int)) * np.array([1.0, 2.0, 3.0]),
    "eye": lambda x: np.eye(4, k=int(x[1])).sum() * x,
    "split": lambda x: np.split(x, [int(abs(x[0]))])[0].sum() * x,
    "delete": lambda x: np.delete(x, int(np.argmax(x))) * 2.0,
    "insert": lambda x: np.insert(x, int(np.argmax(x)), 7.0),
    "bincount": lambda x: np.bincount(np.abs(x).astype(int), minlength=6) * np.sum(x),
    "histogram": lambda x: np.histogram(x, [-9.0, 0.0, 1.5, 9.0])[0] * x,
    "histogram of itself": lambda x: np.histogram(x, 2)[1] * 2,
    "trim_zeros": lambda x: np.sum(np.trim_zeros(np.floor(np.abs(x)))) * x,
    "list at a traced place": lambda x: [1.0, 2.0, 3.0, 4.0, 5.0][int(abs(x[1]))] * x,
    "intersect1d": lambda x: np.sum(np.intersect1d(x, [1.0, 2.0])) * x,
    "isin": lambda x: np.isin(x, [1.0, 2.0]) * x,
    "roots": lambda x: np.sum(np.real(np.roots(np.concatenate([[1.0], x])) ** 2)),
    "eigvals": lambda x: np.sort_complex(
        np.linalg.eigvals(np.outer(x, [1.0, 2.0, 3.0]) + np.diag(TABLE[:3]))
    ),
    "matrix_rank": lambda x: np.linalg.matrix_rank(np.outer(x, x) + np.diag(np.floor(np.abs(x)))) * x,
    "emath": lambda x: np.real(np.emath.sqrt(x)) + np.imag(np.emath.sqrt(x)),
    "real_if_close": lambda x: np.real_if_close(x + 0j * x),
    # dictionaries and sets
    "dictionary": lambda x: {3.0: 5.0, 1.0: 7.0, 2.0: 11.0}.get(x[0], 13.0) * x,
    "dictionary key": lambda x: {x[0]: 5.0}.get(3.0, 13.0) * x,
    "set": lambda x: (2.0 if x[0] in {3.0, 2.0} else 5.0) * x,
    "set of values": lambda x: len({*x}) * x,
    "dict.fromkeys": lambda x: len(dict.fromkeys(list(x))) * x,
    "hash": lambda x: (hash(x[0]) % 7) * x,
    "cache": lambda x: cached(x[0]) * x,
    "dictionary of an integer": lambda x: {0: 5.0, 1: 7.0, 2: 9.0, 3: 11.0}[int(abs(x[0]))] * x,
    "dictionary of a traced integer": lambda x: (
        {0: 5.0, 1: 7.0, 2: 9.0, 3: 11.0}[np.abs(x[0]).astype(int)] * x
    ),
    "memo": lambda x: memoised(int(abs(x[1]))) * x,
    # numbers
    "float": lambda x: float(x[0]) * x,
    "complex": lambda x: np.real(complex(x[0]) * x),
    "math.sin": lambda x: math.sin(x[0]) * x,
    "math.floor": lambda x: math.floor(x[0]) * x,
    "math.hypot": lambda x: math.hypot(x[0], x[1]) * x,
    "math.fsum": lambda x: math.fsum(x) * x,
    "math.prod": lambda x: math.prod(x) * x,
    "math.dist": lambda x: math.dist(x, [0.0, 1.0, 2.0]) * x,
    "math.copysign": lambda x: math.copysign(2.0, x[0]) * x,
    "math.nextafter": lambda x: math.nextafter(x[0], 9.0) * x,
    "math.ulp": lambda x: math.ulp(x[0]) * x * 2.0**50,
    "math.isnan": lambda x: x * (1.0 + math.isnan(x[0]) + math.isinf(x[1]) + 2 * math.isfinite(x[2])),
    "math.sin by an alias": lambda x: aliased(x[0]) * x,
    "math.sin by getattr": lambda x: getattr(math, "".join(["s", "in"]))(x[0]) * x,
    "item": lambda x: x[:1].item() * x,
    "item at": lambda x: x.item(1) * x,
    "tolist": lambda x: x.tolist()[1] * x,
    "list": lambda x: list(x)[1] * x,
    "unpacking": lambda x: unpacked(*x),
    "zip": lambda x: sum([a * b for a, b in itertools.pairwise(x)], 0.0),
    "enumerate": lambda x: sum([k * v for k, v in enumerate(x)], 0.0),
    "sum": lambda x: sum(x) * x,
    "reduce": lambda x: functools.reduce(lambda a, b: a * b + 1, x) * x,
    "reversed": lambda x: np.stack(list(reversed(x))) * TABLE[:3],
    "flat": lambda x: sum(v * v for v in x.flat),
    "nditer": lambda x: sum(float(v) for v in np.nditer(x)) * x,
    "ndenumerate": lambda x: sum(i[0] * v for i, v in np.ndenumerate(x)) * x,
    "pow": lambda x: pow(x[1], 3) * x,
    "pow of three": lambda x: pow(int(abs(x[1])), 3, 5) * x,
    "abs": lambda x: abs(x[0]) * x,
    "Fraction": lambda x: float(Fraction(x[0])) * x,
    "Decimal": lambda x: float(Decimal(x[0])) * x,
    "struct": lambda x: struct.unpack("d", struct.pack("d", x[0]))[0] * x,
    "hex": lambda x: float.fromhex(x[0].hex()) * x,
    "real, imag": lambda x: x[0].real * x + x[1].imag,
    "conjugate": lambda x: x[0].conjugate() * x,
    "np.float64": lambda x: np.float64(x[0]) * x,
    "np.float32": lambda x: np.float32(x[0]) * x,
    "np.int64": lambda x: np.int64(abs(x[1])) * x,
    "ufunc of Python's": lambda x: np.frompyfunc(lambda v: 2 * v if v > 1 else v, 1, 1)(x).astype(float),
    "vectorize": lambda x: np.vectorize(lambda v: 2 * v if v > 1 else v)(x),
    "apply_along_axis": lambda x: np.apply_along_axis(lambda r: r * (2.0 if r[0] > 1 else 3.0), 0, x),
    "fromiter": lambda x: np.fromiter((v * v for v in x), float) * x,
    "nextafter": lambda x: np.nextafter(x, 9.0),
    "spacing": lambda x: np.spacing(x) * 2.0**50,
    "signbit": lambda x: np.where(np.signbit(x), 2.0, 3.0) + x,
    "nan_to_num": lambda x: np.nan_to_num(x) * 2,
    "clip": lambda x: np.clip(x, 0.5, 2.5),
    "sign": lambda x: np.sign(x) * 2,
    "heaviside": lambda x: np.heaviside(x, 0.5) * 2,
    # arrays
    "np.asarray": lambda x: np.asarray(x) * 2.0,
    "np.asarray of floats": lambda x: np.asarray(x, dtype=float) * 2.0,
    "np.array": lambda x: np.array(x) * 2.0,
    "np.array of parts": lambda x: np.array([x[0], 2.0, x[1]]) * 2.0,
    "np.asarray of a number": lambda x: np.asarray(x[0]) * x,
    "np.asarray of integers": lambda x: np.asarray(np.abs(x).astype(int)) * x,
    "np.array_of mask": lambda x: np.asarray(x > 1.5) * x,
    "empty and filled": lambda x: filled(x),
    "empty_like and filled": lambda x: filled_like(x),
    "stored in a plain array": lambda x: stored(x),
    "out": lambda x: np.multiply(x, 2.0, out=np.empty_like(x)),
    "out of a plain array": lambda x: np.multiply(x, 2.0, out=np.empty(3)),
    "copyto": lambda x: copied_to(x),
    "tobytes": lambda x: np.frombuffer(x.tobytes()) * 2.0,
    "view": lambda x: x.view(np.int64) % 1000 * 1.0,
    "memoryview": lambda x: np.asarray(memoryview(x)) * 2.0,
    "buffer": lambda x: np.ndarray(3, float, x) * 2.0,
    "ctypes": lambda x: (x.ctypes.data % 8) * x,
    "strides": lambda x: np.lib.stride_tricks.as_strided(x, (2, 2), (8, 8)) * 2.0,
    "windows": lambda x: np.lib.stride_tricks.sliding_window_view(x, 2) * 2.0,
    "np.save": lambda x: np.load(saved(x)) * 2.0,
    "dump": lambda x: pickle.loads(pickle.dumps(x)) * 2.0,
    "pickle": lambda x: pickle.loads(pickle.dumps(x[0])) * x,
    "json": lambda x: json.loads(json.dumps(float(x[0]))) * x,
    "json of a list": lambda x: np.array(json.loads(json.dumps(x.tolist()))) * x,
    "copy": lambda x: copy.copy(x) * 2.0 + copy.deepcopy(x),
    "deepcopy of a dictionary": lambda x: copy.deepcopy({"a": x})["a"] * 2.0,
    "flags": lambda x: x * (2.0 if x.flags.writeable else 3.0),
    "np.random": lambda x: np.random.default_rng(int(abs(x[1]))).normal() * x,
    "np.random of floats": lambda x: np.random.default_rng(0).normal(x[0]) * x,
    # text
    "repr": lambda x: float(repr(float(x[0]))) * x,
    "repr of a value": lambda x: float(repr(x[0]).split("(")[-1].rstrip(")")) * x,
    "str": lambda x: float(str(x[0])) * x,
    "format": lambda x: float(f"{x[0]:.3f}") * x,
    "percent": lambda x: float("%.3f" % x[0]) * x,  # noqa: UP031
    "str.format": lambda x: float("{:.3f}".format(x[0])) * x,  # noqa: UP032
    "text of an array": lambda x: np.fromstring(str(x)[1:-1], sep=" ") * 2.0,
    "array2string": lambda x: float(np.array2string(x[0])) * x,
    "eval": lambda x: eval(f"{x[0]!r} * 2.0", {"np": np}) * x,
    "length of a text": lambda x: len(str(x[0])) * x,
    # SciPy
    "solve": lambda x: scipy.linalg.solve(np.diag(np.abs(x) + 1), x),
    "brentq": lambda x: scipy.optimize.brentq(lambda t: t**3 - abs(x[0]) - 1, 0.0, 9.0) * x,
    "quad": lambda x: scipy.integrate.quad(lambda t: t * x[0], 0.0, 1.0)[0] * x,
    "minimize": lambda x: scipy.optimize.minimize(lambda t: (t[0] - x[0]) ** 2, [0.0]).x[0] * x,
    "cubic spline": lambda x: scipy.interpolate.CubicSpline([0.0, 1.0, 2.0], x)(0.5) * x,
    "interp1d": lambda x: scipy.interpolate.interp1d([0.0, 1.0, 2.0], x)(0.5) * x,
    "np.interp": lambda x: np.interp(np.clip(x, -9, 9), [-9.0, 0.0, 9.0], [1.0, 5.0, 2.0]),
    "np.interp of knots": lambda x: np.interp(0.5, np.sort(x), x) * x,
    "special": lambda x: scipy.special.gammaln(np.abs(x) + 1) + scipy.special.expit(x),
    "solve_ivp": lambda x: scipy.integrate.solve_ivp(lambda t, y: -x[0] * y, (0.0, 0.5), [1.0]).y[0, -1] * x,
    # hoad's own
    "hoad.primal": lambda x: hoad.primal(x) * 2.0,
    "hoad.stop_gradient": lambda x: hoad.stop_gradient(x) * 2.0,
    "checkpoint": lambda x: hoad.checkpoint(lambda v: np.sin(v) * (2.0 if v[0] > 0 else 3.0))(x),
    "checkpoint within": lambda x: hoad.grad(hoad.checkpoint(lambda v: np.sum(v**3) * (1 + (v[0] > 0))))(x),
    "grad": lambda x: hoad.grad(lambda v: np.sum(v**3) if v[0] > 0 else np.sum(v))(x),
    "vmap": lambda x: hoad.vmap(lambda v: v * v)(x),
    "is_tracing": lambda x: x * (2.0 if hoad.is_tracing(x) else 3.0),
    "order": lambda x: x * (2.0 + hoad.order(x)),
    "custom rule": lambda x: with_rule(x),
    "debugging by type": lambda x: x * (2.0 if isinstance(x, np.ndarray) else 3.0),
    "type": lambda x: x * (2.0 if type(x[0]) is np.float64 else 3.0),
    "id": lambda x: x * (2.0 if id(x) == id(x) else 3.0),
    "compiled within": lambda x: hoad.compile(lambda v: v * (2.0 if v[0] > 0 else 3.0), backend="numpy")(x),
    "try": lambda x: tried(x),
    "suppressed": lambda x: suppressed(x),
}

aliased = math.sin


def halved(v: Any) -> Any:
    while v > 0.5:
        v = v / 2
    return v


def asserted(x: Any) -> Any:
    try:
        assert x[0] > x[1]
    except AssertionError:
        return x * 3.0
    return x * 2.0


def matched(v: Any) -> Any:
    match v:
        case 3.0:
            return v * 5.0
        case 2.0:
            return v * 7.0
        case _:
            return v


def ordered(xs: list[Any]) -> Any:
    xs.sort()
    return xs[0] * 2.0 + xs[1]


def sorted_in_place(x: Any) -> Any:
    y = x.copy()
    y.sort()
    return y * np.array([1.0, 2.0, 3.0])


def masked(x: Any) -> Any:
    y = x * 1.0
    y[y > 1.5] = 7.0
    y[y < 0] *= 2.0
    return y


def placed(x: Any) -> Any:
    y = x * 1.0
    np.place(y, y > 1.5, [7.0])
    np.putmask(y, y < 0, 9.0)
    return y


def written_at(x: Any) -> Any:
    y = np.zeros(8) * x[0]
    y[np.abs(x).astype(int)] = x
    return y


def put_along(x: Any) -> Any:
    y = x * 2.0
    np.put_along_axis(y, np.argsort(x)[:1], 5.0, 0)
    return y


def added_at(x: Any) -> Any:
    y = np.zeros(8) * x[0]
    np.add.at(y, np.abs(x).astype(int), x)
    return y


def unpacked(a: Any, b: Any, c: Any) -> Any:
    return a * b - c


def filled(x: Any) -> Any:
    y = np.empty(3)
    for k in range(3):
        y[k] = x[k] * k
    return y


def filled_like(x: Any) -> Any:
    y = np.empty_like(x)
    y[:] = x[::-1]
    y[0] = 7.0
    return y


PLAIN = np.zeros(3)


def stored(x: Any) -> Any:
    PLAIN[:] = x
    return PLAIN * 2.0


def copied_to(x: Any) -> Any:
    y = np.zeros(3)
    np.copyto(y, x)
    return y * 2.0


def saved(x: Any) -> Any:
    file = io.BytesIO()
    np.save(file, x)
    file.seek(0)
    return file


@functools.cache
def cached(v: Any) -> Any:
    return v * 2.0


@functools.cache
def memoised(n: int) -> float:
    return float(n) + 0.5


def tried(x: Any) -> Any:
    try:
        return math.log(x[0]) * x
    except ValueError:
        return -x


def suppressed(x: Any) -> Any:
    try:
        return float.fromhex(x[0].hex()) * x
    except Exception:
        return -x


def ruled(x: Any) -> Any:
    return x * 2.0 if x[0] > 0 else x * 3.0


def with_rule(x: Any) -> Any:
    rule = hoad.interop.differentiate_with(ruled, jvp=lambda xs, ds: ds[0])
    return rule(x)


def bits(out: Any) -> Any:
    """A value as what can be compared: classes, types, shapes and bits."""
    if isinstance(out, (tuple, list)):
        return (type(out), *map(bits, out))
    if isinstance(out, (np.ndarray, np.generic)):
        return type(out), out.dtype, out.shape, out.tobytes()
    return type(out), repr(out)


def attempt(f: Any, x: Any) -> Any:
    try:
        return bits(f(x.copy()))
    except Exception as error:
        return type(error)


def sampled() -> list[Any]:
    """Every program as NumPy code; as machine code, one in several in the default run."""
    cases = [pytest.param(name, "numpy", id=name) for name in PROGRAMS]
    marks = [[] if k % 5 == 0 else [pytest.mark.sweep] for k in range(len(PROGRAMS))]
    return cases + [
        pytest.param(name, "auto", id=f"{name}, auto", marks=mark)
        for name, mark in zip(PROGRAMS, marks, strict=True)
    ]


# np.add.at adds one after the other, and hoad's statement of it what belongs to a place at once; SciPy's
# splines are evaluated in C, and hoad's in NumPy.
ROUNDED = {"add.at", "subtract.at", "cubic spline"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "backend"), sampled())
def test_nothing_is_left_of_the_first_point(name: str, backend: str) -> None:
    f = PROGRAMS[name]
    compiled = hoad.compile(f, backend=backend)
    for first in (0, 3):
        for k in (first, first, *range(len(POINTS)), first):
            x = POINTS[k]
            got, right = attempt(compiled, x), attempt(f, x)
            exactly = backend == "numpy" and name not in ROUNDED
            if exactly or isinstance(right, type) or isinstance(got, type):
                assert got == right, (k, compiled.why())
            else:
                np.testing.assert_allclose(f(x.copy()), compiled(x.copy()), rtol=1e-13, atol=1e-15)
        assert "RecursionError" not in compiled.why()  # a way out, not an accident
        compiled.clear()
