"""What-if experiments over real HTTP, run by a real worker."""

import json

import pytest
from typer.testing import CliRunner

from api.examples import EXAMPLES
from cli.main import app
from tests.api_service import Place, running
from tests.jobs_at_work import ended, work

EXAMPLE = EXAMPLES["POST /api/v1/experiments"]["two_more_beds"]


async def test_two_more_beds_are_found_to_help_whoever_asks_and_however_many_work(tmp_path):
    place = Place(tmp_path).make()
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            made = [(await service.post("/experiments", EXAMPLE)).json() for _ in range(2)]
            done = [await ended(service, job["id"]) for job in made]
            assert [job["state"] for job in done] == ["done", "done"], done
            told = [(await service.get(f"/jobs/{job['id']}/result")).json()["result"] for job in made]
            page = await service.get(f"/experiments/{made[0]['id']}/report")
    assert told[0] == told[1]
    assert told[0]["scenarios"] == ["One ward", "two more beds"]
    assert told[0]["replications"] >= 10
    shorter = "two more beds lowers the number who wait for stay/ward by "
    assert any(line.startswith(shorter) for line in told[0]["verdicts"]), told[0]["verdicts"]
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "two more beds" in page.text


async def test_a_fleet_is_asked_about_and_answered_as_the_command_line_answers(tmp_path):
    place, example = (
        Place(tmp_path).make(),
        EXAMPLES["POST /api/v1/experiments"]["one_pump_fewer_and_one_more"],
    )
    with work(place, real=True):
        async with running(place, job_poll_seconds=0.05) as service:
            made = (await service.post("/experiments", example)).json()
            done = await ended(service, made["id"])
            assert done["state"] == "done", done
            told = (await service.get(f"/jobs/{made['id']}/result")).json()["result"]
            page = await service.get(f"/experiments/{made['id']}/report")
    assert told["scenarios"] == ["Pumps", "one infusion pump fewer", "one infusion pump more"]
    assert [(row["units"], row["patient_class"]) for row in told["fleets"]] == [
        (units, name) for units in (1, 2, 3) for name in ("", "urgent", "routine")
    ]
    path = tmp_path / "pumps.yaml"
    path.write_text(example["scenario"])
    words = ["equipment", "fleet", str(path), "--replications", "10", "--output", str(tmp_path / "out")]
    said = CliRunner().invoke(app, words)
    assert said.exit_code == 0, said.output
    document = json.loads((tmp_path / "out" / "fleet.json").read_text())
    assert told["verdicts"] == document["answers"]
    assert told["fleets"] == document["fleets"]
    assert any(" fewer refusals a week (95 % " in line for line in told["verdicts"])
    assert "one infusion pump more: " in page.text


async def test_every_fault_of_a_scenario_is_told_with_its_line_and_nothing_is_stored(service):
    wrong = EXAMPLE["scenario"].replace("per_day: 3", "per_day: -3").replace("bed: ward", "bed: wrad")
    answer = await service.post("/experiments", {"scenario": wrong})
    assert answer.status_code == 422
    places = {(error["where"], error["expected"].partition(":")[0]) for error in answer.json()["errors"]}
    assert {("#/scenario", "in line 5"), ("#/scenario", "in line 9")} <= places
    assert "wrad" not in answer.text
    assert (await service.get("/jobs")).json()["items"] == []


@pytest.mark.parametrize(
    ("scenario", "settings"),
    [
        (EXAMPLE["scenario"] + "extends: /etc/passwd\n", {}),
        (EXAMPLE["scenario"].replace("random: {per_day: 3}", "replay: {file: /etc/passwd}"), {}),
        (
            EXAMPLE["scenario"]
            + 'override: {"demand.classes.emergency.arrivals.replay.file": /etc/passwd}\n',
            {},
        ),
        (EXAMPLE["scenario"], {"demand.classes.emergency.arrivals.replay.file": "/etc/passwd"}),
    ],
)
async def test_a_scenario_reads_no_file_of_the_service(service, scenario, settings):
    variants = [{"name": "other", "settings": settings}] if settings else []
    answer = await service.post("/experiments", {"scenario": scenario, "variants": variants})
    assert answer.status_code == 422
    assert "all of the scenario in this text" in answer.text
