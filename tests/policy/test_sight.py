"""Whoever holds a role on one ward or site is shown nothing of another site: no record, no count, no cursor.

Every list is read before and after much has happened on the other site; to those whose role ends elsewhere it says the
same, letter for letter, and to those who hold theirs everywhere it does not.
"""

import csv
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from models.clock import Instant
from models.commands import Transaction
from models.repositories.steps import Breach, insert_breach
from solver.hospital import Step, from_minute
from tests.access_hospital import FREE, NOW, SITE_OF_WARD, TAKEN
from tests.access_matrix import TABLE, Asked, asked
from tests.access_world import Call, bundle

THERE = "X1"
"""The ward of the other site."""

CATALOGUES = {"equipment-types", "drugs", "rules", "profiles", "webhooks", "rationing-orders"}
"""What is the whole hospital's, the same for everybody who may read it."""

STANDS = {"staff", "outliers", "scarcity", "roster-terms", "pharmacy/moves", "pharmacy/balances"}
STANDS |= {"admission-terms", "plans", "pharmacy/shortages"}
"""What nothing here changes: nobody is hired, no ward is of another speciality, terms stay, nothing is moved, no drug
is short, nobody plans admissions, and the prices of scarcity are the whole hospital's."""

ASKED_FOR = {"equipment/free": {"type": "pump", "near": "W1"}, "roster-terms": {"ward_id": "W1"}}
"""What a list cannot be asked without."""

PAGES = {"wards", "rooms", "beds", "equipment", "drug-lots", "requests", "shifts", "staff", "outliers"}
PAGES |= {"pharmacy/balances"}
PAGES |= {"rosters"}


def lists():
    """Every route without an id in its address, that asks who reads it, but for the stream of events."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        operations = {line["operation"] for line in csv.DictReader(file) if line["nobody"] == "-"}
    paths = (o.removeprefix("GET /api/v1/") for o in operations if o.startswith("GET /api/v1/"))
    return sorted(path for path in paths if "{" not in path and path != "events")


def read(service, path, token):
    """Every page of the list with its cursor, and a short one where there are pages; None for whoever may not."""
    found = [page_of(service, path, token)]
    while found[-1] is not None and found[-1].get("next"):
        found.append(page_of(service, path, token, cursor=found[-1]["next"]))
    if found[0] is None:
        return None
    return [*found, page_of(service, path, token, limit=2)] if path in PAGES else found


def page_of(service, path, token, **query):
    query = {**ASKED_FOR.get(path, {}), **query}
    asked_for = f"/api/v1/{path}?{urlencode(query)}" if query else f"/api/v1/{path}"
    answer = service.world.send(Call("GET", asked_for), token)
    assert answer.status_code in (200, 403), (path, answer.text)
    if answer.status_code != 200:
        return None
    # How old the hospital is that an answer rests on is everybody's to know.
    return {
        name: value
        for name, value in answer.json().items()
        if name not in ("hospital_revision", "data_age_seconds")
    }


def readers(service):
    return {name: token for name, token in service.served.tokens.items() if name[-2:] in (" S", " W")}


@dataclass(frozen=True)
class Told:
    """What every reader was told of every list before and after; the service as it is then, and ids of what was made
    there."""

    service: Asked
    before: dict[tuple[str, str], Any]
    after: dict[tuple[str, str], Any]
    made: dict[str, str]


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Everybody reads everything, much happens on the other site, and everybody reads again."""
    with asked(tmp_path_factory.mktemp("sight")) as service:
        still = {"now": from_minute(NOW).isoformat(), "running": False}
        service.world.make("/sandbox/clock", still)
        # What came due by setting the clock is done before anything is compared.
        service.world.case("W1", "W1")
        service.world.roster("W1")
        service.world.admission_plan()
        every = {**readers(service), "mighty": service.served.tokens["mighty"]}

        def all_lists():
            return {
                (path, who): read(service, path, token) for path in lists() for who, token in every.items()
            }

        before = all_lists()
        made = happens_there(service)
        yield Told(service, before, all_lists(), made)


