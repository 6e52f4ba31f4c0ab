"""Canaries: a value of its own in every personal field and secret, and where it is looked for.

Each text field of every request model is named below: with a canary, or with the reason why it needs none. A field
that is added to a schema and named here nowhere fails a test.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from api.schemas import (
    accounts,
    admissions,
    base,
    chains,
    checks,
    disruptions,
    equipment,
    experiments,
    movements,
    offers,
    pharmacy,
    profiles,
    rationing,
    requests,
    rosters,
    scarcity,
    steps,
    stock,
    webhooks,
)
from models.tables import metadata

BORN = "1931-07-19"
PLANTED: dict[str, str] = {
    "IdentityIn.name": "Zqa Canaryname",
    "IdentityIn.identity_number": "ZQB-CANARY-0001",
    "IdentityIn.phone": "+00 555 918273645",
    "IdentityIn.address": "Zqc Canarystreet 7",
    "IdentityIn.notes": "Zqd canarynote\nof two lines",
    "PersonIn.born": BORN,
    "PersonIn.exposed_to": "zqe-canary-exposure",
    "PersonIn.allergies": "zqf-canary-allergy",
    "InfectionIn.organism": "zqg-canary-organism",
    "BundleIn.accepting_team": "Zqh canary team",
    "WaiverIn.reason": "zqi canary waiver",
    "ReleaseIn.reason": "zqj canary release",
    "ConfirmIn.reason": "zqk canary decline",
    "TransferIn.reason": "zql canary transfer",
    "ProposalIn.reason": "zqm canary proposal",
    "BedClosed.reason": "zqn canary bed",
    "RoomClosed.reason": "zqo canary room",
    "WardClosed.reason": "zqp canary ward",
    "RoomExposure.organism": "zqq-canary-exposed",
    "WardOutbreak.organism": "zqoutbreak-canary",
    "ProfileIn.reason": "zqw canary draft",
    "ActivationIn.reason": "zqx canary activation",
    "SwitchIn.reason": "zq1 canary switch",
    "RationingOrderIn.reason": "zq2 canary order",
    "RationingActivationIn.reason": "zq3 canary order in force",
    "LoginIn.login": "zqr-canary-unknown-login",
    "LoginIn.password": "zqs canary wrong password",
    "LoginIn.label": "zqt canary label",
    "AccountIn.login": "zqu-canary-login",
    "AccountIn.password": "zqv canary new password",
    "WebhookIn.url": "https://127.0.0.2:9/zqz-canary-address",
    "WebhookChangeIn.url": "https://127.0.0.2:9/zqy-canary-other-address",
}

SOUGHT = {
    **PLANTED,
    "PersonIn.born in minutes": str((date.fromisoformat(BORN) - date(1970, 1, 1)).days * 1440),
}
"""What is looked for: a date of birth also as storage writes it."""

HARMLESS: Mapping[str, str] = {
    "AdmissionPinIn.day": "a day of a plan",
    "AdmissionPlanIn.first_day": "the first day of a plan",
    "AdmissionTermsIn.admits_at": "a time of the day",
    "UsualSurgeryIn.speciality": "a code of the hospital's own list",
    "ApplyIn.request_ids": "opaque ids",
    "CareIn.speciality": "a code of the hospital's own list",
    "CareIn.skills": "codes of the hospital's own list",
    "ModelRecalled.model": "a maker's name for a device",
    "NursesAbsent.shift_ids": "opaque ids",
    "ProfileIn.switch_off": "ids of rules",
    "ProfileIn.switch_on": "ids of rules",
    "ExperimentIn.scenario": "a hospital in numbers: nobody is named in it",
    "EquipmentPlanIn.bookings": "units, wards and times by id: nobody is named in it",
    "UseIn.type_ids": "ids of equipment types",
    "FleetIn.type_ids": "ids of equipment types",
    "PharmacyPlanIn.stock": "drugs and lots by id, and how many were issued: nobody is named in it",
    "ReceiptIn.crossmatched_for": "an opaque id",
    "RationingOrderIn.committee": "what a committee is called",
    "CoverIn.skill": "a code of the hospital's own list",
    "GapIn.day": "a day of a roster",
    "PinIn.day": "a day of a roster",
    "PublishIn.agreed": "opaque ids of staff",
    "RosterChangeIn.by": "an opaque id of staff",
    "RosterIn.first_day": "the Monday of a roster",
    "RosterWishIn.day": "a day of a roster",
    "ShiftTypeIn.starts": "a time of the day",
    "SwapIn.day": "a day of a roster",
    "VariantIn.name": "what a planner calls a variant",
    "WebhookIn.topics": "names of events",
    "WebhookChangeIn.topics": "names of events",
}
"""Texts that are no canary's place, and why. Ids (``id``, ``..._id``) are opaque: who makes them sees to that."""

IDENTITY = {name for name in PLANTED if name.startswith("IdentityIn.")}
SECRETS = {"LoginIn.password", "AccountIn.password"}

_BLOCKS = frozenset({"place_block.reason", "place_block_version.reason"})


def _person(column: str) -> frozenset[str]:
    return frozenset({f"person.{column}", f"person_version.{column}"})


