"""Files of the room: bookings as JSON, fixed bookings as SMPTSP text (``.dat``, ``.dat.gz``), plans as CSV.

Keys of a JSON instance as a whole that the room does not know (a name of its origin, a yardstick) are passed over: no
answer is read from an instance. In devices, requests and weights they are refused: a word misspelt would take a rule
away. Whatever is wrong is refused with every fault named.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

from solver.engine.errors import InvalidInstance, Problem, refuse_if_any
from solver.equipment.formats_fleet import fleet_from_text, is_whole
from solver.equipment.maintenance import DUE_PRIORITY, TECHNICIAN, Due, with_maintenance
from solver.equipment.problem import (
    UNSERVED,
    BookingPlan,
    BookingProblem,
    BookingRequest,
    BookingWeights,
    FleetPlan,
    FleetProblem,
    PlannedUnit,
    Served,
)
from solver.equipment.recurring import MOST_TIMES, recurring
from solver.hospital.door import MAX_MINUTE

MOST_BYTES: Final = 1_000_000_000
"""Largest file read, unpacked."""

BOOKING_HEADER: Final = ("request", "device", "start")
FLEET_HEADER: Final = ("job", "device")

UNIT_KEYS: Final = ("id", "type", "home", "unavailable")
REQUEST_KEYS: Final = (
    *("id", "types", "ward", "earliest", "latest_start", "duration", "clean", "priority"),
    *("kit", "every", "times", "only", "waits"),
)
DUE_KEYS: Final = ("id", "device", "earliest", "latest_start", "duration", "priority")
TECHNICIAN_KEYS: Final = ("id", "home", "unavailable")


def read_problem(path: Path) -> BookingProblem | FleetProblem:
    """A problem from a file, told apart by its first character. Raises InvalidInstance, OSError."""
    text = _text(path)
    return (
        booking_from_json(text, path.name) if text.lstrip()[:1] == "{" else fleet_from_text(text, path.name)
    )


def booking_from_json(text: str, name: str = "bookings") -> BookingProblem:
    """Bookings with windows."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise InvalidInstance([Problem(name, str(error), "JSON", "Correct the file.")]) from None
    except RecursionError:
        raise InvalidInstance([Problem(name, "nested", "JSON of few levels", "Correct the file.")]) from None
    if not isinstance(raw, dict):
        raise InvalidInstance([Problem(name, raw, "one JSON object", "Correct the file.")])
    return _Reading(name).booking(raw)


