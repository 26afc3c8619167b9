"""A user's script under the strict modes of mypy and pyright."""

from __future__ import annotations

import importlib.util
import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SCRIPT = HERE / "user.py"


def test_the_script_runs(capsys: pytest.CaptureFixture[str]) -> None:
    found = runpy.run_path(str(SCRIPT))
    assert found["value"].tolist() == [2.0, 4.0] and capsys.readouterr().out.startswith("f(0.5 + ε₁)")


@pytest.mark.sweep
@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_mypy(tmp_path: Path) -> None:
    """What hoad itself does is checked by ``make lint``; here only the script is."""
    options = ["--strict", "--config-file=", "--follow-imports=silent", f"--cache-dir={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(SCRIPT)],
        capture_output=True, text=True, check=False, env={**os.environ, "MYPYPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.sweep
@pytest.mark.skipif(importlib.util.find_spec("pyright") is None, reason="pyright is not installed")
def test_pyright(tmp_path: Path) -> None:
    script = tmp_path / "user.py"
    shutil.copy(SCRIPT, script)
    settings = {
        "typeCheckingMode": "strict",
        "extraPaths": [str(ROOT)],
        "reportUnnecessaryTypeIgnoreComment": True,
    }
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(settings))
    options = ["--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pyright", *options],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    wrong = json.loads(done.stdout)["generalDiagnostics"]
    assert [(d["range"]["start"]["line"] + 1, d["message"]) for d in wrong if d["severity"] == "error"] == []
