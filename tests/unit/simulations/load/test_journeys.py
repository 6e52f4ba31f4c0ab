"""From a scenario to what wards do: the very patients that `simulate run` has, and when each thing is asked for."""

import math

import pytest

from simulations.engine.codes import Event
from simulations.engine.run import Compiled, simulate
from simulations.load.journeys import journeys
from simulations.load.plan import Wanted, begin_of, plan
from simulations.load.shapes import Shape, stall_of
from simulations.load.timeline import Op, Pace, Task, tasks, until_handover
from solver.engine.errors import InvalidInstance
from tests.load_hospital import SCENARIO, WARD, built, journey

DAY = 24.0


@pytest.fixture(scope="module")
def two_wards(tmp_path_factory):
    return built(tmp_path_factory.mktemp("scenario"))


def test_journeys_are_those_of_the_simulation_itself(two_wards):
    compiled = Compiled(two_wards.model)
    found = journeys(two_wards, compiled, 1, 0, 10 * DAY)
    outcome = simulate(compiled, seed=1, horizon=10 * DAY, log=True)
    beds = [n for n, name in enumerate(outcome.step_names) if "ward" in name or "intensive" in name]
    started = [row for row in outcome.log if row[1] == Event.STARTED and row[3] in beds]
    assert sum(len(each.visits) for each in found) == len(started)
    assert sorted(visit.start for each in found for visit in each.visits) == sorted(row[0] for row in started)
    assert {visit.wants for each in found for visit in each.visits if visit.wants.bed == "medical ward"} >= {
        WARD
    }
    assert all(visit.asked <= visit.start < visit.end for each in found for visit in each.visits)
    assert any(math.isinf(each.visits[-1].end) for each in found), "some are still there at the end"


def test_each_hospital_has_patients_of_its_own(two_wards):
    compiled = Compiled(two_wards.model)
    one, other = (journeys(two_wards, compiled, 1, hospital, 5 * DAY) for hospital in (0, 1))
    assert [each.visits for each in one] != [each.visits for each in other]
    assert {each.name for each in one}.isdisjoint(each.name for each in other)


def test_a_patient_is_asked_for_confirmed_arrives_moves_and_leaves():
    found = tasks(journey(visits=2), holds=False)
    arrival = [Op.CONFIRM, Op.LOOK, Op.ARRIVE]
    assert [task.op for task in found] == [
        Op.ASK, *arrival, Op.TRANSFER, *arrival, Op.LOOK, Op.ORDER, Op.LEAVE, Op.LOOK,
    ]  # fmt: skip
    assert [task.at for task in found] == sorted(task.at for task in found)
    assert (found[0].at, found[4].at, found[-2].at) == (1.0, 11.0, 21.0)
    assert tasks(journey(), holds=True)[0].op is Op.HOLD


def test_who_is_still_there_at_the_end_does_not_leave():
    stays = journey().visits[0].__class__(WARD, 1.0, 1.0)
    found = tasks(journey().__class__("a", 0, (stays,)), holds=False)
    assert [task.op for task in found] == [Op.ASK, Op.CONFIRM, Op.LOOK, Op.ARRIVE]


def test_before_the_handover_wards_only_ask_for_beds():
    before = [Task(6.4, Op.LEAVE, 0), Task(6.6, Op.ASK, 0), Task(6.7, Op.LEAVE, 0), Task(7.1, Op.LEAVE, 0)]
    found = until_handover(before, starts_at=0)
    assert [task.at for task in found] == pytest.approx([6.4, 6.6, 7.0, 7.1])
    assert [task.at for task in until_handover(before, starts_at=12)] == [6.4, 6.6, 6.7, 7.1]


def test_hours_and_seconds_are_each_others_inverse_over_pieces_of_different_pace():
    pace = Pace.of(100.0, 5.0, [(10.0, 1.0), (10.0, 2.0), (10.0, 4.0)])
    assert [pace.second(hour) for hour in (90, 100, 110, 120, 130, 134)] == [5, 5, 15, 20, 25, 26]
    assert all(pace.hour(pace.second(hour)) == pytest.approx(hour) for hour in (100, 104.5, 117, 130, 250))
    assert pace.hour(2.0) == 100.0, "while the hospital is filled its clock stands"
    assert pace.compression == 4 * 3600


