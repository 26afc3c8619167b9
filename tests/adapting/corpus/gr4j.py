"""Hydrology: GR4J, a production store, unit hydrographs and a routing store."""

import numpy as np

RAIN = [5.0, 12.0, 0.0, 3.0, 20.0, 1.0, 0.0, 0.0, 8.0, 2.0]
PET = [2.0, 1.5, 3.0, 2.5, 1.0, 2.0, 3.5, 3.0, 1.8, 2.2]


def s_curve(t, x4):
    if t <= 0:
        return 0.0
    elif t < x4:
        return (t / x4) ** 2.5
    else:
        return 1.0


def unit_hydrograph(x4):
    n = int(np.ceil(x4))
    uh = np.zeros(n)
    for t in range(1, n + 1):
        uh[t - 1] = s_curve(t, x4) - s_curve(t - 1, x4)
    return uh


def run(x1, x2, x3, x4, s0=0.4, r0=0.5):
    S, R_ = s0 * x1, r0 * x3
    uh = unit_hydrograph(x4)
    queue = np.zeros(len(uh))
    flow = []
    for P, E in zip(RAIN, PET):
        if P >= E:
            pn = P - E
            s_frac = S / x1
            ws = np.tanh(pn / x1)
            ps = x1 * (1 - s_frac**2) * ws / (1 + s_frac * ws)
            es = 0.0
        else:
            pn, ps = 0.0, 0.0
            ws = np.tanh((E - P) / x1)
            es = S * (2 - S / x1) * ws / (1 + (1 - S / x1) * ws)
        S = S - es + ps
        perc = S * (1 - (1 + (4.0 * S / (9.0 * x1)) ** 4) ** -0.25)
        S -= perc
        pr = perc + pn - ps
        queue = np.append(queue[1:], 0.0) + uh * pr
        exchange = x2 * (R_ / x3) ** 3.5
        R_ = max(0.0, R_ + 0.9 * queue[0] + exchange)
        qr = R_ * (1 - (1 + (R_ / x3) ** 4) ** -0.25)
        R_ -= qr
        flow.append(qr + max(0, 0.1 * queue[0] + exchange))
    return np.array(flow)


def mean_log_flow(p):
    return np.mean(np.log(run(200.0 * p[0], p[1], 60.0 * p[2], p[3])))
