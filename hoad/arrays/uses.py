"""What a program does with a text that it makes of a value: whether it only shows it, as its own text says.

A text that stands in a longer one is no longer seen: Python copies its letters. So where one is made of what
has none of its own (a value in ``vmap``, which is another for each member), the way of the text is read in
the program: into longer texts, through variables, into functions and out of them, until it is printed, logged
or raised, which shows it, or until something else is done with it, which asks it.
"""

from __future__ import annotations

import ast
import io
import types
from collections.abc import Iterator
from types import FrameType
from typing import Any

from ..places import OURS, STANDARD, is_of_a_library
from .syntax import FUNCTIONS, path_at, tree_of, value_of

SHOWING = frozenset({
    "print", "pprint", "write", "writelines", "debug", "info", "warning", "warn", "error", "exception",
    "critical", "fatal", "log", "fail", "skip", "add_note", "echo", "secho", "set_description", "display",
})  # fmt: skip
OF_OUTPUT = tuple(
    [f"{STANDARD}{name}" for name in ("logging", "warnings", "traceback", "pprint", "contextlib")]
)
JOINING = frozenset({
    "join", "format", "format_map", "encode", "decode", "strip", "lstrip", "rstrip", "upper",
    "lower", "title", "capitalize", "ljust", "rjust", "center", "zfill", "expandtabs", "replace",
    "dedent", "indent", "fill",
})  # fmt: skip
MAKING = frozenset(
    {"str", "repr", "ascii", "format", "map", "list", "tuple", "iter", "reversed", "enumerate", "zip"}
)
HOLDING = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.GeneratorExp, ast.SetComp, ast.DictComp)
THROUGH = (*HOLDING, ast.comprehension, ast.Starred, ast.keyword, ast.BoolOp, ast.FormattedValue, ast.Await)
DONE = (ast.Raise, ast.Expr, ast.Assert, ast.If, ast.While, ast.Pass)
READING = frozenset({"getvalue", "getbuffer", "read", "readline", "readlines"})
MOST = 20  # functions out of which a text is followed


