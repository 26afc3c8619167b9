"""What a release says of itself, alike in every place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import hoad

ROOT = Path(__file__).parents[2]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_one_version() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    cited = re.search(r"^version: (\S+)$", read("CITATION.cff"), re.M)
    assert project["version"] == hoad.__version__
    assert cited is not None and cited[1] == hoad.__version__


def test_the_changelog_has_the_version_with_its_date() -> None:
    headings = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", read("CHANGELOG.md"), re.M)
    dates = dict(headings)
    assert headings[0][0] in ("Unreleased", hoad.__version__) and dates[hoad.__version__]
    released = [date for name, date in headings if name != "Unreleased"]
    assert released == sorted(released, reverse=True)


def test_the_date_of_the_citation_is_that_of_the_changelog() -> None:
    cited = re.search(r"^date-released: (\S+)$", read("CITATION.cff"), re.M)
    assert cited is not None and f"## [{hoad.__version__}] - {cited[1]}" in read("CHANGELOG.md")


def test_types_and_security_are_shipped() -> None:
    assert (ROOT / "hoad" / "py.typed").exists() and "How to report" in read("SECURITY.md")
