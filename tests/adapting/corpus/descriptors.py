"""Geophysics: parameters as descriptors with checks, a registry by metaclass, slots and weak references."""

import math
import weakref
from collections import ChainMap, OrderedDict, UserDict
from typing import NamedTuple

import numpy as np


class Positive:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, instance, owner=None):
        return self if instance is None else getattr(instance, self.name)

    def __set__(self, instance, value):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise TypeError(f"{self.name[1:]} is no number: {value!r}")
        if value <= 0:
            raise ValueError(value)
        setattr(instance, self.name, float(value))


class Registry(type):
    layers = OrderedDict()

    def __new__(mcs, name, bases, namespace, **options):
        cls = super().__new__(mcs, name, bases, namespace)
        mcs.layers[options.get("key", name)] = cls
        return cls


class Layer(metaclass=Registry):
    velocity = Positive()
    thickness = Positive()

    def __init__(self, velocity, thickness):
        self.velocity, self.thickness = velocity, thickness

    def time(self, slowness):
        return self.thickness / math.sqrt(self.velocity**-2 - slowness**2) * self.velocity**-2


class Sediment(Layer, key="sediment"):
    def time(self, slowness):
        return 1.05 * super().time(slowness)


class Pick(NamedTuple):
    offset: float
    time: float = 0.0

    def shifted(self, by):
        return self._replace(time=self.time + by)


class Options(UserDict):
    def __missing__(self, key):
        return 0.01


def travel_time(p):
    options = ChainMap({"shift": p[2]}, {"shift": 0.0, "slowness": 0.2})
    rock, sediment = Layer(p[0], 1.5), Registry.layers["sediment"](p[1], 0.4)
    reference = weakref.ref(rock)
    times = [reference().time(options["slowness"]), sediment.time(options["slowness"])]
    picks = [Pick(offset=o).shifted(t * options["shift"]) for o, t in zip((1.0, 2.0), times, strict=True)]
    total = sum(pick.time * pick.offset for pick in picks) + Options()["anything"] * rock.velocity
    (o1, t1), (o2, t2) = picks
    return total + np.hypot(t2 - t1, o2 - o1) + Layer.velocity.__get__(sediment)
