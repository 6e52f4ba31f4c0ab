"""Hospitals in and out of a database, its schema forwards and back, and the recount."""

import json
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from models.database import open_at_any_step
from models.keys import read_key_file
from simulations.hospital import generate
from simulations.placing.fleet import fleet
from simulations.scenarios.build import load
from simulations.scenarios.build_placed import Placed
from solver.hospital import UnitBooking
from solver.hospital.formats import read_hospital, write_hospital
from solver.hospital.timegrid import from_minute
from tests.api_service import NOW, small_hospital
from tests.command_line import EXAMPLE, Home


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A hospital that `wardflow init` has just made; tests take copies."""
    return Home(tmp_path_factory.mktemp("founded")).found()


@pytest.fixture
def home(founded: Home, tmp_path: Path) -> Home:
    return founded.copied(tmp_path)


@pytest.mark.parametrize("source", ["hospital.json", "csv"])
def test_the_example_hospital_goes_in_and_comes_out_unchanged(home: Home, source: str) -> None:
    assert "2 wards, 6 beds" in home.done("import", EXAMPLE / source)
    assert home.exported("out.json") == home.exported("folder") == read_hospital(EXAMPLE / "hospital.json")


def test_an_export_is_for_the_owner_alone_and_overwrites_nothing(home: Home) -> None:
    home.done("import", EXAMPLE / "csv")
    home.exported("out.json")
    home.exported("folder")
    out, folder = home.folder / "out.json", home.folder / "folder"
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    before = out.read_bytes()
    assert "never overwrites" in home.refused("export", "out.json")
    assert "never overwrites" in home.refused("export", "folder")
    assert out.read_bytes() == before
    assert "nowhere" in home.refused("export", "nowhere/out.json")


def test_every_problem_of_a_file_is_told_and_nothing_is_stored(home: Home) -> None:
    document = json.loads((EXAMPLE / "hospital.json").read_text())
    document["beds"][0]["room_id"] = "no such room"
    document["wards"][1]["age_from_years"] = -1
    document["lots"][0]["expires"] = "2025-03-01T00:00:00"
    (home.folder / "bad.json").write_text(json.dumps(document))
    said = home.refused("import", "bad.json")
    assert "3 problems" in said
    assert all(part in said for part in ("no such room", "age_from_years", "no offset"))
    assert home.exported().beds == ()


@pytest.mark.parametrize("path", ["missing.json", "nothing"])
def test_a_file_that_cannot_be_read_is_named(home: Home, path: str) -> None:
    assert path in home.refused("import", path)


def test_a_second_import_is_refused_and_changes_nothing(home: Home) -> None:
    home.done("import", EXAMPLE / "csv")
    before = home.exported("before.json")
    assert "new database" in home.refused("import", EXAMPLE / "csv")
    assert home.exported("after.json") == before


def test_a_dry_run_reads_without_a_database(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert "Nothing was stored" in home.done("import", EXAMPLE / "csv", "--dry-run")
    assert not home.database.exists()


def test_a_hospital_that_breaks_an_absolute_rule_ends_with_status_1_and_is_not_stored(home: Home) -> None:
    # Ten minutes of turnaround belong between them.
    bookings = tuple(
        UnitBooking(name, "P1", "W1", start, start + 60) for name, start in (("a", NOW), ("b", NOW + 61))
    )
    write_hospital(replace(small_hospital(), unit_bookings=bookings), home.folder / "tight.json")
    assert "unit_booking" in home.refused("import", "tight.json", status=1)
    assert home.exported().units == ()


def test_an_export_before_any_import_is_empty_and_says_so(home: Home) -> None:
    assert "0 wards, 0 beds" in home.done("export", "empty.json")


@pytest.mark.slow
def test_the_schema_goes_back_and_forwards_with_the_hospital_in_it(home: Home) -> None:
    home.done("import", EXAMPLE / "csv")
    before = home.exported("before.json")
    assert home.done("migrate", "current") == "0020 (newest: 0020)\n"
    assert "no step before" in home.refused("migrate", "downgrade", "0020", "--yes")
    assert "no step before" in home.refused("migrate", "downgrade", "base", "--yes")
    home.refused("migrate", "downgrade", "0004", say="n\n", status=1)
    assert home.done("migrate", "current") == "0020 (newest: 0020)\n"
    home.done("migrate", "downgrade", "0004", "--yes")
    assert home.done("migrate", "current") == "0004 (newest: 0020)\n"
    assert "`wardflow migrate`" in home.refused("serve")
    assert home.done("migrate") == "From 0004 to 0020.\n"
    after = home.exported("after.json")
    assert after.unit_bookings == ()  # the step before has no table for them
    assert replace(after, unit_bookings=before.unit_bookings) == before
    # Nor for reservations: the balances of their lots no longer add up, and the recount says so.
    assert "lot_over_reserved: H-0425" in home.run("check").stdout


def tampered(home: Home, *statements: str) -> None:
    keys = read_key_file(home.key_file)
    with open_at_any_step(home.database, keys.database) as found, found.writing() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_a_guard_that_somebody_took_away_is_missed_and_put_back(home: Home) -> None:
    name = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_line' ORDER BY name"
    keys = read_key_file(home.key_file)
    with open_at_any_step(home.database, keys.database) as found, found.reading() as connection:
        guard = connection.scalar(text(name))
    tampered(home, f"DROP TRIGGER {guard}")
    assert "`wardflow check`" in home.refused("serve")
    ended = home.run("check")
    assert (ended.returncode, guard in ended.stdout) == (1, True)
    assert ended.stdout.endswith("invariants: 1 violations\n")
    home.done("migrate")
    home.done("check")


def test_an_audit_line_that_was_rewritten_is_found_though_the_guards_are_back(home: Home) -> None:
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_line'"
    keys = read_key_file(home.key_file)
    with open_at_any_step(home.database, keys.database) as found, found.reading() as connection:
        guards = list(connection.scalars(text(triggers)))
    rewritten = "UPDATE audit_line SET actor = 'somebody' WHERE sequence = 1"
    tampered(home, *(f"DROP TRIGGER {guard}" for guard in guards), rewritten)
    home.done("migrate")
    ended = home.run("check")
    assert ended.returncode == 1
    assert "audit_chain: audit: Line 1 was altered." in ended.stdout


def test_a_scenario_is_made_from_what_is_stored_for_the_owner_alone(home: Home) -> None:
    now = int(time.time()) // 60
    write_hospital(generate("ward", 1, now), home.folder / "ward.json")
    home.done("import", "ward.json")
    assert "today.hospital.json" in home.done("simulate", "from-snapshot", "today.yaml")
    scenario, hospital = home.folder / "today.yaml", home.folder / "today.hospital.json"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (scenario, hospital)} == {0o600}
    stored = home.exported("out.json")
    placed = load(scenario)
    assert isinstance(placed, Placed)
    assert [stay.bed_id for stay in placed.model.hospital.stays] == [stay.bed_id for stay in stored.stays]
    assert {person.born for person in stored.persons}.isdisjoint(
        person.born for person in placed.model.hospital.persons
    )
    assert "nothing is overwritten" in home.refused("simulate", "from-snapshot", "today.yaml")


def test_a_fleet_of_the_stored_hospital_is_asked_about(home: Home) -> None:
    now = int(time.time()) // 60
    write_hospital(generate("ward", 1, now), home.folder / "ward.json")
    home.done("import", "ward.json")
    home.done("simulate", "from-snapshot", "today.yaml")
    scenario = home.folder / "today.yaml"
    scenario.write_text(scenario.read_text().replace("length: 14 d", "length: 4 d"))
    asked = ("equipment", "fleet", "today.yaml", "--replications", 2)
    said = home.done(*asked, "--type", "infusion_pump", "--output", "out")
    placed = load(scenario)
    assert isinstance(placed, Placed)
    units = len(fleet(placed.model.hospital, "infusion_pump"))
    assert f"infusion_pump: {units} units, " in said
    assert "2 replications each with the same requests" in said
    told = json.loads((home.folder / "out" / "fleet.json").read_text())
    assert {row["units"] for row in told["fleets"]} == {units - 1, units, units + 1}
    assert [row["patient_class"] for row in told["fleets"][:2]] == ["", "emergency"]
    refused = home.refused(*asked, "--type", "hoover", "--type", "infusion_pump", "--around", units + 1)
    assert "2 problems" in refused
    assert "type: got 'hoover', expected a type of equipment" in refused
    assert f"change: got {-units - 1}, expected at most {units} fewer of infusion_pump" in refused


def test_bookings_are_planned_between_those_that_the_stored_hospital_has(home: Home) -> None:
    now = int(time.time()) // 60
    taken = (
        UnitBooking("k", "P1", "W1", now - 60, now + 600),
        UnitBooking("l", "P2", "W2", now - 60, now + 900),
    )
    moved = replace(small_hospital(), unit_bookings=taken, stays=(), shifts=(), persons=())
    write_hospital(moved, home.folder / "small.json")
    home.done("import", "small.json")
    one = {"type_ids": ["pump"], "ward_id": "W1", "minutes": 60}
    one |= {
        "earliest": from_minute(now + 500).isoformat(),
        "latest_start": from_minute(now + 1200).isoformat(),
    }
    (home.folder / "wanted.json").write_text(json.dumps({"wanted": [one | {"id": "M", "times": 2}]}))
    words = ("equipment", "solve", "wanted.json", "--from-snapshot", "--seconds", 60, "--output", "plan.csv")
    said = home.done(*words)
    assert said.startswith("minute 0 is 20")
    assert "status optimal" in said
    header, first, again = (home.folder / "plan.csv").read_text().splitlines()
    assert header == "request,device,start"
    assert first.startswith("M/1,P1,")
    assert 595 <= int(first.rpartition(",")[2]) <= 610  # The use ends at 600 and is cleaned for 10 minutes.
    assert again.startswith("M/1#2,P1,")
    assert "hard        0" in home.done("equipment", "check", "plan.bookings.json", "plan.csv")
    wrong = {"wanted": [one | {"id": "M", "type_ids": ["Zqa"]}, one | {"id": "N", "ward_id": "Zqb"}]}
    (home.folder / "wanted.json").write_text(json.dumps(wrong))
    told = home.refused(*words)
    assert "2 problems" in told
    assert "#/wanted/0/type_ids/0: expected the id of an equipment type" in told
    (home.folder / "wanted.json").write_text('{"wanted": [{}], "more": 1}')
    assert "#/wanted/0/id: expected this field to be there" in home.refused(*words)
