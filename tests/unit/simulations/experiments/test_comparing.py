"""What a comparison may say, and what it may not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulations.engine.codes import Event
from simulations.engine.run import simulate
from simulations.experiments.catalogue import Key
from simulations.experiments.comparing import Compared, compare, not_compared
from simulations.experiments.replications import Plan, Replicated, experiment
from simulations.reports.tables import tables_of
from simulations.scenarios.build import load
from solver.engine.errors import InvalidInstance

OVERLOADED = """\
name: Four beds
run: {start: 2026-01-05, length: 120 d, warm_up: 20 d, replications: 6}
demand:
  classes:
    urgent: {pathway: stay, priority: 0, arrivals: {random: {per_day: 3.6}}}
    elective: {pathway: stay, priority: 1, arrivals: {random: {per_day: 1.6}}}
pathways: {stay: {steps: {ward: {bed: ward, takes: {exponential: 1 d}}}}}
resources: {ward: {beds: 4}}
"""


def both(folder: Path, text: str, *settings: tuple[str, str]) -> list[Replicated]:
    path = folder / "s.yaml"
    path.write_text(text)
    return experiment([load(path), load(path, settings).renamed("Changed")], Plan())


def line_of(found: list[Compared], key: Key) -> str:
    [line] = [each.line for each in found if each.key == key]
    return line


def test_a_bed_more_does_not_lengthen_waits_because_those_who_never_started_now_do(tmp_path: Path) -> None:
    """Of electives with four beds only the first few of the queue ever started, after short waits; with five
    many more did, after long ones, and the fifth bed was said to lengthen waits."""
    replicated = both(tmp_path, OVERLOADED, ("resources.ward.beds", "+1"))
    base, more = (each.interval(Key("unstarted_share", "stay/ward", "elective")).mean for each in replicated)
    assert base > more > 0.05
    found = compare(replicated)
    told = {each.key for each in found}
    assert Key("wait_mean", "stay/ward", "elective") not in told
    assert Key("stay_mean", "", "elective") not in told
    withheld = "\n".join(not_compared(replicated))
    assert "waits for stay/ward of elective not compared, as" in withheld
    assert "of them had not started at the end of the run" in withheld
    frame = tables_of(replicated, found)["comparison"]
    silent = frame[frame["change"].isna()]
    assert set(silent["verdict"]) == set(not_compared(replicated))
    assert not silent["decided"].any()
    assert len(frame) == len(found) + len(silent)
    still = line_of(found, Key("still_waiting", "stay/ward"))
    assert still.startswith("Changed lowers who still waits for stay/ward at the end by ")
    waiting = line_of(found, Key("waiting_mean", "stay/ward"))
    assert waiting.startswith("Changed lowers the number who wait for stay/ward by ")


CALM = """\
name: Calm
run: {start: 2026-01-05, length: 60 d, warm_up: 10 d, replications: 5}
demand: {classes: {ill: {pathway: stay, arrivals: {random: {per_day: 4}}}}}
pathways: {stay: {steps: {ward: {bed: ward, takes: {exponential: 8 h}, room_for: 900}}}}
resources: {ward: {beds: 2}}
"""


def test_what_never_happens_in_either_scenario_is_neither_told_nor_corrected_for(tmp_path: Path) -> None:
    replicated = both(tmp_path, CALM, ("resources.ward.beds", "+1"))
    refused = Key("refused_share", "stay/ward")
    assert not np.any([each.of(refused) for each in replicated])
    assert refused not in {each.key for each in compare(replicated)}
    assert not_compared(replicated) == []


def test_shares_are_told_in_percentage_points(tmp_path: Path) -> None:
    replicated = both(tmp_path, CALM, ("resources.ward.beds", "+1"))
    found = compare(replicated)
    line = line_of(found, Key("occupancy", "ward"))
    assert "percentage points +- " in line
    [occupancy] = [each for each in found if each.key == Key("occupancy", "ward")]
    amount = float(line.split(" by ")[1].split()[0])
    assert abs(amount + 100 * occupancy.difference.simultaneous.mean) < 0.5
    assert amount > 10


MOVES = """\
name: Moves
run: {start: 2026-01-05, length: 40 d, warm_up: 10 d, replications: 5}
demand: {classes: {ill: {pathway: p, arrivals: {random: {per_day: 4}}}}}
pathways:
  p:
    steps:
      icu: {bed: icu, takes: 6 h, next: {ward: 0.7, home: 0.3}}
      home: {takes: 1 d, next: {ward: 0.5, leave: 0.5}}
      ward: {bed: ward, takes: {exponential: 8 h}, next: {home: 0.3, leave: 0.7}}
resources: {icu: {beds: 20}, ward: {beds: 20}}
"""


def test_room_that_nobody_misses_changes_nothing(tmp_path: Path) -> None:
    """With a limit, steps are no longer told apart by where one comes from; every stay was then drawn anew, and
    transfers, which were no longer counted, were said to be fewer by 26 a week."""
    replicated = both(tmp_path, MOVES, ("pathways.p.steps.ward.room_for", "1000"))
    counted = [float(each.of(Key("transfers")).sum()) for each in replicated]
    assert counted[0] > counted[1] == 0
    found = {each.key: each.difference for each in compare(replicated)}
    assert Key("transfers") not in found
    assert "transfers to all not compared, as steps with room_for" in "\n".join(not_compared(replicated))
    assert {(each.interval.mean, each.decided) for each in found.values()} == {(0.0, False)}
    assert Key("present_mean") in found


def test_each_visit_of_a_patient_has_its_own_chance_whichever_copy_of_a_step_it_is_to(tmp_path: Path) -> None:
    """Nobody is in the ward twice for equally long, once from a bed and once from home."""
    path = tmp_path / "s.yaml"
    path.write_text(MOVES)
    built = load(path)
    log = simulate(built.model, seed=1, horizon=960.0, log=True).log
    ward = [i for i, step in enumerate(built.model.steps) if step.chance or step.name == "p/ward"]
    assert len(ward) == 2
    begun: dict[float, float] = {}
    stays: dict[float, list[float]] = {}
    for time, event, _, _, _, number in log[np.isin(log[:, 3], ward)]:
        if event == Event.STARTED:
            begun[number] = time
        if event == Event.FINISHED:
            stays.setdefault(number, []).append(round(time - begun[number], 9))
    again = [each for each in stays.values() if len(each) > 1]
    assert len(again) > 10
    assert all(len(set(each)) == len(each) for each in again)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("run.length", "30 d", "run.length: got '720 h', expected 1440 h as in the first scenario"),
        ("run.start", "2026-02-02", "run.start: got '2026-02-02 00:00:00', expected 2026-01-05 00:00:00"),
    ],
)
def test_scenarios_of_other_weeks_are_no_pairs(tmp_path: Path, path: str, value: str, words: str) -> None:
    with pytest.raises(InvalidInstance, match=f"Changed, {words}"):
        both(tmp_path, CALM, (path, value))
