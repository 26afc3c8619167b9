"""The first use in many threads at once: what is imported and made with the first derivative is whole before
another thread sees it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOME = Path(__file__).parent.parent
# Modules take a while to run, in which they stand in ``sys.modules`` with nothing in them yet.
BEGIN = f"""
import sys, threading, time, traceback
sys.path[:0] = [{str(HOME.parent)!r}, {str(HOME / "operators")!r}]
import numpy as np, hoad
from test_alike import OPERATORS

class Slowly:
    def find_spec(self, name, path=None, target=None):
        if not name.startswith(("hoad.", "scipy.")):
            return None
        found = [f.find_spec(name, path, target) for f in sys.meta_path if f is not self]
        spec = next((s for s in found if s is not None), None)
        run = getattr(getattr(spec, "loader", None), "exec_module", None)
        if run is not None:
            spec.loader.exec_module = lambda module: (time.sleep(0.003), run(module))[1]
        return spec

sys.meta_path.insert(0, Slowly())
assert "hoad.adapting.search" not in sys.modules
"""
TOGETHER = """
barrier, wrong = threading.Barrier(len(calls)), []
def work(name, call):
    barrier.wait()
    try:
        call()
    except BaseException:
        wrong.append((name, traceback.format_exc()))
threads = [threading.Thread(target=work, args=item) for item in calls.items()]
[t.start() for t in threads]; [t.join() for t in threads]
print(*[f"{name}: {text}" for name, text in wrong], sep="\\n")
"""
FUNCTIONS = """
A = np.random.default_rng(0).normal(size=(40, 40)) + 20 * np.eye(40)
B = A[:5, :5] @ A[:5, :5].T
names = ["inv", "det", "slogdet", "cholesky", "pinv", "qr", "svd", "eigh", "eigvalsh", "eigvals", "cond"]

def total(f, a):
    out = f(a)
    return sum(np.sum(np.abs(part)) for part in (out if isinstance(out, tuple) else [out]))

calls = {}
for n in names:
    for size, a in (("large", A @ A.T), ("small", B)):
        f = getattr(np.linalg, n)
        calls[f"{n}, {size}"] = lambda f=f, a=a: hoad.grad(lambda a: total(f, a), a)
calls["solve"] = lambda: hoad.grad(lambda a: np.sum(np.linalg.solve(a, a[0])), A)
calls["sinc"] = lambda: hoad.grad(lambda x: np.sum(np.sinc(x) * np.i0(x)), A)
calls["another thread, which loads SciPy"] = lambda: __import__("scipy.linalg")
calls["fft"] = lambda: hoad.grad(lambda x: np.sum(np.abs(np.fft.fft(x))), A[0])
"""
OF_OPERATORS = """
calls = {name: lambda name=name, f=f, o=o, rest=rest: getattr(hoad, name)(f, *rest, **o)
         for name, (f, o, rest) in OPERATORS.items()}
"""
OF_FORMATS = """
x = np.linspace(1.0, 2.0, 6)
f = lambda x: np.sum(x**3)
calls = {
    "sparse": lambda: hoad.hessian(f, x, format="csr"),
    "sparse Jacobian": lambda: hoad.jacobian(np.sin, x, format="csr"),
    "compile": lambda: hoad.grad(hoad.compile(f))(x),
    "compiled": lambda: hoad.compile(hoad.grad(f))(x),
    "vmap": lambda: hoad.vmap(hoad.grad(f))(np.stack([x, x])),
    "prime": lambda: hoad.prime(np.sin)(1.0),
    "checkpoint": lambda: hoad.grad(hoad.checkpoint(f))(x),
    "trace": lambda: str(hoad.trace(f, x)),
    "root": lambda: hoad.derivative(lambda a: hoad.brentq(lambda y: y * y - a, 0.0, 9.0), 2.0),
    "pattern": lambda: hoad.pattern(np.sin, x),
}
"""


@pytest.mark.parametrize(
    "calls", [OF_OPERATORS, FUNCTIONS, OF_FORMATS], ids=["operators", "functions", "formats"]
)
def test_first_use_in_many_threads(calls: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + calls + TOGETHER],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "", done.stdout
