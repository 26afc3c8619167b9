"""Makes small changes in hoad's source, one at a time, and reports those that no test notices.

A change that survives is a test that is missing, or code that is not needed, or it changes nothing that
anybody can see. ``make mutants`` makes a random sample of them (``mutations.py`` says which there are) in a
copy of the tree, as many in a small room as in a large one, always the same for the same seed::

    make mutants ARGUMENTS="--count 30 --seed 1 chainrules/numpy dual.py"

A long sample may be judged in pieces, ``--count 50``, then ``--count 100 --after 50``: each is a sample.

Each is shown to the tests that run its statement, as ``make reached`` has noted them (``reached.py``); where
that is run on import, to those that run what names it. All tests are collected once, and a change in a
function is made in a copy of that process, by the code of the function:

1. *at once*: the tests whose names have rare words in common with the statement or with what calls it, as
   ``test_partials[arcsinh]`` has; then one of each kind in turn, the quick ones first; for some seconds;
2. *by all*: what survives, to all that run it, to the same with other parameters than were noted, and to what
   runs other statements of the file, for as long as ``--budget`` says;
3. *anew*: what survives that, and what is run on import, in a process that has not imported hoad yet.

A change that nobody can see is listed with the reason in ``equivalent_mutants.txt``, and not made: what is
printed of a survivor is how it would stand there.
"""

from __future__ import annotations

import argparse
import ast
import collections
import gc
import itertools
import linecache
import math
import multiprocessing
import os
import re
import resource
import shutil
import sys
import tempfile
import threading
import time
import types
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import hypothesis  # noqa: F401  (what is imported here, no run of the tests needs to import again)
import mpmath  # noqa: F401
import numpy  # noqa: F401
import optree  # noqa: F401
import pytest
import scipy.special  # noqa: F401
import sympy  # noqa: F401
from mutations import ROOT, Change, changes, differs, equivalents, tree_of
from reached import FOLDER, Reached

