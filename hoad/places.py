"""Where in the user's files something was called for: file and line, and the text of that."""

from __future__ import annotations

import linecache
import os
import sys
from types import FrameType

import numpy as np

Place = tuple[str, int]
OURS = (os.path.dirname(__file__) + os.sep, os.path.dirname(np.__file__) + os.sep, "<hoad", "<frozen")
# What carries derivatives through an operation, and code that is written for that.
DERIVING = (
    *[
        OURS[0] + name
        for name in ("dual", "tape", "strong", "fast", "second", "tangents", os.path.join("arrays", "roots"))
    ],
    "<hoad",
)
LIBRARIES = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)
SCIPY = os.sep + "scipy" + os.sep
STANDARD = os.path.dirname(linecache.__file__) + os.sep


def users_place() -> Place:
    """File and line of the user's frame."""
    frame = users_frame()
    return ("?", 0) if frame is None else (frame.f_code.co_filename, frame.f_lineno)


def users_frame() -> FrameType | None:
    """The innermost frame that is neither hoad's nor NumPy's, nor, if there is one beside, of any
    library's.
    """
    frame: FrameType | None = sys._getframe(1)
    nearest: FrameType | None = None
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(OURS):
            if not is_of_a_library(file):
                return frame
            nearest = nearest or frame
        frame = frame.f_back
    return nearest


def is_of_a_rule() -> bool:
    """Tell whether what is done is done to compute a derivative, and not by the program that is
    differentiated.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and (file := frame.f_code.co_filename).startswith(OURS):
        if file.startswith(DERIVING):
            return True
        frame = frame.f_back
    return False


def place_in_a_package() -> Place | None:
    """File and line of the innermost frame of a package that the user's program calls; None where none is
    nearer than the program, and for what comes with Python, and SciPy.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(OURS):
            if not is_of_a_library(file):
                return None
            if not file.startswith(STANDARD) and SCIPY not in file:
                return file, frame.f_lineno
        frame = frame.f_back
    return None


def is_of_a_library(file: str) -> bool:
    """Tell whether a file was installed, and not written by who runs it."""
    return file.startswith(STANDARD) or any([part in file for part in LIBRARIES])


def text_of(place: Place) -> str:
    """The line of source at a place, without its indentation; empty where it is not known."""
    return linecache.getline(*place).strip()


def name_of(place: Place) -> str:
    """A place in a few letters: ``file.py:12``, and in a notebook ``cell:12``."""
    folder, file = os.path.split(place[0])
    is_cell = os.path.basename(folder).startswith("ipykernel_")  # the file has a number for a name
    return f"{'cell' if is_cell else file}:{place[1]}"


def shown(place: Place) -> str:
    """A place with its line of source, as messages have it."""
    text = text_of(place)
    return f"{name_of(place)}: {text}" if text else name_of(place)
