"""The gradients of the six programs, worked out on paper and typed in NumPy: what no library can do better
than.

A goal of so many times a peer's speed is out of reach where the peer already spends most of its time inside
NumPy; this column shows how far down there is to go.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Value = Any


def rosenbrock(x: Value, data: Value) -> Value:
    head, tail = x[:-1], x[1:]
    residual = tail - head * head
    out = np.zeros_like(x)
    out[1:] = 200.0 * residual
    out[:-1] -= 400.0 * residual * head + 2.0 * (1.0 - head)
    return out


def laplacian(x: Value, data: Value) -> Value:
    """The Laplacian of the tanh network at each sample: value, Jacobian and Laplacian go forward together."""
    W1, W2, W3 = data["W1"], data["W2"], data["W3"]
    h = np.tanh(x @ W1.T)
    slope = 1.0 - h * h
    jacobian = slope[:, :, None] * W1
    second = -2.0 * h * slope * np.sum(W1 * W1, axis=1)
    h = np.tanh(h @ W2.T)
    slope = 1.0 - h * h
    jacobian, second = W2 @ jacobian, second @ W2.T
    second = slope * second - 2.0 * h * slope * np.einsum("bik,bik->bi", jacobian, jacobian)
    return np.sum(second @ W3.T, axis=1)


def helmholtz(x: Value, data: Value) -> Value:
    A, b = data["A"], data["b"]
    root = 2.0**0.5
    bx, Ax = b @ x, A @ x
    free, up, down = 1.0 - bx, 1.0 + (1.0 + root) * bx, 1.0 + (1.0 - root) * bx
    quotient, logarithm = (x @ Ax) / (8.0**0.5 * bx), np.log(up / down)
    slope = quotient * ((1.0 + root) / up - (1.0 - root) / down) - quotient / bx * logarithm
    attraction = (Ax + x @ A) * (logarithm / (8.0**0.5 * bx)) + slope * b
    return 8.314 * (np.log(x / free) + 1.0 + np.add.reduce(x) / free * b) - attraction


def logistic(w: Value, data: Value) -> Value:
    inputs, labels = data["inputs"], data["labels"]
    odds = np.exp(-labels * (inputs @ w))
    return (labels * odds / (1.0 + odds) / -len(labels)) @ inputs


def network(p: Value, data: Value) -> Value:
    inputs, targets = data["inputs"], data["targets"]
    first = np.tanh(inputs @ p["W1"] + p["b1"])
    second = np.tanh(first @ p["W2"] + p["b2"])
    weights = np.exp(second @ p["W3"] + p["b3"])
    g3 = (weights / weights.sum(axis=1, keepdims=True) - targets) / len(inputs)
    g2 = g3 @ p["W3"].T * (1.0 - second * second)
    g1 = g2 @ p["W2"].T * (1.0 - first * first)
    return {
        "W1": inputs.T @ g1,
        "b1": g1.sum(axis=0),
        "W2": first.T @ g2,
        "b2": g2.sum(axis=0),
        "W3": second.T @ g3,
        "b3": g3.sum(axis=0),
    }


def recurrent(p: Value, data: Value) -> Value:
    W, U, b, V = p["W"], p["U"], p["b"], p["V"]
    inputs, h = data["inputs"], data["start"]
    states = [h]
    for x in inputs:
        h = np.tanh(W @ h + U @ x + b)
        states.append(h)
    after = np.stack(states[1:])
    error = (after @ V - data["targets"]) * (2.0 / len(inputs))
    rows = np.empty_like(after)
    g = np.zeros_like(h)
    back = W.T.copy()
    for t in range(len(inputs) - 1, -1, -1):
        h = states[t + 1]
        g = (g + error[t] * V) * (1.0 - h * h)
        rows[t] = g
        g = back @ g
    return {
        "W": rows.T @ np.stack(states[:-1]),
        "U": rows.T @ inputs,
        "V": error @ after,
        "b": rows.sum(axis=0),
    }


def runge_kutta(y: Value, data: Value) -> Value:
    coupling, steps, dt = data["coupling"], data["steps"], data["dt"]
    n = len(y) // 2
    transposed = coupling.T.copy()
    points = []

    def field(y: Value) -> Value:
        points.append(y)
        q, v = y[:n], y[n:]
        return np.concatenate([v, -np.sin(q) - coupling @ q - 0.1 * v])

    def back(g: Value) -> Value:
        q, down = points.pop()[:n], g[n:]
        return np.concatenate([-np.cos(q) * down - transposed @ down, g[:n] - 0.1 * down])

    for _ in range(steps):
        k1 = field(y)
        k2 = field(y + 0.5 * dt * k1)
        k3 = field(y + 0.5 * dt * k2)
        k4 = field(y + dt * k3)
        y = y + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    g = 2.0 * y
    for _ in range(steps):
        sixth = dt / 6.0 * g
        b4 = back(sixth)
        b3 = back(2.0 * sixth + dt * b4)
        b2 = back(2.0 * sixth + 0.5 * dt * b3)
        b1 = back(sixth + 0.5 * dt * b2)
        g = g + b1 + b2 + b3 + b4
    return g
