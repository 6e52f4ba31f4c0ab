"""Bodies: strict types, times with offset, no unknown fields, everything wrong listed with its place."""

import json

import pytest

from api.errors import InvalidInput, MalformedJson
from api.schemas.disruptions import DisruptionIn
from api.schemas.requests import BatchIn, RequestIn
from api.wire import JsonBody

GOOD = {
    "person": {"sex": "female"},
    "priority": "urgent",
    "care": {"speciality": "medicine"},
    "duration_minutes": 60,
}


def parse(model, body):
    return JsonBody(model).parse(body if isinstance(body, bytes) else json.dumps(body).encode())


def places(model, body):
    with pytest.raises(InvalidInput) as refused:
        parse(model, body)
    return {place.where: place.expected for place in refused.value.places}


def test_a_plain_request_is_taken_with_its_defaults():
    request = parse(RequestIn, GOOD)
    assert request.max_wait_minutes == 240
    assert request.needed_by is None


@pytest.mark.parametrize(
    ("text", "minute"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T08:00:00+08:00", 0),
        ("1970-01-01T00:01:59.999Z", 1),  # seconds are cut off
        ("2026-03-02t00:00:00z", 29_540_160),  # RFC 3339 allows lower case
    ],
)
def test_a_time_with_offset_is_whole_minutes(text, minute):
    assert parse(RequestIn, GOOD | {"needed_by": text}).needed_by == minute


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T00:00:00",  # naive
        "2026-03-02",
        "2026-03-02 00:00:00Z",
        "2026-02-30T00:00:00Z",  # no such day
        "2026-03-02T25:00:00Z",
        "1969-12-31T23:59:00Z",
        "9999-12-31T00:00:00Z",
        1_700_000_000,
        "now",
    ],
)
def test_any_other_time_is_refused_with_its_place(text):
    assert "#/needed_by" in places(RequestIn, GOOD | {"needed_by": text})


def test_every_place_that_is_wrong_is_listed():
    body = GOOD | {
        "duration_minutes": -5,
        "care": {"speciality": "medicine", "features": ["oxygen", "jacuzzi"]},
        "drugs": [{"drug_id": "heparin", "quantity": 10**12}],
    }
    found = places(RequestIn, body)
    assert set(found) == {"#/duration_minutes", "#/care/features/1", "#/drugs/0/quantity"}
    assert found["#/duration_minutes"] == "at least 1"


def test_an_unknown_field_is_answered_with_the_known_ones_and_not_repeated():
    found = places(RequestIn, GOOD | {"care": {"speciality": "medicine", "Jane Doe": 1}})
    assert set(found) == {"#/care"}
    assert "care_level" in found["#/care"]
    assert "Jane" not in str(found)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "60.5", '"60"', "true"])
def test_only_whole_numbers_are_whole_numbers(number):
    raw = json.dumps(GOOD).replace('"duration_minutes": 60', f'"duration_minutes": {number}').encode()
    with pytest.raises((InvalidInput, MalformedJson)):
        parse(RequestIn, raw)


@pytest.mark.parametrize("raw", [b"", b"{", b"[1,", b'{"a": 1} x', b"\xff\xfe", b"nul"])
def test_what_is_no_json_is_malformed(raw):
    with pytest.raises(MalformedJson):
        parse(RequestIn, raw)


def test_deeply_nested_json_is_refused_and_not_followed():
    with pytest.raises(InvalidInput):
        parse(RequestIn, b"[" * 100_000 + b"]" * 100_000)


def test_neither_person_nor_both_is_a_person():
    assert places(RequestIn, GOOD | {"person_id": "p"})
    assert places(RequestIn, {k: v for k, v in GOOD.items() if k != "person"})


def test_a_use_of_equipment_must_lie_inside_the_stay():
    need = {"type_id": "pump", "offset_minutes": 50, "duration_minutes": 11}
    assert places(RequestIn, GOOD | {"equipment": [need]})
    parse(RequestIn, GOOD | {"equipment": [need | {"duration_minutes": 10}]})


def test_lists_have_a_longest_length():
    assert "#/requests" in places(BatchIn, {"requests": [GOOD] * 501})
    needs = [{"type_id": f"t{n}"} for n in range(51)]
    assert "#/equipment" in places(RequestIn, GOOD | {"equipment": needs})


def test_an_event_is_told_apart_by_its_kind_and_places_skip_the_tag():
    event = {"kind": "bed_closed", "bed_id": "B1", "reason": ""}
    assert set(places(DisruptionIn, {"event": event})) == {"#/event/reason"}
    found = places(DisruptionIn, {"event": {"kind": "earthquake"}})
    assert "bed_closed" in found["#/event"]


def test_a_closure_that_ends_before_it_begins_is_refused():
    event = {"kind": "ward_closed", "ward_id": "W", "reason": "outbreak"}
    late = event | {"at": "2026-03-02T10:00:00Z", "until": "2026-03-02T09:00:00Z"}
    assert places(DisruptionIn, {"event": late})
