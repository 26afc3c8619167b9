"""What the playground shows, by its data, and the command that serves it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.__main__ import main
from hoad.command import play, views

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")


@pytest.fixture
def bell() -> Any:
    return views.function("exp(-x**2)")


@pytest.mark.parametrize("text", views.EXAMPLES.values())
def test_every_example_has_every_view(text: str) -> None:
    f: Any = views.function(text)
    for view in (views.duals, views.walk, views.graph):
        assert view(f, 0.7)
    assert views.table(f, 0.7, 4).count("\n| ") == 6
    assert views.curves(f, 0.7, -3.0, 3.0).lines and views.polynomials(f, 0.7, -3.0, 3.0, 2).lines


def test_what_is_no_expression_says_what_is_allowed() -> None:
    assert "Allowed are x, numbers" in str(views.function("__import__('os').system('true')"))
    assert "did you mean 'sin'" in str(views.function("sim(x)"))


def test_curves_mark_the_point_and_the_tangent(bell: Any) -> None:
    lines = views.curves(bell, 0.5, -3.0, 3.0).lines
    marks = [line.get_xydata()[0] for line in lines if line.get_marker() == "o"]
    np.testing.assert_allclose(marks, [[0.5, d] for d in hoad.derivatives(bell, 0.5, 2)])
    (tangent,) = [line for line in lines if line.get_label() == "_tangent"]
    (x0, y0), (x1, y1) = tangent.get_xydata()
    assert (y1 - y0) / (x1 - x0) == pytest.approx(hoad.grad(bell, 0.5), rel=1e-12)


def test_table(bell: Any) -> None:
    rows = views.table(bell, 0.5, 4).splitlines()
    fourth = hoad.derivative(bell, 0.5, 4)
    assert rows[-1] == f"| 4 |  | {fourth:.12g} | {fourth / 24:.12g} |"
    assert "e^{- x^{2}}" in rows[5]


def test_a_bar_does_not_end_the_cell() -> None:
    f: Any = views.function("abs(x)")
    assert r"\lvert" in views.table(f, 0.5, 1) and "|x|" not in views.table(f, 0.5, 1)


def options(**given: Any) -> argparse.Namespace:
    usual = {"function": None, "at": None, "start": None, "stop": None, "port": None, "no_browser": False}
    return argparse.Namespace(**{**usual, **given})


def test_the_page_is_served_to_this_machine_alone() -> None:
    line = play.command(options(function="sin(x)", at="pi/2", port=2000, no_browser=True))
    assert line[line.index("--host") + 1] == "127.0.0.1"
    assert line[line.index("--") + 1 :] == ["--function=sin(x)", "--at=1.5707963267948966"]


@pytest.mark.parametrize("arguments", [["sim(x)"], ["x", "--at", "here"]])
def test_bad_input_is_told_before_anything_is_served(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(play.importlib.util, "find_spec", lambda name: name)
    monkeypatch.setattr(play, "served", lambda line: pytest.fail("served"))
    assert main(["play", *arguments]) == 2
    assert "hoad: " in capsys.readouterr().err


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setitem(sys.modules, "marimo", None)
    monkeypatch.setattr(play.importlib.util, "find_spec", lambda name: None if name == "marimo" else name)
    assert main(["play"]) == 2
    assert capsys.readouterr().err == "hoad: hoad play needs marimo; install with: pip install 'hoad[play]'\n"
