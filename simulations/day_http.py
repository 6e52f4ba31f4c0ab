"""A day over HTTP: the real service decides, this client is the wards.

It speaks to a sandbox only: a server that does not say it is one, or a token that is good elsewhere, is refused
before anything is sent (:func:`enter`).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

import httpx
import orjson

from simulations.day_events import Ask, AskBadly, Upset
from simulations.day_play import Standing, Standings, State
from solver.hospital import Minute, Person, Request, from_minute
from solver.hospital.timegrid import to_minute

SANDBOX_TOKEN: Final = "wfs_"
"""How a token begins that is good for sandboxes only."""
CONFLICT: Final = 409
STALE: Final = 412


class NotASandbox(Exception):
    """The server may be a live hospital; nothing was sent to it."""


class Unexpected(Exception):
    """The service answered what a day does not provide for: method, path, status, title; no personal data."""


def enter(url: str, token: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """A client of the sandbox at ``url``. Raises :class:`NotASandbox` for any other server or token."""
    if not token.startswith(SANDBOX_TOKEN):
        raise NotASandbox(
            f"The token does not begin with {SANDBOX_TOKEN}: it is good for live hospitals too."
        )
    # Proxies of the environment are not for a service on this machine.
    client = httpx.Client(base_url=url, timeout=60, trust_env=False, transport=transport)
    try:
        told = client.get("/version").json()
        if not isinstance(told, Mapping) or told.get("sandbox") is not True:
            raise NotASandbox(f"{url} does not say that it is a sandbox. Make one: `wardflow demo` does.")
    except (httpx.HTTPError, ValueError) as error:
        client.close()
        raise NotASandbox(f"{url} does not tell what it is: {type(error).__name__}.") from None
    except NotASandbox:
        client.close()
        raise
    client.headers["Authorization"] = f"Bearer {token}"
    return client


Heard = Callable[[str, Any, Mapping[str, Any]], None]
"""Hears each answer worth telling: what was done (ask, upset, proposal, waiting, refused), to what, the answer."""


def _nobody(what: str, about: Any, body: Mapping[str, Any]) -> None:
    """Nobody listens."""


@dataclass(slots=True)
class Known:
    """What the client knows of one request: its id there, its allocation, the revision of both."""

    there: str
    allocation_id: str | None = None
    revision: int = 0


@dataclass(slots=True)
class Tally:
    """Seconds each ``POST /requests`` took, and how many calls were made in all."""

    request_seconds: list[float] = field(default_factory=list)
    calls: int = 0


class DayService:
    """A :class:`~simulations.day_play.Driver` over HTTP. ``zone``: in which the service tells times."""

    def __init__(self, client: httpx.Client, zone: str, heard: Heard = _nobody) -> None:
        self.client = client
        self.zone = zone
        self.heard = heard
        self.tally = Tally()
        self.now: Minute = 0
        self._known: dict[str, Known] = {}
        self._here: dict[str, str] = {}
        self._waiting: dict[str, None] = {}
        self._of_stay: dict[str, str] = {}
        self._moved: dict[str, str] = {}

    # --- the driver -----------------------------------------------------------------------------------------
    def advance(self, minute: Minute) -> Standings:
        """Set the sandbox's clock; the service does what time alone changes."""
        self.now = minute
        body = self._post("/sandbox/clock", {"now": self._moment(minute), "running": False})
        return self._changes(body)

    def ask(self, ask: Ask) -> Standings:
        """Ask for a bundle, for a person new to the service."""
        request = ask.arrival.request
        began = time.perf_counter()
        body = self._post("/requests", body_of(ask.arrival.person, request, self.zone))
        self.tally.request_seconds.append(time.perf_counter() - began)
        self._known[request.id] = Known(body["request_id"])
        self._here[body["request_id"]] = request.id
        self.heard("ask", ask, body)
        return self._given(body)

    def refuses(self, ask: AskBadly) -> bool:
        """Whether the faulty body is answered 4xx."""
        raw = faulty(body_of(ask.arrival.person, ask.arrival.request, self.zone), ask.wrong)
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        self.tally.calls += 1
        answer = self.client.post("/api/v1/requests", content=raw, headers=headers)
        refused = 400 <= answer.status_code < 500
        self.heard("refused" if refused else "taken", ask, answer.json())
        return refused

    def arrive(self, request_id: str) -> Standings:
        """Look where the request stands; if the bed is due, the patient comes."""
        standing = self._look(request_id)
        due = standing.state is State.PLACED and standing.start is not None and standing.start <= self.now
        if not due:
            return [standing]
        known = self._known[request_id]
        answer = self._send(f"/allocations/{known.allocation_id}:arrive", {}, known.revision)
        if answer.status_code == CONFLICT:
            self.heard("not_ready", request_id, answer.json())
            return [standing]
        arrived = self._case(_good(answer))
        if standing.of_stay is not None:
            self._moved[standing.of_stay] = request_id
        return [arrived]

    def expect(self, patient: str, until: Minute) -> Standings:
        """Order a discharge; the census's occupants by an event, the day's patients by their allocation."""
        patient = self._moved.get(patient, patient)
        if patient not in self._known:
            event = {
                "kind": "stay_shortened",
                "stay_id": patient,
                "until": self._moment(until),
                "confirmed": True,
            }
            return self._changes(self._post("/disruptions", {"event": event}))
        self._discharge(patient, {"step": "ordered", "expected": self._moment(until)})
        return self._look_at_waiting()

    def leave(self, patient: str) -> Standings:
        """The patient leaves."""
        patient = self._moved.get(patient, patient)
        if patient not in self._known:
            event = {"kind": "left", "stay_id": patient}
            return self._changes(self._post("/disruptions", {"event": event}))
        self._discharge(patient, {"step": "left"})
        return self._look_at_waiting()

    def upset(self, upset: Upset) -> Standings:
        """Tell of the event, and confirm what the service proposes, as a person on duty would."""
        event = {"kind": upset.kind, **self._json(upset.about)}
        body = self._post("/disruptions", {"event": event})
        self.heard("upset", upset, body)
        told = self._changes(body)
        for proposal in body["proposals"]:
            told += self._confirm(proposal)
        return told + self._look_at_waiting()

    def finish(self) -> Standings:
        """Everything that waits, as the service explains it."""
        return [self._case(item) for item in self._unplaced() if item["request_id"] in self._here]

    # --- parts ----------------------------------------------------------------------------------------------
    def _confirm(self, proposal: Mapping[str, Any]) -> Standings:
        answer = self._send(f"/proposals/{proposal['id']}:confirm", {"consented": True})
        self.heard("proposal", proposal, answer.json())
        if answer.status_code == CONFLICT:
            return []
        result = _good(answer)["result"]
        if proposal["kind"] != "transfer":
            return []
        there = result["request_id"]
        self._known[there] = Known(there)
        self._here[there] = there
        self._of_stay[there] = proposal["subject_id"]
        return self._given(result)

    def _discharge(self, request_id: str, body: Mapping[str, Any]) -> None:
        known = self._known[request_id]
        path = f"/allocations/{known.allocation_id}:discharge"
        answer = self._send(path, body, known.revision)
        if answer.status_code == STALE:
            self._look(request_id)
            answer = self._send(path, body, known.revision)
        self._case(_good(answer))

    def _look(self, request_id: str) -> Standing:
        return self._case(self._get(f"/requests/{self._known[request_id].there}"))

    def _look_at_waiting(self) -> Standings:
        """Those that waited and no longer do: what a departure frees is given at once, and told to who asks."""
        if not self._waiting:
            return []
        still = {self._here.get(item["request_id"]) for item in self._unplaced()}
        told: Standings = []
        for request_id in [request_id for request_id in self._waiting if request_id not in still]:
            told += self._given(self._get(f"/requests/{self._known[request_id].there}"))
        return told

    def _unplaced(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = []
        page: dict[str, Any] = {"next": ""}
        while page["next"] is not None:
            cursor = {"cursor": page["next"]} if page["next"] else {}
            page = self._get("/requests", {"state": "unplaced", **cursor})
            items += page["items"]
        return items

    def _changes(self, body: Mapping[str, Any]) -> Standings:
        """What an answer says of other requests: repaired, and placed from the waiting list."""
        told = [
            self._case(item)
            for item in body.get("placed_from_waiting", ())
            if item["request_id"] in self._here
        ]
        for item in body.get("placed_from_waiting", ()):
            self.heard("waiting", self._here.get(item["request_id"]), item)
        repaired = {item["request_id"] for item in body.get("repaired", ())} & self._here.keys()
        return told + [self._look(self._here[there]) for there in sorted(repaired)]

    def _given(self, body: Mapping[str, Any]) -> Standings:
        """A case as the service tells it, and those whose bookings were taken back for it."""
        displaced = (body.get("allocation") or {}).get("displaced", ())
        others = [item["request_id"] for item in displaced if item["request_id"] in self._here]
        return [self._case(body), *(self._look(self._here[there]) for there in others)]

    def _case(self, body: Mapping[str, Any]) -> Standing:
        """A case as the service tells it."""
        here = self._here[body["request_id"]]
        known = self._known[here]
        known.revision = body["revision"]
        given = body.get("allocation")
        of_stay = self._of_stay.get(here)
        if given is None:
            known.allocation_id = None
            self._waiting[here] = None
            need = body.get("need", {})
            fits = need.get("fits_from")
            from_when = None if fits is None else to_minute(datetime.fromisoformat(fits))
            return Standing(
                here, State.WAITING, fits_from=from_when, call=need.get("call", ""), of_stay=of_stay
            )
        known.allocation_id = given["id"]
        self._waiting.pop(here, None)
        state = State.ARRIVED if body["state"] in ("arrived", "left") else State.PLACED
        start, end = (to_minute(datetime.fromisoformat(given[name])) for name in ("start", "end"))
        return Standing(here, state, given["bed_id"], start, end, given["conditional"], of_stay=of_stay)

    # --- HTTP -----------------------------------------------------------------------------------------------
    def _get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        self.tally.calls += 1
        return _good(self.client.get(f"/api/v1{path}", params=params))

    def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        return _good(self._send(path, body))

    def _send(self, path: str, body: Mapping[str, Any], revision: int | None = None) -> httpx.Response:
        self.tally.calls += 1
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return self.client.post(f"/api/v1{path}", content=orjson.dumps(body), headers=headers)

    def _moment(self, minute: Minute) -> str:
        return from_minute(minute, self.zone).isoformat()

    def _json(self, about: Mapping[str, Any]) -> dict[str, Any]:
        told = dict(about)
        if "until" in told:
            told["until"] = self._moment(told["until"])
        return told


def _good(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 400:
        told = answer.json()
        where = f"{answer.request.method} {answer.request.url.path}"
        raise Unexpected(
            f"{where}: {answer.status_code} {told.get('title')}: {told.get('detail')} {told.get('errors', '')}"
        )
    found: dict[str, Any] = answer.json()
    return found


# --- bodies -------------------------------------------------------------------------------------------------
def body_of(person: Person, request: Request, zone: str) -> dict[str, Any]:
    """A request of the day as ``POST /requests`` takes it, for a person new there under an opaque id."""
    care = request.care
    return {
        "person": _person(person),
        "priority": request.priority.name.lower(),
        "care": {
            "speciality": care.speciality,
            "care_level": care.care_level,
            "features": sorted(care.features),
            "skills": sorted(care.skills),
            "pooled": {
                "telemetry_channels": care.pooled.telemetry_channels,
                "dialysis_points": care.pooled.dialysis_points,
                "oxygen_flow": care.pooled.oxygen_flow,
            },
        },
        "decided_at": from_minute(request.decided_at, zone).isoformat(),
        "needed_by": from_minute(request.needed_by, zone).isoformat(),
        "duration_minutes": request.duration_minutes,
        "max_wait_minutes": request.max_wait_minutes,
        "origin": request.origin.value,
        "clinically_ready": request.clinically_ready,
        "accepting_team": request.accepting_team,
        "equipment": [_equipment(need) for need in request.equipment],
        "drugs": [
            {"drug_id": n.drug_id, "quantity": n.quantity, "use_within_minutes": n.use_within_minutes}
            for n in request.drugs
        ],
        "companion": request.companion.value,
        "excluded_room_ids": sorted(request.excluded_room_ids),
    }


def _equipment(need: Any) -> dict[str, Any]:
    told = {"type_id": need.type_id, "count": need.count, "offset_minutes": need.offset_minutes}
    return told if need.duration_minutes is None else {**told, "duration_minutes": need.duration_minutes}


def _person(person: Person) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": person.id,
        "sex": person.sex.value,
        "weight_kg": person.weight_kg,
        "isolation": sorted(person.isolation),
        "infections": [
            {"organism": i.organism, "status": i.status.value, "ultraviolet": i.ultraviolet}
            for i in person.infections
        ],
        "exposed_to": sorted(person.exposed_to),
        "allergies": sorted(person.allergies),
        "falls_risk": person.falls_risk,
        "one_to_one": person.one_to_one,
        "end_of_life": person.end_of_life,
        "keep_apart": sorted(person.keep_apart),
    }
    if person.born is not None:
        told["born"] = (date(1970, 1, 1) + timedelta(days=person.born // 1440)).isoformat()
    if person.blood_group is not None:
        told["blood_group"] = person.blood_group.value
    return told


def faulty(body: Mapping[str, Any], wrong: str) -> bytes:
    """A good body with one fault, as bytes. Raises KeyError for a fault that is not in the table."""
    return _FAULTS[wrong](dict(body))


def _changed(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    return lambda body: orjson.dumps({**body, **changes})


_FAULTS: Final[dict[str, Callable[[dict[str, Any]], bytes]]] = {
    "malformed": lambda body: orjson.dumps(body)[:-20],
    "unknown_drug": _changed(drugs=[{"drug_id": "no-such-drug", "quantity": 1}]),
    "naive_time": _changed(needed_by="2026-03-02T14:00:00"),
    "negative_duration": _changed(duration_minutes=-30),
}


def milliseconds(seconds: Iterable[float]) -> tuple[float, float]:
    """Median and 99th percentile (nearest rank) in milliseconds. Raises ValueError for nothing."""
    ordered = sorted(seconds)
    if not ordered:
        raise ValueError("no calls to take a percentile of")
    rank = max(0, -(-99 * len(ordered) // 100) - 1)
    return 1000 * ordered[len(ordered) // 2], 1000 * ordered[rank]
