"""Ecology: a state that is copied deep and shallow, and a model that goes through pickle."""

import copy
import pickle

import numpy as np


class World:
    def __init__(self, prey, predators, rates):
        self.populations = {"prey": prey, "predators": predators}
        self.rates = rates
        self.history = []

    def step(self, h=0.05):
        a, b, c, d = self.rates
        x, y = self.populations["prey"], self.populations["predators"]
        self.populations.update(prey=x + h * (a * x - b * x * y), predators=y + h * (d * x * y - c * y))
        self.history.append(copy.copy(self.populations))
        return self

    def __deepcopy__(self, memo):
        new = World(*self.populations.values(), copy.deepcopy(self.rates, memo))
        new.history = list(self.history)
        return new

    def __getstate__(self):
        return self.__dict__ | {"history": []}


class Model:
    """What does not vary goes through pickle."""

    def __init__(self, forcing):
        self.forcing = forcing
        self.table = np.linspace(0.0, 1.0, 5)

    def __call__(self, k):
        return self.forcing * self.table[k % 5]


def difference(p):
    model = pickle.loads(pickle.dumps(Model(0.3)))
    world = World(p[0], 0.8, np.array([1.1, p[1], 0.4, 0.1]))
    for k in range(6):
        world.step(0.05 + 0.01 * model(k))
    other = copy.deepcopy(world)
    other.rates[1] *= p[2]
    for _ in range(4):
        world.step()
        other.step()
    a, b = world.history[-1], other.history[-1]
    return (a["prey"] - b["prey"]) ** 2 + a["predators"] * b["predators"] + len(other.history) * 0.1
