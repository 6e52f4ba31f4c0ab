"""How the demo speaks of decisions: initials, bundles, why not elsewhere."""

from io import StringIO

from rich.console import Console

from cli.demo_words import Teller, decision_in_words, initials, need_in_words
from simulations.day_events import Ask
from simulations.demand import Arrival
from solver.hospital import Care, Isolation, Person, Priority, Request
from tests.api_service import NOW

GIVEN = {
    "bed_id": "B12",
    "start": "2026-03-02T22:05:00+08:00",
    "conditional": False,
    "units": [{"unit_id": "patient_monitor-0002"}, {"unit_id": "infusion_pump-0004"}],
    "lots": [{"drug_id": "heparin"}, {"drug_id": "heparin"}],
    "reasons": ["x goes to bed B12.", "Cover on ward W at the start: 3 on duty for 6 patients (1:2)."],
    "compared": [
        {
            "bed_id": "B07",
            "broken": ["room_sex"],
            "sentence": "Not bed B07: Rooms are shared by one sex only.",
        }
    ],
}


def test_a_decision_says_what_is_given_what_covers_it_and_why_not_elsewhere() -> None:
    person = Person("p", isolation=frozenset({Isolation.AIRBORNE}))
    assert "".join(decision_in_words("A.", person, GIVEN, pooled={"infusion_pump-0004"})) == (
        "A. to B12 Mon 22:05: airborne isolation, patient monitor 2 and infusion pump 4 from the pool, "
        "two lots of heparin, night cover 1:2; why not B07: rooms are shared by one sex only"
    )


def test_a_bare_bed_is_told_without_empty_words() -> None:
    bare = {**GIVEN, "units": [], "lots": [], "reasons": [], "compared": [], "conditional": True}
    head, tail = decision_in_words("B.", Person("p"), bare)
    assert head + tail == "B. to B12 Mon 22:05: once its occupant has left"


def test_a_bed_with_nothing_to_say_of_it_is_still_a_sentence() -> None:
    nothing = {**GIVEN, "units": [], "lots": [], "reasons": [], "compared": []}
    assert "".join(decision_in_words("B.", Person("p"), nothing)) == "B. to B12 Mon 22:05"


def test_a_need_says_what_is_in_the_way_from_when_it_fits_and_whom_to_call() -> None:
    need = {
        "blocking": [{"sentence": "The bed is clean.", "beds": 3}],
        "fits_from": "2026-03-03T09:15:00+08:00",
        "call": "housekeeping",
    }
    assert need_in_words(need) == (
        "in the way in 3 beds: the bed is clean; fits from Tue 09:15; call housekeeping."
    )
    assert "nothing within the forecast" in need_in_words({**need, "fits_from": None})


def test_initials_go_on_behind_the_alphabet_and_are_all_different() -> None:
    assert [initials(number) for number in (0, 25, 26, 27, 52)] == ["A.", "Z.", "A.A.", "A.B.", "B.A."]
    assert len({initials(number) for number in range(702)}) == 702


def test_who_takes_whose_place_is_told_and_where_that_one_goes() -> None:
    console = Console(file=StringIO(), width=300, color_system=None)
    teller = Teller(console, "Asia/Shanghai")
    for number, (there, moved) in enumerate((("req_1", "C3"), ("req_2", None))):
        teller.names[there] = f"{'XY'[number]}."
        other = {
            "request_id": there,
            "from_bed_id": "B12",
            "from_start": "2026-03-03T01:00:00+08:00",
            "bed_id": moved,
            "start": "2026-03-03T09:00:00+08:00" if moved else None,
        }
        person = Person(f"p{number}")
        request = Request(f"r{number}", person.id, Priority.EMERGENCY, Care("medicine"), NOW, NOW, 600)
        ask = Ask(NOW + 1440 * number, Arrival(NOW, person, request))
        given = {**GIVEN, "verified": True, "displaced": [other], "units": [], "lots": [], "compared": []}
        teller.heard("ask", ask, {"request_id": f"req_0{number}", "allocation": given})
    first, second = console.file.getvalue().splitlines()
    assert first.endswith(
        "A. to B12 Mon 22:05 (emergency): X., less urgent, had booked B12 from Tue 01:00 and goes to C3 Tue 09:00"
    )
    assert second.endswith("Y., less urgent, had booked B12 from Tue 01:00 and waits")
