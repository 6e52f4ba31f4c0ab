"""Prices of scarce capacity: they follow the forecast, are capped, and are what everybody counts."""

from dataclasses import replace
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
from hypothesis import example, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from solver.engine.rule import Profile
from solver.hospital import Care, Feature, Isolation, Priority, Room, Ward
from solver.placing import rules
from solver.placing.bid_price import worth
from solver.placing.forecast import HOURS, Demanded, drifted, fit, hour_of_week, observe
from solver.placing.language import SCARCE, Language
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, PlacingOptions, checked_profile
from solver.placing.scarce import RULE_OF, Capacity, Supply, gives, needs, supplies
from solver.placing.scarcity import (
    CAP_TIMES,
    ClassPrice,
    ScarcityPrices,
    capped,
    plain_of,
    price,
    priced,
    prices_of,
)
from solver.placing.scarcity_told import scarcity_sentences
from solver.placing.telling import said
from tests.builders import (
    DAY,
    HOUR,
    NOW,
    a_hospital,
    changed,
    counts_of,
    given,
    occupant,
    person,
    records_of,
    request,
    years_before,
)

OPTIONS = PlacingOptions()
WEEK = 7 * DAY
MONITORED = frozenset({Capacity.MONITOR})


def asked_for(minute, needs=MONITORED, priority=Priority.URGENT) -> Demanded:
    return Demanded(minute, needs, priority, 2 * DAY)


def steady(days=28, hour=10, needs=MONITORED, priority=Priority.URGENT) -> list[Demanded]:
    """One a day at the same hour, before ``NOW``'s midnight."""
    midnight = NOW - NOW % DAY
    return [asked_for(midnight - day * DAY + hour * HOUR, needs, priority) for day in range(1, days + 1)]


def forecast_of(record, weeks=4):
    midnight = NOW - NOW % DAY
    found = fit(record, midnight - weeks * WEEK, midnight, "UTC")
    assert found is not None
    return found


# --- who needs what, what there is --------------------------------------------------------------------------
def test_a_request_needs_the_classes_that_the_rules_would_not_charge_it_for():
    plain = person("p")
    assert needs(request(), plain) == frozenset()
    assert needs(request(care=Care("medicine", 2)), plain) == {Capacity.CRITICAL_CARE}
    assert needs(request(care=Care("medicine", 1)), plain) == frozenset()
    hoist = request(care=Care("medicine", 0, frozenset({Feature.HOIST})))
    assert needs(hoist, plain) == {Capacity.HOIST}
    contact = person("p", isolation=frozenset({Isolation.CONTACT}))
    assert needs(request(), contact) == {Capacity.SINGLE_ROOM}
    airborne = person("p", isolation=frozenset({Isolation.AIRBORNE}))
    assert needs(request(), airborne) == {Capacity.SINGLE_ROOM, Capacity.ISOLATION_ROOM}


def test_children_are_in_no_class_for_they_have_wards_of_their_own():
    child = person("p", born=years_before(15), isolation=frozenset({Isolation.AIRBORNE}))
    assert needs(request(), child) == frozenset()
    assert needs(request(), replace(child, born=years_before(16))) != frozenset()
    ward = changed(a_hospital().wards[1], age_until_years=18)
    bed = changed(a_hospital().beds[-1], features=frozenset({Feature.MONITOR}))
    assert gives(bed, records_of(ward, bed)) == frozenset()
    assert gives(bed, records_of(bed)) == {Capacity.MONITOR}


def test_what_somebody_has_or_gets_soon_is_not_free_and_what_nobody_staffs_is_not_there():
    beds = [changed(bed, features=frozenset({Feature.MONITOR})) for bed in a_hospital().beds]
    beds[5] = changed(beds[5], staffed=False)
    later = changed(occupant("later", "B3"), start=NOW + 7 * HOUR, end=NOW + DAY)
    found = supplies(records_of(*beds, occupant("here", "B1"), later))[Capacity.MONITOR]
    assert found == Supply(beds=5, free=4)
    soon = changed(later, start=NOW + 5 * HOUR)
    assert supplies(records_of(*beds, soon))[Capacity.MONITOR] == Supply(beds=5, free=4)


# --- bid prices ---------------------------------------------------------------------------------------------
units, rates = st.integers(1, 40), st.floats(0, 3)


@settings(max_examples=25, deadline=None)
@drawn(units, rates, st.floats(600, 20_000), st.floats(0.1, 2))
@example(14, 0.0, 600.0, 0.5)
def test_a_unit_is_worth_less_the_more_are_free_and_more_the_more_people_come(n, rate, stay, more):
    low, high = (worth(n, [each] * 6, stay, 1000) for each in (rate, rate + more))
    assert (np.diff(low.curve) <= 1e-6 * (1 + low.curve[:-1])).all(), "falls with every unit that is free"
    assert (low.curve <= high.curve + 1e-6 * (1 + high.curve)).all()
    assert (low.curve >= 0).all()


