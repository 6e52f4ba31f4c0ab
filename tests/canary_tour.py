"""Drives the real service through every route that takes a personal field, right and wrong, and keeps all it hears."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from tests.access_hospital import SITE_OF_WARD
from tests.canaries import PLANTED as P

PERSON = {
    "sex": "female",
    "born": P["PersonIn.born"],
    "infections": [{"organism": P["InfectionIn.organism"]}],
    "exposed_to": [P["PersonIn.exposed_to"]],
    "allergies": [P["PersonIn.allergies"]],
    "identity": {
        name: P[f"IdentityIn.{name}"] for name in ("name", "identity_number", "phone", "address", "notes")
    },
}
WAIVERS = [
    {"rule_id": rule, "reason": P["WaiverIn.reason"]}
    for rule in ("exposure_cohort", "bed_staffed", "room_sex")
]
"""Halls of many beds take a person who was exposed only if somebody waives that."""


def bundle(ward: str, **changes: Any) -> dict[str, Any]:
    """A request for a bed of this ward, for a person of canaries."""
    body = {
        "person": PERSON,
        "priority": "urgent",
        "care": {"speciality": "medicine"},
        "duration_minutes": 600,
        "accepting_team": P["BundleIn.accepting_team"],
        "waivers": WAIVERS,
        "excluded_room_ids": [f"R-{other}" for other in SITE_OF_WARD if other != ward],
    }
    return {**body, **changes}


def somebody(number: int) -> dict[str, Any]:
    """Another person of the same canaries; identity numbers are one person's each."""
    other = {**PERSON["identity"], "identity_number": f"{P['IdentityIn.identity_number']}-{number}"}
    return {**PERSON, "identity": other}


