"""Outliers: who lies outside the wards of their speciality, and when a bed there takes them back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.security.access import Access
from api.services.chaining import is_outlier, repatriation
from api.services.changes import Changes
from api.services.words import moment
from solver.hospital import Stay

WAIT_MINUTES = 2 * 1440
"""How far ahead a bed of the own speciality is looked for: the cover horizon."""


def outliers(changes: Changes, access: Access, limit: int, ward_id: str | None, after: str) -> dict[str, Any]:
    """Outliers on the wards the principal may see, by id, at most ``limit`` after a cursor; their ids for ``next``."""
    records = changes.records
    found = sorted(
        (
            stay
            for stay in records.stays.values()
            if stay.id > after and is_outlier(stay, changes) and _shown(stay, access, ward_id, changes)
        ),
        key=lambda stay: stay.id,
    )
    items = [_item(stay, changes) for stay in found[:limit]]
    return {"items": items, "last": items[-1]["stay_id"] if len(found) > limit else None}


def _shown(stay: Stay, access: Access, ward_id: str | None, changes: Changes) -> bool:
    own = changes.records.ward_of_bed(stay.bed_id).id
    return (ward_id is None or ward_id == own) and access.allows(own)


def _item(stay: Stay, changes: Changes) -> dict[str, Any]:
    """One outlier with the first bed of their speciality that takes them, and from when."""
    asked = replace(repatriation(stay, changes), max_wait_minutes=WAIT_MINUTES)
    found = changes.live.find(asked, changes.desk.new_id("alc"))
    proposals = changes.desk.proposals.values()
    proposed = (
        p.id
        for p in proposals
        if stay.id == p.subject_id or any(step["stay_id"] == stay.id for step in p.change.get("steps", ()))
    )
    return {
        "stay_id": stay.id,
        "speciality": stay.care.speciality,
        "ward_id": changes.records.ward_of_bed(stay.bed_id).id,
        "bed_id": stay.bed_id,
        "since": moment(stay.start, changes.zone),
        "expected_end": moment(stay.end, changes.zone),
        "own_bed_id": None if found is None else found.bed_id,
        "own_bed_from": None if found is None else moment(found.start, changes.zone),
        "free_now": found is not None and found.start <= changes.now,
        "proposal_id": next(proposed, None),
    }
