"""What happens in hospitals small enough to work out by hand."""

from dataclasses import replace
from typing import Any

import pytest

from simulations.engine.codes import Event
from simulations.engine.distributions import Constant, Distribution, Exponential
from simulations.engine.model import (
    Appointments,
    Batch,
    Breakdown,
    CapacityChange,
    Closed,
    Cut,
    Group,
    Listed,
    Maintenance,
    Model,
    PatientClass,
    Poisson,
    Present,
    QueueRule,
    Resource,
    Route,
    Step,
    Stock,
)
from simulations.engine.outcome import Area, Outcome, Supply, Time, Visit
from simulations.engine.run import simulate

HOUR = Constant(1.0)


def who(name: str, step: str, *times: float, priority: int = 0) -> PatientClass:
    return PatientClass(name, step, (Listed(f"{name} list", times),), priority)


def played(model: Model, horizon: float = 100.0) -> Outcome:
    return simulate(model, seed=1, horizon=horizon, log=True)


def moments(outcome: Outcome, event: Event, step: str) -> list[tuple[float, str]]:
    """When, and to whom, something happened at a step."""
    rows = outcome.log[outcome.log[:, 1] == event]
    return [
        (float(row[0]), outcome.class_names[int(row[2])])
        for row in rows
        if outcome.step_names[int(row[3])] == step
    ]


def starts(outcome: Outcome, step: str) -> list[tuple[float, str]]:
    return moments(outcome, Event.STARTED, step)


def ward(*classes: PatientClass, stay: Distribution = HOUR, beds: int = 1, **step: Any) -> Model:
    return Model(
        classes=classes,
        steps=(Step("ward", stay, ({"bed": 1},), **step),),
        resources=(Resource("bed", beds),),
    )


BUNDLES = Model(
    classes=(who("first", "big", 0.0), who("large", "big", 0.2), who("small", "little", 0.4)),
    steps=(
        Step("big", HOUR, ({"bed": 1, "nurse": 1},), line="all"),
        Step("little", HOUR, ({"bed": 1},), line="all"),
    ),
    resources=(Resource("bed", 2), Resource("nurse", 1)),
)


def test_behind_a_strict_head_nobody_starts_even_if_he_would_fit() -> None:
    outcome = played(replace(BUNDLES, queue_rule=QueueRule.STRICT))
    assert starts(outcome, "big") == [(0.0, "first"), (1.0, "large")]
    assert starts(outcome, "little") == [(1.0, "small")]


def test_where_lines_skip_the_first_who_fits_starts() -> None:
    outcome = played(replace(BUNDLES, queue_rules={"all": QueueRule.SKIP}))
    assert starts(outcome, "little") == [(0.4, "small")]
    assert starts(outcome, "big") == [(0.0, "first"), (1.0, "large")]


@pytest.mark.parametrize(("rule", "start"), [(QueueRule.STRICT, 1.0), (QueueRule.SKIP, 0.75)])
def test_what_comes_free_waits_for_the_head_of_a_strict_line(rule: QueueRule, start: float) -> None:
    little = replace(BUNDLES.steps[1], duration={"brief": Constant(0.75), "*": HOUR})
    model = replace(
        BUNDLES,
        classes=(*BUNDLES.classes, who("brief", "little", 0.0)),
        steps=(BUNDLES.steps[0], little),
        queue_rule=rule,
    )
    assert (start, "small") in starts(played(model), "little")


def test_when_the_head_of_a_strict_line_gives_up_the_next_starts_at_once() -> None:
    big = replace(BUNDLES.steps[0], patience={"large": Constant(0.3)})
    outcome = played(replace(BUNDLES, steps=(big, BUNDLES.steps[1])))
    assert moments(outcome, Event.RENEGED, "big") == [(0.5, "large")]
    assert starts(outcome, "little") == [(0.5, "small")]
    assert outcome.time_of("big", Time.GAVE_UP) == pytest.approx(0.3)


def one_line(*steps: Step) -> Model:
    """A strict line: "first" holds r1 until 5, "second" comes next and needs it too, "third" comes last."""
    return Model(
        classes=(who("first", "one", 0.0), who("second", "one", 1.0), who("third", "two", 2.0)),
        steps=(Step("one", {"first": Constant(5.0), "*": Constant(10.0)}, ({"r1": 1},), line="all"), *steps),
        resources=(Resource("r1", 1), Resource("r2", 1)),
        queue_rule=QueueRule.STRICT,
    )


