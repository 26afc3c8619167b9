"""The small changes of source text that ``mutants.py`` shows to the tests: those that make wrong numbers.

A sign, a term or a factor that is lost, arguments exchanged, a keyword dropped, a conjugate or a copy left
out, a condition that always holds, an index that is one too large, a part of a key forgotten, a lock not
taken. Text that only says something (messages, annotations, docstrings) stays as it is.
"""

from __future__ import annotations

import ast
import functools
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EQUIVALENT = Path(__file__).parent / "equivalent_mutants.txt"
WITHOUT = {"conj", "conjugate", "copy", "copied", "own", "frozen", "real", "swapaxes", "ravel", "negative"}
WITHOUT |= {"fit_tangent", "fit_cotangent", "sum_to", "settle", "primal", "everything", "within", "strong"}
FIXED = {"isinstance", "issubclass", "getattr", "hasattr", "setattr", "range", "cast", "zip", "register"}
TELLING = ("Error", "warn", "refuse", "said", "named", "fail", "TypeVar")  # calls that make messages
KEPT = re.compile(r"(known|kept|cache|memo|seen|forms)$")  # tables
NAMING = re.compile(r"key|signature|pattern|alike")  # functions that give what something is remembered under
SIGNS: dict[type, str] = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "*"}
OTHERS: dict[type, str] = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==",
    ast.Is: "is not", ast.IsNot: "is", ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Mutation:
    """One change of a text.

    Attributes:
        kind: what it does.
        line: where, from 1.
        start, end: the bytes in whose place the other text comes.
        text: that.
    """

    kind: str
    line: int
    start: int
    end: int
    text: str

    def applied(self, source: str) -> str:
        """The text with this change."""
        held = source.encode()
        return (held[: self.start] + self.text.encode() + held[self.end :]).decode()


