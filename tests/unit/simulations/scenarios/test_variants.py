"""Variants say only what is different."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulations.scenarios.build import load
from solver.engine.errors import InvalidInstance
from tests.unit.simulations.scenarios.test_loading import SMALL, faults, small, written


def variant(folder: Path, text: str) -> Path:
    written(folder, SMALL, "base.yaml")
    return written(folder, text, "variant.yaml")


def test_a_variant_overrides_paths_and_keeps_the_rest(tmp_path: Path) -> None:
    path = variant(
        tmp_path,
        """\
        extends: base.yaml
        name: More beds
        override:
          resources.ward.beds: +3
          demand.classes.ill.arrivals.random.per_day: x1.5
          run.length: -2 d
        """.replace("run.length: -2 d", "run.length: 20 d"),
    )
    built = load(path)
    assert built.scenario.name == "More beds"
    assert built.model.resources[0].capacity == 8
    assert built.scenario.demand.classes["ill"].arrivals[0].random.per_day == 6.0  # type: ignore[union-attr]
    assert built.scenario.run.length == 480.0


def test_what_is_nested_is_laid_over_the_base(tmp_path: Path) -> None:
    built = load(variant(tmp_path, "extends: base.yaml\nresources:\n  annex: {beds: 2}\n"))
    assert [(each.name, each.capacity) for each in built.model.resources] == [("ward", 5), ("annex", 2)]


@pytest.mark.parametrize(
    ("value", "beds"), [("+5", 10), ("-2", 3), ("+20%", 6), ("-40%", 3), ("x2", 10), ("7", 7), ("+0", 5)]
)
def test_a_sign_changes_the_number_that_stands_there(tmp_path: Path, value: str, beds: int) -> None:
    built = small(tmp_path, settings=(("resources.ward.beds", value),))
    assert built.model.resources[0].capacity == beds


def test_durations_keep_their_unit(tmp_path: Path) -> None:
    built = small(tmp_path, settings=(("run.length", "+50%"),))
    assert built.scenario.run.length == 360.0


def test_a_fault_of_the_variant_is_told_with_the_variants_line(tmp_path: Path) -> None:
    path = variant(tmp_path, "extends: base.yaml\noverride:\n  resources.ward.beds: -9\n")
    [fault] = faults(path)
    assert fault.startswith("variant.yaml:3, resources.ward.beds: got -4, expected 0 or more.")


def test_a_path_that_leads_nowhere_is_refused_with_what_is_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match="There is no 'icu' in resources; there is: ward"):
        small(tmp_path, settings=(("resources.icu.beds", "+5"),))


def test_a_fault_of_a_setting_names_the_setting(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match=r"resources\.ward\.beds=1\.5"):
        small(tmp_path, settings=(("resources.ward.beds", "1.5"),))


def test_a_sign_needs_a_number_to_change(tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match="no number to change"):
        small(tmp_path, settings=(("name", "+5"),))


def test_a_circle_of_variants_is_refused(tmp_path: Path) -> None:
    written(tmp_path, "extends: b.yaml\n", "a.yaml")
    [fault] = faults(written(tmp_path, "extends: a.yaml\n", "b.yaml"))
    assert "Break the circle" in fault


def test_what_anchors_share_is_changed_in_one_place_only(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        SMALL.replace("ward: {beds: 5}", "ward: &ward {beds: 5}\n  annex: *ward"),
    )
    built = load(path, (("resources.annex.beds", "9"),))
    assert [each.capacity for each in built.model.resources] == [5, 9]


def test_a_sign_changes_the_number_that_stands_there_without_override_too(tmp_path: Path) -> None:
    """`resources: {ward: {beds: +2}}` gave 2 beds where 5 stood."""
    built = load(variant(tmp_path, "extends: base.yaml\nresources:\n  ward: {beds: +2}\nrun: {length: x2}\n"))
    assert built.model.resources[0].capacity == 7
    assert built.scenario.run.length == 480.0


@pytest.mark.parametrize(
    "added", ["annex: {beds: +2}", "ward: {closed: [{from: 1 d, until: 2 d, number: +2}]}"]
)
def test_what_a_variant_adds_has_no_number_to_change(tmp_path: Path, added: str) -> None:
    [fault] = faults(variant(tmp_path, f"extends: base.yaml\nresources:\n  {added}\n"))
    assert fault.startswith("variant.yaml:3, ")
    assert "no number to change" in fault


@pytest.mark.parametrize(
    ("path", "stood", "value"),
    [
        ("pathways.stay.steps.ward.takes", "1 d 12 h", "x2"),
        ("pathways.stay.steps.ward.takes", "1 d 12 h", "+10%"),
        ("run.start", "2026-01-05 00:00", "+5"),
    ],
)
def test_of_several_numbers_none_is_changed_alone(tmp_path: Path, path: str, stood: str, value: str) -> None:
    """Twice `1 d 12 h` gave `2 d 12 h`, and a start five later began in 2031."""
    changes = [] if stood in SMALL else [("{lognormal: {mean: 1 d, sd: 12 h}}", stood)]
    with pytest.raises(InvalidInstance, match=f"where {stood} stands.*no number to change"):
        small(tmp_path, *changes, settings=((path, value),))


def test_a_name_may_begin_with_an_x(tmp_path: Path) -> None:
    text = "extends: base.yaml\nresources: {x2: {beds: 3}}\npathways: {stay: {steps: {ward: {bed: x2}}}}\n"
    path = variant(tmp_path, text)
    [step] = load(path).model.steps
    assert step.needs == {"*": ({"x2": 1},)}
    text = "extends: variant.yaml\nresources: {x3: {beds: 3}}\npathways: {stay: {steps: {ward: {bed: x3}}}}\n"
    [step] = load(written(tmp_path, text, "third.yaml")).model.steps
    assert step.needs == {"*": ({"x3": 1},)}


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("resources.ward.beds", "+1.2.3"),
        ("resources.ward.beds", "x..."),
        ("resources.ward.beds", "x" + "9" * 190),
        ("resources.ward.beds", "+" + "9" * 190),
        ("demand.classes.ill.arrivals[²]", "1"),
        ("demand.classes.ill.arrivals[" + "9" * 5000 + "]", "1"),
    ],
)
def test_a_setting_that_is_no_change_of_a_number_is_a_fault(tmp_path: Path, where: str, value: str) -> None:
    listed = ("arrivals: {random: {per_day: 4}}", "arrivals: [{random: {per_day: 4}}]")
    with pytest.raises(InvalidInstance, match=r"ward|arrivals"):
        small(tmp_path, listed, settings=((where, value),))
