#!/usr/bin/env python
"""Physics: the period of a pendulum, as a script with options, run from a shell."""

import argparse
import sys
from math import *

import numpy as np

parser = argparse.ArgumentParser()
parser.add_argument("--length", type=float, default=1.3)
parser.add_argument("--steps", type=int, default=40)
parser.add_argument("--method", choices=["leapfrog", "euler"], default="leapfrog")

g = 9.81


def agm(a, b):
    while abs(a - b) > 1e-15 * a:
        a, b = (a + b) / 2, sqrt(a * b)
    return a


def period(amplitude, length):
    return 2 * pi * sqrt(length / g) / agm(1.0, cos(amplitude / 2))


def swing(amplitude, length, damping, args):
    theta, omega = np.zeros(args.steps), np.zeros(args.steps)
    theta[0] = amplitude
    dt = 0.02
    for n in range(args.steps - 1):
        omega[n + 1] = omega[n] - dt * (g / length * sin(theta[n]) + damping * omega[n])
        rate = omega[n + 1] if args.method == "leapfrog" else omega[n]
        theta[n + 1] = theta[n] + dt * rate
    return theta


def main(argv=None):
    global options
    options = parser.parse_args(argv)
    return options


def observable(p):
    theta = swing(p[0], options.length * p[1], p[2], options)
    return period(p[0], options.length * p[1]) + np.mean(theta**2)


if __name__ == "__main__":
    main(sys.argv[1:])
    result = observable([0.7, 1.0, 0.2])
