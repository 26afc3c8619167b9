"""``hoad.explain``: what it shows is the derivative, on every rule; and what it says of it is true."""

from __future__ import annotations

import html.parser
import json
import math
import re
import shutil
import subprocess
from typing import Any

import numpy as np
import pytest
import test_adjoints

import hoad
from hoad.errors import ArgumentError, MissingDependencyError, NonScalarOutputError, ShapeMismatchError
from hoad.teaching import explain as module
from hoad.values import fields

CASES = [
    pytest.param(program, x, id=f"{getattr(function, '__name__', function)}-{k}")
    for function, programs in test_adjoints.PROGRAMS.items()
    for k, (program, x) in enumerate(programs)
]


def loss_of(program: Any) -> Any:
    """One number of all that a program gives."""

    def loss(x: Any) -> Any:
        out = program(x)
        parts = out if isinstance(out, tuple) else (out,)
        return sum([np.sum(np.real(p) * np.cos(np.arange(np.size(p))).reshape(np.shape(p))) for p in parts])

    return loss


def compare(program: Any, x: Any, texts: bool) -> None:
    """Each mode of ``explain`` against the operator of its derivative."""
    f = loss_of(program)
    direction = np.ones_like(x)
    found = hoad.explain(f, x)
    close(found.derivative, hoad.grad(f, x))
    forward = hoad.explain(f, x, mode="forward")
    close(forward.derivative, hoad.jvp(f, (x,), (direction,))[1])
    second = hoad.explain(f, x, mode="forward-reverse")
    close(second.derivative, hoad.hvp(f, x, direction, mode="forward-reverse"))
    series = hoad.explain(f, x, mode="taylor", order=3)
    close(series.derivative, [hoad.directional(f, x, direction, k) for k in range(4)])
    for e in (found, forward, second, series) if texts else ():
        text = e.text(None)
        assert text.endswith(e.last_line()) and "Traced" not in text and "Dual(" not in text
        assert "Piecewise" not in text and "Tracer" not in text