COPIED = (
    *("hoad", "tests", "docs", "papers", "benchmarks", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("Makefile", "setup.cfg", "pyproject.toml", "conftest.py", ".pre-commit-config.yaml", ".ci"),
)
CORE = (
    *("nested.py", "dual.py", "tape.py", "tracer.py", "strong.py", "values", "tangents", "chainrules/numpy"),
    *("chainrules/statements.py", "chainrules/text.py", "arrays", "kinds", "fast", "second", "adapting"),
    *("running", "operators", "custom", "program/lowering", "program/fields", "program/native", "sparse"),
)
PYTEST = ("-x", "-q", "-p", "no:xdist", "-p", "no:cov", "--no-header", "--no-summary")
AT_ONCE = 6.0  # seconds
FILES = 12  # whose tests are collected anew
BLOCKS = (ast.FunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.With, ast.Try)
WORDS = re.compile(r"[A-Za-z](?:[A-Za-z0-9]|_(?=\w))+")


# ------------------------------------------------------------------------------------------------------------
# The tests for a change
# ------------------------------------------------------------------------------------------------------------


def statement_of(tree: ast.AST, line: int) -> ast.stmt:
    """The innermost statement that a line is in."""
    every = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    around = [node for node in every if node.lineno <= line <= (node.end_lineno or node.lineno)]
    return max(around, key=lambda node: (node.lineno, -(node.end_lineno or node.lineno)), default=ast.Pass())


def words_in(node: ast.AST) -> set[str]:
    """The names in some code, and the words in its texts."""
    return set(re.findall(r"[A-Za-z]\w+", ast.unparse(node)))


def words_about(change: Change) -> set[str]:
    """The words of a statement, of the function that it is in, and of what calls this beside it."""
    tree, line = tree_of(change.before), change.mutation.line
    whole = next(n for n in tree.body if n.lineno <= line <= (n.end_lineno or 0) or n is tree.body[-1])
    words = words_in(statement_of(tree, line)) | {Path(change.file).stem}
    name = getattr(whole, "name", None)
    if name is not None:
        words |= {name}.union(*[words_in(n) for n in getattr(whole, "decorator_list", [])])
        callers = [n for n in tree.body if n is not whole and name in words_in(n)]
        words |= {getattr(n, "name", "") for n in callers}.union(
            *[words_in(n) for n in callers if isinstance(n, ast.Expr | ast.Assign)]
        )
    return words


class Tests:
    """Which tests a change is shown to, and in which order.

    Args:
        reached: which test runs which statement.
    """

    def __init__(self, reached: Reached) -> None:
        self.reached = reached
        self.frequency = collections.Counter([w for name in reached.names for w in {*WORDS.findall(name)}])

    def shown(self, change: Change) -> list[str]:
        """The tests for a change: those that it has words in common with, then one of each kind in turn."""
        line, about = change.mutation.line, words_about(change)
        names = self.that_run(change, statement_of(tree_of(change.before), line))
        turns = collections.Counter[str]()
        order = []
        for name in names:
            kind = name.partition("[")[0]
            order.append((self.likeness(name, about) or turns[kind], name))
            turns[kind] += 1
        return [name for _, name in sorted(order, key=lambda entry: entry[0])]

    def likeness(self, name: str, about: set[str]) -> float:
        """How many rare words the name of a test has in common with a change; the more, the less it is."""
        words = {*WORDS.findall(name)} & about
        most = len(self.reached.names) / 50
        return -sum(1 / max(self.frequency[w], 1) for w in words if self.frequency[w] < most)

    def that_run(self, change: Change, statement: ast.stmt) -> list[str]:
        """The tests that run a statement, the quick ones first."""
        first = min(statement.lineno, change.mutation.line)
        last = change.mutation.line if isinstance(statement, BLOCKS) else statement.end_lineno or first
        found = self.reached.tests(change.file, change.before, first, last)
        if change.is_in_a_function and found:
            return found
        about = words_about(change)
        like = [name for name in self.reached.names if self.likeness(name, about)]
        users = [name for line in self.users(change) for name in self.of(change, line)]
        beside = [] if users or like else self.reached.tests_of(change.file.rpartition("/")[0] + "/")
        return list(dict.fromkeys([*found, *users, *like, *beside]))

    def every(self, change: Change, collected: Iterable[str]) -> list[str]:
        """All tests for a change: those that are shown, the same with parameters of which nothing was noted,
        and what runs other statements of the file, as what is remembered is run by the first that asks; those
        that have words in common with it come first.
        """
        about, shown = words_about(change), self.shown(change)
        beside = self.reached.tests_of(change.file)
        kinds = {name.partition("[")[0] for name in [*shown, *beside]}
        more = [n for n in collected if n.partition("[")[0] in kinds and n not in self.reached.seconds]
        more += beside
        more = sorted(more, key=lambda name: self.likeness(name, about))
        alike = [name for name in more if self.likeness(name, about)]
        return list(dict.fromkeys([*alike, *shown, *more]))

    def of(self, change: Change, line: int) -> list[str]:
        """The tests that run a line."""
        return self.reached.tests(change.file, change.before, line, line)

    def users(self, change: Change) -> Iterator[int]:
        """The lines of the functions of a file that name what a statement of it defines."""
        tree = tree_of(change.before)
        statement = statement_of(tree, change.mutation.line)
        names = {
            n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
        }
        names |= {node.name for node in change.around}
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and names & {
                n.id for n in ast.walk(node) if isinstance(n, ast.Name)
            }:
                yield node.body[-1].lineno


# ------------------------------------------------------------------------------------------------------------
# Running them
# ------------------------------------------------------------------------------------------------------------


class Chosen:
    """A plugin of pytest's that runs some of the tests, in an order, for some seconds.

    Args:
        names: the tests.
        seconds: from when all are collected.
        failed: where it writes which one failed.
    """

    def __init__(self, names: list[str], seconds: float, failed: Path) -> None:
        self.place = {name: k for k, name in enumerate(names)}
        self.seconds = seconds
        self.failed = failed
        self.end = 0.0

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self.place), key=lambda item: self.place[item.nodeid]
        )
        limited(self.seconds)
        self.end = time.process_time() + self.seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: Any) -> bool | None:
        return True if time.process_time() > self.end else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.write_text(report.nodeid)


