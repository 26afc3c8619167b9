"""Makes small changes in hoad's source, one at a time, and reports those that no test notices.

A change that survives is a test that is missing, or code that is not needed, or it changes nothing that
anybody can see. ``make mutants`` makes a random sample of them (``mutations.py`` says which there are) in a
copy of the tree, as many in a small room as in a large one, always the same for the same seed::

    make mutants ARGUMENTS="--count 30 --seed 1 chainrules/numpy dual.py"

A change is shown to the tests that run its line, where ``make reached`` has noted them (``reached.py``): one
of each kind in turn, the quick ones first. Else it is shown to tests of its room: first to those whose names
have words in common with the statement that is changed, or with what calls it (``test_partials[arcsinh]`` for
what the rule of ``arcsinh`` calls), the rare words first; then one of each kind in turn, for a number of
seconds; and what survives a few files, to the whole room, then to tests of what holds for all. So the share
of changes that survive is what no test of some seconds notices: more than what no test notices.
"""

from __future__ import annotations

import argparse
import ast
import collections
import contextlib
import difflib
import importlib
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
from mutations import Mutation, differs, mutations

ROOT = Path(__file__).parent.parent
COPIED = (
    *("hoad", "tests", "docs", "papers", "benchmarks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("Makefile", "setup.cfg", "pyproject.toml", "conftest.py", ".pre-commit-config.yaml", ".ci"),
)
CORE = (
    *("nested.py", "dual.py", "tape.py", "tracer.py", "strong.py", "values", "tangents", "chainrules/numpy"),
    *("chainrules/statements.py", "chainrules/text.py", "arrays", "kinds", "fast", "second", "adapting"),
    *("running", "operators", "custom", "program/lowering", "program/fields", "program/native", "sparse"),
)
OF_MODES = ("tests/fast", "tests/properties/test_values.py", "tests/operators/test_operators.py")
OF_THE_ROOM = {  # which tests know a room best
    "nested.py": (*OF_MODES, "tests/properties/test_confusion.py", "tests/properties/test_threads.py"),
    "dual.py": (*OF_MODES, "tests/properties/test_kinks.py", "tests/chainrules/test_overflow.py"),
    "tracer.py": (*OF_MODES, "tests/arrays", "tests/properties/test_kinks.py"),
    "tape.py": (*OF_MODES, "tests/test_tape.py", "tests/second", "tests/properties/test_kinks.py"),
    "strong.py": ("tests/backends/test_strong_zeros.py", "tests/backends/test_operators_on_device.py"),
    "values": ("tests/values", "tests/properties/test_values.py", "tests/kinds/test_numbers.py"),
    "tangents": (*OF_MODES, "tests/properties/test_dtypes.py", "tests/chainrules/test_chainrules.py"),
    "chainrules": (
        *("tests/chainrules", "tests/properties/test_adjoints.py", "tests/properties/test_kinks.py"),
        *("tests/properties/test_edge_shapes.py", "tests/properties/test_dtypes.py"),
    ),
    "arrays": ("tests/arrays", "tests/properties/test_values.py", "tests/operators/test_operators.py"),
    "kinds": (
        "tests/kinds",
        "tests/operators",
        "tests/fast/test_scripts.py",
        "tests/compiling/test_kinds.py",
    ),
    "fast": ("tests/fast", "tests/second", "tests/operators/test_operators.py"),
    "second": ("tests/second", "tests/operators", "tests/fast/test_straight_pairs.py"),
    "running": ("tests/running", "tests/operators", "tests/properties/test_errors.py", "tests/values"),
    "operators": ("tests/operators", "tests/second", "tests/properties/test_errors.py"),
    "custom": ("tests/custom", "tests/chainrules/test_rules_of_users.py", "tests/operators"),
    "program": ("tests/program", "tests/compiling"),
    "sparse": ("tests/sparsity",),
}
PYTEST = ("-x", "-q", "-p", "no:xdist", "-p", "no:cov", "--no-header", "--no-summary")
STAGES = (  # how many tests of how many files, of the room or of what holds for all; a share of the seconds
    (200, 5, False, 0.4),
    (1500, 1000, False, 1.0),
    (400, 1000, True, 2.0),
)
OF_ALL = (
    *("test_values", "test_kinks", "test_dtypes", "test_out_of_range", "test_nan", "test_confusion"),
    *("test_random_shapes", "test_threads", "test_errors", "test_edge_shapes", "test_constants"),
)  # in tests/properties, or tests/chainrules


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


def sources(name: str, root: Path) -> list[Path]:
    """The file that is named, or those in the folder that is named."""
    place = root / "hoad" / name
    if not place.exists():
        raise SystemExit(f"not there: {place}")
    return sorted(place.rglob("*.py")) or [place]


def changes(
    names: list[str], root: Path, count: int, seed: int, kinds: list[str]
) -> list[tuple[Path, Mutation]]:
    """Some mutations at random: as many in each room, in its files by their size, of each kind alike."""
    rng = random.Random(seed)
    chosen: dict[tuple[Path, Mutation], None] = {}
    found: dict[Path, dict[str, list[Mutation]]] = {}
    for k in range(100 * count):
        files = sources(names[k % len(names)], root)
        file = rng.choices(files, [f.stat().st_size for f in files])[0]
        if file not in found:
            found[file] = {}
            for mutation in mutations(file.read_text()):
                if not kinds or mutation.kind in kinds:
                    found[file].setdefault(mutation.kind, []).append(mutation)
        if found[file]:
            mutation = rng.choice(found[file][rng.choice(sorted(found[file]))])
            if differs(mutation, file.read_text()):
                chosen[file, mutation] = None
        if len(chosen) == count:
            break
    return list(chosen)


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
        reached: which test runs which line, if that was noted.
    """

    root: Path
    rooms: dict[tuple[str, ...], list[str]]
    broken: set[str]
    sure: set[str]
    reached: Any = None

    @property
    def of_all(self) -> tuple[str, ...]:
        """The files with tests of what holds for every room."""
        found = [file for name in OF_ALL for file in (self.root / "tests").glob(f"*/{name}.py")]
        return (*[str(file.relative_to(self.root)) for file in found], "docs/architecture.md")

    def of(self, folders: tuple[str, ...]) -> list[str]:
        """All tests of some folders."""
        if folders not in self.rooms:
            command = [sys.executable, "-m", "pytest", "--collect-only", *PYTEST, *folders]
            found = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False).stdout
            self.rooms[folders] = [line for line in found.splitlines() if "::" in line]
        return self.rooms[folders]

    def shown(self, file: Path, line: int, most: int, files: int, others: bool) -> list[str]:
        """The tests that a change is shown to, in their order: so many, of so many files of its room, or
        of the others that hold for all.
        """
        path = file.relative_to(self.root / "hoad").as_posix()
        rooms = [room for room in OF_THE_ROOM if path.startswith(room)]
        folders = OF_THE_ROOM[max(rooms, key=len)] if rooms else (f"tests/{path.partition('/')[0]}",)
        if others:
            folders = self.of_all
        names = [name for name in self.of(folders) if name not in self.broken]
        frequency = collections.Counter([w for name in names for w in {*WORDS.findall(name)}])
        about = words_about(file, line)
        turns = collections.Counter[str]()
        order = []
        for name in random.Random(0).sample(names, len(names)):
            rare = [
                1 / frequency[w] for w in {*WORDS.findall(name)} & about if frequency[w] < len(names) / 20
            ]
            kind = name.partition("[")[0]
            order.append((turns[kind] if not rare else -sum(rare), name))
            turns[kind] += not rare
        best = [name for _, name in sorted(order)]
        nearest = list(dict.fromkeys(name.partition("::")[0] for name in best))[:files]
        return [name for name in best if name.partition("::")[0] in nearest][:most]

    def that_run(self, file: Path, line: int) -> list[str]:
        """The tests that run a statement: one of each kind in turn, the quick ones first."""
        if self.reached is None:
            return []
        text = file.read_text()
        statement = statement_of(ast.parse(text), line)
        last = line if isinstance(statement, BLOCKS) else statement.end_lineno or line
        path = file.relative_to(self.root / "hoad").as_posix()
        turns = collections.Counter[str]()
        order = []
        for name in self.reached.tests(path, text, min(statement.lineno, line), last):
            kind = name.partition("[")[0]
            order.append((turns[kind], name))
            turns[kind] += 1
        return [name for _, name in sorted(order, key=lambda entry: entry[0]) if name not in self.broken][
            :MOST
        ]


MOST = 1000  # tests that a change is shown to at once
BLOCKS = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.With, ast.Try)
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


def run(root: Path, names: list[str], seconds: float) -> None:
    """Run the tests of these names: what a process of its own does."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(3 * seconds + 60), int(3 * seconds + 60)))
    os.chdir(root)
    sys.path.pop(0)  # the folder of this script
    sys.dont_write_bytecode = True  # a change may come too soon after another to look newer
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    files = list(dict.fromkeys(n.partition("::")[0] for n in names))
    os._exit(int(pytest.main([*PYTEST, *files], plugins=[Chosen(names, seconds, root / "failed")])))


def passes(root: Path, names: list[str], seconds: float) -> bool:
    """Whether the tests pass, and come to an end: by the processor's time, whatever else it does."""
    (root / "failed").unlink(missing_ok=True)
    process = multiprocessing.get_context("fork").Process(target=run, args=(root, names, seconds))
    process.start()
    process.join(60 * seconds + 600)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def noticed(stages: list[tuple[list[str], float]], tests: Tests, budget: float) -> bool:
    """Whether a test fails with the files as they are now."""
    return not all(passes(tests.root, names, share * budget) for names, share in stages)


def survives(file: Path, mutation: Mutation, tests: Tests, budget: float) -> str | None:
    """The change as a diff, if no test notices it."""
    before = file.read_text()
    after = mutation.applied(before)
    nearest = tests.that_run(file, mutation.line)
    stages = [(nearest, 2.0)] if nearest else []
    stages += [
        (tests.shown(file, mutation.line, *most), share) for *most, share in STAGES[: 1 if nearest else 3]
    ]
    file.write_text(after)
    try:
        found = noticed(stages, tests, budget)
    finally:
        file.write_text(before)
    failed = tests.root / "failed"
    by = failed.read_text() if found and failed.exists() else ""
    if by and by not in tests.sure:
        if not passes(tests.root, [by], budget):
            tests.broken.add(by)  # it fails without a change: another test is to notice it
            return survives(file, mutation, tests, budget)
        tests.sure.add(by)
    if found:
        return None
    name = str(file.relative_to(tests.root))
    return "\n".join(
        difflib.unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm="", n=2)
    )


