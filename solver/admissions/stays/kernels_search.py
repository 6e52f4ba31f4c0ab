"""Moves of stays and their annealing. Hard units have a price during the search, hard rules none afterwards."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.admissions.stays.kernels import add, carry_out, change
from solver.admissions.stays.layout import (
    BEGIN,
    BUMP,
    END,
    FIRST,
    HARD,
    INSERT,
    LATEST,
    NEW_ROOM,
    NEW_START,
    OLD_ROOM,
    OLD_START,
    PART,
    REPLACE,
    ROOM,
    SHIFT,
    SOFT,
    SPARE_BEDS,
    SPECIALISM,
    STAY,
    SURGERY,
    SWAP,
)
from solver.engine.jit import inlined, inner, kernel
from solver.engine.kernels_random import below, uniform

NEAR = 3
"""Days by which a start moves at most, in half of the shifts."""
TRIES = 16
"""Looks for a partner before a move is given up."""
LOOKS = 4
"""Draws more for a day with a theatre, or a room with a bed."""


@inlined
def promising(tables: Any, p: int, state: Any) -> int:
    """A room that a patient may have, by chance, more often one of the first in the list."""
    count = tables.room_first[p + 1] - tables.room_first[p]
    draw = uniform(state)
    return int(tables.room_list[tables.room_first[p] + int(draw * draw * draw * count)])


@inlined
def aim(tables: Any, plan: Any, trial: Any, i: int, p: int, start: int, room: int) -> None:
    """The whole stay of ``p``, in one room or left out, goes to ``start`` and ``room``."""
    trial.who[i] = p
    trial.party[i, OLD_START] = plan.start[p]
    trial.party[i, BEGIN] = 0
    trial.party[i, END] = tables.need[p, STAY]
    trial.party[i, OLD_ROOM] = plan.place[p, 0] if plan.start[p] >= 0 else -1
    trial.party[i, NEW_START] = start
    trial.party[i, NEW_ROOM] = room


@inlined
def take_run(tables: Any, plan: Any, trial: Any, i: int, p: int, k: int) -> None:
    """The days around day ``k`` of the stay of ``p`` that are in one room."""
    trial.who[i] = p
    begin, end = k, k + 1
    while begin > 0 and plan.place[p, begin - 1] == plan.place[p, k]:
        begin -= 1
    while end < tables.need[p, STAY] and plan.place[p, end] == plan.place[p, k]:
        end += 1
    trial.party[i, OLD_START] = plan.start[p]
    trial.party[i, NEW_START] = plan.start[p]
    trial.party[i, BEGIN] = begin
    trial.party[i, END] = end
    trial.party[i, OLD_ROOM] = plan.place[p, k]


@inlined
def in_one_room(tables: Any, plan: Any, p: int) -> bool:
    for k in range(1, tables.need[p, STAY]):
        if plan.place[p, k] != plan.place[p, 0]:
            return False
    return True


@inner
def propose_room(tables: Any, plan: Any, trial: Any, kind: int, p: int, state: Any) -> int:
    """Patient ``p`` goes to another room: for a run of days, for part of it, or in exchange with who is there."""
    k = below(state, tables.need[p, STAY])
    take_run(tables, plan, trial, 0, p, k)
    room = promising(tables, p, state)
    begin, end = trial.party[0, BEGIN], trial.party[0, END]
    if kind == PART:
        if uniform(state) < 0.3:  # back to where they were before, or already now to where they go
            room = (
                plan.place[p, begin - 1]
                if begin > 0
                else plan.place[p, end]
                if end < tables.need[p, STAY]
                else room
            )
        elif uniform(state) < 0.5:
            trial.party[0, BEGIN] = k
        else:
            trial.party[0, END] = k + 1
    if room == trial.party[0, OLD_ROOM]:
        return 0
    trial.party[0, NEW_ROOM] = room
    if kind != SWAP:
        return 1
    d = plan.start[p] + k
    if plan.there[room, d] == 0:
        return 0
    q = plan.people[room, d, below(state, plan.there[room, d])]
    if tables.allowed[q, trial.party[0, OLD_ROOM]] == 0:
        return 0
    take_run(tables, plan, trial, 1, q, d - plan.start[q])
    trial.party[1, NEW_ROOM] = trial.party[0, OLD_ROOM]
    return 2


@inlined
def some_start(tables: Any, plan: Any, p: int, state: Any) -> int:
    """A day on which a stay may begin, by chance, half the time a near one."""
    first, latest = tables.need[p, FIRST], tables.need[p, LATEST]
    if plan.start[p] >= 0 and uniform(state) < 0.5:
        first, latest = max(first, plan.start[p] - NEAR), min(latest, plan.start[p] + NEAR)
    elif uniform(state) < 0.5:  # beds and theatres count first
        latest = min(latest, first + 4 * NEAR)
    return int(first + below(state, latest - first + 1))


@inlined
def other_start(tables: Any, plan: Any, p: int, state: Any) -> int:
    """A day on which a stay may begin, preferably one on which the theatre that it needs is open."""
    start, x, after = some_start(tables, plan, p, state), tables.need[p, SPECIALISM], tables.need[p, SURGERY]
    for _ in range(LOOKS):
        if x < 0 or tables.slots[x, start + after] > 0:
            break
        start = some_start(tables, plan, p, state)
    return start


@inlined
def room_from(tables: Any, plan: Any, p: int, start: int, state: Any) -> int:
    """A promising room, preferably with a bed on the first day and on the last."""
    room, last = promising(tables, p, state), start + tables.need[p, STAY] - 1
    for _ in range(LOOKS):
        beds = tables.beds[room]
        if plan.there[room, start] < beds and plan.there[room, last] < beds:
            break
        room = promising(tables, p, state)
    return room


@inlined
def partner(tables: Any, plan: Any, p: int, state: Any) -> int:
    """Another patient who is in, of the same theatres where ``p`` needs any; -1 when chance found none."""
    for _ in range(TRIES):
        q = below(state, tables.size[0])
        if q != p and plan.start[q] >= 0 and tables.need[q, SPECIALISM] == tables.need[p, SPECIALISM]:
            return q
    return -1


@inner
def propose_days(tables: Any, plan: Any, trial: Any, kind: int, p: int, state: Any) -> int:
    """Patient ``p`` comes on another day, or on that of another, who takes theirs or goes elsewhere."""
    if not in_one_room(tables, plan, p):
        return 0
    r = plan.place[p, 0]
    if kind == SHIFT:
        start = other_start(tables, plan, p, state)
        room = r if uniform(state) < 0.3 else room_from(tables, plan, p, start, state)
        aim(tables, plan, trial, 0, p, start, room)
        return 0 if start == plan.start[p] else 1
    room = r if uniform(state) < 0.5 else promising(tables, p, state)
    q = partner(tables, plan, p, state)
    if q < 0 or not in_one_room(tables, plan, q):
        return 0
    start = plan.start[q] + tables.need[q, SURGERY] - tables.need[p, SURGERY]
    back = plan.start[p] + tables.need[p, SURGERY] - tables.need[q, SURGERY]
    if kind == BUMP:
        back = other_start(tables, plan, q, state)
    if start < tables.need[p, FIRST] or start > tables.need[p, LATEST] or start == plan.start[p]:
        return 0
    if back < tables.need[q, FIRST] or back > tables.need[q, LATEST]:
        return 0
    other = plan.place[q, 0]
    if tables.allowed[p, other] == 1 and uniform(state) < 0.5:
        room = other
    aim(tables, plan, trial, 0, p, start, room)
    back_room = other if uniform(state) < 0.5 else room_from(tables, plan, q, back, state)
    if tables.allowed[q, r] == 1 and uniform(state) < 0.3:
        back_room = r
    aim(tables, plan, trial, 1, q, back, back_room)
    return 2


@inner
def propose_left_out(tables: Any, plan: Any, trial: Any, kind: int, p: int, state: Any) -> int:
    """Somebody who is left out comes in, perhaps in the place of another, who goes."""
    for _ in range(TRIES):
        if plan.start[p] < 0:
            break
        p = below(state, tables.size[0])
    if plan.start[p] >= 0:
        return 0
    start, room = other_start(tables, plan, p, state), promising(tables, p, state)
    aim(tables, plan, trial, 1, p, start, room)
    if kind == INSERT:
        aim(tables, plan, trial, 0, p, start, room)
        return 1
    d = start + below(state, tables.need[p, STAY])
    if plan.there[room, d] == 0:
        return 0
    q = plan.people[room, d, below(state, plan.there[room, d])]
    if not in_one_room(tables, plan, q):
        return 0
    aim(tables, plan, trial, 0, q, -1, -1)
    return 2


@inlined
def fits(tables: Any, plan: Any, trial: Any, i: int) -> bool:
    """Whether the lists of people have room for a party."""
    room = trial.party[i, NEW_ROOM]
    if room < 0:
        return True
    most = tables.beds[room] + SPARE_BEDS
    start = trial.party[i, NEW_START]
    for d in range(start + trial.party[i, BEGIN], start + trial.party[i, END]):
        if plan.there[room, d] >= most:
            return False
    return True


@inlined
def try_out(tables: Any, plan: Any, trial: Any, count: int, together: bool, limit: float) -> bool:
    """The proposed parties, together or one after the other, if they cost at most ``limit`` in all."""
    rounds = 1 if together else count
    hard, soft, done = 0, 0, 0
    for i in range(rounds):
        if not fits(tables, plan, trial, i) or (together and not fits(tables, plan, trial, 1)):
            break
        more_hard, more_soft = change(tables, plan, trial, i, together)
        hard += more_hard
        soft += more_soft
        if i == rounds - 1 and float(soft) + trial.hot[1] * float(hard) > limit:
            break
        done += 1
        if done < rounds:
            carry_out(tables, plan, trial.who[i], trial.party[i], False)
    accepted = done == rounds
    if accepted:
        add(plan, hard, soft)
    # What is left to do: the last party, and the one that goes with it; or the first one back.
    for i in range(0 if together or not accepted else rounds - 1, count if accepted else min(done, 1)):
        carry_out(tables, plan, trial.who[i], trial.party[i], not accepted)
    return accepted


@inlined
def move(tables: Any, plan: Any, trial: Any, kind: int, limit: float, state: Any) -> bool:
    """Try one move of a kind."""
    p = below(state, tables.size[0])
    if kind in (INSERT, REPLACE):
        count = propose_left_out(tables, plan, trial, kind, p, state)
    elif plan.start[p] < 0:
        return False
    elif kind in (ROOM, SWAP, PART):
        count = propose_room(tables, plan, trial, kind, p, state)
    else:
        count = propose_days(tables, plan, trial, kind, p, state)
    if count == 0:
        return False
    trial.counts[kind, 0] += 1
    return try_out(tables, plan, trial, count, kind == SWAP, limit)


@kernel
def anneal(tables: Any, plan: Any, best: Any, trial: Any, steps: int, mix: Any, hot: Any, state: Any) -> int:
    """So many moves at a temperature; the best plan, by hard units and then cost, goes to ``best``.

    mix float64 (kinds,): shares of the kinds of moves, summed up. hot float64 (2,): temperature, price of a hard unit.
    How many moves were taken.
    """
    trial.hot[0] = hot[0]
    trial.hot[1] = hot[1]
    done = 0
    for _ in range(steps):
        limit = -trial.hot[0] * np.log(1.0 - uniform(state))
        draw, kind = uniform(state), 0
        while kind < mix.shape[0] - 1 and draw >= mix[kind]:
            kind += 1
        if not move(tables, plan, trial, kind, limit, state):
            continue
        trial.counts[kind, 1] += 1
        done += 1
        if plan.total[HARD] < best.total[HARD] or (
            plan.total[HARD] == best.total[HARD] and plan.total[SOFT] < best.total[SOFT]
        ):
            keep(plan, best)
    return done


@inlined
def keep(plan: Any, best: Any) -> None:
    """What decides a plan, and its totals, from one to the other."""
    for p in range(plan.start.shape[0]):
        best.start[p] = plan.start[p]
        for k in range(plan.place.shape[1]):
            best.place[p, k] = plan.place[p, k]
    best.total[HARD] = plan.total[HARD]
    best.total[SOFT] = plan.total[SOFT]
