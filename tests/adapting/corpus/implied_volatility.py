"""Finance: the price of Black and Scholes, and the volatility that it implies by Newton's method."""

from math import erf, exp, log, pi, sqrt


def norm_cdf(x):
    return 0.5 * (1.0 + erf(x / sqrt(2.0)))


def norm_pdf(x):
    return exp(-0.5 * x * x) / sqrt(2.0 * pi)


def bs_call(S, K, T, r, sigma):
    if not isinstance(S, float):
        raise TypeError("S must be a float")
    if T <= 0 or sigma <= 0:
        return max(S - K, 0.0)
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * sqrt(T))
    d2 = d1 - sigma * sqrt(T)
    return S * norm_cdf(d1) - K * exp(-r * T) * norm_cdf(d2)


def vega(S, K, T, r, sigma):
    d1 = (log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * sqrt(T))
    return S * sqrt(T) * norm_pdf(d1)


def implied_vol(price, S, K, T, r=0.01, guess=0.4, tol=1e-13, maxiter=100):
    sigma = guess
    n = 0
    while n < maxiter:
        diff = bs_call(S, K, T, r, sigma) - price
        step = diff / vega(S, K, T, r, sigma)
        sigma = sigma - step
        if abs(step) < tol:
            return sigma
        n += 1
    raise RuntimeError(f"no convergence after {maxiter} steps, sigma={sigma}")


def smile(x):
    """Of the logarithms of a price, a moneyness and a time."""
    return implied_vol(exp(x[0]), 95.0 * exp(x[1]), 95.0, exp(x[2]))
