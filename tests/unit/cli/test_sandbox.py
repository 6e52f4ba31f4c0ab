"""Making a hospital's place: new, whole, or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from api.founding import FirstAccount, Founding, found_hospital
from api.security.permissions import Grant, Role
from cli.errors import Refused
from cli.sandbox import make_sandbox
from models.clock import Instant
from models.database import open_database
from models.keys import read_key_file
from models.store import load_hospital
from solver.hospital import UnitBooking
from tests.api_service import NOW, PASSWORD, small_hospital


def test_a_sandbox_holds_the_hospital_and_shows_no_secret(tmp_path: Path) -> None:
    sandbox = make_sandbox(tmp_path / "new", small_hospital(), NOW)
    assert set(sandbox.tokens) == set(Role)
    assert sandbox.password not in repr(sandbox)
    assert not any(token in repr(sandbox) for token in sandbox.tokens.values())
    keys = read_key_file(sandbox.key_file)
    with open_database(sandbox.database, keys.database) as found, found.reading() as connection:
        assert load_hospital(connection) == small_hospital()


def test_a_sandbox_is_never_made_in_a_folder_that_exists(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="new folder"):
        make_sandbox(tmp_path, small_hospital(), NOW)
    assert list(tmp_path.iterdir()) == []


def test_a_founding_that_fails_leaves_neither_key_nor_database(tmp_path: Path) -> None:
    # Ten minutes of turnaround belong between them.
    bookings = tuple(UnitBooking(name, "P1", "W1", at, at + 60) for name, at in (("a", NOW), ("b", NOW + 61)))
    founding = Founding("Tight", "UTC", True, (), replace(small_hospital(), unit_bookings=bookings))
    database, key_file = tmp_path / "data" / "hospital.db", tmp_path / "keys"
    with pytest.raises(IntegrityError):
        found_hospital(database, key_file, founding, Instant.of_minute(NOW))
    assert not key_file.exists()
    assert list(database.parent.iterdir()) == []


def test_a_live_hospital_gives_out_no_token_when_it_is_made(tmp_path: Path) -> None:
    first = FirstAccount("ada", PASSWORD, (Grant(Role.ADMINISTRATOR),), token=True)
    with pytest.raises(ValueError, match="sandbox"):
        found_hospital(
            tmp_path / "data" / "hospital.db",
            tmp_path / "keys",
            Founding("Live", "UTC", False, (first,)),
            Instant.of_minute(NOW),
        )
    assert list(tmp_path.iterdir()) == []
