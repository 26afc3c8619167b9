"""Geodesy: Vincenty's inverse formula on the ellipsoid, in plain math."""

import math

A_AXIS, F = 6378.137, 1 / 298.257223563
B_AXIS = A_AXIS * (1 - F)


def distance(lat1, lon1, lat2, lon2):
    if (lat1, lon1) == (lat2, lon2):
        return 0.0
    U1 = math.atan((1 - F) * math.tan(math.radians(lat1)))
    U2 = math.atan((1 - F) * math.tan(math.radians(lat2)))
    L = math.radians(lon2 - lon1)
    lam = L
    s1, c1, s2, c2 = math.sin(U1), math.cos(U1), math.sin(U2), math.cos(U2)
    for _ in range(200):
        sl, cl = math.sin(lam), math.cos(lam)
        ss = math.sqrt((c2 * sl) ** 2 + (c1 * s2 - s1 * c2 * cl) ** 2)
        cs = s1 * s2 + c1 * c2 * cl
        sigma = math.atan2(ss, cs)
        sa = c1 * c2 * sl / ss
        ca2 = 1 - sa**2
        c2m = cs - 2 * s1 * s2 / ca2 if ca2 != 0 else 0
        Cc = F / 16 * ca2 * (4 + F * (4 - 3 * ca2))
        old = lam
        lam = L + (1 - Cc) * F * sa * (sigma + Cc * ss * (c2m + Cc * cs * (-1 + 2 * c2m**2)))
        if abs(lam - old) < 1e-15:
            break
    u2 = ca2 * (A_AXIS**2 - B_AXIS**2) / B_AXIS**2
    A = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    B = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    ds = (
        B * ss * (c2m + B / 4 * (cs * (-1 + 2 * c2m**2) - B / 6 * c2m * (-3 + 4 * ss**2) * (-3 + 4 * c2m**2)))
    )
    return B_AXIS * A * (sigma - ds)


def detour(x):
    """By a point on the way, in thousands of kilometres."""
    return (distance(52.5, 13.4, x[0], x[1]) + distance(x[0], x[1], 40.7, -74.0)) / 1000
