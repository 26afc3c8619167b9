"""What a program makes of the text of a value in ``vmap``: it is shown, and who asks it is told what a loop
over the members is told, or is refused.
"""

from __future__ import annotations

import fnmatch
import io
import json
import logging
import re
import warnings
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import hoad
from hoad.errors import EscapeError

X = np.array([0.7, 1.4])
TABLE = {"0.7": 2.0, "x=0.7": 2.0}
LOG = logging.getLogger("hoad.test")


def described(x):
    return f"x = {x}!"


class Holder:
    def __init__(self, x: Any) -> None:
        self.x = x

    def __repr__(self) -> str:
        return f"Holder({self.x})"


class Named(Holder):
    def __str__(self) -> str:
        return str(self.x)


def is_it(text: str) -> bool:
    return text == "x=0.7"


def said_again(text: str) -> str:
    return "x" + text


def by_a_variable(x):
    text = f"x={x}"
    return text == "x=0.7"


def by_another(x):
    text = str(x)
    joined = ",".join([text, "a"])
    return joined == "0.7,a"


def by_an_alias(x):
    text = str(x)
    same = text
    return re.match("0.7", same) is not None


def by_a_list(x):
    texts = []
    texts.append(f"x={x}")
    return texts[0] == "x=0.7"


def by_adding(x):
    text = ""
    for v in (x, x):
        text += f"{v};"
    return text.startswith("0.7")


def by_an_attribute(x):
    holder = Holder(f"x={x}")
    return holder.x == "x=0.7"


def by_a_file(x):
    file = io.StringIO()
    print(x, file=file)
    return file.getvalue() == "0.7\n"


def by_writing(x):
    file = io.StringIO()
    file.write(f"{x}")
    return file.getvalue() == "0.7"


def by_generating(x):
    def texts():
        yield f"x={x}"

    return next(texts()) == "x=0.7"


def by_walrus(x):
    return (text := f"x={x}") == "x=0.7" and text == "x=0.7"


