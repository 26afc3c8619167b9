"""Molecular dynamics: Lennard-Jones with a shifted cut-off, velocity Verlet in place, a virial."""

import numpy as np

RC = 2.5


def forces(pos, eps, sig):
    n = len(pos)
    f = np.zeros_like(pos)
    energy = virial = 0.0
    for i in range(n - 1):
        for j in range(i + 1, n):
            rij = pos[i] - pos[j]
            r2 = rij @ rij
            if r2 > RC**2:
                continue
            s6 = (sig * sig / r2) ** 3
            shift = (sig / RC) ** 12 - (sig / RC) ** 6
            energy += 4 * eps * (s6 * s6 - s6 - shift)
            fij = 24 * eps * (2 * s6 * s6 - s6) / r2 * rij
            f[i] += fij
            f[j] -= fij
            virial += np.dot(fij, rij)
    return f, energy, virial


class Simulation:
    def __init__(self, positions, eps=1.0, sig=1.0, dt=0.005):
        self.pos = np.array(positions, dtype=float)
        self.vel = np.zeros_like(self.pos)
        self.eps, self.sig, self.dt = eps, sig, dt
        self.f, self.energy, self.virial = forces(self.pos, eps, sig)

    def run(self, n):
        for _ in range(n):
            self.vel += 0.5 * self.dt * self.f
            self.pos += self.dt * self.vel
            self.f, self.energy, self.virial = forces(self.pos, self.eps, self.sig)
            self.vel[...] = self.vel + 0.5 * self.dt * self.f
        return self


START = [[0.0, 0.0, 0.0], [1.15, 0.0, 0.1], [0.5, 1.05, 0.0], [3.2, 0.4, 0.0]]


def observable(p):
    sim = Simulation(START, eps=p[0], sig=p[1], dt=p[2]).run(4)
    return sim.energy + 0.5 * np.sum(sim.vel**2) + 0.1 * sim.virial
