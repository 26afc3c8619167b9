"""Peaks of a signal, as ``scipy.signal`` finds them: where they are is constant, and what is measured there,
their heights and widths, changes with the signal.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from ...nested import values
from ...values.shapes import shape_of
from ..doors import door, outside
from ..numpy.indexing import read
from .convolutions import array


def bases(x: Any, peaks: Any, left: Any, right: Any) -> Any:
    """How far each peak stands above the higher of its bases."""
    return read(x, peaks) - np.maximum(read(x, left), read(x, right))


def crossings(x: Any, heights: Any, places: Any, side: int) -> Any:
    """Where a signal crosses heights, between an element and its neighbour at a side."""
    near = np.floor(places) if side > 0 else np.ceil(places)
    k = near.astype(int)
    cut = places != near
    low, high = read(x, k), read(x, np.clip(k + side, 0, shape_of(x)[0] - 1))
    share = (heights - low) / np.where(cut, high - low, 1.0)
    return near + side * np.where(cut, share, 0.0)


def measured(x: Any, peaks: Any, prominences: Any, found: Any, rel_height: Any) -> Any:
    """Widths, the heights at which they are measured, and both ends, by SciPy's own."""
    heights = read(x, peaks) - prominences * rel_height
    left, right = crossings(x, heights, found[2], 1), crossings(x, heights, found[3], -1)
    return right - left, heights, left, right


@door(signal.peak_prominences)
def peak_prominences(x: Any, peaks: Any, wlen: Any = None) -> Any:
    """The prominence of peaks, and where their bases are."""
    x = array(x)
    _, left, right = outside(signal.peak_prominences)(values(x), peaks, wlen)
    return bases(x, np.asarray(peaks), left, right), left, right


@door(signal.peak_widths)
def peak_widths(
    x: Any, peaks: Any, rel_height: Any = 0.5, prominence_data: Any = None, wlen: Any = None
) -> Any:
    """The width of peaks, at a share of their prominence."""
    x = array(x)
    given = peak_prominences(x, peaks, wlen) if prominence_data is None else prominence_data
    plain = tuple([values(part) for part in given])
    found = outside(signal.peak_widths)(values(x), peaks, values(rel_height), plain, wlen)
    return measured(x, np.asarray(peaks), given[0], found, rel_height)


@door(signal.find_peaks)
def find_peaks(
    x: Any, height: Any = None, threshold: Any = None, distance: Any = None, prominence: Any = None,
    width: Any = None, wlen: Any = None, rel_height: Any = 0.5, plateau_size: Any = None,
) -> Any:  # fmt: skip
    """Where the peaks are, and what was measured of them."""
    x = array(x)
    plain = [values(v) for v in (x, height, threshold, distance, prominence, width, wlen, rel_height)]
    peaks, known = outside(signal.find_peaks)(*plain, plateau_size)
    if "peak_heights" in known:
        known["peak_heights"] = read(x, peaks)
    if "left_thresholds" in known:
        known["left_thresholds"] = read(x, peaks) - read(x, peaks - 1)
        known["right_thresholds"] = read(x, peaks) - read(x, peaks + 1)
    if "prominences" in known:
        known["prominences"] = bases(x, peaks, known["left_bases"], known["right_bases"])
    if "widths" in known:
        names = ("widths", "width_heights", "left_ips", "right_ips")
        found = [known[name] for name in names]
        made = measured(x, peaks, known["prominences"], found, rel_height)
        known.update(zip(names, made, strict=True))
    return peaks, known
