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

    def _said(self, reason: StatedReason, ward_ids: Iterable[str | None]) -> dict[str, Any]:
        wards: set[str | None] = {ward_id for ward_id in ward_ids if ward_id is not None}
        # Where no ward is concerned, one's own is not enough.
        may = any(self.access.allows(ward_id, Permission.PERSON_READ) for ward_id in wards or {None})
        return {"reason": reason.text if may else None, "withheld": reason.text is not None and not may}
