"""A test can fail, is run, and is run once: each file of tests is read as text, and not run.

What pytest sees itself stands in setup.cfg: an empty table of cases, and a test that is to fail and passes.
"""

from __future__ import annotations

import ast
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent.parent
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
TREES = {
    path: ast.parse(path.read_text(encoding="utf-8"), str(path))
    for folder in ("tests", "hoad/testing")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "corpus" not in path.parts
}
Named = tuple[Path, ast.AST]
FAILING = {"raises", "warns", "fail", "deprecated_call"}  # of pytest
MADE_ERRORS = {"simplefilter", "filterwarnings", "errstate", "seterr"}  # with "error" or "raise" in the call


def last(node: ast.AST) -> str:
    """``c`` of ``a.b.c``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


@functools.cache
def nodes(tree: ast.AST) -> list[ast.AST]:
    return list(ast.walk(tree))


def calls(node: ast.AST) -> Iterator[ast.Call]:
    return (n for n in nodes(node) if isinstance(n, ast.Call))


def run_of(tree: ast.Module) -> list[ast.FunctionDef]:
    """The functions that pytest runs: of the file, and of its classes of tests."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    every = [node for body in (tree.body, *(c.body for c in classes)) for node in body]
    return [node for node in every if isinstance(node, ast.FunctionDef) and node.name.startswith("test")]


# ------------------------------------------------------------------------------------------------------------
# It can fail
# ------------------------------------------------------------------------------------------------------------


def is_always_true(node: ast.expr) -> bool:
    """Whether an expression is true whatever is computed: a constant, a table of something, a function."""
    if isinstance(node, ast.BoolOp):
        return (any if isinstance(node.op, ast.Or) else all)(map(is_always_true, node.values))
    if isinstance(node, ast.Compare):
        same = all(ast.dump(node.left) == ast.dump(other) for other in node.comparators)
        alike = all(isinstance(op, (ast.Eq, ast.Is, ast.LtE, ast.GtE)) for op in node.ops)
        size = isinstance(node.left, ast.Call) and last(node.left.func) == "len"
        least = isinstance(node.ops[0], ast.GtE) and ast.unparse(node.comparators[0]) == "0"
        return (same and alike and not any(calls(node))) or (size and least)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return isinstance(node.operand, ast.Constant) and not node.operand.value
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
        return bool(node.elts)
    return isinstance(node, (ast.Lambda, ast.GeneratorExp, ast.JoinedStr)) or bool(getattr(node, "keys", ()))


@functools.cache
def fails_itself(node: ast.AST) -> bool:
    """Whether a function or a table has what can fail in its own text."""
    for n in ast.walk(node):
        if isinstance(n, ast.Raise) or (isinstance(n, ast.Assert) and not is_always_true(n.test)):
            return True
        if isinstance(n, ast.Call):
            name, given = last(n.func), [*n.args, *[k.value for k in n.keywords]]
            if name in FAILING or name.startswith("assert_"):
                return True
            if name in MADE_ERRORS and {"'error'", "'raise'"} & set(map(ast.unparse, given)):
                return True
            if any([k.arg == "check" and ast.unparse(k.value) == "True" for k in n.keywords]):
                return True  # of subprocess.run
    return False


@functools.cache
def names_of(path: Path) -> dict[str, list[Named]]:
    """What the names of a file stand for: its functions, classes and tables, and functions of other files."""
    found = {f"hoad.testing.{name}": [check] for name, check in defined_in("hoad.testing").items()}
    for node in nodes(TREES[path]):
        if isinstance(node, (*DEFINITIONS, ast.ClassDef)):
            found.setdefault(node.name, []).append((path, node))
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                found.setdefault(last(target), []).append((path, node.value))
        elif isinstance(node, ast.Import):
            for alias in node.names:
                for name, other in defined_in(alias.name).items():
                    found.setdefault(f"{alias.asname or alias.name}.{name}", []).append(other)
        elif isinstance(node, ast.ImportFrom):
            there = defined_in(node.module or "")
            for alias in node.names:
                if alias.name in there:
                    found.setdefault(alias.asname or alias.name, []).append(there[alias.name])
    return found


