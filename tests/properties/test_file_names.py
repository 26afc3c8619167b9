"""Files of tests have names of their own: two of one name can't be collected in one run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent.parent


def test_names_are_unique() -> None:
    names = Counter([path.name for path in TESTS.rglob("*.py") if path.name != "__init__.py"])
    assert [name for name, count in names.items() if count > 1] == []
