"""Releases of CP-SAT have called feasible models infeasible. Nobody loses a bed over it, and operations hear of it."""

import re
from dataclasses import replace

import pytest

from solver.hospital import Bed, Care, Feature, Person, Sex, Stay, StayState
from tests import solver_processes
from tests.api_service import DAY, NOW, Place, bundle, running, small_hospital, until
from tests.e2e.test_api_batches import LONG_MS, ask, failures

COUNT = 5
OXYGEN = frozenset({Feature.OXYGEN})


@pytest.fixture
def engine():
    """The solver process knows no database."""
    return "sqlite"


def odd_circle():
    """Five people who each must not be near the next, and one room of four free beds for them.

    The relaxation gives each half a bed, so only the integer program can tell that two is the most.
    """
    plain = small_hospital()
    ids = [f"circle-{n}" for n in range(COUNT)]
    circle = tuple(
        Person(one, Sex.FEMALE, NOW - 40 * 525_960, keep_apart=frozenset({ids[(n + 1) % COUNT]}))
        for n, one in enumerate(ids)
    )
    taken = [bed.id for bed in plain.beds if bed.id != "B1"]
    others = tuple(Person(f"in-{bed_id}", Sex.FEMALE, NOW - 40 * 525_960) for bed_id in taken)
    stays = tuple(
        Stay(
            f"st-{bed_id}",
            f"in-{bed_id}",
            bed_id,
            NOW - DAY,
            NOW + 5 * DAY,
            Care("medicine"),
            StayState.OCCUPYING,
        )
        for bed_id in taken
    )
    beds = tuple(Bed(f"X{n}", "R3", features=OXYGEN, care_level=1) for n in range(COUNT - 1))
    return replace(
        plain,
        beds=(*plain.beds, *beds),
        persons=(*plain.persons, *circle, *others),
        stays=(*plain.stays, *stays),
    ).checked()


async def contradictions(service):
    text = (await service.client.get("/metrics")).text
    return dict(re.findall(r'wardflow_solver_contradictions_total\{kind="(\w+)"\} ([\d.]+)', text))


def people():
    return [
        bundle(person=None, person_id=f"circle-{n}", priority="routine", max_wait_minutes=0)
        for n in range(COUNT)
    ]


async def decided(tmp_path, serve):
    """How a batch of the circle is answered, and what the service counted."""
    place = Place(tmp_path).make(odd_circle())
    async with running(place, {"solver": serve}, solver_process=True) as service:
        await until(lambda: service.runtime.solver.pid is not None)
        body = await ask(service, people(), deadline_ms=LONG_MS)
        assert await service.violations() == []
        return body, await contradictions(service), await failures(service)


async def test_while_cp_sat_calls_everything_infeasible_the_heuristic_plan_is_returned_and_an_alarm_raised(
    tmp_path,
):
    body, alarms, failed = await decided(tmp_path, solver_processes.deny)
    assert (body["placed"], body["unplaced"]) == (2, 3)
    assert (body["degraded"], failed) == (False, {})
    # Without the integer program there is a bound still, the relaxation's; it proves less.
    assert body["bound"] < body["cost"]
    assert float(alarms["infeasible"]) >= 1


async def test_a_false_infeasible_that_a_second_opinion_overrules_raises_the_alarm_as_well(tmp_path):
    body, alarms, failed = await decided(tmp_path, solver_processes.deny_at_first)
    assert (body["placed"], body["bound"], failed) == (2, body["cost"], {})
    assert float(alarms["infeasible"]) >= 1


async def test_an_honest_cp_sat_raises_none(tmp_path):
    body, alarms, failed = await decided(tmp_path, solver_processes.child.serve)
    assert (body["placed"], body["bound"]) == (2, body["cost"])
    assert (alarms, failed) == ({}, {})
