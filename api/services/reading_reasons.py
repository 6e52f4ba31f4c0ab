"""Reasons as a reader may see them: the words only to who may read of the patient on the ward concerned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from api.security.access import Access
from api.security.permissions import Permission
from api.services.words import moment
from models.personal import PersonalVault
from models.repositories.governance import load_reasons
from models.repositories.reasons import StatedReason, reasons_of_request, reasons_of_subjects


@dataclass(frozen=True, slots=True)
class Reader:
    """Whoever asks, and what opens the reasons."""

    vault: PersonalVault
    access: Access

    def of_request(
        self, connection: Connection, request_id: str, asking: str | None, zone: str
    ) -> list[dict[str, Any]]:
        """Every reason given about a request; ``asking``: the ward that asked."""
        found = reasons_of_request(connection, self.vault, request_id)
        return [
            {
                "action": reason.action,
                "subject_id": reason.subject_id,
                "ward_id": reason.ward_id,
                "by": reason.actor,
                "at": moment(reason.minute, zone),
                **self._said(reason, (reason.ward_id, asking)),
            }
            for reason in found
        ]

    def of_subjects(self, connection: Connection, subject_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The last reason given about each subject."""
        found = reasons_of_subjects(connection, self.vault, subject_ids)
        return {subject: self._said(reason, (reason.ward_id,)) for subject, reason in found.items()}

    def of_overrides(
        self, connection: Connection, told: dict[str, Any], ward_ids: Iterable[str | None]
    ) -> dict[str, Any]:
        """What is told of a request or an allocation, with why each rule was overridden."""
        if "overrides" not in told:
            return told
        may = self._may_read(ward_ids)
        found = load_reasons(connection, [one["id"] for one in told["overrides"]]) if may else {}
        reasons = [{**one, "reason": found.get(one["id"]), "withheld": not may} for one in told["overrides"]]
        return {**told, "overrides": reasons}

    def _may_read(self, ward_ids: Iterable[str | None]) -> bool:
        """Whether the reader may read of the patient on one of the wards concerned."""
        wards: set[str | None] = {ward_id for ward_id in ward_ids if ward_id is not None}
        # Where no ward is concerned, one's own is not enough.
        return any(self.access.allows(ward_id, Permission.PERSON_READ) for ward_id in wards or {None})

    def _said(self, reason: StatedReason, ward_ids: Iterable[str | None]) -> dict[str, Any]:
        may = self._may_read(ward_ids)
        return {"reason": reason.text if may else None, "withheld": reason.text is not None and not may}
