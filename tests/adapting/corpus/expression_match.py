"""Formulas: a small tree of expressions, evaluated and simplified by structural patterns."""

import math
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np


class Op(Enum):
    ADD = auto()
    MUL = auto()
    POW = auto()


@dataclass
class Node:
    op: Op
    left: object
    right: object


def evaluate(e, env):
    match e:
        case str(name) if name in env:
            return env[name]
        case str(name):
            raise KeyError(name)
        case int() | float() as number:
            return number
        case np.ndarray():
            return e.sum()
        case Node(op=Op.ADD, left=a, right=b):
            return evaluate(a, env) + evaluate(b, env)
        case Node(Op.MUL, int(0), _) | Node(Op.MUL, _, int(0)):
            return 0.0
        case Node(Op.MUL, a, b):
            return evaluate(a, env) * evaluate(b, env)
        case Node(Op.POW, a, int(n)) if n > 0:
            return evaluate(a, env) ** n
        case ("call", function, *arguments):
            return getattr(math, function)(*(evaluate(a, env) for a in arguments))
        case {"let": name, "be": value, "in": body, **rest}:
            assert not rest
            return evaluate(body, env | {name: evaluate(value, env)})
        case [first, *others]:
            return evaluate(first, env) + (evaluate(others, env) if others else 0.0)
        case _:
            raise TypeError(f"no formula: {e!r}")


def value(p):
    weight = p[0] * p[1]
    tree = {
        "let": "z",
        "be": Node(Op.MUL, "x", Node(Op.POW, "y", 3)),
        "in": [
            ("call", "sin", "z"),
            Node(Op.ADD, weight, Node(Op.MUL, 0, "unknown")),
            Node(Op.MUL, p, ("call", "exp", -0.1)),
            ("call", "pow", "x", 1.5),
        ],
    }
    return evaluate(tree, {"x": p[0], "y": float(p[1])})
