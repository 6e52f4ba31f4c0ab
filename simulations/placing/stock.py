"""Drugs are delivered: each day, at the hour at which the run began, lots hold again what they held at the start, and
what may soon no longer be given out is replaced."""

from __future__ import annotations

from typing import Final

import numpy as np

from solver.engine.types import Int64
from solver.hospital import Minute
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.pharmacy.kernels import LotArrays, rank_lots

REPLACED_BEFORE: Final = 2 * MINUTES_PER_DAY
"""Minutes before it may no longer be given out at which a lot is replaced by one that keeps as long as the first did:
assumed."""


def deliver(lots: LotArrays, first: LotArrays, order: Int64, start: Minute, now: Minute) -> Int64:
    """Bring the lots up to ``first``, as they were at ``start``; returns which were changed, int64 (n,).

    ``order`` int64 (n_lots,): the rank of each lot's id, which decides between lots that expire together. Lots that
    nobody may use, or that were past their use at the start, stay as they are. Arrays of ``lots`` are written.
    """
    kept = lots.usable & (first.usable_until > start + REPLACED_BEFORE)
    stale = kept & (lots.usable_until <= now + REPLACED_BEFORE)
    changed = stale | (kept & (lots.available < first.available))
    lots.available[changed] = first.available[changed]
    for ends, ended in ((lots.expires, first.expires), (lots.usable_until, first.usable_until)):
        ends[stale] = now + (ended - start)[stale]
    if stale.any():
        lots.drug_lots[:] = np.lexsort((order, lots.expires, lots.drug))
    for drug in np.unique(lots.drug[changed]):
        rank_lots(lots, int(drug), now)
    return np.flatnonzero(changed)


def expire(lots: LotArrays, before: Minute, now: Minute) -> None:
    """Reckon anew the ranks of drugs of which a lot was last given out after ``before`` and by ``now``."""
    for drug in np.unique(lots.drug[(lots.usable_until > before) & (lots.usable_until <= now)]):
        rank_lots(lots, int(drug), now)
