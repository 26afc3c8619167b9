"""Filters: the likelihood of a linear model by Kalman's filter, with its state in attributes."""

import numpy as np

OBS = [1.0, 1.2, 1.9, 2.3, 3.1, 3.0, 4.2]


class KalmanFilter(object):
    def __init__(self, dim_x, dim_z):
        self.x = np.zeros((dim_x, 1))
        self.P = np.eye(dim_x)
        self.F = np.eye(dim_x)
        self.H = np.zeros((dim_z, dim_x))
        self.Q = np.eye(dim_x)
        self.R = np.eye(dim_z)
        self._I = np.eye(dim_x)
        self.log_likelihood = 0.0

    def predict(self):
        self.x = np.dot(self.F, self.x)
        self.P = self.F.dot(self.P).dot(self.F.T) + self.Q

    def update(self, z):
        if z is None:
            return
        y = np.atleast_2d(z).T - self.H @ self.x
        S = self.H @ self.P @ self.H.T + self.R
        Sinv = np.linalg.inv(S)
        K = self.P @ self.H.T @ Sinv
        self.x = self.x + K @ y
        IKH = self._I - K @ self.H
        self.P = IKH @ self.P @ IKH.T + K @ self.R @ K.T
        self.log_likelihood += -0.5 * float((y.T @ Sinv @ y).item() + np.log(2 * np.pi * np.linalg.det(S)))


def make(q, r, dt):
    kf = KalmanFilter(2, 1)
    kf.F[0, 1] = dt
    kf.H[0, 0] = 1.0
    kf.R *= r
    kf.Q = q * np.array([[dt**4 / 4, dt**3 / 2], [dt**3 / 2, dt**2]])
    kf.P *= 10.0
    return kf


def loss(p):
    kf = make(np.exp(p[0]), np.exp(p[1]), p[2])
    for k, z in enumerate(OBS):
        kf.predict()
        kf.update(None if k == 3 else z)
    return -kf.log_likelihood