def test_a_unit_that_nobody_will_need_is_worth_nothing():
    found = worth(5, [0.0] * 24, 4 * DAY, 100_000)
    assert [found.of(free, 0) for free in range(6)] == [0.0] * 6
    assert found.of(1, 2) > 0, "two need it already and have none"


def test_the_bid_price_is_the_expected_cost_that_a_simulated_line_shows():
    """One unit that never comes free, arrivals at rate 1 an hour: whoever comes second waits to the end.

    V_0(0) - V_0(1) is the cost of waiting that the unit spares the first to come: c times the mean of what is left of
    the horizon behind the first arrival, c (T - (1 - exp(-T))) hours.
    """
    hours = 4
    found = worth(1, [1.0] * hours, 1e9, 100).of(1, 0)
    expected = 100 * 60 * (hours - (1 - np.exp(-hours)))
    assert found == pytest.approx(expected, rel=0.1)


# --- the forecast -------------------------------------------------------------------------------------------
def test_everybody_who_asked_at_an_hour_is_expected_at_that_hour_again():
    found = forecast_of(steady())
    midnight = NOW - NOW % DAY
    at_ten = found.expected(Capacity.MONITOR, midnight + 10 * HOUR, HOUR)
    assert at_ten == pytest.approx(1, abs=0.15)
    assert found.expected(Capacity.MONITOR, midnight + 3 * HOUR, HOUR) < 0.05
    assert found.expected(Capacity.MONITOR, midnight, WEEK) == pytest.approx(7, rel=0.05)
    assert found.demand[Capacity.MONITOR].shares[Priority.URGENT] == 1
    assert found.expected(Capacity.HOIST, midnight, WEEK) == 0


def test_hours_of_the_week_are_those_of_the_sites_clock():
    monday_in_shanghai = 29_540_160 - 8 * HOUR
    assert hour_of_week(monday_in_shanghai, "Asia/Shanghai") == 0
    assert hour_of_week(monday_in_shanghai, "UTC") == HOURS - 8


def test_of_less_than_two_weeks_nothing_is_forecast():
    assert fit(steady(), NOW - 13 * DAY, NOW, "UTC") is None


def test_a_forecast_drifts_when_far_more_or_far_fewer_come_than_it_says_and_not_by_chance():
    found = forecast_of(steady(28) + [asked_for(each.minute + 60) for each in steady(28)] * 9)
    since, until = NOW - NOW % DAY, NOW - NOW % DAY + DAY
    seen = {
        count: observe(found, [asked_for(since + 1)] * count, since, until) for count in (0, 5, 10, 15, 30)
    }
    assert seen[10][Capacity.MONITOR].expected == pytest.approx(10, rel=0.1)
    told = {count: drifted(observed) for count, observed in seen.items()}
    assert told == {0: (), 5: (), 10: (), 15: (), 30: (Capacity.MONITOR,)}
    week = observe(found, [], since, until + 6 * DAY)
    assert drifted(week) == (Capacity.MONITOR,), "nobody came for a week"


def test_the_first_who_needs_what_nobody_needed_before_is_no_drift():
    since = NOW - NOW % DAY
    first = [asked_for(since + 1, frozenset({Capacity.BARIATRIC}))]
    assert drifted(observe(forecast_of(steady()), first, since, since + DAY)) == ()


# --- prices -------------------------------------------------------------------------------------------------
def prices_with(free, record=None, profile=None, **more) -> ScarcityPrices:
    supply = {capacity: Supply(0, 0) for capacity in Capacity}
    supply |= {Capacity.MONITOR: Supply(4, free), Capacity.CRITICAL_CARE: Supply(4, free)}
    return price(
        forecast_of(steady() if record is None else record),
        supply,
        {},
        profile or Profile(),
        OPTIONS,
        NOW,
        **more,
    )


def test_a_price_falls_to_nothing_as_more_is_free_and_where_nobody_is_expected():
    weights = [prices_with(free).weights["scarce_feature"] for free in (1, 2, 3, 4)]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > weights[3]
    assert prices_with(1).weights["scarce_care_level"] == 0
    assert prices_with(1).weights["scarce_isolation"] == 0, "there is none here"


