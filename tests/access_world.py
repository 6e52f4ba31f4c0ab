"""The hospital of the access matrix as calls find it: what a probe is, what it sends, and what it needs beforehand."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from api.examples import EXAMPLES
from solver.hospital import from_minute
from tests.access_hospital import DAY, NOW, SITE_OF_WARD, TAKEN
from tests.access_wire import Said, Wire

ABOUT = {"W1": "own ward", "W2": "another ward", "X1": "another site"}
"""The place a call is about, seen by somebody whose role is held on ward W1 or on its site."""

HOSPITAL = "hospital"
EXPERIMENT = EXAMPLES["POST /api/v1/experiments"]["as_it_is"]
LATER = from_minute(NOW + 2 * DAY).isoformat()
BOOKINGS = EXAMPLES["POST /api/v1/equipment/plans"]["given_bookings"]
STOCK = EXAMPLES["POST /api/v1/pharmacy/plans"]["one_item"]
TERMS = EXAMPLES["POST /api/v1/roster-terms"]["two_part_timers"]
DRAFT = EXAMPLES["POST /api/v1/rosters"]["with_wishes"]
ADMISSION_TERMS = EXAMPLES["POST /api/v1/admission-terms"]["one_theatre"]
ADMISSIONS = {"ward_ids": ["W1"], "days": 3, "iterations": 1000}


@dataclass(frozen=True)
class Call:
    """One call, ready to be sent by anybody."""

    method: str
    path: str
    body: Any = None
    revision: int | None = None


@dataclass
class World:
    """Makes what calls need, as an account that may do everything everywhere."""

    wire: Wire
    token: str
    account_id: str
    sessions: dict[str, str] = field(default_factory=dict)
    _stays: dict[str, Iterator[int]] = field(
        default_factory=lambda: {ward: iter(range(TAKEN)) for ward in SITE_OF_WARD}
    )
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def send(self, call: Call, token: str | None) -> Said:
        """A call under a token, with a key of its own."""
        headers = {"Idempotency-Key": f"access-{secrets.token_hex(8)}"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if call.revision is not None:
            headers["If-Match"] = f'"{call.revision}"'
        return self.wire.request(call.method, call.path, headers, call.body)

    def make(self, path: str, body: Any, revision: int | None = None) -> Any:
        """Something that must succeed."""
        answer = self.send(Call("POST", f"/api/v1{path}", body, revision), self.token)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        return answer.json()

    def case(self, ward: str, asking: str | None = None) -> Any:
        """A request that was given a bed of this ward."""
        return self.make("/requests", bundle(ward, asking))

    def arrived(self, ward: str) -> Any:
        """A request whose patient lies in a bed of this ward."""
        case = self.case(ward)
        return self.make(f"/allocations/{case['allocation']['id']}:arrive", {}, case["revision"])

    def stay(self, ward: str) -> str:
        """A patient of this ward whom no earlier call was about."""
        return f"S-{ward}-{next(self._stays[ward])}"

    def proposal(self, ward: str) -> str:
        """An open proposal to move a patient of this ward."""
        bed = self.stay(ward).replace("S-", "B-", 1)
        told = self.make("/disruptions", {"event": {"kind": "bed_closed", "bed_id": bed, "reason": "leak"}})
        return str(told["proposals"][0]["id"])

    def webhook(self) -> str:
        """A webhook that hears of nothing: an address that leads nowhere is never called."""
        body = {"url": "https://example.org/hook", "topics": ["no.event"]}
        return str(self.make("/webhooks", body)["id"])

    def listening_webhook(self) -> str:
        """A webhook that would hear of everything, at an address that nobody may have (RFC 2606)."""
        return str(self.make("/webhooks", {"url": "https://hook.invalid/"})["id"])

    def experiment(self) -> str:
        """An experiment that nobody has begun."""
        return str(self.make("/experiments", EXPERIMENT)["id"])

    def plan(self) -> str:
        """A pharmacy's plan that nobody has begun."""
        return str(self.make("/pharmacy/plans", STOCK)["id"])

    def bookings(self) -> str:
        """A plan of bookings that nobody has begun."""
        return str(self.make("/equipment/plans", BOOKINGS)["id"])

    def repair(self) -> str:
        """A repair of bookings that nobody has begun."""
        return str(self.make("/equipment/repairs", {})["id"])

    def booking(self, ward: str) -> str:
        """A unit that is held for a ward."""
        [made] = self.make("/equipment/bookings", use(ward))["bookings"]
        return str(made["id"])

    def awaiting(self, ward: str) -> str:
        """A move in this ward's cabinet that another account asked for."""
        move = {"kind": "loss", "lot_id": f"C-{ward}", "quantity": 1}
        return str(self.make("/pharmacy/moves", {"moves": [move]})["items"][0]["move_id"])

    def terms(self, ward: str) -> Call:
        """A further version of what a ward's rosters are made by."""
        query = f"/api/v1/roster-terms?ward_id={ward}"
        seen = self.send(Call("GET", query), self.token).json().get("revision", 0)
        people = [{"staff_id": f"N-{ward}-{n}", "contract_id": "part"} for n in range(2)]
        body = {**TERMS, "ward_id": ward, "people": people}
        return Call("POST", "/api/v1/roster-terms", body, seen)

    def draft(self, ward: str) -> Call:
        """A roster of a ward that has terms."""
        stated = self.terms(ward)
        if not stated.revision:
            self.make("/roster-terms", stated.body, 0)
        return Call("POST", "/api/v1/rosters", {**DRAFT, "ward_id": ward, "wishes": []})

    def roster(self, ward: str) -> Any:
        """A draft that nobody has begun to search."""
        return self.make("/rosters", self.draft(ward).body)

    def admission_terms(self) -> Call:
        """A further version of what plans of admissions are made by."""
        path = "/api/v1/admission-terms"
        seen = self.send(Call("GET", path), self.token).json().get("revision", 0)
        return Call("POST", path, ADMISSION_TERMS, seen)

    def admissions(self) -> Call:
        """A plan of admissions of a hospital that has terms for it."""
        stated = self.admission_terms()
        if not stated.revision:
            self.make("/admission-terms", stated.body, 0)
        return Call("POST", "/api/v1/plans", ADMISSIONS)

    def admission_plan(self) -> Any:
        """A plan that nobody has begun to search."""
        return self.make("/plans", self.admissions().body)

    def login(self) -> str:
        """A name nobody has."""
        return f"new-{next(self._numbers)}"


