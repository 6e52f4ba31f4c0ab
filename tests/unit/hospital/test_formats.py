"""Import and export: every fault of every file is told at once, with its place and a remedy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from solver.engine.errors import InvalidInstance
from solver.hospital import Hospital, Person
from solver.hospital.formats import Limits, from_json, read_hospital, to_json, write_hospital
from solver.hospital.formats_csv import tables
from solver.hospital.formats_spec import HOSPITAL, Kind
from tests.unit.hospital.test_hospital import hospital

MINIMAL = '{"format": "wardflow-hospital", "version": 1, "sites": [], "wards": [], "rooms": [], "beds": []}'
JSON_TIME = "2025-02-20T08:15:00+08:00"


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_json(hospital()))
    return found


def json_problems(changed: object) -> list[str]:
    with pytest.raises(InvalidInstance) as caught:
        from_json(changed if isinstance(changed, str) else json.dumps(changed))
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_hospital(hospital(), tmp_path / "hospital")
    return tmp_path / "hospital"


def csv_problems(folder: Path, limits: Limits | None = None) -> list[str]:
    with pytest.raises(InvalidInstance) as caught:
        read_hospital(folder, limits)
    return [str(problem) for problem in caught.value.problems]


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- JSON ---------------------------------------------------------------------------------------------------


def test_a_json_file_and_a_folder_hold_the_same_hospital(tmp_path: Path) -> None:
    write_hospital(hospital(), tmp_path / "h.json")
    write_hospital(hospital(), tmp_path / "h")
    assert read_hospital(tmp_path / "h.json") == read_hospital(tmp_path / "h") == hospital()


def test_comments_are_skipped_anywhere() -> None:
    changed = document()
    changed["comment"] = "an example"
    changed["wards"][0]["comment"] = ["two", "lines"]
    assert from_json(json.dumps(changed)) == hospital()


def test_faults_of_many_records_are_told_at_once_with_their_places() -> None:
    changed = document()
    changed["beds"][0]["care_level"] = 7
    changed["beds"][1]["room_id"] = "gone"
    changed["wards"][0]["sofa"] = 1
    changed["stays"][0]["care"]["features"] = ["sea_view"]
    found = json_problems(changed)
    assert len(found) == 4
    for place in ("wards[0], sofa", "beds[0], care_level", "stays[0], care.features", "beds[1], room_id"):
        assert any(f"hospital.json, {place}:" in line for line in found), place


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("2025-02-20T08:15:00", "has no offset"),
        ("2025-02-20", "has no offset"),
        ("2025-02-30T08:15:00Z", "no such day"),
        ("2025-02-20T08:15:30Z", "Correct the time"),
        ("20 February", "Correct the time"),
        (1740010500, "as text"),
        (float("nan"), "as text"),
    ],
)
def test_a_time_without_offset_or_meaning_is_refused(value: object, remedy: str) -> None:
    changed = document()
    changed["lots"][0]["expires"] = value
    (line,) = json_problems(changed)
    assert "hospital.json, lots[0], expires" in line
    assert remedy in line


@pytest.mark.parametrize("value", [JSON_TIME, "2025-02-20t00:15:00z", "2025-02-20T00:15:00.000-00:00"])
def test_all_ways_to_write_an_instant_in_rfc_3339_are_read(value: str) -> None:
    changed = document()
    changed["lots"][0]["expires"] = value
    assert from_json(json.dumps(changed)).lots[0].expires == 29_000_175


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 2.0, True, "2", [], -1, 10**30])
def test_what_is_no_count_is_refused(value: object) -> None:
    changed = document()
    changed["lots"][0]["on_hand"] = value
    assert "lots[0], on_hand" in json_problems(changed)[0]


def test_a_duplicate_names_where_the_id_was_used_first() -> None:
    changed = document()
    changed["beds"].append(changed["beds"][0])
    (line,) = json_problems(changed)
    assert "beds[2], id" in line
    assert "beds[0]" in line


def test_two_in_one_bed_are_told_at_the_later_one() -> None:
    changed = document()
    changed["stays"][1]["bed_id"] = "B"
    (line,) = json_problems(changed)
    assert "stays[1], bed_id" in line


def test_references_to_a_row_with_faults_of_its_own_are_not_told_again() -> None:
    changed = document()
    changed["rooms"][0]["sex_policy"] = "any"
    (line,) = json_problems(changed)
    assert "rooms[0], sex_policy" in line
    assert "mixed, female, male, first" in line


def test_a_record_with_one_fault_is_still_searched_for_others() -> None:
    changed = document()
    changed["beds"][1] |= {"kind": "sofa", "care_level": 9, "opens": 9, "closes": 8, "room_id": "gone"}
    changed["stays"][0] |= {"start": "today", "bed_id": "gone"}
    found = json_problems(changed)
    places = [line.partition(":")[0].removeprefix("hospital.json, ") for line in found]
    assert sorted(places) == [
        "beds[1], care_level",
        "beds[1], kind",
        "beds[1], opens, closes",
        "beds[1], room_id",
        "stays[0], bed_id",
        "stays[0], start",
    ]


def test_nothing_about_a_person_enters_a_message() -> None:
    changed = document()
    changed["persons"] = [{"id": "P", "sex": "Wang Xiaoming", "born": "1961-05-03", "allergies": "nuts"}]
    found = json_problems(changed)
    assert len(found) == 3
    for secret in ("Wang", "1961", "nuts"):
        assert not any(secret in line for line in found)
    assert any("not shown, 13 characters" in line for line in found)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "JSON document"),
        ("[]", "JSON object"),
        ("[" * 100_000, "deeply nested"),
        (MINIMAL.replace("wardflow", "another"), "format"),
        (MINIMAL.replace("1", "2"), "version"),
        (MINIMAL.replace('"beds"', '"comment"'), "beds"),
        (MINIMAL.replace("[]", "{}", 1), "list of objects"),
        (MINIMAL.replace("[]", "[1]", 1), "sites[0]"),
        (MINIMAL.replace('"beds"', '"sofas"'), "unknown key"),
    ],
)
def test_what_is_no_hospital_is_refused(text: str, word: str) -> None:
    assert any(word in line for line in json_problems(text))


def test_a_key_given_twice_is_refused() -> None:
    text = to_json(hospital()).replace('"care_level": 0', '"care_level": 0, "care_level": 1', 1)
    assert any("'care_level'" in line and "once" in line for line in json_problems(text))


def test_a_missing_field_is_told_and_a_missing_default_is_not() -> None:
    changed = document()
    del changed["beds"][0]["room_id"], changed["beds"][0]["max_weight_kg"]
    (line,) = json_problems(changed)
    assert "beds[0], room_id" in line
    changed["beds"][0]["room_id"] = "R"
    assert from_json(json.dumps(changed)) == hospital()


def test_bytes_that_are_no_utf_8_and_huge_files_are_refused() -> None:
    with pytest.raises(InvalidInstance, match="UTF-8"):
        from_json(b"\xff\xfe")
    with pytest.raises(InvalidInstance, match="at most 10"):
        from_json("x" * 11, limits=Limits(file_bytes=10))
    with pytest.raises(InvalidInstance, match=r"beds.*at most 1"):
        from_json(to_json(hospital()), limits=Limits(rows=1))


def test_beyond_the_limit_problems_are_counted_not_listed() -> None:
    changed = document()
    changed["beds"] = [{"id": f"b{i}", "room_id": "gone"} for i in range(50)]
    changed["stays"] = []
    with pytest.raises(InvalidInstance) as caught:
        from_json(json.dumps(changed), limits=Limits(problems=10))
    assert len(caught.value.problems) == 11
    assert "40 further problems" in str(caught.value.problems[-1])


# --- CSV ----------------------------------------------------------------------------------------------------


def test_every_field_of_the_vocabulary_has_a_column() -> None:
    names = {table.name for table in tables()}
    assert {item.name for item in HOSPITAL.fields} <= names
    assert {
        "ward_ratios",
        "ward_blocks",
        "room_blocks",
        "bed_blocks",
        "person_infections",
        "shift_breaks",
    } <= names
    for item in HOSPITAL.fields:
        assert item.kind in (Kind.RECORD, Kind.RECORDS)
    for table in tables():
        assert len(set(table.header)) == len(table.header), "two fields share a column name"


def test_faults_of_all_files_are_told_at_once_with_row_and_column(folder: Path) -> None:
    edit(folder, "beds.csv", "B,R,bed", "B,R,sofa")
    edit(folder, "wards.csv", "W,S,Ward", "W,Nowhere,Ward")
    edit(folder, "lots.csv", "l,h,5,", "l,h,nan,")
    edit(folder, "units.csv", "u,pump", "u,pumb")
    found = csv_problems(folder)
    assert len(found) == 4
    for place in (
        "wards.csv, row 2, column site_id",
        "beds.csv, row 2, column kind",
        "units.csv, row 2, column type_id",
        "lots.csv, row 2, column on_hand",
    ):
        assert any(line.startswith(place) for line in found), place


def test_a_missing_an_unknown_and_a_double_column_are_named(folder: Path) -> None:
    edit(folder, "beds.csv", "id,room_id,kind", "id,room,id")
    found = csv_problems(folder)
    assert any("column room_id" in line and "may be empty" in line for line in found)
    assert any("column kind" in line for line in found)
    assert any("column room:" in line and "unknown column" in line for line in found)
    assert any("column id:" in line and "once" in line for line in found)


def test_columns_may_stand_in_any_order_with_a_comment(folder: Path) -> None:
    (folder / "rooms.csv").write_text(
        "comment,features,name,ward_id,id,air_changes_per_hour,sex_policy\nthe bay,,Room,W,R,,\n",
        encoding="utf-8-sig",
    )
    assert read_hospital(folder) == hospital()


def test_semicolons_between_columns_are_recognised(folder: Path) -> None:
    edit(
        folder,
        "rooms.csv",
        "id,ward_id,name,sex_policy,features,air",
        "id;ward_id;name;sex_policy;features;air",
    )
    (folder / "rooms.csv").write_text("id;ward_id;name\nR;W;Room\n", encoding="utf-8")
    assert "rooms.csv, row 1" in csv_problems(folder)[0]
    assert any("with commas" in line for line in csv_problems(folder))


def test_a_row_with_too_few_cells_and_blank_lines(folder: Path) -> None:
    with (folder / "persons.csv").open("a", encoding="utf-8") as file:
        file.write("\n,,\n\nQ,male\n")
    (line,) = [line for line in csv_problems(folder) if "Q" not in line]
    assert "persons.csv, row 6: got '2 cells'" in line


def test_a_nested_row_needs_its_owner(folder: Path) -> None:
    with (folder / "shift_breaks.csv").open("a", encoding="utf-8") as file:
        file.write(f"nobody,{JSON_TIME},{JSON_TIME}\n")
    assert "shift_breaks.csv, row 2, column shift_id" in csv_problems(folder)[0]


def test_a_break_outside_its_shift_is_told_in_its_own_file(folder: Path) -> None:
    with (folder / "shift_breaks.csv").open("a", encoding="utf-8") as file:
        file.write(f"t,2025-02-20T07:59:00+08:00,{JSON_TIME}\n")
    assert csv_problems(folder)[0].startswith("shift_breaks.csv, row 2, column breaks")


def test_a_backslash_keeps_a_semicolon_in_a_list(folder: Path) -> None:
    edit(folder, "wards.csv", "Ward,,", r"Ward,a\;b;c\\,")
    assert read_hospital(folder).wards[0].specialities == frozenset({"a;b", "c\\"})


@pytest.mark.parametrize("cell", ["a;a", "a;;b", ";"])
def test_a_list_with_an_item_twice_or_empty_is_refused(folder: Path, cell: str) -> None:
    edit(folder, "wards.csv", "Ward,,", f"Ward,{cell},")
    assert "wards.csv, row 2, column specialities" in csv_problems(folder)[0]


def test_a_file_that_is_missing_not_listed_or_unknown_is_named(folder: Path) -> None:
    (folder / "units.csv").unlink()
    (folder / "extra.csv").write_text("a\n", encoding="utf-8")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"] += ["sofas.csv"]
    manifest["files"].remove("sites.csv")
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = csv_problems(folder)
    assert any(line.startswith("units.csv") for line in found)
    assert any(line.startswith("extra.csv") and "manifest" in line for line in found)
    assert any("'sofas.csv'" in line for line in found)
    assert any("sites.csv among them" in line for line in found)


def test_an_optional_table_may_be_left_out(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    for name in ("shift_breaks.csv", "ward_ratios.csv"):
        (folder / name).unlink()
        manifest["files"].remove(name)
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert read_hospital(folder) == hospital()


def test_a_folder_without_manifest_and_a_path_to_nothing_are_refused(tmp_path: Path) -> None:
    assert "manifest.json" in csv_problems(tmp_path)[0]
    assert "Check the path" in csv_problems(tmp_path / "gone.json")[0]


def test_limits_hold_for_each_file(folder: Path) -> None:
    assert any("at most 1" in line and "beds.csv" in line for line in csv_problems(folder, Limits(rows=1)))
    assert all("bytes" in line for line in csv_problems(folder, Limits(file_bytes=10)))


def test_a_broken_quote_names_the_line(folder: Path) -> None:
    with (folder / "sites.csv").open("a", encoding="utf-8") as file:
        file.write('"open\n')
    assert "sites.csv, line" in csv_problems(folder)[0]


def test_a_second_row_of_cleaning_times_is_refused(folder: Path) -> None:
    with (folder / "cleaning.csv").open("a", encoding="utf-8") as file:
        file.write("20,45,90,120,999\n")
    assert "cleaning.csv, row 3" in csv_problems(folder)[0]


def test_times_are_written_in_the_sites_zone(tmp_path: Path) -> None:
    changed = document()
    changed["sites"][0]["time_zone"] = "Asia/Shanghai"
    text = to_json(from_json(json.dumps(changed)))
    assert '"expires": "2025-02-20T08:00:00+08:00"' in text


def test_an_empty_hospital_is_a_hospital() -> None:
    assert from_json(MINIMAL) == Hospital((), (), (), ())
    empty = Hospital((), (), (), (), persons=(Person("P"),))
    assert from_json(to_json(empty)) == empty