@pytest.mark.parametrize("needs", [({"r2": 1},), (), ({"r1": 1}, {"r2": 1})])
def test_who_comes_to_the_head_of_a_strict_line_starts_if_what_they_need_is_free(
    needs: tuple[dict[str, int], ...],
) -> None:
    """Whoever was served uncovered a new head, who stood beside a free bed until something else came free."""
    model = one_line(Step("two", HOUR, needs, line="all"))
    assert starts(played(model), "one") == [(0.0, "first"), (5.0, "second")]
    assert starts(played(model), "two") == [(5.0, "third")]


def test_what_two_lines_wait_for_goes_to_the_more_urgent_of_them() -> None:
    """Who waits for both of two things that came free at once went before who waits, more urgently, for one."""
    model = Model(
        classes=(
            who("holder", "both", 0.0, priority=9),
            who("urgent", "one", 1.0, priority=5),
            who("calm", "both later", 2.0, priority=9),
        ),
        steps=(
            Step("both", Constant(5.0), ({"r1": 1, "r2": 1},)),
            Step("one", Constant(10.0), ({"r1": 1},)),
            Step("both later", HOUR, ({"r1": 1, "r2": 1},)),
        ),
        resources=(Resource("r1", 1), Resource("r2", 1)),
    )
    for resources in (model.resources, model.resources[::-1]):
        outcome = played(replace(model, resources=resources))
        assert starts(outcome, "one") == [(5.0, "urgent")]
        assert starts(outcome, "both later") == [(15.0, "calm")]


def test_the_more_urgent_goes_first_and_equals_in_the_order_they_came() -> None:
    classes = who("a", "ward", 0.0, 0.1, priority=1), who("b", "ward", 0.2, 0.3)
    assert [name for _, name in starts(played(ward(*classes)), "ward")] == ["a", "b", "b", "a"]


def test_who_is_interrupted_goes_on_where_it_stopped_before_those_who_came_later() -> None:
    classes = who("calm", "ward", 0.0, 0.1, priority=1), who("urgent", "ward", 0.4)
    outcome = played(ward(*classes, preempts=("urgent",)))
    assert starts(outcome, "ward") == [(0.0, "calm"), (0.4, "urgent"), (1.4, "calm"), (2.0, "calm")]
    assert outcome.visits_of("ward", Visit.INTERRUPTED) == 1
    assert moments(outcome, Event.FINISHED, "ward")[-1] == (3.0, "calm")


def test_where_a_service_restarts_the_time_that_was_spent_is_lost() -> None:
    classes = who("calm", "ward", 0.0, priority=1), who("urgent", "ward", 0.4)
    outcome = played(ward(*classes, preempts=("urgent",), restarts=True))
    assert moments(outcome, Event.FINISHED, "ward") == [(1.4, "urgent"), (2.4, "calm")]


def test_nobody_interrupts_an_equal() -> None:
    outcome = played(ward(who("a", "ward", 0.0), who("b", "ward", 0.4), preempts=("b",)))
    assert starts(outcome, "ward") == [(0.0, "a"), (1.0, "b")]


def emergency(*classes: PatientClass, patience: Distribution | None = None) -> Model:
    """The bed is held by "calm" for long, the nurse by "busy" until 5; "urgent" comes at 1 and needs both."""
    return Model(
        classes=(
            who("calm", "ward", 0.0, priority=9),
            who("busy", "talk", 0.0),
            who("urgent", "act", 1.0, priority=1),
            *classes,
        ),
        steps=(
            Step("ward", Constant(20.0), ({"bed": 1},)),
            Step("talk", {"busy": Constant(5.0), "*": HOUR}, ({"nurse": 1},)),
            Step("call", HOUR, ({"nurse": 1},), line="act", patience=patience),
            Step("act", HOUR, ({"bed": 1, "nurse": 1},), line="act", preempts=("urgent",)),
        ),
        resources=(Resource("bed", 1), Resource("nurse", 2 if patience else 1)),
    )


