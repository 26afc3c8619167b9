"""The floors of the house: a room imports only from below it, and ``import hoad`` brings in nothing heavy.

A module may import what stands on a lower floor, what stands before it on its own, and the modules of its own
room, without cycles.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

import hoad

ROOT = Path(hoad.__file__).parent
FLOORS: list[tuple[str, ...]] = [
    ("places", "deprecations"),
    ("errors", "backends.*", "guests", "counterparts", "nested", "operands", "runs"),
    ("values.*",),
    ("tangents.*",),
    ("chainrules.*",),
    ("arrays.*", "numpy"),
    ("dual", "tape", "tracer", "strong"),
    ("kinds.*",),
    ("fast.*",),
    ("second.*",),
    ("parameters.*",),
    ("adapting.*",),
    ("running.*",),
    ("operators.*",),
    ("custom.*",),
    ("enzyme", "zygote"),
    ("program.*",),
    ("program.lowering.*",),
    ("program.fields.*",),
    ("program.native.*", "program.sources.*"),
    ("program.device.*",),
    ("compiling.*",),
    ("sparse.*",),
    ("interop.*",),
    ("scipy.*",),
    ("pydata.*",),
    ("teaching.*",),
    ("pictures.*",),
    ("testing.*",),
    ("command.*",),
    ("__init__", "__main__"),
]
THIRD_PARTY = {"numpy", "optree"}
SCIPY = (
    "chainrules.scipy.",
    "scipy.",
    "sparse.",
    "pydata.",
    "testing.cupyx.scipy.",
)  # the rooms whose modules need SciPy
OPTIONAL = {
    "command.demo": {"scipy"},
    "command.playground": {"marimo"},
    "testing.differences": {"scipy", "mpmath"},
}
HEAVY = ["scipy", "sympy", "mpmath", "jax", "torch", "autograd", "matplotlib", "pandas"]


def needed(name: str) -> set[str]:
    """What a module needs beyond what hoad does."""
    if name.startswith("pydata."):
        return {"scipy", "sparse"}
    return {"scipy"} if name.startswith(SCIPY) else OPTIONAL.get(name, set())


def name_of(path: Path, root: Path) -> str:
    """``chainrules.indexing`` for ``chainrules/indexing.py``; a package has the name of its folder."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


@functools.cache
def modules(root: Path) -> dict[str, ast.Module]:
    """Every module of a package, by name, read as text and not run."""
    paths = sorted(p for p in root.rglob("*.py"))
    return {name_of(p, root): ast.parse(p.read_text(encoding="utf-8"), str(p)) for p in paths}


