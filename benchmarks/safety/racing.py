"""Races: many clients ask at the same moment for the one thing that is left, and the judge of what they are told."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

import orjson

from benchmarks.safety.client import Connection, Told
from solver.hospital import (
    Bed,
    Care,
    Drug,
    EquipmentType,
    Feature,
    Hospital,
    Lot,
    Minute,
    NursingRatio,
    Person,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    Ward,
)
from solver.hospital.timegrid import MINUTES_PER_DAY

CLIENTS: Final = 64
PLENTY: Final = 80
DAYS: Final = 9
"""How far the roster reaches: a hundred occupants who stay an hour longer each take five days."""
OVERSTAYED: Final = "overstayed bed"

PRIZES: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "bed": {},
        "ventilator": {"equipment": [{"type_id": "ventilator"}]},
        "vial": {"drugs": [{"drug_id": "heparin", "quantity": 1}]},
        "nurse": {},
        OVERSTAYED: {},
    }
)
"""What there is one of, and what a request asks for to need it."""

PLACED, WAITS, DONE = 201, 202, 200
NOT_ENTERED: Final = (404, 409)
"""The promise is gone, or the bed is not free."""


# --- the hospital -------------------------------------------------------------------------------------------
def race_hospital(prize: str, now: Minute) -> Hospital:
    """One ward with plenty of everything but the prize, of which there is one; in an overstayed bed somebody lies who
    is expected to leave in half an hour."""
    count = {name: 1 if name == prize else PLENTY for name in PRIZES}
    if prize == OVERSTAYED:
        lying = Stay("lying", "P", "B0", now - 60, now + 30, Care("medicine"), StayState.OCCUPYING)
        hospital = race_hospital("bed", now)
        return replace(hospital, persons=(Person("P", Sex.FEMALE),), stays=(lying,)).checked()
    oxygen = frozenset({Feature.OXYGEN})
    nurses = tuple(StaffMember(f"N{n}", "W", frozenset({"iv"})) for n in range(count["nurse"]))
    return Hospital(
        sites=(Site("S", "Site", "UTC"),),
        wards=(Ward("W", "S", "Medicine", frozenset({"medicine"})),),
        rooms=(Room("R", "W", "Hall", sex_policy=SexPolicy.MIXED),),
        beds=tuple(Bed(f"B{n}", "R", features=oxygen, care_level=1) for n in range(count["bed"])),
        ratios=tuple(NursingRatio(level, 1, 1, "this race") for level in (0, 1)),
        equipment_types=(EquipmentType("ventilator", "Ventilator"),),
        units=tuple(Unit(f"V{n}", "ventilator", "W") for n in range(count["ventilator"])),
        drugs=(Drug("heparin", "Heparin", "heparin"),),
        lots=(Lot("L", "heparin", count["vial"], now + 60 * MINUTES_PER_DAY),),
        staff=nurses,
        shifts=tuple(
            _shift(nurse, now + day * MINUTES_PER_DAY) for nurse in nurses for day in range(-1, DAYS)
        ),
    ).checked()


def _shift(nurse: StaffMember, start: Minute) -> Shift:
    return Shift(f"{nurse.id}/{start}", nurse.id, nurse.ward_id, start, start + MINUTES_PER_DAY)


def bundle(**more: Any) -> dict[str, Any]:
    """The body of a request: a woman of 40 who needs a medical bed for a day, now, and ``more``."""
    return {
        "person": {"sex": "female", "born": "1986-01-01"},
        "priority": "urgent",
        "care": {"speciality": "medicine"},
        "duration_minutes": MINUTES_PER_DAY,
        **more,
    }


# --- the race -----------------------------------------------------------------------------------------------
class Racers:
    """Clients of one or several services, in turns; each keeps its connection."""

    def __init__(self, urls: Sequence[str], token: str, clients: int = CLIENTS) -> None:
        turns = itertools.islice(itertools.cycle(urls), clients)
        self.connections = [Connection(url, token) for url in turns]

    async def race(self, prize: str) -> list[Told]:
        """All ask at once; every answer."""
        for connection in self.connections:
            await connection.open()
        body = orjson.dumps(bundle(**PRIZES[prize]))
        return await asyncio.gather(*(self._post(each, "/requests", body) for each in self.connections))

    async def give_back(self, answers: Sequence[Told]) -> list[str]:
        """Take every request back, those that wait first, so that nobody moves up; what went wrong."""
        told = [answer.body for answer in answers if answer.status in (PLACED, WAITS)]
        wrong: list[str] = []
        for placed in (False, True):
            ids = [each["request_id"] for each in told if (each["state"] == "placed") is placed]
            gone = await asyncio.gather(
                *(
                    self._post(connection, f"/requests/{request_id}:release", b"{}")
                    for connection, request_id in zip(self.connections, ids, strict=False)
                )
            )
            wrong += [f"a release was answered with {each.status}" for each in gone if each.status != DONE]
        return wrong

    async def outstay(self, answers: Sequence[Told]) -> list[str]:
        """Let the moment come from which the winner was promised the bed, and its occupant stay: somebody is promised
        it later, at most, and nobody enters it; what was otherwise."""
        (won,) = [answer.body for answer in answers if answer.status == PLACED]
        allocation = won["allocation"]
        clock = orjson.dumps({"now": allocation["start"], "running": False})
        for connection in {each.url: each for each in self.connections}.values():
            await connection.post("/sandbox/clock", clock, secrets.token_hex(16))
        asked = self.connections[-1]
        promised = (await asked.get("/requests?state=placed")).body["items"]
        starts = [datetime.fromisoformat(each["allocation"]["start"]) for each in promised]
        found = [f"{len(starts)} were promised the bed of one who stays on"] if len(starts) > 1 else []
        if any(start <= datetime.fromisoformat(allocation["start"]) for start in starts):
            found.append("somebody is still promised the bed from a moment at which another lies in it")
        revision = (await asked.get(f"/requests/{won['request_id']}")).body["revision"]
        entered = await asked.post(
            f"/allocations/{allocation['id']}:arrive",
            b"{}",
            secrets.token_hex(16),
            {"If-Match": f'"{revision}"'},
        )
        if entered.status not in NOT_ENTERED:
            found.append(f"an arrival in a bed where another lies was answered with {entered.status}")
        return found

    def close(self) -> None:
        """End every connection."""
        for connection in self.connections:
            connection.close()

    @staticmethod
    async def _post(connection: Connection, path: str, body: bytes) -> Told:
        """A command with a key of its own."""
        return await connection.post(path, body, secrets.token_hex(16))


# --- the judge ----------------------------------------------------------------------------------------------
def unfair(answers: Collection[Told], clients: int = CLIENTS) -> list[str]:
    """What cannot be of a race for one thing: but one winner, and losers who are told what stands in the way and when
    they are decided again. Empty for a fair race."""
    statuses = Counter(answer.status for answer in answers)
    found = []
    if statuses != {PLACED: 1, WAITS: clients - 1}:
        found.append(f"answered with {dict(sorted(statuses.items()))}, not {PLACED} once and {WAITS} else")
    for answer in answers:
        if answer.status == PLACED and answer.body["state"] != "placed":
            found.append(f"{PLACED} says {answer.body['state']}")
        elif answer.status == WAITS and not _knows_why(answer.body):
            found.append(f"{answer.body['request_id']} waits and is not told why, or until when")
    return found


def _knows_why(told: Mapping[str, Any]) -> bool:
    return bool(told["state"] == "unplaced" and told["need"]["decided_again"] and told["reasons"])
