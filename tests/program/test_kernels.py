"""Kernels for a device give what the program gives plainly: their text is compiled as C, and run here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiled_cases import CASES
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels_run import carried_out, chain, heat, kernels_of, layers, together, ulps
from proofs import total
from random_programs import POINTS, PROGRAMS, made, text_of

import hoad
from hoad.program.device import kernels as cuda_kernels
from hoad.program.device import text as cuda_text
from hoad.testing import raw_module
from hoad.testing.raw_module import RawModule, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C compiler is here")
FORMS: dict[str, Any] = {
    "value": lambda f, n: f,
    "gradient": lambda f, n: hoad.grad(total(f), argnums=tuple(range(n))),
    "Jacobian": lambda f, n: hoad.jacobian(f, mode="forward"),
    "Hessian": lambda f, n: hoad.hessian(total(f)),
}
EVERY = {"value": 41, "gradient": 61, "Jacobian": 83, "Hessian": 121}  # the default run takes one in so many
BOUNDS = {"value": 16.0, "gradient": 128.0, "Jacobian": 64.0, "Hessian": 256.0}  # ulps of the largest entry
RNG = np.random.default_rng(19)
X = RNG.normal(size=300)


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return np.sum((e / np.sum(e, axis=1, keepdims=True)) ** 2)


def embedding(x: Any) -> Any:
    return np.sum(np.sin(x[np.array([3, 3, 1, 7, 3, 2, 0, 5, 9, 9] * 40)]) * np.arange(400.0))


def logistic(w: Any, data: Any, targets: Any) -> Any:
    z = data @ w
    return np.sum(np.logaddexp(z * 0, z) - targets * z)


DATA, TARGETS = RNG.normal(size=(400, 5)), (RNG.random(400) > 0.5) * 1.0


def recurrent(w: Any, x: Any) -> Any:
    h = np.zeros((8, 16))
    for part in x:
        h = np.tanh(h @ w + part)
    return np.sum(h * h)


PLACES = {  # name: function and arguments
    "chain, gradient": (hoad.grad(chain), (X,)),
    "chain, Hv": (lambda x, v: hoad.hvp(chain, x, v), (X, X[::-1].copy())),
    "chain, Hessian": (hoad.hessian(chain), (X[:20],)),
    "chain, value and gradient": (hoad.value_and_grad(chain), (RNG.normal(size=20_000),)),
    "heat": (hoad.grad(heat), (RNG.normal(size=(20, 31)),)),
    "heat, Hv": (lambda u: hoad.hvp(heat, u, u * u), (RNG.normal(size=(20, 31)),)),
    "layers": (hoad.grad(layers), (RNG.normal(size=(30, 20)),)),
    "layers, single": (hoad.grad(layers), (RNG.normal(size=(30, 20)).astype(np.float32),)),
    "logistic, Hv": (
        lambda w, v, d, t: hoad.hvp(lambda w: logistic(w, d, t), w, v),
        (X[:5], X[5:10], DATA, TARGETS),
    ),
    "logistic, Hv, single": (
        lambda w, v, d, t: hoad.hvp(lambda w: logistic(w, d, t), w, v),
        tuple([a.astype(np.float32) for a in (X[:5], X[5:10], DATA, TARGETS)]),
    ),
    "recurrent, Hv": (
        lambda w, v, x: hoad.hvp(lambda w: recurrent(w, x), w, v),
        (0.2 * RNG.normal(size=(16, 16)), RNG.normal(size=(16, 16)), RNG.normal(size=(6, 8, 16))),
    ),
    "softmax": (hoad.grad(softmax), (RNG.normal(size=(37, 130)),)),
    "columns": (lambda x: np.sum(np.exp(x), axis=0), (RNG.normal(size=(3_700, 7)),)),
    "middle": (lambda x: np.sum(np.sin(x), axis=1) + np.max(x, axis=1), (RNG.normal(size=(5, 300, 3)),)),
    "rows": (lambda x: np.sum(x[:, ::-3] * x[:, :1], axis=1), (RNG.normal(size=(300, 19)),)),
    "largest": (hoad.grad(lambda x: np.sum(np.max(x, axis=1) ** 2)), (RNG.normal(size=(37, 130)),)),
    "embedding": (hoad.grad(embedding), (X[:12],)),
    "embedding, Hessian": (hoad.hessian(embedding), (X[:12],)),
    "single": (hoad.grad(lambda x: np.sum(np.sin(x) * x / (1 + x * x))), (X.astype(np.float32),)),
    "complex": (lambda z: np.exp(z) * z[::-1] / np.abs(z), (X[:10] + 1j * X[10:20],)),
    "sums so far": (hoad.grad(lambda x: np.sum(np.cumsum(x * x) ** 2)), (RNG.normal(size=700),)),
    "sums so far of rows": (lambda x: np.cumsum(np.sin(x), axis=0), (RNG.normal(size=(70, 9)),)),
    "steps": (lambda x: hoad.grad(lambda x: np.sum(x[3:295:4] * x[1:-7:4] ** 2))(x), (X,)),
    "written": (hoad.grad(lambda x: np.sum(written(x) ** 2)), (X,)),
    "truths": (lambda x: (x > 0) & (x < 1), (X,)),
}


def written(x: Any) -> Any:
    y = np.zeros_like(x)
    y[::2] = x[1::2] ** 2
    y[5:90:3] += x[:29]
    return y * x


def compare(names: list[str], functions: list[tuple[Any, Any]], bounds: list[float]) -> int:
    """Carry out programs by kernels of one text; how many have such."""
    found = [(name, f, args, kernels_of(f, args)) for name, (f, args) in zip(names, functions, strict=True)]
    module = RawModule(together([made[0].source for *_, made in found if made is not None]))
    for (name, f, args, one), bound in zip(found, bounds, strict=True):
        if one is not None:
            numbers = [np.asarray(a) for a in flat(args)]
            results, flag = carried_out(one[0], numbers, module)
            if one[0].guarded and flag.any():  # strong zeros are plain hoad's, as they are for NumPy code
                assert not flag[0] and is_handed_on(f, args), name
                continue
            for got, right in zip(results, one[1], strict=True):
                assert ulps(got, right) <= bound, name
    return sum([one is not None for *_, one in found])


def is_handed_on(f: Any, args: Any) -> bool:
    """Tell whether NumPy code of a function hands a call on to the function as it is written."""
    compiled = hoad.compile(f, backend="numpy")
    compiled(*args)
    compiled(*args)
    return not compiled.stats()["hits"]


def flat(args: Any) -> list[Any]:
    """The numbers and arrays among arguments."""
    if isinstance(args, (tuple, list)):
        return [leaf for part in args for leaf in flat(part)]
    return [args] if isinstance(args, (float, complex)) or np.asarray(args).dtype.kind in "fc" else []


def parts() -> list[Any]:
    """The programs of the tables, in parts: the first of each form is in the default run."""
    return [
        pytest.param(form, k, id=f"{form} {k}", marks=[pytest.mark.sweep] if k else [])
        for form, every in EVERY.items()
        for k in range(every)
    ]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("form", "part"), parts())
def test_the_tables(form: str, part: int) -> None:
    names = [n for n in list(CASES)[part :: EVERY[form]] if not re.search("erfi", n)]  # ill-conditioned
    functions = [(FORMS[form](CASES[n][0], len(CASES[n][1])), CASES[n][1]) for n in names]
    assert compare(names, functions, [BOUNDS[form]] * len(names)) > len(names) / 4


def test_every_kind_of_kernel() -> None:
    bounds = [32.0 for _ in PLACES]
    assert compare(list(PLACES), list(PLACES.values()), bounds) == len(PLACES)


def test_the_order_of_threads_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(args, kernels_of(f, args)) for f, args in PLACES.values()]
    module = RawModule(together([one[0].source for _, one in found if one is not None]))
    for args, one in found:
        assert one is not None
        monkeypatch.setattr(raw_module, "backwards", False)
        first, _ = carried_out(one[0], flat(args), module)
        monkeypatch.setattr(raw_module, "backwards", True)
        second, _ = carried_out(one[0], flat(args), module)
        for a, b in zip(first, second, strict=True):
            assert a.tobytes() == b.tobytes()


def test_places_in_64_bits_and_few_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda_text, "LARGEST", 4)
    monkeypatch.setattr(cuda_kernels, "LARGEST", 4)
    monkeypatch.setattr(cuda_kernels, "MOST_BLOCKS", 2)
    monkeypatch.setattr(cuda_kernels, "SUMMING", 2)
    made = kernels_of(*PLACES["heat"])
    assert made is not None and "typedef long long index" in made[0].source
    assert compare(list(PLACES), list(PLACES.values()), [32.0 for _ in PLACES]) == len(PLACES)


@settings(derandomize=True, database=None, deadline=None, max_examples=5)
@given(st.lists(st.tuples(PROGRAMS, POINTS), min_size=8, max_size=8))
def test_random_programs(cases: Any) -> None:
    names, functions = [], []
    for program, x in cases:
        loss = total(made(program))
        forms = {
            "gradient": hoad.grad(loss),
            "Hv": lambda x, loss=loss: hoad.hvp(loss, x, np.array([1.0, -2.0, 0.5, 1.5])),
            "Hessian": hoad.hessian(loss),
        }
        names += [f"{form} of {text_of(program)}" for form in forms]
        functions += [(g, (x,)) for g in forms.values()]
    compare(names, functions, [2.0**10] * len(names))


def test_an_assumption_that_fails_makes_all_nan() -> None:
    made = kernels_of(hoad.hessian(chain), (X[:5],))
    assert made is not None and not made[0].guarded
    module = RawModule(made[0].source)
    fine, _ = carried_out(made[0], (X[:5],), module)
    assert np.all(np.isfinite(fine[0]))
    odd = X[:5].copy()
    odd[4] = np.inf
    bad, _ = carried_out(made[0], (odd,), module)
    assert np.all(np.isnan(bad[0]))


def test_a_guard_sets_the_flag() -> None:
    made = kernels_of(lambda x: np.sin(x) if x[0] > 0 else np.cos(x), (np.array([1.0, 2.0]),))
    assert made is not None and made[0].guarded
    module = RawModule(made[0].source)
    assert not carried_out(made[0], (np.array([0.5, 2.0]),), module)[1].any()
    for other in (-1.0, np.nan):
        assert carried_out(made[0], (np.array([other, 2.0]),), module)[1][0] == 1


def test_a_program_of_fifty_steps_has_few_kernels() -> None:
    made = kernels_of(hoad.grad(lambda u: heat(u, 50)), (RNG.normal(size=(40, 50)),))
    assert made is not None
    assert len(made[0].steps) == 100 and made[0].source.count("KERNEL hoad_") == 4


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no compiler of NVIDIA's is here")
def test_nvcc_takes_the_text(tmp_path: Path) -> None:
    names = [n for k, n in enumerate(CASES) if k % 97 == 5]
    found = [kernels_of(f, args) for f, args in [*PLACES.values(), *[CASES[n] for n in names]]]
    source = tmp_path / "kernels.cu"
    source.write_text(together([made[0].source for made in found if made is not None]))
    command = [
        "nvcc",
        "-std=c++17",
        "-arch=sm_90",
        "--fmad=false",
        "-diag-suppress=177",
        "-ptx",
        "-o",
        str(tmp_path / "k.ptx"),
    ]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True)
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr[:2000]


def test_a_matrix_that_is_multiplied_by_several_columns_is_read_once() -> None:
    made = kernels_of(*PLACES["logistic, Hv"])
    assert made is not None
    assert sum([step.kernel is None for step in made[0].steps]) == 2


def test_two_matrices_that_are_multiplied_by_one_are_one_product() -> None:
    made = kernels_of(*PLACES["recurrent, Hv"])
    assert made is not None
    shapes = [step.matrices[1].shape for step in made[0].steps if step.kernel is None]
    assert shapes.count((16, 16)) >= 4  # of (8, 16) each