def imports(name: str, tree: ast.Module, known: set[str], package: str = "hoad") -> set[str]:
    """The modules of the package that a module imports, wherever in its text."""
    found = set()
    here = name.split(".")
    is_package = name == "__init__" or any(other.startswith(name + ".") for other in known)
    base = [] if name == "__init__" else here if is_package else here[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == package:
                    found.add(".".join(alias.name.split(".")[1:]) or "__init__")
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                start = base[: len(base) - (node.level - 1)]
            elif (node.module or "").split(".")[0] == package:
                start = []
            else:
                continue
            rest = (node.module or "").split(".") if node.module else []
            rest = rest if node.level else rest[1:]
            stem = [*start, *rest]
            for alias in node.names:
                full = ".".join([*stem, alias.name])
                found.add(full if full in known else ".".join(stem) or "__init__")
    return found - {name}


def place(name: str, floors: list[tuple[str, ...]]) -> tuple[int, int] | None:
    """Floor and position of a module, by the longest name or pattern that fits; None if it has no place."""
    fitting = [
        (len(pattern), (floor, position))
        for floor, names in enumerate(floors)
        for position, pattern in enumerate(names)
        if name in (pattern, pattern.removesuffix(".*"))
        or (pattern.endswith(".*") and name.startswith(pattern[:-1]))
    ]
    return max(fitting)[1] if fitting else None


def upward(graph: dict[str, set[str]], floors: list[tuple[str, ...]]) -> list[str]:
    """Every import that goes up, or sideways to what stands later."""
    wrong = []
    for name, targets in graph.items():
        for target in sorted(targets):
            mine, other = place(name, floors), place(target, floors)
            if (
                mine is not None
                and other is not None
                and (other > mine or (other == mine and name == target))
            ):
                wrong.append(f"{name} (floor {mine[0]}) imports {target} (floor {other[0]})")
    return wrong


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """A circle of imports, or an empty list."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            found = walk(target, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    for name in sorted(graph):
        found = walk(name, [])
        if found:
            return found
    return []


@functools.cache
def graph_of(root: Path) -> dict[str, set[str]]:
    trees = modules(root)
    return {name: imports(name, tree, set(trees)) for name, tree in trees.items()}


def rooms(root: Path) -> set[str]:
    """The names of the folders of a package, at any depth, and of the modules that stand in no room."""
    folders = {path.parent.name for path in root.rglob("*/__init__.py")}
    return folders | {path.stem for path in root.glob("*.py")} - {"__init__", "__main__"}


def inner_imports(name: str, tree: ast.Module) -> list[str]:
    """Imports inside functions."""
    return [
        f"{name}:{node.lineno}"
        for function in ast.walk(tree)
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    ]


# ------------------------------------------------------------------------------------------------------------
# The house
# ------------------------------------------------------------------------------------------------------------


def test_every_module_has_a_place() -> None:
    assert [name for name in modules(ROOT) if place(name, FLOORS) is None] == []


def test_no_room_has_the_name_of_a_public_function() -> None:
    """``hoad.name`` would be the one or the other, as imports have gone."""
    public = {name for name in hoad.__all__ if callable(getattr(hoad, name))}
    assert len(public) > 50 and {"grad", "Dual"} <= public
    assert rooms(ROOT) & public == set()


def test_no_import_goes_up() -> None:
    assert upward(graph_of(ROOT), FLOORS) == []


def test_no_import_goes_round() -> None:
    assert cycle(graph_of(ROOT)) == []


def test_imports_stand_at_the_top() -> None:
    found = [
        line
        for name, tree in modules(ROOT).items()
        if name != "__main__"
        for line in inner_imports(name, tree)
    ]
    assert found == []


def test_the_graph_is_not_empty() -> None:
    """So that a mistake in reading the imports can't make all of the above true."""
    graph = graph_of(ROOT)
    assert {"errors", "nested"} <= graph["values.trees"]
    assert "chainrules.statements" in graph["chainrules"]
    assert "nested" in graph["chainrules.statements"]
    assert {"operators.gradients", "operators.hessians", "operators.prime"} <= graph["__init__"]
    assert {"chainrules.statements", "arrays.mutation", "arrays.arraylike", "nested"} <= graph["kinds.batch"]
    assert (graph["places"], graph["errors"]) == (set(), {"places"})


def test_only_numpy_and_optree_are_needed() -> None:
    allowed = THIRD_PARTY | set(sys.stdlib_module_names) | {"hoad"}
    extras = {("command.demo", "scipy")}  # an extra, which the command line asks for
    foreign = set()
    for name, tree in modules(ROOT).items():
        for node in tree.body:  # optional ones may stand in a try or a function
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            foreign |= {(name, n) for n in names if n.split(".")[0] not in allowed | needed(name)}
    assert foreign <= extras


def test_modules_with_optional_needs_are_imported_when_they_are_asked_for() -> None:
    """``import hoad`` and ``python -m hoad`` work without them; ``hoad.testing`` is such a package."""
    every = modules(ROOT)
    for name, tree in every.items():
        if name.startswith(("testing", *SCIPY)):
            continue
        top = ast.Module([n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))], [])
        found = imports(name, top, set(every))
        assert not {n for n in found if n in OPTIONAL or n.startswith(("testing", *SCIPY))}, name


def test_tests_are_no_part_of_the_library() -> None:
    for name, tree in modules(ROOT).items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert not any(
                    a.name.split(".")[0] in ("pytest", "hypothesis", "tests") for a in node.names
                ), name


# ------------------------------------------------------------------------------------------------------------
# What comes in with ``import hoad``
# ------------------------------------------------------------------------------------------------------------


def fresh(code: str) -> str:
    """Run code in a fresh interpreter, and give what it prints."""
    program = f"import sys; sys.path.insert(0, {str(ROOT.parent)!r}); {code}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_heavy_comes_in() -> None:
    assert fresh(f"import hoad; print([m for m in {HEAVY!r} if m in sys.modules])") == "[]"


