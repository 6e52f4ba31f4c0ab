"""Logs are read in the forms that hospitals write, or refused with every fault, its line, and nobody's data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simulations.fitting.reading import Reading, Recorded, read_log
from simulations.fitting.visits import Fate, Visits
from solver.engine.errors import InvalidInstance
from tests.recorded_logs import HOSPITAL, as_stays, as_transfers, built, log_of, written

SOUND = """\
patient,time,event,ward,class
A,2026-01-05 08:00,requested,icu,heart
A,2026-01-05 09:30,admitted,icu,heart
B,2026-01-05 10:00,admitted,ward,heart
A,2026-01-06 09:30,transferred,ward,heart
B,2026-01-07 10:00,discharged,ward,heart
"""


def read(folder: Path, text: str, reading: Reading | None = None) -> Recorded:
    path = folder / "log.csv"
    path.write_text(text, encoding="utf-8")
    return read_log(path, reading or Reading())


def faults(folder: Path, text: str, reading: Reading | None = None) -> list[str]:
    with pytest.raises(InvalidInstance) as refused:
        read(folder, text, reading)
    return [str(problem) for problem in refused.value.problems]


def told(visits: Visits) -> list[tuple[str, float, float, float, str]]:
    """Ward, asked, started, finished, what became of it: of each visit."""
    rows = zip(visits.ward, visits.asked, visits.started, visits.finished, visits.fate, strict=True)
    return [
        (visits.wards[w], float(a), float(s), float(f), visits.wards[to] if to >= 0 else Fate(to).name)
        for w, a, s, f, to in rows
    ]


def test_events_become_visits_with_waits_and_what_is_not_known_yet(tmp_path: Path) -> None:
    recorded = read(tmp_path, SOUND)
    assert told(recorded.visits) == [
        ("icu", 8.0, 9.5, 33.5, "ward"),
        ("ward", 33.5, 33.5, np.inf, "OPEN"),
        ("ward", 10.0, 10.0, 58.0, "LEFT"),
    ]
    assert recorded.visits.first.tolist() == [True, False, True]
    assert recorded.visits.classes == ("heart",)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",", ";"),
        (",", "\t"),
        ("patient,time,event,ward", "Encounter ID,Timestamp,Activity,Care Unit"),
        ("admitted", "ADT^A01"),
        ("transferred", "A02"),
        ("discharged", "Died"),
        (" 0", "T0"),
        (":00,", ":00:00,"),
    ],
)
def test_the_same_in_other_words_is_the_same(tmp_path: Path, old: str, new: str) -> None:
    assert old in SOUND
    assert told(read(tmp_path, SOUND.replace(old, new)).visits) == told(read(tmp_path, SOUND).visits)


def test_days_and_months_are_told_apart_by_the_log_or_by_whoever_asks(tmp_path: Path) -> None:
    rows = [("05/01/2026 08:00", "admitted"), ("13/01/2026 08:00", "discharged")]
    text = "patient,time,event,ward\n" + "".join(f"A,{time},{event},w\n" for time, event in rows)
    assert read(tmp_path, text).visits.finished.tolist() == [8 * 24 + 8.0]
    either = text.replace("13/01", "06/01")
    [fault] = faults(tmp_path, either)
    assert "--time-format" in fault
    assert read(tmp_path, either, Reading(time_format="%m/%d/%Y %H:%M")).visits.finished[0] == 31 * 24 + 8.0


def test_rows_may_come_in_any_order_and_newest_first(tmp_path: Path) -> None:
    head, *rows = SOUND.splitlines(keepends=True)
    assert told(read(tmp_path, head + "".join(reversed(rows))).visits) == told(read(tmp_path, SOUND).visits)


def test_a_column_may_be_named_and_a_missing_one_is_asked_for(tmp_path: Path) -> None:
    odd = SOUND.replace("patient,", "pseudonym,")
    [fault] = faults(tmp_path, odd)
    assert "log.csv:1" in fault
    assert "--column patient=NAME" in fault
    assert told(read(tmp_path, odd, Reading(columns={"patient": "pseudonym"})).visits) == told(
        read(tmp_path, SOUND).visits
    )
    [wrong] = faults(tmp_path, SOUND, Reading(columns={"patient": "nobody"}))
    assert "no such column" in wrong


def test_a_log_tells_the_same_by_events_by_transfers_and_by_stays(tmp_path: Path) -> None:
    """The log of a simulation, as an admission system exports it, and as one row a stay: the very same visits."""
    log = log_of(built(tmp_path, HOSPITAL, ("run.length", "30 d")))
    ours = read_log(written(log, tmp_path / "events.csv"), Reading(keeps_bed=("icu",)))
    transfers = read_log(written(as_transfers(log), tmp_path / "transfers.csv"))
    stays = read_log(written(as_stays(log), tmp_path / "stays.csv"))
    for other in (transfers, stays):
        for name in ("asked", "started", "finished"):
            times = [
                np.sort(getattr(each.visits, name)[np.isfinite(each.visits.started)])
                for each in (ours, other)
            ]
            assert len(times[0]) == len(times[1])
            if name != "finished" or other is transfers:
                known = np.isfinite(times[0]) & np.isfinite(times[1])
                assert np.abs(times[0][known] - times[1][known]).max() < 1 / 1000
        assert sorted(other.visits.wards) == ["icu", "triage", "ward"]


def test_who_leaves_without_having_asked_for_a_ward_ends_nobody_elses_stay(tmp_path: Path) -> None:
    """The departure of the second patient was taken for that of the first, who still lies there."""
    head = "patient,ward,time,event\n"
    first, other = "{},W,2026-01-05 08:00,{}\n", "{},,2026-01-05 {},{}\n"
    passing = other.format("b", "09:00", "arrived") + other.format("b", "10:00", "discharged")
    visits = read(tmp_path, head + first.format("a", "admitted") + passing).visits
    assert told(visits) == [("W", 8.0, 8.0, np.inf, "OPEN")]
    refused = read(tmp_path, head + first.format("a", "refused") + passing).visits
    assert told(refused) == [("W", 8.0, np.inf, np.inf, "REFUSED")]
    assert told(read(tmp_path, head + passing + first.format("c", "admitted")).visits) == told(visits)


def test_a_log_without_a_header_is_refused_and_tells_of_nobody(tmp_path: Path) -> None:
    """Its first line is a patient's; even words that a column may be called are in it."""
    for line in (
        "Jane Doe,1950-03-04,MED1,2026-01-05 08:00",
        "Jane Doe,2026-01-05 08:00,MED1,admitted",
        "Jane Doe,MED1,female",
    ):
        found = faults(tmp_path, f"{line}\n{line}\n")
        found += faults(tmp_path, f"{line}\n{line}\n", Reading(columns={"patient": "name"}))
        assert all("holds no column names: xxxx xxx, " in each for each in found)
        for part in ("Jane", "Doe", "1950", "2026", "MED1", "female"):
            assert part not in "".join(found)
    [header] = faults(tmp_path, SOUND.replace("patient,time", "pseudonym7,time").replace("class", "kin"))
    assert "patient in xxxxxxxxx9, time, event, ward, kin'" in header


