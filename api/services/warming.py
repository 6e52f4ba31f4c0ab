"""Warming up: every kernel is compiled, or read from its cache, before the first command."""

from __future__ import annotations

from dataclasses import replace

from solver.engine.result import Budget
from solver.hospital import Care, DrugNeed, EquipmentNeed, Person, Priority, Request
from solver.placing.least import least_cost
from solver.placing.live import LiveHospital
from solver.placing.recommend import recommend


def warm_up(live: LiveHospital) -> None:
    """Decide on made-up persons in every way there is; nothing of it stays."""
    person, other = Person("warm-up"), Person("warm-up-2")
    live.put(person)
    live.put(other)
    try:
        request = _request(live, person)
        live.decide(request, "warm-up")
        live.decide(request, "warm-up", first_fit=True)
        live.why_not(request)
        recommend(live, request, lambda: "warm-up", Budget(iterations=2))
        batch = [request, replace(request, id="warm-up-2", person_id=other.id)]
        _displace(live, batch)
        # Of two workers that come to the same plan the second goes on from the first's.
        live.decide_batch(batch, ["warm-up", "warm-up-2"], Budget(iterations=1), 1, workers=2)
        least_cost(live, batch)
    finally:
        live.drop(Person, person.id)
        live.drop(Person, other.id)


def _displace(live: LiveHospital, requests: list[Request]) -> None:
    """Look for a booking to take back, as far as the hospital has a bed for one."""
    with live.trial():
        decision = live.decide(requests[0], "warm-up")
        live.apply(decision)
        booked = ["warm-up/stay"] if decision.allocation is not None else []
        live.starts_without(requests[1], booked)


def _request(live: LiveHospital, person: Person) -> Request:
    records = live.records
    return Request(
        id="warm-up",
        person_id=person.id,
        priority=Priority.ROUTINE,
        care=Care("warm-up"),
        decided_at=live.now,
        needed_by=live.now,
        duration_minutes=60,
        equipment=tuple(EquipmentNeed(type_id) for type_id in list(records.equipment_types)[:1]),
        drugs=tuple(DrugNeed(drug_id, 1, 60) for drug_id in list(records.drugs)[:1]),
    )
