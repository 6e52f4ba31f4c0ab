"""A scenario made from a hospital: it runs from today's census, and nobody in it can be named."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from simulations.hospital import generate
from simulations.placing.anonymous import without_identities
from simulations.placing.compiled import Compiled
from simulations.placing.outcome import Outcome
from simulations.placing.run import simulate
from simulations.scenarios.build import load
from simulations.scenarios.build_placed import Placed
from simulations.scenarios.from_snapshot import Past, write_snapshot
from solver.engine.errors import InvalidInstance
from solver.hospital import Block, Hospital, Infection, StayState
from solver.hospital.timegrid import MINUTES_PER_DAY, MINUTES_PER_YEAR

NOW = 29_540_160 + 37
CANARY = "zq-canary"


@pytest.fixture(scope="module")
def hospital() -> Hospital:
    return generate("ward", 1, NOW)


def planted(hospital: Hospital) -> Hospital:
    """The hospital with a canary in every id and text about people."""
    ids = {
        record.id: f"{CANARY}-{record.id}"
        for records in (hospital.persons, hospital.stays, hospital.staff, hospital.shifts)
        for record in records
    }
    about = (Block(NOW, None, f"{CANARY} reason"),)
    return replace(
        hospital,
        sites=tuple(replace(site, name=f"{CANARY} hospital") for site in hospital.sites),
        wards=tuple(replace(ward, name=f"{CANARY} ward", blocks=about) for ward in hospital.wards),
        rooms=tuple(replace(room, name=f"{CANARY} room", blocks=about) for room in hospital.rooms),
        beds=tuple(replace(bed, blocks=about) for bed in hospital.beds),
        unit_bookings=tuple(
            replace(booking, id=f"{CANARY}{booking.id}", allocation_id=f"{CANARY}-a")
            for booking in hospital.unit_bookings
        ),
        persons=tuple(
            replace(
                person,
                id=ids[person.id],
                infections=(Infection(f"{CANARY}-organism"),),
                exposed_to=frozenset({f"{CANARY}-exposure"}),
                allergies=frozenset({f"{CANARY}-allergy"}),
                keep_apart=frozenset(ids[other] for other in person.keep_apart),
            )
            for person in hospital.persons
        ),
        stays=tuple(
            replace(
                stay,
                id=ids[stay.id],
                person_id=ids[stay.person_id],
                request_id=f"{CANARY}-r",
                allocation_id=f"{CANARY}-a",
                with_stay_id=None if stay.with_stay_id is None else ids[stay.with_stay_id],
            )
            for stay in hospital.stays
        ),
        staff=tuple(replace(member, id=ids[member.id]) for member in hospital.staff),
        shifts=tuple(
            replace(shift, id=ids[shift.id], staff_id=ids[shift.staff_id]) for shift in hospital.shifts
        ),
    )


def written(hospital: Hospital, folder: Path, past: Past | None = None) -> tuple[Placed, str]:
    path = folder / "today.yaml"
    beside = write_snapshot(hospital, NOW, past or Past(NOW, {}), path)
    placed = load(path)
    assert isinstance(placed, Placed)
    return placed, path.read_text() + beside.read_text()


def test_no_identity_is_in_the_files(hospital: Hospital, tmp_path: Path) -> None:
    marked = planted(hospital).checked()
    assert CANARY in str(marked)
    _, text = written(marked, tmp_path)
    assert CANARY not in text


def test_no_birth_is_told_to_the_minute_and_ages_keep_their_band(hospital: Hospital) -> None:
    veiled = without_identities(hospital, NOW)
    for before, after in zip(hospital.persons, veiled.persons, strict=True):
        assert before.born is not None
        assert after.born is not None
        age = (NOW - before.born) // MINUTES_PER_YEAR
        told = (NOW - after.born) // MINUTES_PER_YEAR
        assert told == age if age < 20 else told // 10 == min(age, 90) // 10
        assert (NOW - after.born) % (MINUTES_PER_YEAR // 2) == 0
    assert len({person.weight_kg for person in veiled.persons}) < len(
        {person.weight_kg for person in hospital.persons}
    )


def test_what_placing_reads_of_places_and_people_stays_as_it_is(hospital: Hospital) -> None:
    veiled = without_identities(hospital, NOW).checked()
    assert [bed.id for bed in veiled.beds] == [bed.id for bed in hospital.beds]
    for before, after in zip(hospital.stays, veiled.stays, strict=True):
        assert (before.bed_id, before.start, before.end, before.care) == (
            after.bed_id,
            after.start,
            after.end,
            after.care,
        )
    for before, after in zip(hospital.persons, veiled.persons, strict=True):
        assert (before.sex, before.isolation, before.one_to_one) == (
            after.sex,
            after.isolation,
            after.one_to_one,
        )
        assert len(before.infections) == len(after.infections)


def test_a_run_of_the_snapshot_begins_with_todays_census(hospital: Hospital, tmp_path: Path) -> None:
    placed, _ = written(hospital, tmp_path)
    assert placed.model.start == NOW - 37
    compiled = Compiled(placed.model)
    lying = {stay.bed_id for stay in hospital.stays if stay.state is not StayState.BOOKED}
    begun = {each.stay.bed_id for each in compiled.census}
    begun |= {each.companion_bed for each in compiled.census if each.companion_bed is not None}
    assert begun == lying
    outcome: Outcome = simulate(compiled, seed=1, minutes=MINUTES_PER_DAY)
    assert outcome.lying == len(compiled.census)
    assert (outcome.came[: outcome.lying] < NOW).all()


def test_who_was_booked_and_has_not_come_is_told_to_be_left_out(hospital: Hospital, tmp_path: Path) -> None:
    """The run begins with the hour: a booking for that hour or an earlier one is nobody's who comes in it."""
    first, *others = [stay for stay in hospital.stays if stay.state is StayState.BOOKED]
    taken = {stay.bed_id for stay in hospital.stays}
    empty = next(bed.id for bed in hospital.beds if bed.id not in taken)
    late = replace(first, start=NOW - 90, bed_id=empty)
    stays = tuple(late if stay is first else stay for stay in hospital.stays)
    placed, text = written(replace(hospital, stays=stays), tmp_path)
    begin = placed.model.start
    coming = sum(stay.start > begin for stay in others)
    told = " ".join(text.split("name:")[0].replace("#", " ").split())
    assert f"{coming} stays booked" in told
    assert f"Left out: {len(others) + 1 - coming} stays that had been booked" in told
    assert ":37, identities left out" in told
    assert len(Compiled(placed.model).booked) == coming


def test_demand_is_counted_where_weeks_are_stored_and_assumed_elsewhere(
    hospital: Hospital, tmp_path: Path
) -> None:
    placed, text = written(hospital, tmp_path)
    assert "assumed, not counted" in text
    assert not placed.model.per_day
    ward = hospital.wards[0].id
    for path in tmp_path.iterdir():
        path.unlink()
    counted, text = written(hospital, tmp_path, Past(NOW - 14 * MINUTES_PER_DAY, {ward: 70}))
    assert re.search(r"counted: 70 patients .* in the 14.0 days before", text)
    assert counted.model.per_day == {ward: 5.0}
    outcome = simulate(counted.model, seed=1, minutes=40 * MINUTES_PER_DAY)
    asked = (outcome.asked > counted.model.start).sum()
    assert 150 < asked < 250


def test_a_hospital_without_nurses_is_refused_and_nothing_is_left(hospital: Hospital, tmp_path: Path) -> None:
    with pytest.raises(InvalidInstance, match="nurses rostered"):
        written(replace(hospital, shifts=()), tmp_path)
    assert not list(tmp_path.iterdir())