class _Reading:
    """One reading of a JSON instance: collects what has the wrong shape."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.problems: list[Problem] = []

    def booking(self, raw: Mapping[str, Any]) -> BookingProblem:
        wards = tuple(self._listed(raw, "", "wards", str))
        transport = tuple(tuple(row) for row in self._listed(raw, "", "transport", list))
        units = [self._unit(one, place) for place, one in enumerate(self._listed(raw, "", "devices", dict))]
        requests = [
            request
            for place, one in enumerate(self._listed(raw, "", "requests", dict))
            for request in self._request(one, place)
        ]
        horizon = self._value(raw, "", "horizon", int, MAX_MINUTE)
        from_home = self._value(raw, "", "from_home", bool, False)
        weights = self._weights(raw)
        works = [
            self._due(one, place) for place, one in enumerate(self._listed(raw, "", "maintenance", dict, ()))
        ]
        listed = self._listed(raw, "", "technicians", dict, ())
        crew = [self._technician(one, place) for place, one in enumerate(listed)]
        if self.problems:
            self._own_problems([*units, *crew], requests, horizon)
        refuse_if_any(self.problems)
        problem = BookingProblem(
            wards,
            transport,
            tuple(unit for unit in units if unit),
            tuple(requests),
            weights,
            horizon,
            str(raw.get("name", self.name)),
            from_home,
        )
        due = [work for work in works if work]
        return with_maintenance(problem, due, [one for one in crew if one]) if due or crew else problem

    def _own_problems(
        self, units: list[PlannedUnit | None], requests: list[BookingRequest], horizon: object
    ) -> None:
        """Of the records that have the right shape, so that one reading names every fault there is."""
        for unit in units:
            self.problems.extend(unit.problems() if unit else ())
        end = horizon if isinstance(horizon, int) else MAX_MINUTE
        for request in requests:
            self.problems.extend(request.problems(end))

    def _due(self, raw: Mapping[str, Any], place: int) -> Due | None:
        before, where = len(self.problems), _where("maintenance", place, raw)
        self._known(raw, where, DUE_KEYS)
        id_, unit = (self._value(raw, where, name, str) for name in ("id", "device"))
        times = [self._value(raw, where, name, int) for name in ("earliest", "latest_start", "duration")]
        priority = [self._value(raw, where, "priority", int, DUE_PRIORITY)]
        return None if len(self.problems) > before else Due(id_, unit, *times, *priority)

    def _technician(self, raw: Mapping[str, Any], place: int) -> PlannedUnit | None:
        self._known(raw, _where("technicians", place, raw), TECHNICIAN_KEYS)
        return self._unit({**raw, "type": TECHNICIAN}, place, "technicians")

    def _unit(self, raw: Mapping[str, Any], place: int, field: str = "devices") -> PlannedUnit | None:
        before, where = len(self.problems), _where(field, place, raw)
        self._known(raw, where, UNIT_KEYS)
        id_, type_id, home = (self._value(raw, where, name, str) for name in ("id", "type", "home"))
        away = self._listed(raw, where, "unavailable", list, ())
        if len(self.problems) > before:
            return None
        return PlannedUnit(id_, type_id, home, tuple(tuple(window) for window in away))

    def _request(self, raw: Mapping[str, Any], place: int) -> Iterator[BookingRequest]:
        """The request, once for each time that it comes."""
        before, where = len(self.problems), _where("requests", place, raw)
        self._known(raw, where, REQUEST_KEYS)
        id_, ward = (self._value(raw, where, name, str) for name in ("id", "ward"))
        kit = [self._value(raw, where, "kit", str, "")]
        only = tuple(self._listed(raw, where, "only", str, ()))
        waits = self._value(raw, where, "waits", bool, True)
        types = tuple(self._listed(raw, where, "types", str))
        times = [self._value(raw, where, name, int) for name in ("earliest", "latest_start", "duration")]
        rest = [self._value(raw, where, name, int, usual) for name, usual in (("clean", 0), ("priority", 1))]
        every, often = (self._value(raw, where, name, int, 1) for name in ("every", "times"))
        for name, value, most in (("every", every, MAX_MINUTE), ("times", often, MOST_TIMES)):
            if type(value) is int and not 1 <= value <= most:
                spot = f"{self.name}, {where}, {name}"
                self.problems.append(Problem(spot, value, f"a whole number from 1 to {most}", "Correct it."))
        if ("every" in raw) != ("times" in raw):
            spot = f"{self.name}, {where}, every, times"
            expected = "both or neither"
            self.problems.append(Problem(spot, None, expected, "Say how far apart, and how often."))
        if len(self.problems) == before:
            request = BookingRequest(id_, types, ward, *times, *rest, *kit)
            yield from recurring([replace(request, only=only, waits=waits)], every, often)

    def _weights(self, raw: Mapping[str, Any]) -> BookingWeights:
        given = self._value(raw, "", "weights", dict, {})
        usual = BookingWeights()
        names = ("unserved", "wait", "transport")
        if not isinstance(given, dict):
            return usual
        self._known(given, "weights", names)
        return BookingWeights(
            *(self._value(given, "weights", name, int, getattr(usual, name)) for name in names)
        )

    def _known(self, raw: Mapping[str, Any], where: str, names: tuple[str, ...]) -> None:
        """Note every key that is none of ``names``."""
        for key in raw:
            if key not in names:
                spot = f"{self.name}, {where}"
                self.problems.append(Problem(spot, key, f"one of {', '.join(names)}", "Correct the key."))

    def _value(self, raw: Mapping[str, Any], where: str, name: str, kind: type, usual: object = None) -> Any:
        """The field's value, of the kind wanted; a fault is noted otherwise."""
        if name not in raw and usual is not None:
            return usual
        value = raw.get(name)
        if type(value) is not kind:
            spot = f"{self.name}, {where + ', ' if where else ''}{name}"
            self.problems.append(Problem(spot, value, _KINDS[kind], "Give or correct the field."))
        return value

    def _listed(
        self, raw: Mapping[str, Any], where: str, name: str, kind: type, usual: object = None
    ) -> list[Any]:
        """A field that is a list of one kind; what is of another kind is noted and left out."""
        values = self._value(raw, where, name, list, usual)
        if not isinstance(values, list):
            return []
        for place, value in enumerate(values):
            if type(value) is not kind:
                spot = f"{self.name}, {where + ', ' if where else ''}{name}[{place}]"
                self.problems.append(Problem(spot, value, _KINDS[kind], "Correct it."))
        return [value for value in values if type(value) is kind]


_KINDS: Final = {
    bool: "true or false",
    str: "a text",
    int: "a whole number",
    list: "a list",
    dict: "an object",
}


