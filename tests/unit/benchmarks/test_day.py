"""The verdict on two policies: what counts as a breach, and when the goal is missed."""

import json

import pytest

from benchmarks.quality import day as benchmark
from benchmarks.quality.day import compared, is_breach, show, verdict


def figures(weighted=100, decided=0, floor=0, **standing):
    """One policy's figures of a day."""
    plain = dict.fromkeys(("placed", "waiting", "escalated", "outliers", "transfers", "refused_arrivals"), 1)
    return {
        **plain,
        "weighted_minutes": weighted,
        "broken_by_decisions": decided,
        "floor_minutes": floor,
        "broken_at_the_end": standing,
    }


def days(*pairs):
    return [
        {
            "benchmark": "day",
            "size": "district",
            "seed": seed,
            "revision": "r1",
            "best": one,
            "first_fit": two,
        }
        for seed, (one, two) in enumerate(pairs, 1)
    ]


def shorter(*extra):
    """Ten days of which best waits less in each; ``extra`` are more figures of best, by the day."""
    given = list(extra) or [{}] * 10
    return days(*((figures(100 + n, **more), figures(200 + 2 * n)) for n, more in enumerate(given)))


def test_less_waiting_and_no_breach_more_is_the_goal() -> None:
    told = verdict(shorter())
    assert told["goal_met"]
    assert (told["higher"], told["higher_on_average"], told["days"]) == ([], [], 10)
    assert told["best_minus_first_fit"]["weighted_minutes"]["mean"] == pytest.approx(-104.5)
    assert told["revisions"] == ["r1"]


def test_waiting_that_may_be_as_long_is_not_the_goal() -> None:
    pairs = [(figures(100), figures(200)), (figures(300), figures(150)), (figures(100), figures(120))]
    assert not verdict(days(*pairs))["goal_met"]


def test_one_rule_broken_by_a_decision_of_either_policy_misses_the_goal() -> None:
    assert not verdict(shorter({"decided": 1}, *[{}] * 9))["goal_met"]
    found = shorter()
    found[3]["first_fit"]["broken_by_decisions"] = 2
    assert not verdict(found)["goal_met"]


@pytest.mark.parametrize("name", ["floor", "isolation_cohort"])
def test_a_breach_that_is_higher_with_confidence_misses_the_goal_and_is_named(name) -> None:
    told = verdict(shorter(*({name: 3 + n % 2} for n in range(10))))
    label = "floor_minutes" if name == "floor" else "broken_at_the_end: isolation_cohort"
    assert told["higher"] == told["higher_on_average"] == [label]
    assert not told["goal_met"]


def test_a_breach_on_one_day_of_ten_is_higher_on_average_only_and_said() -> None:
    told = verdict(shorter({"isolation_cohort": 1}, *[{}] * 9))
    assert told["goal_met"]
    assert told["higher"] == []
    assert told["higher_on_average"] == ["broken_at_the_end: isolation_cohort"]


def test_a_rule_that_stands_broken_under_first_fit_alone_is_compared_too() -> None:
    found = shorter()
    found[0]["first_fit"]["broken_at_the_end"] = {"bed_kind": 2}
    pair = compared(found)["broken_at_the_end: bed_kind"]
    assert (pair.mean, pair.lower, pair.equal) == (pytest.approx(-0.2), 1, 9)
    assert is_breach("broken_at_the_end: bed_kind")
    assert not is_breach("weighted_minutes")


def test_the_table_has_a_line_for_every_breach(capsys: pytest.CaptureFixture[str]) -> None:
    show(verdict(shorter({"isolation_cohort": 1}, *[{}] * 9)))
    told = capsys.readouterr().out
    for name in ("weighted_minutes", "broken_by_decisions", "floor_minutes", "isolation_cohort"):
        assert name in told
    assert "goal met over 10 days" in told


def test_a_run_that_is_resumed_measures_only_the_seeds_it_lacks(tmp_path, monkeypatch) -> None:
    """The days themselves are played elsewhere: here they are counted."""
    played = []

    def days_played(size, seeds, workers):
        for seed in seeds:
            played.append((size, seed))
            yield days((figures(100 + seed), figures(300)))[0] | {"seed": seed, "size": size}

    output = tmp_path / "day.jsonl"
    monkeypatch.setattr(benchmark, "days", days_played)
    arguments = ["day", "--size", "ward", "--output", str(output)]
    monkeypatch.setattr("sys.argv", [*arguments, "--seeds", "2"])
    assert benchmark.main() == 0
    monkeypatch.setattr("sys.argv", [*arguments, "--seeds", "4", "--resume"])
    assert benchmark.main() == 0
    assert played == [("ward", 1), ("ward", 2), ("ward", 3), ("ward", 4)]
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    assert [line.get("seed") for line in lines] == [1, 2, None, 3, 4, None]
    assert lines[-1]["days"] == 4
    for line in lines:
        assert {"machine", "python", "versions", "revision", "measured"} <= line.keys()
