"""``wardflow demo`` as a person runs it: the real command, the real service, real HTTP, a database that is read."""

import asyncio
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from cli.demo_play import play_over_http
from cli.demo_recount import floor_minutes, recount_database
from cli.demo_script import script_of
from cli.errors import Refused
from models.database import open_database
from models.keys import read_key_file
from simulations.day import Policy, play_here
from simulations.day_http import NotASandbox, enter
from tests.api_service import NOW, PASSWORD, Place, running, small_hospital

pytestmark = pytest.mark.slow

BENCHMARKS = Path(
    os.environ.get("WARDFLOW_BENCHMARKS", Path(__file__).parents[2] / ".." / "shared" / "benchmarks")
)
"""Public instances, read where they lie; beside the checkout unless the environment names another folder."""


def demo(
    *options: str, temporary: Path | None = None, timeout: float = 300
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **({"TMPDIR": str(temporary)} if temporary is not None else {})}
    return subprocess.run(
        [sys.executable, "-m", "cli", "demo", *options],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=environment,
    )


def figures(output: str, label: str) -> list[str]:
    """The two figures of a row of the table."""
    row = re.search(rf"^\| {re.escape(label)} +\| +(.+?) \| +(.+?) \|$", output, re.MULTILINE)
    assert row is not None, output
    return [row.group(1), row.group(2)]


def test_a_shortened_day_ends_with_the_table_no_violation_status_0_and_no_folder_left(tmp_path: Path) -> None:
    done = demo("--size", "ward", "--hours", "16", "--seed", "5", temporary=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert list(tmp_path.glob("wardflow-demo-*")) == []
    counts = {
        name: [int(figure) for figure in figures(done.stdout, name)]
        for name in ("requests", "placed", "waiting", "escalated", "invalid")
    }
    for here in (0, 1):
        assert counts["requests"][here] == sum(
            counts[name][here] for name in ("placed", "waiting", "escalated", "invalid")
        )
    assert counts["placed"][0] > 0
    assert counts["invalid"][0] == 4
    assert figures(done.stdout, "hard rules broken by decisions") == ["0", "0"]
    assert re.search(r"median +\| +[\d.]+ ms \|", done.stdout)
    assert "invariants: 0 violations" in done.stdout
    assert "influenza" in done.stdout
    assert re.search(r"[A-Z]\. to GEN1-B\d+ ", done.stdout)
    assert "person-" not in done.stdout
    assert "arrival-" not in done.stdout


HALF_A_DAY = 12


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sandbox of half a day that was to be kept."""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    done = demo("--size", "ward", "--hours", str(HALF_A_DAY), "--seed", "4", "--keep", str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_a_sandbox_is_kept_when_asked_for_and_never_played_in_again(kept: Path) -> None:
    assert (kept / "data" / "hospital.db").exists()
    again = demo("--size", "ward", "--hours", "2", "--keep", str(kept))
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_what_the_database_says_of_nursing_is_what_the_day_says(kept: Path) -> None:
    """Two counts that share no code: SQL on the tables, and the player's ledger under the same policy."""
    script = script_of(None, "ward", 4, HALF_A_DAY)
    start, end = script.day.start, script.day.end
    found = recount_database(kept / "data" / "hospital.db", kept / "keys" / "wardflow.keys", start, end)
    here, ledger, _ = play_here(script.day, Policy.BEST)
    assert found.floor_minutes == here.floor_minutes
    persons = {s.id: s.person_id for s in script.day.hospital.stays if s.with_stay_id is None} | {
        ask.arrival.request.id: ask.arrival.person.id for ask in script.day.asked
    }
    lain = {(persons[lying.patient], lying.start) for lying in ledger.lying if lying.patient in persons}
    told = {(person_id, max(arrived, start)) for person_id, _, arrived, _ in found.lain}
    assert told == lain


def test_minutes_without_nurses_are_found_in_the_database(tmp_path: Path) -> None:
    """One occupant, all shifts of her ward absent: each minute of the span is below the floor."""
    hospital = small_hospital()
    absent = replace(
        hospital, shifts=tuple(replace(shift, absent=shift.ward_id == "W1") for shift in hospital.shifts)
    )
    for folder, stored, minutes in (("worked", hospital, 0), ("absent", absent, 600)):
        place = Place(tmp_path / folder).make(stored)
        keys = read_key_file(place.key_file)
        with open_database(place.database, keys.database, readers=1) as found, found.reading() as connection:
            assert floor_minutes(connection, NOW, NOW + 600) == minutes


# --- a competition instance ---------------------------------------------------------------------------------
def small_instance() -> dict:
    """Two rooms, three days, five patients of whom two may share no room."""
    shifts = ["early", "late", "night"]

    def patient(number: int, gender: str, release: int, stay: int, **more: object) -> dict:
        return {
            "id": f"p{number}", "gender": gender, "length_of_stay": stay, "workload_produced": [1] * stay,
            "mandatory": True, "surgery_release_day": release, "surgery_due_day": 2, "surgeon_id": "s0",
            "incompatible_room_ids": [], **more,
        }  # fmt: skip

    nurses = [
        {
            "id": f"n{number}",
            "skill_level": 0,
            "working_shifts": [{"day": day, "shift": shifts[number], "max_load": 10} for day in range(3)],
        }
        for number in range(3)
    ]
    return {
        "days": 3,
        "shift_types": shifts,
        "rooms": [{"id": "r0", "capacity": 2}, {"id": "r1", "capacity": 1}],
        "occupants": [
            {"id": "a0", "gender": "A", "length_of_stay": 1, "workload_produced": [1], "room_id": "r0"}
        ],
        "patients": [
            patient(0, "A", 0, 2),
            patient(1, "B", 0, 1),
            patient(2, "B", 0, 2, incompatible_room_ids=["r0"]),
            patient(3, "A", 1, 1),
            patient(4, "B", 2, 1, mandatory=False),
        ],
        "nurses": nurses,
    }


def test_an_instance_is_played_and_no_room_is_mixed_overfull_or_incompatible(tmp_path: Path) -> None:
    file = tmp_path / "small.json"
    file.write_text(json.dumps(small_instance()))
    done = demo("--instance", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equipment, drugs: not in this instance" in done.stdout
    assert "0 in mixed rooms, 0 over a room's capacity, 0 in incompatible rooms" in done.stdout
    assert figures(done.stdout, "requests") == ["5", "5"]
    assert int(figures(done.stdout, "placed")[0]) >= 4


@pytest.mark.parametrize("name", ["i01", "i10"])
def test_a_public_instance_is_played(name: str) -> None:
    instance = BENCHMARKS / "ihtc2024" / f"{name}.json"
    if not instance.exists():
        pytest.skip(f"{instance.name} is not there; WARDFLOW_BENCHMARKS names the folder of the instances")
    done = demo("--instance", str(instance))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 in mixed rooms, 0 over a room's capacity, 0 in incompatible rooms" in done.stdout


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("{", ["JSON"]),
        ('{"days": 0, "shift_types": ["a"], "rooms": []}', ["days", "shift_types", "occupants", "patients"]),
    ],
)
def test_an_instance_that_cannot_be_used_is_refused_with_every_problem(
    tmp_path: Path, text: str, named: list[str]
) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text)
    done = demo("--instance", str(file))
    assert done.returncode == 2
    assert all(name in done.stderr for name in named), done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_instance_and_an_unknown_size_are_refused(tmp_path: Path) -> None:
    missing = demo("--instance", str(tmp_path / "none.json"))
    unknown = demo("--size", "village")
    assert (missing.returncode, unknown.returncode) == (2, 2)
    assert "none.json" in missing.stderr
    assert "village" in unknown.stderr