def noted_in(folder: Path) -> Any:
    """Which test runs which line, if that was noted."""
    return importlib.import_module("reached").Reached(folder) if (folder / "lines").exists() else None


def main(arguments: list[str]) -> int:
    """Report the survivors; the exit status is 1 if more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Report small changes of hoad that no test notices.")
    parser.add_argument("names", nargs="*", default=list(CORE), help="files or rooms of hoad/")
    parser.add_argument("--count", type=int, default=100, help="how many changes are tried")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=20.0, help="seconds for the tests of one change")
    parser.add_argument(
        "--reached", type=Path, default=ROOT / "build" / "reached", help="what was noted, and where"
    )
    parser.add_argument("--kinds", nargs="*", default=[], help="of these alone: key, copy, sign, ...")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        place = stack.enter_context(tempfile.TemporaryDirectory())
        root = copied(Path(place))
        chosen = changes(options.names, root, options.count, options.seed, options.kinds)
        tests = Tests(root, {}, set(), set(), noted_in(options.reached))
        survivors = 0
        for k, (file, mutation) in enumerate(chosen, 1):
            diff = survives(file, mutation, tests, options.budget)
            survivors += diff is not None
            where = f"{file.relative_to(root)}:{mutation.line}"
            print(f"{k}/{len(chosen)} {where} {mutation.kind}: {'noticed' if diff is None else 'SURVIVES'}")
            print(*([] if diff is None else [diff]), sep="", end="" if diff is None else "\n", flush=True)
    killed = 1 - survivors / max(len(chosen), 1)
    print(f"{len(chosen)} changes tried; {survivors} survive ({killed:.0%} noticed)")
    return int(killed < 0.95)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
