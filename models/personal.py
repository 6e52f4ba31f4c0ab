"""What identifies a patient, under that patient's own key (envelope encryption).

Each person has a random 256-bit data key, stored only in wrapped form: encrypted with the master key of the
key file. The fields are encrypted with the data key (AES-256-GCM, 96-bit random nonce, NIST SP 800-38D);
person and field are bound in as associated data, so that a value copied to another row or column does not
open. Destroying the wrapped key erases the person everywhere at once, in every copy of the ciphertext that
is left.

A person is found by identity number through a blind index: HMAC-SHA-256 under a key of its own.
"""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.errors import PersonalDataDamaged
from models.keys import KEY_BYTES, KeyRing

_NONCE_BYTES = 12
_VERSION = b"\x01"

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, repr=False)
class PersonalData:
    """What identifies a person; None is unknown. Has no ``repr`` on purpose: it must not reach a log."""

    name: str | None = None
    identity_number: str | None = None
    phone: str | None = None
    address: str | None = None
    notes: str | None = None

    def __repr__(self) -> str:
        return "PersonalData(...)"


FIELDS = tuple(field.name for field in fields(PersonalData))


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key, encrypted with the master key ``master_key_id``."""

    master_key_id: str
    ciphertext: bytes


@dataclass(frozen=True, slots=True)
class SealedPerson:
    """What is stored of a person's identity: the wrapped key, a ciphertext per field, and the blind index."""

    person_id: str
    key: WrappedKey
    ciphertexts: dict[str, bytes | None]
    identity_index: bytes | None


class PersonalVault:
    """Seals and opens personal data; holds the master and index keys, and no state besides."""

    def __init__(self, master: KeyRing, index: KeyRing, random_bytes: RandomBytes) -> None:
        self._master = master
        self._index = index
        self._random_bytes = random_bytes

    def seal(self, person_id: str, data: PersonalData, key: WrappedKey | None = None) -> SealedPerson:
        """Encrypt every field; with a fresh data key, or with the one the person has already."""
        data_key = self._random_bytes(KEY_BYTES) if key is None else self._unwrap(person_id, key)
        values = {name: getattr(data, name) for name in FIELDS}
        return SealedPerson(
            person_id=person_id,
            key=key or self._wrap(person_id, data_key),
            ciphertexts={
                name: None if value is None else self._encrypt(data_key, value.encode(), person_id, name)
                for name, value in values.items()
            },
            identity_index=self.identity_index(data.identity_number) if data.identity_number else None,
        )

    def open(self, sealed: SealedPerson) -> PersonalData:
        """Decrypt every field; raises ``PersonalDataDamaged`` if one was altered or moved."""
        data_key = self._unwrap(sealed.person_id, sealed.key)
        return PersonalData(
            **{
                name: None if value is None else _decrypt(data_key, value, sealed.person_id, name).decode()
                for name, value in sealed.ciphertexts.items()
            }
        )

    def rewrap(self, person_id: str, key: WrappedKey) -> WrappedKey:
        """The same data key under the current master key; the fields need not be touched."""
        return self._wrap(person_id, self._unwrap(person_id, key))

    def new_key(self, person_id: str) -> WrappedKey:
        """A fresh data key for a person who has none yet."""
        return self._wrap(person_id, self._random_bytes(KEY_BYTES))

    def seal_text(self, person_id: str, key: WrappedKey, field: str, value: str) -> bytes:
        """Encrypt one text about a person with that person's key; ``field`` names where it is kept."""
        return self._encrypt(self._unwrap(person_id, key), value.encode(), person_id, field)

    def open_text(self, person_id: str, key: WrappedKey, field: str, ciphertext: bytes) -> str:
        """Decrypt one text about a person; raises ``PersonalDataDamaged``."""
        return _decrypt(self._unwrap(person_id, key), ciphertext, person_id, field).decode()

    def seal_secret(self, record_id: str, secret: bytes) -> WrappedKey:
        """Encrypt something secret that is no person's with the master key; ``record_id`` is bound in."""
        master = self._master.current
        return WrappedKey(master.id, self._encrypt(master.secret, secret, record_id, "secret " + master.id))

    def open_secret(self, record_id: str, sealed: WrappedKey) -> bytes:
        """Decrypt such a secret; raises ``PersonalDataDamaged`` or ``KeyFileError``."""
        master = self._master.get(sealed.master_key_id)
        return _decrypt(master.secret, sealed.ciphertext, record_id, "secret " + master.id)

    def rewrap_secret(self, record_id: str, sealed: WrappedKey) -> WrappedKey | None:
        """Such a secret under the current master key; None if it is already. Raises as ``open_secret`` does."""
        if sealed.master_key_id == self._master.current.id:
            return None
        return self.seal_secret(record_id, self.open_secret(record_id, sealed))

    def identity_index(self, identity_number: str) -> bytes:
        """32 bytes that find an identity number without storing it; spacing, dashes, case do not matter."""
        normal = unicodedata.normalize("NFKC", identity_number).casefold()
        plain = "".join(character for character in normal if character.isalnum())
        return hmac.digest(self._index.current.secret, plain.encode(), "sha256")

    def _wrap(self, person_id: str, data_key: bytes) -> WrappedKey:
        master = self._master.current
        return WrappedKey(
            master.id, self._encrypt(master.secret, data_key, person_id, "data key " + master.id)
        )

    def _unwrap(self, person_id: str, key: WrappedKey) -> bytes:
        master = self._master.get(key.master_key_id)
        return _decrypt(master.secret, key.ciphertext, person_id, "data key " + master.id)

    def _encrypt(self, key: bytes, plain: bytes, person_id: str, field: str) -> bytes:
        nonce = self._random_bytes(_NONCE_BYTES)
        return _VERSION + nonce + AESGCM(key).encrypt(nonce, plain, _associated_data(person_id, field))


def _decrypt(key: bytes, ciphertext: bytes, person_id: str, field: str) -> bytes:
    nonce, body = ciphertext[1 : 1 + _NONCE_BYTES], ciphertext[1 + _NONCE_BYTES :]
    try:
        if ciphertext[:1] != _VERSION:
            raise InvalidTag
        return AESGCM(key).decrypt(nonce, body, _associated_data(person_id, field))
    except (InvalidTag, ValueError):
        raise PersonalDataDamaged(
            f"{field!r} of {person_id!r} does not open: altered, moved from another record, or written with "
            "another key. Restore the record from a backup."
        ) from None


def _associated_data(person_id: str, field: str) -> bytes:
    return b"\x00".join((b"wardflow", field.encode(), person_id.encode()))
