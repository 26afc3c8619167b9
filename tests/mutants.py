"""Makes small changes in hoad's source, one at a time, and reports those that no test notices.

A change that survives is a test that is missing, or code that is not needed. Cosmic Ray makes the changes, in
a copy of the tree; ``make mutants`` takes a random sample of them, always the same for the same seed::

    make mutants ARGUMENTS="--count 30 --seed 1 chainrules/numpy dual.py"

A change is shown to tests of its room: first to those whose names have words in common with the statement
that is changed, or with what calls it (``test_partials[arcsinh]`` for what the rule of ``arcsinh`` calls),
the rare words first; then one of each kind in turn, for a number of seconds. So most changes are noticed
within seconds. What survives that may be shown to all tests, by ``--whole``.
"""

from __future__ import annotations

import argparse
import ast
import collections
import contextlib
import difflib
import multiprocessing
import os
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401  (what is imported here, no run of the tests needs to import again)
import mpmath  # noqa: F401
import numpy  # noqa: F401
import optree  # noqa: F401
import pytest
import scipy.special  # noqa: F401
import sympy  # noqa: F401
from cosmic_ray.commands import init
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec
from tqdm import tqdm

ROOT = Path(__file__).parent.parent
COPIED = (
    *("hoad", "tests", "docs", "papers", "benchmarks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("Makefile", "setup.cfg", "pyproject.toml", "conftest.py", ".pre-commit-config.yaml", ".ci"),
)
CORE = (
    "chainrules",
    "tangents",
    "arrays",
    "kinds",
    "fast",
    "second",
    "dual.py",
    "tape.py",
    "tracer.py",
    "operators",
)
WITHOUT_EFFECT = (
    "BitOr",  # X | None in an annotation
    "ExceptionReplacer",  # another class of exception
    "Is_Eq",  # classes and modules are equal where they are the same
    "IsNot_NotEq",
)
OF_THE_ROOM = {  # which tests know a room best
    "chainrules/scipy": ("tests/chainrules", "tests/scipy"),
    "chainrules": ("tests/chainrules", "tests/properties/test_adjoints.py", "tests/properties/test_kinks.py"),
    "kinds": ("tests/kinds", "tests/operators", "tests/fast/test_scripts.py"),
    "operators": ("tests/operators", "tests/properties/test_errors.py"),
    "arrays": ("tests/arrays", "tests/properties/test_values.py"),
    "second": ("tests/second", "tests/operators", "tests/fast/test_straight_pairs.py"),
    "tape.py": ("tests/test_tape.py", "tests/second", "tests/operators", "tests/properties/test_values.py"),
}
QUICK = ("tests/fast", "tests/arrays", "tests/properties/test_values.py", "tests/operators/test_operators.py")
PYTEST = ("-x", "-q", "-p", "no:xdist", "-p", "no:cov", "--no-header", "--no-summary")
MOST = 600  # tests that a change is shown to


def copied(place: Path) -> Path:
    """A copy of the tree."""
    root = place.resolve() / "tree"
    root.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            skipped = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, root / name, ignore=skipped, dirs_exist_ok=True)
        elif source.exists():
            shutil.copy(source, root / name)
    return root


def sources(names: list[str], root: Path) -> list[Path]:
    """The files that are named, or are in the folders that are named."""
    places = [root / "hoad" / name for name in names]
    missing = [str(place) for place in places if not place.exists()]
    if missing:
        raise SystemExit(f"not there: {', '.join(missing)}")
    return [file for place in places for file in (sorted(place.rglob("*.py")) or [place])]


def changes(files: list[Path], folder: Path, count: int, seed: int) -> list[MutationSpec]:
    """Some of the small changes that Cosmic Ray can make in some files, at random."""
    rng = random.Random(seed)
    drawn = collections.Counter(rng.choices(files, [file.stat().st_size for file in files], k=count))
    chosen = []
    for file, share in sorted(drawn.items()):
        with use_db(str(folder / f"{len(chosen)}.sqlite"), WorkDB.Mode.create) as found:
            init([file], found, {})
            every = [item.mutations[0] for item in found.pending_work_items]
        kept = [m for m in every if has_effect(m, file)]
        kept.sort(key=lambda m: (m.operator_name, m.occurrence))
        chosen += rng.sample(kept, min(share, len(kept)))
    return chosen


def has_effect(change: MutationSpec, file: Path) -> bool:
    """Whether a change may matter: no check of equal lengths, which nothing is to fail."""
    line, column = change.start_pos
    checks = file.read_text().splitlines()[line - 1][:column].endswith("strict=")
    return not checks and not any(word in change.operator_name for word in WITHOUT_EFFECT)


