import secrets

import pytest
from sqlalchemy import insert

from models.clock import Instant
from models.database import create_database
from models.keys import generate_keys
from models.tables.ledger import hospital_meta


@pytest.fixture(scope="session")
def keys():
    return generate_keys(secrets.token_bytes)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "data" / "hospital.db"


@pytest.fixture
def empty_database(place, keys):
    with create_database(place, keys.database) as database:
        yield database


@pytest.fixture
def database(empty_database):
    with empty_database.writing() as connection:
        connection.execute(
            insert(hospital_meta),
            {
                "id": 1,
                "name": "Test",
                "sandbox": True,
                "time_zone": "UTC",
                "revision": 0,
                "cleaning": {},
                "created_microsecond": 0,
            },
        )
    return empty_database


@pytest.fixture
def clock():
    """A clock that goes one second further at each look."""
    return ticking()


class ticking:  # noqa: N801, reads as a function
    def __init__(self, start=1_700_000_000_000_000):
        self.microsecond = start

    def __call__(self):
        self.microsecond += 1_000_000
        return Instant(self.microsecond)
