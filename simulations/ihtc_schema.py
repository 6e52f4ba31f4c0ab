"""Checks an IHTC-2024 document at the door: every missing, misspelt or impossible value, all at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from solver.engine.errors import Problem

MAX_ROWS: Final = 100_000
MAX_DAYS: Final = 400
MAX_CAPACITY: Final = 1_000
MAX_LEVELS: Final = 12
REMEDY: Final = "See the competition's description of the instance format."
KINDS: Final[dict[str, tuple[str, type]]] = {
    "id": ("a text of 1 to 70 characters", str),
    "int": ("a whole number, 0 or more", int),
    "bool": ("true or false", bool),
    "gender": ("A or B", str),
    "list": ("a list", list),
}
COMMON: Final = {"id": "id", "gender": "gender", "length_of_stay": "int", "workload_produced": "list"}
FIELDS: Final[dict[str, dict[str, str]]] = {
    "rooms": {"id": "id", "capacity": "int"},
    "occupants": {**COMMON, "room_id": "id"},
    "patients": {
        **COMMON,
        "mandatory": "bool",
        "surgery_release_day": "int",
        "surgeon_id": "id",
        "incompatible_room_ids": "list",
    },
    "nurses": {"id": "id", "skill_level": "int", "working_shifts": "list"},
}


def problems_of(document: Any, name: str) -> list[Problem]:
    """Everything wrong with what the reader needs of a document; empty when it may be read."""
    if not isinstance(document, Mapping):
        return [Problem(name, type(document).__name__, "a JSON object", REMEDY)]
    found = list(_top(document, name))
    for collection, columns in FIELDS.items():
        rows = document.get(collection)
        if isinstance(rows, list) and len(rows) <= MAX_ROWS:
            for number, row in enumerate(rows):
                found += _row(row, columns, f"{name}, {collection}[{number}]")
    return found or list(_meetings(document, name))


def _top(document: Mapping[str, Any], name: str) -> Iterator[Problem]:
    days, shifts = document.get("days"), document.get("shift_types")
    if type(days) is not int or not 1 <= days <= MAX_DAYS:
        yield Problem(f"{name}, days", days, f"a whole number from 1 to {MAX_DAYS}", REMEDY)
    three = isinstance(shifts, list) and all(isinstance(s, str) for s in shifts) and len(set(shifts)) == 3
    if not three or len(shifts or ()) != 3:
        yield Problem(f"{name}, shift_types", shifts, "three different names", REMEDY)
    for collection in FIELDS:
        rows = document.get(collection)
        if not isinstance(rows, list):
            yield Problem(f"{name}, {collection}", type(rows).__name__, "a list", REMEDY)
        elif len(rows) > MAX_ROWS:
            yield Problem(f"{name}, {collection}", f"{len(rows)} rows", f"at most {MAX_ROWS}", REMEDY)


def _row(row: Any, columns: Mapping[str, str], where: str) -> Iterator[Problem]:
    if not isinstance(row, Mapping):
        yield Problem(where, type(row).__name__, "a JSON object", REMEDY)
        return
    for field, kind in columns.items():
        expected, _ = KINDS[kind]
        if field not in row:
            yield Problem(f"{where}, {field}", "nothing", expected, REMEDY)
        elif not _fits(row[field], kind):
            yield Problem(f"{where}, {field}", row[field], expected, REMEDY)
    if row.get("mandatory") is True and not _fits(row.get("surgery_due_day"), "int"):
        yield Problem(f"{where}, surgery_due_day", row.get("surgery_due_day"), KINDS["int"][0], REMEDY)


def _fits(value: Any, kind: str) -> bool:
    known = KINDS[kind][1]
    if not isinstance(value, known) or (isinstance(value, bool) and known is int):
        return False
    if isinstance(value, str):
        clean = value.isprintable() and value == value.strip() and 0 < len(value) <= 70
        return clean if kind == "id" else value in ("A", "B")
    return not isinstance(value, int) or 0 <= value <= 1_000_000


def _meetings(document: Mapping[str, Any], name: str) -> Iterator[Problem]:
    """What only shows when rows meet: duplicates, unknown rooms, days and shifts outside, amounts."""
    rooms, days = {room["id"] for room in document["rooms"]}, document["days"]
    people = [*document["occupants"], *document["patients"]]
    for collection, rows in (
        ("rooms", document["rooms"]),
        ("occupants and patients", people),
        ("nurses", document["nurses"]),
    ):
        for row_id, times in Counter(row["id"] for row in rows).items():
            if times > 1:
                yield Problem(f"{name}, {collection}, id {row_id!r}", f"{times} rows", "one", "Rename one.")
    for number, room in enumerate(document["rooms"]):
        if not 1 <= room["capacity"] <= MAX_CAPACITY:
            where = f"{name}, rooms[{number}], capacity"
            yield Problem(where, room["capacity"], f"1 to {MAX_CAPACITY}", REMEDY)
    for number, occupant in enumerate(document["occupants"]):
        if occupant["room_id"] not in rooms:
            where = f"{name}, occupants[{number}], room_id"
            yield Problem(where, occupant["room_id"], "an id of rooms", REMEDY)
        yield from _person(occupant, f"{name}, occupants[{number}]")
    for number, patient in enumerate(document["patients"]):
        yield from _patient(patient, f"{name}, patients[{number}]", rooms, days)
    for number, nurse in enumerate(document["nurses"]):
        yield from _nurse(nurse, f"{name}, nurses[{number}]", document)


def _person(row: Mapping[str, Any], where: str) -> Iterator[Problem]:
    if not 1 <= row["length_of_stay"] <= MAX_DAYS:
        yield Problem(f"{where}, length_of_stay", row["length_of_stay"], f"1 to {MAX_DAYS} days", REMEDY)
    if not all(_fits(amount, "int") for amount in row["workload_produced"]):
        yield Problem(f"{where}, workload_produced", row["workload_produced"], "whole numbers", REMEDY)


def _patient(row: Mapping[str, Any], where: str, rooms: set[str], days: int) -> Iterator[Problem]:
    yield from _person(row, where)
    release = row["surgery_release_day"]
    if release >= days:
        yield Problem(f"{where}, surgery_release_day", release, f"a day from 0 to {days - 1}", REMEDY)
    if row["mandatory"] and row["surgery_due_day"] < release:
        yield Problem(f"{where}, surgery_due_day", row["surgery_due_day"], f"{release} or later", REMEDY)
    for room_id in row["incompatible_room_ids"]:
        if not isinstance(room_id, str) or room_id not in rooms:
            yield Problem(f"{where}, incompatible_room_ids", room_id, "an id of rooms", REMEDY)


def _nurse(row: Mapping[str, Any], where: str, document: Mapping[str, Any]) -> Iterator[Problem]:
    if row["skill_level"] >= MAX_LEVELS:
        yield Problem(f"{where}, skill_level", row["skill_level"], f"0 to {MAX_LEVELS - 1}", REMEDY)
    seen = set()
    for number, worked in enumerate(row["working_shifts"]):
        place = f"{where}, working_shifts[{number}]"
        if not isinstance(worked, Mapping) or not _fits(worked.get("max_load"), "int"):
            yield Problem(place, worked, "an object with day, shift and max_load", REMEDY)
        elif not _fits(worked.get("day"), "int") or worked["day"] >= document["days"]:
            yield Problem(f"{place}, day", worked.get("day"), f"0 to {document['days'] - 1}", REMEDY)
        elif worked.get("shift") not in document["shift_types"]:
            yield Problem(f"{place}, shift", worked.get("shift"), "a name in shift_types", REMEDY)
        elif worked["day"] in seen:
            yield Problem(f"{place}, day", worked["day"], "one shift a day", REMEDY)
        else:
            seen.add(worked["day"])
