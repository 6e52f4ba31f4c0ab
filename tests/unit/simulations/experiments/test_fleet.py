"""One unit more or fewer: who is asked about, what is counted, and in which words it is told."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from simulations.experiments.catalogue import Key
from simulations.experiments.fleet import (
    Answers,
    Fleet,
    Question,
    answers,
    fleets,
    types_asked_for,
    units_by_type,
)
from simulations.experiments.fleet_words import Asked, line
from simulations.experiments.replications import Plan, Replicated, experiment
from simulations.reports.fleet import fleet_document, fleet_table, write_fleet_json
from simulations.scenarios.build import Scene, load
from simulations.statistics.paired import differences
from solver.engine.errors import InvalidInstance

PUMPS = """\
name: Pumps
run: {start: 2026-01-05, length: 60 d, warm_up: 4 d, replications: 6}
demand:
  classes:
    urgent: {pathway: stay, priority: 0, arrivals: {random: {per_day: 3}}}
    routine: {pathway: stay, priority: 1, arrivals: {random: {per_day: 3}}}
pathways:
  stay:
    steps:
      use: {needs: [{pump: 1}, {spare: 1}], takes: {exponential: 8 h}, patience: 6 h, next: rest}
      rest: {bed: bed, takes: 1 h}
resources:
  pump: {units: 2}
  spare: {units: 1}
  hoist: {units: 3}
  bed: {beds: 30}
"""
WARD = """\
name: A ward
run: {start: 2026-01-05 07:00, length: 5 d, warm_up: 0 h, replications: 2}
hospital: {size: ward, seed: 1, extra_units: {infusion_pump: 1}}
demand: {load: 1.0}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "s.yaml"
    path.write_text(text)
    return path


@dataclass(frozen=True)
class Found:
    path: Path
    asked: list[Fleet]
    replicated: list[Replicated]
    told: Answers


def found(path: Path, question: Question) -> Found:
    base = load(path)
    asked = fleets(base, question, lambda settings: load(path, settings))
    names = tuple({each.type_id for each in asked})
    replicated = experiment([base, *(each.scene for each in asked)], Plan(equipment=names))
    return Found(path, asked, replicated, answers(replicated, asked))