class Finder:
    """The mutations of one text."""

    def __init__(self, source: str) -> None:
        self.bytes = source.encode()
        lengths = [len(line) for line in self.bytes.splitlines(keepends=True)]
        self.starts = [sum(lengths[:k]) for k in range(len(lengths) + 1)]
        self.tree = ast.parse(source)
        self.keys = {id(k) for node in ast.walk(self.tree) for k in self.keys_in(node)}

    def span(self, node: Any) -> tuple[int, int]:
        """Where a node stands."""
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def text(self, node: ast.AST) -> str:
        """What stands there."""
        start, end = self.span(node)
        return self.bytes[start:end].decode()

    def keys_in(self, node: ast.AST) -> Iterator[ast.AST]:
        """What something is remembered under."""
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=key) if "key" in name:
                yield key
            case ast.Subscript(value=table, slice=key) if KEPT.search(self.text(table)):
                yield key
            case ast.Call(func=ast.Attribute(value=table, attr="get"), args=[key, *_]) if KEPT.search(
                self.text(table)
            ):
                yield key
            case ast.FunctionDef(name=name, body=[*_, ast.Return(value=ast.AST() as key)]) if NAMING.search(
                name
            ):
                yield key

    def put(self, kind: str, node: ast.AST, text: str) -> Mutation:
        """The change of a node to another text."""
        return Mutation(kind, node.lineno, *self.span(node), text)  # type: ignore[attr-defined]

    def found(self) -> list[Mutation]:
        """All mutations, a few of which may not be Python."""
        return sorted({m for node in self.nodes(self.tree) for m in self.of(node)})

    def nodes(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes that compute something."""
        if isinstance(node, (ast.Raise, ast.Assert, ast.JoinedStr, ast.Import, ast.ImportFrom)):
            return
        if isinstance(node, ast.FunctionDef) and node.name in ("__repr__", "__str__"):
            return
        if isinstance(node, ast.Call) and any(word in ast.unparse(node.func) for word in TELLING):
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, ast.keyword) and node.arg == "strict":
            return  # of zip, which says only what is expected
        yield node
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield from self.nodes(child)

    def of(self, node: ast.AST) -> Iterator[Mutation]:
        """The mutations of one node."""
        reader: Callable[[Any], Iterator[Mutation]] | None = getattr(self, type(node).__name__, None)
        return iter(()) if reader is None else reader(node)

    def either(self, kind: str, node: ast.AST, *parts: ast.AST) -> Iterator[Mutation]:
        """A part in the place of the whole."""
        return (self.put(kind, node, f"({self.text(part)})") for part in parts)

    # fmt: off
    def BinOp(self, node: ast.BinOp) -> Iterator[Mutation]:
        left, right, sign = self.text(node.left), self.text(node.right), SIGNS.get(type(node.op))
        if isinstance(node.op, (ast.BitOr, ast.Mod)) or isinstance(node.left, (ast.List, ast.JoinedStr)):
            return
        if sign is not None:
            yield self.put("sign", node, f"(({left}) {sign} ({right}))")
        yield from self.either("term", node, node.left, node.right)
        if isinstance(node.op, ast.MatMult):
            yield self.put("order", node, f"(({right}) @ ({left}))")

    def UnaryOp(self, node: ast.UnaryOp) -> Iterator[Mutation]:
        yield from self.either("sign" if isinstance(node.op, ast.USub) else "condition", node, node.operand)

    def Compare(self, node: ast.Compare) -> Iterator[Mutation]:
        if len(node.ops) == 1:
            left, right = self.text(node.left), self.text(node.comparators[0])
            yield self.put("comparison", node, f"(({left}) {OTHERS[type(node.ops[0])]} ({right}))")

    def BoolOp(self, node: ast.BoolOp) -> Iterator[Mutation]:
        parts, word = [f"({self.text(v)})" for v in node.values], type(node.op).__name__.lower()
        for k in range(len(parts)):
            kept = f" {word} ".join(parts[:k] + parts[k + 1 :])
            yield self.put("condition", node, f"({kept})")

    def IfExp(self, node: ast.IfExp) -> Iterator[Mutation]:
        yield from self.either("branch", node, node.body, node.orelse)

    def If(self, node: ast.If) -> Iterator[Mutation]:
        yield from (self.put("branch", node.test, word) for word in ("True", "False"))

    def Constant(self, node: ast.Constant) -> Iterator[Mutation]:
        if isinstance(node.value, bool):
            yield self.put("flag", node, str(not node.value))
        elif isinstance(node.value, (int, float)):
            yield self.put("number", node, f"({node.value!r} + 1)")

    def With(self, node: ast.With) -> Iterator[Mutation]:
        item = node.items[0]
        if re.search(r"(\b|_)lock$", self.text(item.context_expr).lower()):
            start, end = self.span(node)[0], self.span(item.context_expr)[1]
            yield Mutation("lock", node.lineno, start, end, "if True")

    def Expr(self, node: ast.Expr) -> Iterator[Mutation]:
        if isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Attribute):
            yield self.put("effect", node, "pass")

    def AugAssign(self, node: ast.AugAssign) -> Iterator[Mutation]:
        yield self.put("effect", node, "pass")

    def Tuple(self, node: ast.Tuple) -> Iterator[Mutation]:
        if isinstance(node.ctx, ast.Load) and len(node.elts) > 1 and id(node) in self.keys:
            for k in range(len(node.elts)):
                kept = [self.text(e) for e in node.elts[:k] + node.elts[k + 1 :]]
                yield self.put("key", node, f"({', '.join(kept)},)")

    def Call(self, node: ast.Call) -> Iterator[Mutation]:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        if name in FIXED:
            return
        if name == "where" and len(node.args) == 3:
            yield from self.either("choice", node, node.args[1], node.args[2])
        if name in WITHOUT or "copy" in name:
            if node.args and not isinstance(node.args[0], ast.Starred):
                yield from self.either("left out", node, node.args[0])
            elif isinstance(node.func, ast.Attribute):
                yield from self.either("left out", node, node.func.value)
        if len(node.args) > 1 and not any(isinstance(a, ast.Starred) for a in node.args[:2]):
            first, second = node.args[:2]
            start, end = self.span(first)[0], self.span(second)[1]
            other = f"{self.text(second)}, {self.text(first)}"
            yield Mutation("order", node.lineno, start, end, other)
        for k, keyword in enumerate(node.keywords):
            if keyword.arg not in (None, "strict"):
                kept = [self.text(a) for a in [*node.args, *node.keywords[:k], *node.keywords[k + 1 :]]]
                yield self.put("keyword", node, f"{self.text(node.func)}({', '.join(kept)})")
    # fmt: on


def mutations(source: str) -> list[Mutation]:
    """All mutations of a text, a few of which may not be Python."""
    return Finder(source).found()


def differs(mutation: Mutation, source: str) -> bool:
    """Whether the text with a mutation is Python, and another program."""
    try:
        return ast.dump(ast.parse(mutation.applied(source))) != ast.dump(ast.parse(source))
    except SyntaxError:
        return False


# ------------------------------------------------------------------------------------------------------------
# In files
# ------------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=8)
def tree_of(text: str) -> ast.Module:
    """A text, parsed."""
    return ast.parse(text)


@dataclass(frozen=True)
class Change:
    """One change of a file.

    Attributes:
        file: its path in hoad.
        before: its text.
        mutation: the change.
    """

    file: str
    before: str
    mutation: Mutation

    @property
    def after(self) -> str:
        """The text with the change."""
        return self.mutation.applied(self.before)

    @functools.cached_property
    def around(self) -> list[ast.FunctionDef | ast.ClassDef]:
        """The classes and functions that it is in, the outermost first."""
        line = self.mutation.line
        kinds = (ast.FunctionDef, ast.ClassDef)
        every = [node for node in ast.walk(tree_of(self.before)) if isinstance(node, kinds)]
        return sorted((n for n in every if n.lineno <= line <= (n.end_lineno or 0)), key=lambda n: n.lineno)

    @property
    def entry(self) -> tuple[str, str, str]:
        """How it is listed: where it is, and the lines that it changes, before and after, without indent."""
        old, new = self.before.split("\n"), self.after.split("\n")
        first = self.mutation.line - 1
        same = next(k for k in range(len(old)) if old[len(old) - 1 - k] != new[len(new) - 1 - k])
        names = ".".join(node.name for node in self.around)
        before, after = old[first : len(old) - same], new[first : len(new) - same]
        return (
            f"{self.file} {names}".strip(),
            " ".join(" ".join(before).split()),
            " ".join(" ".join(after).split()),
        )

    @property
    def is_in_a_function(self) -> bool:
        """Whether it is in the code of a function, and not in what is run on import."""
        inner = self.around[-1] if self.around else None
        return isinstance(inner, ast.FunctionDef) and self.mutation.line >= inner.body[0].lineno


def sources(name: str) -> list[Path]:
    """The file that is named, or those in the folder that is named."""
    place = ROOT / "hoad" / name
    if not place.exists():
        raise SystemExit(f"not there: {place}")
    return sorted(place.rglob("*.py")) or [place]


def changes_of(file: Path) -> list[Change]:
    """All changes of a file, a few of which are no Python."""
    text, path = file.read_text(encoding="utf-8"), file.relative_to(ROOT / "hoad").as_posix()
    return [Change(path, text, mutation) for mutation in mutations(text)]


def changes(names: list[str], count: int, seed: int, kinds: list[str]) -> list[Change]:
    """Some changes at random: as many in each room, in its files by their size, of each kind; or all."""
    if not count:
        every = [change for name in names for file in sources(name) for change in changes_of(file)]
        return [c for c in every if not kinds or c.mutation.kind in kinds]
    rng = random.Random(seed)
    chosen: dict[Change, None] = {}
    found: dict[Path, dict[str, list[Change]]] = {}
    for k in range(100 * count):
        files = sources(names[k % len(names)])
        file = rng.choices(files, [f.stat().st_size for f in files])[0]
        if file not in found:
            found[file] = {}
            for change in changes_of(file):
                if not kinds or change.mutation.kind in kinds:
                    found[file].setdefault(change.mutation.kind, []).append(change)
        if found[file]:
            change = rng.choice(found[file][rng.choice(sorted(found[file]))])
            if change not in chosen and differs(change.mutation, change.before):
                chosen[change] = None
        if len(chosen) == count:
            break
    return list(chosen)


def equivalents() -> dict[tuple[str, str, str], str]:
    """The changes that nobody can see, with the reasons."""
    found = {}
    for block in EQUIVALENT.read_text().split("\n\n"):
        lines = [line for line in block.strip().split("\n") if not line.startswith("#")]
        if len(lines) == 4:
            where, old, new, why = lines
            found[where, old.removeprefix("- "), new.removeprefix("+ ")] = why.removeprefix("= ")
    return found