def happens_there(service):
    """Much, on the other site; ids of what was made."""
    world = service.world
    given = world.case(THERE, THERE)
    world.arrived(THERE)
    pumped = world.make("/requests", {**bundle(THERE), "equipment": [{"type_id": "pump"}]})
    world.make(f"/allocations/{pumped['allocation']['id']}:arrive", {}, pumped["revision"])
    world.booking(THERE)
    breached(service, waits(world))
    world.roster(THERE)
    for event in (
        {"kind": "unit_broken", "unit_id": f"U-{THERE}"},
        {"kind": "lot_quarantined", "lot_id": f"L-{THERE}"},
        {"kind": "nurse_absent", "shift_id": f"D-N-{THERE}-1"},
        {"kind": "bed_closed", "bed_id": f"B-{THERE}-{TAKEN + FREE - 1}", "reason": "leak"},
        {"kind": "room_exposure", "room_id": f"R-{THERE}", "organism": "norovirus"},
        {"kind": "ward_closed", "ward_id": THERE, "reason": "an outbreak"},
    ):
        world.make("/disruptions", {"event": event})
    target = {"step": "left", "priority": "routine", "minutes": 9, "ward_id": THERE}
    world.make("/steps/targets", {"targets": [target]})
    roles = [{"role": "nurse", "ward_id": THERE}]
    nurse = {"login": "nurse there", "password": "a password of nobody", "roles": roles}
    account = world.make("/accounts", nurse)
    return {
        "request": given["request_id"],
        "allocation": given["allocation"]["id"],
        "account": account["id"],
    }


def waits(world):
    """A request of the other site for which there is no place."""
    care = {"speciality": "medicine", "features": ["dialysis_point"]}
    answer = world.send(Call("POST", "/api/v1/requests", {**bundle(THERE, THERE), "care": care}), world.token)
    assert answer.status_code == 202, answer.text
    return answer.json()["request_id"]


def breached(service, request_id):
    """It waits for too long; the service looks for such things by a clock that stands still here."""
    breach = Breach(request_id, Step.PLACED, "", "silent", 1, THERE, NOW, NOW)
    with service.served.runtime.database.writing() as connection:
        insert_breach(Transaction(connection, Instant.of_minute(NOW), 1), breach)


@pytest.mark.parametrize("path", lists())
def test_what_happens_on_another_site_changes_nothing_that_is_listed_here(told, path):
    service, before, after = told.service, told.before, told.after
    for who in readers(service):
        assert before[path, who] == after[path, who], who
        assert all(f'"{name}"' not in str(after[path, who]).replace("'", '"') for name in (THERE, "T")), who
    assert (before[path, "mighty"] == after[path, "mighty"]) == (path in CATALOGUES | STANDS)


@pytest.mark.parametrize("path", sorted(PAGES - {"outliers"}))
def test_somebody_here_is_shown_what_is_here(told, path):
    every = (told.after[path, who] for who in readers(told.service))
    shown = [items for items in every if items is not None]
    assert any(items[0]["items"] for items in shown)
    assert all("X1" not in str(items) for items in shown)


def test_one_record_of_another_site_is_refused(told):
    service, made = told.service, told.made
    paths = f"requests/{made['request']}", f"allocations/{made['allocation']}", f"accounts/{made['account']}"
    for who, token in readers(service).items():
        for path in paths:
            assert service.world.send(Call("GET", f"/api/v1/{path}"), token).status_code == 403, (who, path)


def test_who_had_a_unit_or_lot_is_told_of_the_patients_here_and_says_that_it_is_not_all(told):
    service = told.service
    for path in (f"equipment/U-{THERE}/patients", "drug-lots/L-pharmacy/patients"):
        for token in readers(service).values():
            answer = service.world.send(Call("GET", f"/api/v1/{path}"), token)
            if answer.status_code == 200:
                assert (answer.json()["whole_hospital"], answer.json()["items"]) == (False, [])
        assert service.world.send(Call("GET", f"/api/v1/{path}"), service.world.token).json()[
            "whole_hospital"
        ]


def test_events_of_another_site_do_not_come_down_the_stream(told):
    service = told.service
    *_, last = service.state()
    heard = 0
    for who, token in readers(service).items():
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.stream("GET", f"{service.served.url}/api/v1/events?after=0", headers=headers) as stream:
            if stream.status_code == 403:
                continue
            lines = []
            for line in stream.iter_lines():
                lines.append(line)
                if line == f"id: {last}":
                    break
        assert THERE not in "\n".join(lines), who
        heard += 1
    assert heard
    assert SITE_OF_WARD[THERE] == "T"
