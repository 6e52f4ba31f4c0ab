"""The command line over PostgreSQL, over real processes: a hospital is made, served by two, and moved."""

from pathlib import Path

import httpx
import pytest

from cli.service import Service, start_service
from models.place import Place, shown
from solver.hospital.formats import read_hospital
from tests.command_line import EXAMPLE, FOUND, PASSWORD, Home

SOUND = "invariants: 0 violations\n"


@pytest.fixture
def engine() -> str:
    return "postgresql"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def database(address: Place) -> tuple[str, str]:
    """The option that names the database."""
    return "--database", shown(address)


def log_in(service: Service) -> dict[str, str]:
    body = {"login": "bea", "password": PASSWORD}
    token = httpx.post(f"{service.url}/api/v1/sessions", json=body).json()["token"]
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": "a-key-of-its-own"}


@pytest.mark.slow
def test_a_hospital_lives_in_postgresql_and_moves_to_a_file(
    home: Home, database: tuple[str, str], address: Place
) -> None:
    assert "is ready" in home.done(*FOUND, *database, say=f"{PASSWORD}\n")
    assert "never overwritten" in home.refused(*FOUND, *database, "--key-file", "other.keys")
    home.done("import", EXAMPLE / "csv", *database)
    home.done("user", "add", "bea", "--role", "bed_manager", *database, say=PASSWORD)
    assert home.done("migrate", "current", *database) == "0017 (newest: 0017)\n"
    with (
        start_service(address, home.key_file, home.folder / "one") as one,
        start_service(address, home.key_file, home.folder / "two") as two,
    ):
        assert "Stop them first" in home.refused("migrate", *database)
        assert "Stop them first" in home.refused("database", "copy", database[1], "moved/hospital.db")
        told = {"event": {"kind": "mass_casualty_alert", "expected": 10}}
        answers = [
            httpx.post(f"{service.url}/api/v1/disruptions", json=told, headers=log_in(service))
            for service in (one, two)
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        first, again = (answer.json() | {"data_age_seconds": 0} for answer in answers)
        assert first == again, "the second service replays what the first answered"
    assert home.done("check", *database).endswith(SOUND)
    assert "rows are the same" in home.done("database", "copy", database[1], "moved/hospital.db")
    assert "never overwritten" in home.refused("database", "copy", database[1], "moved/hospital.db")
    moved = ("--database", "moved/hospital.db")
    assert home.done("check", *moved).endswith(SOUND)
    for name, place in (("before.json", database), ("after.json", moved)):
        home.done("export", name, *place)
    before, after = (read_hospital(home.folder / name) for name in ("before.json", "after.json"))
    assert after == before
    assert home.done("user", "list", *moved) == home.done("user", "list", *database)
    assert "holds a hospital already" in home.refused("database", "copy", "moved/hospital.db", database[1])


def test_an_address_that_is_none_is_refused_without_saying_it(home: Home) -> None:
    for wrong in ("mysql://u:hidden@h/d", "postgresql+psycopg://u:hidden@h", "postgresql+psycopg://h:port/x"):
        said = home.refused("check", "--database", wrong)
        assert "postgresql+psycopg://" in said
        assert "hidden" not in said
        assert "hidden" not in home.refused("database", "copy", wrong, "x.db")


def test_a_server_that_does_not_answer_is_named_without_the_password(home: Home, address: Place) -> None:
    home.found()
    away = "postgresql+psycopg://u:hidden@127.0.0.1:1/d"
    said = home.refused("serve", "--database", away)
    assert "127.0.0.1" in said
    assert "hidden" not in said
