"""Competition instances as hospitals, and the recount that reads nothing but the instance."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from simulations.ihtc import Case, from_document, nursing_ratio, origin_on, read, recount
from solver.engine.errors import InvalidInstance
from solver.hospital import Priority, Sex, SexPolicy, StayState, from_minute

ORIGIN = origin_on(date(2025, 2, 20))
DAY = 1440

PERSON = {"age_group": "adult", "workload_produced": [2, 2, 2], "skill_level_required": [0, 0, 0]}
INSTANCE: dict[str, Any] = {
    "days": 7,
    "skill_levels": 2,
    "shift_types": ["early", "late", "night"],
    "age_groups": ["adult"],
    "weights": {},
    "occupants": [{**PERSON, "id": "a0", "gender": "B", "length_of_stay": 2, "room_id": "r0"}],
    "patients": [
        {**PERSON, "id": "p0", "gender": "A", "length_of_stay": 3, "mandatory": True, "surgeon_id": "s0",
         "surgery_release_day": 1, "surgery_due_day": 4, "incompatible_room_ids": ["r1"]},
        {**PERSON, "id": "p1", "gender": "B", "length_of_stay": 2, "mandatory": False, "surgeon_id": "s0",
         "surgery_release_day": 0, "incompatible_room_ids": []},
    ],
    "surgeons": [{"id": "s0", "max_surgery_time": [480] * 7}],
    "operating_theaters": [{"id": "t0", "availability": [480] * 7}],
    "rooms": [{"id": "r0", "capacity": 2}, {"id": "r1", "capacity": 1}],
    "nurses": [
        {"id": "n0", "skill_level": 1,
         "working_shifts": [{"day": 0, "shift": "early", "max_load": 10},
                            {"day": 1, "shift": "night", "max_load": 12}]},
    ],
}  # fmt: skip


def instance() -> dict[str, Any]:
    return copy.deepcopy(INSTANCE)


def case() -> Case:
    return from_document(instance(), ORIGIN)


# --- reader -------------------------------------------------------------------------------------------------


def test_rooms_become_rooms_with_plain_beds_set_by_the_first_who_lies_there() -> None:
    hospital = case().hospital
    assert [(room.id, room.sex_policy) for room in hospital.rooms] == [
        ("r0", SexPolicy.FIRST),
        ("r1", SexPolicy.FIRST),
    ]
    assert [bed.room_id for bed in hospital.beds] == ["r0", "r0", "r1"]
    assert {bed.features for bed in hospital.beds} == {frozenset()}
    assert hospital.cleaning.discharge == hospital.cleaning.terminal == 0


def test_occupants_lie_there_from_the_origin_for_their_days() -> None:
    (stay,) = case().hospital.stays
    assert (stay.person_id, stay.state) == ("a0", StayState.OCCUPYING)
    assert (stay.start, stay.end) == (ORIGIN, ORIGIN + 2 * DAY)
    assert case().hospital.persons[0].sex is Sex.MALE


def test_patients_ask_on_their_release_day_and_wait_until_the_last_day_allowed() -> None:
    optional, mandatory = case().arrivals
    assert (optional.minute, mandatory.minute) == (ORIGIN, ORIGIN + DAY)
    assert (mandatory.request.priority, optional.request.priority) == (Priority.URGENT, Priority.ROUTINE)
    assert mandatory.request.max_wait_minutes == 3 * DAY
    assert optional.request.max_wait_minutes == 6 * DAY
    assert mandatory.request.duration_minutes == 3 * DAY
    assert mandatory.request.excluded_room_ids == frozenset({"r1"})
    assert mandatory.person.sex is Sex.FEMALE
    assert not mandatory.request.care.features


def test_nurses_keep_their_shifts_in_the_order_of_the_day() -> None:
    early, night = case().hospital.shifts
    assert (early.start, early.end) == (ORIGIN, ORIGIN + 480)
    assert (night.start, night.end) == (ORIGIN + DAY + 960, ORIGIN + 2 * DAY)
    assert from_minute(early.start).hour == 7
    assert from_minute(night.start).hour == 23
    assert case().hospital.staff[0].skills == frozenset({"skill-0", "skill-1"})


def test_the_target_ratio_is_the_mean_load_over_the_mean_workload_and_the_floor_is_somebody() -> None:
    """Loads 10 and 12, workload 2: 5.5 patients a nurse, down to the divisor 5."""
    assert nursing_ratio(instance()).target_patients == 5
    assert nursing_ratio(instance()).floor_patients == 120
    light = instance()
    for who in (*light["occupants"], *light["patients"]):
        who["workload_produced"] = [1, 1, 1]
    assert nursing_ratio(light).target_patients == 10


def test_days_count_from_the_origin() -> None:
    assert case().day(ORIGIN - 1) == -1
    assert case().day(ORIGIN + DAY - 1) == 0
    assert case().day(ORIGIN + DAY) == 1
    assert case().end == ORIGIN + 7 * DAY


def test_a_file_is_read_like_its_document(tmp_path: Path) -> None:
    path = tmp_path / "i.json"
    path.write_text(json.dumps(instance()), encoding="utf-8")
    assert read(path, ORIGIN) == case()


def spoil(where: Callable[[dict[str, Any]], None]) -> list[str]:
    document = instance()
    where(document)
    with pytest.raises(InvalidInstance) as caught:
        from_document(document, ORIGIN, "i.json")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("where", "place"),
    [
        (lambda d: d.pop("rooms"), "rooms"),
        (lambda d: d.update(days=0), "days"),
        (lambda d: d.update(shift_types=["early", "late", "late"]), "shift_types"),
        (lambda d: d["rooms"][0].update(capacity=0), "rooms[0], capacity"),
        (lambda d: d["rooms"][0].update(capacity=True), "rooms[0], capacity"),
        (lambda d: d["rooms"][1].update(id="r0"), "id 'r0'"),
        (lambda d: d["occupants"][0].update(room_id="r9"), "occupants[0], room_id"),
        (lambda d: d["occupants"][0].update(gender="C"), "occupants[0], gender"),
        (lambda d: d["patients"][0].pop("surgery_due_day"), "patients[0], surgery_due_day"),
        (lambda d: d["patients"][0].update(surgery_due_day=0), "patients[0], surgery_due_day"),
        (lambda d: d["patients"][1].update(surgery_release_day=7), "patients[1], surgery_release_day"),
        (lambda d: d["patients"][1].update(length_of_stay=0), "patients[1], length_of_stay"),
        (lambda d: d["patients"][1].update(id="a0"), "id 'a0'"),
        (lambda d: d["patients"][1].update(incompatible_room_ids=["r7"]), "incompatible_room_ids"),
        (lambda d: d["nurses"][0]["working_shifts"][1].update(day=7), "working_shifts[1], day"),
        (lambda d: d["nurses"][0]["working_shifts"][1].update(day=0), "working_shifts[1], day"),
        (lambda d: d["nurses"][0]["working_shifts"][1].update(shift="noon"), "working_shifts[1], shift"),
        (lambda d: d["nurses"][0].update(skill_level=12), "nurses[0], skill_level"),
        (lambda d: d["patients"].append("p9"), "patients[2]"),
    ],
)
def test_a_fault_of_the_instance_is_named(where: Callable[[dict[str, Any]], None], place: str) -> None:
    assert any(place in line for line in spoil(where))


def test_more_occupants_than_beds_are_refused() -> None:
    def crowd(document: dict[str, Any]) -> None:
        document["occupants"] += [{**document["occupants"][0], "id": f"x{i}"} for i in range(3)]

    assert len(spoil(crowd)) == 2


def test_faults_are_told_all_at_once() -> None:
    def where(document: dict[str, Any]) -> None:
        document["days"] = "seven"
        document["rooms"][0]["capacity"] = -1
        document["patients"][0]["gender"] = None

    assert len(spoil(where)) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000])
def test_what_is_no_instance_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "i.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInstance, match=r"i\.json"):
        read(path, ORIGIN)
    with pytest.raises(InvalidInstance, match="Check the path"):
        read(tmp_path / "gone.json", ORIGIN)


# --- recount ------------------------------------------------------------------------------------------------


def test_a_good_plan_counts_nothing() -> None:
    found = recount(instance(), [("a0", "r0", 0, 1), ("p0", "r0", 2, 4), ("p1", "r1", 0, 1)])
    assert (found.total, found.details) == (0, ())


def test_genders_that_meet_are_counted_per_day_and_those_that_follow_are_not() -> None:
    assert recount(instance(), [("p0", "r0", 1, 3)]).mixed == 1
    assert recount(instance(), [("p0", "r0", 2, 4)]).mixed == 0


def test_heads_over_capacity_are_counted_occupants_included() -> None:
    document = instance()
    document["rooms"][0]["capacity"] = 1
    assert recount(document, [("p1", "r0", 1, 2)]).over_capacity == 1
    assert recount(document, [("p1", "r0", 2, 3)]).over_capacity == 0


def test_an_incompatible_room_is_counted_once_a_patient() -> None:
    assert recount(instance(), [("p0", "r1", 2, 4)]).incompatible == 1


@pytest.mark.parametrize(("first", "count"), [(0, 1), (1, 0), (4, 0), (5, 1)])
def test_a_mandatory_patient_comes_between_release_and_due_day(first: int, count: int) -> None:
    assert recount(instance(), [("p0", "r0", first, first + 2)]).early_or_late == count


@pytest.mark.parametrize(("last", "count"), [(2, 1), (3, 0), (4, 0)])
def test_a_stay_is_not_cut_short(last: int, count: int) -> None:
    assert recount(instance(), [("p0", "r0", 1, last)]).shortened == count


def test_what_falls_behind_the_horizon_counts_nothing() -> None:
    assert recount(instance(), [("p1", "r1", 6, 6)]).total == 0


def test_an_occupant_moved_a_stranger_and_a_second_row_are_unknown() -> None:
    rows = [
        ("a0", "r1", 0, 1),
        ("p9", "r0", 0, 1),
        ("p1", "r7", 0, 1),
        ("p0", "r0", 2, 4),
        ("p0", "r0", 2, 4),
    ]
    assert recount(instance(), rows).unknown == 4


def test_the_recount_shares_no_code_with_the_reader() -> None:
    import simulations.ihtc_recount as module

    text = Path(module.__file__).read_text(encoding="utf-8")
    assert "from solver" not in text
    assert "from simulations" not in text