def statement_of(tree: ast.AST, line: int) -> ast.stmt:
    """The innermost statement that a line is in."""
    every = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    around = [node for node in every if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return max(around, key=lambda node: (node.lineno, -(node.end_lineno or node.lineno)), default=ast.Pass())


def words_in(node: ast.AST) -> set[str]:
    """The names in some code, and the words in its texts."""
    return set(re.findall(r"[A-Za-z]\w+", ast.unparse(node)))


def words_about(file: Path, line: int) -> set[str]:
    """The words of a statement, of the function that it is in, and of what calls this beside it."""
    tree = ast.parse(file.read_text())
    whole = next(n for n in tree.body if n.lineno <= line <= (n.end_lineno or 0) or n is tree.body[-1])
    words = words_in(statement_of(tree, line)) | {file.stem}
    name = getattr(whole, "name", None)
    if name is not None:
        words |= {name}.union(*[words_in(n) for n in getattr(whole, "decorator_list", [])])
        callers = [n for n in tree.body if n is not whole and name in words_in(n)]
        words |= {getattr(n, "name", "") for n in callers}.union(
            *[words_in(n) for n in callers if isinstance(n, ast.Expr | ast.Assign)]
        )
    return words


@dataclass
class Tests:
    """The tests of each room, as they were collected once.

    Attributes:
        broken: those that fail without a change.
        sure: those that were seen to pass without one.
    """

    root: Path
    rooms: dict[tuple[str, ...], list[str]]
    broken: set[str]
    sure: set[str]

    def of(self, folders: tuple[str, ...]) -> list[str]:
        """All tests of some folders."""
        if folders not in self.rooms:
            command = [sys.executable, "-m", "pytest", "--collect-only", *PYTEST, *folders]
            found = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False).stdout
            self.rooms[folders] = [line for line in found.splitlines() if "::" in line]
        return self.rooms[folders]

    def shown(self, change: MutationSpec) -> list[str]:
        """The tests that a change is shown to, in their order."""
        file = Path(change.module_path)
        path = file.relative_to(self.root / "hoad").as_posix()
        rooms = [room for room in OF_THE_ROOM if path.startswith(room)]
        own = f"tests/{path.partition('/')[0].removesuffix('.py')}"
        folders = OF_THE_ROOM[max(rooms, key=len)] if rooms else (own,)
        folders = folders if (self.root / folders[0]).exists() else QUICK
        names = [name for name in self.of(folders) if name not in self.broken]
        frequency = collections.Counter([w for name in names for w in {*WORDS.findall(name)}])
        about = words_about(file, change.start_pos[0])
        turns = collections.Counter[str]()
        order = []
        for name in random.Random(0).sample(names, len(names)):
            rare = [
                1 / frequency[w] for w in {*WORDS.findall(name)} & about if frequency[w] < len(names) / 20
            ]
            kind = name.partition("[")[0]
            order.append((turns[kind] if not rare else -sum(rare), name))
            turns[kind] += not rare
        return [name for _, name in sorted(order)[:MOST]]


WORDS = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|_(?=\w))+")


class Chosen:
    """A plugin of pytest's that runs some of the tests, in an order, for some seconds."""

    def __init__(self, names: list[str], seconds: float, said: Path) -> None:
        self.place = {name: k for k, name in enumerate(names)}
        self.seconds = seconds
        self.end = 0.0
        self.said = said

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid]
        )
        self.end = time.process_time() + self.seconds  # from when all are collected

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> bool | None:
        return True if time.process_time() > self.end else None

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            self.said.write_text(report.nodeid)


def run(root: Path, names: list[str] | None, seconds: float) -> None:
    """Run the tests of these names, or all: what a process of its own does."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(3 * seconds + 60), int(3 * seconds + 60)))
    os.chdir(root)
    sys.path.pop(0)  # the folder of this script
    sys.dont_write_bytecode = True  # a change may come too soon after another to look newer
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    files = (
        ["hoad", "tests", "docs"]
        if names is None
        else list(dict.fromkeys(n.partition("::")[0] for n in names))
    )
    plugins = [] if names is None else [Chosen(names, seconds, root / "failed")]
    os._exit(int(pytest.main([*PYTEST, *files], plugins=plugins)))


def passes(root: Path, names: list[str] | None, seconds: float) -> bool:
    """Whether the tests pass, and come to an end: by the processor's time, whatever else it does."""
    (root / "failed").unlink(missing_ok=True)
    process = multiprocessing.get_context("fork").Process(target=run, args=(root, names, seconds))
    process.start()
    process.join(60 * seconds + 600)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def survives(change: MutationSpec, tests: Tests, budget: float, whole: bool) -> str | None:
    """The change as a diff, if no test notices it."""
    operator, shown = get_operator(change.operator_name)(**change.operator_args), tests.shown(change)
    with use_mutation(change.module_path, operator, change.occurrence) as (before, after):
        if after is None:
            return None
        noticed = not passes(tests.root, shown, budget)
        failed = tests.root / "failed"
        by = failed.read_text() if failed.exists() else ""
        if not noticed and whole:
            noticed, by = not passes(tests.root, None, 1800.0), ""
    if noticed and by and by not in tests.sure:
        if not passes(tests.root, [by], budget):
            tests.broken.add(by)  # it fails without a change: another test is to notice it
            return survives(change, tests, budget, whole)
        tests.sure.add(by)
    if noticed:
        return None
    name = str(Path(change.module_path).relative_to(tests.root))
    return "\n".join(difflib.unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm=""))


def main(arguments: list[str]) -> int:
    """Report the survivors; the exit status is 1 if more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Report small changes of hoad that no test notices.")
    parser.add_argument("names", nargs="*", default=list(CORE), help="files or rooms of hoad/")
    parser.add_argument("--count", type=int, default=100, help="how many changes are tried")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds for the tests of one change")
    parser.add_argument("--whole", action="store_true", help="run all tests on what survives")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory())
        root = copied(Path(place))
        chosen = changes(sources(options.names, root), Path(place), options.count, options.seed)
        tests = Tests(root, {}, set(), set())
        survivors = []
        for change in tqdm(chosen, desc="changes", unit="change"):
            shutil.rmtree(Path(change.module_path).parent / "__pycache__", ignore_errors=True)
            diff = survives(change, tests, options.budget, options.whole)
            if diff is not None:
                survivors.append(diff)
                tqdm.write(diff)
    killed = 1 - len(survivors) / max(len(chosen), 1)
    print(f"{len(chosen)} changes tried; {len(survivors)} survive ({killed:.0%} noticed)")
    return int(killed < 0.95)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