@pytest.fixture(scope="module")
def pumps(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """One fewer and one more of each of two types that the same step may take."""
    return found(written(tmp_path_factory.mktemp("pumps"), PUMPS), Question(("pump", "spare")))


def refused(scene: Scene, question: Question) -> set[tuple[str, object]]:
    with pytest.raises(InvalidInstance) as caught:
        fleets(scene, question, lambda settings: scene)
    return {(each.where, each.value) for each in caught.value.problems}


def test_fewer_units_let_more_give_up_and_wait_and_more_units_fewer(pumps: Found) -> None:
    change = {(each.name, each.key.measure, each.key.patient_class): each for each in pumps.told.compared}
    assert len(change) == 2 * 12
    assert change["one pump fewer", "equipment_refused", ""].difference.simultaneous.low > 0
    assert change["one pump more", "equipment_refused", ""].difference.simultaneous.high < 0
    assert change["one pump more", "equipment_wait_mean", "routine"].difference.simultaneous.high < 0
    begin, part = "one pump fewer: ", " more refusals a week (95 % "
    assert any(line.startswith(begin) and part in line for line in pumps.told.lines)


def test_requests_are_counted_at_every_step_that_may_take_a_unit(pumps: Found) -> None:
    """Where a step takes a pump or a spare, a unit of either may serve; who gives up is refused."""
    for each in pumps.replicated:
        for measure in ("equipment_refused", "equipment_wait_mean", "equipment_asked"):
            assert np.array_equal(each.of(Key(measure, "pump")), each.of(Key(measure, "spare")))
        share, asked = each.of(Key("gave_up_share", "stay/use")), each.of(Key("equipment_asked", "pump"))
        assert each.of(Key("equipment_refused", "pump")) == pytest.approx(share * asked)
        waits = each.of(Key("wait_mean", "stay/use"))
        assert each.of(Key("equipment_wait_mean", "pump")) == pytest.approx(waits)
        parts = [each.of(Key("equipment_asked", "pump", name)) for name in ("urgent", "routine")]
        assert sum(parts) == pytest.approx(asked)


def test_a_fleet_is_judged_by_who_asks_for_the_type_that_differs(pumps: Found) -> None:
    told = {(each.name.split()[1], each.key.place) for each in pumps.told.compared}
    assert told == {("pump", "pump"), ("spare", "spare")}


def test_without_a_type_every_type_is_asked_about_that_somebody_may_need(tmp_path: Path) -> None:
    base = load(written(tmp_path, PUMPS))
    assert units_by_type(base) == {"pump": 2, "spare": 1, "hoist": 3}
    assert types_asked_for(base) == ("pump", "spare")
    asked = fleets(base, Question(around=1), lambda settings: load(tmp_path / "s.yaml", settings))
    assert [(each.type_id, each.units, each.change) for each in asked] == [
        ("pump", 2, -1),
        ("pump", 2, 1),
        ("spare", 1, -1),
        ("spare", 1, 1),
    ]


def test_every_fault_of_a_question_is_named_at_once(tmp_path: Path) -> None:
    base = load(written(tmp_path, PUMPS))
    assert refused(base, Question(("pump", "lamp", "bed"), changes=(-3, 0), around=0)) == {
        ("type", "lamp"),
        ("type", "bed"),
        ("change", -3),
        ("change", 0),
        ("around", 0),
    }
    assert refused(base, Question(around=2)) == {("change", -2)}
    assert refused(base, Question(("hoist",), around=150)) == {("change", -150), ("change", 300)}
    assert refused(base, Question(around=-1)) == {("around", -1)}


def test_a_hospital_that_is_placed_gets_its_units_on_top_of_those_it_was_given(tmp_path: Path) -> None:
    path = written(tmp_path, WARD)
    base = load(path)
    assert units_by_type(base)["infusion_pump"] == 16
    [more] = fleets(base, Question(("infusion_pump",), changes=(2,)), lambda settings: load(path, settings))
    again = load(path, [("hospital.extra_units.infusion_pump", "3")])
    assert units_by_type(more.scene)["infusion_pump"] == 18
    assert more.scene.fingerprint == again.fingerprint != base.fingerprint
    assert more.scene.model == again.model
    assert "infusion_pump" in types_asked_for(base)
    assert "balloon_pump" not in types_asked_for(base)


def test_of_a_hospital_requests_are_counted_by_priority_and_all_priorities_are_everybody(
    tmp_path: Path,
) -> None:
    types = ("infusion_pump", "balloon_pump")
    ward = found(written(tmp_path, WARD), Question(types, changes=(-1,)))
    for each in ward.replicated:
        for measure in ("equipment_asked", "equipment_refused"):
            parts = [
                each.of(Key(measure, "infusion_pump", n)) for n in ("emergency", "urgent", "soon", "routine")
            ]
            assert sum(parts) == pytest.approx(each.of(Key(measure, "infusion_pump")))
        assert each.of(Key("equipment_asked", "infusion_pump")).all()
        assert not each.of(Key("equipment_asked", "balloon_pump")).any()
    assert "balloon_pump" not in {each.key.place for each in ward.told.compared}
    assert "one balloon pump fewer: nobody asks for it" in ward.told.lines


OVERLOADED = PUMPS.replace("patience: 6 h, ", "").replace("per_day: 3", "per_day: 6")


def test_waits_are_not_compared_where_many_still_wait_at_the_end(tmp_path: Path) -> None:
    crowded = found(written(tmp_path, OVERLOADED), Question(("pump",), changes=(1,)))
    told = crowded.told
    assert crowded.replicated[0].interval(Key("equipment_unstarted_share", "pump")).mean > 0.05
    assert "equipment_wait_mean" not in {
        each.key.measure for each in told.compared if not each.key.patient_class
    }
    [line] = [each.line for each in told.withheld if not each.key.patient_class]
    assert line.startswith("one pump more: waits not compared, as ")
    assert line.endswith("of them had not started at the end of the run: make run.length longer")
    assert line in told.lines


def test_tables_and_the_document_hold_the_same_numbers_and_the_document_is_json(
    pumps: Found, tmp_path: Path
) -> None:
    table = fleet_table(pumps.replicated, pumps.asked)
    assert table["type"].tolist() == ["pump"] * 9 + ["spare"] * 9
    assert table["units"].tolist() == [1] * 3 + [2] * 3 + [3] * 3 + [0] * 3 + [1] * 3 + [2] * 3
    assert table["patient_class"].tolist() == ["", "urgent", "routine"] * 6
    write_fleet_json(fleet_document(pumps.replicated, pumps.asked, pumps.told), tmp_path / "fleet.json")
    document = json.loads((tmp_path / "fleet.json").read_text())
    refusals = [row["refused_a_week"] for row in document["fleets"]]
    assert refusals == pytest.approx(table["refused_a_week"].tolist())
    assert [row["priority"] for row in document["fleets"][:3]] == [None, 0, 1]
    assert document["answers"] == pumps.told.lines
    assert len(document["changes"]) == len(pumps.told.compared) + len(pumps.told.withheld)


# --- words ---------------------------------------------------------------------------------------------------
REFUSED, WAIT = Key("equipment_refused", "infusion_pump"), Key("equipment_wait_mean", "infusion_pump")


@pytest.mark.parametrize(
    ("key", "change", "values", "expected"),
    [
        (
            REFUSED,
            1,
            (-3, -3.2, -3.1, -3.1),
            "one infusion pump more: 3.10 fewer refusals a week (95 % 2.97 to 3.23)",
        ),
        (
            REFUSED,
            -1,
            (3, 3.2, 3.1, 3.1),
            "one infusion pump fewer: 3.10 more refusals a week (95 % 2.97 to 3.23)",
        ),
        (
            WAIT,
            2,
            (-3, -3.2, -3.1, -3.1),
            "2 units of infusion pump more: 3.10 h shorter waits (95 % 2.97 to 3.23 h)",
        ),
        (
            WAIT,
            1,
            (-1, 1.5, -1.5, 1.2),
            "one infusion pump more: waits cannot be told from chance (2.4 h shorter to 2.5 h longer, 95 %)",
        ),
        (REFUSED, 1, (0, 0, 0, 0), "one infusion pump more: refusals a week exactly as they are"),
        (
            REFUSED,
            1,
            (-2.0, math.nan, math.nan, math.nan),
            "one infusion pump more: refusals a week cannot be told from chance, which takes "
            "two replications that observe any",
        ),
        (WAIT, -1, (math.nan,) * 4, "one infusion pump fewer: waits not observed in both fleets"),
        (
            REFUSED,
            1,
            (-1, -1, math.nan, math.nan),
            "one infusion pump more: refusals a week cannot be told from chance (1 fewer to 1 fewer, 95 %)",
        ),
    ],
    ids=[
        "fewer",
        "more",
        "shorter",
        "includes_0",
        "nothing",
        "one_replication",
        "nobody_served",
        "no_spread",
    ],
)
def test_an_answer_is_told_in_plain_words(
    key: Key, change: int, values: tuple[float, ...], expected: str
) -> None:
    before = np.array([5.0, 6.0, 5.5, 6.2])
    [difference] = differences([(before, before + np.array(values))])
    assert line(Asked(key.place, change), key, difference) == expected


def test_where_the_direction_is_decided_and_the_size_is_not_the_line_says_so() -> None:
    """Holm decides the second of two measures at 0.05, Bonferroni's interval needs 0.025."""
    before = np.array([5.0, 6.0, 5.5, 6.2, 5.8, 6.1])
    sure, hardly = np.full(6, -3.0) + np.arange(6) / 100, np.array([-1, -2.4, 0.3, -1.1, -1.9, -0.4])
    _, difference = differences([(before, before + sure), (before, before + hardly)])
    assert difference.decided
    assert difference.simultaneous.covers(0.0)
    told = line(Asked("pump", 1, {"ill": 0}), Key("equipment_refused", "pump", "ill"), difference)
    assert told.startswith(
        "one pump more: fewer refusals of ill (priority 0) a week, by how much is not shown ("
    )
