"""Structures: a beam of segments, in frozen dataclasses with derived fields, copied by ``replace``."""

import dataclasses
import math
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True)
class Section:
    width: float
    height: float
    modulus: float = 210.0

    def __post_init__(self):
        if not all(v > 0 and math.isfinite(v) for v in (self.width, self.height)):
            raise ValueError(f"a section of {self.width:.3f} by {self.height:.3f}")
        object.__setattr__(self, "width", float(self.width))

    @property
    def inertia(self) -> float:
        return self.width * self.height**3 / 12

    @cached_property
    def stiffness(self) -> float:
        return self.modulus * self.inertia


@dataclass(order=True)
class Segment:
    length: float
    section: Section = field(compare=False)
    tags: list = field(default_factory=list, compare=False)

    def deflection(self, load):
        return load * self.length**3 / (3 * self.section.stiffness)


@dataclass
class Beam:
    segments: list[Segment]
    load: float = 1.0

    def tapered(self, factor):
        parts = [
            dataclasses.replace(
                s, section=dataclasses.replace(s.section, height=s.section.height * factor**k)
            )
            for k, s in enumerate(self.segments)
        ]
        return dataclasses.replace(self, segments=parts)

    def total(self):
        longest = max(self.segments)
        return sum(s.deflection(self.load) for s in self.segments) + 0.1 * longest.length


def deflection(p):
    base = Section(width=p[0], height=p[1])
    beam = Beam([Segment(1.0 + 0.3 * k, base) for k in range(3)], load=2.0).tapered(p[2])
    held = dataclasses.asdict(beam)
    heights = [s["section"]["height"] for s in held["segments"]]
    return math.log(beam.total()) + sum(heights) / len(heights)