ASKED: dict[str, Callable[[Any], Any]] = {
    "f": lambda x: f"{x}" == "0.7",
    "f, within": lambda x: f"x={x}" == "x=0.7",
    "f, with a format": lambda x: f"x={x:.1f}" == "x=0.7",
    "f, !r": lambda x: f"{x!r}" == "np.float64(0.7)",
    "f, !r, within": lambda x: f"x={x!r}" == "x=np.float64(0.7)",
    "f, !s": lambda x: f"x={x!s}" == "x=0.7",
    "f, with its name": lambda x: f"{x=!s}" == "x=0.7",
    "f, two": lambda x: f"{x}{x}" == "0.70.7",
    "%s": lambda x: "%s" % x == "0.7",  # noqa: UP031
    "%g": lambda x: "%g" % x == "0.7",  # noqa: UP031
    "%, within": lambda x: "x=%s" % x == "x=0.7",  # noqa: UP031
    "%, of two": lambda x: "%s %d" % (x, 1) == "0.7 1",  # noqa: UP031
    "%, by name": lambda x: "%(a)s" % {"a": x} == "0.7",  # noqa: UP031
    "%r": lambda x: "%r" % x == "np.float64(0.7)",  # noqa: UP031
    "format": lambda x: "x={}".format(x) == "x=0.7",  # noqa: UP032
    "format()": lambda x: format(x, ".1f") == "0.7",
    "format_map": lambda x: "{a}".format_map({"a": x}) == "0.7",
    "join": lambda x: ",".join([str(x), "a"]) == "0.7,a",
    "join, of a generator": lambda x: ",".join(str(v) for v in (x, x)) == "0.7,0.7",
    "join, of map": lambda x: ",".join(map(str, (x, x))) == "0.7,0.7",
    "re": lambda x: re.match("0.7", str(x)),
    "re, within": lambda x: re.match("x0.7", f"x{x}"),
    "re, compiled": lambda x: re.compile("0.7").search(str(x)),
    "re, as a pattern": lambda x: re.match(str(x), "0.7"),
    "len": lambda x: len(str(x)) == 3,
    "len, within": lambda x: len(f"x{x}") == 4,
    "repr": lambda x: repr(x) == "np.float64(0.7)",
    "repr, len": lambda x: len(repr(x)) == 15,
    "ascii": lambda x: ascii(x) == "np.float64(0.7)",
    "repr, of a list": lambda x: repr([x]) == "[np.float64(0.7)]",
    "str, of a list": lambda x: str([x]) == "[np.float64(0.7)]",
    "f, of a list": lambda x: f"{[x]}" == "[np.float64(0.7)]",
    "a key": lambda x: TABLE.get(f"x={x}", 0.0),
    "a key, []": lambda x: TABLE[f"x={x}"],
    "a key, in": lambda x: f"x={x}" in TABLE,
    "a keyword": lambda x: dict(**{f"x={x}": 0.0}).get("x=0.7", 1.0) == 0.0,
    "an attribute": lambda x: getattr(Holder, f"x{x}", None) is None,
    "in a text": lambda x: str(x) in "0.7 0.8",
    "in a text, within": lambda x: f" {x}" in "a 0.7 0.8",
    "contains": lambda x: "0.7" in f"a {x}",
    "startswith": lambda x: f"a{x}".startswith("a0.7"),
    "a beginning": lambda x: "0.7 b".startswith(str(x)),
    "find": lambda x: "0.7 b".find(str(x)) == 0,
    "count": lambda x: "0.7 b".count(str(x)),
    "replace": lambda x: "a".replace("a", str(x)) == "0.7",
    "encode": lambda x: str(x).encode() == b"0.7",
    "bytes": lambda x: bytes(str(x), "ascii") == b"0.7",
    "float": lambda x: float(f"{x:.1f}"),
    "float, of str": lambda x: float(str(x)),
    "int": lambda x: int(f"{x:.0f}"),
    "Decimal": lambda x: Decimal(str(x)) == 1,
    "json": lambda x: json.dumps(str(x)) == '"0.7"',
    "eval": lambda x: eval(f"{x}"),
    "fnmatch": lambda x: fnmatch.fnmatch(str(x), "0.*"),
    "a slice": lambda x: f"a{x}"[1:4] == "0.7",
    "split": lambda x: f"a {x}".split()[1] == "0.7",
    "hash": lambda x: hash(f"a{x}") == hash("a0.7"),
    "ord": lambda x: ord(f"{x}"[0]),
    "max": lambda x: max([f"a{x}", "a0.8"]) == "a0.8",
    "sorted": lambda x: sorted([f"a{x}", "a0.8"])[0] == "a0.7",
    "a set": lambda x: len({f"a{x}", "a0.7"}) == 1,
    "an object": lambda x: str(Holder(x)) == "Holder(0.7)",
    "an object, f": lambda x: f"{Holder(x)}" == "Holder(0.7)",
    "an object, str": lambda x: str(Named(x)) == "0.7",
    "an object, str, within": lambda x: f"a{Named(x)}" == "a0.7",
    "+": lambda x: "a" + str(x) == "a0.7",
    "*": lambda x: str(x) * 2 == "0.70.7",
    "upper": lambda x: str(x).upper() == "0.7",
    "strip": lambda x: f" {x}".strip() == "0.7",
    "zfill": lambda x: f"a{x}".zfill(5) == "0a0.7",
    "str, of a text": lambda x: str(f"a{x}") == "a0.7",
    "an array": lambda x: np.array([f"a{x}"])[0] == "a0.7",
    "a function": lambda x: is_it(f"x={x}"),
    "a function, and back": lambda x: said_again(f"={x}") == "x=0.7",
    "a result": lambda x: described(x) == "x = 0.7!",
    "a method": lambda x: Holder(f"x={x}").x == "x=0.7",
    "a choice": lambda x: (f"x={x}" if x is not None else "") == "x=0.7",
    "a variable": by_a_variable, "another variable": by_another, "an alias": by_an_alias,
    "appended": by_a_list, "added": by_adding, "an attribute of an object": by_an_attribute,
    "printed into a text": by_a_file, "written into a text": by_writing, "a generator": by_generating,
    "a walrus": by_walrus,
}  # fmt: skip