@settings(max_examples=50, deadline=None)
@drawn(
    st.dictionaries(st.sampled_from(sorted({rule.id for rule in RULE_OF.values()})), st.integers(0, 10**10)),
    st.integers(1, 20),
)
def test_no_bids_make_scarcity_so_dear_that_somebody_urgent_waits(bids, times):
    """Safeguard 4: capped. ``checked_profile`` refuses prices that a step of an urgent delay does not outweigh."""
    weights = capped(bids, Profile(), OPTIONS, times)
    checked_profile(priced(Profile(), ScarcityPrices(1, NOW, weights), OPTIONS), OPTIONS)
    for rule_id, weight in weights.items():
        assert weight <= min(bids.get(rule_id, 0), times * rules.RULES[rule_id].weight)


def test_a_single_dear_class_is_capped_at_a_multiple_of_its_own_price():
    own = rules.SCARCE_ISOLATION.weight
    assert capped({"scarce_isolation": 10**9}, Profile(), OPTIONS)["scarce_isolation"] == CAP_TIMES * own


def test_a_rule_that_the_profile_switched_off_has_no_price():
    off = Profile(switched_off=frozenset({"scarce_feature"}))
    assert prices_with(1, profile=off).weights["scarce_feature"] == 0


def test_a_profile_under_prices_remembers_the_plain_one_and_is_the_same_version():
    plain = Profile("ours", 7, {"speciality": 1})
    prices = ScarcityPrices(3, NOW, {"scarce_single": 9})
    under = priced(plain, prices, OPTIONS)
    assert (under.name, under.version, under.weight(rules.SPECIALITY)) == ("ours", 7, 1)
    assert under.weight(rules.SCARCE_SINGLE) == 9
    assert plain_of(under) is plain
    assert prices_of(under) is prices
    again = priced(under, ScarcityPrices(4, NOW, {"scarce_isolation": 8}), OPTIONS)
    assert again.weight(rules.SCARCE_SINGLE) == rules.SCARCE_SINGLE.weight, "the former prices are gone"
    sent = ForkingPickler.loads(ForkingPickler.dumps(again))
    assert sent == again, "as the process that plans batches gets it"
    for nothing in (None, ScarcityPrices(5, NOW, {})):
        assert priced(under, nothing, OPTIONS) is plain
        assert prices_of(priced(under, nothing, OPTIONS)) is None


def test_prices_computed_under_another_profile_are_capped_by_the_one_they_are_laid_over():
    """They were laid over it as they were: dearer than its caps, or so dear that the profile could not be put in
    force."""
    dear = ScarcityPrices(
        1, NOW, capped(dict.fromkeys((r.id for r in RULE_OF.values()), 10**9), Profile(), OPTIONS)
    )
    cheap = Profile(weights={"scarce_isolation": 100})
    assert dear.weights["scarce_isolation"] > CAP_TIMES * 100
    assert priced(cheap, dear, OPTIONS).weight(rules.SCARCE_ISOLATION) == CAP_TIMES * 100
    departure = rules.PREDICTED_DEPARTURE.weight
    less_room = checked_profile(Profile(weights={"predicted_departure": departure + 200}), OPTIONS)
    checked_profile(priced(less_room, dear, OPTIONS), OPTIONS)


def test_kernels_and_referee_count_the_same_price():
    single = Room("S", "V", "Room S", features=frozenset({Feature.NEGATIVE_PRESSURE}))
    records = records_of(single)
    prices = ScarcityPrices(1, NOW, {"scarce_isolation": 12_345})
    records.profile = priced(Profile(), prices, OPTIONS)
    asked = request()
    counts = counts_of(asked, given(asked, "C1"), records)
    assert counts["scarce_isolation"] == 1
    decided = LiveHospital(records).judged(asked, given(asked, "C1"), method=None)
    assert {each.rule_id: each.cost for each in decided.prices}["scarce_isolation"] == 12_345


def test_the_last_monitored_bed_is_kept_when_many_are_expected_and_given_when_nobody_is():
    """Ward W has the only speciality; its last free bed has a monitor, the other ward's has none."""
    beds = [
        changed(bed, features=frozenset({Feature.MONITOR})) for bed in a_hospital().beds if bed.room_id == "R"
    ]
    held = [occupant(f"s{n}", f"B{n}") for n in (1, 2, 3)]
    surgery = Ward("V", "site", "Ward V", frozenset({"surgery"}), floor=1)
    near = Profile(weights={"speciality": 3_500})
    live = LiveHospital(records_of(*beds, *held, surgery, profile=near))

    def bed_under(record) -> str:
        found = price(
            forecast_of(record), supplies(live.records), {}, live.records.profile, OPTIONS, NOW, cap_times=4
        )
        live.use_profile(priced(live.records.profile, found, OPTIONS))
        allocation = live.find(request(), "a")
        assert allocation is not None
        return allocation.bed_id

    assert live.find(request(), "a").bed_id == "B4", (
        "at plain prices: 3,000 for the monitor, 3,500 for the other ward"
    )
    assert bed_under([each for each in steady(hour=13) for _ in range(6)]).startswith("C")
    assert bed_under([]) == "B4"


