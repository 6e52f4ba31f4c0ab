"""What the journal alone proves: each fault is planted once, and nothing is found where there is none."""

from simulations.load.judge import faults


def line(kind, patient="a", request="r1", at=0.0, took=0.1, hospital=0, **more):
    """A write that was sent at ``at`` and answered ``took`` later."""
    states = {"ask": "placed", "arrive": "arrived", "leave": "left", "release": "released"}
    return {
        "kind": kind,
        "patient": patient,
        "request": request,
        "status": 200,
        "state": states[kind],
        "sent": at,
        "answered": at + took,
        "hospital": hospital or round(at * 100) + 1,
        "bed": "B1",
        "units": [],
        **more,
    }


def stay(patient, request, begin, end, **more):
    return [
        line("ask", patient, request, begin - 0.5, **more),
        line("arrive", patient, request, begin, **more),
        line("leave", patient, request, end, **more),
    ]


def of(*lines):
    return faults(sorted(lines, key=lambda each: each["answered"]))


def test_two_who_follow_each_other_in_a_bed_are_no_fault():
    assert of(*stay("a", "r1", 1, 2), *stay("b", "r2", 2.11, 3)) == []


def test_two_who_were_in_a_bed_at_once_are_found():
    found = of(*stay("a", "r1", 1, 3), *stay("b", "r2", 2, 4))
    assert found == ["given twice: B1 was held by two patients (a and b) at once"]


def test_a_stay_inside_another_is_found_and_so_is_one_that_never_ends():
    assert of(*stay("a", "r1", 1, 9), *stay("b", "r2", 3, 4)) != []
    assert of(*stay("a", "r1", 1, 9)[:2], *stay("b", "r2", 3, 4)) != []


def test_a_unit_in_two_beds_at_once_is_found():
    found = of(*stay("a", "r1", 1, 3, units=["P1"]), *stay("b", "r2", 2, 4, bed="B2", units=["P1"]))
    assert found == ["given twice: P1 was held by two patients (a and b) at once"]


def test_who_moves_gives_the_former_bed_back():
    moved = [*stay("a", "r1", 1, 9)[:2], line("arrive", "a", "r3", 2, bed="B2")]
    assert of(*moved, *stay("b", "r2", 2.5, 4)) == []
    assert of(*moved, *stay("b", "r2", 2.5, 4, bed="B2")) != []


def test_what_is_not_certain_is_no_fault():
    unknown = {"kind": "leave", "patient": "a", "status": 0, "answered": 2.0}
    assert of(*stay("a", "r1", 1, 9)[:2], unknown, *stay("b", "r2", 3, 4)) == []


def test_a_request_that_two_commands_made_is_found():
    assert of(line("ask", "a", "r1", 1), line("ask", "b", "r1", 2)) == [
        "doubled: r1 was the answer to 2 commands"
    ]


def test_a_request_that_ended_twice_is_found():
    assert of(*stay("a", "r1", 1, 2), line("release", "a", "r1", 3)) == ["doubled: r1 was ended 2 times"]


def test_what_was_asked_later_and_done_before_what_was_told_is_found():
    sound = [line("ask", "a", "r1", 1, hospital=5), line("ask", "b", "r2", 2, hospital=6)]
    assert of(*sound) == []
    turned = [line("ask", "a", "r1", 1, hospital=5), line("ask", "b", "r2", 2, hospital=5)]
    assert of(*turned) == ["out of order: r2 was asked after revision 5 was told, and done before it"]


def test_what_was_under_way_at_once_may_be_done_in_any_order():
    assert of(line("ask", "a", "r1", 1, took=2, hospital=5), line("ask", "b", "r2", 1.5, hospital=4)) == []
