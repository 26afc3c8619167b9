"""Every link of the built site leads to a page that is there, and to a place in it (``make docs-test``)."""

from __future__ import annotations

import functools
import html.parser
import urllib.parse
from pathlib import Path

import pytest

BUILT = Path(__file__).parents[2] / "build" / "site"
PAGES = sorted(path for path in BUILT.rglob("*.html") if "_static" not in path.parts)


class Page(html.parser.HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = {"", "#"}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.links.add(value)
            if value and name in ("id", "name"):
                self.anchors.add(value)


@functools.cache
def read(path: Path) -> Page:
    return Page(path)


def has_place(target: Path, anchor: str) -> bool:
    """Tell whether a page has an anchor; those of the search are made by a script."""
    return target.suffix != ".html" or target.name == "search.html" or anchor in read(target).anchors


def broken(path: Path) -> list[str]:
    """The links of a page that lead nowhere; those to other machines are not followed."""
    found = []
    for link in sorted(read(path).links):
        parts = urllib.parse.urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
        if not target.exists() or not has_place(target, urllib.parse.unquote(parts.fragment)):
            found.append(link)
    return found


@pytest.mark.skipif(not PAGES, reason="the site is not built: make docs")
def test_every_link_leads_somewhere() -> None:
    assert {path.relative_to(BUILT).as_posix(): b for path in PAGES if (b := broken(path))} == {}