@dataclass
class Tour:
    """What was sent and what was answered."""

    client: httpx.Client
    token: str
    sent: list[bytes] = field(default_factory=list)
    errors: list[httpx.Response] = field(default_factory=list)
    answers: list[httpx.Response] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def call(self, method: str, path: str, body: Any = None, revision: int | None = None) -> httpx.Response:
        """One call with a key of its own, kept with its answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": secrets.token_hex(8)}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        content = None if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        headers |= {} if content is None else {"Content-Type": "application/json"}
        answer = self.client.request(method, f"/api/v1{path}", headers=headers, content=content)
        self.sent.append(content or b"")
        (self.errors if answer.status_code >= 400 else self.answers).append(answer)
        return answer

    def post(self, path: str, body: Any, revision: int | None = None) -> Any:
        """A call that must succeed; its answer."""
        answer = self.call("POST", path, body, revision)
        assert answer.status_code in (200, 201), (path, answer.text)
        return answer.json()

    def all(self) -> None:
        """The whole tour."""
        self.patients()
        self.wards()
        self.rules()
        self.accounts()
        self.webhooks()
        self.wrong()
        self.look()

    def patients(self) -> None:
        """Recommended for, placed, declined, released, moved: with reasons."""
        self.post("/allocations:recommend", {"request": bundle("W1"), "k": 2})
        held = self.post("/allocations:hold", {"request": bundle("W1", person=somebody(6)), "minutes": 5})
        self.call("POST", f"/requests/{held['request_id']}:release", {"reason": P["ReleaseIn.reason"]})
        first = self.post("/requests", bundle("W1"))
        declined = {"accepted": False, "reason": P["ConfirmIn.reason"]}
        self.call("POST", f"/allocations/{first['allocation']['id']}:confirm", declined, first["revision"])
        self.call("POST", f"/requests/{first['request_id']}:release", {"reason": P["ReleaseIn.reason"]})
        second = self.post("/requests", bundle("W1", person=somebody(2)))
        here = f"/allocations/{second['allocation']['id']}"
        there = self.post(f"{here}:arrive", {"waivers": WAIVERS}, second["revision"])
        moved = {"reason": P["TransferIn.reason"], "waivers": WAIVERS}
        self.post(f"{here}:transfer", moved, there["revision"])
        self.post("/stays/S-W1-0:transfer", moved)
        third = self.post("/requests", bundle("W2", person=somebody(3)))
        chosen = {"bed_id": third["allocation"]["bed_id"], "waivers": WAIVERS}
        fourth = self.post(f"/requests/{third['request_id']}:choose", chosen)
        step = f"/allocations/{fourth['allocation']['id']}:step"
        self.post(step, {"step": "handed_over"}, fourth["revision"])
        self.post(
            "/requests:batch",
            {"requests": [bundle("W1", person=somebody(4)), bundle("W2", person=somebody(5))]},
        )

    def wards(self) -> None:
        """Closed, exposed, found ill: with reasons; and a proposal declined."""
        told = self.tell({"kind": "bed_closed", "bed_id": "B-W2-0", "reason": P["BedClosed.reason"]})
        self.tell({"kind": "room_closed", "room_id": "R-X1", "reason": P["RoomClosed.reason"]})
        self.tell({"kind": "ward_closed", "ward_id": "X1", "reason": P["WardClosed.reason"]})
        self.tell({"kind": "ward_outbreak", "ward_id": "W2", "organism": P["WardOutbreak.organism"]})
        self.tell({"kind": "room_exposure", "room_id": "R-W2", "organism": P["RoomExposure.organism"]})
        ill = {"isolation": ["contact"], "infections": [{"organism": P["InfectionIn.organism"]}]}
        self.tell({"kind": "isolation_on", "person_id": "P-W1-3", **ill})
        proposal = told["proposals"][0]["id"]
        self.post(f"/proposals/{proposal}:decline", {"reason": P["ProposalIn.reason"]})

    def tell(self, event: dict[str, Any]) -> Any:
        """A disruption."""
        return self.post("/disruptions", {"event": event})

    def rules(self) -> None:
        """Other rules, and back to those before."""
        draft = {"weights": {"speciality": 70_000}, "reason": P["ProfileIn.reason"]}
        version = self.post("/profiles", draft)["version"]
        seen = self.post(f"/profiles/{version}:preview", {})["revision"]
        self.post(f"/profiles/{version}:activate", {"reason": P["ActivationIn.reason"]}, seen)
        order = {"committee": "Committee", "criteria": ["priority"], "reason": P["RationingOrderIn.reason"]}
        version = self.post("/rationing-orders", order)["order_version"]
        path = f"/rationing-orders/{version}:activate"
        # Refused: another account puts in force what this one proposed.
        self.call("POST", path, {"reason": P["RationingActivationIn.reason"]}, 0)
        self.post("/scarcity:switch", {"on": True, "reason": P["SwitchIn.reason"]}, 0)

    def webhooks(self) -> None:
        """One that leads into this machine and is called in vain; its secret is shown, and made anew."""
        made = self.post("/webhooks", {"url": P["WebhookIn.url"]})
        path = f"/webhooks/{made['id']}"
        self.call("PATCH", path, {"url": P["WebhookChangeIn.url"]}, made["revision"])
        again = self.post(f"{path}:rotate", {}, made["revision"] + 1)
        self.secrets = [made["secret"], again["secret"]]
        assert self.call("POST", f"{path}:ping", {}).status_code == 202

    def accounts(self) -> None:
        """A new account, its login with a label, and logins that fail."""
        new = {"login": P["AccountIn.login"], "password": P["AccountIn.password"]}
        self.post("/accounts", {**new, "roles": [{"role": "nurse", "ward_id": "W1"}]})
        self.post("/sessions", {**new, "label": P["LoginIn.label"]})
        for login in (P["AccountIn.login"], P["LoginIn.login"]):
            self.call("POST", "/sessions", {"login": login, "password": P["LoginIn.password"]})

    def wrong(self) -> None:
        """The same values where they are refused: as unknown fields, ids, numbers, in broken JSON, in the address."""
        body = orjson.dumps(bundle("W1"))
        self.call("POST", "/requests", body)  # the identity number is somebody's already
        self.call("POST", "/requests", body[:-1])
        for value in P.values():
            self.call("POST", "/requests", bundle("W1", **{value: value}))
            self.call(
                "POST", "/requests", bundle("W1", for_ward_id=value, priority=value, duration_minutes=value)
            )
            self.call("POST", "/disruptions", {"event": {"kind": value, "bed_id": value, "reason": value}})
            self.call("POST", "/accounts", {"login": value, "password": "short", "roles": [{"role": value}]})
            quoted = quote(value, safe="")
            self.call("POST", f"/requests/{quoted}:choose", {"bed_id": value})
            self.call("GET", f"/beds?ward_id={quoted}&cursor={quoted}&features={quoted}")

    def look(self) -> None:
        """Everything that can be read."""
        lists = (
            "requests",
            "proposals",
            "census",
            "accounts",
            "rooms",
            "wards",
            "beds",
            "drug-lots",
            "profiles",
            "rationing-orders",
        )
        for path in lists:
            self.call("GET", f"/{path}")
        for answer in list(self.answers):
            told = orjson.loads(answer.content) if answer.content else {}
            if isinstance(told, dict) and isinstance(told.get("request_id"), str):
                self.call("GET", f"/requests/{told['request_id']}")
