"""The page of the docs that compares hoad with the systems it learns from is complete and new."""

import features
import pytest

features.load()


@pytest.mark.parametrize("system", features.TABLES)
def test_every_row_has_a_test(system):
    missing = [name for name in features.TABLES[system] if (system, name) not in features.ROWS]
    assert not missing


@pytest.mark.parametrize("system", features.TABLES)
def test_no_row_that_matters_is_empty(system):
    empty = [
        name
        for name, rank in features.TABLES[system].items()
        if rank != features.OPTIONAL and not features.ROWS[system, name].hoad
    ]
    assert not empty


def test_the_page_is_new():
    assert features.PAGE.read_text(encoding="utf-8") == features.page(), "run python tests/tables/features.py"


def test_a_row_that_is_not_in_the_table_is_refused():
    with pytest.raises(KeyError, match="not a row"):
        features.row("Zygote", "no such thing", "")