def test_stays_with_one_more_moment_a_row_are_read_as_stays(tmp_path: Path) -> None:
    """When a row was written is no event."""
    text = "patient,ward,start,end,timestamp\nA,icu,2026-01-05 08:00,2026-01-05 10:00,2026-01-09 11:00\n"
    assert told(read(tmp_path, text).visits) == [("icu", 8.0, 8.0, 10.0, "LEFT")]


def test_every_fault_is_named_with_its_line_at_once_and_nobody_is(tmp_path: Path) -> None:
    text = """\
patient,time,event,ward,class
SECRET-1,2026-01-05 08:00,admitted,icu,heart
SECRET-2,2026-01-05 08:00,teleported,icu,heart
SECRET-3,05.01.2026 08:00,admitted,icu,heart
SECRET-4,2026-01-05 08:00,admitted,,heart
,2026-01-05 08:00,admitted,icu,heart
SECRET-5,2026-01-04 08:00,discharged,icu,heart
SECRET-5,2026-01-05 08:00,admitted,icu,heart
SECRET-6,2026-01-05 08:00,gave up,icu,heart
SECRET-7,2026-01-05 08:00,transfer out,icu,heart
SECRET-1,2026-01-06 08:00,arrived,,heart
SECRET-8,SECRET-8,admitted,icu,heart
"""
    found = faults(tmp_path, text)
    assert [each.split(",")[0] for each in found] == [
        f"log.csv:{line}" for line in (3, 4, 5, 6, 7, 9, 10, 11, 12)
    ]
    for part, line in zip(
        ("one of: requested", "99.99.9999", "name of a ward", "links the rows", "admitted before", "a request",
         "had begun", "not there", "xxxxxx-9"),
        found,
        strict=True,
    ):  # fmt: skip
        assert part in line
    assert "SECRET" not in "".join(found)


