"""Nursing cover and ward pools: what new stays add to a ward's demand, minute by minute of the horizon.

A *pulse* is a load that a variable puts on a ward during ``[first, until)`` (minutes after now, cut to the
horizon); a stay that a transfer leaves gives a negative one. With slack(t) = supply(t) - demand of fixed stays:

Hard (floor, skills, pools), at every minute t:
    sum of loads of pulses that hold t  <=  max(0, slack(t))
so that no minute gets worse than it is. Rows that another row implies, or that cannot bind, are left out.

Soft (target at every minute, balance at every full hour), price p per share and minute above supply:
    increase(t) = max(0, level(t) - slack(t)) - max(0, -slack(t)),     level(t) = sum of loads that hold t
Where slack(t) <= -(most that can leave), the increase is the level itself: a price on each pulse. Where
slack(t) >= (most that can come), it is 0. Only in between there are variables, one per set of minutes that
see the same pulses and slack; levels follow from one set to the next by what starts and ends between. A ward
with very many such sets takes them together in blocks, which understates their price a little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import Care, Person, PooledCapacity, Ward
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.movers import Moved
from solver.placing.cpsat.options import Options
from solver.placing.cpsat.scene import Scene
from solver.placing.records import Records

BALANCE_MINUTES = 60

MOST_STRETCHES = 400
"""Stretches of a ward with variables of their own. A district that is full has 270 a ward; half empty, with
1,000, the relaxation takes five times as long as without."""

BLOCKS = 24
"""Blocks of time into which the stretches of a ward with more are taken together."""

POOLS = tuple(pool.name for pool in fields(PooledCapacity))


@dataclass(frozen=True, slots=True)
class Load:
    """What one stay asks of one ward: shares of nurses, skills, pools."""

    floor: int
    target: int
    skills: frozenset[str]
    pools: tuple[int, ...]


def load_of(person: Person, care: Care, ward: Ward, records: Records) -> Load:
    """A stay's load on a ward."""
    ratio = records.ratio(ward, care.care_level)
    floor = 0 if ratio is None else NURSE_SHARES // ratio.floor_patients
    target = 0 if ratio is None else NURSE_SHARES // ratio.target_patients
    if person.one_to_one:
        floor = target = NURSE_SHARES
    return Load(floor, target, care.skills, tuple(getattr(care.pooled, pool) for pool in POOLS))


@dataclass(frozen=True, slots=True)
class Pulses:
    """Loads on one ward; arrays (n_pulses,). ``owner`` numbers ``loads``; ``sign`` -1 where load is taken off;
    ``bed`` and ``request`` as in the options (-1 for what leaves)."""

    variable: Int64
    first: Int64
    until: Int64
    owner: Int64
    sign: Int64
    bed: Int64
    request: Int64
    loads: list[Load]

    def amounts(self, of_load: list[int]) -> Int64:
        """Signed amount of each pulse, given the amount of each load."""
        return np.array(of_load, np.int64)[self.owner] * self.sign


