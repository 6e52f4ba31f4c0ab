"""Scenarios are read with file and line, and refused with all their faults at once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from textwrap import dedent

import pytest

from simulations.engine.distributions import Constant, LogNormal
from simulations.engine.model import Listed, Poisson
from simulations.scenarios.build import Built, load
from solver.engine.errors import InvalidInstance

EXAMPLE = Path(__file__).parents[4] / "simulations" / "scenarios" / "example.yaml"
SMALL = """\
name: Small
run: {start: 2026-01-05 00:00, length: 10 d, warm_up: 1 d}
demand:
  classes:
    ill:
      pathway: stay
      arrivals: {random: {per_day: 4}}
pathways:
  stay:
    steps:
      ward:
        bed: ward
        takes: {lognormal: {mean: 1 d, sd: 12 h}}
resources:
  ward: {beds: 5}
"""


def written(folder: Path, text: str, name: str = "s.yaml") -> Path:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(InvalidInstance) as refused:
        load(path)
    return [str(problem) for problem in refused.value.problems]


def small(folder: Path, *changes: tuple[str, str], settings: tuple[tuple[str, str], ...] = ()) -> Built:
    return load(written(folder, changed(*changes)), settings)


def changed(*changes: tuple[str, str]) -> str:
    text = SMALL
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def test_the_example_is_a_scenario() -> None:
    built = load(EXAMPLE)
    assert {step.name for step in built.model.steps} >= {"emergency/icu", "emergency/ward (transfer)"}
    assert [each.name for each in built.model.resources] == list(built.scenario.resources)


def test_durations_are_hours_and_distributions_those_of_the_engine(tmp_path: Path) -> None:
    [step] = small(tmp_path).model.steps
    assert step.duration == {"*": LogNormal(24.0, 12.0)}
    [step] = small(tmp_path, ("{lognormal: {mean: 1 d, sd: 12 h}}", "1 d 90 min")).model.steps
    assert step.duration == {"*": Constant(25.5)}


def test_every_fault_is_told_at_once_with_its_line_and_a_remedy(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """\
        name: Faulty
        run: {start: 2026-01-05 00:00, length: 10 d}
        demand:
          classes:
            ill:
              pathway: stay
              arrivals: {random: {per_day: -4}}
            old: {pathway: nowhere}
        pathways:
          stay:
            steps:
              ward:
                bed: ward
                takes: {lognormal: {mean: 1 d, sd: -2 h}}
                next: {gone: 0.5, leave: 0.5}
              home:
                takse: 1 h
                takes: 3
        resources:
          ward: {beds: -5}
          pump: {units: 3, beds: 2}
        """,
    )
    found = faults(path)
    expected = {
        7: "per_day",
        8: "nowhere",
        14: "sd",
        15: "gone",
        17: "takse",
        18: "takes",
        20: "beds",
        21: "exactly one of beds, units, stock, staff",
    }
    for line, words in expected.items():
        assert any(each.startswith(f"s.yaml:{line},") and words in each for each in found), (line, found)
    assert len(found) == len(expected), found


def test_a_fault_says_what_stood_there_what_was_expected_and_what_to_do(tmp_path: Path) -> None:
    [fault] = faults(written(tmp_path, changed(("{beds: 5}", "{beds: five}"))))
    assert fault.startswith("s.yaml:15, resources.ward.beds: got 'five', expected a whole number.")
    assert fault.endswith("Write digits without quotes.")


def test_what_was_left_out_for_its_own_fault_is_no_second_fault(tmp_path: Path) -> None:
    assert len(faults(written(tmp_path, changed(("{beds: 5}", "{beds: -5}"))))) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [\n", "s.yaml:2"),
        ("- a\n- b", "no mapping"),
        ("a: &a [*a]", "a document too large"),
        ("a: 1\na: 2", "a second time, in line 2"),
        ("name: x", "resources"),
    ],
)
def test_what_is_no_scenario_at_all_is_refused_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    if words == "resources":
        assert any("run" in each for each in faults(written(tmp_path, text)))
    else:
        assert any(words in each for each in faults(written(tmp_path, text)))


def test_yaml_1_1_does_not_make_numbers_of_times_nor_truth_of_no(tmp_path: Path) -> None:
    staff = "{staff: [{from: 19:00, until: 07:30, number: 2, days: [mon]}], skills: [no]}"
    built = small(tmp_path, ("  ward: {beds: 5}", f"  ward: {{beds: 5}}\n  nurse: {staff}"))
    nurse = built.model.resources[1]
    assert built.scenario.resources["nurse"].skills == ["no"]
    assert (nurse.capacity, nurse.cycle) == (0, 168.0)
    assert [(each.at, each.capacity) for each in nurse.changes] == [(0.0, 0), (19.0, 2), (31.5, 0)]


def test_shifts_are_turned_so_that_the_week_begins_with_the_run(tmp_path: Path) -> None:
    """A run from Wednesday 06:00 on: the night from Sunday to Monday lies 96 + 17 hours ahead."""
    staff = '{staff: [{from: "23:00", until: "07:00", number: 3, days: [sun]}], patients_each: 4}'
    built = small(
        tmp_path,
        ("start: 2026-01-05 00:00", "start: 2026-01-07 06:00"),
        ("  ward: {beds: 5}", f"  ward: {{beds: 5}}\n  nurse: {staff}"),
    )
    changes = [(each.at, each.capacity) for each in built.model.resources[1].changes]
    assert changes == [(0.0, 0), (113.0, 12), (121.0, 0)]


def test_rates_keep_their_mean_whatever_the_weights_and_follow_the_clock(tmp_path: Path) -> None:
    weights = [0.0] * 24
    weights[9] = 5.0
    random = f"{{per_day: 4, by_hour: {weights}, by_weekday: {{sun: 0}}}}"
    built = small(tmp_path, ("{per_day: 4}", random), ("start: 2026-01-05 00:00", "start: 2026-01-10 08:00"))
    [source] = built.model.classes[0].sources
    assert isinstance(source, Poisson)
    assert sum(source.rates) == pytest.approx(28.0)
    # From Saturday 08:00 on: 09:00 is the second hour, on Sunday nobody comes, then on Monday.
    assert [hour for hour, rate in enumerate(source.rates) if rate][:2] == [1, 49]


def test_a_surge_adds_a_source_and_leaves_the_usual_one_as_it_is(tmp_path: Path) -> None:
    surge = "  surges:\n    flu: {classes: ill, from: 2 d, until: 2026-01-09 12:00, factor: 1.5}\npathways:"
    usual, extra = small(tmp_path, ("pathways:", surge)).model.classes[0].sources
    assert usual == small(tmp_path).model.classes[0].sources[0]
    assert isinstance(extra, Poisson)
    assert (extra.name, extra.start, extra.end) == ("ill/surge flu", 48.0, 108.0)
    assert extra.rates == pytest.approx((2 / 24,))


def test_a_log_is_replayed_for_its_class_from_where_it_begins(tmp_path: Path) -> None:
    rows = "when,kind\n2025-03-03 01:00,ill\n2025-03-03 02:30,other\n2025-03-05 00:00,ill\n2025-09-01,ill\n"
    (tmp_path / "log.csv").write_text(rows)
    replay = "{replay: {file: log.csv, time_column: when, class_column: kind, start: 2025-03-03}}"
    [source] = small(tmp_path, ("{random: {per_day: 4}}", replay)).model.classes[0].sources
    assert isinstance(source, Listed)
    assert source.times == (1.0, 48.0)


def test_a_log_that_cannot_be_read_is_refused_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("time,class\n2026-01-06,ill\nyesterday,ill\n")
    [fault] = faults(written(tmp_path, changed(("{random: {per_day: 4}}", "{replay: {file: log.csv}}"))))
    assert "log.csv:3" in fault
    assert "yesterday" in fault


def test_beds_are_found_by_feature_in_the_order_of_wards(tmp_path: Path) -> None:
    beds = "\n".join(
        [
            "  ward: {beds: 5}",
            "  side: {beds: 1, ward: west, features: [isolation, monitor]}",
            "  bay: {beds: 4, ward: west, features: [monitor]}",
            "  room: {beds: 2, ward: east, features: [isolation]}",
        ]
    )
    wanted = "{features: [isolation], wards: [east, west]}"
    [step] = small(tmp_path, ("  ward: {beds: 5}", beds), ("bed: ward", f"bed: {wanted}")).model.steps
    assert step.needs == {"*": ({"room": 1}, {"side": 1})}


def test_a_bundle_is_every_combination_of_bed_staff_and_needs(tmp_path: Path) -> None:
    more = "  ward: {beds: 5}\n  annex: {beds: 2}\n  nurse: {staff: 2, skills: [vent]}\n  pump: {units: 3}"
    needs = "bed: [ward, annex]\n        staff: {skill: vent}\n        needs: {pump: 2}"
    [step] = small(tmp_path, ("  ward: {beds: 5}", more), ("bed: ward", needs)).model.steps
    assert step.needs == {
        "*": ({"ward": 1, "nurse": 1, "pump": 2}, {"annex": 1, "nurse": 1, "pump": 2}),
    }


def test_closed_beds_come_back_and_more_than_there_are_cannot_be_closed(tmp_path: Path) -> None:
    closed = "{beds: 5, closed: [{from: 1 d, until: 3 d, number: 2, cut: interrupt}]}"
    [ward] = small(tmp_path, ("{beds: 5}", closed)).model.resources
    assert [(each.at, each.capacity, each.cut.name) for each in ward.changes] == [
        (24.0, 3, "INTERRUPT"),
        (72.0, 5, "FINISH"),
    ]
    [fault] = faults(written(tmp_path, changed(("{beds: 5}", closed.replace("number: 2", "number: 6")))))
    assert "-1 left" in fault


def test_the_fingerprint_follows_the_content_and_not_its_layout(tmp_path: Path) -> None:
    plain = small(tmp_path)
    assert small(tmp_path, ("run: {", "# a remark\nrun:  {")).fingerprint == plain.fingerprint
    assert small(tmp_path, ("beds: 5", "beds: 6")).fingerprint != plain.fingerprint


def test_the_start_is_a_moment_of_the_hospitals_clock(tmp_path: Path) -> None:
    assert small(tmp_path).scenario.run.start == datetime(2026, 1, 5)  # noqa: DTZ001
    [fault] = faults(written(tmp_path, changed(("00:00, length", "00:30, length"))))
    assert "whole hour" in fault


@pytest.mark.parametrize("takes", ["", "takes: {uniform: {low: 0 h, high: 0 h}}, "])
def test_what_the_engine_finds_wrong_is_told_with_the_files_line_and_a_loop_in_spite_of_other_faults(
    tmp_path: Path, takes: str
) -> None:
    steps = """\
        takes: {uniform: {low: 1 d, high: 2 h}}
        next: {round: 0.5, leave: 0.6}
      round: {next: again}
      again: {TAKESnext: {round: 0.9, leave: 0.1}}