# --- never a live hospital ----------------------------------------------------------------------------------
def service_of(tmp_path: Path, sandbox: bool):
    return running(Place(tmp_path).make(sandbox=sandbox))


async def test_a_server_that_is_no_sandbox_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with service_of(tmp_path, sandbox=False) as service:
        url = str(service.client.base_url)
        with pytest.raises(NotASandbox, match="does not say that it is a sandbox"):
            await asyncio.to_thread(enter, url, "wfs_token")
        script = script_of(None, "ward", 1, 1)
        sandbox = SimpleNamespace(tokens={"bed_manager": "wfs_token"})
        there = SimpleNamespace(url=url, stop=lambda: None)
        with pytest.raises(Refused, match="does not say that it is a sandbox"):
            await asyncio.to_thread(play_over_http, script, sandbox, there, Console(quiet=True))
        assert (await service.get("/requests")).json()["items"] == []


async def test_a_token_that_is_good_for_live_hospitals_is_never_sent(tmp_path: Path) -> None:
    async with service_of(tmp_path, sandbox=False) as service:
        opened = await service.client.post("/api/v1/sessions", json={"login": "bed", "password": PASSWORD})
        token = opened.json()["token"]
        with pytest.raises(NotASandbox, match="good for live hospitals too"):
            await asyncio.to_thread(enter, str(service.client.base_url), token)


async def test_a_sandbox_is_entered(tmp_path: Path) -> None:
    async with service_of(tmp_path, sandbox=True) as service:
        token = await service.token("bed")
        client = await asyncio.to_thread(enter, str(service.client.base_url), token)
        answer = await asyncio.to_thread(client.get, "/api/v1/beds")
        client.close()
        assert answer.status_code == 200