@dataclass(frozen=True)
class Probe:
    """A question: may somebody do this, about this place? ``again``: the call may be sent again once it was carried
    out; otherwise a new one is prepared. ``hidden``: whoever may not is told that there is no such thing."""

    operation: str
    about: str
    prepare: Callable[[World], Call]
    what: str = ""
    again: bool = False
    hidden: bool = False

    @property
    def row(self) -> tuple[str, str, str]:
        """How the table names it."""
        return self.operation, self.what, self.about


def bundle(ward: str, asking: str | None = None) -> dict[str, Any]:
    """A request that only a bed of this ward fits."""
    body = {
        "person": {"sex": "female", "born": "1986-01-01"},
        "priority": "routine",
        "care": {"speciality": "medicine"},
        "duration_minutes": 600,
        "max_wait_minutes": 0,
        "excluded_room_ids": [f"R-{other}" for other in SITE_OF_WARD if other != ward],
    }
    return {**body, "for_ward_id": asking} if asking is not None else body


def use(ward: str) -> dict[str, Any]:
    """A unit held for a short use on a ward, one of many in the window."""
    times = {"earliest": LATER, "latest_start": from_minute(NOW + 90 * DAY).isoformat()}
    return {"type_ids": ["pump"], "ward_id": ward, **times, "minutes": 1, "hold_minutes": 600}
