"""Races: many clients ask at the same moment for the one thing that is left."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import httpx

from solver.hospital import (
    Bed,
    Care,
    Drug,
    EquipmentType,
    Feature,
    Hospital,
    Lot,
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
from tests.api_service import DAY, NOW, PASSWORD, bundle

CLIENTS = 64
PLENTY = 80

PRIZES: dict[str, dict[str, Any]] = {
    "bed": {},
    "ventilator": {"equipment": [{"type_id": "ventilator"}]},
    "vial": {"drugs": [{"drug_id": "heparin", "quantity": 1}]},
    "nurse": {},
}
"""What there is one of, and what a request asks for to need it."""


def overstayed_hospital() -> Hospital:
    """One bed, in which somebody lies who is expected to leave in half an hour."""
    lying = Stay("lying", "P", "B0", NOW - 60, NOW + 30, Care("medicine"), StayState.OCCUPYING)
    return replace(race_hospital("bed"), persons=(Person("P", Sex.FEMALE),), stays=(lying,)).checked()


def race_hospital(prize: str, now: int = NOW) -> Hospital:
    """One ward with plenty of everything but the prize, of which there is one."""
    count = {name: 1 if name == prize else PLENTY for name in PRIZES}
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
        lots=(Lot("L", "heparin", count["vial"], now + 60 * DAY),),
        staff=nurses,
        shifts=tuple(
            Shift(f"{n.id}/{day}", n.id, "W", now + day * DAY, now + (day + 1) * DAY)
            for n in nurses
            for day in (-1, 0, 1, 2)
        ),
    ).checked()


@dataclass
class Racers:
    """Clients of one or several services, in turns."""

    clients: Sequence[httpx.AsyncClient]
    token: str = ""

    async def log_in(self) -> None:
        """One token for all."""
        answer = await self.clients[0].post("/api/v1/sessions", json={"login": "bed", "password": PASSWORD})
        self.token = answer.json()["token"]

    async def race(self, prize: str) -> list[httpx.Response]:
        """All ask at once; every answer."""
        body = bundle(**PRIZES[prize])
        turns = itertools.cycle(self.clients)
        return await asyncio.gather(*(self.post(next(turns), "/requests", body) for _ in range(CLIENTS)))

    async def give_back(self, answers: Sequence[httpx.Response]) -> None:
        """Take every request back, those that wait first, so that nobody moves up."""
        order = sorted((answer.json() for answer in answers), key=lambda told: told["state"] == "placed")
        turns = itertools.cycle(self.clients)
        waiting = [told["request_id"] for told in order if told["state"] != "placed"]
        placed = [told["request_id"] for told in order if told["state"] == "placed"]
        for ids in (waiting, placed):
            gone = await asyncio.gather(
                *(self.post(next(turns), f"/requests/{i}:release", {"reason": "race is over"}) for i in ids)
            )
            assert {answer.status_code for answer in gone} <= {200}, Counter(a.text for a in gone)

    async def post(self, client: httpx.AsyncClient, path: str, body: Any) -> httpx.Response:
        """One command with a key of its own; sent again under it if a connection that lay idle was closed."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(16)}
        try:
            return await client.post(f"/api/v1{path}", json=body, headers=headers)
        except (httpx.ReadError, httpx.RemoteProtocolError):
            return await client.post(f"/api/v1{path}", json=body, headers=headers)


def judged(answers: Sequence[httpx.Response]) -> None:
    """One got it; the others are told what stands in the way; nobody met an error."""
    assert Counter(answer.status_code for answer in answers) == {201: 1, 202: CLIENTS - 1}
    for answer in answers:
        told = answer.json()
        if answer.status_code == 201:
            assert told["state"] == "placed"
        else:
            assert told["state"] == "unplaced"
            assert told["need"]["decided_again"]
            assert told["reasons"]
