"""The kernels compiled, or read from their cache, before the first run that somebody waits for."""

from __future__ import annotations

from simulations.hospital import generate
from simulations.placing.model import PlacedModel
from simulations.placing.run import simulate

NOW = 29_540_160
HOURS = 2


def warm_up() -> None:
    """Let a ward live for two hours; every hospital and every policy uses the same machine code."""
    simulate(PlacedModel(generate("ward", 1, NOW), NOW), seed=0, minutes=HOURS * 60)