KEPT_IN_CLEAR: Mapping[str, frozenset[str]] = {
    "PersonIn.born in minutes": _person("born_minute"),
    "PersonIn.exposed_to": _person("exposed_to"),
    "PersonIn.allergies": _person("allergies"),
    "InfectionIn.organism": _person("infections") | {"disruption.detail"},
    "RoomExposure.organism": _person("exposed_to") | _BLOCKS | {"disruption.detail"},
    "WardOutbreak.organism": _person("exposed_to") | {"disruption.detail"},
    "BundleIn.accepting_team": frozenset({"request.accepting_team", "request_version.accepting_team"}),
    "WaiverIn.reason": frozenset({"rule_override.reason"}),
    "BedClosed.reason": _BLOCKS,
    "RoomClosed.reason": _BLOCKS,
    "WardClosed.reason": _BLOCKS,
    "ProfileIn.reason": frozenset({"rule_profile_event.reason"}),
    "ActivationIn.reason": frozenset({"rule_profile_event.reason"}),
    "SwitchIn.reason": frozenset({"scarcity_price.reason"}),
    "RationingOrderIn.reason": frozenset({"rationing_order.reason"}),
    "AccountIn.login": frozenset({"account.login", "idempotency.answer"}),
    "LoginIn.label": frozenset({"token.label"}),
    "WebhookIn.url": frozenset({"idempotency.answer"}),
    "WebhookChangeIn.url": frozenset({"webhook.url", "idempotency.answer"}),
}
"""Which columns hold which canary, by field: what placement needs of an opaque person, what a board shows, names of
accounts. Nothing that identifies a patient, no secret; and no audit line, no event holds any of them."""


def models_of_requests() -> list[type[base.Strict]]:
    """Every model of something that is sent."""
    found = [
        value
        for module in (
            accounts,
            admissions,
            chains,
            disruptions,
            equipment,
            experiments,
            movements,
            offers,
            pharmacy,
            requests,
            checks,
            profiles,
            rationing,
            rosters,
            scarcity,
            steps,
            stock,
            webhooks,
        )
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base.Strict) and value.__name__[0] != "_"
    ]
    return sorted(set(found) - {base.Strict}, key=lambda model: model.__name__)


def text_fields() -> set[str]:
    """``Model.field`` of every field that takes a free text or a date of birth, by the model that declares it; what a
    private base declares counts for each of its heirs."""
    return {
        f"{model.__name__}.{name}"
        for model in models_of_requests()
        for name, part in model.model_json_schema().get("properties", {}).items()
        if name in _own_fields(model) and _takes_text(part) and not _is_id(name)
    }


def _own_fields(model: type[base.Strict]) -> set[str]:
    private = [parent for parent in model.__mro__[1:] if parent.__name__.startswith("_")]
    return {name for one in (model, *private) for name in getattr(one, "__annotations__", ())}


def _is_id(name: str) -> bool:
    return name in ("id", "keep_apart", "excluded_room_ids", "ward_ids") or name.endswith("_id")


def _takes_text(part: Any) -> bool:
    if "anyOf" in part:
        return any(_takes_text(choice) for choice in part["anyOf"])
    if part.get("type") == "array":
        return _takes_text(part["items"])
    fixed = "enum" in part or "const" in part or part.get("format") == "date-time"
    return part.get("type") == "string" and not fixed


# --- looking -----------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Sighting:
    """A canary where it was seen."""

    field: str
    where: str


def sightings(where: str, content: bytes, canaries: Mapping[str, str]) -> list[Sighting]:
    """Which canaries a piece of data holds, plain or lightly dressed (UTF-16, base64, hex); one line of many is
    enough."""
    return [
        Sighting(field, where)
        for field, value in canaries.items()
        if any(form in content for line in value.splitlines() for form in forms(line))
    ]


@cache
def forms(value: str) -> Set[bytes]:
    """How a line of text may lie in data: as it is, or in another encoding."""
    plain = value.encode()
    # Whatever stands before it, two of three base64 alignments show the middle. Four letters of it stand somewhere in
    # a megabyte of encrypted pages by chance.
    inner = {base64.b64encode(plain[skip:])[4:-4] for skip in range(3)}
    inner = {middle for middle in inner if len(middle) >= 8}
    return frozenset({plain, value.encode("utf-16-le"), plain.hex().encode(), *inner})


def in_files(folder: Path, canaries: Mapping[str, str]) -> list[Sighting]:
    """Sightings in the names and bytes of every file below a folder."""
    found: list[Sighting] = []
    for path in sorted(folder.rglob("*")):
        found += sightings(f"name of {path.name}", path.name.encode(), canaries)
        if path.is_file():
            found += sightings(path.name, path.read_bytes(), canaries)
    return found


APART = b"\xff\xff"
"""Stands in no form of a canary, so none is found across two values."""


def in_tables(connection: Connection, canaries: Mapping[str, str]) -> dict[str, set[str]]:
    """Columns of the database that hold each canary in clear, as ``table.column`` by field."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for table in metadata.sorted_tables:
        rows = connection.execute(select(table)).mappings().all()
        for column in table.columns.keys() if rows else ():
            # A column at once: value by value took half of what a tour costs.
            held = APART.join(_as_bytes(row[column]) for row in rows)
            for seen in sightings(f"{table.name}.{column}", held, canaries):
                found[seen.field].add(seen.where)
    return dict(found)


def _as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()