@functools.cache
def defined_in(module: str) -> dict[str, Named]:
    """The functions of a file of tests, by the name that it is imported by, and ``hoad.testing``'s."""
    return {
        node.name: (path, node)
        for path, tree in TREES.items()
        for node in tree.body
        if isinstance(node, (*DEFINITIONS, ast.ClassDef))
        if (
            module == "hoad.testing" and "hoad" in path.parts[-4:] and node.name.startswith("check_")
            if module.startswith("hoad")
            else path.stem == module.rpartition(".")[2]
        )
    }


@functools.cache
def used_in(node: ast.AST) -> set[str]:
    """The names in a text, ``a`` and ``a.b``."""
    return {dotted(n) for n in ast.walk(node) if isinstance(n, (ast.Name, ast.Attribute))}


def dotted(node: ast.AST) -> str:
    """``a.b.c`` of such an expression, and something that is no name of another one."""
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else last(node)


def can_fail(path: Path, node: ast.AST, seen: set[int]) -> bool:
    """Whether something in the text of a function can fail, or in what it names."""
    if id(node) in seen:
        return False
    seen.add(id(node))
    if fails_itself(node):
        return True
    names = names_of(path)
    return any([can_fail(where, other, seen) for n in used_in(node) for where, other in names.get(n, ())])


def without_fail(path: Path, tree: ast.Module) -> list[str]:
    """Tests in which nothing fails but a call that raises, as if what it gives were right anyway."""
    return [
        f"{node.lineno}: {node.name} can't fail" for node in run_of(tree) if not can_fail(path, node, set())
    ]


def constants(path: Path, tree: ast.Module) -> list[str]:
    return [
        f"{node.lineno}: assert {ast.unparse(node.test)} is always true"
        for node in nodes(tree)
        if isinstance(node, ast.Assert) and is_always_true(node.test)
    ]


