"""Clients who ask for beds, give them back and arrive, each command under a key of its own, whatever happens meanwhile.

What each was told is kept, and what each was not told: a judge holds both against the database, and whoever repeats
them all under their keys (``repeat``) must be told the same.
"""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

import httpx

from api.founding import FirstAccount, Founding, found_hospital
from api.security.permissions import Grant, Role
from models.clock import Instant
from models.place import Place
from solver.hospital import (
    Bed,
    Drug,
    EquipmentType,
    Feature,
    Hospital,
    Lot,
    Minute,
    NursingRatio,
    Room,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Unit,
    Ward,
)
from solver.hospital.timegrid import MINUTES_PER_DAY

BEDS: Final = 240
UNITS: Final = 60
NURSES: Final = 4
DAYS: Final = 3
"""How long there are nurses on duty, from the day before."""

HELD: Final = 3
"""Requests of one client at most that are neither given back nor arrived."""

ROLES: Final = (Role.BED_MANAGER, Role.ADMINISTRATOR)
"""Of the one account: a service does not start without an administrator."""

LOAD_SECONDS: Final = 120.0
"""Longest wait for a number of commands: far more than any machine takes."""

LOOK_SECONDS: Final = 0.005
PAUSE_SECONDS: Final = 0.05
"""How long a client waits after no answer, or one that says the service cannot just now."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, body without the age of the data, and whether it said that it had been said before."""

    status: int
    body: dict[str, Any]
    replayed: bool = False

    @property
    def acknowledges(self) -> bool:
        """Whether the sender may rely on it."""
        return self.status < 300


@dataclass(frozen=True, slots=True)
class Told:
    """One command and what its sender was told, if anything. ``revision``: of the allocation it is about."""

    key: str
    path: str
    body: dict[str, Any]
    revision: int | None = None
    answer: Answer | None = None

    @property
    def shown(self) -> str:
        """Which command, in a sentence."""
        return f"{self.path} (key {self.key[:8]})"

    @property
    def acknowledged(self) -> bool:
        """Whether its sender was told that it is done."""
        return self.answer is not None and self.answer.acknowledges


@dataclass(frozen=True, slots=True)
class Hall:
    """A stored hospital, and who enters it."""

    database: Place
    key_file: Path
    token: str = field(repr=False)


def found_hall(database: Place, key_file: Path, now: Minute) -> Hall:
    """Store the hospital of the load as a sandbox."""
    account = FirstAccount("load", secrets.token_urlsafe(18), tuple(map(Grant, ROLES)), token=True)
    founding = Founding("Hall", "UTC", True, (account,), hall(now))
    tokens = found_hospital(database, key_file, founding, Instant.of_minute(now))
    return Hall(database, key_file, tokens["load"])


def hall(now: Minute) -> Hospital:
    """One ward with a hall of beds, some pumps and much of one drug: the rules let everybody in who finds a bed."""
    oxygen = frozenset({Feature.OXYGEN})
    nurses = [StaffMember(f"N{n}", "W", frozenset({"iv"})) for n in range(NURSES)]
    day = MINUTES_PER_DAY
    return Hospital(
        sites=(Site("S", "Site", "UTC"),),
        wards=(Ward("W", "S", "Medicine", frozenset({"medicine"})),),
        rooms=(Room("R", "W", "Hall", sex_policy=SexPolicy.MIXED),),
        beds=tuple(Bed(f"B{n}", "R", features=oxygen, care_level=1) for n in range(BEDS)),
        ratios=tuple(NursingRatio(level, 120, 120, "this load") for level in (0, 1)),
        equipment_types=(EquipmentType("pump", "Infusion pump"),),
        units=tuple(Unit(f"P{n}", "pump", "W") for n in range(UNITS)),
        drugs=(Drug("heparin", "Heparin", "heparin"),),
        lots=(Lot("L", "heparin", 100_000, now + 60 * day),),
        staff=tuple(nurses),
        shifts=tuple(
            Shift(f"{nurse.id}/{number}", nurse.id, "W", now + number * day, now + (number + 1) * day)
            for nurse in nurses
            for number in range(-1, DAYS)
        ),
    ).checked()


Meanwhile: TypeAlias = Callable[[Callable[[], int]], Awaitable[None]]
"""Something that happens under load; it can ask how many commands are over."""


