"""Robotics: an arm by the convention of Denavit and Hartenberg."""

import numpy as np


class Link:
    __slots__ = ("a", "alpha", "d")

    def __init__(self, a, alpha, d):
        self.a, self.alpha, self.d = a, alpha, d

    def transform(self, q):
        ct, st = np.cos(q), np.sin(q)
        ca, sa = np.cos(self.alpha), np.sin(self.alpha)
        T = np.eye(4)
        T[0, :] = [ct, -st * ca, st * sa, self.a * ct]
        T[1, :] = [st, ct * ca, -ct * sa, self.a * st]
        T[2, 1:] = sa, ca, self.d
        return T


class Robot:
    def __init__(self, *links):
        self.links = list(links)

    def __len__(self):
        return len(self.links)

    def fkine(self, q):
        if len(q) != len(self):
            raise ValueError("wrong number of joints")
        T = np.identity(4)
        for link, qi in zip(self.links, q, strict=True):
            T = T @ link.transform(qi)
        return T

    def jacob0(self, q):
        """The geometric Jacobian."""
        J = np.zeros((6, len(self)))
        end = self.fkine(q)[:3, 3]
        T = np.identity(4)
        for i, (link, qi) in enumerate(zip(self.links, q, strict=True)):
            z, o = T[:3, 2], T[:3, 3]
            J[:3, i] = np.cross(z, end - o)
            J[3:, i] = z
            T = T @ link.transform(qi)
        return J


robot = Robot(Link(0.0, np.pi / 2, 0.3), Link(0.5, 0.0, 0.0), Link(0.4, -0.2, 0.1))


def manipulability(q):
    J = robot.jacob0(q)[:3]
    return np.sqrt(np.linalg.det(J @ J.T))
