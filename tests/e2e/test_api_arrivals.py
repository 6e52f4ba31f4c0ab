"""Arrivals: nobody comes into a bed that is not clean."""

from dataclasses import replace

import pytest

from solver.hospital import OperationalStatus
from tests.api_service import HOUR, NOW, Place, at, small_hospital

STATUSES = {
    "B2": (OperationalStatus.HOUSEKEEPING, None),
    "B3": (OperationalStatus.CONTAMINATED, None),
    "B4": (OperationalStatus.ISOLATED, None),
    "C1": (OperationalStatus.HOUSEKEEPING, NOW + HOUR),
}


@pytest.fixture
def place(tmp_path, address):
    """The small hospital, of whose free beds only C2 is clean."""
    hospital = small_hospital()
    beds = []
    for bed in hospital.beds:
        status, clean_at = STATUSES.get(bed.id, (bed.status, bed.clean_at))
        beds.append(replace(bed, status=status, clean_at=clean_at))
    return Place(tmp_path, address=address).make(replace(hospital, beds=tuple(beds)))


async def chosen(service, bed_id, *rules):
    asked = (await service.place()).json()
    waivers = [{"rule_id": rule, "reason": "no other bed is left"} for rule in rules]
    path = f"/requests/{asked['request_id']}:choose"
    answer = await service.post(path, {"bed_id": bed_id, "waivers": waivers})
    assert answer.status_code == 200, answer.text
    return answer.json()["allocation"]


async def arrive(service, allocation):
    path = f"/allocations/{allocation['id']}:arrive"
    return await service.post(path, revision=allocation["revision"])


@pytest.mark.parametrize(("bed_id", "status"), [("B2", "housekeeping"), ("B3", "contaminated")])
async def test_a_bed_nobody_called_clean_is_named_with_its_status_and_what_to_do(service, bed_id, status):
    """The database refused, three times, and the answer was that others had been faster."""
    allocation = await chosen(service, bed_id, "bed_open")
    answer = await arrive(service, allocation)
    problem = answer.json()
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert problem["type"] == "/problems/bed-not-clean"
    assert (problem["bed_id"], problem["bed_status"], problem["clean_at"]) == (bed_id, status, None)
    assert bed_id in problem["detail"]
    assert status in problem["detail"]
    assert "Expected: a bed that is clean now." in problem["detail"]
    assert "bed_cleaned" in problem["remedy"]
    assert service.runtime.writer.statistics.refused == 0, "the database was asked"


async def test_once_housekeeping_is_done_the_patient_may_come(service):
    allocation = await chosen(service, "B2", "bed_open")
    assert (await service.tell("bed_cleaned", bed_id="B2")).status_code == 200
    assert (await arrive(service, allocation)).status_code == 200


async def test_a_bed_that_will_be_clean_later_says_when(service):
    """Somebody comes sooner than foreseen."""
    await service.tell("bed_closed", bed_id="C2", reason="repair")
    allocation = await chosen(service, "C1")
    assert allocation["start"] == at(HOUR)
    refused = await arrive(service, allocation)
    assert refused.status_code == 409
    assert refused.json()["clean_at"] == at(HOUR)
    await service.clock(HOUR)
    assert (await arrive(service, allocation)).status_code == 200


async def test_a_bed_kept_isolated_is_a_persons_decision_and_no_dirty_bed(service):
    allocation = await chosen(service, "B4", "bed_open")
    assert (await arrive(service, allocation)).status_code == 200
