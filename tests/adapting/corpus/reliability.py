"""Statistics: a censored Weibull likelihood, with statistics and math."""

import math
import statistics

LIFETIMES = [(120.0, True), (340.0, True), (500.0, False), (77.0, True), (410.0, True), (500.0, False)]


def hazard(t, shape, scale):
    return shape / scale * (t / scale) ** (shape - 1)


def nll(params, data=LIFETIMES, prior=None):
    shape, scale = float(params[0]), float(params[1]) * 100
    if shape <= 0 or scale <= 0:
        return math.inf
    terms = []
    for t, failed in data:
        terms.append((t / scale) ** shape)
        if failed:
            terms.append(-math.log(hazard(t, shape, scale)))
    if prior is not None:
        terms.append(prior(shape))
    return math.fsum(terms)


def gamma_prior(a, b):
    def neg_log(x):
        return math.lgamma(a) - a * math.log(b) - (a - 1) * math.log(x) + b * x

    return neg_log


def objective(p):
    mttf = p[1] * 100 * math.gamma(1 + 1 / p[0])
    fits = [nll(p), nll(p, prior=gamma_prior(2.0, p[2])), math.log(mttf)]
    return statistics.mean(fits) + 0.1 * statistics.stdev(fits)