def test_who_may_interrupt_does_so_when_the_rest_of_what_is_needed_comes_free() -> None:
    """They did on arrival or never: what came free at 5 went to those less urgent."""
    outcome = played(emergency(who("later", "talk", 0.5, priority=5)))
    assert starts(outcome, "act") == [(5.0, "urgent")]
    assert starts(outcome, "talk") == [(0.0, "busy"), (6.0, "later")]
    assert starts(outcome, "ward") == [(0.0, "calm"), (6.0, "calm")]


def test_who_may_interrupt_does_so_on_coming_to_the_head_of_a_strict_line() -> None:
    """One of two nurses is free, but the first of the line waits for two: until 3, when they give up."""
    model = emergency(who("first", "call", 0.5), patience=Constant(2.5))
    call = replace(model.steps[2], needs=({"nurse": 2},))
    outcome = played(replace(model, steps=(*model.steps[:2], call, model.steps[3])))
    assert moments(outcome, Event.RENEGED, "call") == [(3.0, "first")]
    assert starts(outcome, "act") == [(3.0, "urgent")]


def test_who_may_interrupt_overtakes_who_may_not_where_lines_skip() -> None:
    """Both need the same, which is not to say that both can start."""
    model = emergency(who("first", "act", 0.5))
    alike = tuple(step for step in model.steps if step.name != "call")
    model = replace(model, steps=alike, queue_rules={"act": QueueRule.SKIP})
    assert starts(played(model), "act") == [(5.0, "urgent"), (6.0, "first")]


def test_who_may_interrupt_and_waits_at_the_start_of_the_run_does_so_at_once() -> None:
    model = replace(
        ward(who("calm", "ward", priority=1), who("urgent", "ward"), preempts=("urgent",)),
        census=(
            Present("calm", "ward", remaining=5.0, holds={"bed": 1}),
            Present("urgent", "ward", waiting=True, elapsed=1.0),
        ),
    )
    assert starts(played(model), "ward") == [(0.0, "urgent"), (1.0, "calm")]


def test_who_is_interrupted_goes_on_at_once_where_there_is_another_bed() -> None:
    """The other ward's bed had been free for a while, so nothing came free that would have told them."""
    model = Model(
        classes=(who("a", "stay", 0.0), who("b", "stay", 0.2)),
        steps=(Step("stay", {"a": Constant(0.4), "*": HOUR}, ({"south": 1}, {"north": 1})),),
        resources=(Resource("south", 1), Resource("north", 1, (CapacityChange(0.5, 0, Cut.INTERRUPT),))),
    )
    outcome = played(model)
    assert starts(outcome, "stay") == [(0.0, "a"), (0.2, "b"), (0.5, "b")]


def fewer(cut: Cut) -> Outcome:
    """Two come one after the other to two beds, of which there is one from 0.5 on."""
    model = ward(who("a", "ward", 0.0, 0.2))
    return played(replace(model, resources=(Resource("bed", 2, (CapacityChange(0.5, 1, cut),)),)))


def test_a_shift_that_interrupts_sends_the_last_who_began_back_to_the_head_of_the_line() -> None:
    outcome = fewer(Cut.INTERRUPT)
    assert [time for time, _ in starts(outcome, "ward")] == [0.0, 0.2, 1.0]
    assert [time for time, _ in moments(outcome, Event.FINISHED, "ward")] == pytest.approx([1.0, 1.7])
    assert outcome.area_of("bed", Area.OVERTIME) == 0.0


def test_a_shift_that_lets_finish_counts_the_overtime() -> None:
    outcome = fewer(Cut.FINISH)
    assert [time for time, _ in moments(outcome, Event.FINISHED, "ward")] == pytest.approx([1.0, 1.2])
    assert outcome.area_of("bed", Area.OVERTIME) == pytest.approx(0.5)


def test_shifts_come_round() -> None:
    model = replace(
        ward(who("a", "ward", 30.0)),
        resources=(Resource("bed", 0, (CapacityChange(8.0, 1), CapacityChange(16.0, 0)), 24.0),),
    )
    assert starts(played(model), "ward") == [(32.0, "a")]


def test_a_full_line_sends_on_and_where_there_is_nowhere_away() -> None:
    model = ward(who("a", "ward", 0.0, 0.1, 0.2), queue_limit=1, overflow="chair")
    outcome = played(replace(model, steps=(*model.steps, Step("chair", HOUR))))
    assert starts(outcome, "chair") == [(0.2, "a")]
    assert outcome.visits_of("ward", Visit.REFUSED) == 1
    outcome = played(ward(who("a", "ward", 0.0, 0.1, 0.2), queue_limit=1))
    assert moments(outcome, Event.LEFT, "ward")[0] == (0.2, "a")


