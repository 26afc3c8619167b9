"""Makes small changes in hoad's source, one at a time, and reports those that no test notices.

A change that survives is a test that is missing, or code that is not needed. Cosmic Ray makes the changes, in
a copy of the tree; ``make mutants`` takes a random sample of them, always the same for the same seed::

    make mutants ARGUMENTS="--count 30 --seed 1 chainrules/numpy dual.py"
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sys
import tempfile
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome
from tqdm import tqdm

ROOT = Path(__file__).parent.parent
COPIED = ("hoad", "tests", "docs", "papers", "README.md", "CONTRIBUTING.md", "Makefile", "setup.cfg")
CORE = ("chainrules", "tangents", "arrays", "kinds", "fast", "dual.py", "tape.py", "tracer.py", "operators")
WITHOUT_EFFECT = ("BitOr", "ExceptionReplacer")  # X | None in an annotation; another class of exception
FIRST = {  # which tests notice a change soonest; then come all
    "chainrules": "tests/chainrules tests/properties/test_adjoints.py tests/kinds",
    "kinds": "tests/kinds tests/operators",
    "operators": "tests/operators",
    "arrays": "tests/arrays tests/properties/test_values.py",
}
QUICK = "tests/fast tests/properties/test_values.py tests/operators/test_operators.py"
PYTEST = f"{sys.executable} -m pytest -x -q -n 2 -p no:cacheprovider"


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


def survives(change: MutationSpec, root: Path, timeout: float) -> str | None:
    """The change as a diff, if no test notices it."""
    room = Path(change.module_path).relative_to(root / "hoad").parts[0]
    for tests in (FIRST.get(room, QUICK), "hoad tests docs"):
        result = mutate_and_test([change], f"{PYTEST} {tests}", timeout)
        if result.test_outcome != TestOutcome.SURVIVED:
            return None
    return str(result.diff)


def main(arguments: list[str]) -> int:
    """Report the survivors; the exit status is 1 if more than one in twenty survives."""
    parser = argparse.ArgumentParser(description="Report small changes of hoad that no test notices.")
    parser.add_argument("names", nargs="*", default=list(CORE), help="files or rooms of hoad/")
    parser.add_argument("--count", type=int, default=100, help="how many changes are tried")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--timeout", type=float, default=1200.0, help="seconds for one run of the tests")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "tree"
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            root.mkdir(exist_ok=True)
            copy(source, root / name)
        every = changes(sources(options.names, root), Path(place))
        chosen = random.Random(options.seed).sample(every, min(options.count, len(every)))
        survivors = []
        with contextlib.chdir(root):
            for change in tqdm(chosen, desc="changes", unit="change"):
                diff = survives(change, root, options.timeout)
                if diff is not None:
                    survivors.append(diff)
                    tqdm.write(diff.replace(f"{root}/", ""))
    killed = 1 - len(survivors) / max(len(chosen), 1)
    print(f"{len(chosen)} of {len(every)} changes tried; {len(survivors)} survive ({killed:.0%} noticed)")
    return int(killed < 0.95)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