def printed(x):
    print(f"x = {x:.2f} of", x, str(x), repr(x), "%s" % x, ",".join([str(x)]), Holder(x), [x])  # noqa: UP031


def logged(x):
    LOG.warning("a %s", x)
    LOG.info(f"a {x}")
    LOG.debug("a %s" % x)  # noqa: UP031


def warned(x):
    warnings.warn(f"x = {x}", stacklevel=2)


class OwnError(Exception):
    pass


def raised(x):
    try:
        raise ValueError(f"bad {x}")
    except ValueError as error:
        print(error)
    try:
        raise OwnError("bad %s" % x)  # noqa: UP031
    except OwnError:
        pass


def told_later(x):
    message = f"x = {x}"
    print(message)
    LOG.info(message)
    if message is None:
        raise ValueError(message)


def asserted(x):
    assert x is not None, f"bad {x}"


def said(text: str) -> None:
    shown = f"[{text}]"
    print(shown)


def by_functions(x):
    print(described(x))
    LOG.info(described(x))
    said(f"a {x}")
    said(text=f"a {x}")


def to_a_file(x):
    file = io.StringIO()
    file.write(f"a {x}\n")
    file.write(str(x))
    print(x, f"{x}", file=file)


def one_by_one(x):
    line = ""
    for v in (x, x):
        line += f"{v:.2f};"
    print(line)
    lines = [f"{v};" for v in (x, x)]
    print("\n".join(lines))


SHOWN = {
    f.__name__: f
    for f in (
        printed, logged, warned, raised, told_later, asserted, by_functions, to_a_file, one_by_one,
    )
}  # fmt: skip
RUNS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "vmap": (lambda f: hoad.vmap(f)(X), lambda f: np.array([f(v) for v in X])),
    "of grad": (lambda f: hoad.vmap(hoad.grad(f))(X), lambda f: np.array([hoad.grad(f)(v) for v in X])),
    "within grad": (
        lambda f: hoad.grad(lambda a: np.sum(hoad.vmap(f)(a)))(X),
        lambda f: hoad.grad(lambda a: sum(f(v) for v in a))(X),
    ),
}


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", ASKED)
def test_nobody_is_told_what_is_true_of_none(name: str, run: str) -> None:
    f = lambda x: x * x if ASKED[name](x) else 3.0 * x
    try:
        found = RUNS[run][0](f)
    except EscapeError as error:
        assert "vmap" in str(error) or name == "%g"  # which asks for a number
    else:
        np.testing.assert_allclose(found, RUNS[run][1](f))


@pytest.mark.filterwarnings("ignore:x = ")
@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("name", SHOWN)
def test_what_is_shown_is_shown(name: str, run: str, capsys: Any) -> None:
    def f(x):
        SHOWN[name](x)
        return x * x

    np.testing.assert_allclose(RUNS[run][0](f), RUNS[run][1](lambda x: x * x))
    if "print" in SHOWN[name].__code__.co_names and name != "to_a_file":
        assert "0.7" in capsys.readouterr().out


def test_code_without_text_shows_as_far_as_its_names_tell() -> None:
    names: dict[str, Any] = {"print": lambda *texts: None}
    exec(
        "def shows(x):\n    print(f'x={x}')\n    return 2.0 * x\n"
        "def asks(x):\n    return 2.0 * x if f'x={x}' == 'x=0.7' else x\n",
        names,
    )
    np.testing.assert_array_equal(hoad.vmap(names["shows"])(X), 2 * X)
    with pytest.raises(EscapeError, match="vmap"):
        hoad.vmap(names["asks"])(X)
