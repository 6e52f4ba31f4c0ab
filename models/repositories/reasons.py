"""Why somebody declined, gave back or moved: kept encrypted, told to who may know of the patient."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, insert, select, update

from models.commands import Transaction
from models.errors import PersonErased
from models.personal import PersonalVault, WrappedKey
from models.repositories.people import ensure_key, key_of
from models.tables.telling import stated_reason
from solver.hospital import Minute

DECLINED: Final = "declined"
RELEASED: Final = "released"
TRANSFERRED: Final = "transferred"
CONFIRMED_PROPOSAL: Final = "confirmed_proposal"
DECLINED_PROPOSAL: Final = "declined_proposal"

_FIELD: Final = "stated_reason "


@dataclass(frozen=True, slots=True, repr=False)
class StatedReason:
    """What somebody gave as a reason for an action on a subject (an allocation, request or proposal).

    ``person_id``: the patient it is about, under whose key it is kept; None for none. ``ward_id``: the ward that
    acted. Has no ``repr`` on purpose: the text must not reach a log. ``text`` None: the patient was erased.
    """

    id: str
    action: str
    subject_id: str
    request_id: str | None
    person_id: str | None
    ward_id: str | None
    minute: Minute
    text: str | None
    actor: str = ""


def insert_reason(transaction: Transaction, vault: PersonalVault, reason: StatedReason, actor: str) -> None:
    """Encrypt and store a reason; of a patient who was erased the text is not kept."""
    sealed = _sealed(transaction, vault, reason)
    values = {
        "id": reason.id,
        "action": reason.action,
        "subject_id": reason.subject_id,
        "request_id": reason.request_id,
        "person_id": reason.person_id,
        "ward_id": reason.ward_id,
        "actor": actor,
        "minute": reason.minute,
        "master_key_id": sealed.master_key_id if sealed is not None and reason.person_id is None else None,
        "ciphertext": sealed.ciphertext if sealed is not None else None,
        "recorded_microsecond": transaction.now.microsecond,
    }
    transaction.connection.execute(insert(stated_reason), values)


def _sealed(transaction: Transaction, vault: PersonalVault, reason: StatedReason) -> WrappedKey | None:
    assert reason.text is not None, "a reason that is given is a text"
    if reason.person_id is None:
        return vault.seal_secret(_FIELD + reason.id, reason.text.encode())
    try:
        key = ensure_key(transaction, vault, reason.person_id)
    except PersonErased:
        return None
    ciphertext = vault.seal_text(reason.person_id, key, _FIELD + reason.id, reason.text)
    return WrappedKey(key.master_key_id, ciphertext)


def reasons_of_request(connection: Connection, vault: PersonalVault, request_id: str) -> list[StatedReason]:
    """Every reason given about a request, oldest first."""
    return _load(connection, vault, stated_reason.c.request_id == request_id)


def reasons_of_subjects(
    connection: Connection, vault: PersonalVault, subject_ids: Iterable[str]
) -> dict[str, StatedReason]:
    """The last reason given about each of these subjects."""
    found = _load(connection, vault, stated_reason.c.subject_id.in_(list(subject_ids)))
    return {reason.subject_id: reason for reason in found}


def rewrap_reasons(transaction: Transaction, vault: PersonalVault) -> int:
    """Encrypt those that are about no patient with the current master key; the others follow their patient's key.
    Returns how many."""
    of_nobody = stated_reason.c.person_id.is_(None) & stated_reason.c.ciphertext.is_not(None)
    count = 0
    for row in transaction.connection.execute(select(stated_reason).where(of_nobody)).all():
        sealed = vault.rewrap_secret(_FIELD + row.id, WrappedKey(row.master_key_id, row.ciphertext))
        if sealed is not None:
            values = {"master_key_id": sealed.master_key_id, "ciphertext": sealed.ciphertext}
            changed = update(stated_reason).where(stated_reason.c.id == row.id).values(**values)
            transaction.connection.execute(changed)
            count += 1
    return count


def _load(connection: Connection, vault: PersonalVault, which: ColumnElement[bool]) -> list[StatedReason]:
    order = stated_reason.c.recorded_microsecond, stated_reason.c.id
    rows = connection.execute(select(stated_reason).where(which).order_by(*order)).all()
    return [_read(row, connection, vault) for row in rows]


def _read(row: Any, connection: Connection, vault: PersonalVault) -> StatedReason:
    return StatedReason(
        row.id,
        row.action,
        row.subject_id,
        row.request_id,
        row.person_id,
        row.ward_id,
        row.minute,
        _opened(row, connection, vault),
        row.actor,
    )


def _opened(row: Any, connection: Connection, vault: PersonalVault) -> str | None:
    if row.ciphertext is None:
        return None
    field = _FIELD + row.id
    if row.person_id is None:
        return vault.open_secret(field, WrappedKey(row.master_key_id, row.ciphertext)).decode()
    key = key_of(connection, row.person_id)
    assert key is not None, "made when the reason was stored"
    return vault.open_text(row.person_id, key, field, row.ciphertext)
