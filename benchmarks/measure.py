"""One line of work, on every peer: first that all agree, then how long each takes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.goals import Work
from benchmarks.peers import Peer
from benchmarks.programs import bind
from benchmarks.timing import Effort, best_of, freeze

Contenders = dict[str, Callable[[], Any]]


@dataclass
class Reading:
    """What one line of work gave: seconds by peer, those of every way tried, and what failed."""

    work: Work
    seconds: dict[str, float] = field(default_factory=dict)
    ways: dict[str, float] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def ratio(self, peer: str) -> float | None:
        """How many times longer than hoad the peer takes."""
        if "hoad" not in self.seconds or peer not in self.seconds:
            return None
        return self.seconds[peer] / self.seconds["hoad"]

    def met(self) -> bool | None:
        """Whether every goal of the line is met; None where a peer that it names is absent."""
        if "hoad" in self.failures:
            return False
        ratios = [(self.ratio(peer), least) for peer, least in self.work.goals.items()]
        if any(ratio is not None and ratio < least for ratio, least in ratios):
            return False
        return None if any(ratio is None for ratio, _ in ratios) else True


def read(work: Work, peers: dict[str, Peer], effort: Effort) -> Reading:
    """Check the peers against each other on this work, and time those that agree."""
    reading = Reading(work)
    contenders = agreeing(work, peers, reading.failures)
    freeze()
    reading.ways = best_of(contenders, effort)
    for way, seconds in reading.ways.items():
        peer = way.split(" / ")[0]
        reading.seconds[peer] = min(seconds, reading.seconds.get(peer, np.inf))
    return reading


def agreeing(work: Work, peers: dict[str, Peer], failures: dict[str, str]) -> Contenders:
    """The ways whose result is that of the first peer that has one: hoad, where it is present."""
    contenders: Contenders = {}
    expected = None
    for name, peer in peers.items():
        if not takes_part(name, work, peer):
            continue
        try:
            for label, way in ways(work, peer).items():
                result = peer.numpy(way())
                expected = result if expected is None else expected
                assert_close(result, expected)
                contenders[f"{name} / {label}"] = way
        except Exception as error:
            failures[name] = f"{type(error).__name__}: {error}"
            print(f"  {name} failed on {work.name}: {failures[name]}", file=sys.stderr)
    return contenders


def takes_part(name: str, work: Work, peer: Peer) -> bool:
    """Whether the peer has anything to do with this work."""
    if name == "by hand":
        return work.kind in ("gradient", "laplacian") and work.program.by_hand is not None
    if getattr(type(peer), work.kind) is getattr(Peer, work.kind):
        return False
    return work.program.compilable if name == "jax.jit" else True


def ways(work: Work, peer: Peer) -> Contenders:
    """Every way in which this peer can do the work: its writings of the program by its operators."""
    program = work.program
    point, data = peer.point(program.point), peer.data(program.data)
    if peer.name == "by hand" and (gradient := program.by_hand) is not None:
        return {gradient.__name__: lambda: gradient(point, data)}
    take = getattr(peer, work.kind)
    return {
        f"{writing.__name__}.{index}": way
        for writing in program.writings(peer.name)
        for index, way in enumerate(take(bind(writing, data, peer.xp), point))
    }


def assert_close(result: Any, expected: Any) -> None:
    """Equality to nine digits, leaf by leaf."""
    if isinstance(expected, dict):
        assert result.keys() == expected.keys(), f"keys {sorted(result)} for {sorted(expected)}"
        for key, value in expected.items():
            assert_close(result[key], value)
    elif isinstance(expected, tuple):
        for one, other in zip(result, expected, strict=True):
            assert_close(one, other)
    else:
        scale = float(np.max(np.abs(expected), initial=0.0))
        np.testing.assert_allclose(result, expected, rtol=1e-9, atol=1e-12 * scale)
        assert np.shape(result) == np.shape(expected), f"shape {np.shape(result)} for {np.shape(expected)}"
