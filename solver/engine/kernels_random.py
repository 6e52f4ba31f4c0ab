"""Random numbers inside kernels: the state is an array that the caller owns, so that runs repeat and never
mix.
"""

from typing import Any

import numpy as np

from solver.engine.jit import inlined
from solver.engine.types import UInt64


def random_state(seed: int) -> UInt64:
    """A fresh state, uint64 (1,), for a seed of any size."""
    return np.array(np.random.SeedSequence(seed).generate_state(1, np.uint64), np.uint64)


@inlined
def next_bits(state: Any) -> Any:
    """64 random bits: SplitMix64 (Steele, Lea, Flood 2014, Fast splittable pseudorandom number generators)."""
    state[0] += np.uint64(0x9E3779B97F4A7C15)
    bits = state[0]
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))


@inlined
def uniform(state: Any) -> float:
    """A number in ``[0, 1)`` with 53 random bits."""
    return np.float64(next_bits(state) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inlined
def below(state: Any, limit: int) -> int:
    """A whole number in ``[0, limit)``; ``limit`` at least 1."""
    return int(uniform(state) * limit)
