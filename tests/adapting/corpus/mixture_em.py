"""Machine learning from scratch: some steps of expectation and maximisation."""

import numpy as np

data = np.array([-2.1, -1.7, -1.9, 0.2, 0.4, 2.8, 3.1, 2.9, 3.3])


def gaussian(x, mu, var):
    return np.exp(-((x - mu) ** 2) / (2 * var)) / np.sqrt(2 * np.pi * var)


def em(mu, var, pi, n_iter=2):
    K, N = len(mu), len(data)
    resp = np.zeros((N, K))
    for _ in range(n_iter):
        for n in range(N):
            for k in range(K):
                resp[n, k] = pi[k] * gaussian(data[n], mu[k], var[k])
            resp[n, :] /= np.sum(resp[n, :])
        Nk = resp.sum(axis=0)
        mu = (resp.T @ data) / Nk
        var = np.array([np.sum(resp[:, k] * (data - mu[k]) ** 2) / Nk[k] + 1e-3 for k in range(K)])
        pi = Nk / N
    return mu, var, pi


def log_likelihood(start):
    mu, var, pi = em(np.array([start[0], start[1]]), [1.0, start[2]], [0.5, 0.5])
    return sum(np.log(sum(pi[k] * gaussian(x, mu[k], var[k]) for k in range(2))) for x in data)