class Collected:
    """A plugin of pytest's that collects all tests, and shows them changes."""

    def __init__(self, root: Path, judge: Callable[[Collected], None]) -> None:
        self.root = root
        self.judge = judge
        self.sure: dict[str, bool] = {}
        self.failed = False

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        assert Path(sys.modules["hoad"].__file__ or "").is_relative_to(self.root)
        self.items = {item.nodeid: item for item in session.items}
        self.functions = functions_held()
        assert any([file.startswith(f"{self.root}/hoad/") for file, _, _ in self.functions])
        self.judge(self)
        return True

    def make(self, change: Change) -> None:
        """A change of a function, in this process."""
        file = str(self.root / "hoad" / change.file)
        old = {name_of(code): code for code in codes_in(compile(change.before, file, "exec"))}
        for code in codes_in(compile(change.after, file, "exec")):
            name = name_of(code)
            if name in old and code != old[name]:
                for function in self.functions.get(name, ()):
                    function.__code__ = code
        linecache.clearcache()

    def notice(self, change: Change | None, names: list[str], seconds: float) -> str | None:
        """A test that fails with a change and passes without, of those of these names."""
        names = [name for name in names if name in self.items and self.sure.get(name, True)]
        with tempfile.NamedTemporaryFile("r") as failed:
            context = multiprocessing.get_context("fork")
            process = context.Process(target=self.run, args=(change, names, seconds, failed.name))
            process.start()
            process.join(60 * seconds + 600)
            if process.is_alive():
                process.kill()
                process.join()
            by = failed.read()
        if process.exitcode == 0 or change is None:
            return None if process.exitcode == 0 else by
        if by not in self.sure:
            self.sure[by] = self.notice(None, [by], 60.0) is None
        return by if self.sure[by] else self.notice(change, names, seconds)

    def run(self, change: Change | None, names: list[str], seconds: float, failed: str) -> None:
        """What a process of its own does: run the tests, and end with 1 where one fails."""
        limited(seconds)
        if change is not None:
            self.make(change)
        end = time.process_time() + seconds
        for name, after in itertools.pairwise([*names, ""]):
            if time.process_time() > end:
                break
            Path(failed).write_text(name)  # as one that does not come to an end
            item, following = self.items[name], self.items.get(after)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if self.failed:
                os._exit(1)
        os._exit(0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed


def name_of(code: types.CodeType) -> tuple[str, str, int]:
    """By what a function is found."""
    return code.co_filename, code.co_qualname, code.co_firstlineno


def functions_held() -> dict[tuple[str, str, int], list[types.FunctionType]]:
    """All functions of this process, by their names: those of what is frozen, too."""
    gc.unfreeze()
    found: dict[tuple[str, str, int], list[types.FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType):
            found.setdefault(name_of(thing.__code__), []).append(thing)
    gc.freeze()
    return found


def codes_in(code: types.CodeType) -> Iterator[types.CodeType]:
    """The code of all functions in a module."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield constant
            yield from codes_in(constant)


def limited(seconds: float) -> None:
    """This process comes to an end, by the processor's time."""
    most = int(time.process_time() + 3 * seconds + 60)
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))


def quiet() -> None:
    """This process says nothing, and keeps no code: a change may come too soon to look newer."""
    sys.dont_write_bytecode = True
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)


def tested(root: Path, names: list[str], plugin: Any) -> int:
    """What pytest says of the files of some tests, in a process of its own that imports hoad."""

    def run() -> None:
        os.chdir(root)
        sys.path.pop(0)  # the folder of this script
        quiet()
        files = list(dict.fromkeys(name.partition("::")[0] for name in names))
        os._exit(int(pytest.main([*PYTEST, *files], plugins=[plugin])))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    return process.exitcode or 0


def noticed_anew(root: Path, change: Change, names: list[str], seconds: float) -> str | None:
    """A test that fails with a change, and passes without, in a process that imports hoad."""
    file, failed = root / "hoad" / change.file, root / "failed"

    def failing(text: str, names: list[str]) -> str | None:
        failed.write_text("")
        file.write_text(text)
        code = tested(root, names, Chosen(names, seconds, failed))
        file.write_text(change.before)
        if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return None
        return failed.read_text() or "import hoad"

    some = of_files(names, FILES)
    by = failing(change.after, some) if some else None
    if by in names and failing(change.before, [by]):  # it fails without a change
        return noticed_anew(root, change, [name for name in names if name != by], seconds)
    return None if by == "import hoad" and failing(change.before, some) else by


def of_files(names: list[str], count: int) -> list[str]:
    """The tests that are in the first of their files."""
    files = list(dict.fromkeys(name.partition("::")[0] for name in names))[:count]
    return [name for name in names if name.partition("::")[0] in files]


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


# ------------------------------------------------------------------------------------------------------------
# The report
# ------------------------------------------------------------------------------------------------------------


