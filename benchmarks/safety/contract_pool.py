"""What a made-up call names of the real hospital: ids, revisions and times near now, so that calls reach records."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from solver.hospital import Hospital, Minute, from_minute
from solver.placing import rules

MOMENTS: Final = frozenset(
    {"at", "until", "needed_by", "decided_at", "expected", "now", "known_at", "free_at", "from"}
)
PLANTED: Final = 0.7
"""Share of fields that name something in which something real is planted."""

SAME: Final[Mapping[str, str]] = {
    "for_ward_id": "ward_id",
    "excluded_room_ids": "room_id",
    "into_person_id": "person_id",
    "keep_apart": "person_id",
}
"""Fields that name a record of another field's kind."""

_MINUTES: Final = (-1440, -60, -1, 0, 0, 1, 30, 240, 1440, 4320)
"""From now on: just before, just after, within the roster and beyond it."""

_KEPT: Final = 40
"""Ids remembered of each kind: those of the latest answers."""

_LATEST: Final = 6
_HARVESTED: Final = frozenset({"request_id", "allocation_id", "stay_id", "proposal_id", "person_id"})
"""Kinds that calls make; the latest are named, for what is older is mostly over."""


class Pool:
    """Ids by the name of the field that takes them; grows with every answer, so that calls follow each other."""

    def __init__(self, hospital: Hospital, now: Minute, spare_account_id: str) -> None:
        self._now = now
        self._ids: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=_KEPT))
        self._revisions: dict[str, int] = {}
        kinds: dict[str, Iterable[Any]] = {
            "site_id": hospital.sites,
            "ward_id": hospital.wards,
            "room_id": hospital.rooms,
            "bed_id": hospital.beds,
            "type_id": hospital.equipment_types,
            "unit_id": hospital.units,
            "drug_id": hospital.drugs,
            "lot_id": hospital.lots,
            "shift_id": hospital.shifts,
            "person_id": hospital.persons,
            "stay_id": hospital.stays,
        }
        for name, records in kinds.items():
            self._ids[name].extend(record.id for record in records)
        self._ids["rule_id"].extend(rules.RULES)
        self._ids["account_id"].append(spare_account_id)
        self._ids["model"].extend(sorted({unit.model for unit in hospital.units}))
        self._ids["speciality"].extend(
            sorted({name for ward in hospital.wards for name in ward.specialities})
        )

    def known(self) -> set[str]:
        """Every id and name in it: answers may hold these, whoever asks."""
        return {value for values in self._ids.values() for value in values}

    def value(self, field: str, draw: random.Random) -> str | None:
        """Something real for a field, or None if the field names nothing."""
        if field in MOMENTS:
            return from_minute(self._now + draw.choice(_MINUTES)).isoformat()
        name = SAME.get(field, field)
        values = list(self._ids.get(name, ()))[-_LATEST if name in _HARVESTED else 0 :]
        return draw.choice(values) if values else None

    def revision(self, record_id: str) -> int | None:
        """The revision last heard of a request's allocation."""
        return self._revisions.get(record_id)

    def planted(self, body: Any, draw: random.Random) -> Any:
        """A body in which most fields that name something name something real."""
        if isinstance(body, list):
            return [self.planted(item, draw) for item in body]
        if not isinstance(body, dict):
            return body
        return {name: self._planted(name, value, draw) for name, value in body.items()}

    def _planted(self, name: str, value: Any, draw: random.Random) -> Any:
        if isinstance(value, float) and value.is_integer():
            return int(value)  # JSON Schema calls 1.0 an integer, the service does not
        if isinstance(value, str) and draw.random() < PLANTED:
            return self.value(name, draw) or value
        if isinstance(value, list) and value and isinstance(value[0], str) and draw.random() < PLANTED:
            real = self.value(name, draw)
            return [real] if real is not None else value
        return self.planted(value, draw)

    def heard(self, answer: Any) -> None:
        """Remember the ids and revisions of an answer."""
        if isinstance(answer, list):
            for item in answer:
                self.heard(item)
        elif isinstance(answer, dict):
            for name, value in answer.items():
                if name in _HARVESTED and isinstance(value, str):
                    self._remember(name, value)
                self.heard(value)
            self._heard_record(answer)

    def _heard_record(self, answer: Mapping[str, Any]) -> None:
        record_id = answer.get("id")
        if not isinstance(record_id, str):
            return
        if "change" in answer:
            self._remember("proposal_id", record_id)
        if "bed_id" in answer and isinstance(answer.get("revision"), int):
            self._remember("allocation_id", record_id)
            self._revisions[record_id] = answer["revision"]

    def _remember(self, name: str, value: str) -> None:
        if value not in self._ids[name]:
            self._ids[name].append(value)