# --- in words -----------------------------------------------------------------------------------------------
def under_prices(weights, capacity=Capacity.MONITOR):
    """Ward W's free beds have a monitor; those of ward V, a medical one too, have none."""
    beds = [
        changed(bed, features=frozenset({Feature.MONITOR})) for bed in a_hospital().beds if bed.room_id == "R"
    ]
    classes = (ClassPrice(capacity, units=4, free=2, waiting=1, expected_hundredths=237, bid=99),)
    live = LiveHospital(records_of(*beds, profile=Profile(weights={"speciality": 5_000})))
    live.use_profile(priced(live.records.profile, ScarcityPrices(1, NOW, weights, classes), OPTIONS))
    return live


def told_of_plain_request(live) -> list[str]:
    asked = request(care=Care("surgery"), person_id="p-new")
    decision = live.decide(asked, "a")
    return [said(sentence, Language.ENGLISH) for sentence in scarcity_sentences(decision, live)]


def test_the_explanation_shows_the_price_what_it_follows_from_and_the_plain_choice():
    surgery = Ward("W", "site", "Ward W", frozenset({"surgery"}))
    live = under_prices({"scarce_feature": 4_000})
    live.put(surgery)
    live.put(Ward("V", "site", "Ward V", frozenset({"medicine"}), floor=1))
    paid, beside = told_of_plain_request(live)
    assert "Bed B1 gives away what is scarce (monitor): it costs 4000 (plain price 3000)" in paid
    assert "about 2.3 people" in paid
    assert "1 wait and 2 of 4 are free" in paid
    assert beside == "At plain prices of what is scarce the choice would be the same."


def test_the_plain_choice_is_named_where_the_price_made_another():
    live = under_prices({"scarce_feature": 9_000})
    live.put(Ward("W", "site", "Ward W", frozenset({"surgery"})))
    live.put(Ward("V", "site", "Ward V", frozenset({"medicine"}), floor=1))
    under = live.records.profile
    (beside,) = told_of_plain_request(live)
    assert "the choice would be bed B1 from 2025-02-20 12:00" in beside
    assert live.records.profile is under, "asking what plain prices choose changes nothing"


def test_what_is_scarce_in_two_ways_is_told_once_for_each():
    """The features share a rule: the price of both was told for each of them."""
    live = under_prices({"scarce_feature": 4_000})
    both = frozenset({Feature.MONITOR, Feature.HOIST})
    live.put(changed(live.records.beds["B1"], features=both))
    monitor = prices_of(live.records.profile).classes[0]
    classes = (monitor, replace(monitor, capacity=Capacity.HOIST))
    prices = ScarcityPrices(1, NOW, {"scarce_feature": 4_000}, classes)
    live.use_profile(priced(live.records.profile, prices, OPTIONS))
    asked = request(care=Care("surgery"), person_id="p-new")
    decision = live.judged(asked, given(asked, "B1"), Method.PERSON)
    assert {each.rule_id: each.cost for each in decision.prices}["scarce_feature"] == 8_000
    told = [said(sentence, Language.ENGLISH) for sentence in scarcity_sentences(decision, live)]
    assert len(told) == 2
    assert all("it costs 4000 (plain price 3000)" in sentence for sentence in told)


def test_the_plain_choice_is_looked_for_by_the_same_means():
    """It was looked for without the bed that the ward knew, so that prices seemed to have chosen it; and beside what a
    person or a hurried search chose."""
    live = under_prices({"scarce_feature": 3_100})
    asked = request(care=Care("surgery"), person_id="p-new")
    known = live.decide(asked, "a", published="B3")
    assert known.allocation.bed_id == "B3", "the ward was told so"
    *_, beside = scarcity_sentences(known, live, "B3")
    assert beside.phrase_id == "plain_same"
    for other in (Method.PERSON, Method.FIRST_FIT, Method.BATCH):
        told = scarcity_sentences(replace(known, method=other), live, "B3")
        assert [sentence.phrase_id for sentence in told] == ["scarce_price"]
    moved = live.judged(asked, given(asked, "B2"), Method.KERNEL)
    assert "plain" not in " ".join(sentence.phrase_id for sentence in scarcity_sentences(moved, live)), (
        "in the place of somebody less urgent"
    )


def test_under_plain_prices_nothing_is_said_of_scarcity():
    live = under_prices({})
    assert told_of_plain_request(live) == []


def test_every_class_has_words_in_both_languages():
    assert {capacity.value for capacity in Capacity} == SCARCE.keys()
