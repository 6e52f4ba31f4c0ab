"""Random numbers by counter: a number is a function of what it is for, not of what was drawn before.

Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3). The key is made of seed
and replication; the counter names the purpose (such as a visit to a step), the source a patient came from, the number
of the patient in it, and the visit. So two scenarios that share a patient and a step share their chance, however much
else differs, and no thread can disturb another. A block is two words of 64 bits, independent of each other: one visit
takes its duration from the first and where it leads from the second.

All words are uint64; those of Philox itself hold 32 bits, a product of two fits into 64, so nothing overflows, compiled
or not.
"""

from typing import Any

import numpy as np

from simulations.engine.jit import inlined, kernel, swallowed

MULTIPLIER_0 = np.uint64(0xD2511F53)
MULTIPLIER_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
WORD = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
ROUNDS = 10
UNIT_SHIFT = np.uint64(12)
UNIT = 1.0 / 4503599627370496.0
VISIT_BITS = 12
"""Each visit has 4,096 blocks of its own, for distributions that need more than one."""


@inlined
def philox(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Four random words for a counter of four and a key of two words."""
    for _ in range(ROUNDS):
        product_0 = MULTIPLIER_0 * c0
        product_1 = MULTIPLIER_1 * c2
        c0 = (product_1 >> HALF) ^ c1 ^ k0
        c2 = (product_0 >> HALF) ^ c3 ^ k1
        c1 = product_1 & WORD
        c3 = product_0 & WORD
        k0 = (k0 + WEYL_0) & WORD
        k1 = (k1 + WEYL_1) & WORD
    return c0, c1, c2, c3


@swallowed
def words(key: Any, purpose: int, code: int, number: int, block: int) -> Any:
    """Two independent words of 64 random bits; all whole numbers 0 or more, cut to 32 bits."""
    w0, w1, w2, w3 = philox(
        np.uint64(block) & WORD,
        np.uint64(purpose) & WORD,
        np.uint64(number) & WORD,
        np.uint64(code) & WORD,
        key[0],
        key[1],
    )
    return (w0 << HALF) | w1, (w2 << HALF) | w3


@swallowed
def unit(word: Any) -> float:
    """A number strictly between 0 and 1, of the upper 52 bits of ``word``."""
    return (np.float64(word >> UNIT_SHIFT) + 0.5) * UNIT


@kernel
def uniform(key: Any, purpose: int, code: int, number: int, block: int) -> float:
    """A number strictly between 0 and 1."""
    first, _ = words(key, purpose, code, number, block)
    return unit(first)


@kernel
def make_key(key: Any, seed_low: Any, seed_high: Any, replication: Any) -> None:
    """Fill ``key``, uint64 (2,), for a replication of a seed: Philox again, so that no two replications are alike."""
    zero = np.uint64(0)
    w0, w1, _, _ = philox(replication, zero, zero, zero, seed_low, seed_high)
    key[0] = w0
    key[1] = w1