"""
    steps = steps.replace("TAKES", takes)
    text = changed(("        takes: {lognormal: {mean: 1 d, sd: 12 h}}\n", steps))
    found = faults(written(tmp_path, text))
    assert [each.partition(":")[2].partition(",")[0] for each in found] == ["13", "14", "15", "16"]
    words = ["expected low or more", "sum to 1", "ring of steps", "ring of steps"]
    assert all(word in each for word, each in zip(words, found, strict=True)), found


def test_one_shift_ends_at_the_very_moment_at_which_the_next_begins(tmp_path: Path) -> None:
    """Hours that are no binary fractions missed each other by a rounding, and for it services were interrupted."""
    shifts = [("06:40", "14:20"), ("14:20", "22:10"), ("22:10", "06:40")]
    staff = ", ".join(f'{{from: "{begin}", until: "{end}", number: 2}}' for begin, end in shifts)
    built = small(tmp_path, ("  ward: {beds: 5}", f"  ward: {{beds: 5}}\n  nurse: {{staff: [{staff}]}}"))
    nurse = built.model.resources[1]
    assert (nurse.capacity, nurse.changes) == (2, ())


def test_a_surge_multiplies_arrivals_only_while_there_are_any(tmp_path: Path) -> None:
    """A clinic that closed on day 5 had patients until the surge was over on day 8."""
    surge = "  surges:\n    flu: {classes: ill, from: 2 d, until: 8 d, factor: 1.5}\npathways:"
    clinics = "[{random: {per_day: 4, from: 3 d, until: 5 d}}, {random: {per_day: 2, from: 9 d}}]"
    built = small(tmp_path, ("pathways:", surge), ("{random: {per_day: 4}}", clinics))
    [extra] = [each for each in built.model.classes[0].sources if "surge" in each.name]
    assert isinstance(extra, Poisson)
    assert (extra.start, extra.end) == (72.0, 120.0)


def test_a_number_a_day_more_comes_throughout_the_surge(tmp_path: Path) -> None:
    surge = "  surges:\n    flu: {classes: ill, from: 2 d, until: 8 d, extra_per_day: 3}\npathways:"
    built = small(tmp_path, ("pathways:", surge), ("{per_day: 4}", "{per_day: 4, until: 1 d}"))
    _, extra = built.model.classes[0].sources
    assert isinstance(extra, Poisson)
    assert (extra.start, extra.end, extra.rates) == (48.0, 192.0, (0.125,))


@pytest.mark.parametrize("warm_up", ["10 d", "11 d"])
def test_a_warm_up_as_long_as_the_run_is_refused_with_its_line(tmp_path: Path, warm_up: str) -> None:
    [fault] = faults(written(tmp_path, changed(("warm_up: 1 d", f"warm_up: {warm_up}"))))
    assert fault.startswith("s.yaml:2, run.warm_up: got '2")
    assert "expected less than run.length, which is 240 h" in fault


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("{beds: 5}", "{beds: " + "9" * 5000 + "}", 15, "whole number"),
        ("{beds: 5}", "{beds: 99999999999999999999}", 15, "whole number"),
        ("per_day: 4", "per_day: 1e400", 7, "number"),
        ("name: Small", 'name: "a \\0 b"', 1, "printable"),
        ("name: Small", 'name: "a \\ud800 b"', 1, "printable"),
        ("name: Small", '"na\\0me": Small', 1, "printable"),
        ("  ward: {beds: 5}", "  ward: {beds: 5}\n  ? [a, b]\n  : {beds: 1}", 16, "a text as key"),
        ("random: {per_day: 4}", "incident: {at: 1 d, patients: 1000000000}", 7, "at most 1,000,000"),
        ("random: {per_day: 4}", "sessions: {at: 08:00, number: 500000}", 7, "at most 1,000,000"),
    ],
)
def test_what_no_number_text_or_list_can_hold_is_a_fault_with_its_line(
    tmp_path: Path, old: str, new: str, line: int, words: str
) -> None:
    told = faults(written(tmp_path, changed((old, new))))
    assert any(f"s.yaml:{line}" in each and words in each for each in told), told


@pytest.mark.parametrize(
    ("arrivals", "window", "adds"),
    [
        ("{random: {per_day: 4}}", "from: 2 d, until: 8 d", True),
        ("{random: {per_day: 4, from: 3 d, until: 5 d}}", "from: 6 d, until: 8 d", False),
        ("{random: {per_day: 4}}", "from: 12 d, until: 14 d", False),
        ("{random: {per_day: 4, by_weekday: {mon: 0}}}", "from: 0 h, until: 24 h", False),
        ("{random: {per_day: 4, by_weekday: {mon: 0}}}", "from: 0 h, until: 26 h", True),
    ],
)
def test_a_surge_that_meets_no_arrivals_is_told_with_its_place_and_a_remedy(
    tmp_path: Path, arrivals: str, window: str, adds: bool
) -> None:
    """It was run as if it were not there, and its comparison said that nothing was different."""
    surge = f"  surges:\n    flu: {{classes: ill, {window}, factor: 1.5}}\npathways:"
    warnings = small(tmp_path, ("pathways:", surge), ("{random: {per_day: 4}}", arrivals)).warnings
    assert len(warnings) == (0 if adds else 1)
    if not adds:
        told = str(warnings[0])
        assert told.startswith("s.yaml:9, demand.surges.flu: got '")
        assert "random arrivals of ill" in told
        assert "extra_per_day" in told
