"""Root finding: loops with assignment expressions, early returns, ``else`` of a loop, and fallbacks."""

import math


def newton(f, df, x, steps=30):
    while abs(dx := f(x) / df(x)) > 1e-13 and (steps := steps - 1):
        x -= dx
    return x - dx


def bisect(f, low, high):
    if (a := f(low)) == 0:
        return low
    for _ in range(8):
        middle = 0.5 * (low + high)
        if (b := f(middle)) * a > 0:
            low, a = middle, b
        elif b == 0:
            break
        else:
            high = middle
    else:
        return 0.5 * (low + high)
    return middle


def solve(f, df, low, high):
    for attempt in (1, 2, 3):
        try:
            x = newton(f, df, bisect(f, low, high / attempt))
        except (ZeroDivisionError, ValueError, OverflowError):
            continue
        if not low <= x <= high:
            continue
        return x
    raise RuntimeError("no root")


def equilibrium(p):
    a, b, c = p
    f = lambda x: math.log(x) + a * x - b
    df = lambda x: 1 / x + a
    x = solve(f, df, 1e-6, 8.0)
    g = lambda y: y**3 + c * y - x
    y = solve(g, lambda y: 3 * y * y + c, 0.0, 5.0)
    return x * y if (z := x + y) > 0.5 else z