class Report:
    """What became of each change, said as it is known.

    Args:
        changes: all of them.
        first: the number of the first one.
    """

    def __init__(self, changes: list[Change], first: int = 0) -> None:
        self.changes = changes
        self.first = first
        self.found: dict[int, str] = {}
        reasons = equivalents()
        for k, change in enumerate(changes):
            if change.entry in reasons:
                self.say(k, "equivalent", reasons[change.entry])

    @property
    def open(self) -> list[int]:
        """The changes that are not noticed yet."""
        return [k for k in range(len(self.changes)) if k not in self.found]

    def say(self, k: int, what: str, why: str) -> None:
        """One is known, or is not noticed yet."""
        if what:
            self.found[k] = what
        change = self.changes[k]
        kind = change.mutation.kind
        where = f"{self.first + k} {change.file}:{change.mutation.line} {kind}"
        print(f"{where}: {what or 'open'}: {why}", flush=True)

    def end(self) -> int:
        """The survivors as they would be listed, and the rate; 1 if more than one in twenty survives."""
        for k in self.open:
            where, old, new = self.changes[k].entry
            print(f"\n# line {self.changes[k].mutation.line}\n{where}\n- {old}\n+ {new}\n= not judged")
        counts = collections.Counter(self.found.values())
        told = ", ".join(f"{n} {what}" for what, n in sorted(counts.items()))
        tried = len(self.changes) - counts["equivalent"]
        killed = 1 - len(self.open) / max(tried, 1)
        low, high = interval(tried - len(self.open), max(tried, 1))
        print(
            f"\n{len(self.changes)} changes: {told}; {len(self.open)} survive "
            f"({killed:.1%} noticed; of all, {low:.1%} to {high:.1%})"
        )
        return int(killed < 0.95)


def interval(found: int, tried: int) -> tuple[float, float]:
    """Between which rates that of all changes is, if so many of a sample are noticed: Wilson's, 95 %."""
    z = 1.96
    middle, width = found + z * z / 2, z * math.sqrt(found * (tried - found) / tried + z * z / 4)
    return (middle - width) / (tried + z * z), (middle + width) / (tried + z * z)


def judged(root: Path, report: Report, tests: Tests, budget: float, processes: int) -> None:
    """Say which changes of functions the tests notice, all collected in one process."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    wanted = {k: tests.shown(report.changes[k]) for k in report.open if report.changes[k].is_in_a_function}

    def judge_some(collected: Collected, some: list[int]) -> None:
        for k in some:
            change, shown = report.changes[k], wanted[k]
            for what, names, seconds in (
                ("noticed at once", shown, AT_ONCE),
                ("noticed by all", tests.every(change, collected.items), budget),
            ):
                if found := collected.notice(change, names, seconds):
                    sender.send((k, what, found))
                    break
            else:
                sender.send((k, "", "not noticed yet"))

    def judge(collected: Collected) -> None:
        context, every = multiprocessing.get_context("fork"), list(wanted)
        shares = [every[n::processes] for n in range(processes)]
        workers = [context.Process(target=judge_some, args=(collected, share)) for share in shares]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

    def show() -> None:
        sender.send(tested(root, names, Collected(root, judge)))

    more = [name for k in wanted for name in tests.reached.tests_of(report.changes[k].file)]
    names = list(dict.fromkeys([*[name for shown in wanted.values() for name in shown], *more]))
    if not names:
        return
    thread = threading.Thread(target=show)
    thread.start()
    while isinstance(said := receiver.recv(), tuple):
        report.say(*said)
    thread.join()
    if said not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"the tests could not be collected: pytest says {said}")


def main(arguments: list[str]) -> int:
    """Report the survivors; the exit status is 1 if more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Report small changes of hoad that no test notices.")
    parser.add_argument("names", nargs="*", default=list(CORE), help="files or rooms of hoad/")
    parser.add_argument("--count", type=int, default=100, help="how many changes are tried; 0: all")
    parser.add_argument("--after", type=int, default=0, help="how many of them are left out: the first ones")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds for all tests of one change")
    parser.add_argument("--reached", type=Path, default=FOLDER, help="what was noted, and where")
    parser.add_argument("--kinds", nargs="*", default=[], help="of these alone: key, copy, sign, ...")
    parser.add_argument("--matching", default="", help="of those alone whose lines match")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    chosen = changes(options.names, options.count, options.seed, options.kinds)[options.after :]
    matching = [change for change in chosen if re.search(options.matching, "\n".join(change.entry))]
    judged_now = [change for change in matching if differs(change.mutation, change.before)]
    report = Report(judged_now, options.after)
    tests = Tests(Reached(options.reached))
    with tempfile.TemporaryDirectory() as place:
        root = copied(Path(place))
        judged(root, report, tests, options.budget, options.processes)
        for k in report.open:
            change = report.changes[k]
            seconds = AT_ONCE if change.is_in_a_function else options.budget
            if by := noticed_anew(root, change, tests.shown(change), seconds):
                report.say(k, "noticed anew", by)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