# --- clients --------------------------------------------------------------------------------------------------
@dataclass
class Client:
    """Sends commands one after the other and notes each."""

    http: httpx.AsyncClient
    dice: random.Random
    told: list[Told] = field(default_factory=list)
    open: list[dict[str, Any]] = field(default_factory=list)
    over: bool = False

    async def run(self) -> None:
        """Until ``over`` is set."""
        while not self.over:
            told = await tell(self.http, self._next())
            self.told.append(told)
            if told.answer is not None and told.acknowledged:
                self._take_in(told.answer.body)
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    def _next(self) -> Told:
        key = f"{self.dice.getrandbits(128):032x}"
        if not self.open or (len(self.open) < HELD and self.dice.random() < 0.6):
            return Told(key, "/requests", bundle(self.dice))
        case = self.open.pop(self.dice.randrange(len(self.open)))
        if case["state"] == "placed" and self.dice.random() < 0.3:
            given = case["allocation"]
            return Told(key, f"/allocations/{given['id']}:arrive", {}, case["revision"])
        return Told(key, f"/requests/{case['request_id']}:release", {})

    def _take_in(self, case: dict[str, Any]) -> None:
        if case["state"] in ("placed", "unplaced"):
            self.open.append(case)


def bundle(dice: random.Random) -> dict[str, Any]:
    """A request for a bed now; each fourth for a pump with it, each fourth for a drug."""
    body: dict[str, Any] = {
        "person": {"sex": dice.choice(("female", "male")), "born": "1986-01-01"},
        "priority": dice.choice(("emergency", "urgent", "routine")),
        "care": {"speciality": "medicine"},
        "duration_minutes": MINUTES_PER_DAY,
    }
    if dice.random() < 0.25:
        body["equipment"] = [{"type_id": "pump"}]
    if dice.random() < 0.25:
        body["drugs"] = [{"drug_id": "heparin", "quantity": 1}]
    return body


async def tell(http: httpx.AsyncClient, told: Told) -> Told:
    """Send a command; with its answer, or without one if the connection or the service was lost."""
    headers = {"Idempotency-Key": told.key}
    if told.revision is not None:
        headers["If-Match"] = f'"{told.revision}"'
    try:
        got = await http.post(f"/api/v1{told.path}", json=told.body, headers=headers)
        body = got.json()
    except (httpx.TransportError, ValueError):
        return replace(told, answer=None)
    for name in ("data_age_seconds", "advice_only"):
        body.pop(name, None)
    replayed = got.headers.get("Idempotent-Replayed") == "true"
    return replace(told, answer=Answer(got.status_code, body, replayed))


def entered(url: str, token: str, clients: int) -> httpx.AsyncClient:
    """Connections to a service, as the account of the load."""
    headers = {"Authorization": f"Bearer {token}"}
    limits = httpx.Limits(max_connections=clients)
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=30, limits=limits, trust_env=False)


async def under_load(url: str, token: str, clients: int, seed: str, meanwhile: Meanwhile) -> list[Told]:
    """Let clients run while something happens; they stop once it has. Everything they told and were told."""
    async with entered(url, token, clients) as http:
        all_clients = [Client(http, random.Random(f"{seed}/{number}")) for number in range(clients)]
        running = [asyncio.create_task(client.run()) for client in all_clients]
        await meanwhile(lambda: sum(len(client.told) for client in all_clients))
        for client in all_clients:
            client.over = True
        await asyncio.gather(*running)
    return [told for client in all_clients for told in client.told]


async def wait_for(count: int, over: Callable[[], int]) -> None:
    """Until so many commands are over; raises ``TimeoutError`` after ``LOAD_SECONDS``."""
    for _ in range(round(LOAD_SECONDS / LOOK_SECONDS)):
        if over() >= count:
            return
        await asyncio.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{over()} of {count} commands were over after {LOAD_SECONDS:g} s.")


async def repeat(url: str, token: str, told: Iterable[Told], clients: int) -> list[Told]:
    """Send every command again under its key, ``clients`` at a time; each with its new answer. Where a connection is
    lost (the service closes those that lay idle for seconds) it is sent once more, as any client would."""
    several = asyncio.Semaphore(clients)

    async def again(one: Told) -> Told:
        async with several:
            told = await tell(http, one)
            return told if told.answer is not None else await tell(http, one)

    async with entered(url, token, clients) as http:
        return list(await asyncio.gather(*map(again, told)))


def worth_repeating(told: Sequence[Told]) -> list[Told]:
    """What was done, and what may have been: all but the refusals of commands that cannot be carried out."""
    return [one for one in told if one.acknowledged or one.answer is None or one.answer.status >= 500]