class Use:
    """The way of one text.

    Args:
        frame: where it is made.
    """

    __slots__ = ("composed", "frame", "seen", "steps")

    def __init__(self, frame: FrameType | None) -> None:
        self.frame = frame
        self.composed = False  # whether it has become a part of another text, in which it is not seen
        self.seen: set[int] = set()
        self.steps = 0

    def of_parts(self, value: Any) -> None:
        """Where the text is one of parts: of an object that has the value within."""
        path = None if self.frame is None else path_at(self.frame)
        if path is not None and self.frame is not None:
            last = path[-1]
            asked = last.args[0] if isinstance(last, ast.Call) and last.args else None
            if isinstance(last, ast.FormattedValue):
                asked = last.value
            self.composed = asked is None or value_of(asked, self.frame) is not value

    def shows(self) -> bool:
        """Tell whether the program only shows it; or asks the text itself, which refuses."""
        while (frame := self.frame) is not None and frame.f_code.co_filename.startswith((*OURS, STANDARD)):
            if frame.f_code.co_filename.startswith(OF_OUTPUT):
                return True
            self.frame = frame.f_back
        if frame is None:
            return True
        path = path_at(frame)
        if path is None:
            return not SHOWING.isdisjoint(frame.f_code.co_names)  # as far as names tell
        return self.from_a_piece(path)

    def from_a_piece(self, path: list[ast.AST]) -> bool:
        """The same from the piece of the program that makes it."""
        node = path[-1]
        if isinstance(node, ast.JoinedStr) and len(node.values) > 1:
            self.composed = True
        if isinstance(node, ast.BinOp):
            self.composed = self.composed or isinstance(node.op, ast.Mod)
        if isinstance(node, ast.Call):
            name = name_of(node.func)
            if isinstance(node.func, ast.Attribute) and name in ("format", "format_map", "join"):
                self.composed = True
            elif name not in MAKING and name not in ("__str__", "__repr__", "__format__"):
                return self.of_argument(node)
        return self.goes_on(path)

    def goes_on(self, path: list[ast.AST]) -> bool:
        """The same from a piece of the program that is the text, or holds it."""
        for k in range(len(path) - 1, 0, -1):
            node, outer = path[k], path[k - 1]
            if isinstance(outer, ast.JoinedStr):
                self.composed = self.composed or len(outer.values) > 1
            elif isinstance(outer, ast.BinOp):
                self.composed = self.composed or not isinstance(outer.op, ast.Add)
            elif isinstance(outer, ast.Attribute):
                if not (k > 1 and isinstance(path[k - 2], ast.Call)):
                    return not self.composed
                if outer.attr in ("encode", *JOINING):
                    self.composed = True
                else:  # what a text is asked itself, it refuses
                    return not self.composed and outer.attr in dir(str)
            elif isinstance(outer, ast.Call) and node is not outer.func:
                name = name_of(outer.func)
                if name in JOINING and isinstance(outer.func, ast.Attribute):
                    self.composed = True
                elif name not in MAKING:
                    return self.of_argument(outer, node)
            elif isinstance(outer, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr)):
                if not self.of_variables(outer, path[:k]):
                    return False
                if not isinstance(outer, ast.NamedExpr):
                    return True
            elif isinstance(outer, (ast.Return, ast.Lambda, ast.Yield)):
                return self.out_of_the_function()
            elif isinstance(outer, ast.IfExp) and node is outer.test:
                return not self.composed
            elif isinstance(outer, ast.Compare):
                if isinstance(outer.ops[0], (ast.Is, ast.IsNot)):
                    return True
                is_search = isinstance(outer.ops[0], (ast.In, ast.NotIn))
                within = is_search and not isinstance(outer.comparators[0], HOLDING)
                return not self.composed and not (within and node is outer.left)
            elif isinstance(outer, DONE):
                return not (isinstance(outer, ast.Assert) and node is outer.test and self.composed)
            elif not isinstance(outer, (*THROUGH, ast.IfExp, ast.Call)):
                return not self.composed
        return not self.composed

    def of_argument(self, call: ast.Call, given: ast.AST | None = None) -> bool:
        """The same of a text that is given to a function: that may ask, unless it is known to show, or is the
        program's own: it is given the text itself, or is read in turn.
        """
        name = name_of(call.func)
        if name in SHOWING:
            return not self.is_read_again(call)
        if name.endswith(("Error", "Exception", "Warning", "Exit")):
            return True
        value = None if self.frame is None else value_of(call.func, self.frame)
        if isinstance(value, type) and issubclass(value, BaseException):
            return True
        function = value.__func__ if isinstance(value, types.MethodType) else value
        if not isinstance(function, types.FunctionType) or is_of_others(function.__code__.co_filename):
            return False
        return not self.composed or self.into(function, value is not function, call, given)

    def into(self, function: types.FunctionType, bound: bool, call: ast.Call, given: ast.AST | None) -> bool:
        """The same of the parameter of a function that is given it."""
        code, tree = function.__code__, tree_of(function.__code__)
        made = [n for n in ast.walk(tree) if is_text_of(n, code)] if tree is not None else []
        if isinstance(given, ast.keyword):
            name = given.arg
        else:
            at = [k for k, a in enumerate(call.args) if a is given and not isinstance(a, ast.Starred)]
            names = code.co_varnames[: code.co_argcount]
            name = names[at[0] + bound] if at and at[0] + bound < len(names) else None
        self.steps += 1
        if tree is None or len(made) != 1 or name is None or self.steps > MOST:
            return False
        frame, self.frame = self.frame, None
        shown = self.of_uses(name, made[0], [tree])
        self.frame = frame
        return shown

    def is_read_again(self, call: ast.Call) -> bool:
        """Tell whether a call writes into a text in memory, which the program reads."""
        files = [k.value for k in call.keywords if k.arg == "file"]
        if isinstance(call.func, ast.Attribute):
            files.append(call.func.value)
        if self.frame is None or READING.isdisjoint(self.frame.f_code.co_names):
            return False
        return any([isinstance(value_of(file, self.frame), (io.StringIO, io.BytesIO)) for file in files])

    def of_uses(self, name: str, scope: ast.AST, above: list[ast.AST]) -> bool:
        """The same of all uses of a variable."""
        for use in uses_of(name, scope, above):
            if id(use[-1]) not in self.seen:
                self.seen.add(id(use[-1]))
                composed, frame = self.composed, self.frame
                if not self.goes_on(use):
                    return False
                self.composed, self.frame = composed, frame
        return True

    def of_variables(self, node: Any, path: list[ast.AST]) -> bool:
        """The same of the variables that hold it from now on."""
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        scope = next((n for n in reversed(path) if isinstance(n, FUNCTIONS)), path[0])
        for target in targets:
            if not isinstance(target, ast.Name):
                if self.composed or not isinstance(target, (ast.Attribute, ast.Subscript)):
                    return False
                continue
            if not self.of_uses(target.id, scope, path[: path.index(scope)]):
                return False
        return True

    def out_of_the_function(self) -> bool:
        """The same of a result, for who has called."""
        frame = None if self.frame is None else self.frame.f_back
        self.steps += 1
        if frame is None or frame.f_code.co_filename.startswith(OURS) or self.steps > MOST:
            return not self.composed
        self.frame = frame
        path = path_at(frame)
        if path is None:
            return not self.composed
        if isinstance(path[-1], ast.Call):
            name = name_of(path[-1].func)
            own = name in MAKING or (name in JOINING and isinstance(path[-1].func, ast.Attribute))
            if own or name in SHOWING:  # which ask an object for its text
                return self.from_a_piece(path)
        elif isinstance(path[-1], (ast.JoinedStr, ast.BinOp)):
            return self.from_a_piece(path)
        return self.goes_on(path)


def is_of_others(file: str) -> bool:
    """Tell whether a function is none of the program's."""
    return file.startswith(OURS) or is_of_a_library(file)


def is_text_of(node: ast.AST, code: types.CodeType) -> bool:
    """Tell whether a node is the text of a function."""
    if isinstance(node, ast.Lambda):
        return code.co_name == "<lambda>" and node.lineno == code.co_firstlineno
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    first = min([node.lineno, *[d.lineno for d in node.decorator_list]])
    return node.name == code.co_name and first == code.co_firstlineno


def name_of(function: ast.expr) -> str:
    """The last name of what is called."""
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def uses_of(name: str, scope: ast.AST, above: list[ast.AST]) -> Iterator[list[ast.AST]]:
    """The places where a function reads a variable."""
    stack = [[*above, scope]]
    while stack:
        path = stack.pop()
        for child in ast.iter_child_nodes(path[-1]):
            if isinstance(child, ast.Name) and child.id == name and isinstance(child.ctx, ast.Load):
                yield [*path, child]
            stack.append([*path, child])
