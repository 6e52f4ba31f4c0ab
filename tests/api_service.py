"""A small hospital behind the real service, for tests of the API: one database (an encrypted file or
PostgreSQL), two wards and a pharmacy.

Ward W1 (medicine): bay R1 with beds B1-B3, single room R2 with bed B4 (negative pressure). Ward W2 (surgery):
bay R3 with beds C1-C2. Everybody in it is made up.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy import URL

from api import openapi
from api.app import create_app
from api.runtime import Outside
from api.settings import Settings
from models.clock import MICROSECONDS_PER_MINUTE, Instant
from models.commands import Transaction
from models.database import create_database
from models.invariants import recount
from models.keys import Keys, generate_keys, write_key_file
from models.place import data_folder
from models.repositories.accounts import Grant, StoredAccount, insert_account
from models.store import store_hospital
from solver.hospital import (
    Bed,
    Care,
    Drug,
    DutyKind,
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
    from_minute,
)
from tests.api_answers import Documented
from tests.copied_hospital import store_or_copy

NOW = 29_540_160
"""2026-03-02T00:00Z."""

HOUR, DAY = 60, 1440
ANSWER_SECONDS = 120
"""Longest wait for an answer, on a machine as busy as may be; how long it takes is tested where it matters."""
PASSWORD = "correct horse battery staple"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD_HASH = CHEAP.hash(PASSWORD)
KEYS = generate_keys(secrets.token_bytes)
ACCOUNTS = {
    "admin": [Grant("administrator")],
    "bed": [Grant("bed_manager")],
    "nurse1": [Grant("nurse", "ward:W1")],
    "nurse2": [Grant("nurse", "ward:W2")],
    "manager1": [Grant("ward_manager", "ward:W1")],
    "pharmacist": [Grant("pharmacist")],
    "auditor": [Grant("auditor")],
    "operations": [Grant("operations")],
    "both": [Grant("bed_manager"), Grant("operations")],
}


def at(minutes: int = 0) -> str:
    """RFC 3339 of a moment counted from the start of the tests' day."""
    return from_minute(NOW + minutes).isoformat()


def small_hospital() -> Hospital:
    """The hospital described above, checked."""
    oxygen = frozenset({Feature.OXYGEN})
    wards = (
        Ward("W1", "S", "Medicine", frozenset({"medicine"})),
        Ward("W2", "S", "Surgery", frozenset({"surgery"}), floor=1),
    )
    rooms = (
        Room("R1", "W1", "Bay 1"),
        Room("R2", "W1", "Single", features=frozenset({Feature.NEGATIVE_PRESSURE}), air_changes_per_hour=12),
        Room("R3", "W2", "Bay 3", sex_policy=SexPolicy.MIXED),
    )
    beds = tuple(
        Bed(bed_id, room_id, features=oxygen, care_level=1)
        for bed_id, room_id in (
            ("B1", "R1"),
            ("B2", "R1"),
            ("B3", "R1"),
            ("B4", "R2"),
            ("C1", "R3"),
            ("C2", "R3"),
        )
    )
    staff = tuple(StaffMember(f"N{w}{n}", f"W{w}", frozenset({"iv"})) for w in (1, 2) for n in (1, 2))
    shifts = (
        *(Shift(f"D-{member.id}", member.id, member.ward_id, NOW - DAY, NOW + DAY) for member in staff),
        Shift("OC", "N11", "W1", NOW + DAY, NOW + 2 * DAY, kind=DutyKind.ON_CALL, response_minutes=30),
    )
    next_day = tuple(
        Shift(f"E-{member.id}", member.id, member.ward_id, NOW + DAY, NOW + 3 * DAY) for member in staff
    )
    return Hospital(
        sites=(Site("S", "Site", "UTC"),),
        wards=wards,
        rooms=rooms,
        beds=beds,
        ratios=(NursingRatio(0, 6, 5, "California Title 22"), NursingRatio(1, 4, 4, "California Title 22")),
        equipment_types=(EquipmentType("pump", "Infusion pump", 10),),
        units=(Unit("P1", "pump", "W1", model="M100"), Unit("P2", "pump", "W2", model="M100")),
        drugs=(
            Drug("heparin", "Heparin", "heparin", unit="ampoule"),
            Drug("pen", "Penicillin", "penicillin"),
        ),
        lots=(
            Lot("L1", "heparin", 10, NOW + 30 * DAY),
            Lot("L2", "heparin", 10, NOW + 60 * DAY),
            Lot("L3", "pen", 5, NOW + 60 * DAY),
        ),
        staff=staff,
        shifts=(*shifts, *next_day),
        persons=tuple(
            Person(person_id, Sex.FEMALE, NOW - 60 * 525_960) for person_id in ("occ-1", "known-1", "known-2")
        ),
        stays=(Stay("st-1", "occ-1", "B1", NOW - DAY, NOW + DAY, Care("medicine", 1), StayState.OCCUPYING),),
    ).checked()


@dataclass
class Wall:
    """A machine's clock that stands still until a test moves it."""

    microsecond: int = NOW * MICROSECONDS_PER_MINUTE

    def __call__(self) -> Instant:
        return Instant(self.microsecond)

    def pass_minutes(self, minutes: int) -> None:
        self.microsecond += minutes * MICROSECONDS_PER_MINUTE


