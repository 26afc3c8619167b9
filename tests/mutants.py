"""Makes small changes in hoad's source, one at a time, and reports those that no test notices.

A change that survives is a test that is missing, or code that is not needed. Cosmic Ray makes the changes, in
a copy of the tree; ``make mutants`` takes a random sample of them, always the same for the same seed::

    make mutants ARGUMENTS="--count 30 --seed 1 chainrules/numpy dual.py"

All tests run once beforehand, under coverage, which notes the tests that reach each line. A change is then
shown to those that reach the statement it is in, the short ones first, for a minute at most. The text of a
rule is reached by no test, for what runs was written from it; so what the first tests miss is shown to the
tests of its room too. ``--whole`` runs all tests on what survives that.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import difflib
import multiprocessing
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as xml
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
from coverage import CoverageData
from tqdm import tqdm

ROOT = Path(__file__).parent.parent
COPIED = (
    *("hoad", "tests", "docs", "papers", "benchmarks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("Makefile", "setup.cfg", "pyproject.toml", "conftest.py", ".pre-commit-config.yaml", ".ci"),
)
CORE = ("chainrules", "tangents", "arrays", "kinds", "fast", "dual.py", "tape.py", "tracer.py", "operators")
WITHOUT_EFFECT = (
    "BitOr",  # X | None in an annotation
    "ExceptionReplacer",  # another class of exception
    "Is_Eq",  # classes and modules are equal where they are the same
    "IsNot_NotEq",
)
OF_THE_ROOM = {  # which tests know a room best
    "chainrules": ("tests/chainrules", "tests/properties/test_adjoints.py", "tests/kinds"),
    "kinds": ("tests/kinds", "tests/operators"),
    "operators": ("tests/operators",),
    "arrays": ("tests/arrays", "tests/properties/test_values.py"),
}
QUICK = ("tests/fast", "tests/arrays", "tests/properties/test_values.py", "tests/operators/test_operators.py")
PYTEST = ("-x", "-q", "-p", "no:xdist", "-p", "no:cov", "--no-header", "--no-summary")
NEAREST = 3  # in so many files, the first tests are sought


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


def changes(files: list[Path], folder: Path) -> list[MutationSpec]:
    """Every small change that Cosmic Ray can make in some files."""
    with use_db(str(folder / "changes.sqlite"), WorkDB.Mode.create) as found:
        init(files, found, {})
        every = [item.mutations[0] for item in found.pending_work_items]
    kept = [m for m in every if not any(word in m.operator_name for word in WITHOUT_EFFECT)]
    return sorted(kept, key=lambda m: (str(m.module_path), m.operator_name, m.occurrence))


def address(test: str) -> tuple[str, str]:
    """A test as pytest names it in its reports: the file, and the name within."""
    name, bracket, parameters = test.partition("[")
    file, *classes, function = name.split("::")
    module = file.removesuffix(".py").replace("/", ".")
    return ".".join([module, *classes]), function + bracket + parameters


def statement_of(file: Path, line: int) -> tuple[int, int]:
    """The lines of the innermost statement that a line is in."""
    every = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.stmt)]
    spans = [(node.lineno, node.end_lineno or node.lineno) for node in every]
    return max(span for span in spans if span[0] <= line <= span[1])


@dataclass
class Reach:
    """Which tests reach which lines, and what each of them takes."""

    root: Path
    lines: CoverageData
    seconds: dict[tuple[str, str], float]

    @classmethod
    def of(cls, root: Path, jobs: int) -> Reach:
        """Run all tests, which must pass: else every change would be noticed."""
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(jobs), "--cov=hoad", "--cov-context=test"]
        command += ["--cov-report=", "--junitxml=times.xml", "hoad", "tests", "docs"]
        variables = {**os.environ, "COVERAGE_FILE": str(root / "reach")}
        if not (root / "times.xml").exists():
            subprocess.run(command, cwd=root, env=variables, check=False)
        cases = list(xml.parse(root / "times.xml").iter("testcase"))
        failed = [c.get("name") for c in cases if {part.tag for part in c} & {"failure", "error"}]
        if failed:
            print("left out, for they fail without a change:", *failed)
        lines = CoverageData(str(root / "reach"))
        lines.read()
        passed = [c.attrib for c in cases if not len(c)]
        return cls(root, lines, {(c["classname"], c["name"]): float(c["time"]) for c in passed})

    def tests(self, change: MutationSpec) -> list[str]:
        """Those that reach the statement that is changed."""
        contexts = self.lines.contexts_by_lineno(str(change.module_path))
        first, last = statement_of(Path(change.module_path), change.start_pos[0])
        names = {name for k in range(first, last + 1) for name in contexts.get(k, [])}
        return self.known({name.partition("|")[0] for name in names})

    def of_the_room(self, change: MutationSpec) -> list[str]:
        """Those of the rooms that know the file best."""
        room = Path(change.module_path).relative_to(self.root / "hoad").parts[0]
        folders = OF_THE_ROOM.get(room, QUICK)
        every = {name.partition("|")[0] for name in self.lines.measured_contexts()}
        return self.known({name for name in every if name.startswith(folders)})

    def known(self, names: set[str]) -> list[str]:
        """Those that pass, the short ones first, and of each function one before there is a second."""
        there = [name for name in names if "::" in name and address(name) in self.seconds]
        seconds = {name: self.seconds[address(name)] for name in there}
        turns: dict[str, int] = {}
        order = []
        for name in sorted(seconds, key=lambda name: (seconds[name], name)):
            function = name.partition("[")[0]
            turns[function] = turns.get(function, -1) + 1
            order.append((turns[function] // 8, seconds[name], name))
        return [name for _, _, name in sorted(order)]

    def within(self, names: list[str], budget: float) -> list[str]:
        """As many as can be run in so many seconds."""
        kept, spent = [], 0.0
        for name in names:
            spent += self.seconds[address(name)] + 0.003
            if spent > budget:
                break
            kept.append(name)
        return kept


class Chosen:
    """A plugin of pytest's that runs some of the tests, in an order."""

    def __init__(self, names: list[str]) -> None:
        self.place = {name: k for k, name in enumerate(names)}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid]
        )


