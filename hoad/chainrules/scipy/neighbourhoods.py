"""Filters of ``scipy.ndimage`` by a function of the user's, and what it asks about images without a
derivative.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import LowLevelCallable, ndimage

from ...errors import MissingRuleError
from ...nested import refused
from ...values.captures import traced_in
from ..doors import BEHIND, door
from .imaging import blank, image, spread_over, surrounded
from .ranks import around, shape_of
from .without import ask, refuse


def followed(name: str, function: Any, *values: Any) -> None:
    """Refuse a function that is compiled.

    Raises:
        MissingRuleError: it is.
    """
    if isinstance(function, LowLevelCallable):
        message = f"scipy.ndimage.{name} has no derivative with a LowLevelCallable: write it in Python"
        raise refused(MissingRuleError(message), *traced_in(values))


@image(ndimage.generic_filter, calls=True)
def generic_filter(
    input: Any, function: Any, size: Any = None, footprint: Any = None, output: Any = None,
    mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0, extra_arguments: Any = (),
    extra_keywords: Any = None, *, axes: Any = None,
) -> Any:  # fmt: skip
    """A function of the neighbours of each element."""
    followed("generic_filter", function, input)
    whole, origins = spread_over(input, shape_of(input, size, footprint, axes), axes, origin)
    near = around(input, whole, mode, cval, origins)
    columns = np.reshape(near, (np.shape(near)[0], -1))
    named = extra_keywords or {}
    found = [function(columns[:, k], *extra_arguments, **named) for k in range(np.shape(columns)[1])]
    return np.reshape(np.stack(found), np.shape(input))


@image(ndimage.generic_filter1d, calls=True)
def generic_filter1d(
    input: Any, function: Any, filter_size: int, axis: int = -1, output: Any = None, mode: Any = "reflect",
    cval: Any = 0.0, origin: int = 0, extra_arguments: Any = (), extra_keywords: Any = None,
) -> Any:  # fmt: skip
    """What a function writes for each line of an array, which it is given with what is beyond the ends."""
    followed("generic_filter1d", function, input)
    if filter_size < 1:
        raise RuntimeError("invalid filter size")
    there, origins = spread_over(input, np.ones(int(filter_size), dtype=bool), axis, origin)
    wide = np.moveaxis(surrounded(input, np.shape(there), mode, cval, origins), axis, -1)
    shape = np.shape(np.moveaxis(input, axis, -1))
    lines, found = np.reshape(wide, (-1, np.shape(wide)[-1])), []
    for k in range(np.shape(lines)[0]):
        place = blank(lines[k, : shape[-1]], function, extra_arguments, extra_keywords)
        function(lines[k], place, *extra_arguments, **(extra_keywords or {}))
        found.append(place)
    return np.moveaxis(np.reshape(np.stack(found), shape), -1, axis)


def distances(name: str) -> None:
    """A distance transform, which asks only which elements are zero."""
    function = getattr(ndimage, name)
    ask(ndimage, name)
    asked = BEHIND[function]

    def body(*args: Any, **kwargs: Any) -> Any:
        sampling = kwargs.get("sampling", args[PLACES[name]] if len(args) > PLACES[name] else None)
        if traced_in(sampling):
            message = (
                f"scipy.ndimage.{name} has no derivative by sampling: norms of differences of places have"
            )
            raise refused(MissingRuleError(message), *traced_in(sampling))
        return asked(*args, **kwargs)

    door(function)(body)


PLACES = {"distance_transform_edt": 1, "distance_transform_bf": 2}
for _name in PLACES:
    distances(_name)

ask(
    ndimage,
    "binary_closing", "binary_dilation", "binary_erosion", "binary_fill_holes", "binary_hit_or_miss",
    "binary_opening", "binary_propagation", "distance_transform_cdt", "find_objects", "histogram", "label",
    "maximum_position", "minimum_position", "value_indices", "watershed_ift",
)  # fmt: skip
refuse(
    ndimage,
    {
        "labeled_comprehension": "it fills an array of one type; a list of func(input[labels == k]) has one",
        "vectorized_filter": "generic_filter, and the filters of a fixed kind, have one",
    },
)
