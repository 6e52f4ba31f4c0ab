"""Rosters of a ward over real HTTP: terms, a draft as a job, and reading it back."""

import orjson

from api.examples import EXAMPLES
from tests.api_service import DAY, at
from tests.rostered import DRAFT, TERMS, drafted, searched, terms


async def test_a_ward_states_its_terms_and_drafts_a_roster(service):
    early = await service.post("/rosters", DRAFT, "manager1")
    stated = await terms(service)
    stale = await terms(service)
    read = await service.get("/roster-terms", "nurse1", ward_id="W1")
    roster = await drafted(service)
    listed = (await service.get("/rosters", "nurse1", ward_id="W1")).json()["items"]
    assert (early.status_code, stated.status_code, stale.status_code) == (409, 200, 412)
    assert (read.json()["revision"], read.headers["etag"]) == (1, '"1"')
    assert read.json()["terms"]["shifts"][0] == TERMS["shifts"][0] | {"night": False, "run": None}
    plan = roster["plan"]
    assert (roster["state"], roster["first_day"], roster["last_day"]) == ("done", "2026-03-09", "2026-03-15")
    assert (plan["status"], plan["cost"], plan["gap"], plan["verified"]) == (
        "optimal",
        plan["bound"],
        0,
        True,
    )
    worked = {(duty["staff_id"], duty["day"]): duty["shift_id"] for duty in roster["duties"]}
    # Both wishes are granted: they cost nothing but who works.
    assert ("N11", "2026-03-11") not in worked
    assert worked["N12", "2026-03-10"] == "day"
    # At most four shifts of eleven and a half hours or three and a night go into forty-seven hours.
    assert len(worked) == 8
    assert [one["id"] for one in listed] == [roster["id"]]


async def test_who_drafts_for_one_ward_follows_and_stops_their_own_job_and_sees_nobody_elses(service):
    """Jobs are about the whole house: who may ask for one on a single ward could not look at what they had asked."""
    await terms(service)
    own = (await service.post("/rosters", DRAFT, "manager1")).json()["job_id"]
    order = EXAMPLES["POST /api/v1/pharmacy/plans"]["one_item"]
    other = (await service.post("/pharmacy/plans", order, "pharmacist")).json()["job_id"]
    listed = (await service.get("/jobs", "manager1")).json()["items"]
    assert [job["id"] for job in listed] == [own]
    assert (await service.get(f"/jobs/{own}", "manager1")).json()["kind"] == "roster"
    assert (await service.get(f"/jobs/{other}", "manager1")).status_code == 404
    assert (await service.post(f"/jobs/{other}:cancel", None, "manager1")).status_code == 404
    assert (await service.post(f"/jobs/{own}:cancel", None, "manager1")).status_code == 202
    assert len((await service.get("/jobs", "operations")).json()["items"]) == 2
    kinds = [
        (await service.get("/jobs", "manager1", kind=kind)).json()["items"]
        for kind in ("roster", "experiment")
    ]
    assert [len(items) for items in kinds] == [1, 0]


async def test_every_fault_of_terms_and_wishes_is_named_and_nothing_is_stored(service):
    people = [*TERMS["people"], {"staff_id": "N21", "contract_id": "part"}]
    contract = {**TERMS["contracts"][0], "minutes": {"least": 20_000}}
    shift = {**TERMS["shifts"][0], "breaks": [{"after_minutes": 700, "minutes": 30}]}
    answers = [
        await terms(service, people=people, cover=[{"shift_id": "zq-none", "wanted": 1}]),
        await terms(service, shifts=[shift, TERMS["shifts"][1]]),
        await terms(service, contracts=[contract]),
        await terms(service, shifts=[{**shift, "starts": "7 o'clock"}, TERMS["shifts"][1]]),
        await terms(service, login="admin", ward_id="W1"),
    ]
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 403]
    found = [[error["where"] for error in answer.json()["errors"]] for answer in answers[:4]]
    assert found == [
        ["#/people/2/staff_id", "#/cover/0/shift_id"],
        ["#/shifts/0/breaks"],
        ["#/contracts/0"],
        ["#/shifts/0/starts"],
    ]
    assert (await service.get("/roster-terms", "manager1", ward_id="W1")).status_code == 404
    await terms(service)
    wishes = [{"staff_id": "zq-nobody", "day": "2026-03-11"}, {"staff_id": "N11", "day": "2026-03-16"}]
    wrong = await service.post("/rosters", {**DRAFT, "wishes": wishes}, "manager1")
    pins = [{"staff_id": "zq-nobody", "day": "2026-03-16", "shift_id": "zq-none"}]
    pinned = await service.post("/rosters", {**DRAFT, "pins": pins}, "manager1")
    tuesday = await service.post("/rosters", {**DRAFT, "first_day": "2026-03-10"}, "manager1")
    assert [error["where"] for error in wrong.json()["errors"]] == [
        "#/wishes/0/staff_id",
        "#/wishes/1/day",
    ]
    assert [error["where"].removeprefix("#/pins/0") for error in pinned.json()["errors"]] == [
        "/staff_id",
        "/day",
        "/shift_id",
    ]
    assert tuesday.json()["errors"] == [{"where": "#/first_day", "expected": "a Monday"}]
    assert not any(b"zq-" in orjson.dumps(answer.json()) for answer in (*answers, wrong, pinned))
    assert (await service.get("/rosters", "manager1", ward_id="W1")).json()["items"] == []