@dataclass
class Place:
    """Where a test's hospital is stored."""

    folder: Path
    keys: Keys = KEYS
    address: URL | None = None
    """An empty PostgreSQL database; without one the hospital is a file."""

    @property
    def database(self) -> Path | URL:
        return self.address or self.folder / "data" / "hospital.db"

    @property
    def key_file(self) -> Path:
        return self.folder / "keys" / "wardflow.keys"

    def settings(self, **changes: Any) -> Settings:
        values = {
            "tick_seconds": 0,
            "step_seconds": 0,
            "solver_process": False,
            "round_ms": 10_000,
            "database": self.database,
            "key_file": self.key_file,
            "event_poll_seconds": 0.05,
        }
        return Settings(**{**values, **changes})

    def make(self, hospital: Hospital | None = None, sandbox: bool = True) -> Place:
        """Store a hospital and the accounts."""
        if hospital is None and sandbox and self.keys is KEYS:
            store_or_copy(self.database, lambda: self._store(small_hospital(), sandbox=True))
        else:
            self._store(hospital or small_hospital(), sandbox)
        write_key_file(self.key_file, self.keys, data_folder(self.database))
        return self

    def _store(self, hospital: Hospital, sandbox: bool) -> None:
        now = Instant.of_minute(NOW)
        database = create_database(self.database, self.keys.database)
        with database, database.writing() as connection:
            store_hospital(connection, hospital, now, name="Test", sandbox=sandbox)
            transaction = Transaction(connection, now, 0)
            for login, grants in ACCOUNTS.items():
                account = StoredAccount(f"acc-{login}", login, PASSWORD_HASH, tuple(grants))
                insert_account(transaction, account)


class Service:
    """The running application and one client per account."""

    def __init__(self, app: Any, client: httpx.AsyncClient, wall: Wall) -> None:
        self.app = app
        self.client = client
        self.wall = wall
        self._tokens: dict[str, str] = {}

    @property
    def runtime(self) -> Any:
        return self.app.state.runtime

    async def token(self, login: str) -> str:
        """A token of an account, kept."""
        if login not in self._tokens:
            answer = await self.client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            self._tokens[login] = answer.json()["token"]
        return self._tokens[login]

    def pass_minutes(self, minutes: int) -> None:
        """Let the machine's clock go on; tokens may expire, so everybody logs in again."""
        self.wall.pass_minutes(minutes)
        self._tokens.clear()

    async def headers(self, login: str, **more: str) -> dict[str, str]:
        key = f"test-key-{secrets.token_hex(8)}"
        return {"Authorization": f"Bearer {await self.token(login)}", "Idempotency-Key": key, **more}

    async def get(self, path: str, login: str = "bed", **params: Any) -> httpx.Response:
        return await self.client.get(f"/api/v1{path}", headers=await self.headers(login), params=params)

    async def post(
        self, path: str, body: Any = None, login: str = "bed", revision: int | None = None, **more: str
    ) -> httpx.Response:
        headers = await self.headers(login, **more)
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return await self.client.post(f"/api/v1{path}", headers=headers, json={} if body is None else body)

    async def place(self, login: str = "bed", **changes: Any) -> httpx.Response:
        """Ask for a plain bed."""
        return await self.post("/requests", bundle(**changes), login)

    async def tell(self, kind: str, login: str = "bed", **event: Any) -> httpx.Response:
        """Tell of a disruption."""
        return await self.post("/disruptions", {"event": {"kind": kind, **event}}, login)

    async def clock(self, minutes: int) -> httpx.Response:
        """Set the sandbox's clock to a moment counted from the start of the day."""
        return await self.post("/sandbox/clock", {"now": at(minutes)}, "admin")

    async def violations(self) -> list[Any]:
        """What the recount finds in the database."""
        with self.runtime.database.reading() as connection:
            return recount(connection)


def bundle(**changes: Any) -> dict[str, Any]:
    """The body of a plain request: a woman of 40 who needs a medical bed for a day, now."""
    body = {
        "person": {"sex": "female", "born": "1986-01-01"},
        "priority": "urgent",
        "care": {"speciality": "medicine"},
        "duration_minutes": DAY,
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


@contextlib.asynccontextmanager
async def running(
    place: Place, outside: Mapping[str, Any] = MappingProxyType({}), **settings: Any
) -> AsyncIterator[Service]:
    """The service over a stored hospital, behind a real socket on this machine.

    Every answer the client gets is held against the OpenAPI document. ``outside``: what else than the clock is not
    the machine's own.
    """
    wall = Wall()
    app = create_app(place.settings(**settings), Outside(**{"wall": wall, **outside}))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started or serving.done())
        if serving.done():
            await serving
        port = server.servers[0].sockets[0].getsockname()[1]
        url, held = f"http://127.0.0.1:{port}", {"response": [_documented(app)]}
        # A context that trusts nobody is made at once; the usual one reads every authority of the machine.
        nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        async with httpx.AsyncClient(
            base_url=url, timeout=ANSWER_SECONDS, event_hooks=held, verify=nobody
        ) as client:
            # The first start on a machine compiles the kernels, beside others that do the same.
            await until(lambda: app.state.runtime.ready, 300)
            yield Service(app, client, wall)
    finally:
        server.should_exit = True
        await serving


def _documented(app: FastAPI) -> Documented:
    """Holds answers against the OpenAPI document, which is the same for every application and takes 0.4 s to build."""
    if not _documents:
        _documents.append(Documented(openapi.document(app)))
    return _documents[0]


_documents: list[Documented] = []


async def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something holds."""
    for _ in range(int(seconds / 0.01)):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError("It did not come to hold.")
