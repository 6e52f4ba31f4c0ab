import secrets
from contextlib import contextmanager

import pytest
from sqlalchemy import insert

from models.clock import Instant
from models.commands import Transaction
from models.database import create_database, open_database
from models.keys import generate_keys
from models.personal import PersonalVault
from models.store import store_hospital
from models.tables.ledger import hospital_meta
from solver.hospital import (
    Bed,
    Care,
    Drug,
    EquipmentType,
    Hospital,
    Lot,
    NursingRatio,
    Person,
    Room,
    Sex,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    Ward,
)
from tests.integration.models.breaches import write_allocation

NOW = 29_000_000


@pytest.fixture(scope="session")
def keys():
    return generate_keys(secrets.token_bytes)


@pytest.fixture
def place(request, engine, tmp_path):
    """Where a database may be made: a file, or the address of a database that is not there yet."""
    if engine == "sqlite":
        yield tmp_path / "data" / "hospital.db"
        return
    server = request.getfixturevalue("postgresql_server")
    address = server.url(f"t_{secrets.token_hex(6)}")
    yield address
    server.drop(address)


@pytest.fixture(scope="session")
def template(postgresql_server, keys):
    """The name of a PostgreSQL database that holds an empty hospital: a copy takes 20 ms, a new one 300."""
    address = postgresql_server.create()
    create_database(address, keys.database).close()
    return address.database


@pytest.fixture
def empty_database(request, engine, place, keys):
    if engine == "sqlite":
        opened = create_database(place, keys.database)
    else:
        server = request.getfixturevalue("postgresql_server")
        server.create(request.getfixturevalue("template"), place.database)
        opened = open_database(place, keys.database)
    with opened as database:
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


@pytest.fixture
def hospital():
    """One ward, a bay of three beds and a single room; P0 lies in B0 until NOW + 600, P9 is booked after
    that."""
    return Hospital(
        sites=(Site("S", "Site"),),
        wards=(Ward("W", "S", "Ward"), Ward("V", "S", "Other", floor=2)),
        rooms=(Room("R1", "W", "Bay"), Room("R2", "W", "Single")),
        beds=(Bed("B0", "R1"), Bed("B1", "R1"), Bed("B2", "R1"), Bed("B3", "R2")),
        ratios=(NursingRatio(0, 5, 4, "California Title 22"),),
        equipment_types=(EquipmentType("pump", "Pump", 20),),
        units=(Unit("U1", "pump", "V"), Unit("U2", "pump", "W")),
        drugs=(Drug("D", "Heparin", "heparin"),),
        lots=(Lot("L1", "D", 10, NOW + 2000), Lot("L2", "D", 5, NOW + 100_000)),
        staff=(StaffMember("N1", "W"),),
        shifts=(Shift("H1", "N1", "W", NOW, NOW + 480),),
        persons=(Person("P0", Sex.FEMALE), Person("P9", Sex.FEMALE)),
        stays=(
            Stay("T0", "P0", "B0", NOW - 60, NOW + 600, Care("medicine"), StayState.OCCUPYING),
            Stay("T9", "P9", "B0", NOW + 700, NOW + 900, Care("medicine")),
        ),
    ).checked()


@pytest.fixture
def vault(keys):
    return PersonalVault(keys.master, keys.index, secrets.token_bytes)


@pytest.fixture
def ward(empty_database, hospital):
    """A database that holds the hospital, stored at NOW."""
    with empty_database.writing() as connection:
        store_hospital(connection, hospital, Instant.of_minute(NOW), name="Test", sandbox=True)
    return empty_database


@pytest.fixture
def at(ward):
    """``with at(minute) as transaction``: a write transaction of the ward at that minute."""

    @contextmanager
    def open_at(minute):
        with ward.writing() as connection:
            yield Transaction(connection, Instant.of_minute(minute), 1)

    return open_at


@pytest.fixture
def lain(ward):
    """The ward with the allocation of ``breaches.write_allocation``."""
    write_allocation(ward)
    return ward
