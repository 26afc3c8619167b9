"""Robotics: attitude by quaternions, integrated and normalised in place."""

import numpy as np


class Quaternion:
    def __init__(self, w, x, y, z):
        self.q = np.array([w, x, y, z], dtype=np.float64)

    def __mul__(self, other):
        a, b = self.q, other.q
        return Quaternion(
            a[0] * b[0] - a[1:] @ b[1:],
            *(a[0] * b[1:] + b[0] * a[1:] + np.cross(a[1:], b[1:])),
        )

    def normalize(self):
        self.q /= np.linalg.norm(self.q)
        return self

    def rotate(self, v):
        p = self * Quaternion(0, *v) * self.conj()
        return p.q[1:]

    def conj(self):
        return Quaternion(self.q[0], *-self.q[1:])


def integrate(omega, dt=0.1, steps=6):
    q = Quaternion(1.0, 0.0, 0.0, 0.0)
    for k in range(steps):
        w = omega * (1 + 0.1 * k)
        dq = Quaternion(1.0, *(0.5 * dt * w))
        q = (q * dq).normalize()
    return q


def heading(omega):
    v = integrate(omega).rotate(np.array([1.0, 0.2, -0.3]))
    return np.arctan2(v[1], v[0]) + v[2] ** 2
