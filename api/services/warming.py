"""Warming up: every kernel is compiled, or read from its cache, before the first command."""

from __future__ import annotations

from solver.hospital import Care, DrugNeed, EquipmentNeed, Person, Priority, Request
from solver.placing.live import LiveHospital


def warm_up(live: LiveHospital) -> None:
    """Decide on a made-up person twice, once with why not; nothing of it stays."""
    person = Person("warm-up")
    live.put(person)
    try:
        request = _request(live, person)
        live.decide(request, "warm-up")
        live.decide(request, "warm-up", first_fit=True)
        live.why_not(request)
    finally:
        live.drop(Person, person.id)


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
