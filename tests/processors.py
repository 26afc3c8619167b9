"""Runs the tests as other processors would: with vector instructions and newer kernels switched off.

NumPy's functions differ by some units in the last place between processors, so a bound of that kind must be
measured against what NumPy achieves at hand. ``make test-cpus`` runs this; arguments go on to pytest.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys

from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

STEPS = ("X86_V4", "AVX512F", "X86_V3", "AVX2")  # where a generation of processors begins, by NumPy's names
KINDS = {"X86_V4": "x86-64-v3", "AVX512F": "x86-64-v3", "X86_V3": "x86-64-v2", "AVX2": "x86-64-v2"}
OLD_KERNEL = {"x86_64": "Nehalem", "aarch64": "ARMV8"}


def settings() -> dict[str, dict[str, str]]:
    """The environments to test in, by what is said of them: ever more instructions are switched off."""
    there = [feature for feature in __cpu_dispatch__ if __cpu_features__.get(feature)]
    starts = [k for k, feature in enumerate(there) if feature in STEPS or k == 0]
    off = {f"without {there[k]} and later": " ".join(there[k:]) for k in reversed(starts)}
    found = {name: {"NPY_DISABLE_CPU_FEATURES": features} for name, features in off.items()}
    for name, variables in found.items():  # for code that hoad makes
        variables.update([("HOAD_CPU", kind) for start, kind in KINDS.items() if start in name])
    if platform.machine() in OLD_KERNEL:
        kernel = OLD_KERNEL[platform.machine()]
        found[f"with OpenBLAS's kernels for {kernel}"] = {"OPENBLAS_CORETYPE": kernel}
    return found


def main(arguments: list[str]) -> int:
    """Run the tests in each environment; the number of those that fail."""
    failed = []
    for name, variables in settings().items():
        print(f"\n== {name}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", *arguments]
        if subprocess.run(command, env={**os.environ, **variables}, check=False).returncode:
            failed.append(name)
    print(f"\n{len(failed)} failed" + "".join(f"\n  {name}" for name in failed))
    return len(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
