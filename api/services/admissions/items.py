"""The items of a plan of admissions: which request comes when, into which room and theatre; or is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.errors import WrongState
from api.jobs.kinds import Document
from models.repositories.admissions import StoredPlan
from models.repositories.jobs import load_result, load_spec
from solver.hospital import Minute


@dataclass(frozen=True, slots=True)
class Item:
    """A request of a plan. ``start`` None: left out. ``beds``: any of them may be given. ``seen``: how the request
    stood when the plan was asked for."""

    request_id: str
    seen: list[Any]
    start: Minute | None = None
    day: int | None = None
    room_id: str | None = None
    beds: tuple[str, ...] = ()
    surgeon_id: str | None = None
    minutes: int = 0
    theatre_id: str | None = None


def items_of(connection: Connection, stored: StoredPlan) -> list[Item]:
    """Every item, in the order of the waiting list; raises ``WrongState`` where there is no plan."""
    result = result_of(connection, stored)
    return read_items(load_spec(connection, stored.job_id), result, stored.first_day)


def result_of(connection: Connection, stored: StoredPlan) -> Document:
    """What the job found; raises ``WrongState`` if that is no plan."""
    result = load_result(connection, stored.job_id)
    if result is None or result["cost"] is None:
        raise WrongState("There is no plan.", "Wait for the plan's job, or ask again with more time.")
    return result


def read_items(spec: Document, result: Document, first_day: int) -> list[Item]:
    """The items of what a job found."""
    given = {row[0]: row[1:] for row in result["admissions"]}
    return [_item(spec, told, given.get(p), first_day) for p, told in _in_order(spec)]


def _in_order(spec: Document) -> list[tuple[str, Mapping[str, Any]]]:
    """JSON keeps no order of members in every database."""
    return sorted(spec["requests"].items(), key=lambda one: int(one[0][1:]))


def _item(spec: Document, told: Mapping[str, Any], place: list[Any] | None, first_day: int) -> Item:
    surgeon, minutes = told["surgery"] or (None, 0)
    if place is None:
        return Item(told["request_id"], told["seen"], surgeon_id=surgeon or None, minutes=minutes)
    day, room, theatre = place
    where = spec["rooms"][room]
    return Item(
        told["request_id"],
        told["seen"],
        spec["moments"][day],
        first_day + day,
        where["room_id"],
        tuple(where["beds"]),
        surgeon or None if minutes else None,
        minutes,
        spec["theatres"].get(theatre) if minutes else None,
    )
