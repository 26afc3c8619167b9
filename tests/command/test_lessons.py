"""``hoad explain``, ``taylor``, ``formula`` and ``plot`` on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.__main__ import main

SOURCE = "import numpy as np\n\ndef f(x):\n    return x[0]**2 * x[1]\n\ndef g(x):\n    return np.sin(x) * 2\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "functions.py"
    path.write_text(SOURCE)
    return path


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_explain(capsys: Any) -> None:
    out = said(capsys, "explain", "sin(x**2)", "--at", "1", "--order", "2")
    assert "v1 = x**2 = (1 + ε₁)**2 = 1 + 2ε₁\n" in out and "x̄ += v̄1 · ∂v1/∂x = " in out
    right = hoad.derivative(lambda x: np.sin(x**2), 1.0, 2)
    assert out.rstrip().endswith(f"so f″(1) = {right:.6g}")


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ([], "f′(2) = x̄ = 12"),
        (["--mode", "forward"], "so f′(2) = 12"),
        (["--order", "3"], "so the derivatives are [8, 12, 12, 6]"),
        (["--order", "2", "--mode", "forward"], "so f″(2) = 12"),
    ],
)
def test_explain_in_a_mode_that_suits_the_order(options: list[str], last: str, capsys: Any) -> None:
    assert said(capsys, "explain", "x**3", "--at", "2", *options).rstrip().endswith(last)


def test_explain_a_function_in_a_file(file: Path, capsys: Any) -> None:
    out = said(capsys, "explain", f"{file}:f", "--at", "1,2")
    assert "functions.py:4: return x[0]**2 * x[1]" in out and out.rstrip().endswith("∂f/∂x = x̄ = [4. 1.]")


def test_all_steps(capsys: Any) -> None:
    long = "+".join(["x"] * 60)
    assert "more steps" in said(capsys, "explain", long)
    assert "more steps" not in said(capsys, "explain", long, "--all")


def test_taylor(capsys: Any) -> None:
    out = said(capsys, "taylor", "log(x)", "--at", "1", "--order", "3").splitlines()
    assert out[0] == "log(x) = 1*(x - 1) - 0.5*(x - 1)**2 + 0.333333*(x - 1)**3 + ..."
    assert [float(line.split()[1]) for line in out[3:]] == pytest.approx([0, 1, -1 / 2, 1 / 3])
    assert said(capsys, "taylor", "5", "--order", "1").startswith("5 = 5 + ...")
    assert "(x + 1)" in said(capsys, "taylor", "x**2", "--at", "-1")


def test_formula(file: Path, capsys: Any) -> None:
    assert said(capsys, "formula", "x*exp(-x)", "--order", "2").strip() == "x*exp(-x) - 2*exp(-x)"
    assert said(capsys, "formula", "x*exp(-x)", "--simplify").strip() == "(1 - x)*exp(-x)"
    assert said(capsys, "formula", "sqrt(x)", "--order", "0", "--latex").strip() == r"\sqrt{x}"
    assert said(capsys, "formula", f"{file}:g").strip() == "2*cos(x)"


def test_plot(tmp_path: Path, capsys: Any) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    path = tmp_path / "bell.png"
    assert str(path) in said(capsys, "plot", "exp(-x**2)", "--from", "-pi", "--save", str(path))
    assert path.read_bytes().startswith(b"\x89PNG")
    assert main(["plot", "x"]) == 2
    assert "--save picture.png" in capsys.readouterr().err


def test_help_is_for_newcomers(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    for command in ("derivative", "hessian", "explain", "taylor", "formula", "plot", "demo"):
        assert f"    {command}" in out
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "usage: hoad " + command in capsys.readouterr().out
    assert out.count("\n  hoad ") >= 6  # examples


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["explain", "sni(x)"], "did you mean 'sin'"),
        (["explain", "y**2"], "Allowed are x, numbers"),
        (["explain", "x", "--order", "9", "--mode", "forward"], "must be 1 to 5"),
        (["explain", "x", "--order", "2", "--mode", "reverse"], "forward-reverse"),
        (["explain", "FILE:h"], "it has f, g"),
        (["explain", "FILE:f", "--at", "1"], "line 4"),
        (["taylor", "x", "--at", "1,2"], "one number"),
        (["taylor", "x", "--order", "-2"], "-2"),
        (["formula", "x", "--order", "-2"], "-2"),
        (["plot", "x", "--from", "2", "--to", "1"], "is empty"),
        (["plot", "x", "--from", "a"], "no end of an interval"),
        (["plot", "x", "--orders", "1,b"], "such as 0,1,2"),
    ],
)
def test_bad_input(arguments: list[str], words: str, file: Path, capsys: Any) -> None:
    assert main([a.replace("FILE", str(file)) for a in arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and "Traceback" not in captured.err


def test_a_mode_that_is_none(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main(["explain", "x", "--mode", "sideways"])
    assert "forward-reverse" in capsys.readouterr().err