def test_a_derivative_brings_in_nothing_heavy_either() -> None:
    code = "import numpy as np, hoad; hoad.hessian(lambda x: np.sum(np.sin(x) @ x), np.ones(3)); "
    assert fresh(code + f"print([m for m in {HEAVY!r} if m in sys.modules])") == "[]"


def test_every_module_can_be_imported_first() -> None:
    """Whatever a user imports first, there is no circle to fall into."""
    names = [n for n in modules(ROOT) if n not in ("__init__", "__main__")]
    for name in ("nested", "chainrules.numpy.indexing", "kinds.batch", "operators.prime"):
        assert name in names
        code = f"import importlib; print(importlib.import_module('hoad.{name}').__name__)"
        assert fresh(code) == f"hoad.{name}"
    for name in names:
        if not all([importlib.util.find_spec(library) for library in needed(name)]):
            continue  # an environment that has it does so
        importlib.import_module(f"hoad.{name}")


def test_all_names_of_the_package_exist() -> None:
    assert sorted(hoad.__all__) == sorted(set(hoad.__all__))
    for name in hoad.__all__:
        assert getattr(hoad, name) is not None
    assert fresh("from hoad import *; print(grad(lambda x: x * x, 3.0))") == "6.0"


def test_importing_does_not_touch_numpys_settings() -> None:
    code = "import numpy as np; a = np.geterr(), np.get_printoptions(); import hoad; "
    assert fresh(code + "print(a == (np.geterr(), np.get_printoptions()))") == "True"


# ------------------------------------------------------------------------------------------------------------
# The checks can fail
# ------------------------------------------------------------------------------------------------------------


def build(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


SOUND = {
    "__init__.py": "from . import b\nfrom .sub import c\n",
    "a.py": "import os\n",
    "b.py": "from .a import os\n",
    "sub/__init__.py": "from . import c\n",
    "sub/c.py": "from ..a import os\n",
}
SMALL = [("a",), ("sub.*",), ("b",), ("__init__", "__main__")]


def test_a_sound_house_passes(tmp_path: Path) -> None:
    build(tmp_path, SOUND)
    graph = graph_of(tmp_path)
    assert graph == {"__init__": {"b", "sub.c"}, "a": set(), "b": {"a"}, "sub": {"sub.c"}, "sub.c": {"a"}}
    assert upward(graph, SMALL) == []
    assert cycle(graph) == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("a.py", "from .b import os\n"),
        ("a.py", "from . import b\n"),
        ("a.py", "import hoad\n"),
        ("a.py", "from hoad import b\n"),
        ("a.py", "import hoad.b\n"),
        ("a.py", "from hoad.b import os\n"),
        ("a.py", "from .sub import c\n"),
        ("a.py", "def f():\n    from .b import os\n"),
        ("a.py", "if True:\n    from .b import os\n"),
        ("sub/c.py", "from .. import b\n"),
        ("sub/c.py", "from ..b import os\n"),
        ("sub/c.py", "from ..__main__ import os\n"),
    ],
)
def test_an_upward_import_is_found(tmp_path: Path, file: str, text: str) -> None:
    build(tmp_path, {**SOUND, "__main__.py": "", file: text})
    assert upward(graph_of(tmp_path), SMALL)


def test_a_circle_is_found(tmp_path: Path) -> None:
    build(tmp_path, {**SOUND, "sub/c.py": "from .d import x\n", "sub/d.py": "from .c import x\n"})
    assert cycle(graph_of(tmp_path)) == ["sub.c", "sub.d", "sub.c"]


def test_a_room_is_found_by_its_name(tmp_path: Path) -> None:
    build(tmp_path, {**SOUND, "sub/grad/__init__.py": "", "sub/vmap.py": ""})
    assert rooms(tmp_path) == {"sub", "grad", "a", "b"}


def test_a_module_without_a_place_is_found(tmp_path: Path) -> None:
    build(tmp_path, {**SOUND, "new.py": "", "sub/new.py": ""})
    assert [n for n in modules(tmp_path) if place(n, SMALL) is None] == ["new"]


def test_an_inner_import_is_found(tmp_path: Path) -> None:
    build(tmp_path, {**SOUND, "b.py": "class C:\n    def f(self):\n        import os\n"})
    assert inner_imports("b", modules(tmp_path)["b"]) == ["b:3"]
