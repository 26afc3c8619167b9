"""What comes back from readings: put in its places by one launch, wherever these are."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

import hoad
from hoad.backends import pieces
from hoad.testing import device as cp

KINDS = ["float64", "float32", "complex128", "complex64"]


def an_index(rng, shape):
    """Integers, slices in both directions, ``...`` and ``None``, for some of the axes."""
    parts, count, last = [], int(rng.integers(1, len(shape) + 1)), rng.random() < 0.3
    for n in shape[-count:] if last else shape[:count]:
        start, stop = rng.integers(-n - 1, n + 2, 2)
        one = [
            int(rng.integers(-n, n)),
            slice(None),
            slice(int(start), int(stop), int(rng.choice([-2, -1, 1, 3]))),
        ]
        parts.append(one[rng.integers(3)])
    if last:
        parts.insert(0, ...)
    if rng.random() < 0.3:
        parts.insert(int(rng.integers(len(parts) + 1)), None)
    return parts[0] if len(parts) == 1 and rng.random() < 0.5 else tuple(parts)


def readings(seed, count, kind):
    """A program that reads parts of an array, and a point."""
    rng = np.random.default_rng(seed)
    shape = tuple(rng.integers(1, 5, rng.integers(1, 5)).tolist())
    indices = [an_index(rng, shape) for _ in range(count)]
    x = rng.normal(size=shape) + (1j * rng.normal(size=shape) if np.dtype(kind).kind == "c" else 0)

    def f(x):
        return sum([np.sum(np.real(np.sin(x[index]) * (k + 1))) for k, index in enumerate(indices)])

    return f, x.astype(kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 3, 9, 20])
@pytest.mark.parametrize("seed", range(8))
def test_readings_of_all_kinds(seed, count, kind):
    f, x = readings([seed, count], count, kind)
    bound = 1e-5 if kind in ("float32", "complex64") else 1e-13
    for d in (lambda x: hoad.grad(f, x), lambda x: hoad.hvp(f, x, x), lambda x: hoad.hessian(f, x)):
        try:
            wanted = d(x)
        except TypeError:  # a Hessian of complex numbers
            continue
        found = d(cp.asarray(x))
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found.get(), wanted, rtol=bound, atol=bound * 10)


def test_a_reading_adds_no_launch_to_what_is_put_together():
    """Eight readings of one array come back in one launch."""
    x, counts = cp.asarray(np.linspace(0.1, 1.0, 8)), []
    for n in (1, 8):
        f = lambda x, n=n: np.sum(np.stack([x[k] for k in range(n)]))
        hoad.grad(f, x)
        cp.launches = 0
        hoad.grad(f, x)
        counts.append(cp.launches)
    assert counts[0] == counts[1]


def test_what_is_written_later_changes_nothing():
    """Cotangents wait for each other, and one that is also written into must not be the same array."""

    def f(x):
        y = x * 2
        part = y[1:]
        y[0] = x[1]
        return np.sum(np.sin(part) * y[:-1]) + np.sum(y * y)

    x = np.linspace(0.1, 1.0, 5)
    np.testing.assert_allclose(hoad.grad(f, cp.asarray(x)).get(), hoad.grad(f, x), rtol=1e-14)
    np.testing.assert_allclose(hoad.hvp(f, cp.asarray(x), cp.asarray(x)).get(), hoad.hvp(f, x, x), rtol=1e-14)


IN_C = {**pieces.NAMES, "int64": "long long"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_text_is_c(kind, tmp_path):
    """A compiler takes it, and it puts the same numbers at the same places."""
    cpp = shutil.which("g++") or shutil.which("clang++")
    if cpp is None:
        pytest.skip("there is no compiler of C++")
    rng = np.random.default_rng(1)
    shapes = [(5,), (3, 4), (2, 3, 4), (2, 2, 3, 2)]
    heads = ["#include <complex>\n#include <cstddef>\nusing namespace std;", pieces.preamble(kind)]
    cases = []
    for number, shape in enumerate(shapes):
        collector = pieces.Collector(len(shape), 2, kind, True)
        given, lines = [one.split() for one in collector.inputs], []
        for j, (*_, own, name) in enumerate(given):
            raw = len(given[j]) == 3 or name == "x"
            lines.append(f"{IN_C[own]} *{name}_ = ({IN_C[own]} *)in[{j}];")
            text = f"auto {name} = {name}_;" if len(given[j]) == 3 else f"{IN_C[own]} {name} = *{name}_;"
            lines.append(text if name != "x" else "")
            assert raw or own == "int64"
        body = "\n".join(["x_;", f"{IN_C[kind]} x = x_[i], r0;", collector.body, "out[i] = r0;"])
        loop = f"for (ptrdiff_t i = 0; i < n; i++) {{ {body} }}"
        head = f'extern "C" void k{number}(void **in, {IN_C[kind]} *out, ptrdiff_t n)'
        heads.append(f"{head} {{\n" + "\n".join([*lines, loop]) + "\n}")
        parts = []
        while len(parts) < 2:
            index = an_index(rng, shape)
            part = np.asarray(rng.normal(size=np.zeros(shape)[index].shape)).astype(kind)
            if part.size:
                parts.append((part, index))
        cases.append((number, shape, collector, parts))
    source, library = tmp_path / "pieces.cpp", tmp_path / "pieces.so"
    source.write_text("\n".join(heads))
    subprocess.run([cpp, "-O0", "-shared", "-fPIC", "-o", str(library), str(source)], check=True)
    loaded = ctypes.CDLL(str(library))
    for number, shape, _, parts in cases:
        rest, wanted = rng.normal(size=shape).astype(kind), None
        wanted = rest.copy()
        given = [rest, *shape[1:]]
        for part, index in parts:
            wanted[index] += part
            found = pieces.placed(part, index, shape)
            given += [np.ascontiguousarray(found.part), *[n for place in found.places for n in place]]
        arrays = [np.asarray(x) if isinstance(x, np.ndarray) else np.asarray(x, np.int64) for x in given]
        pointers = (ctypes.c_void_p * len(arrays))(*[a.ctypes.data for a in arrays])
        out = np.zeros(shape, kind)
        getattr(loaded, f"k{number}")(pointers, ctypes.c_void_p(out.ctypes.data), ctypes.c_ssize_t(out.size))
        np.testing.assert_allclose(out, wanted, rtol=1e-6)