def test_a_place_that_comes_free_at_the_same_instant_is_not_refused() -> None:
    """Both at 1.0: the first leaves the second, without which the third would find the line full."""
    model = Model(
        classes=(who("a", "first", 0.0), who("b", "second", 0.0, 0.5)),
        steps=(
            Step("first", HOUR, ({"bed": 1},), routing=(Route(1.0, "second"),)),
            Step("second", HOUR, ({"chair": 1},), queue_limit=1),
        ),
        resources=(Resource("bed", 1), Resource("chair", 1)),
    )
    assert played(model).visits_of("second", Visit.REFUSED) == 1
    earlier = replace(model, classes=(who("b", "second", 0.0, 0.5), who("a", "first", 0.0)))
    assert played(earlier).visits_of("second", Visit.REFUSED) == 0


def test_who_turns_away_does_so_by_the_length_of_the_line() -> None:
    outcome = played(ward(who("a", "ward", 0.0, 0.1, 0.2), balking=(0.0, 1.0)))
    assert moments(outcome, Event.BALKED, "ward") == [(0.2, "a")]


def test_wards_are_tried_in_the_order_of_the_class() -> None:
    north, south = {"north": 1}, {"south": 1}
    model = Model(
        classes=(who("n", "stay", 0.0, 0.1), who("s", "stay", 0.2)),
        steps=(Step("stay", HOUR, {"n": (north, south), "s": (south, north)}, release_at_end={"beds": 1}),),
        resources=(Resource("north", 1), Resource("south", 1)),
        groups=(Group("beds", ("north", "south")),),
    )
    outcome = played(model)
    assert starts(outcome, "stay") == [(0.0, "n"), (0.1, "n"), (1.0, "s")]
    assert outcome.area_of("north", Area.IN_USE) == pytest.approx(2.0)
    assert outcome.area_of("south", Area.IN_USE) == pytest.approx(1.0)


def test_a_guard_keeps_units_back_from_one_class_alone() -> None:
    model = replace(
        ward(who("elective", "ward", 0.0, 0.1, priority=1), who("emergency", "ward", 0.2)),
        resources=(Resource("bed", 2, guard={"elective": 1}),),
    )
    assert starts(played(model), "ward") == [(0.0, "elective"), (0.2, "emergency"), (1.2, "elective")]


def test_who_finished_blocks_the_bed_until_the_next_is_free() -> None:
    model = Model(
        classes=(who("a", "icu", 0.0, 0.1),),
        steps=(
            Step("icu", HOUR, ({"icu": 1},), release_at_end={}, routing=(Route(1.0, "ward"),)),
            Step("ward", Constant(5.0), ({"ward": 1},), release_at_start={"icu": 1}),
        ),
        resources=(Resource("icu", 1), Resource("ward", 1)),
    )
    model = replace(model, classes=(who("a", "icu", 0.0, 0.1, 0.2),))
    outcome = played(model)
    assert [time for time, _ in starts(outcome, "icu")] == [0.0, 1.0, 6.0]
    assert [time for time, _ in starts(outcome, "ward")] == [1.0, 6.0, 11.0]
    assert outcome.area_of("icu", Area.IN_USE) == pytest.approx(11.0)


def test_what_is_given_back_at_a_start_was_held_before_it() -> None:
    """The ICU bed went when the stay began; when it went on after an interruption, or began without an ICU before,
    the patient's own bed went."""
    model = Model(
        classes=(who("mover", "icu", 0.0), who("next", "ward", 1.25)),
        steps=(
            Step("icu", HOUR, ({"icu": 1},), release_at_end={}, routing=(Route(1.0, "ward"),)),
            Step("ward", HOUR, ({"bed": 1},), release_at_start={"beds": 1}),
        ),
        resources=(
            Resource("icu", 1),
            Resource("bed", 1, (CapacityChange(1.5, 0, Cut.INTERRUPT), CapacityChange(2.0, 1))),
        ),
        groups=(Group("beds", ("icu", "bed")),),
    )
    outcome = played(model)
    assert starts(outcome, "ward") == [(1.0, "mover"), (2.0, "mover"), (2.5, "next")]
    assert outcome.area_of("bed", Area.IN_USE) == pytest.approx(2.0)