def own(node: ast.AST) -> Iterator[ast.AST]:
    """The statements of a function, without those of functions in it, which are programs of a test."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and not isinstance(child, (*DEFINITIONS, ast.ClassDef)):
            yield child
            yield from own(child)
        elif isinstance(child, ast.ExceptHandler):
            yield from own(child)


def asserts_in(body: list[ast.stmt]) -> list[ast.Assert]:
    return [n for node in body for n in (node, *own(node)) if isinstance(n, ast.Assert)]


def made_by(node: ast.With, name: str) -> list[ast.Call]:
    """The calls of a name that a block stands in."""
    asked = [item.context_expr for item in node.items]
    return [call for call in asked if isinstance(call, ast.Call) and last(call.func) == name]


def unreached(path: Path, tree: ast.Module) -> list[str]:
    """What stands after the end, and assertions after what is expected to raise."""
    found: list[ast.stmt] = []
    for node in [n for top in tree.body if isinstance(top, DEFINITIONS) for n in (top, *own(top))]:
        for part in ("body", "orelse", "finalbody"):
            for one, following in itertools.pairwise(getattr(node, part, [])):
                if isinstance(one, (ast.Return, ast.Raise, ast.Continue, ast.Break)):
                    found.append(following)
        if isinstance(node, ast.With):
            raised = [call for call in made_by(node, "raises") if "AssertionError" not in ast.unparse(call)]
            found += [n for n in node.body[1:] if raised and isinstance(n, ast.Assert)]
    return [f"{node.lineno}: {ast.unparse(node)} is not reached" for node in found]


def swallowed(path: Path, tree: ast.Module) -> list[str]:
    """Assertions whose failure is caught, and forgotten."""
    found: list[ast.Assert] = []
    for node in [n for test in run_of(tree) for n in own(test)]:
        if isinstance(node, ast.Try):
            caught = [h for h in node.handlers if is_wide(h.type) and not fails_itself(h)]
            found += asserts_in(node.body) if caught else []
        if isinstance(node, ast.With) and any(
            [is_wide(a) for c in made_by(node, "suppress") for a in c.args]
        ):
            found += asserts_in(node.body)
    return [f"{node.lineno}: the failure of {ast.unparse(node)} is caught" for node in found]


def is_wide(kind: ast.expr | None) -> bool:
    """Whether a handler catches what an assertion raises."""
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any([k is None or last(k) in ("AssertionError", "Exception", "BaseException") for k in kinds])


# ------------------------------------------------------------------------------------------------------------
# It is run
# ------------------------------------------------------------------------------------------------------------


def is_constant(node: ast.expr) -> bool:
    """Whether an expression asks for nothing: no name is in it."""
    return not any(isinstance(n, (ast.Name, ast.Call)) for n in ast.walk(node))


def left_out(path: Path, tree: ast.Module) -> list[str]:
    """Tests that are skipped on every machine, or of no case."""
    found = []
    for call in calls(tree):
        name, given = last(call.func), call.args
        condition = (
            given[0] if given else next((k.value for k in call.keywords if k.arg == "condition"), None)
        )
        if name in ("skipif", "xfail") and condition is not None and is_constant(condition):
            found.append(f"{call.lineno}: the condition of {name} is constant")
        if name == "parametrize" and len(given) > 1 and not getattr(given[1], "elts", [1]):
            found.append(f"{call.lineno}: parametrized over nothing")
    for body in (tree.body, *(node.body for node in run_of(tree))):
        found += [
            f"{node.lineno}: skipped on every machine"
            for node in body
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and last(node.value.func) == "skip"
        ]
    for node in run_of(tree):
        marks = {last(d.func if isinstance(d, ast.Call) else d) for d in node.decorator_list}
        found += [f"{node.lineno}: {node.name} is skipped on every machine"] * ("skip" in marks)
    return found


def uncollected(path: Path, tree: ast.Module) -> list[str]:
    """Functions with the name of a test that pytest does not see: elsewhere, or within another."""
    run = set(map(id, run_of(tree))) if path.name.startswith("test_") else set()
    return [
        f"{node.lineno}: {node.name} is never run"
        for node in nodes(tree)
        if isinstance(node, DEFINITIONS) and node.name.startswith("test_") and id(node) not in run
    ]


def shadowed(path: Path, tree: ast.Module) -> list[str]:
    """Tests and classes of tests that another one of the same name takes the place of."""
    found = []
    for body in (tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))):
        counts = Counter(node.name for node in body if isinstance(node, (*DEFINITIONS, ast.ClassDef)))
        found += [
            f"{name} is there {n} times"
            for name, n in counts.items()
            if n > 1 and name.lower().startswith("test")
        ]
    return found


CHECKS: list[Callable[[Path, ast.Module], list[str]]] = [
    without_fail,
    constants,
    unreached,
    swallowed,
    left_out,
    uncollected,
    shadowed,
]


@pytest.mark.parametrize("check", CHECKS)
def test_every_test_can_fail_and_is_run(check: Any) -> None:
    assert len(TREES) > 300
    assert [
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in TREES.items()
        if "tests" in path.parts
        for line in check(path, tree)
    ] == []


def test_pytest_refuses_empty_tables_and_expected_failures_that_pass(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.getini("empty_parameter_set_mark") == "fail_at_collect"
    assert pytestconfig.getini("xfail_strict") is True


# ------------------------------------------------------------------------------------------------------------
# The checks can fail
# ------------------------------------------------------------------------------------------------------------

SAMPLES = {
    "nothing is asked": ("def test_a():\n    f(1)", "test_a can't fail"),
    "a helper that can't fail": ("def h():\n    f(1)\ndef test_a():\n    h()", "test_a can't fail"),
    "a helper of itself": ("def h():\n    h()\ndef test_a():\n    h()", "test_a can't fail"),
    "in a class": ("class TestA:\n    def test_a(self):\n        f(1)", "test_a can't fail"),
    "warnings": ("def test_a():\n    warnings.simplefilter('ignore')\n    f(1)", "test_a can't fail"),
    **{
        f"always true: {text}": (f"def test_a():\n    assert {text}", f"assert {text} is always true")
        for text in (
            *("True", "1", "'text'", "(x, 'text')", "lambda: x", "(x > 1 for x in a)", "x or True", "{1: x}"),
            *("len(x) >= 0", "x == x", "not 0", "f'{x}'"),
        )
    },
    "after the end": ("def h():\n    return 1\n    assert f(1)", "assert f(1) is not reached"),
    "after what raises": (
        "def test_a():\n    with pytest.raises(E):\n        f(1)\n        assert f(2)",
        "assert f(2) is not reached",
    ),
    "caught": (
        "def test_a():\n    try:\n        assert f(1)\n    except Exception:\n        pass",
        "the failure of assert f(1) is caught",
    ),
    "caught by a table": (
        "def test_a():\n    try:\n        assert f(1)\n    except (E, AssertionError):\n        x = 1",
        "the failure of assert f(1) is caught",
    ),
    "suppressed": (
        "def test_a():\n    with suppress(Exception):\n        assert f(1)",
        "the failure of assert f(1) is caught",
    ),
    "a constant condition": (
        "@pytest.mark.skipif(True, reason='')\ndef test_a():\n    assert f(1)",
        "the condition of skipif is constant",
    ),
    "no case": (
        "@pytest.mark.parametrize('a', [])\ndef test_a(a):\n    assert a",
        "parametrized over nothing",
    ),
    "skipped in the body": (
        "def test_a():\n    pytest.skip('why')\n    assert f(1)",
        "skipped on every machine",
    ),
    "a file that is skipped": ("pytest.skip('why', allow_module_level=True)", "skipped on every machine"),
    "marked": ("@pytest.mark.skip\ndef test_a():\n    assert f(1)", "test_a is skipped on every machine"),
    "marked with a reason": (
        "@pytest.mark.skip(reason='why')\ndef test_a():\n    assert f(1)",
        "test_a is skipped on every machine",
    ),
    "within another": (
        "def test_a():\n    def test_b():\n        assert f(1)\n    assert f(2)",
        "test_b is never run",
    ),
    "in another class": ("class A:\n    def test_a(self):\n        assert f(1)", "test_a is never run"),
    "twice": ("def test_a():\n    assert f(1)\n" * 2, "test_a is there 2 times"),
}
SOUND = {
    "an assertion": "def test_a():\n    assert f(1) == 2",
    "an error": "def test_a():\n    with pytest.raises(E):\n        f(1)",
    "a helper": "def h():\n    assert f(1)\ndef test_a():\n    h()",
    "helpers in a table": "T = {'a': lambda: h()}\ndef h():\n    assert f(1)\ndef test_a():\n    T['a']()",
    "a helper of another file": "import proofs\ndef test_a():\n    proofs.prove(f, 1.0)",
    "a helper by its name": "from proofs import prove as p\ndef test_a():\n    p(f, 1.0)",
    "a check of hoad's": "def test_a():\n    hoad.testing.check_grads(f, 1.0)",
    "another process": "def test_a():\n    subprocess.run(['a'], check=True)",
    "warnings are errors": "def test_a():\n    warnings.simplefilter('error')\n    f(1)",
    "the same call twice": "def test_a():\n    assert f(1) == f(1)",
    "a skip that depends": "def test_a(x):\n    if x > 1:\n        pytest.skip('why')\n    assert f(1)",
    "a program that raises": "def test_a():\n    def p():\n        raise E\n        return\n    assert f(p)",
}


def found_in(path: Path, text: str, patch: pytest.MonkeyPatch) -> list[str]:
    patch.setitem(TREES, path, ast.parse(text))
    return [line.partition(": ")[2] or line for check in CHECKS for line in check(path, TREES[path])]


@pytest.mark.parametrize("name", SAMPLES)
def test_what_cannot_fail_is_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text, fault = SAMPLES[name]
    assert fault in found_in(tmp_path / "test_sample.py", text, monkeypatch)


@pytest.mark.parametrize("name", SOUND)
def test_what_can_fail_is_not_found(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_in(tmp_path / "test_sample.py", SOUND[name], monkeypatch) == []


def test_a_test_in_another_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "def test_a():\n    assert f(1)"
    assert found_in(tmp_path / "samples.py", text, monkeypatch) == ["test_a is never run"]
