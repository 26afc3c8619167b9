"""Machine learning from scratch: what training makes of a learning rate, a decay and a momentum."""

import numpy as np

X = np.array([[1.0, 0.5], [1.0, -1.2], [1.0, 0.3], [1.0, 2.0]])
y = np.array([1.0, 0.0, 0.0, 1.0])


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


class LogisticRegression:
    def __init__(self, lr=0.1, l2=0.0, momentum=0.9, n_iter=15):
        self.lr, self.l2, self.momentum, self.n_iter = lr, l2, momentum, n_iter
        self.history = []

    def fit(self, X, y):
        n, d = X.shape
        self.w = np.zeros(d)
        velocity = np.zeros(d)
        for it in range(self.n_iter):
            p = sigmoid(X.dot(self.w))
            grad = X.T.dot(p - y) / n
            grad += self.l2 * self.w
            velocity *= self.momentum
            velocity -= self.lr * grad
            self.w += velocity
            self.history.append(float(self.loss(X, y)))
            if it > 5 and self.history[-1] > 10 * self.history[0]:
                break
        return self

    def loss(self, X, y):
        p = np.clip(sigmoid(X.dot(self.w)), 1e-12, 1 - 1e-12)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))


def final_loss(hyper):
    model = LogisticRegression(lr=hyper[0], l2=hyper[1], momentum=hyper[2]).fit(X, y)
    return model.history[-1] + 0.1 * min(model.history)
