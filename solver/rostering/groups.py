"""People who share duties, directly or through others. Rosters of different groups cost the same whatever the others
do, so that each is a problem of its own: on eighty nurses and eight weeks the relaxation of the twenty trainees meets
its bound in 3.5 seconds of a processor, that of the other sixty not in 120.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.engine.types import Bool, Int64
from solver.rostering.layout import Tables


@dataclass(frozen=True, slots=True)
class Group:
    """``people`` int64 (n,): positions in the roster, ascending. ``duties`` bool (n_duties,): those that one of them
    can do. ``tables``: of these people, in which no other duty wants anybody."""

    people: Int64
    duties: Bool
    tables: Tables


def groups(tables: Tables) -> tuple[Group, ...]:
    """Everybody, in groups that share no duty, the smallest first; what nobody can do is in none, nor is it wanted."""
    numbers = group_of(tables.able)
    members = [np.flatnonzero(numbers == number) for number in np.unique(numbers)]
    return tuple(_group(tables, people) for people in sorted(members, key=len))


def group_of(able: Bool) -> Int64:
    """For each person of ``able`` bool (n, n_duties) the first one of the same group: int64 (n,)."""
    found = np.arange(len(able))
    while True:
        before = found.copy()
        for duty in able.T:
            if duty.any():
                found[duty] = found[duty].min()
        found = found[found]
        if (found == before).all():
            return found


def _group(tables: Tables, people: Int64) -> Group:
    duties: Bool = np.logical_or.reduce(tables.able[people], axis=0)
    mine = {name: getattr(tables, name)[people] for name in ("terms", "counted", "most", "able", "wish")}
    cover = {name: getattr(tables, name) * duties for name in ("least", "wanted", "under", "over")}
    part = tables._replace(**mine, **cover)
    for array in part:
        array.setflags(write=False)
    return Group(people, duties, part)


def cover_cost(tables: Tables, there: Int64) -> int:
    """Price of so many people on each duty, int64 (days, n_duties)."""
    short = np.maximum(0, tables.least - there)
    missing = np.maximum(0, tables.wanted - np.maximum(there, tables.least))
    over = np.maximum(0, there - tables.wanted)
    return int((short * tables.size[3] + missing * tables.under + over * tables.over).sum())
