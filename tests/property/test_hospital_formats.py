"""Files of a hospital lose nothing, and no damage to them does more than raise the one error."""

from __future__ import annotations

import csv
import io
import json
import string
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from solver.engine.errors import InvalidInstance, Problem
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    BloodGroup,
    BookingKind,
    BookingTerms,
    Care,
    CleaningTimes,
    Departure,
    Drug,
    DutyKind,
    EquipmentType,
    Feature,
    HandlingClass,
    Hospital,
    Infection,
    InfectionStatus,
    Interval,
    Isolation,
    Lot,
    LotState,
    NursingRatio,
    OperationalStatus,
    Person,
    PooledCapacity,
    Room,
    Sex,
    SexPolicy,
    Shift,
    Site,
    StaffMember,
    Stay,
    StayState,
    Unit,
    UnitBooking,
    UnitState,
    Ward,
)
from solver.hospital.door import MAX_MINUTE
from solver.hospital.equipment import MOST_PRIORITY
from solver.hospital.formats import from_json, read_hospital, to_json, write_hospital
from solver.hospital.formats_csv import tables
from solver.hospital.formats_spec import HOSPITAL
from solver.hospital.formats_values import time_text
from solver.hospital.timegrid import MINUTES_PER_YEAR

Draw = Callable[[st.SearchStrategy[Any]], Any]
AWKWARD = string.ascii_letters + string.digits + " ,;:\"'\\/|#=+-@%{}[]床éß🏥"
TEXT = st.text(AWKWARD, max_size=12)
ID = st.text(AWKWARD, min_size=1, max_size=12).map(str.strip).filter(bool)
MINUTE = st.integers(0, MAX_MINUTE - 10_000)
NAMES = st.frozensets(ID, max_size=3)
FEATURES = st.frozensets(st.sampled_from(list(Feature)), max_size=4)
COUNT = st.integers(0, 1_000_000)


@st.composite
def hospitals(draw: Draw) -> Hospital:
    """One or two of everything, with every field drawn over its range."""
    site, ward, room, bed, other, person = draw(st.lists(ID, min_size=6, max_size=6, unique=True))
    start, sort = draw(MINUTE), draw(st.sampled_from(["pump", "a;b", "\\"]))
    ratio = NursingRatio(draw(st.integers(0, 3)), 12, 8, draw(ID))
    block = Block(start, draw(st.sampled_from([None, start + 1])), draw(ID))
    blocks = draw(st.sampled_from([(), (block,), (block, block)]))
    pooled = PooledCapacity(draw(COUNT), draw(COUNT), draw(COUNT))
    care = Care(draw(ID), draw(st.integers(0, 3)), draw(FEATURES), draw(NAMES), pooled)
    breaks = (Interval(start, start + 5), Interval(start + 7, start + 9))
    terms = st.builds(
        BookingTerms, ID, st.just(sort), st.just(start), st.just(start + 9), st.integers(1, MOST_PRIORITY),
        st.one_of(st.none(), ID), st.one_of(st.none(), st.just(start)), st.integers(1, 9),
    )  # fmt: skip
    return Hospital(
        sites=(Site(site, draw(TEXT), draw(st.sampled_from(["UTC", "Asia/Shanghai", "Asia/Kathmandu"]))),),
        wards=(
            Ward(ward, site, draw(TEXT), draw(NAMES), draw(st.integers(0, 9)), draw(st.integers(-20, 99)),
                 draw(st.integers(0, 99)), 120, pooled, draw(st.sampled_from([(), (ratio,)])), blocks),
        ),
        rooms=(
            Room(room, ward, draw(TEXT), draw(st.sampled_from(list(SexPolicy))), draw(FEATURES), 6, blocks),
        ),
        beds=(
            Bed(bed, room, draw(st.sampled_from(list(BedKind))), draw(FEATURES), 2, 150, draw(st.booleans()),
                draw(st.sampled_from(list(OperationalStatus))), draw(st.sampled_from([None, start])),
                480, 1200, blocks),
            Bed(other, room),
        ),
        ratios=draw(st.sampled_from([(), (ratio,)])),
        cleaning=CleaningTimes(draw(st.integers(0, 1440))),
        equipment_types=(EquipmentType(sort, draw(TEXT), 15, ("driver",)), EquipmentType("driver", "")),
        units=(
            Unit("u", sort, ward, draw(st.sampled_from([None, ward])), draw(st.booleans()),
                 draw(st.sampled_from(list(UnitState))), draw(TEXT)),
        ),
        unit_bookings=(
            UnitBooking("k", "u", ward, start, start + 1, draw(st.sampled_from(list(BookingKind))),
                        draw(st.one_of(st.none(), ID)), draw(st.booleans())),
            UnitBooking("o", "u", ward, start + 1, start + 2, terms=draw(st.one_of(st.none(), terms))),
        ),
        drugs=(
            drug := Drug("d", draw(TEXT), draw(ID), draw(TEXT), draw(TEXT), draw(TEXT), draw(TEXT),
                         draw(st.sampled_from(list(HandlingClass))), draw(COUNT), ("e",)),
            replace(drug, id="e", name="", equivalents=()),
        ),
        lots=(
            Lot("l", "d", 9, start, draw(st.integers(0, 9)), draw(st.sampled_from(list(LotState))),
                draw(st.sampled_from([None, ward])), draw(st.sampled_from([None, *BloodGroup])),
                draw(st.one_of(st.none(), ID))),
        ),
        staff=(StaffMember("n", ward, draw(NAMES), draw(st.integers(1, 12)), draw(st.booleans())),),
        shifts=(
            Shift("t", "n", ward, start, start + 9, draw(st.sampled_from([(), breaks])),
                  draw(st.sampled_from(list(DutyKind))), draw(st.sampled_from([None, start])), 30,
                  draw(st.booleans())),
        ),
        persons=(
            Person(person, draw(st.sampled_from(list(Sex))),
                   draw(st.one_of(st.none(), st.integers(-150 * MINUTES_PER_YEAR, MAX_MINUTE))),
                   draw(st.integers(0, 700)), draw(st.frozensets(st.sampled_from(list(Isolation)))),
                   (Infection(draw(ID), draw(st.sampled_from(list(InfectionStatus))), draw(st.booleans())),),
                   draw(NAMES), draw(NAMES), draw(st.sampled_from([None, *BloodGroup])), draw(st.booleans()),
                   draw(st.booleans()), draw(st.booleans()), draw(NAMES) - {person}),
        ),
        stays=(
            Stay("s", person, bed, start, start + 5, care, draw(st.sampled_from(list(StayState))),
                 draw(st.sampled_from(list(Departure))), draw(st.one_of(st.none(), ID))),
            Stay("v", person, other, start, start + 5, care, with_stay_id="s"),
        ),
    )  # fmt: skip


