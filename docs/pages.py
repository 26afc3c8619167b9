"""What is done to the pages before Sphinx reads them: those of other folders are brought, links and
examples fitted.

The README, the papers and their like stand where a reader of the repository looks for them. The site has a
copy of each under ``project/``, and a link from one page to another leads to the copy.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain

from hoad import errors

HERE = Path(__file__).parent
ROOT = HERE.parent
BROUGHT = {
    "README.md": "readme",
    "CHANGELOG.md": "changelog",
    "CONTRIBUTING.md": "contributing",
    "benchmarks/README.md": "benchmarks",
    "papers/README.md": "papers",
}
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#:\s]+)(#[^)\s]*)?\)")
IMAGE = re.compile(r"!\[([^\]]*)\]\(([^):\s]+)\)")
CONSOLE = re.compile(r"^```python\n(?=>>> )", re.M)
FENCE = re.compile(r"^```.*?^```", re.M | re.S)


def brought() -> dict[str, str]:
    """Where in the site the pages of other folders stand: paths in the repository, and under ``docs/``."""
    papers = {
        path.relative_to(ROOT).as_posix(): f"papers/{path.parent.name}"
        for path in sorted((ROOT / "papers").glob("*/README.md"))
    }
    return {source: f"project/{name}.md" for source, name in {**BROUGHT, **papers}.items()}


def bring(app: Sphinx) -> None:
    """Copy those that are new."""
    for source, target in brought().items():
        text = fitted((ROOT / source).read_text(), source, target)
        if source == "papers/README.md":
            text += "\n```{toctree}\n:hidden:\n:glob:\n\npapers/*\n```\n"
        path = HERE / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)


def fitted(text: str, source: str, target: str) -> str:
    """The text of a page whose links lead to the pages of the site; what is no page is named, not linked.

    Args:
        text: of the page.
        source: where it stands in the repository, from which its links count.
        target: where it will stand under ``docs/``.
    """
    pages = {path: posixpath.join("docs", place) for path, place in brought().items()}
    here = posixpath.dirname(posixpath.join("docs", target))

    def link(match: re.Match[str]) -> str:
        words, path, anchor = match[1], match[2], match[3] or ""
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        page = pages.get(file, file)
        if not page.startswith("docs/"):
            return words
        return f"[{words}]({posixpath.relpath(page, here)}{anchor})"

    def image(match: re.Match[str]) -> str:
        file = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        return f"![{match[1]}]({os.path.relpath(file, here)})"

    def prose(part: str) -> str:
        return IMAGE.sub(image, LINK.sub(link, part))

    fences = list(FENCE.finditer(text))
    ends = [0, *[f.end() for f in fences]]
    starts = [*[f.start() for f in fences], len(text)]
    between = [prose(text[a:b]) for a, b in zip(ends, starts, strict=True)]
    return "".join([a + b for a, b in zip(between, [*[f[0] for f in fences], ""], strict=True)])


def read(app: Sphinx, name: str, content: list[str]) -> None:
    """Fit a page of ``docs/``: its links, and examples with prompts, which are sessions."""
    text = content[0]
    if not name.startswith("project/") and app.env.doc2path(name, base=False).suffix == ".md":
        text = fitted(text, f"docs/{name}.md", f"{name}.md")
    content[0] = CONSOLE.sub("```pycon\n", text)


def error(app: Sphinx, env: Any, node: nodes.Element, content: nodes.Element) -> nodes.Element | None:
    """An error of hoad's that a docstring names without its module; Python's own and NumPy's have no page
    here.
    """
    if node.get("refdomain") != "py" or node.get("reftype") not in ("exc", "class", "obj"):
        return None
    target = node["reftarget"]
    if "." not in target and hasattr(errors, target):
        python = env.domains["py"]
        assert isinstance(python, PythonDomain)
        return python.resolve_xref(
            env, node["refdoc"], app.builder, "exc", f"hoad.errors.{target}", node, content
        )
    return content


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.connect("builder-inited", bring, priority=100)
    app.connect("source-read", read)
    app.connect("missing-reference", error)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
