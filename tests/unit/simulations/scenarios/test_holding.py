"""A bed that is held until the next step starts is given back there, wherever that is, and never waited for."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulations.engine.outcome import Area
from simulations.engine.run import simulate
from simulations.scenarios.build import load
from tests.unit.simulations.scenarios.test_loading import faults, written

HELD = """\
name: Held
run: {start: 2026-01-05, length: 30 d, warm_up: 0 h, replications: 1}
demand: {classes: {ill: {pathway: stay, arrivals: {list: {times: [0 h]}}}}}
pathways:
  stay:
    steps:
      icu: {bed: icu, takes: 1 d, next: ward, give_back: when the next step starts}
      ward: {bed: ward, takes: 5 d, WAY_OUT}
      other: {bed: ward, takes: 1 d, room_for: 0, when_full: rehab}
      rehab: {needs: {place: 1}, takes: 10 d}
resources:
  icu: {beds: 1}
  ward: {beds: 0}
  place: {units: 1}
"""


@pytest.mark.parametrize(
    "way_out",
    [
        "patience: 1 d, gives_up_to: rehab",
        "patience: 1 d, gives_up_to: other",
        "room_for: 0, when_full: rehab",
    ],
)
def test_a_held_bed_is_free_once_whoever_gave_up_has_started_elsewhere(tmp_path: Path, way_out: str) -> None:
    """Who gave up waiting for the ward kept the intensive-care bed all through the rehabilitation."""
    built = load(written(tmp_path, HELD.replace("WAY_OUT", way_out)))
    outcome = simulate(built.model, seed=1, horizon=built.scenario.run.length)
    held = 24.0 if "when_full" in way_out else 48.0
    assert outcome.area_of("icu", Area.IN_USE) == held


RING = """\
name: Ring
run: {start: 2026-01-05, length: 30 d, warm_up: 0 h, replications: 1}
demand: {classes: {ill: {pathway: stay, arrivals: {random: {per_day: 4}}}}}
pathways:
  stay:
    steps:
      acute: {bed: ward, takes: 1 d, next: NEXT, give_back: when the next step starts}
      rehab: {bed: [WHERE], takes: 5 d}
resources: {ward: {beds: 3}, annex: {beds: 3}}
"""


@pytest.mark.parametrize(
    ("then", "where", "named"),
    [
        ("rehab", "ward", "stay/rehab"),
        ("rehab", "annex, ward", "stay/rehab"),
        ("{acute: 0.2, leave: 0.8}", "annex", "stay/acute"),
    ],
)
def test_a_bed_is_not_held_until_another_of_the_same_ward_is_free(
    tmp_path: Path, then: str, where: str, named: str
) -> None:
    """Three patients held the ward's three beds and waited for one of them for ever."""
    text = RING.replace("NEXT", then).replace("WHERE", where)
    found = [each for each in faults(written(tmp_path, text)) if "give_back" in each]
    assert found == [
        "s.yaml:7, pathways.stay.steps.acute.give_back: got 'ward', expected nothing that "
        f"{named} takes too. Write give_back: at end; or, to stay there, give_back: never, and none in the next step."
    ]


def test_a_patient_stays_in_the_same_bed_with_a_next_step_that_takes_none(tmp_path: Path) -> None:
    text = RING.replace("NEXT", "rehab").replace("when the next step starts", "never")
    text = text.replace("bed: [WHERE], ", "").replace("{random: {per_day: 4}}", "{list: {times: [0 h]}}")
    built = load(written(tmp_path, text))
    outcome = simulate(built.model, seed=1, horizon=built.scenario.run.length)
    assert outcome.area_of("ward", Area.IN_USE) == 6 * 24.0