def run(root: Path, names: list[str] | None, seconds: int) -> None:
    """Run the tests of these names, or all: what a process of its own does, in so many seconds of its own."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    os.chdir(root)
    sys.path.pop(0)  # the folder of this script
    sys.dont_write_bytecode = True  # a change may come too soon after another to look newer
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    files = ["hoad", "tests", "docs"] if names is None else sorted({n.partition("::")[0] for n in names})
    plugins = [] if names is None else [Chosen(names)]
    os._exit(int(pytest.main([*PYTEST, *files], plugins=plugins)))


def passes(root: Path, names: list[str] | None, seconds: float) -> bool:
    """Whether the tests pass, and come to an end: by the processor's time, whatever else it does."""
    process = multiprocessing.get_context("fork").Process(target=run, args=(root, names, int(seconds)))
    process.start()
    process.join(60 * seconds)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def stages(change: MutationSpec, reach: Reach, budget: float) -> list[list[str]]:
    """What is run, one after the other: the nearest tests, all that reach the change, those of the room."""
    tests = reach.tests(change)
    files = [name.partition("::")[0] for name in tests]
    nearest = sorted(set(files), key=files.count)[-NEAREST:]
    first = reach.within([name for name in tests if name.startswith(tuple(nearest))], budget / 12)
    second = reach.within([name for name in tests if name not in set(first)], budget)
    known = {*first, *second}
    third = reach.within([name for name in reach.of_the_room(change) if name not in known], budget)
    return [names for names in (first, second, third) if names]


def survives(change: MutationSpec, reach: Reach, budget: float, whole: bool) -> str | None:
    """The change as a diff, if no test notices it."""
    shown = stages(change, reach, budget)
    operator = get_operator(change.operator_name)(**change.operator_args)
    with use_mutation(change.module_path, operator, change.occurrence) as (before, after):
        if after is None or not all(passes(reach.root, names, 60 + 4 * budget) for names in shown):
            return None
        if whole and not passes(reach.root, None, 1800.0):
            return None
    name = str(Path(change.module_path).relative_to(reach.root))
    return "\n".join(difflib.unified_diff(before.split("\n"), after.split("\n"), name, name, lineterm=""))


def main(arguments: list[str]) -> int:
    """Report the survivors; the exit status is 1 if more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Report small changes of hoad that no test notices.")
    parser.add_argument("names", nargs="*", default=list(CORE), help="files or rooms of hoad/")
    parser.add_argument("--count", type=int, default=100, help="how many changes are tried")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds for the tests of one change")
    parser.add_argument("--whole", action="store_true", help="run all tests on what survives")
    parser.add_argument("--jobs", type=int, default=2, help="processes for the run beforehand")
    parser.add_argument("--place", help="a folder to keep the copy in: a second run needs no run beforehand")
    options = parser.parse_args(arguments)
    with contextlib.ExitStack() as stack:
        place = options.place or stack.enter_context(tempfile.TemporaryDirectory())
        root = copied(Path(place))
        every = changes(sources(options.names, root), Path(place))
        chosen = random.Random(options.seed).sample(every, min(options.count, len(every)))
        reach = Reach.of(root, options.jobs)
        survivors = []
        for change in tqdm(chosen, desc="changes", unit="change"):
            shutil.rmtree(Path(change.module_path).parent / "__pycache__", ignore_errors=True)
            diff = survives(change, reach, options.budget, options.whole)
            if diff is not None:
                survivors.append(diff)
                tqdm.write(diff)
    killed = 1 - len(survivors) / max(len(chosen), 1)
    print(f"{len(chosen)} of {len(every)} changes tried; {len(survivors)} survive ({killed:.0%} noticed)")
    return int(killed < 0.95)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
