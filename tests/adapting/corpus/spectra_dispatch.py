"""Spectroscopy: line shapes in tables keyed by strings, found by ``getattr``, ``globals`` and methods."""

import math
import operator
from functools import singledispatch, singledispatchmethod
from types import SimpleNamespace

import numpy as np


def shape_gauss(x, w):
    return np.exp(-((x / w) ** 2) / 2) / (w * math.sqrt(2 * math.pi))


def shape_lorentz(x, w):
    return w / math.pi / (x * x + w * w)


SHAPES = {name[6:]: f for name, f in list(globals().items()) if name.startswith("shape_")}
SHAPES["sech"] = lambda x, w: 1 / (np.cosh(x / w) * math.pi * w)


@singledispatch
def width(w):
    raise TypeError(type(w))


@width.register
def _(w: float):
    return w


@width.register(np.ndarray)
def _(w):
    return w.mean()


@width.register(dict)
def _(w):
    return operator.itemgetter("fwhm")(w) / 2.355


class Spectrum:
    background = "linear"

    def __init__(self, **parameters):
        self.p = SimpleNamespace(**parameters)
        vars(self).update(offset=0.1)

    def background_linear(self, x):
        return self.p.slope * x + self.offset

    @singledispatchmethod
    def scaled(self, factor):
        return -1.0

    @scaled.register
    def _(self, factor: float):
        return factor * self.p.height

    def __getattr__(self, name):
        if name.startswith("shape_"):
            return globals()[name]
        raise AttributeError(name)

    def __call__(self, x, kind):
        base = getattr(self, f"background_{self.background}")(x)
        shape = SHAPES.get(kind) or getattr(self, "shape_" + kind)
        return base + self.scaled(float(self.p.height)) * shape(x - self.p.centre, width(self.p.width))


def area(p):
    x = np.linspace(-2.0, 2.0, 9)
    widths = [float(p[1]), p[1:3], {"fwhm": p[1]}]
    s = [Spectrum(height=p[0], centre=0.2, width=w, slope=p[2]) for w in widths]
    return sum(float(np.sum(f(x, k))) for f, k in zip(s, ("gauss", "lorentz", "sech"), strict=True)) + s[
        0
    ].shape_gauss(0.3, p[2])
