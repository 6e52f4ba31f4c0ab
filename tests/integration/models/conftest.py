import secrets
from contextlib import contextmanager

import pytest
from sqlalchemy import insert

from models.clock import Instant
from models.commands import Transaction
from models.database import create_database, open_database
from models.folders import make_private_folder
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
def templates(tmp_path_factory, keys):
    return Templates(tmp_path_factory.mktemp("templates"), keys)


class Templates:
    """Databases that tests begin with, made once each: a copy takes a sixth of the time of a new one."""

    def __init__(self, folder, keys):
        self._folder = folder
        self._keys = keys
        self._made = set()

    def copy_file(self, name, place):
        """What ``FILLED`` makes under this name, at a path."""
        stored = self._stored(name, self._folder / name / "hospital.db")
        make_private_folder(place.parent)
        place.touch(0o600)
        place.write_bytes(stored.read_bytes())

    def copy_database(self, name, place, server):
        """What ``FILLED`` makes under this name, in a server at an address that is free."""
        address = server.url(f"template_{name}")
        if address not in self._made:
            server.create(name=address.database)
        server.create(self._stored(name, address).database, place.database)

    def _stored(self, name, address):
        if address not in self._made:
            with create_database(address, self._keys.database) as database:
                FILLED[name](database)
            self._made.add(address)
        return address


@pytest.fixture
def empty_database(request, engine, place, keys, templates):
    """An empty hospital; already a ward, where a test asks for that."""
    name = next((name for name in ("lain", "ward") if name in request.fixturenames), "empty")
    if engine == "sqlite":
        templates.copy_file(name, place)
    else:
        templates.copy_database(name, place, request.getfixturevalue("postgresql_server"))
    with open_database(place, keys.database) as database:
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


def one_ward():
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
        lots=(Lot("L1", "D", 10, NOW + 2000), Lot("L2", "D", 5, NOW + 100_000, minimum_minutes_left=60)),
        staff=(StaffMember("N1", "W"),),
        shifts=(Shift("H1", "N1", "W", NOW, NOW + 480),),
        persons=(Person("P0", Sex.FEMALE), Person("P9", Sex.FEMALE)),
        stays=(
            Stay("T0", "P0", "B0", NOW - 60, NOW + 600, Care("medicine"), StayState.OCCUPYING),
            Stay("T9", "P9", "B0", NOW + 700, NOW + 900, Care("medicine")),
        ),
    ).checked()


@pytest.fixture
def hospital():
    return one_ward()


@pytest.fixture
def vault(keys):
    return PersonalVault(keys.master, keys.index, secrets.token_bytes)


def store_ward(database):
    with database.writing() as connection:
        store_hospital(connection, one_ward(), Instant.of_minute(NOW), name="Test", sandbox=True)


def store_ward_with_allocation(database):
    store_ward(database)
    write_allocation(database)


FILLED = {"empty": lambda database: None, "ward": store_ward, "lain": store_ward_with_allocation}


@pytest.fixture
def ward(empty_database):
    """A database that holds the hospital ``one_ward``, stored at NOW."""
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
    return ward