def test_who_goes_on_after_an_interruption_gives_back_nothing_a_second_time() -> None:
    model = Model(
        classes=(who("a", "theatre", 0.0),),
        steps=(
            Step("theatre", HOUR, ({"pump": 2},), release_at_end={}, routing=(Route(1.0, "ward"),)),
            Step("ward", HOUR, ({"bed": 1},), release_at_start={"pump": 1}),
        ),
        resources=(
            Resource("pump", 2),
            Resource("bed", 1, (CapacityChange(1.5, 0, Cut.INTERRUPT), CapacityChange(2.0, 1))),
        ),
    )
    outcome = played(model)
    assert moments(outcome, Event.LEFT, "ward") == [(2.5, "a")]
    assert outcome.area_of("pump", Area.IN_USE) == pytest.approx(2 * 1.0 + 1 * 1.5)


def test_a_batch_comes_at_one_instant() -> None:
    source = Poisson("bus", (0.01,), batch=Batch((7,), (1.0,)))
    outcome = played(ward(PatientClass("a", "ward", (source,)), beds=100), horizon=1000.0)
    times = [time for time, _ in starts(outcome, "ward")]
    assert len(times) % 7 == 0
    assert all(times[i] == times[i - i % 7] for i in range(len(times)))


def test_a_source_sends_nobody_outside_its_window() -> None:
    source = Poisson("surge", (5.0,), start=10.0, end=20.0)
    outcome = played(ward(PatientClass("a", "ward", (source,)), beds=100))
    times = [time for time, _ in starts(outcome, "ward")]
    assert 30 < len(times) < 80
    assert 10.0 < min(times) < max(times) < 20.0


def test_some_stay_away_from_their_appointment_and_some_are_late() -> None:
    booked = Appointments("book", 1.0, 0.5, end=90.0, no_show=0.25, unpunctuality=Constant(0.1))
    outcome = played(ward(PatientClass("a", "ward", (booked,)), beds=9))
    times = [time for time, _ in starts(outcome, "ward")]
    assert 50 < len(times) < 85
    assert all(time - 0.6 == pytest.approx(round(time - 0.6)) for time in times)


def test_the_people_of_a_closed_source_come_back() -> None:
    outcome = played(ward(PatientClass("a", "ward", (Closed("c", 2, Constant(3.0)),)), beds=2), horizon=12.0)
    assert [time for time, _ in starts(outcome, "ward")] == [3.0, 3.0, 7.0, 7.0, 11.0, 11.0]


def test_a_route_may_make_another_patient_of_somebody() -> None:
    model = Model(
        classes=(who("a", "one", 0.0), PatientClass("b", "two")),
        steps=(
            Step("one", HOUR, routing=(Route(1.0, "two", "b"),)),
            Step("two", {"a": HOUR, "b": Constant(9.0)}),
        ),
    )
    assert moments(played(model), Event.FINISHED, "two") == [(10.0, "b")]


def test_maintenance_takes_units_away_for_a_while() -> None:
    model = replace(
        ward(who("a", "ward", 10.5, 34.5)),
        resources=(Resource("bed", 1, maintenance=(Maintenance(10.0, Constant(2.0), 24.0),)),),
    )
    assert starts(played(model), "ward") == [(12.0, "a"), (36.0, "a")]


def test_a_unit_that_breaks_interrupts_and_is_repaired_by_who_is_free() -> None:
    broken = Breakdown(Constant(5.0), Constant(3.0), "technician")
    model = replace(
        ward(who("a", "ward", 4.5)),
        resources=(Resource("bed", 1, breakdown=broken), Resource("technician", 1)),
    )
    outcome = played(model, horizon=20.0)
    assert starts(outcome, "ward") == [(4.5, "a"), (8.0, "a")]
    assert moments(outcome, Event.FINISHED, "ward") == [(8.5, "a")]
    assert outcome.area_of("bed", Area.CAPACITY) == pytest.approx(14.0)


