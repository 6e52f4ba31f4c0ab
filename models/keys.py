"""The key file: what opens the database and what unwraps the patients' own keys.

One JSON file of mode 0600 outside the data folder, so that a copy of the data folder alone is worth
nothing. It holds three rings, each with a current key and the ones before it, by id:

- ``database``  256-bit raw key of the encrypted file (SQLCipher, AES-256)
- ``master``    256-bit key that wraps each patient's own data key (AES-256-GCM)
- ``index``     256-bit key of the blind index by identity number (HMAC-SHA-256)

Keys never appear in ``repr``, messages or logs.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.errors import KeyFileError
from models.folders import make_private_folder, sync_folder

KEY_BYTES = 32
FORMAT = "wardflow-keys-1"
_RINGS = ("database", "master", "index")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Key:
    """A 256-bit key and its id, which is derived from the key (SHA-256, 8 bytes) and gives nothing away."""

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, secret: bytes) -> Key:
        """The key with its id; ``secret`` has 32 bytes."""
        if len(secret) != KEY_BYTES:
            raise KeyFileError(
                f"A key has {len(secret)} bytes; expected {KEY_BYTES}. Is the key file damaged?"
            )
        return cls(hashlib.sha256(b"wardflow key id" + secret).hexdigest()[:16], secret)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The current key, which encrypts, and every key that may still be needed to decrypt."""

    current: Key
    by_id: Mapping[str, Key] = field(repr=False)

    def get(self, key_id: str) -> Key:
        """The key of that id; raises ``KeyFileError`` if the file does not have it."""
        try:
            return self.by_id[key_id]
        except KeyError:
            raise KeyFileError(
                f"The key file has no key {key_id!r}; use the key file that was in use when this was written."
            ) from None

    def rotated(self, secret: bytes) -> KeyRing:
        """The ring with a new current key; the keys before it stay readable."""
        key = Key.of(secret)
        return KeyRing(key, {**self.by_id, key.id: key})


@dataclass(frozen=True, slots=True)
class Keys:
    """The content of a key file."""

    database: KeyRing
    master: KeyRing
    index: KeyRing


def generate_keys(random_bytes: Callable[[int], bytes]) -> Keys:
    """Fresh keys; ``random_bytes`` is ``secrets.token_bytes`` in service."""
    return Keys(*(_single(random_bytes(KEY_BYTES)) for _ in _RINGS))


def write_key_file(path: Path, keys: Keys, data_folder: Path | None) -> None:
    """Write a new key file of mode 0600; never overwrites one, and refuses a place inside ``data_folder``."""
    refuse_inside(path, data_folder)
    make_private_folder(path.parent)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyFileError(f"{path} exists already; a key file is never overwritten.") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(_to_json(keys), file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    # Without this file everything stored is lost, so its name too has to outlive a power cut.
    sync_folder(path.parent)


def read_key_file(path: Path) -> Keys:
    """Read a key file; refuses one that other accounts of the machine can read."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise KeyFileError(f"There is no key file {path}. `wardflow init` makes one.") from None
    with os.fdopen(handle, "rb") as file:
        # Looked up on the open file, so that it cannot be exchanged between the look and the reading.
        _refuse_open_to_others(path, os.fstat(file.fileno()).st_mode)
        content = file.read()
    try:
        return _from_json(json.loads(content))
    except (ValueError, TypeError, KeyError, AttributeError):
        raise KeyFileError(f"{path} is not a key file of the format {FORMAT!r}, or it is damaged.") from None


def refuse_inside(path: Path, data_folder: Path | None) -> None:
    """Raise ``KeyFileError`` if the key file lies in the data folder, where a backup would take both."""
    if data_folder is not None and path.resolve().is_relative_to(data_folder.resolve()):
        raise KeyFileError(
            f"The key file {path} lies inside the data folder {data_folder}: whoever copies the folder could "
            "read it. Keep the key file elsewhere."
        )


def _refuse_open_to_others(path: Path, mode: int) -> None:
    if mode & _OTHERS:
        raise KeyFileError(
            f"The key file {path} has mode {stat.S_IMODE(mode):04o}: other accounts can use it; "
            f"expected 0600. Run `chmod 600 {path}`, and think about who may have read it."
        )


def _single(secret: bytes) -> KeyRing:
    key = Key.of(secret)
    return KeyRing(key, {key.id: key})


def _to_json(keys: Keys) -> dict[str, Any]:
    def ring(keys: KeyRing) -> dict[str, Any]:
        return {"current": keys.current.id, "keys": {key.id: key.secret.hex() for key in keys.by_id.values()}}

    return {"format": FORMAT} | {name: ring(getattr(keys, name)) for name in _RINGS}


def _from_json(document: Mapping[str, Any]) -> Keys:
    if document["format"] != FORMAT:
        raise ValueError(document["format"])

    def ring(content: Mapping[str, Any]) -> KeyRing:
        by_id = {
            key.id: key for key in (Key.of(bytes.fromhex(secret)) for secret in content["keys"].values())
        }
        return KeyRing(by_id[content["current"]], by_id)

    return Keys(*(ring(document[name]) for name in _RINGS))
