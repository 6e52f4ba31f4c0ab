"""Persons: what placement needs, and, apart from it, what identifies them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update

from models import rows
from models.commands import Transaction
from models.errors import NotFound, PersonErased
from models.personal import FIELDS, PersonalData, PersonalVault, SealedPerson, WrappedKey
from models.repositories.governance import merged_into
from models.repositories.versions import add, revise
from models.tables.people import person, person_identity
from models.tables.telling import stated_reason
from solver.hospital import Person


def insert_person(transaction: Transaction, record: Person) -> None:
    """Add a person, by an opaque id."""
    add(transaction, person, rows.row(record))


def update_person(transaction: Transaction, record: Person) -> None:
    """Change what placement needs of a person (isolation, infections, ...); the history keeps what was
    known."""
    values = {name: value for name, value in rows.row(record).items() if name != "id"}
    revise(transaction, person, record.id, values)


def load_person(connection: Connection, person_id: str) -> Person:
    """What placement needs of a person; raises ``NotFound``."""
    row = connection.execute(select(person).where(person.c.id == person_id)).first()
    if row is None:
        raise NotFound("person", person_id)
    return rows.read_person(row)


def load_persons(connection: Connection, person_ids: Collection[str]) -> list[Person]:
    """What placement needs of those persons that are stored."""
    found = connection.execute(select(person).where(person.c.id.in_(person_ids)))
    return [rows.read_person(row) for row in found]


def save_identity(transaction: Transaction, vault: PersonalVault, person_id: str, data: PersonalData) -> None:
    """Encrypt and store who a person is; a person who has a key keeps it. Raises ``PersonErased``."""
    there = _identity(transaction.connection, person_id)
    sealed = vault.seal(person_id, data, _key(there) if there is not None else None)
    values = {
        **sealed.ciphertexts,
        "identity_index": sealed.identity_index,
        "master_key_id": sealed.key.master_key_id,
        "wrapped_key": sealed.key.ciphertext,
    }
    if there is None:
        transaction.connection.execute(insert(person_identity), {"person_id": person_id, **values})
    else:
        _change(transaction, person_id, values)


def load_identity(connection: Connection, vault: PersonalVault, person_id: str) -> PersonalData:
    """Decrypt who a person is. Raises ``NotFound``, ``PersonErased``, ``PersonalDataDamaged``."""
    row = _identity(connection, person_id)
    if row is None:
        raise NotFound("identity of person", person_id)
    ciphertexts = {name: getattr(row, name) for name in FIELDS}
    return vault.open(SealedPerson(person_id, _key(row), ciphertexts, row.identity_index))


def find_person(connection: Connection, vault: PersonalVault, identity_number: str) -> str | None:
    """The id of the person with this identity number, or None."""
    index = vault.identity_index(identity_number)
    found = select(person_identity.c.person_id).where(person_identity.c.identity_index == index)
    return connection.scalar(found)


def key_of(connection: Connection, person_id: str) -> WrappedKey | None:
    """A person's wrapped key, or None if nothing was encrypted for that person yet; raises ``PersonErased``."""
    row = _identity(connection, person_id)
    return None if row is None else _key(row)


def ensure_key(transaction: Transaction, vault: PersonalVault, person_id: str) -> WrappedKey:
    """A person's wrapped key, made if there is none. Raises ``PersonErased``."""
    found = key_of(transaction.connection, person_id)
    if found is not None:
        return found
    key = vault.new_key(person_id)
    values = {"person_id": person_id, "master_key_id": key.master_key_id, "wrapped_key": key.ciphertext}
    transaction.connection.execute(insert(person_identity), values)
    return key


def erase(transaction: Transaction, person_id: str) -> None:
    """Destroy a person's key and everything encrypted under it, under ids that were merged into this one too; cannot be
    undone.

    Follow it with ``Database.fold_log`` after the commit, so that the write-ahead log forgets too.
    """
    if _identity(transaction.connection, person_id) is None:
        raise NotFound("identity of person", person_id)
    gone: dict[str, Any] = dict.fromkeys((*FIELDS, "identity_index", "master_key_id", "wrapped_key"))
    ids = {person_id, *merged_into(transaction.connection, person_id)}
    for each in sorted(ids):
        _change(transaction, each, gone | {"erased_microsecond": transaction.now.microsecond})
    about = update(stated_reason).where(stated_reason.c.person_id.in_(ids))
    transaction.connection.execute(about.values(ciphertext=None))


def rewrap_keys(transaction: Transaction, vault: PersonalVault) -> int:
    """Wrap every person's key with the current master key. Returns how many."""
    living = select(person_identity).where(person_identity.c.wrapped_key.is_not(None))
    found = transaction.connection.execute(living).all()
    for row in found:
        key = vault.rewrap(row.person_id, _key(row))
        values = {"master_key_id": key.master_key_id, "wrapped_key": key.ciphertext}
        _change(transaction, row.person_id, values)
    return len(found)


def _identity(connection: Connection, person_id: str) -> Any:
    return connection.execute(select(person_identity).where(person_identity.c.person_id == person_id)).first()


def _key(row: Any) -> WrappedKey:
    if row.wrapped_key is None:
        raise PersonErased(row.person_id)
    return WrappedKey(row.master_key_id, row.wrapped_key)


def _change(transaction: Transaction, person_id: str, values: dict[str, Any]) -> None:
    changed = update(person_identity).where(person_identity.c.person_id == person_id).values(**values)
    transaction.connection.execute(changed)
