"""Nursing cover and ward pools: what new stays add to a ward's demand, minute by minute of the horizon.

A *pulse* is a load that a variable puts on a ward during ``[first, until)`` (minutes after now, cut to the
horizon); a stay that a transfer leaves gives a negative one. With slack(t) = supply(t) - demand of fixed stays:

Hard (floor, skills, pools), at every minute t:
    sum of loads of pulses that hold t  <=  max(0, slack(t))
so that no minute gets worse than it is. Rows that another row implies, or that cannot bind, are left out.

Soft rules are in ``excess.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from solver.engine.rule import Rule
from solver.engine.types import Bool, Int64
from solver.hospital import Ward
from solver.hospital.staff import NURSE_SHARES
from solver.placing import rules
from solver.placing.cpsat.excess import Measure, price_excess
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.movers import Moved
from solver.placing.cpsat.options import Options
from solver.placing.cpsat.pulses import POOLS, Load, Pulses, joined, load_of
from solver.placing.cpsat.scene import Scene

BALANCE_MINUTES = 60


@dataclass(frozen=True, slots=True)
class Limited:
    """What a row of cover limits: a rule, and of which skill."""

    rule: Rule
    skill: str | None = None


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
                for _, amounts, room in self._limits(number, pulses):
                    good[pulses.variable[_overloads(pulses, amounts, room)]] = False
        return good

    def add(self, model: LinearModel, main: Options, x: Int64) -> None:
        """Hard rows and soft prices of every ward."""
        for number, pulses in self._pulses(main, x):
            for _, amounts, room in self._limits(number, pulses):
                hard_rows(model, pulses, amounts, room)
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
                yield number, joined(parts)

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

    def _limits(self, number: int, pulses: Pulses) -> Iterator[tuple[Limited, Int64, Int64]]:
        """What is limited, amounts and the room left for them per minute, for each active hard rule of a ward."""
        ward, scene = self._wards[number], self._scene
        if scene.active(rules.NURSING_FLOOR):
            floor = [load.floor for load in pulses.loads]
            slack = self._slack(ward, self._supply(ward), lambda load: load.floor)
            yield Limited(rules.NURSING_FLOOR), pulses.amounts(floor), slack
        if scene.active(rules.SKILL_ON_DUTY):
            for skill in sorted({skill for load in pulses.loads for skill in load.skills}):
                yield Limited(rules.SKILL_ON_DUTY, skill), *self._skill(ward, skill, pulses)
        for place, pool in enumerate(POOLS):
            drawn = [load.pools[place] for load in pulses.loads]
            if any(drawn):
                supply = np.full(self._minutes, getattr(ward.pooled, pool), np.int64)
                yield (
                    Limited(rules.WARD_POOL),
                    pulses.amounts(drawn),
                    self._slack(ward, supply, _of_pool(place)),
                )

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
        target = Measure(minutes, slack, self._scene.weight(rules.NURSING_TARGET))
        balance = Measure(
            hours, (slack - supply + supply * 4 // 5)[hours], self._scene.weight(rules.NURSING_BALANCE)
        )
        price_excess(model, pulses, amounts, [target, balance], self._minutes, self._exact)


def _of_pool(place: int) -> Callable[[Load], int]:
    return lambda load: load.pools[place]


def _overloads(pulses: Pulses, amounts: Int64, room: Int64) -> Bool:
    """Which pulses alone exceed the room left at some minute they hold."""
    found = np.zeros(len(amounts), bool)
    for amount in np.unique(amounts[amounts > 0]):
        short = np.concatenate([[0], np.cumsum(np.maximum(room, 0) < amount)])
        these = amounts == amount
        found[these] = short[pulses.until[these]] > short[pulses.first[these]]
    return found


def hard_rows(model: LinearModel, pulses: Pulses, amounts: Int64, room: Int64) -> None:
    """Loads never exceed the room left, at any minute."""
    useful = (amounts != 0) & (pulses.first < pulses.until)
    if not (amounts[useful] > 0).any():
        return
    first, until, amount = pulses.first[useful], pulses.until[useful], amounts[useful]
    variable, request, bed = pulses.variable[useful], pulses.request[useful], pulses.bed[useful]
    parts: list[Terms] = []
    limits: list[int] = []
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