def test_every_fault_of_stays_is_named_with_its_line(tmp_path: Path) -> None:
    text = """\
patient,ward,start,end,requested,outcome
S1,icu,2026-01-05 08:00,2026-01-05 07:00,,
S2,icu,2026-01-05 08:00,2026-01-07 08:00,,
S2,ward,2026-01-06 08:00,2026-01-09 08:00,,
S3,icu,2026-01-05 08:00,,2026-01-05 09:00,
S4,icu,2026-01-05 08:00,,,refused
S5,icu,,,,
S6,,2026-01-05 08:00,,,
S7,icu,2026-01-05 08:00,,,spirited away
S8,icu,2026-01-05 08:00,,,
S8,icu,2026-01-05 08:00,,,
"""
    found = faults(tmp_path, text)
    assert [int(each.split(":")[1].split(",")[0]) for each in found] == [2, 4, 5, 6, 7, 8, 9, 11]
    assert "2026-01-05 08:00 to 2026-01-05 07:00" in found[0]
    assert "while that of line 3 is until 2026-01-07 08:00" in found[1]
    assert "while that of line 10 is still open" in found[-1]


def test_stays_that_never_began_are_refusals_or_given_up(tmp_path: Path) -> None:
    text = """\
patient,ward,start,end,requested,outcome
a,icu,,,2026-01-05 01:00,refused
b,icu,,2026-01-05 05:00,2026-01-05 02:00,
c,icu,,2026-01-05 03:00,2026-01-05 03:00,
d,icu,,2026-01-05 09:00,2026-01-05 04:00,gave up
e,icu,,,2026-01-05 05:00,
"""
    visits = read(tmp_path, text).visits
    assert visits.fate.tolist() == [Fate.REFUSED, Fate.GAVE_UP, Fate.REFUSED, Fate.GAVE_UP, Fate.OPEN]
    assert visits.gone.tolist() == [1.0, 5.0, 3.0, 9.0, np.inf]


def test_a_moment_far_from_all_others_is_a_fault(tmp_path: Path) -> None:
    [fault] = faults(tmp_path, SOUND.replace("2026-01-07", "2226-01-07"))
    assert "log.csv:6" in fault


def test_a_column_of_names_is_not_taken_for_wards_and_not_shown(tmp_path: Path) -> None:
    rows = "".join(f"p{n},2026-01-05 08:00,admitted,Surname{n},c\n" for n in range(300))
    [fault] = faults(tmp_path, f"patient,time,event,ward,class\n{rows}")
    assert "300 different ones" in fault
    assert "Surname" not in fault


def test_so_many_faults_of_a_kind_are_counted(tmp_path: Path) -> None:
    rows = "".join(f"p{n},never,admitted,icu,c\n" for n in range(250))
    found = faults(tmp_path, f"patient,time,event,ward,class\np,2026-01-05,admitted,icu,c\n{rows}")
    assert len(found) == 101
    assert "150 more such rows" in found[-1]


def test_a_second_admission_long_after_is_a_new_arrival(tmp_path: Path) -> None:
    text = """\
patient,ward,start,end
a,icu,2026-01-05 01:00,2026-01-05 05:00
a,ward,2026-01-05 05:30,2026-01-06 05:00
a,icu,2026-01-08 01:00,2026-01-08 05:00
"""
    visits = read(tmp_path, text).visits
    assert visits.first.tolist() == [True, False, True]
    assert visits.fate.tolist() == [1, Fate.LEFT, Fate.LEFT]
    apart = read(tmp_path, text, Reading(gap=0.25)).visits
    assert apart.first.tolist() == [True, True, True]


def test_names_that_no_scenario_takes_are_changed_and_stay_apart(tmp_path: Path) -> None:
    text = "patient,ward,start,end\n" + "".join(
        f"p{n},{ward},2026-01-0{n + 1} 01:00,2026-01-0{n + 1} 05:00\n"
        for n, ward in enumerate(["4B", "Ward 5 (East)", "Ward 5 [East]", "内科", "others"])
    )
    wards = read(tmp_path, text).visits.wards
    assert wards == ("ward 4B", "Ward 5 -East", "Ward 5 -East ward 3", "ward 4", "others ward 5")


def test_a_bed_is_kept_until_a_ward_is_reached_whatever_was_asked_for_in_between(tmp_path: Path) -> None:
    text = """\
patient,time,event,ward
a,2026-01-05 01:00,admitted,ward
a,2026-01-05 02:00,requested,icu
a,2026-01-05 03:00,refused,icu
a,2026-01-05 03:30,requested,unit
a,2026-01-05 05:00,admitted,unit
b,2026-01-05 01:00,admitted,ward
b,2026-01-05 02:00,requested,icu
b,2026-01-05 06:00,discharged,
"""
    visits = read(tmp_path, text).visits
    ward = visits.ward == visits.wards.index("ward")
    assert visits.finished[ward].tolist() == [2.0, 2.0]
    assert visits.freed[ward].tolist() == [5.0, 6.0]
