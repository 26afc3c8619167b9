"""An explanation as a page in a notebook: a table of the steps, and a slider that walks through them.

It needs no network and no library. Where scripts are not run (GitHub), the whole table shows.
"""

from __future__ import annotations

import html
import itertools
from typing import Any

counter = itertools.count(1).__next__

STYLE = (
    "<style>.hoad-walk td{text-align:left;vertical-align:top;font-family:monospace;white-space:pre-wrap}"
    ".hoad-walk label:not([hidden]){display:block}.hoad-walk .later{visibility:hidden}"
    ".hoad-walk .now{background:#fff3bf;color:#000}</style>"
)
SCRIPT = """<script>(function(){{
const walk=document.getElementById("{name}"),slider=walk.querySelector("input");
function show(){{const now=+slider.value;
for(const cell of walk.querySelectorAll("[data-at]")){{const at=+cell.dataset.at;
cell.classList.toggle("later",at>now);cell.classList.toggle("now",at===now);}}}}
slider.parentNode.hidden=false;slider.addEventListener("input",show);slider.value={last};show();
}})();</script>"""


def page(title: str, steps: list[Any], last: str, back: bool) -> str:
    """The page.

    Args:
        title: what is explained.
        steps: those that are shown; None for a gap.
        last: the line with the result, which comes at the end of the walk.
        back: whether there is a way back.
    """
    name = f"hoad-walk-{counter()}"
    n = len(steps)
    rows = [row(step, k, 2 * n - 1 - k if back else None) for k, step in enumerate(steps)]
    end = 2 * n if back else n
    heads = ["", "your line", "down", *(["back"] if back else [])]
    head = "".join([f"<th>{h}</th>" for h in heads])
    slider = (
        f'<label hidden>step <input type="range" min="0" max="{end}" value="{end}" style="width:60%"></label>'
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    result = f'<p data-at="{end}"><code>{html.escape(last)}</code></p>'
    script = SCRIPT.format(name=name, last=0)
    return (
        f'<div id="{name}" class="hoad-walk">{STYLE}<p>{html.escape(title)}</p>{slider}{table}{result}'
        f"{script}</div>"
    )


def row(step: Any, down: int, back: int | None) -> str:
    """One step: the moment at which it is reached on the way down, and that on the way back."""
    if step is None:
        return "<tr><td>...</td><td></td><td></td>" + ("<td></td>" if back is not None else "") + "</tr>"
    source = f"{step.place}: {step.text}" if step.text else ""
    cells = f"<td>{step.slot}</td><td>{html.escape(source)}</td>" + cell(step.down(), down)
    if back is not None:
        lines = [] if step.cotangent is None else [step.cotangent_line(), *step.back()]
        cells += cell(lines, back)
    return f"<tr>{cells}</tr>"


def cell(lines: list[str], at: int) -> str:
    """Lines below each other, which show from a moment on."""
    return f'<td data-at="{at}">{"<br>".join(map(html.escape, lines))}</td>'
