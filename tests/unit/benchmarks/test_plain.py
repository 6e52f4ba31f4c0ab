"""A file that is not encrypted is for measuring alone."""

import secrets
from pathlib import Path

import pytest

from benchmarks.service.plain import unencrypted
from models.database import create_database, open_database
from models.errors import NotAWardflowDatabase
from models.keys import generate_keys


def test_a_plain_file_is_made_and_opened_meanwhile_and_refused_ever_after(tmp_path: Path) -> None:
    keys = generate_keys(secrets.token_bytes).database
    place = tmp_path / "data" / "hospital.db"
    with unencrypted():
        create_database(place, keys).close()
        open_database(place, keys).close()
    assert place.read_bytes().startswith(b"SQLite format 3")
    with pytest.raises(NotAWardflowDatabase, match="unencrypted"):
        open_database(place, keys)
    other = tmp_path / "data" / "other.db"
    create_database(other, keys).close()
    assert other.read_bytes().startswith(b"wardflow"), "afterwards everything is encrypted as before"
