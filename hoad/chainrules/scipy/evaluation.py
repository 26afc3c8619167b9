"""Plain functions of numbers, with a number of the derivative last, as functions of arrays of any shape and
precision: they are evaluated in double precision, real or complex.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ...errors import NumberError
from ...nested import Traced
from ...values.constants import asarray, zeros
from ...values.reading import is_read
from ...values.shapes import REALS
from ..located import place_of
from ..statements import Scalar

Function = Callable[..., Any]
IN_KERNELS: dict[str, Function] = {}  # functions by the names that they have in kernels (``fast/forms.py``)


def elementwise(
    orders: int = 1, formula: Function | None = None, of_doubles: bool = True
) -> Callable[[Function], Function]:
    """Let a function of flat arrays, whose last ``orders`` arguments are plain integers, take anything.

    Args:
        orders: how many of the last arguments number derivatives.
        formula: what numbers of other kinds (mpmath's, SymPy's) go to, in ``np`` code; without it they are
            refused.
        of_doubles: whether the formula has its digits in double precision too, so that it may be recorded and
            become machine code; one that cancels has not.
    """

    def decorate(function: Function) -> Function:
        @functools.wraps(function)
        def run(*args: Any) -> Any:
            points, numbers = args[:-orders], args[-orders:]
            if REALS.issuperset(map(type, points)):
                with np.errstate(all="ignore"):
                    return function(*[np.array([p]) for p in points], *numbers)[0]
            traced = [p for p in points if isinstance(p, Traced)]
            if traced and all([p.is_element for p in traced]):
                return of_elements(function, points, numbers)
            if traced:
                held = of_doubles or not any([p.noted for p in traced])
                return of_other_numbers(formula if held else None, args)
            kind = np.result_type(*points)
            kind = kind if kind.kind in "fc" else np.dtype(float)
            work = complex if kind.kind == "c" else float
            like = place_of(*points)
            arrays = [asarray(p, work, like=like) for p in points]
            if len({a.shape for a in arrays}) > 1:
                arrays = np.broadcast_arrays(*arrays)
            if not arrays[0].size:
                return zeros(arrays[0].shape, kind, like=like)
            with np.errstate(all="ignore"):
                value = function(*[a.ravel() for a in arrays], *numbers)
            return value.reshape(arrays[0].shape).astype(kind)[()]

        return run

    return decorate


def in_kernels(function: Function, name: str, orders: int = 1) -> Scalar:
    """A function of elements whose body is written in C (``fast/forms.py``), as what it stands for has loops
    over numbers, and choices.

    Args:
        function: the same of flat arrays.
        name: its name in the text of a kernel.
        orders: how many of the last arguments number derivatives.
    """

    def own(*args: Any) -> Any:
        return function(*args[:-orders], *map(int, args[-orders:]))

    def partials(*args: Any) -> Any:
        raise NotImplementedError(f"{name} stands within a kernel, where nothing is differentiated")

    run = elementwise(orders)(own)
    run.in_kernels, IN_KERNELS[name] = name, run  # type: ignore[attr-defined]
    return Scalar(run, partials, name=name)


def of_elements(function: Function, points: tuple[Any, ...], numbers: tuple[Any, ...]) -> Any:
    """The same of what stands for each element of arrays."""
    kind = np.result_type(*[p.dtype for p in points if isinstance(p, Traced)])
    work = complex if kind.kind == "c" else float
    given = [p.astype(work) if isinstance(p, Traced) else work(p) for p in points]
    return function(*given, *numbers).astype(kind)


def of_other_numbers(formula: Function | None, args: tuple[Any, ...]) -> Any:
    """Evaluate the formula, where there is one."""
    if formula is None:
        raise NumberError(
            "this derivative of a function of scipy.special is computed in double precision, and is not "
            "there for numbers of other kinds; formulas of elementary functions have one"
        )
    return formula(*args)


def piecewise(here: Any, inside: Function, outside: Function, *args: Any) -> Any:
    """Evaluate ``inside`` where the mask says so, and ``outside`` elsewhere, each on its own elements; on a
    device, where to count those would wait, each on all, with 1 for what is not its own: series whose
    number of terms depends on the element may not end elsewhere. Both may give several rows.
    """
    if not is_read(here):
        own, others = ([np.where(mask, a, 1.0) for a in args] for mask in (here, ~here))
        return np.where(here, inside(*own), outside(*others))
    if here.all():
        return inside(*args)
    if not here.any():
        return outside(*args)
    first = inside(*[a[here] for a in args])
    value = np.empty_like(first, np.result_type(*args), shape=(*first.shape[:-1], *here.shape))
    value[..., here] = first
    value[..., ~here] = outside(*[a[~here] for a in args])
    return value
