"""Photovoltaics: the height of the sun, and light on a tilted plane, with plain numbers."""

import math
from datetime import datetime, timedelta

DAY = datetime(2021, 5, 14)


def declination(day_of_year):
    return math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365)


def zenith(lat, hour, day):
    delta = declination(day)
    omega = math.radians(15 * (hour - 12))
    c = math.sin(lat) * math.sin(delta) + math.cos(lat) * math.cos(delta) * math.cos(omega)
    return math.acos(min(1.0, max(-1.0, c)))


def air_mass(z):
    z_deg = math.degrees(z)
    if z_deg >= 96.07:
        return float("inf")
    return 1 / (math.cos(z) + 0.50572 * (96.07995 - z_deg) ** -1.6364)


def daily_energy(x):
    lat, tilt, turbidity = math.radians(x[0]), math.radians(x[1]), x[2]
    total, when = 0.0, DAY
    while when < DAY + timedelta(days=1):
        hour = when.hour + when.minute / 60
        z = zenith(lat, hour, when.timetuple().tm_yday)
        if z < math.radians(85):
            dni = 1367.0 * math.exp(-turbidity * air_mass(z) * 0.1)
            incidence = math.cos(z) * math.cos(tilt) + math.sin(z) * math.sin(tilt) * 0.6
            total += dni * max(incidence, 0) / 2000
        when += timedelta(minutes=90)
    return total
