"""Filters: a biquad section, sample by sample, with delay lines in a deque."""

import math
from collections import deque


class Biquad:
    def __init__(self, b, a):
        self.b = list(b)
        self.a = list(a)
        self.x = deque([0.0, 0.0], maxlen=2)
        self.y = deque([0.0, 0.0], maxlen=2)

    @classmethod
    def lowpass(cls, cutoff, q, rate=8.0):
        w0 = 2 * math.pi * cutoff / rate
        alpha = math.sin(w0) / (2 * q)
        c = math.cos(w0)
        a0 = 1 + alpha
        b = [(1 - c) / 2 / a0, (1 - c) / a0, (1 - c) / 2 / a0]
        return cls(b, [1.0, -2 * c / a0, (1 - alpha) / a0])

    def __call__(self, sample):
        out = self.b[0] * sample
        for bk, xk in zip(self.b[1:], self.x):
            out += bk * xk
        for ak, yk in zip(self.a[1:], self.y):
            out -= ak * yk
        self.x.appendleft(sample)
        self.y.appendleft(out)
        return out


def rms(p, n=16):
    section = Biquad.lowpass(p[0], p[1])
    drive = [math.sin(0.9 * k) + p[2] * math.sin(2.5 * k) for k in range(n)]
    filtered = [section(s) for s in drive]
    return math.sqrt(sum(s * s for s in filtered) / len(filtered))
