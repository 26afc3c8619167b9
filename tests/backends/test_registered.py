"""What is registered: by the name of a module or by a class, again, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from hoad.backends import Backend, register, registry


def arrays_of(module: str) -> Any:
    """An array of a library that is in a module."""
    return type("Array", (np.lib.mixins.NDArrayOperatorsMixin,), {
        "__module__": module, "shape": (), "__array_ufunc__": lambda self, *given, **options: self,
    })()  # fmt: skip


@pytest.fixture(autouse=True)
def _put_back() -> Iterator[None]:
    before = dict(registry.REGISTERED)
    yield
    registry.REGISTERED.clear()
    registry.REGISTERED.update(before)
    registry._known.clear()


@pytest.mark.parametrize("name", ["of_mine", "of_mine.arrays", "of_mine.arrays.inner"])
def test_a_library_is_known_by_the_module_that_it_is_imported_as(name: str) -> None:
    backend, array = Backend(name), arrays_of("of_mine.arrays.inner")
    assert registry.backend_of(array) is None
    register(name, backend)
    assert registry.backend_of(array) is backend
    assert registry.backend_of(arrays_of("of_mine_too.arrays")) is None
    assert registry.backend_of(np.ones(2)) is registry.NUMPY


def test_the_nearest_and_the_last_one_counts() -> None:
    array = arrays_of("of_mine.arrays")
    for owner in ("of_mine", "of_mine.arrays", "of_mine.arrays", type(array), type(array)):
        register(owner, backend := Backend("of_mine"))
        assert registry.backend_of(array) is backend
    register("of_mine", Backend("another"))
    assert registry.backend_of(array) is backend


@pytest.mark.parametrize(
    "owner",
    [None, 3, "", object(), np.ones(2), ("of_mine",), ["of_mine"], np],
    ids=lambda x: f"{type(x).__name__}-{x.__name__ if hasattr(x, '__name__') else x!r:.9}",
)
def test_an_owner_that_is_none_is_refused(owner: Any) -> None:
    with pytest.raises(TypeError, match="name of a module"):
        register(owner, Backend("of_mine"))


@pytest.mark.parametrize(
    "backend",
    [None, "numpy", Backend, object(), np],
    ids=lambda x: f"{type(x).__name__}-{x.__name__ if hasattr(x, '__name__') else x!r:.9}",
)
def test_a_backend_that_is_none_is_refused(backend: Any) -> None:
    with pytest.raises(TypeError, match="Backend"):
        register("of_mine", backend)


def test_what_is_no_array_has_no_backend() -> None:
    register("of_mine", Backend("of_mine"))
    parts = [{"shape": ()}, {"__array_ufunc__": None}, {}]
    for held in parts:
        assert registry.backend_of(type("Other", (), {"__module__": "of_mine", **held})()) is None
    number = type("Number", (float,), {"__module__": "of_mine"})(1.0)
    assert registry.backend_of(number) is registry.NUMPY
