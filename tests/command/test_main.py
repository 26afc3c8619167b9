"""The command line: what it prints, and what bad input gets."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
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


@pytest.mark.parametrize(
    ("arguments", "x", "values"),
    [
        (["-x**2", "--at", "-1"], "-1", [-1.0, 2.0]),
        (["x", "--at", "-pi/2"], "-1.5707963267948966", [-1.570796326794897, 1.0]),
        (["1/x"], "0", [np.inf, -np.inf]),
        (["--order", "0", "x**2", "--at", "3"], "3", [9.0]),
        (["5", "--order", "2"], "0", [5.0, 0.0, 0.0]),
    ],
)
def test_signs_and_poles(
    arguments: list[str], x: str, values: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["derivative", *arguments]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith(f" at x = {x}")
    assert [float(line.split()[1]) for line in out[3:]] == values


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


def test_hessian_at_negative_numbers(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hessian", f"{file}:f", "--at", "-1,2"]) == 0
    assert "[-4.  1.]" in capsys.readouterr().out


def test_a_file_may_hold_dataclasses_and_import_its_neighbour(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both look the file's module up, the one in sys.modules, the other on sys.path."""
    other = file.with_name("uses_functions.py")
    other.write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom functions import f\n"
        "@dataclass\nclass P:\n    a: float\ndef h(x):\n    return P(f(x)).a\n"
    )
    before = list(sys.path)
    assert main(["hessian", f"{other}:h", "--at", "1,2"]) == 0
    assert "[4. 1.]" in capsys.readouterr().out
    assert sys.path == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(x):\n    y = 1\n    return x * (y // 0)\n", "line 3: ZeroDivisionError"),
        ("import struct\ndef f(x):\n    return struct.pack('d', x)\n", "line 3: EscapeError"),
        (
            "import array\ndef f(x):\n    y = array.array('d', [0.0])\n    y[0] = x\n    return y[0]\n",
            "line 4: EscapeError",
        ),
        ("def f():\n    return 1\n", "TypeError: f() takes 0 positional arguments"),
        ("def f(x):\n    return missing\n", "line 2: NameError"),
        ("def f(x)\n", "line 1: SyntaxError"),
        ("x = 1\nraise RuntimeError('broken')\n", "line 2: RuntimeError: broken"),
        ("def f(x):\n    return [x, x]\n", "one real number"),
        ("from math import sin\ndef first(x):\n    return x\n", "it has first\n"),
        ("f = 3\n", "it has none\n"),
        ("def ff(x):\n    return x\n", "did you mean 'ff'?"),
    ],
)
def test_what_goes_wrong_in_a_file(
    body: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.py"
    path.write_text(body)
    assert main(["hessian", f"{path}:f", "--at", "1"]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert "Traceback" not in captured.err
    assert not captured.out


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
        (["hessian", "FILE:f", "--at", "1;2"], "is not a point"),
        (["hessian", "FILE:f", "--at", "1,"], "is not a point"),
        (["hessian", "FILE:f", "--at", ""], "is not a point"),
    ],
)
def test_bad_input(arguments: list[str], words: str, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([a.replace("FILE", str(file)) for a in arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [[], ["nonsense"], ["derivative"], ["hessian", "a.py:f"], ["derivative", "x", "--order", "a"]],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: hoad" in capsys.readouterr().err


def test_the_demonstration_without_scipy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert main(["demo"]) == 2
    assert "pip install 'hoad[scipy]'" in capsys.readouterr().err


@pytest.mark.parametrize("status", [0, 1])
def test_the_demonstration_gives_the_exit_status(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hoad.command.demo.main", lambda: status)
    assert main(["demo"]) == status


def test_module_and_version() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "hoad", "--version"], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == f"hoad {hoad.__version__}"
