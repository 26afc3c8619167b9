"""Programs as tables and drawings: plain text, HTML, Mermaid, Graphviz and SVG."""

from __future__ import annotations

import html
import importlib
import importlib.util
import shutil
from typing import Any

from ..errors import MissingDependencyError


def shortened(rows: list[list[str]], most: int) -> list[list[str]]:
    """The first and the last rows of a long table."""
    if len(rows) <= most:
        return rows
    left_out = len(rows) - most
    gap = ["...", f"{left_out} more"] + [""] * (len(rows[0]) - 2)
    return [*rows[: most // 2], gap, *rows[-(most // 2) :]]


def table(headings: list[str], rows: list[list[str]], most: int) -> str:
    """Aligned columns."""
    rows = [headings, *shortened(rows, most)]
    widths = [max(len(row[k]) for row in rows) for k in range(len(headings))]
    lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def html_table(headings: list[str], rows: list[list[str]], most: int) -> str:
    """The same for a notebook."""

    def cells(row: list[str], tag: str) -> str:
        return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in shortened(rows, most))
    return f"<table><thead><tr>{cells(headings, 'th')}</tr></thead><tbody>{body}</tbody></table>"


def label(line: Any) -> tuple[str, str]:
    """What stands in the box of a line: its name, and its value."""
    cells = line.cells()
    return f"{cells[0]} {cells[1].removesuffix(' (output)')}", cells[3]


def partial(line: Any, k: int) -> str:
    """What stands at the arrow of operand ``k``."""
    cells = line.cells()[4].split(", ") if line.partials[k] is not None else []
    return cells[k] if k < len(cells) and cells[k] != "-" else ""


def arrows(line: Any) -> list[tuple[int, str]]:
    """Where the arrows to a line come from, and what stands at them."""
    return [(o.slot, partial(line, k)) for k, o in enumerate(line.operands) if o.slot is not None]


def mermaid(lines: list[Any]) -> str:
    """A flowchart: rounded boxes are inputs, double ones outputs, dashed arrows lead to what is not used."""
    rows = ["flowchart TD"]
    for line in lines:
        left, right = "([", "])"
        if line.operation != "input":
            left, right = ("[[", "]]") if line.output else ("[", "]")
        name, value = [quoted(text) for text in label(line)]
        rows.append(f'    n{line.slot}{left}"{name}<br>{value}"{right}')
    for line in lines:
        arrow = "-->" if line.used else "-.->"
        for source, text in arrows(line):
            note = f"|{quoted(text)}|" if text else ""
            rows.append(f"    n{source} {arrow}{note} n{line.slot}")
    return "\n".join(rows)


def quoted(text: str) -> str:
    """Text without the letters that mean something to Mermaid."""
    return html.escape(text, quote=True).replace("|", "&#124;").replace("[", "&#91;").replace("]", "&#93;")


COLOURS = {"input": "#cfe2f3", "output": "#d9ead3", "unused": "#eeeeee", "": "#ffffff"}


def dot(lines: list[Any], name: str) -> str:
    """A graph in the language of Graphviz."""
    rows = [
        f"digraph {escaped(name)} {{",
        '    node [shape=box, style="rounded,filled", fontname=monospace];',
    ]
    for line in lines:
        kind = (
            "input"
            if line.operation == "input"
            else "output"
            if line.output
            else ""
            if line.used
            else "unused"
        )
        text = escaped("\n".join(label(line)))
        tip = escaped(line.text)
        rows.append(f'    n{line.slot} [label={text}, fillcolor="{COLOURS[kind]}", tooltip={tip}];')
    for line in lines:
        for source, text in arrows(line):
            style = "" if line.used else ", style=dashed"
            rows.append(f"    n{source} -> n{line.slot} [label={escaped(text)}{style}];")
    return "\n".join([*rows, "}"])


def escaped(text: str) -> str:
    """A quoted string of Graphviz."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def can_draw() -> bool:
    """Tell whether Graphviz is there: its Python package, and the program."""
    return importlib.util.find_spec("graphviz") is not None and shutil.which("dot") is not None


def svg(source: str) -> str:
    """A drawing of a graph by Graphviz."""
    if not can_draw():
        raise MissingDependencyError(
            "a drawing needs the Python package graphviz (pip install graphviz) and the program dot of "
            "Graphviz (https://graphviz.org/download); print(program) and program.to_mermaid() need neither"
        )
    drawn: str = importlib.import_module("graphviz").Source(source).pipe(format="svg", encoding="utf-8")
    return drawn
