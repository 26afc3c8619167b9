"""Optics: elements as a tower of classes with abstract bases, operators, properties and calls."""

import abc
import math

import numpy as np


class Element(abc.ABC):
    def __init__(self, name=""):
        self._name = name

    @property
    @abc.abstractmethod
    def matrix(self): ...

    def __call__(self, ray):
        return self.matrix @ np.asarray(ray)

    def __matmul__(self, other):
        return Compound(self, other)

    def __add__(self, other):
        return NotImplemented if not isinstance(other, Element) else self @ other

    @classmethod
    def identity(cls):
        return cls._unit()

    def __repr__(self):
        return f"{self.__class__.__name__}({self._name})"


class Gap(Element):
    def __init__(self, length):
        super().__init__(f"{length:.2f}")
        self.length = length

    @property
    def matrix(self):
        return np.array([[1.0, self.length], [0.0, 1.0]])


class Lens(Element):
    def __init__(self, focal):
        super().__init__("f=%g" % focal)
        self.power = focal

    @property
    def power(self):
        return self._power

    @power.setter
    def power(self, focal):
        if focal == 0:
            raise ZeroDivisionError("no lens has this focal length")
        self._power = 1.0 / focal

    @property
    def matrix(self):
        m = np.eye(2)
        m[1, 0] = -self.power
        return m


class ThickLens(Lens):
    def __init__(self, focal, thickness):
        super().__init__(focal)
        self.thickness = thickness

    @property
    def matrix(self):
        half = Gap(self.thickness / 2).matrix
        return half @ super().matrix @ half


class Compound(Element):
    def __init__(self, *parts):
        super().__init__("+".join(map(repr, parts)))
        self.parts = parts

    def __iter__(self):
        return iter(self.parts)

    def __len__(self):
        return len(self.parts)

    @property
    def matrix(self):
        total = np.identity(2)
        for part in self:
            total = total @ part.matrix
        return total


def spot(p):
    system = Gap(0.4) + ThickLens(p[0], p[1]) + Gap(p[2])
    rays = [system((y, 0.1 * y)) for y in (0.1, 0.2, 0.35)]
    heights = [r[0] for r in rays]
    return math.sqrt(sum(h**2 for h in heights)) + float(np.trace(system.matrix))
