"""Drafts of rosters as jobs: a piece is a search, which keeps the best when it is stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.jobs.kinds import Document, Observer
from api.jobs.searches import as_found, rows_of, too_many, unbegun
from api.jobs.telling import Telling
from solver.engine.change_price import dearer
from solver.engine.result import Budget, Result
from solver.rostering.collisions import Collision, WayOut, collisions
from solver.rostering.formats_json import from_json, from_rows, rows
from solver.rostering.keeping import Before, Pin, broken_pins, changes, pinned, with_price
from solver.rostering.problem import Roster, RosterProblem
from solver.rostering.referee import Recount, recount
from solver.rostering.solve import METHOD, solve


class RosterDraft:
    """The kind of job. ``spec``: ``problem`` (``solver.rostering.formats_json``), ``seconds``, ``iterations`` (None:
    seconds count alone), ``workers``, ``seed``; ``pins``, ``before`` (rows of what was published, None: nothing),
    ``change_price`` and ``max_changes``."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """One; with too many changes another one, in which they are dearer."""
        if not done:
            return [{"change_price": spec["change_price"]}]
        last = done[-1]
        if not too_many(last, spec["max_changes"]):
            return []
        price = dearer(last["change_price"])
        return [] if price is None else [{"change_price": price}]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """Search; a piece that is stopped ends with the best roster it has."""
        plain, before, pins = from_json(spec["problem"]), _before(spec), _pins(spec)
        priced = pinned(plain, pins)
        if before is not None:
            priced = with_price(priced, before, piece["change_price"])
        budget = Budget(seconds=spec["seconds"], iterations=spec["iterations"])
        result = solve(priced, budget, spec["seed"], Telling(observer), spec["workers"])
        told = found(plain, priced, result)
        plan = from_rows(told["assignments"])
        differs = None if before is None or result.plan is None else changes(plain, before, plan)
        kept = result.plan is not None and not broken_pins(plan, pins)
        return {**told, "changes": differs, "pins_kept": kept, "change_price": piece["change_price"]}

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """The roster with the fewest changes too many, then the cheapest; nothing if it was stopped before it
        began."""
        most = spec["max_changes"]
        there = [one for one in done if one["cost"] is not None] or list(done)

        def rank(one: Document) -> tuple[bool, int, int]:
            return not one["verified"], too_many(one, most), one["cost"] or 0

        return min(there, key=rank) if there else nothing()


def _before(spec: Document) -> Before | None:
    if spec["before"] is None:
        return None
    worked = {(employee, day): shift for employee, day, shift in spec["before"]["worked"]}
    return Before(worked, frozenset(spec["before"]["days"]))


def _pins(spec: Document) -> list[Pin]:
    return [Pin(*pin) for pin in spec["pins"]]


def found(plain: RosterProblem, priced: RosterProblem, result: Result[Roster]) -> Document:
    """A result as JSON, counted rule by rule, with what stands against any plan where there is none."""
    plan = result.plan
    counted = None if plan is None else recount(plain, plan)
    rules = [] if counted is None else tallies(counted)
    return {
        **as_found(result, counted, rules, same=plain == priced),
        "collisions": [_collision(one) for one in collisions(priced)] if plan is None else [],
        "assignments": [] if plan is None else rows(plan),
    }


def nothing() -> Document:
    """Of a search that was stopped before it began."""
    return {**unbegun(METHOD), "collisions": [], "assignments": []}


def tallies(counted: Recount) -> list[dict[str, Any]]:
    """Every rule that is broken, how often, and what that costs."""
    return rows_of(tally for tally in counted.tallies if tally.count)


def _collision(one: Collision) -> Document:
    cheapest = None if one.cheapest is None else _way(one.cheapest)
    return {"staff_id": one.employee, "cheapest": cheapest, "alone": [_way(way) for way in one.alone]}


def _way(way: WayOut) -> dict[str, int]:
    return dict(way.units)
