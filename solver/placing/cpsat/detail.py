"""How much of the decision space a model spells out."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from solver.hospital import Allocation


@dataclass(frozen=True, slots=True)
class Detail:
    """What units and lots a model holds.

    kept: a plan whose units and lots stay in the model even where cheaper ones cannot run out, so that it can
    be given as a hint. everything: no unit and no lot is left out and no class of units is relaxed.
    overbooked: for a relaxed class, named by its first unit, the minutes at which it gets a row.
    """

    kept: Mapping[str, Allocation | None] = field(default_factory=dict)
    everything: bool = False
    overbooked: Mapping[str, Set[int]] = field(default_factory=dict)
