"""Images: a picture moved by parts of a pixel, by bilinear weights, against another."""

import numpy as np

IMAGE = np.add.outer(np.arange(6.0) ** 2, np.sin(np.arange(6.0)) * 3)
TARGET = np.roll(IMAGE, 1, axis=0)[1:5, 1:5]


def bilinear(img, x, y):
    i, j = int(np.floor(x)), int(np.floor(y))
    dx, dy = x - i, y - j
    return (
        img[i, j] * (1 - dx) * (1 - dy)
        + img[i + 1, j] * dx * (1 - dy)
        + img[i, j + 1] * (1 - dx) * dy
        + img[i + 1, j + 1] * dx * dy
    )


def warp(img, theta, tx, ty):
    c, s = np.cos(theta), np.sin(theta)
    padded = np.pad(img, 3, mode="edge")
    out = np.zeros((4, 4), dtype=np.float64)
    for (r, q), _ in np.ndenumerate(out):
        u = c * (r - 1.5) - s * (q - 1.5) + 2.5 + tx
        v = s * (r - 1.5) + c * (q - 1.5) + 2.5 + ty
        out[r, q] = bilinear(padded, u + 3, v + 3)
    return out


def ncc(p):
    a = warp(IMAGE, *p)
    a0, b0 = a - np.mean(a), TARGET - np.mean(TARGET)
    return np.sum(a0 * b0) / (np.std(a) * np.std(TARGET) * a.size)
