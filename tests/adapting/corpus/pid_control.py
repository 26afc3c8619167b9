"""Control: a motor under a PID controller with limits, slots, and a log of dictionaries."""

import numpy as np


class PID:
    __slots__ = ("gains", "integral", "limit", "previous")

    def __init__(self, kp, ki, kd, limit=8.0):
        self.gains = {"p": kp, "i": ki, "d": kd}
        self.integral = 0.0
        self.previous = None
        self.limit = limit

    def __call__(self, error, dt):
        self.integral += error * dt
        derivative = 0.0 if self.previous is None else (error - self.previous) / dt
        self.previous = error
        u = self.gains["p"] * error + self.gains["i"] * self.integral + self.gains["d"] * derivative
        if u > self.limit:
            return self.limit
        return np.maximum(u, -self.limit)


class Motor:
    inertia, friction = 0.4, 0.8

    def __init__(self):
        self.state = np.zeros(2)

    def step(self, u, dt):
        dx = np.empty(2)
        dx[0] = self.state[1]
        dx[1] = (u - self.friction * self.state[1]) / self.inertia
        self.state += dt * dx


def simulate(gains, setpoint=1.0, dt=0.05, n=40):
    pid, motor, log = PID(*gains), Motor(), []
    for k in range(n):
        error = setpoint - motor.state[0]
        u = pid(error, dt)
        motor.step(u, dt)
        log.append({"t": k * dt, "error": error, "u": u})
    return log


def itae(gains):
    log = simulate(gains)
    return sum(row["t"] * row["error"] ** 2 + 1e-3 * row["u"] ** 2 for row in log)