def close(found: Any, right: Any) -> None:
    np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize(("program", "x"), CASES[:: max(len(CASES) // 60, 1)])
def test_it_is_the_derivative(program: Any, x: Any) -> None:
    compare(program, x, texts=False)


@pytest.mark.sweep
@pytest.mark.parametrize(("program", "x"), CASES)
def test_it_is_the_derivative_of_every_rule(program: Any, x: Any) -> None:
    compare(program, x, texts=True)


# ------------------------------------------------------------------------------------------------------------
# What is said
# ------------------------------------------------------------------------------------------------------------


def f(x: Any) -> Any:
    y = x**2
    return np.sin(y) * x + 3


def test_reverse_mode_line_by_line() -> None:
    lines = str(hoad.explain(f, 1.5)).splitlines()
    where = f"test_explain.py:{f.__code__.co_firstlineno}"
    line = int(where.split(":")[1])
    assert lines[2:6] == [
        "   0  x = 1.5",
        f"   1  v1 = x**2 = 1.5**2 = 2.25    | test_explain.py:{line + 1}: y = x**2",
        "      ∂v1/∂x = 2*x = 2*1.5 = 3",
        "   2  v2 = sin(v1) = sin(2.25) = 0.778073    "
        f"| test_explain.py:{line + 2}: return np.sin(y) * x + 3",
    ]
    assert "   4  v4 = v3 + 3 = 1.16711 + 3 = 4.16711" in "\n".join(lines)
    assert "      v̄1 += v̄2 · ∂v2/∂v1 = 1.5 · (-0.628174) = -0.94226" in lines
    assert "      x̄ += v̄1 · ∂v1/∂x = (-0.94226) · 3 = -2.82678" in lines
    assert lines[-1] == f"f′(1.5) = x̄ = {hoad.grad(f, 1.5):.6g}"


def test_dual_numbers_are_told_apart_by_their_names() -> None:
    lines = str(hoad.explain(f, 1.5, mode="forward", order=2)).splitlines()
    assert lines[2] == "   0  x = 1.5 + ε₁ + ε₂"
    assert lines[3].startswith("   1  v1 = x**2 = (1.5 + ε₁ + ε₂)**2 = 2.25 + 3ε₁ + 3ε₂ + 2ε₁ε₂ ")
    assert lines[-1].endswith(f"so f″(1.5) = {hoad.derivative(f, 1.5, 2):.6g}")


def test_a_second_derivative_flows_down_and_back() -> None:
    e = hoad.explain(f, 1.5, mode="forward-reverse")
    assert "v̄1 += v̄2 · ∂v2/∂v1 = (1.5 + ε₁) · (-0.628174 - 2.33422ε₁) = -0.94226 - 4.1295ε₁" in str(e)
    assert e.last_line() == "x̄ = -2.04871 - 16.1576ε₁, so f″(1.5) = -16.1576"
    third = hoad.explain(f, 1.5, mode="forward-reverse", order=3)
    assert math.isclose(third.derivative, hoad.derivative(f, 1.5, 3))


def test_series() -> None:
    e = hoad.explain(f, 1.5, mode="taylor", order=4)
    assert str(e).splitlines()[3].startswith("   1  v1 = x**2 = (1.5 + t)**2 = 2.25 + 3t + t² ")
    np.testing.assert_allclose(e.derivative, hoad.derivatives(f, 1.5, 4))


def test_arrays_containers_and_constants() -> None:
    def g(p: Any, t: Any) -> Any:
        h = np.tanh(p["W"] @ t + p["b"])
        return np.sum(h**2, axis=0) / 2

    p, t = {"W": np.eye(2) + 0.1, "b": np.zeros(2), "name": "n"}, np.array([1.0, 2.0])
    e = hoad.explain(g, p, t)
    right = hoad.gradient(g, p, t)
    np.testing.assert_allclose(e.derivative[0]["W"], right[0]["W"])
    np.testing.assert_allclose(e.derivative[1], right[1])
    text = str(e)
    assert "v1 = p['W'] @ t" in text and "d(a @ b) = da @ b + a @ db" in text
    assert "sum(v4" in text and "∂f/∂p['b'] = bar(p['b']) = " in text
    along = ({"W": np.zeros((2, 2)), "b": np.array([1.0, 0.0]), "name": "n"}, np.zeros(2))
    one = hoad.explain(g, p, t, mode="forward", along=along)
    np.testing.assert_allclose(one.derivative, right[0]["b"][0])
    with pytest.raises(ShapeMismatchError):
        hoad.explain(np.sum, t, mode="forward", along=np.ones(3))


def test_complex_numbers_come_back_conjugate() -> None:
    g = lambda z: np.real(np.sin(z) * z)
    z = 1.0 + 0.5j
    e = hoad.explain(g, z)
    assert e.derivative == hoad.grad(g, z)
    assert e[1].line.partials[0] == np.conj(np.cos(z))
    assert e[1].down()[1] == f"∂v1/∂z = cos(z) = cos(1+0.5j) = {np.cos(z):.6g}"
    assert e[1].back()[0].startswith("z̄ += v̄1 · conj(∂v1/∂z) = (1-0.5j) · (")


CONSTANTS = [
    2,
    -3,
    0.5,
    -0.25,
    1e-7,
    np.float32(-1.5),
    np.inf,
    -np.inf,
    np.nan,
    1 + 2j,
    -2j,
    np.complex64(-1 + 1j),
]
WITH_CONSTANTS: dict[str, Any] = {
    "x + c": lambda x, c: x + c,
    "c - x": lambda x, c: c - x,
    "x * c": lambda x, c: x * c,
    "x / c": lambda x, c: x / c,
    "c / x": lambda x, c: c / x,
    "x ** c": lambda x, c: x**c,
    "2 ** (c * x)": lambda x, c: 2 ** (c * x),
    "sin(c * x)": lambda x, c: np.sin(c * x),
    "x * x, c": lambda x, c: x * (x * c),
}
SAID = {
    **{name: getattr(np, name) for name in ("log", "sin", "cos", "sqrt", "conj", "inf", "nan", "pi")},
    "Re": np.real,
    "I": 1j,
}


def said(text: str, names: dict[str, Any]) -> Any:
    """What a part of an equation amounts to."""
    with np.errstate(all="ignore"):
        try:
            value = complex(eval(text.replace("·", "*"), {**SAID, **names}))
        except (ZeroDivisionError, OverflowError):
            return None
    is_real = "j" not in text and "I" not in text and not any(map(np.iscomplexobj, names.values()))
    return np.nan if value.imag and is_real else value  # a power of what is below 0 is nan of NumPy's


@pytest.mark.parametrize("name", WITH_CONSTANTS)
@pytest.mark.parametrize("x", [0.5, -1.5, 0.5 - 1j])
def test_every_equation_is_true(name: str, x: Any) -> None:
    """Of all constants: the formula, that with numbers put in, and what it gives."""
    f = WITH_CONSTANTS[name]
    for c in CONSTANTS:
        if isinstance(x, complex) and not np.isfinite(c):
            continue  # Python's complex numbers have other infinities
        explained = hoad.explain(lambda x, c=c: f(x, c), x)
        names = {step.name: np.asarray(step.value)[()] for step in explained}
        for step in explained:
            for line in [*step.down(), *step.back()]:
                left, *parts = line.replace(" += ", " = ").split(" = ")
                found = [
                    said(part, names) for part in [left, *parts] if "∂" not in part and "\u0304" not in part
                ]
                found = [part for part in found if part is not None]
                for part in found:
                    np.testing.assert_allclose(part, found[-1], rtol=2e-5, err_msg=line)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", "longdouble", "complex64", "complex128"])
@pytest.mark.parametrize("mode", ["forward", "forward-reverse", "taylor"])
def test_the_precision_is_that_of_the_point_whatever_the_direction_is(kind: str, mode: str) -> None:
    x, order = np.array([0.5, 1.5], kind), 1 if mode == "forward" else 2
    for along in (None, np.array([1, 0]), np.array([1.0, 0.0]), np.array([True, False])):
        f = lambda x: np.sum(np.real(x * x * x))
        found = hoad.explain(f, x, mode=mode, order=order, along=along)
        assert {np.real(part).dtype for part in np.atleast_1d(found.derivative)} == {np.real(x).dtype}
        direction = np.ones_like(x) if along is None else along.astype(float)
        right = hoad.explain(f, x, mode=mode, order=order, along=direction)
        close(found.derivative, right.derivative)
        assert str(found) == str(right) or x.dtype.kind == "c"  # where the zeros beside a real one are shown


def test_equal_numbers_stay_apart() -> None:
    assert "v1 = x + y = 3 + 3 = 6" in str(hoad.explain(lambda x, y: x + y, 3.0, 3.0))
    assert "v1 = x**2 = 3**2 = 9" in str(hoad.explain(lambda x: x * x, 3.0))
    assert "\u200b" not in hoad.explain(lambda x, y: x + y, 3.0, 3.0)._repr_latex_()


def test_large_arrays_are_shown_by_their_kind_and_not_put_in() -> None:
    def g(x: Any) -> Any:
        y = np.exp(x)
        return np.sum(y * x + y)

    x = np.linspace(0.0, 1.0, 40_000)
    for mode in ("reverse", "forward", "forward-reverse", "taylor"):
        e = hoad.explain(g, x, mode=mode)
        assert "v1 = exp(x) = " in str(e) and "exp(float" not in str(e)
    np.testing.assert_allclose(hoad.explain(g, x).derivative, hoad.grad(g, x))
    assert hoad.explain(g, x, mode="forward").last_line().rpartition(" so ")[2].startswith("Df = ")


def test_writes_choices_and_derivatives_within() -> None:
    def g(x: Any) -> Any:
        out = np.zeros_like(x)
        out[0] = x[0] ** 2
        out[1:] = np.maximum(x[1:], 2.0) * hoad.derivative(np.sin, x[0])
        return np.sum(out)

    x = np.array([1.0, 3.0, 0.5])
    e = hoad.explain(g, x)
    np.testing.assert_allclose(e.derivative, hoad.grad(g, x))
    assert "with [0] replaced by v3" in str(e) and "[v5 > 2]" in str(e)


def test_values_that_do_not_depend_on_the_input() -> None:
    assert hoad.explain(lambda x: 2.0, 1.0).derivative == 0.0
    assert hoad.explain(lambda x: 2.0, 1.0).last_line() == "f′(1) = x̄ = 0"
    assert hoad.explain(lambda x: 2.0, 1.0, mode="taylor").derivative == [2.0, 0.0, 0.0, 0.0]
    assert hoad.explain(lambda x: 2.0, np.ones(2), mode="forward-reverse").derivative.tolist() == [0.0, 0.0]


def test_several_outputs_go_forward() -> None:
    e = hoad.explain(lambda x: {"s": np.sin(x), "n": "text"}, 0.0, mode="forward")
    assert e.derivative["s"] == 1.0
    assert hoad.explain(np.sin, np.zeros(2), mode="forward").derivative.tolist() == [1.0, 1.0]
    with pytest.raises(NonScalarOutputError, match="mode='forward'"):
        hoad.explain(np.sin, np.zeros(2))


def test_strong_zeros() -> None:
    g = lambda x: np.sum(np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0) + 0.0 * np.sqrt(x))
    x = np.array([0.0, 2.0])
    np.testing.assert_allclose(hoad.explain(g, x).derivative, hoad.grad(g, x))


def test_rules_of_users() -> None:
    twice = hoad.checkpoint(lambda x: x * np.sin(x))
    e = hoad.explain(twice, 2.0)
    assert math.isclose(e.derivative, hoad.grad(twice, 2.0)) and "′(x)ᵀ[ȳ]" in str(e)
    assert math.isclose(hoad.explain(twice, 2.0, mode="forward").derivative, hoad.grad(twice, 2.0))


# ------------------------------------------------------------------------------------------------------------
# Long programs, notebooks, lectures
# ------------------------------------------------------------------------------------------------------------


def long(x: Any) -> Any:
    for _ in range(500):
        x = x * 1.001
    return x


def test_a_long_program_is_shortened_and_says_how_to_see_the_rest() -> None:
    e = hoad.explain(long, 1.0)
    text = str(e)
    assert len(e) == 501 and text.count("\n") < 130
    assert "... 477 more steps: explanation[12:489], or explanation.text(None)" in text
    assert len(e[12:489]) == 477 and e[-1].name == "v500" and len(e.steps) == 501
    assert e.text(None).count("∂v") > 900 and text.endswith(e.last_line())
    assert len(hoad.explain(long, 1.0)._repr_html_()) < 40_000


class Page(html.parser.HTMLParser):
    """The tags of a page, which must be closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in ("input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("mode", ["reverse", "forward", "forward-reverse", "taylor"])
def test_the_page_walks_without_a_network(mode: str) -> None:
    e = hoad.explain(lambda x: x * np.exp(x) if x * x < 9 else x, 1.5, mode=mode)
    text = e._repr_html_()
    page = Page()
    page.feed(text)
    assert page.open == [] and "http" not in text and " src=" not in text
    slider = next(attrs for tag, attrs in page.seen if tag == "input")
    moments = [int(attrs["data-at"]) for _, attrs in page.seen if "data-at" in attrs]
    n = len(e)
    assert sorted(moments) == list(range(2 * n + 1 if e.walk.adjoints is not None else n + 1))
    assert int(slider["max"]) == max(moments)
    assert "&lt; 9" in text  # the user's line


NODE = shutil.which("node")
DOCUMENT = """
const cells = MOMENTS.map(at => ({dataset: {at: String(at)}, is: new Set()}));
for (const c of cells) c.classList = {toggle: (name, on) => on ? c.is.add(name) : c.is.delete(name)};
const label = {hidden: true}; let moved;
const slider = {value: "9", parentNode: label, addEventListener: (_, f) => { moved = f; }};
const walk = {querySelector: () => slider, querySelectorAll: () => cells};
globalThis.document = {getElementById: () => walk};
SCRIPT
const seen = () => cells.filter(c => !c.is.has("later")).map(c => +c.dataset.at);
const first = seen(); slider.value = "3"; moved();
console.log(JSON.stringify([label.hidden, first, seen(), cells.filter(c => c.is.has("now")).length]));
"""


@pytest.mark.skipif(NODE is None, reason="Node is not installed")
def test_the_slider_shows_the_steps_up_to_its_own() -> None:
    text = hoad.explain(f, 1.5)._repr_html_()
    script = re.search(r"<script>(.*?)</script>", text, re.S)
    moments = [int(at) for at in re.findall(r'data-at="(\d+)"', text)]
    assert script is not None and NODE is not None
    code = DOCUMENT.replace("MOMENTS", json.dumps(moments)).replace("SCRIPT", script[1])
    done = subprocess.run([NODE, "-e", code], capture_output=True, text=True, check=True)
    hidden, first, later, now = json.loads(done.stdout)
    assert (hidden, first, sorted(later), now) == (False, [0], [0, 1, 2, 3], 1)


def test_latex_is_balanced_and_ends_with_the_result() -> None:
    for mode in ("reverse", "forward", "forward-reverse", "taylor"):
        text = hoad.explain(f, 1.5, mode=mode)._repr_latex_()
        assert text.startswith("$$") and text.endswith("$$") and text.count("{") == text.count("}")
        assert text.count(r"\left") == text.count(r"\right") and r"\sin{\left(v_{1} \right)}" in text
        assert "ε" not in text and "ᵀ" not in text
    assert r"\varepsilon_{1}" in hoad.explain(f, 1.5, mode="forward")._repr_latex_()
    step = hoad.explain(f, 1.5)[1]
    assert step._repr_latex_().startswith(r"$\begin{aligned}v_{1} &= x^{2}")


def test_every_step_has_its_parts() -> None:
    e = hoad.explain(f, 1.5)
    step = e[2]
    assert (step.name, step.text, step.cotangent) == ("v2", "return np.sin(y) * x + 3", 1.5)
    assert [str(p) for p in step.formula.partials] == ["cos(v1)"] and repr(step) == str(step)
    assert re.match(r"test_explain.py:\d+$", step.place)


# ------------------------------------------------------------------------------------------------------------
# Tags
# ------------------------------------------------------------------------------------------------------------


def test_the_confusion_of_perturbations() -> None:
    e = hoad.explain(lambda D, x: x * D(lambda y: x + y, 1.0), 1.0, mode="tags")
    assert (e.derivative, e.with_tags, e.without_tags) == (1.0, 1.0, 2.0)
    text = str(e)
    assert "v1 = x + y = (1 + ε₁) + (1 + ε₂) = 2 + ε₁ + ε₂" in text
    assert "v1 = x + y = (1 + ε) + (1 + ε) = 2 + 2ε" in text
    assert text.endswith("the perturbation of one was taken for that of another")
    assert "2 + ε₁ + ε₂" in e._repr_html_()


def test_a_nested_derivative_without_confusion() -> None:
    e = hoad.explain(lambda D, x: D(lambda y: D(lambda z: x * y * z**2, y), x), 2.0, mode="tags")
    assert e.derivative == 16.0
    assert hoad.explain(lambda D, x: D(lambda y: 3.0, x) * x, 2.0, mode="tags").derivative == 0.0


def test_tags_want_the_operator_that_is_given() -> None:
    with pytest.raises(ArgumentError, match="D\\(function, point\\)"):
        hoad.explain(lambda D, x: x * hoad.derivative(lambda y: x * y, 3.0), 1.0, mode="tags")
    with pytest.raises(ArgumentError, match="one number"):
        hoad.explain(lambda D, x: x, np.ones(2), mode="tags")


# ------------------------------------------------------------------------------------------------------------
# Bad input
# ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: hoad.explain(f, 1.0, mode="backward"), "'reverse', 'forward', 'forward-reverse', 'taylor'"),
        (lambda: hoad.explain(f, 1.0, order=2), "mode='forward-reverse'"),
        (lambda: hoad.explain(f, 1.0, mode="forward", order=9), "must be 1 to 5"),
        (lambda: hoad.explain(f, 1.0, mode="forward-reverse", order=1), "must be 2 to 5"),
        (lambda: hoad.explain(f, 1.0, mode="taylor", order=-1), "order"),
        (lambda: hoad.explain(f), "needs the arguments"),
        (lambda: hoad.explain(3.0, 1.0), "not a function"),
    ],
)
def test_bad_input(call: Any, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        call()


def test_without_sympy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(fields.importlib, "import_module", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'hoad\[symbolic\]'"):
        module.explain(f, 1.0)


def test_explaining_leaves_no_trace() -> None:
    kept: list[Any] = []
    hoad.explain(lambda x: (kept.append(x), x * 2)[1], 3.0, mode="forward")
    assert hoad.derivative(lambda y: kept[0] * y**2, 2.0) == 12.0
    c = np.ones(10_000)
    hoad.explain(lambda x: np.sum(c * x), 1.0)
    c[0] = 2.0  # a large constant is given back
