"""Pharmacokinetics: doses by mouth and into a vein, as frozen records that are read from text and replaced."""

import math
from dataclasses import asdict, dataclass, field, replace

PRESCRIPTION = """
# hour, milligrams, route
0, 100, oral
8, 50, iv
16, 75, oral
"""


@dataclass(frozen=True)
class Dose:
    time: float
    amount: float
    route: str = "oral"

    @classmethod
    def parse(cls, line):
        time, amount, route = (part.strip() for part in line.split(","))
        return cls(float(time), float(amount), route)


@dataclass
class Patient:
    absorption: float
    elimination: float
    volume: float
    doses: list = field(default_factory=list)

    def concentration(self, t):
        return sum(self.of(dose, t - dose.time) for dose in self.doses if t >= dose.time)

    def of(self, dose, t):
        ka, ke = self.absorption, self.elimination
        match dose.route:
            case "iv":
                return dose.amount / self.volume * math.exp(-ke * t)
            case _:
                return dose.amount / self.volume * ka / (ka - ke) * (math.exp(-ke * t) - math.exp(-ka * t))


def loss(x):
    doses = [Dose.parse(line) for line in PRESCRIPTION.splitlines() if line and not line.startswith("#")]
    patient = Patient(x[0], x[1], 20.0, doses)
    heavy = replace(patient, volume=20.0 * x[2], doses=[replace(d, amount=d.amount * x[2]) for d in doses])
    misfit = sum((p.concentration(t) - 2) ** 2 for p in (patient, heavy) for t in range(1, 24, 4))
    return misfit + asdict(heavy)["doses"][1]["amount"] / 50
