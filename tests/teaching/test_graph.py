"""``hoad.trace``: the recorded program as a table and as drawings."""

import shutil
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from features import row

import hoad
from hoad.errors import ArgumentError, MissingDependencyError
from hoad.teaching import drawing


@row(
    "Zygote",
    "@code_adjoint, profile",
    "hoad.trace(f, x)",
    "the recorded program as a table with your lines, Mermaid or SVG; no profiler of its own",
)
def test_the_readme_example():
    program = hoad.trace(lambda x: 5 * x + 3, 10)
    assert [line.operation for line in program] == ["input", "multiply", "add"]
    assert program[1].partials == (None, 5.0) and program[2].partials == (1.0, None)
    assert program.value == 53.0 and len(program) == 3 and program[2].output
    lines = repr(program).splitlines()
    assert lines[0].split() == [
        "slot",
        "operation",
        "operands",
        "value",
        "partials",
        "adjoint",
        "place",
        "source",
    ]
    assert lines[3].split()[:8] == ["%1", "multiply", "5,", "%0", "50", "-,", "5", "1"]


def network(p, x):
    h = np.tanh(p["W"] @ x + p["b"])
    waste = h * 2  # noqa: F841
    out = np.zeros_like(h)
    out[0] = h[0] ** 2
    return np.sum(out)


@pytest.fixture
def program():
    return hoad.trace(network, {"W": np.eye(2), "b": np.zeros(2), "name": "n"}, np.array([1.0, 2.0]))


def test_each_line_names_the_users_place(program):
    first = network.__code__.co_firstlineno
    places = {line.operation: line.place for line in program if line.operation not in ("input", "constant")}
    assert {place[0] for place in places.values()} == {__file__}
    assert (
        places["matmul"][1] == first + 1
        and places["setitem"][1] == first + 4
        and places["sum"][1] == first + 5
    )
    assert next(line for line in program if line.operation == "power").text == "out[0] = h[0] ** 2"


def test_inputs_are_named_and_waste_is_marked(program):
    assert [line.name for line in program if line.operation == "input"] == ["p['W']", "p['b']", "x"]
    assert [line.operation for line in program if not line.used] == ["multiply"]
    assert "multiply (unused)" in repr(program)
    assert program.operations["getitem"] == 1


def test_partials_are_what_the_sweep_multiplies_by():
    program = hoad.trace(lambda x, y: np.sin(x) * y + np.linalg.det(np.stack([x * np.ones(1)])), 0.5, 3.0)
    by_name = {line.operation: line for line in program}
    assert by_name["sin"].partials == (np.cos(0.5),)
    squares = hoad.trace(lambda x: x * x, 3.0)
    assert squares[1].partials == (3.0, 3.0)  # one operand that stands twice
    arrays = hoad.trace(lambda x: np.exp(x), np.zeros(2))
    assert arrays[1].partials[0].tolist() == [1.0, 1.0]
    assert hoad.trace(lambda x: np.stack([x, x]), 1.0)[1].partials == (None, None)


def test_adjoints_are_the_derivatives_by_each_value():
    program = hoad.trace(lambda x, y: np.sin(x) * y + x, 0.5, 3.0)
    found = [line.adjoint for line in program]
    np.testing.assert_allclose(found, [3 * np.cos(0.5) + 1, np.sin(0.5), 3.0, 1.0, 1.0])
    assert [line.adjoint for line in hoad.trace(np.sin, np.zeros(2))] == [None, None]  # no number
    strong = hoad.trace(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)), np.array([0.0, 4.0]))
    np.testing.assert_array_equal(strong[0].adjoint, [0.0, 0.25])


def test_constants_that_no_partial_needs_are_shown():
    program = hoad.trace(lambda x: 3 - (x + np.array([1.0, 2.0])), 1.0)
    assert program[1].cells()[2] == "%0, [1. 2.]" and program[2].cells()[2] == "3, %1"


def test_containers_numbers_and_nothing_come_out():
    program = hoad.trace(lambda x: {"a": x * 2, "b": 3}, 1.0)
    assert program.value == {"a": 2.0, "b": 3} and [line.output for line in program] == [False, True]
    assert hoad.trace(lambda x: 7.0, 1.0).value == 7.0


def test_the_derivative_inside_shows_as_operations():
    program = hoad.trace(lambda x: hoad.derivative(np.sin, x) * 2, 0.0)
    assert program.value == 2.0 and "cos" in program.operations


def test_rules_of_the_users_own_have_their_names():
    twice = hoad.checkpoint(lambda x: x * 2)
    assert [line.operation for line in hoad.trace(twice, 1.0)][1] == "called"


def test_operations_of_other_threads_are_in_order():
    def f(x):
        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(lambda k: np.sin(x * k), range(20)))

    program = hoad.trace(f, 0.3)
    assert [line.slot for line in program] == list(range(len(program)))
    assert program.operations["sin"] == 20


def test_a_long_table_is_shortened():
    def f(x):
        for _ in range(10_000):
            x = x * 1.0001
        return x

    lines = repr(hoad.trace(f, 1.0)).splitlines()
    assert len(lines) == 43 and "9961 more" in lines[22]


def test_mermaid():
    program = hoad.trace(lambda x, y: np.sin(x) * y, 0.0, 2.0)
    assert program.to_mermaid().splitlines() == [
        "flowchart TD",
        '    n0(["%0 input x<br>0"])',
        '    n1(["%1 input y<br>2"])',
        '    n2["%2 sin<br>0"]',
        '    n3[["%3 multiply<br>0"]]',
        "    n0 -->|1| n2",
        "    n2 -->|2| n3",
        "    n1 -->|0| n3",
    ]


def test_mermaid_of_awkward_names():
    text = hoad.trace(lambda p: p['a "|[x]<b>'] * 2, {'a "|[x]<b>': 1.0}).to_mermaid()
    assert '"a' not in text.replace('(["%0', "") and "<b>" not in text and text.count('"') == 4


def test_dot():
    text = hoad.trace(lambda x: x * 2, 1.0).to_dot()
    assert text.startswith('digraph "<lambda>" {') and text.endswith("}")
    assert 'n0 [label="%0 input x\\n1"' in text and 'n0 -> n1 [label="2"]' in text


@pytest.mark.skipif(not drawing.can_draw(), reason="Graphviz is not installed")
def test_svg(program):
    root = ElementTree.fromstring(program.to_svg().encode())
    assert root.tag.endswith("svg")
    titles = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "n0" in titles and "n0->n3" in titles
    assert program._repr_mimebundle_()["image/svg+xml"].startswith("<?xml")


def test_without_graphviz(monkeypatch, program):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(MissingDependencyError, match="pip install graphviz"):
        program.to_svg()
    bundle = program._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", "text/vnd.mermaid"}
    table = ElementTree.fromstring(bundle["text/html"])
    assert len(table.findall("tbody/tr")) == len(program)


def test_bad_input():
    with pytest.raises(ArgumentError, match="not a function"):
        hoad.trace(3.0, 1.0)
    with pytest.raises(ArgumentError, match="needs the arguments"):
        hoad.trace(np.sin)


def test_tracing_leaves_no_trace():
    c = np.ones(10_000)
    hoad.trace(lambda x: np.sum(c * x), 1.0)
    c[0] = 2.0  # a large constant is given back
    assert hoad.grad(lambda x: x * 2)(1.0) == 2.0