@pytest.mark.parametrize("rate", [5.0, 20.0])
def test_a_rate_is_what_is_asked_a_second_on_average(two_wards, tmp_path, rate):
    planned = plan(two_wards, Wanted(60.0, 4, rate=rate), tmp_path)
    due = [task.at for _, several in planned.patients for task in several]
    measured = [at for at in due if planned.fill <= at <= planned.seconds]
    assert len(measured) / 60 == pytest.approx(rate, rel=0.15)
    assert planned.rate == pytest.approx(len(measured) / 60, rel=0.02)
    assert [sorted(each) for each in ([t.at for t in several] for _, several in planned.patients)] == [
        [t.at for t in several] for _, several in planned.patients
    ]


def test_who_lies_in_the_hospital_when_the_load_begins_fills_it_first(two_wards, tmp_path):
    planned = plan(two_wards, Wanted(30.0, 2, compression=3600.0), tmp_path)
    assert planned.fill > 0
    early = [(each, several) for each, several in planned.patients if several[0].at < planned.fill]
    assert len(early) > 10
    assert all(each.visits[-1].end > planned.begin for each, _ in early), "who has left is not asked for"
    assert planned.pace.compression == 3600
    assert planned.end - planned.begin == pytest.approx(30.0)


def test_a_load_longer_than_its_scenario_is_refused_with_the_sites_it_takes(two_wards, tmp_path):
    with pytest.raises(InvalidInstance, match="--sites"):
        plan(two_wards, Wanted(60.0, 1, rate=100.0), tmp_path)


def test_a_speed_that_is_too_high_for_its_scenario_is_refused_with_a_remedy_that_helps(two_wards, tmp_path):
    with pytest.raises(InvalidInstance, match="lower --compression") as refused:
        plan(two_wards, Wanted(60.0, 1, compression=100_000.0), tmp_path)
    assert "--sites" not in str(refused.value), "a speed that is given is the same for more sites"


def test_a_surge_brings_half_as_many_again_in_the_middle_third_only(two_wards, tmp_path):
    wanted = Wanted(60.0, 4, compression=6 * 3600.0)
    steady = plan(two_wards, wanted, tmp_path)
    surge = plan(two_wards, Wanted(60.0, 4, compression=6 * 3600.0, shape=Shape.SURGE), tmp_path)

    def asked(planned):
        hours = [each.visits[0].asked - planned.begin for each, _ in planned.patients]
        third = (planned.end - planned.begin) / 3
        return [sum(n * third <= hour < (n + 1) * third for hour in hours) for n in range(3)]

    one, other = asked(steady), asked(surge)
    assert other[0] == one[0], "the same patients until it begins"
    assert other[1] / one[1] == pytest.approx(1.5, abs=0.2)


def test_casualties_come_within_a_minute_on_every_site(two_wards, tmp_path):
    wanted = Wanted(60.0, 3, compression=3 * 3600.0, shape=Shape.CASUALTIES)
    planned = plan(two_wards, wanted, tmp_path)
    middle = (planned.begin + planned.end) / 2
    # They pass the triage first, four at a time.
    came = [v.visits[0].asked for v, _ in planned.patients if middle <= v.visits[0].asked <= middle + 3]
    assert len(came) >= 3 * 20


def test_steps_grow_by_a_tenth(two_wards, tmp_path):
    wanted = Wanted(60.0, 6, rate=10.0, shape=Shape.STEP, step_seconds=20.0)
    planned = plan(two_wards, wanted, tmp_path)
    assert [multiple for _, multiple in planned.steps] == pytest.approx([1.0, 1.1, 1.21])
    assert [second - planned.fill for second, _ in planned.steps] == pytest.approx([0, 20, 40])


def test_a_storm_stalls_in_the_middle_and_no_other_shape_does():
    stall = stall_of(Shape.STORM, 10.0, 60.0)
    assert stall is not None
    assert (stall.begin, stall.end) == (40.0, 43.0)
    assert stall_of(Shape.SOAK, 10.0, 60.0) is None


def test_a_scenario_without_beds_has_no_load(tmp_path):
    without = SCENARIO.replace("bed: medical ward", "staff: nurse").replace("bed: icu,", "staff: nurse,")
    with pytest.raises(InvalidInstance, match="patients with beds"):
        plan(built(tmp_path, without), Wanted(10.0, rate=5.0), tmp_path)


def test_the_load_begins_when_the_hospital_has_filled(two_wards):
    assert begin_of(two_wards) == 10 * DAY
