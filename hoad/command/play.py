"""``hoad play``: a local page in the browser, on which a function can be typed and a point moved."""

from __future__ import annotations

import argparse
import importlib.util
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from .expressions import parse
from .inputs import UsageError
from .lessons import ended

PAGE = Path(__file__).with_name("playground.py")
NEEDED = ("marimo", "matplotlib", "sympy")
MACHINE = "127.0.0.1"  # nobody else can reach the page


def play_command(options: argparse.Namespace) -> int:
    """Serve the page to this machine until it is stopped."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(f"hoad play needs {' and '.join(missing)}; install with: pip install 'hoad[play]'")
    if options.function:
        parse(options.function)  # an error is told here, and not on the page
    return served(command(options))


def served(line: list[str]) -> int:
    """Run the server; Control-C, or a request to end, ends both, which is no error."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with subprocess.Popen(line) as server:
        try:
            return server.wait()
        except KeyboardInterrupt:
            server.terminate()
            return 0


def command(options: argparse.Namespace) -> list[str]:
    """The command that serves the page."""
    how = ["--host", MACHINE, *(["--headless"] if options.no_browser else [])]
    where = ["--port", str(options.port)] if options.port else []
    at = {"function": options.function, "at": options.at, "from": options.start, "to": options.stop}
    given = [f"--{name}={told(name, value)}" for name, value in at.items() if value is not None]
    return [sys.executable, "-m", "marimo", "run", str(PAGE), *how, *where, "--", *given]


def told(name: str, value: str) -> str:
    """An option for the page: a number, also where it was given as pi/2."""
    return value.strip() if name == "function" else repr(ended(value))


def add_play(commands: Any) -> None:
    """Add the command to those of the command line."""
    play = commands.add_parser(
        "play", help="a page in the browser: type a function, move a point (needs marimo)"
    )
    play.add_argument("function", nargs="?", help="a function of x to begin with, such as 'sin(x**2)'")
    play.add_argument("--at", help="the point to begin at")
    play.add_argument("--from", dest="start", help="where the pictures begin (default: -3)")
    play.add_argument("--to", dest="stop", help="where they end (default: 3)")
    play.add_argument("--port", type=int, help="of the page (default: one that is free)")
    play.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    play.set_defaults(run=play_command)