class CoverRows:
    """Adds the rows of every ward to a model."""

    def __init__(self, scene: Scene, moved: tuple[Moved, ...], exact: bool = False) -> None:
        self._scene = scene
        self._exact = exact
        self._moved = moved
        self._wards = list(scene.records.wards.values())
        self._minutes = scene.records.options.cover_horizon_minutes

    def admitted(self, main: Options) -> Bool:
        """Which places do not overload their ward all by themselves; all of wards that somebody leaves."""
        good = np.ones(main.size, bool)
        left = {int(self._scene.beds.ward[self._scene.stays.bed[moved.stay]]) for moved in self._moved}
        for number, pulses in self._pulses(main, np.arange(main.size)):
            if number not in left:
                for amounts, room in self._limits(number, pulses):
                    good[pulses.variable[_overloads(pulses, amounts, room)]] = False
        return good

    def add(self, model: LinearModel, main: Options, x: Int64) -> None:
        """Hard rows and soft prices of every ward."""
        for number, pulses in self._pulses(main, x):
            for amounts, room in self._limits(number, pulses):
                _hard_rows(model, pulses, amounts, room)
            self._soft(model, number, pulses)

    def _pulses(self, main: Options, x: Int64) -> Iterator[tuple[int, Pulses]]:
        """The pulses of each ward that has any."""
        of_option = self._scene.beds.ward[main.bed]
        for number, ward in enumerate(self._wards):
            here = np.flatnonzero(of_option == number)
            parts = [self._new(ward, main.chosen(here), x[here])] if len(here) else []
            for moved in self._moved:
                bed = self._scene.stays.bed[moved.stay]
                if self._scene.beds.ward[bed] == number and self._scene.stays.main[moved.stay]:
                    own = main.request == moved.request
                    parts.append(self._left(ward, moved, main.chosen(own), x[own]))
            if parts:
                yield number, _joined(parts)

    def _new(self, ward: Ward, main: Options, x: Int64) -> Pulses:
        scene = self._scene
        requests, owner = np.unique(main.request, return_inverse=True)
        loads = [load_of(scene.person(r), scene.requests[r].care, ward, scene.records) for r in requests]
        first, until = self._clipped(main.start), self._clipped(main.end)
        return Pulses(x, first, until, owner, np.ones(main.size, np.int64), main.bed, main.request, loads)

    def _left(self, ward: Ward, moved: Moved, main: Options, x: Int64) -> Pulses:
        """The stay left ends at the start, if that is before its end: its load is taken off from then on."""
        scene = self._scene
        stay = scene.stays.records[moved.stay]
        load = load_of(scene.records.persons[stay.person_id], stay.care, ward, scene.records)
        first = self._clipped(np.clip(main.start, stay.start, stay.end))
        until = np.full(main.size, self._clipped(np.array(stay.end)))
        nowhere, owner = np.full(main.size, -1), np.zeros(main.size, np.int64)
        return Pulses(x, first, until, owner, np.full(main.size, -1), nowhere, main.request, [load])

    def _clipped(self, minutes: Int64) -> Int64:
        return np.clip(minutes - self._scene.now, 0, self._minutes)

    def _limits(self, number: int, pulses: Pulses) -> Iterator[tuple[Int64, Int64]]:
        """Amounts and the room left for them per minute, for each active hard rule of a ward."""
        ward, scene = self._wards[number], self._scene
        if scene.active(rules.NURSING_FLOOR):
            floor = [load.floor for load in pulses.loads]
            yield pulses.amounts(floor), self._slack(ward, self._supply(ward), lambda load: load.floor)
        if scene.active(rules.SKILL_ON_DUTY):
            for skill in sorted({skill for load in pulses.loads for skill in load.skills}):
                yield self._skill(ward, skill, pulses)
        for place, pool in enumerate(POOLS):
            drawn = [load.pools[place] for load in pulses.loads]
            if any(drawn):
                supply = np.full(self._minutes, getattr(ward.pooled, pool), np.int64)
                yield pulses.amounts(drawn), self._slack(ward, supply, lambda load, at=place: load.pools[at])

    def _skill(self, ward: Ward, skill: str, pulses: Pulses) -> tuple[Int64, Int64]:
        shares = [load.floor if skill in load.skills else 0 for load in pulses.loads]
        supply = self._supply(ward, skill)
        slack = self._slack(ward, supply, lambda load: load.floor if skill in load.skills else 0)
        return pulses.amounts(shares), slack

    def _supply(self, ward: Ward, skill: str | None = None) -> Int64:
        """Shares of nurses on duty per minute."""
        records, steps = self._scene.records, np.zeros(self._minutes + 1, np.int64)
        for shift_id in records.shifts_of_ward.get(ward.id, ()):
            shift = records.shifts[shift_id]
            staff = records.staff[shift.staff_id]
            if staff.student or (skill is not None and skill not in staff.skills):
                continue
            for piece in shift.on_duty():
                self._step(steps, piece.start, piece.end, NURSE_SHARES)
        return np.cumsum(steps)[:-1]

    def _slack(self, ward: Ward, supply: Int64, amount: Callable[[Load], int]) -> Int64:
        """Supply less what fixed stays take, per minute; negative where it is short already."""
        records, steps = self._scene.records, np.zeros(self._minutes + 1, np.int64)
        for room_id in records.rooms_of_ward.get(ward.id, ()):
            for stay in records.room_stays(room_id):
                if stay.with_stay_id is None:
                    load = load_of(records.persons[stay.person_id], stay.care, ward, records)
                    self._step(steps, stay.start, stay.end, amount(load))
        return supply - np.cumsum(steps)[:-1]

    def _step(self, steps: Int64, start: int, end: int, amount: int) -> None:
        first = min(max(start - self._scene.now, 0), self._minutes)
        until = min(max(end - self._scene.now, 0), self._minutes)
        if first < until:
            steps[first] += amount
            steps[until] -= amount

    def _soft(self, model: LinearModel, number: int, pulses: Pulses) -> None:
        """Target at every minute, balance at every full hour."""
        ward, amounts = self._wards[number], pulses.amounts([load.target for load in pulses.loads])
        supply = self._supply(ward)
        slack = self._slack(ward, supply, lambda load: load.target)
        minutes = np.arange(self._minutes)
        hours = minutes[(minutes + self._scene.now) % BALANCE_MINUTES == 0]
        reach = Reach.of(pulses, amounts, self._minutes)
        target = Measure(minutes, slack, self._scene.weight(rules.NURSING_TARGET))
        balance = Measure(
            hours, (slack - supply + supply * 4 // 5)[hours], self._scene.weight(rules.NURSING_BALANCE)
        )
        parts = [_priced(model, pulses, amounts, measure, reach) for measure in (target, balance)]
        _excess(model, pulses, amounts, np.concatenate(parts), reach, self._exact)


@dataclass(frozen=True, slots=True)
class Measure:
    """Where a soft rule looks: minutes, slack at each, price of a share above it."""

    minutes: Int64
    slack: Int64
    price: int


@dataclass(frozen=True, slots=True)
class Reach:
    """The most that can come and leave at each minute of the horizon."""

    come: Int64
    leave: Int64

    @classmethod
    def of(cls, pulses: Pulses, amounts: Int64, minutes: int) -> Reach:
        """Per bed, or per request if that is less, its largest load counts once."""
        coming, leaving = amounts > 0, amounts < 0
        by_bed = _most(pulses.bed, pulses, amounts, coming, minutes)
        by_request = _most(pulses.request, pulses, amounts, coming, minutes)
        return cls(np.minimum(by_bed, by_request), _most(pulses.request, pulses, -amounts, leaving, minutes))


def _most(key: Int64, pulses: Pulses, amounts: Int64, some: Bool, minutes: int) -> Int64:
    """Sum over keys of the largest amount present, per minute."""
    total = np.zeros(minutes, np.int64)
    for one in np.unique(key[some]):
        mine = some & (key == one)
        best = np.zeros(minutes, np.int64)
        for amount in np.unique(amounts[mine]):
            level = mine & (amounts == amount)
            steps = np.zeros(minutes + 1, np.int64)
            np.add.at(steps, pulses.first[level], 1)
            np.add.at(steps, pulses.until[level], -1)
            best[np.cumsum(steps)[:-1] > 0] = amount
        total += best
    return total


def _overloads(pulses: Pulses, amounts: Int64, room: Int64) -> Bool:
    """Which pulses alone exceed the room left at some minute they hold."""
    found = np.zeros(len(amounts), bool)
    for amount in np.unique(amounts[amounts > 0]):
        short = np.concatenate([[0], np.cumsum(np.maximum(room, 0) < amount)])
        these = amounts == amount
        found[these] = short[pulses.until[these]] > short[pulses.first[these]]
    return found


def _hard_rows(model: LinearModel, pulses: Pulses, amounts: Int64, room: Int64) -> None:
    """Loads never exceed the room left, at any minute."""
    useful = (amounts != 0) & (pulses.first < pulses.until)
    if not (amounts[useful] > 0).any():
        return
    first, until, amount = pulses.first[useful], pulses.until[useful], amounts[useful]
    variable, request, bed = pulses.variable[useful], pulses.request[useful], pulses.bed[useful]
    parts, limits = [], []
    for moment, limit in _binding(first, until, amount, np.maximum(room, 0)):
        here = (first <= moment) & (moment < until)
        if _largest(amount[here], request[here], bed[here]) > limit:
            parts.append(Terms.of(len(limits), variable[here], amount[here]))
            limits.append(limit)
    model.rows(len(limits), Terms.joined(parts), -INFINITE, np.array(limits, np.int64))


def _largest(amount: Int64, request: Int64, bed: Int64) -> int:
    """At most this much is added by places of which each request, and each bed, takes one."""
    totals = []
    for key in (request, np.where(bed < 0, -2 - request, bed)):
        _, group = np.unique(key, return_inverse=True)
        best = np.zeros(len(key) + 1, np.int64)
        np.maximum.at(best, group, amount)
        totals.append(int(best.sum()))
    return min(totals)


def _binding(first: Int64, until: Int64, amount: Int64, room: Int64) -> Iterator[tuple[int, int]]:
    """Minutes, with the room left there, whose rows imply the rows of all other minutes.

    A stretch sees the same pulses throughout. A later stretch implies an earlier one if nothing was taken off
    in between and it has no more room; likewise the other way round.
    """
    changes = np.flatnonzero(np.diff(room)) + 1
    bounds = np.unique(np.concatenate([first, until, changes, [0]]))
    bounds = bounds[bounds < len(room)]
    more = np.isin(bounds, np.concatenate([first[amount > 0], until[amount < 0]]))
    less = np.isin(bounds, np.concatenate([until[amount > 0], first[amount < 0]]))
    kept: list[tuple[int, int, bool, bool]] = []
    grew = shrank = False
    for moment, is_more, is_less in zip(bounds.tolist(), more.tolist(), less.tolist(), strict=True):
        grew, shrank, limit = grew or is_more, shrank or is_less, int(room[moment])
        while kept and not shrank and limit <= kept[-1][1]:
            _, _, grew_before, shrank_before = kept.pop()
            grew, shrank = grew or grew_before, shrank or shrank_before
        if kept and not grew and kept[-1][1] <= limit:
            continue
        kept.append((moment, limit, grew, shrank))
        grew = shrank = False
    yield from ((moment, limit) for moment, limit, _, _ in kept)


def _priced(model: LinearModel, pulses: Pulses, amounts: Int64, measure: Measure, reach: Reach) -> Int64:
    """Charge pulses where every share counts; return the minutes in between as (minute, slack, price) rows."""
    if measure.price == 0 or not len(measure.minutes):
        return np.zeros((0, 3), np.int64)
    come, leave = reach.come[measure.minutes], reach.leave[measure.minutes]
    full = measure.slack <= -leave
    counts = np.zeros(len(reach.come) + 1, np.int64)
    np.add.at(counts, measure.minutes[full] + 1, 1)
    before = np.cumsum(counts)
    model.add_cost(pulses.variable, measure.price * amounts * (before[pulses.until] - before[pulses.first]))
    open_ones = ~full & (measure.slack < come)
    price = np.full(open_ones.sum(), measure.price)
    return np.stack([measure.minutes[open_ones], measure.slack[open_ones], price], axis=1)


def _excess(
    model: LinearModel, pulses: Pulses, amounts: Int64, samples: Int64, reach: Reach, exact: bool
) -> None:
    """Excess at the minutes that are left, per stretch of minutes that see the same pulses and slack."""
    if not len(samples):
        return
    bounds = np.unique(np.concatenate([pulses.first, pulses.until]))
    stretch = np.searchsorted(bounds, samples[:, 0], side="right")
    stretches, at = np.unique(stretch, return_inverse=True)
    moments = np.zeros(len(stretches), np.int64)
    moments[at] = samples[:, 0]
    keys, group = np.unique(np.stack([at, samples[:, 1]], axis=1), axis=0, return_inverse=True)
    price = np.zeros(len(keys), np.int64)
    np.add.at(price, group.ravel(), samples[:, 2])
    found = Stretches(moments, keys[:, 0], keys[:, 1], price)
    model.constant -= int((price * np.maximum(0, -found.slack)).sum())
    if exact or len(keys) <= MOST_STRETCHES:
        _chain(model, pulses, amounts, found, reach)
    else:
        _blocks(model, pulses, amounts, found, reach)


@dataclass(frozen=True, slots=True)
class Stretches:
    """``moments``: a minute for each set of pulses, in order. Per stretch: its place in ``moments``, its slack,
    and the price of a share above it (the prices of its minutes added up)."""

    moments: Int64
    at: Int64
    slack: Int64
    price: Int64


def _chain(model: LinearModel, pulses: Pulses, amounts: Int64, stretches: Stretches, reach: Reach) -> None:
    """A variable for each level and for each stretch's excess: exact."""
    level = _levels(model, pulses, amounts, stretches.moments, reach)
    count = len(stretches.at)
    most = np.maximum(0, reach.come[stretches.moments][stretches.at] - stretches.slack)
    excess = model.variables(count, most, stretches.price)
    rows = np.arange(count)
    parts = [Terms.of(rows, level[stretches.at], 1), Terms.of(rows, excess, -1)]
    model.rows(count, Terms.joined(parts), -INFINITE, stretches.slack)
    model.derive(excess, parts[0], -stretches.slack)


def _blocks(model: LinearModel, pulses: Pulses, amounts: Int64, stretches: Stretches, reach: Reach) -> None:
    """One excess for all stretches of a block of time: the positive part of a sum is at most the sum of the
    positive parts, so costs are never overstated and a bound stays a bound."""
    block = stretches.at * BLOCKS // len(stretches.moments)
    for one in np.unique(block):
        mine = block == one
        at, price = stretches.at[mine], stretches.price[mine]
        total = np.concatenate(
            [[0], np.cumsum(np.bincount(at, price, len(stretches.moments)).astype(np.int64))]
        )
        begin = np.searchsorted(stretches.moments, pulses.first)
        stop = np.searchsorted(stretches.moments, pulses.until)
        weight = amounts * (total[stop] - total[begin])
        useful = np.flatnonzero(weight)
        slack = int((price * stretches.slack[mine]).sum())
        most = int((price * reach.come[stretches.moments][at]).sum()) - slack
        if most > 0 and len(useful):
            excess = model.variables(1, most, 1)
            terms = Terms.of(0, pulses.variable[useful], weight[useful])
            model.rows(1, Terms.joined([terms, Terms.of(0, excess, -1)]), -INFINITE, slack)
            model.derive(excess, terms, -slack)


def _levels(model: LinearModel, pulses: Pulses, amounts: Int64, moments: Int64, reach: Reach) -> Int64:
    """Variables for the level at each of some minutes, each from the one before."""
    count = len(moments)
    level = model.variables(count, reach.come[moments], 0, -reach.leave[moments])
    begin = np.searchsorted(moments, pulses.first)
    stop = np.searchsorted(moments, pulses.until)
    useful = (begin < stop) & (amounts != 0)
    ends = useful & (stop < count)
    rows = np.arange(count)
    changes = [
        Terms.of(begin[useful], pulses.variable[useful], amounts[useful]),
        Terms.of(stop[ends], pulses.variable[ends], -amounts[ends]),
    ]
    links = [Terms.of(rows, level, -1), Terms.of(rows[1:], level[:-1], 1), *changes]
    model.rows(count, Terms.joined(links), 0, 0)
    _derive_levels(model, level, changes, count)
    return level


def _derive_levels(model: LinearModel, level: Int64, changes: list[Terms], count: int) -> None:
    """Each level is the one before plus the change: said level by level, in order."""
    change = Terms.joined(changes)
    order = np.argsort(change.row, kind="stable")
    row, column, amount = change.row[order], change.column[order], change.coefficient[order]
    first = np.searchsorted(row, np.arange(count + 1))
    for number in range(count):
        some = slice(first[number], first[number + 1])
        parts = [Terms.of(0, column[some], amount[some])]
        if number:
            parts.append(Terms.of(0, level[number - 1 : number], 1))
        model.derive(level[number : number + 1], Terms.joined(parts))


def _joined(parts: list[Pulses]) -> Pulses:
    loads: list[Load] = []
    owners = []
    for part in parts:
        owners.append(part.owner + len(loads))
        loads += part.loads
    names = ("variable", "first", "until")
    first = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    last = [np.concatenate([getattr(part, name) for part in parts]) for name in ("sign", "bed", "request")]
    return Pulses(*first, np.concatenate(owners), *last, loads)