@given(hospitals())
def test_a_json_document_gives_the_same_hospital_back(hospital: Hospital) -> None:
    assert from_json(to_json(hospital)) == hospital


@given(hospitals())
def test_a_csv_folder_gives_the_same_hospital_back(hospital: Hospital) -> None:
    with TemporaryDirectory() as folder:
        write_hospital(hospital, Path(folder))
        assert read_hospital(Path(folder)) == hospital


@given(
    st.integers(-150 * MINUTES_PER_YEAR, MAX_MINUTE),
    st.sampled_from(["UTC", "Asia/Shanghai", "Africa/Monrovia"]),
)
def test_every_minute_has_a_text_that_means_it(minute: int, zone: str) -> None:
    """Also where local offsets were not whole minutes, as in Monrovia until 1972."""
    raw = {"id": "p", "born": time_text(minute, ZoneInfo(zone))}
    document = {
        "format": "wardflow-hospital",
        "version": 1,
        "sites": [],
        "wards": [],
        "rooms": [],
        "beds": [],
    }
    read = from_json(json.dumps({**document, "persons": [raw]}))
    assert read.persons[0].born == minute


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.lists(TEXT, max_size=2),
    st.dictionaries(TEXT, TEXT, max_size=2), st.sampled_from(["2025-02-20T08:15:00", "nan", "1e9", "-1"]),
)  # fmt: skip


def outcome(read: Callable[[], Hospital]) -> tuple[Any, tuple[Problem, ...]]:
    """The hospital read, or the problems of the only error that reading may raise."""
    try:
        return read(), ()
    except InvalidInstance as error:
        return None, error.problems


@given(hospitals(), st.data())
def test_junk_in_a_json_value_is_either_meant_or_refused(hospital: Hospital, data: st.DataObject) -> None:
    document = json.loads(to_json(hospital))
    collection = data.draw(
        st.sampled_from([item.name for item in HOSPITAL.fields if item.name != "cleaning"])
    )
    records = document[collection]
    assume(records)
    record = data.draw(st.sampled_from(records))
    record[data.draw(st.sampled_from([*record, "surprise"]))] = data.draw(JUNK)
    read, problems = outcome(lambda: from_json(json.dumps(document)))
    assert all(problem.where.startswith("hospital.json") for problem in problems)
    assert problems or from_json(to_json(read)) == read


@given(hospitals(), st.data())
def test_junk_in_a_csv_cell_is_either_meant_or_refused(hospital: Hospital, data: st.DataObject) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        write_hospital(hospital, folder)
        path = folder / data.draw(st.sampled_from([table.file for table in tables()]))
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
        row = data.draw(st.sampled_from(rows))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(st.one_of(TEXT, st.text(max_size=8)))
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        path.write_bytes(text.getvalue().encode("utf-8", "replace"))
        read, problems = outcome(lambda: read_hospital(folder))
        assert all(".csv" in problem.where for problem in problems)
        assert problems or from_json(to_json(read)) == read