def test_what_is_broken_stays_so_when_the_shift_changes() -> None:
    broken = Breakdown(Constant(5.0), Constant(3.0))
    bed = Resource("bed", 2, (CapacityChange(6.0, 3),), breakdown=broken)
    outcome = played(replace(ward(who("a", "ward")), resources=(bed,)), horizon=8.0)
    assert outcome.area_of("bed", Area.CAPACITY) == pytest.approx(2 * 5.0 + 1 * 2.0)


def test_a_ward_that_is_closed_is_not_full() -> None:
    """Nights with nobody rostered counted as hours without a free one."""
    model = replace(
        ward(who("a", "ward", 9.5), stay=Constant(2.0)),
        resources=(Resource("bed", 0, (CapacityChange(8.0, 1), CapacityChange(16.0, 0)), 24.0),),
    )
    outcome = played(model, horizon=24.0)
    assert outcome.area_of("bed", Area.EXHAUSTED) == pytest.approx(2.0)


def test_a_unit_that_is_broken_when_the_shift_ends_works_no_overtime() -> None:
    """None is rostered from 6 on, and one less than none counted as one in use."""
    broken = Breakdown(Constant(5.0), Constant(3.0))
    bed = Resource("bed", 1, (CapacityChange(6.0, 0),), breakdown=broken)
    outcome = played(replace(ward(who("a", "ward")), resources=(bed,)), horizon=9.0)
    assert outcome.area_of("bed", Area.OVERTIME) == 0.0
    assert outcome.area_of("bed", Area.EXHAUSTED) == 0.0
    assert outcome.area_of("bed", Area.CAPACITY) == pytest.approx(5.0)


def test_who_waits_for_a_stock_is_counted_when_it_is_ordered() -> None:
    model = Model(
        classes=(who("a", "dose", 0.1, 0.2),),
        steps=(Step("dose", needs=({"drug": 1},)),),
        resources=(Resource("drug", 1, stock=Stock(0, 1, Constant(2.0))),),
    )
    assert played(model, horizon=1.0).supplies[0, Supply.ORDERS] == 2


def test_what_expires_is_thrown_away_and_ordered_again() -> None:
    stock = Stock(1, 4, Constant(2.0), shelf_life=10.0)
    model = Model(
        classes=(who("a", "dose", 1.0, 11.0),),
        steps=(Step("dose", needs=({"drug": 1},)),),
        resources=(Resource("drug", 4, stock=stock),),
    )
    outcome = played(model, horizon=20.0)
    # Four at first; one is used at 1, three expire at 10, four come at 12 after an order at 10.
    assert starts(outcome, "dose") == [(1.0, "a"), (12.0, "a")]
    supplies = outcome.supplies[0]
    assert supplies[Supply.EXPIRED] == 3
    assert (supplies[Supply.USED], supplies[Supply.RECEIVED]) == (2, 4)


def test_who_is_there_at_the_start_stays_as_long_as_is_left() -> None:
    census = (
        Present("a", "ward", elapsed=5.0, remaining=2.0, holds={"bed": 1}),
        Present("a", "ward", waiting=True, elapsed=1.0),
        Present("a", "ward", waiting=True, elapsed=4.0),
    )
    outcome = played(replace(ward(who("a", "ward", 0.5)), census=census))
    assert [time for time, _ in starts(outcome, "ward")] == [2.0, 3.0, 4.0]
    assert outcome.visits_of("ward", Visit.STARTED) == 1, "who was there before is not counted as a wait"


def test_who_has_stayed_long_is_drawn_a_stay_that_is_longer() -> None:
    census = tuple(Present("a", "ward", elapsed=30.0, holds={"bed": 1}) for _ in range(300))
    model = replace(ward(who("a", "ward"), stay=Exponential(10.0), beds=300), census=census)
    outcome = played(model, horizon=200.0)
    ends = [time for time, _ in moments(outcome, Event.FINISHED, "ward")]
    assert len(ends) == 300
    assert 8.0 < sum(ends) / len(ends) < 12.0, "an exponential stay forgets how long it has lasted"


def test_a_step_without_needs_starts_even_while_others_are_looked_after() -> None:
    """Who was refused went on to a step that needs nothing, at an instant at which something had come free."""
    model = ward(who("a", "ward", 0.0, 0.1), routing=(Route(1.0, "home"),))
    model = replace(model, steps=(*model.steps, Step("home", HOUR)))
    assert starts(played(model), "home") == [(1.0, "a"), (2.0, "a")]
