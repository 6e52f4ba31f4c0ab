"""Weeks under prices that follow a forecast: the same people, prices computed as time goes, fewer beds when scarcer."""

from datetime import date

import pytest

from simulations.day_events import Day
from simulations.day_hospital import Policy
from simulations.day_plan import Draw, morning_of
from simulations.day_play import Player
from simulations.day_scarcity import (
    ACUTE,
    EVERY_MINUTES,
    PricedHospital,
    Tuning,
    demanded,
    fitted,
    week,
)
from solver.engine.rule import Profile
from solver.placing.forecast import Forecast
from solver.placing.scarce import Capacity
from solver.placing.scarcity import plain_of, prices_of

MORNING = morning_of(date(2026, 3, 2))
SHORT = Draw("district", 3, load=0.7, occupancy=0.8, minutes=300, resolve=120)


@pytest.fixture(scope="module")
def short() -> Day:
    return week(SHORT, MORNING)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    found = fitted(
        [week(Draw("district", seed, load=0.5, minutes=7 * 1440), MORNING) for seed in (101, 102)], SHORT.zone
    )
    assert found is not None
    return found


def test_a_week_has_the_acute_wards_alone_and_asks_for_beds_alone(short: Day) -> None:
    assert {ward.id for ward in short.hospital.wards} == set(ACUTE)
    assert short.asked
    assert all(not ask.arrival.request.equipment + ask.arrival.request.drugs for ask in short.asked)


def test_scarcer_means_fewer_staffed_critical_beds_and_the_very_same_requests(short: Day) -> None:
    scarcer = week(SHORT, MORNING, scarcer=True)
    assert scarcer.events == short.events

    def staffed(day: Day) -> int:
        return sum(bed.staffed and bed.care_level >= 2 for bed in day.hospital.beds)

    assert staffed(scarcer) == staffed(short) - staffed(short) // 3
    assert {stay.id for stay in scarcer.hospital.stays} == {stay.id for stay in short.hospital.stays}


def test_a_forecast_of_short_days_is_none_and_of_weeks_counts_everybody(
    short: Day, forecast: Forecast
) -> None:
    assert fitted([short], SHORT.zone) is None
    assert forecast.weeks == 2
    whole = [week(Draw("district", seed, load=0.5, minutes=7 * 1440), MORNING) for seed in (101, 102)]
    critical = sum(Capacity.CRITICAL_CARE in each.needs for day in whole for each in demanded(day))
    assert forecast.demand[Capacity.CRITICAL_CARE].count == critical > 20


def test_prices_are_computed_again_as_time_goes_and_decide(short: Day, forecast: Forecast) -> None:
    hospital = PricedHospital(short.hospital, short.start, forecast, Tuning(horizon_hours=1))
    Player(short, hospital).play()
    assert hospital.policy is Policy.BEST
    minutes = [told.minute for told in hospital.told]
    assert minutes == list(range(short.start, short.end, EVERY_MINUTES))
    assert len({tuple(told.weights.items()) for told in hospital.told}) > 1
    in_force = hospital.live.records.profile
    assert prices_of(in_force) is hospital.told[-1]
    assert plain_of(in_force) == Profile()
