"""The command line: what it prints, and what bad input gets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import hoad
from hoad.__main__ import main

SOURCE = "import numpy as np\n\ndef f(x):\n    return x[0]**2 * x[1]\n\ndef g(x):\n    return np.sin(x)\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "functions.py"
    path.write_text(SOURCE)
    return path


def test_derivative_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derivative", "exp(sin(x))", "--at", "1", "--order", "5"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[3:]]
    assert [row[0] for row in rows] == ["0", "1", "2", "3", "4", "5"]
    right = [
        2.319776824715853, 1.253380767493447, -1.274820370420696,
        -4.051536250723402, 0.9495300118847193, 23.75487932721404,
    ]  # fmt: skip
    assert [float(row[1]) for row in rows] == pytest.approx(right, rel=1e-14)


def test_derivative_at_an_expression(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["derivative", "cos(x)", "--at", "pi/2"]) == 0
    assert float(capsys.readouterr().out.splitlines()[-1].split()[1]) == -1.0


def test_hessian_of_a_function_in_a_file(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hessian", f"{file}:f", "--at", "1,2"]) == 0
    out = capsys.readouterr().out
    assert "value     2.0" in out
    assert "[4. 1.]" in out
    assert "[[4. 2.]" in out


def test_hessian_at_one_number(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hessian", f"{file}:g", "--at", "0"]) == 0
    assert "gradient  1.0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["derivative", "sni(x)"], "did you mean 'sin'"),
        (["derivative", "x", "--at", "1,2"], "one number"),
        (["derivative", "x", "--at", "x"], "not a point"),
        (["derivative", "x", "--order", "-1"], "n=-1"),
        (["hessian", "nowhere.py:f", "--at", "1"], "no file"),
        (["hessian", "f", "--at", "1"], "FILE.py:f"),
        (["hessian", "FILE:h", "--at", "1"], "it has f, g"),
        (["hessian", "FILE:f", "--at", "1,a"], "is not known"),
    ],
)
def test_bad_input(arguments: list[str], words: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([a.replace("FILE", str(file)) for a in arguments]) == 2
    assert words in capsys.readouterr().err


def test_module_and_version() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "hoad", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == f"hoad {hoad.__version__}"
