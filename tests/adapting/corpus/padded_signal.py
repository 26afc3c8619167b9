"""Image processing: numbers between whole constants, in arrays that are joined, padded, masked and exchanged."""

import numpy as np


def energy(x):
    line = np.array([x[0], 3, x[1], 1, x[0] * x[2], 2])
    padded = np.pad(np.append(line, [5, x[2]]), 2, constant_values=4)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 3)
    smooth = windows @ np.array([1, 2, 1]) / 4
    rows = np.vstack([smooth, np.hstack([0, smooth[:-1]]), np.full(smooth.size, 2)])
    rows[rows > 4] = 4 + 0.1 * (rows[rows > 4] - 4)
    rows[0, ::2], rows[1, ::2] = rows[1, ::2].copy(), rows[0, ::2].copy()
    np.add.at(rows[2], [1, 1, 4], [x[0], 2, x[1]])
    flux = np.diff(np.insert(rows, 2, 7, axis=1), axis=1)
    return np.sum(np.sqrt(flux**2 + 1)) + np.max(np.array([x[0], 1, 0])) * np.median(rows[2])