def _where(field: str, place: int, raw: Mapping[str, Any]) -> str:
    named = raw.get("id")
    return f"{field}[{place}] ({named!r})" if isinstance(named, str) else f"{field}[{place}]"


def write_bookings(problem: BookingProblem) -> str:
    """A problem as the JSON document that ``booking_from_json`` reads."""
    document = {
        "name": problem.name,
        "horizon": problem.horizon,
        "wards": problem.wards,
        "transport": problem.transport,
        "from_home": problem.from_home,
        "weights": asdict(problem.weights),
        "devices": [
            {"id": one.id, "type": one.type_id, "home": one.home, "unavailable": one.unavailable}
            for one in problem.units
        ],
        "requests": [
            {"types" if name == "type_ids" else name: value for name, value in asdict(one).items()}
            for one in problem.requests
        ],
    }
    return json.dumps(document)


def write_booking_plan(plan: BookingPlan) -> str:
    """``request,device,start``; who has no row stays unserved."""
    return _csv(BOOKING_HEADER, ((one.request_id, one.unit_id, one.start) for one in plan.served))


def write_fleet_plan(plan: FleetPlan) -> str:
    """``job,device``, both counted from 0."""
    return _csv(FLEET_HEADER, enumerate(plan.unit_of))


def _csv(header: tuple[str, ...], rows: Any) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def read_booking_plan(path: Path, problem: BookingProblem) -> BookingPlan:
    """A plan of ``problem``. Raises InvalidInstance for rows that name what the problem does not hold."""
    problems: list[Problem] = []
    requests, units = {one.id for one in problem.requests}, {one.id for one in problem.units}
    served = []
    for line, row in _rows(path, BOOKING_HEADER, problems):
        request, unit, start = row
        where = f"{path.name}, line {line}"
        if request not in requests:
            problems.append(Problem(f"{where}, request", request, "a request of the instance", "Correct it."))
        if unit not in units:
            problems.append(Problem(f"{where}, device", unit, "a device of the instance", "Correct it."))
        if not is_whole(start):
            problems.append(Problem(f"{where}, start", start, "whole minutes from 0", "Correct it."))
        else:
            served.append(Served(request, unit, int(start)))
    refuse_if_any(problems)
    return BookingPlan(tuple(served))


def read_fleet_plan(path: Path, problem: FleetProblem) -> FleetPlan:
    """A plan of ``problem``; a booking without a row stays unserved, which the referee counts."""
    problems: list[Problem] = []
    unit_of = [UNSERVED] * len(problem.intervals)
    for line, (job, unit) in _rows(path, FLEET_HEADER, problems):
        where = f"{path.name}, line {line}"
        known = is_whole(job) and int(job) < len(unit_of)
        if not known:
            problems.append(
                Problem(f"{where}, job", job, f"a job from 0 to {len(unit_of) - 1}", "Correct it.")
            )
        elif unit_of[int(job)] != UNSERVED:
            problems.append(Problem(f"{where}, job", job, "each job once", "Remove the repeat."))
        if not (is_whole(unit) and int(unit) < len(problem.serves)):
            expected = f"a device from 0 to {len(problem.serves) - 1}"
            problems.append(Problem(f"{where}, device", unit, expected, "Correct it."))
        elif known:
            unit_of[int(job)] = int(unit)
    refuse_if_any(problems)
    return FleetPlan(tuple(unit_of))


def _rows(path: Path, header: tuple[str, ...], problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header, with their line numbers; rows of another length are noted and left out."""
    expected = ",".join(header)
    reader = csv.reader(io.StringIO(_text(path)))
    first = [word.strip() for word in next(reader, [])]
    if first != list(header):
        problems.append(Problem(f"{path.name}, line 1", ",".join(first), f"the header {expected}", "Add it."))
        return
    for row in reader:
        if len(row) == len(header):
            yield reader.line_num, [word.strip() for word in row]
        elif row:
            problems.append(
                Problem(f"{path.name}, line {reader.line_num}", ",".join(row), expected, "Correct the row.")
            )


def _text(path: Path) -> str:
    """The file's text, unpacked if it is packed."""
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
                raw = packed.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise InvalidInstance([Problem(path.name, len(raw), f"at most {MOST_BYTES} bytes", "Split it.")])
        return raw.decode("utf-8-sig")
    except (EOFError, gzip.BadGzipFile, UnicodeDecodeError) as error:
        raise InvalidInstance(
            [Problem(path.name, str(error), "UTF-8 text, maybe gzip", "Correct it.")]
        ) from None
