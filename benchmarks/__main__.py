"""``python -m benchmarks``: measure, and print one table."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import limits, timing
from benchmarks.as_written import programs_as_they_are
from benchmarks.compiled import compiled_functions
from benchmarks.fits import fits_beside_differences
from benchmarks.goals import works
from benchmarks.limits import Limit
from benchmarks.measure import read
from benchmarks.peers import PEERS, Peer, load
from benchmarks.solves import solves
from benchmarks.table import Line, duration, render


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Time hoad against its peers.")
    parser.add_argument("--quick", action="store_true", help="fewer repeats: a first look, not a verdict")
    parser.add_argument("--only", metavar="NAME", help="only the lines whose group or name contains NAME")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write every reading to FILE")
    parser.add_argument("--peers", metavar="A,B", help=f"of {', '.join(kind.name for kind in PEERS)}")
    parser.add_argument("--seconds", type=float, help="how long to try each peer on each line")
    parser.add_argument("--threads", type=int, default=1, help="of BLAS, PyTorch and XLA (default: 1)")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace, peers: dict[str, Peer]) -> Iterator[Line]:
    """Every line that was asked for, one after the other."""
    effort = timing.QUICK if options.quick else timing.Effort()
    if options.seconds is not None:
        effort = replace(effort, seconds=options.seconds)
    for work in works():
        if wanted(options.only, work.group, work.name):
            progress(work.name)
            reading = read(work, peers, effort)
            count = work.program.operations if work.per_operation else 1
            progress(*(f"  {way}: {duration(seconds / count)}" for way, seconds in reading.ways.items()))
            yield reading
    repeats = 2 if options.quick else 5
    if wanted(options.only, "long", "scalar operations"):
        progress("long tapes")
        yield from unless_it_fails(limits.long_tapes(peers, repeats))
    if wanted(options.only, "filling", "elements filled"):
        progress("filled arrays")
        yield from unless_it_fails(limits.filled_arrays(peers, repeats))
    if wanted(options.only, "adapting", "beside"):
        progress("programs as they are")
        yield from unless_it_fails(programs_as_they_are(peers, repeats))
    if wanted(options.only, "solves", "parameters", "sparse"):
        progress("solves of SciPy's")
        yield from unless_it_fails(solves(peers, repeats))
    if wanted(options.only, "compiled"):
        progress("compiled functions")
        yield from unless_it_fails(compiled_functions(peers, repeats))
    if wanted(options.only, "fits", "n + 1 evaluations"):
        progress("small fits")
        yield from unless_it_fails(fits_beside_differences(peers, repeats))
    if wanted(options.only, "growth", "derivatives to order"):
        progress("growth with the order")
        yield from unless_it_fails(limits.growth_with_the_order(peers, repeats))
    if wanted(options.only, "import"):
        progress("import")
        yield from unless_it_fails(limits.imports(peers, repeats))


def unless_it_fails(lines: Iterator[Limit]) -> Iterator[Limit]:
    """The lines that can be had; a failure is told, and does not cost the table."""
    try:
        yield from lines
    except Exception as error:
        progress(f"  failed: {type(error).__name__}: {error}")


def wanted(only: str | None, *names: str) -> bool:
    """Whether ``--only`` lets a line of these names through."""
    return only is None or any(only.lower() in name.lower() for name in names)


def progress(*lines: str) -> None:
    """Words for who waits, away from the table; each with the processor time spent so far."""
    for line in lines:
        print(f"{time.process_time():6.1f}  {line}", file=sys.stderr, flush=True)


def versions(peers: dict[str, Peer], threads: int) -> dict[str, str]:
    """Of all that takes part."""
    found = {"python": platform.python_version(), "machine": platform.machine(), "threads": str(threads)}
    for package in ("numpy", *(peer.package for peer in peers.values())):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed, from source"
    return found


def record(line: Line) -> dict[str, Any]:
    """A line as it goes to the JSON file."""
    if isinstance(line, Limit):
        return {**vars(line), "met": line.met()}
    work = line.work
    about = {"group": work.group, "name": work.name, "goals": work.goals, "met": line.met()}
    operations = work.program.operations
    return {**about, "operations": operations, "seconds": line.ways, "failures": line.failures}


def main(arguments: list[str]) -> int:
    """Measure, print the table, write the file."""
    options = parse(arguments)
    timing.settle(arguments, options.threads)
    peers, missing = load(options.peers.split(",") if options.peers else None)
    for name, why in missing.items():
        progress(f"{name} is left out: {why}")
    company = timing.Company()
    lines = list(measure(options, peers))
    about = versions(peers, options.threads)
    if (others := company.cores()) is not None:
        about["used by other processes"] = f"{others:.2f} cores"
    print(render(lines))
    print("\n" + "; ".join(f"{name} {version}" for name, version in about.items()))
    if options.json:
        options.json.write_text(
            json.dumps({"versions": about, "lines": [record(line) for line in lines]}, indent=1)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
