"""A throw-away hospital in a folder of its own, and the real service over it: for the demo, load and tests."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cli.errors import Refused

if TYPE_CHECKING:
    from solver.hospital import Hospital, Minute


@dataclass(frozen=True, slots=True)
class Sandbox:
    """Where a sandbox lies and how to enter it.

    Every role has an account of the same name on the whole site (``bed_manager``, ``nurse``, ...) and a
    token good for a week; all have one password. ``administrator`` is such an account.
    """

    folder: Path
    database: Path
    key_file: Path
    administrator: str
    password: str = field(repr=False)
    tokens: Mapping[str, str] = field(repr=False)

    def headers(self, role: str) -> dict[str, str]:
        """The authorisation of a role, for any HTTP client."""
        return {"Authorization": f"Bearer {self.tokens[role]}"}


def make_sandbox(folder: Path, hospital: Hospital, now: Minute, name: str = "Sandbox") -> Sandbox:
    """Store a hospital as it stands at ``now`` in a new encrypted database under a new folder.

    The key file lies beside the data folder (``keys/wardflow.keys``, ``data/hospital.db``). The service's
    clock begins at ``now`` or at the machine's moment, whichever is later. Raises ``Refused`` if the folder
    exists.
    """
    from api.founding import FirstAccount, Founding, found_hospital
    from api.security.permissions import Grant, Role
    from models.clock import Instant

    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise Refused(f"{folder} exists already; a sandbox is made in a new folder only.") from None
    password = secrets.token_urlsafe(18)
    first = tuple(FirstAccount(role.value, password, (Grant(role),), token=True) for role in Role)
    zone = hospital.sites[0].time_zone if hospital.sites else "UTC"
    database, key_file = folder / "data" / "hospital.db", folder / "keys" / "wardflow.keys"
    founding = Founding(name, zone, True, first, hospital)
    tokens = found_hospital(database, key_file, founding, Instant.of_minute(now))
    return Sandbox(folder, database, key_file, Role.ADMINISTRATOR.value, password, tokens)
