"""While the database is gone the bedside is told what was last stored, since when, and to nobody new."""

import time

import pytest

from api.services import picture, reads
from api.services.reads import BedFilter, Page
from api.services.sight import EVERYTHING, Sight
from tests.api_service import DAY, HOUR, NOW, Place, at, running
from tests.postgresql_server import running_server

ZONE = "UTC"


@pytest.fixture(scope="module")
def server():
    """A PostgreSQL of its own: it is killed."""
    with running_server() as running_one:
        yield running_one


async def busy(service):
    """Somebody lies there, somebody is awaited, somebody waits; a bed is closed, another one to be cleaned."""
    lying = (await service.place(equipment=[{"type_id": "pump"}])).json()
    await service.post(f"/allocations/{lying['allocation']['id']}:arrive", revision=lying["revision"])
    await service.place(care={"speciality": "surgery"}, for_ward_id="W2", needed_by=at(3 * HOUR))
    await service.place(care={"speciality": "medicine", "features": ["dialysis_point"]}, for_ward_id="W1")
    waived = [{"rule_id": "bed_features", "reason": "a mobile machine"}]
    care = {"speciality": "medicine", "features": ["dialysis_point"]}
    await service.place(care=care, waivers=waived, priority="soon")
    await service.tell("bed_closed", bed_id="B3", reason="leak", until=at(DAY))
    await service.tell("left", stay_id="st-1")
    return lying["allocation"]["id"]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_is_told_from_memory_is_what_the_database_says(service):
    await busy(service)
    here = Sight(frozenset({"W2"}), general=False)
    seen = service.runtime.picture()
    with service.runtime.database.reading() as c:
        for sight in (EVERYTHING, here):
            for page in (Page(200), Page(2), Page(2, "B2")):
                rest = page, ZONE, sight
                assert picture.wards(seen, *rest) == reads.wards(c, *rest)
                for state in (None, "unplaced", "placed"):
                    rest = page, ZONE, state, sight
                    assert picture.requests(seen, *rest) == reads.requests(c, *rest)
                for wanted in (BedFilter(), BedFilter("W2"), BedFilter(free_at=NOW + 4 * HOUR)):
                    rest = page, ZONE, wanted, NOW, sight
                    assert picture.beds(seen, *rest) == reads.beds(c, *rest)
        assert len(picture.requests(seen, Page(200), ZONE, None, EVERYTHING)["items"]) == 4
        assert picture.requests(seen, Page(200), ZONE, None, here) != picture.requests(
            seen, Page(200), ZONE, None, EVERYTHING
        )


async def bedside(service, allocation_id, login="bed"):
    paths = ("/wards", "/beds", "/requests", f"/allocations/{allocation_id}")
    return [await service.get(path, login) for path in paths]


def without_age(answers):
    bodies = [answer.json() for answer in answers]
    age = ("stale_since", "advice_only")
    return [{name: value for name, value in body.items() if name not in age} for body in bodies]


async def test_while_postgresql_is_gone_the_bedside_is_told_what_was_last_stored(tmp_path, server):
    """Every read was refused with 503: the board was dark for as long as the database was."""
    ahead = [0.0]
    outside = {"monotonic": lambda: time.monotonic() + ahead[0]}
    place = Place(tmp_path, address=server.create()).make()
    async with running(place, outside, answer_seconds=3) as service:
        allocation_id = await busy(service)
        before = await bedside(service, allocation_id)
        await service.token("nurse2")
        assert all({"stale_since", "advice_only"}.isdisjoint(answer.json()) for answer in before)
        await bedside(service, allocation_id, "nurse1")
        server.kill()
        try:
            # What is decided meanwhile and cannot be stored is not shown, however often it is tried.
            assert (await service.place()).status_code == 503
            for login in ("bed", "nurse1"):
                during = await bedside(service, allocation_id, login)
                assert [answer.status_code for answer in during] == [200] * 4
                assert without_age(during) == without_age(before), login
                assert {answer.json()["stale_since"] for answer in during} == {at()[:-6] + "+00:00"}
                assert {answer.json()["advice_only"] for answer in during} == {False}
            assert (await service.get("/requests", state="left")).status_code == 503, "only stored"
            assert (await service.get("/census")).status_code == 503
            assert (await service.get("/wards", "nurse2")).status_code == 503, "not seen shortly before"
            ahead[0] = 29 * 60
            assert (await service.get("/beds")).status_code == 200
            ahead[0] = 31 * 60
            assert (await service.get("/beds")).status_code == 503, "it may have been revoked elsewhere"
        finally:
            server.restart()
        for _ in range(100):
            after = await service.get("/beds")
            if after.status_code == 200 and "stale_since" not in after.json():
                break
        assert "stale_since" not in after.json()
        assert service.runtime.metrics.registry.get_sample_value("wardflow_stale_answers_total") >= 9
