"""Repairs of a hospital's bookings as jobs: one piece, choices tried until the time is over or somebody stops it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from api.jobs.kinds import Document, Observer
from solver.engine.result import Budget
from solver.equipment.formats import booking_from_json
from solver.equipment.problem import BookingPlan, Served
from solver.equipment.repair import Outage, Repair, repair


class EquipmentRepair:
    """The kind of job. ``spec``: ``bookings`` (a document as docs/equipment.md tells it), ``plan`` (rows of request,
    unit, start), ``outages`` (rows of unit, from, until), ``changes``, ``rounds``, ``seconds`` and ``seed``."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        """One: each choice is compared with the best one so far."""
        return [] if done else [{}]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        """Try choices of those that may change, the time shared out among them."""
        began, seconds = time.monotonic(), float(spec["seconds"])

        def over() -> bool:
            return observer.stopped() or time.monotonic() - began >= seconds

        return _repaired(spec, spec["rounds"], Budget(seconds=seconds / (1 + spec["rounds"])), over)

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        """What was found; of a job that was stopped before it began, the repair in which nobody else changes."""
        return done[0] if done else _repaired(spec, 0, Budget(iterations=1), lambda: True)


def _repaired(spec: Document, rounds: int, budget: Budget, over: Callable[[], bool]) -> Document:
    before = BookingPlan(tuple(Served(*row) for row in spec["plan"]))
    found = repair(
        booking_from_json(spec["bookings"]),
        before,
        (Outage(*row) for row in spec["outages"]),
        0,
        spec["changes"],
        rounds,
        spec["seed"],
        budget,
        over,
    )
    return _told(found)


def _told(found: Repair) -> Document:
    """What became of every booking that is not as it was; no unit and start: none any more."""
    after = {one.request_id: one for one in found.plan.served}
    return {
        "verified": found.verified,
        "cost": found.cost,
        "lines": [
            {
                "request_id": one,
                "outcome": outcome,
                "unit_id": after[one].unit_id if one in after else None,
                "start_minute": after[one].start if one in after else None,
            }
            for outcome, ids in (("moved", found.moved), ("lost", found.lost), ("changed", found.changed))
            for one in ids
        ],
    }