async def publish(service, roster, revision=0, login="manager1", **body):
    return await service.post(f"/rosters/{roster['id']}:publish", body, login, revision)


async def test_a_published_roster_is_the_nursing_cover_of_its_days(service):
    await terms(service)
    roster = await drafted(service)
    checked = (await service.post(f"/rosters/{roster['id']}:check", login="nurse1")).json()
    assert (checked["revision"], checked["publishable"], checked["difference"]) == (0, True, [])
    others = [await publish(service, roster, login=login) for login in ("nurse1", "bed", "manager1")]
    assert [answer.status_code for answer in others] == [403, 403, 200], others[2].text
    assert (await publish(service, roster)).status_code == 412
    told = others[2].json()
    assert (told["revision"], told["shifts_added"], told["told"]) == (1, len(roster["duties"]), [])
    span = {"ward_id": "W1", "from": at(7 * DAY), "until": at(14 * DAY)}
    shifts = (await service.get("/shifts", "manager1", **span)).json()["items"]
    days = {(duty["staff_id"], duty["day"], duty["shift_id"]) for duty in roster["duties"]}
    kinds = {"07:00": "day", "19:00": "night"}
    starts = {(s["staff_id"], s["start"][:10], kinds[s["start"][11:16]]) for s in shifts}
    assert starts == days
    desk = await service.runtime.look(lambda changes: len(changes.records.shifts_of_ward["W1"]))
    assert desk == 5 + len(days), "placing sees them with the next decision"
    edition = (await service.get(f"/rosters/{told['roster_id']}", "nurse1")).json()
    assert (edition["state"], edition["edition"], edition["duties"]) == ("published", 1, roster["duties"])


async def test_a_published_shift_changes_only_for_those_who_agreed(service):
    await terms(service)
    first = await drafted(service, wishes=[])
    assert (await publish(service, first)).status_code == 200
    off = sorted({duty["day"] for duty in first["duties"] if duty["staff_id"] == "N11"})[:1]
    pins = [{"staff_id": "N11", "day": off[0]}]
    second = await drafted(service, wishes=[], pins=pins, change_price=1)
    checked = (await service.post(f"/rosters/{second['id']}:check", login="manager1")).json()
    people = [one["staff_id"] for one in checked["to_tell"]]
    assert "N11" in people
    changed = [(one["staff_id"], one["day"], one["after"]) for one in checked["difference"]]
    assert ("N11", off[0], None) in changed
    assert (second["plan"]["pins_kept"], second["plan"]["changes"]) == (True, len(changed))
    alone = await publish(service, second, 1)
    assert [error["where"] for error in alone.json()["errors"]] == ["#/agreed"]
    agreed = await publish(service, second, 1, agreed=people)
    assert (agreed.status_code, agreed.json()["told"]) == (200, people)
    span = {"ward_id": "W1", "from": f"{off[0]}T00:00:00Z", "until": f"{off[0]}T23:59:00Z"}
    shifts = (await service.get("/shifts", "manager1", **span)).json()["items"]
    assert not any(s["staff_id"] == "N11" and s["start"].startswith(off[0]) for s in shifts)


async def test_a_roster_goes_out_as_csv_as_a_workbook_and_on_paper(service):
    await terms(service)
    made = (await service.post("/rosters", DRAFT, "manager1")).json()
    path = f"/rosters/{made['roster_id']}"
    assert (await service.get(f"{path}/print", "nurse1")).status_code == 409, "there is no plan yet"
    await searched(service, made["job_id"])
    rows = (await service.get(f"{path}/export.csv", "nurse1")).text.splitlines()
    duties = (await service.get(path, "nurse1")).json()["duties"]
    assert len(rows) == 1 + len(duties)
    book = await service.get(f"{path}/export.xlsx", "nurse1")
    assert book.content.startswith(b"PK")
    assert book.headers["content-disposition"] == f'attachment; filename="{made["roster_id"]}.xlsx"'
    page = await service.get(f"{path}/print", "nurse1")
    assert "Roster of ward W1, 2026-03-09 to 2026-03-15" in page.text
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
