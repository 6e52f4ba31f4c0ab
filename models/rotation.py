"""Everything that is encrypted with the master key, encrypted anew after that key was rotated."""

from __future__ import annotations

from dataclasses import dataclass

from models.commands import Transaction
from models.personal import PersonalVault
from models.repositories import people, reasons, webhooks


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many are under the current master key now that were under another one, or (persons) all that are."""

    persons: int
    reasons: int
    webhook_secrets: int


def rewrap_all(transaction: Transaction, vault: PersonalVault) -> Rewrapped:
    """Bring persons' keys, reasons that are about no patient, and webhooks' secrets under the current master key: the
    ones before it open nothing in this database afterwards. Raises ``PersonalDataDamaged`` or ``KeyFileError``, and
    then changes nothing if the caller rolls back."""
    return Rewrapped(
        people.rewrap_keys(transaction, vault),
        reasons.rewrap_reasons(transaction, vault),
        webhooks.rewrap_secrets(transaction, vault),
    )
