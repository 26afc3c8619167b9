"""What the functions of ``scipy.ndimage`` have in common: what is beyond the ends of an array, along which
axes they go, and what they make of ``output=``.

Their value has the type of the image, whatever the weights are. So that of an image of integers is cut to
integers, which have no derivative.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ...nested import Traced, deciding, primal
from ...values.captures import traced_in, with_changed
from ...values.shapes import ndim_of, shape_of
from ..doors import door, outside
from ..statements import Constant
from .convolutions import array

Function = Callable[..., Any]

# What is beyond the ends, by its names here and in ``np.pad``.
MODES = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "constant": "constant", "grid-constant": "constant",
    "nearest": "edge", "mirror": "reflect", "wrap": "wrap", "grid-wrap": "wrap",
}  # fmt: skip


def extended(x: Any, widths: Any, mode: Any, cval: Any) -> Any:
    """An array with what is beyond its ends."""
    if not isinstance(mode, str):
        raise RuntimeError("A sequence of modes is not supported")
    if mode not in MODES:
        raise RuntimeError("boundary mode not supported")
    if MODES[mode] != "constant":
        return np.pad(x, widths, MODES[mode])
    if not traced_in(cval):
        return np.pad(x, widths, "constant", constant_values=cval)
    return np.pad(x, widths) + cval * np.pad(np.zeros(shape_of(x)), widths, constant_values=1.0)


def for_each(value: Any, axes: tuple[int, ...]) -> list[Any]:
    """One value for each axis, or one for all.

    Raises:
        RuntimeError: there are more or fewer.
    """
    if isinstance(value, str) or ndim_of(value) == 0:
        return [value] * len(axes)
    if len(value) != len(axes):
        raise RuntimeError("sequence argument must have length equal to input rank")
    return list(value)


def axes_of(x: Any, axes: Any) -> tuple[int, ...]:
    """The axes along which a filter goes.

    Raises:
        ValueError: an axis is out of range, or named twice.
    """
    n = ndim_of(x)
    chosen = tuple(range(n)) if axes is None else tuple([int(k) for k in np.atleast_1d(axes)])
    if any([not -n <= k < n for k in chosen]):
        raise ValueError("specified axis is out of range")
    chosen = tuple([k % n for k in chosen])
    if len(set(chosen)) != len(chosen):
        raise ValueError("axes must be unique")
    return chosen


def spread_over(x: Any, weights: Any, axes: Any, origin: Any) -> tuple[Any, list[int]]:
    """Weights, or which neighbours there are, with one axis for each of the image; and where they begin.

    Raises:
        RuntimeError: they have another number of axes.
        ValueError: the origin is not among them.
    """
    chosen = axes_of(x, axes)
    if ndim_of(weights) != len(chosen):
        raise RuntimeError(f"weights.ndim ({ndim_of(weights)}) must match len(axes) ({len(chosen)})")
    origins = [0] * ndim_of(x)
    for k, o in zip(chosen, for_each(origin, chosen), strict=True):
        origins[k] = int(o)
    whole = np.expand_dims(weights, tuple([k for k in range(ndim_of(x)) if k not in chosen]))
    for n, o in zip(shape_of(whole), origins, strict=True):
        if not 0 <= n // 2 + o < n:
            raise ValueError("invalid origin")
    return whole, origins


def surrounded(x: Any, shape: tuple[int, ...], mode: Any, cval: Any, origins: Any) -> Any:
    """An array with as much beyond its ends as the neighbours of each element need."""
    before = [n // 2 + o for n, o in zip(shape, origins, strict=True)]
    return extended(x, [(b, n - 1 - b) for b, n in zip(before, shape, strict=True)], mode, cval)


def image(
    *functions: Function, result: Function | None = None, calls: bool = False
) -> Callable[[Function], Function]:
    """State the door of a function of images, by a body with its signature that leaves ``output=`` alone.

    Args:
        functions: of ``scipy.ndimage``.
        result: the type of the value, by that of the image and whether anything is complex; by default, what
            ``scipy.ndimage`` makes of the image's own.
        calls: they call a function of the user's, which may have captured what is traced.
    """

    def decorate(body: Function) -> Function:
        for function in functions:
            found = delivered(function, body, result or like_the_image)
            door(function, always=calls)(concerned(function, found) if calls else found)
        return body

    return decorate


def blank(x: Any, *holding: Any) -> Any:
    """Zeros in the shape of an array, into which a function of the user's may write what is traced."""
    found = [t for t in traced_in((x, *holding)) if isinstance(t, Traced)]
    nowhere = np.zeros(shape_of(x), dtype=bool)
    return np.where(nowhere, np.reshape(found[0], (-1,))[0], 0.0) if found else np.zeros(shape_of(x))


def concerned(function: Function, body: Function) -> Function:
    """SciPy's function, or the body where a derivative goes through an argument or what it has captured."""

    @functools.wraps(body)
    def called(*args: Any, **kwargs: Any) -> Any:
        return (body if traced_in((args, kwargs)) else function)(*args, **kwargs)

    return called


def like_the_image(kind: np.dtype[Any], is_complex: bool) -> np.dtype[Any]:
    """The type of a value without ``output=``."""
    return np.promote_types(kind, np.complex64) if is_complex else kind


def delivered(function: Function, body: Function, result: Function) -> Function:
    """A body whose value has the type that SciPy's function gives, and goes where it is wanted."""
    signature = inspect.signature(body)

    @functools.wraps(body)
    def called(*args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        output, given = bound.arguments["output"], bound.arguments
        given["input"] = array(given["input"])
        kind = kind_of(output, given["input"], given.get("weights"), result)
        if kind.kind not in "fc":
            return cut(function, bound)
        found = array(body(*bound.args, **bound.kwargs))
        found = found if found.dtype == kind else found.astype(kind)
        if output is None or isinstance(output, (type, np.dtype, str)):
            return found
        if shape_of(output) != shape_of(found):
            raise RuntimeError("output shape not correct")
        output[...] = found
        return output

    return called


def kind_of(output: Any, image: Any, weights: Any, result: Function) -> np.dtype[Any]:
    """The type of a value."""
    is_complex = any([x is not None and array(x).dtype.kind == "c" for x in (image, weights)])
    if output is None:
        found: np.dtype[Any] = result(image.dtype, is_complex)
        return found
    kind = np.dtype(output) if isinstance(output, (type, np.dtype, str)) else output.dtype
    return np.promote_types(kind, np.complex64) if is_complex else kind


def cut(function: Function, bound: inspect.BoundArguments) -> Any:
    """What SciPy's function makes of the plain values: integers, or bools."""
    image = bound.arguments["input"]
    names = [n for n in bound.arguments if n != "input" and n != "output"]
    rest = {n: with_changed(bound.arguments[n], primal) for n in names if n != "kwargs"}
    rest |= bound.arguments.get("kwargs", {})
    wanted = inspect.signature(function).parameters
    rest = {n: v for n, v in rest.items() if n in wanted or n in bound.arguments.get("kwargs", {})}
    output = bound.arguments["output"]
    return Constant(outside(lambda x: function(x, output=output, **rest)), function.__name__)(deciding(image))
