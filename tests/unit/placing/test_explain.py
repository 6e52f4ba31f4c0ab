"""Decisions in words: what was given and why, why not another bed, what happens meanwhile."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import NamedTuple

import pytest

from solver.engine.errors import InvalidInstance
from solver.engine.rule import Profile
from solver.hospital import (
    Bed,
    BedKind,
    Block,
    Care,
    Companion,
    DrugNeed,
    EquipmentNeed,
    Feature,
    Isolation,
    LotUse,
    Origin,
    Priority,
    Room,
    Sex,
    Site,
    Stay,
    UnitUse,
)
from solver.placing import phrases
from solver.placing.explain import explain, why_not_bed, why_not_that_bed
from solver.placing.fallback import fallback
from solver.placing.language import FEATURES, Language, Text
from solver.placing.problem import Decision, NearMiss, Price, Standing, WhyNot
from solver.placing.records import Records
from solver.placing.referee import Decided, broken, check, cost
from solver.placing.rules import DEFAULT_PROFILE, RULES
from solver.placing.telling import said
from tests.builders import DAY, HOUR, NOW, applied, given, occupant, person, records_of, request, stay


class Told(NamedTuple):
    """An explanation in words."""

    outcome: str
    reasons: tuple[str, ...]
    costs: tuple[str, ...]
    fallback: tuple[str, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        return (self.outcome, *self.reasons, *self.costs, *self.fallback)


CLOSED = (Block(NOW - HOUR, None, "outbreak"),)


def decided(asked, allocation, records: Records, **changes) -> Decision:
    """A decision as the live hospital makes it: priced and verified by the referee."""
    counts = check(Decided(asked, allocation), records)
    prices = tuple(
        Price(rule_id, amount, amount * DEFAULT_PROFILE.weight(RULES[rule_id]))
        for rule_id, amount in counts.items()
    )
    verified = not broken(counts, DEFAULT_PROFILE, changes.get("waived", frozenset()))
    made = Decision(asked, allocation, cost(counts, DEFAULT_PROFILE), prices, verified=verified)
    return replace(made, **changes)


def tell(decision: Decision, records: Records, language: Language = Language.ENGLISH) -> Told:
    """A decision in words."""
    found = explain(decision, records)
    parts = (found.reasons, found.costs, found.fallback)
    return Told(said(found.outcome, language), *(tuple(said(s, language) for s in part) for part in parts))


def a_bundle() -> tuple[Decision, Records]:
    """Bed B1 with oxygen, pump P2 from another ward, five heparin; two nurses, one patient there already."""
    records = records_of(
        Bed("B1", "R", features=frozenset({Feature.OXYGEN, Feature.MONITOR})),
        Room("R", "W", "Bay R", features=frozenset({Feature.NEGATIVE_PRESSURE})),
        person("p-new", isolation=frozenset({Isolation.AIRBORNE})),
        occupant("s1", "C1"),
        *(occupant(f"s{n}", f"B{n}") for n in (2, 3, 4)),
    )
    asked = request(
        care=Care("medicine", features=frozenset({Feature.OXYGEN})),
        equipment=(EquipmentNeed("pump"),),
        drugs=(DrugNeed("heparin", 5),),
    )
    allocation = given(
        asked,
        start=30,
        units=(UnitUse("pump", "P2", NOW + 30, NOW + 30 + DAY),),
        lots=(LotUse("heparin", "L1", 5),),
    )
    return decided(asked, allocation, records), records


def test_a_placed_request_is_told_its_bed_features_units_lots_and_cover():
    decision, records = a_bundle()
    told = tell(decision, records)
    assert (
        told.outcome == "p-new goes to bed B1 on ward W, from 2025-02-20 12:30 until about 2025-02-21 12:30."
    )
    text = "\n".join(told.reasons)
    assert "oxygen, negative pressure" in text
    assert "Unit P2 (pump), kept on ward V" in text
    assert "5 of heparin from lot L1" in text
    assert "2 on duty for 4 patients (1:2)" in text


def test_the_cover_told_is_the_same_before_and_after_the_decision_is_applied():
    decision, records = a_bundle()
    after = applied(decision.request, decision.allocation, records)
    assert tell(decision, after).reasons == tell(decision, records).reasons


def test_the_monitor_nobody_asked_for_is_not_told_as_met_but_as_a_price():
    decision, records = a_bundle()
    told = tell(decision, records)
    assert "monitor" not in "".join(told.reasons)
    assert any(RULES["scarce_feature"].english in line and "3000" in line for line in told.costs)
    assert any(RULES["unit_distance"].english in line and "7 x minute" in line for line in told.costs)


def test_what_costs_nothing_is_not_told():
    asked = request()
    records = records_of()
    assert tell(decided(asked, given(asked), records), records).costs == ()


def test_a_gain_is_told_as_a_gain():
    decision = decided(request(), given(request()), records_of(), prices=(Price("speciality", -1, -60_000),))
    (line,) = tell(decision, records_of()).costs
    assert "gain of 60000" in line


def test_times_are_told_on_the_sites_own_clock():
    asked = request()
    records = records_of(Site("site", "Site", "Asia/Shanghai"))
    assert "from 2025-02-20 20:00" in tell(decided(asked, given(asked), records), records).outcome


def test_conditions_overrides_and_a_failed_recount_are_said():
    asked = request()
    records = records_of(Bed("B1", "R", staffed=False))
    allocation = given(asked, conditional=True)
    waived = decided(asked, allocation, records, waived=frozenset({"bed_staffed"}))
    text = "\n".join(tell(waived, records).reasons)
    assert phrases.CONDITIONAL.english in text
    kept_not = f"{RULES['bed_staffed'].english} Not kept here (1 x stay): overridden by a named person."
    assert kept_not in text
    spare = decided(asked, allocation, records, waived=frozenset({"room_sex"}))
    needless = f"Overridden by a named person: {RULES['room_sex'].english}"
    assert needless in tell(spare, records).reasons, "kept all the same"
    assert phrases.UNVERIFIED.english not in text
    assert phrases.UNVERIFIED.english in tell(decided(asked, allocation, records), records).reasons


def test_a_companions_place_is_told():
    asked = request(companion=Companion.CARER_BED)
    records = records_of(Bed("H", "R", BedKind.CHAIR))
    told = tell(decided(asked, given(asked, companion_bed_id="H"), records), records)
    assert "Who accompanies has H in the same room." in told.reasons


# --- unplaced -----------------------------------------------------------------------------------------------
WHY_NOT = WhyNot(
    standing=(Standing("bed_free", 5, 3), Standing("room_sex", 2, 1)),
    near_misses=(NearMiss("B1", ("room_sex",), True), NearMiss("B2", ("bed_free",), False)),
    fits_from=NOW + 3 * HOUR,
)


def test_a_need_without_a_place_is_told_what_stands_near_misses_from_when_and_whom_to_call():
    records = records_of()
    decision = decided(request(), None, records, why_not=WHY_NOT)
    told = tell(decision, records)
    assert told.outcome == "Request q-p-new: no place fits p-new in time."
    assert (
        f"{RULES['bed_free'].english} This stands against 5 beds; 3 of them fail by it alone." in told.reasons
    )
    assert any(line.startswith("Bed B1 fails only by what") for line in told.reasons)
    assert any(line.startswith("Bed B2 nearly fits, but no one may") for line in told.reasons)
    assert "As things stand it fits from 2025-02-20 15:00." in told.reasons
    assert phrases.STORED.english in told.reasons
    assert told.fallback[0] == "Stays in the emergency department."
    assert "the consultant of the emergency department" in told.fallback[1]
    assert told.fallback[-1] == "Call the bed manager."


def test_a_need_that_never_fits_is_told_how_far_was_looked():
    records = records_of()
    told = tell(decided(request(), None, records, why_not=replace(WHY_NOT, fits_from=None)), records)
    assert "As things stand it does not fit within 72 hours." in told.reasons


@pytest.mark.parametrize(("origin", "priority"), list(itertools.product(Origin, Priority)))
def test_every_origin_and_priority_has_a_place_to_wait_steps_and_someone_to_call(origin, priority):
    found = fallback(request(origin=origin, priority=priority))
    assert found.steps
    assert found.call
    assert found.responsible.role


@pytest.mark.parametrize("priority", [Priority.EMERGENCY, Priority.URGENT])
def test_urgent_needs_escalate_to_surge_beds_staff_on_call_another_site_and_a_consultant(priority):
    """CLINICAL.md safeguard 1: surge or extra bed, on-call, other site; and whom to call."""
    found = fallback(request(priority=priority))
    steps = " ".join(step.text.english for step in found.steps)
    for words in ("surge or extra bed", "on call", "another site"):
        assert words in steps
    assert "on_call_consultant" in {contact.role for contact in found.call}


# --- why not that bed ---------------------------------------------------------------------------------------
def test_why_not_names_every_hard_rule_another_bed_breaks():
    records = records_of(
        Bed("B2", "R", blocks=CLOSED),
        person("p-s1", sex=Sex.MALE),
        occupant("s1", "B3"),
        occupant("s2", "B2"),
    )
    assert why_not_bed(request(), "B2", NOW, records) == ("bed_free", "bed_open", "room_sex")
    assert why_not_bed(request(), "C1", NOW, records) == ()


def test_why_not_leaves_out_rules_the_hospital_switched_off():
    profile = Profile("mixed", switched_off=frozenset({"room_sex"}))
    records = records_of(person("p-s1", sex=Sex.MALE), occupant("s1", "B3"), profile=profile)
    assert why_not_bed(request(), "B2", NOW, records) == ()


def test_why_not_says_nothing_of_units_and_lots_which_are_another_choice():
    asked = request(equipment=(EquipmentNeed("pump", 9),), drugs=(DrugNeed("heparin", 99),))
    assert why_not_bed(asked, "B2", NOW, records_of()) == ()


def test_why_not_counts_a_placed_request_as_moved_and_not_as_a_second_stay():
    """One nurse has two critical patients; the third bed is no third patient."""
    asked = request(care=Care("medicine", 3))
    beds = [Bed(bed_id, "R", care_level=3) for bed_id in ("B1", "B2", "B3")]
    records = records_of(*beds, *[replace(occupant(f"s{n}", f"B{n + 3}")) for n in (0, 1)])
    after = applied(asked, given(asked), records)
    assert why_not_bed(asked, "B2", NOW, after) == why_not_bed(asked, "B2", NOW, records) == ()


def test_why_not_looks_for_a_place_for_who_accompanies():
    asked = request(companion=Companion.COT)
    assert why_not_bed(asked, "B1", NOW, records_of()) == ("companion_place",)
    free = records_of(Bed("K1", "R", BedKind.COT), Bed("K2", "R", BedKind.COT), stay("s1", "K1"))
    assert why_not_bed(asked, "B1", NOW, free) == ()


def test_why_not_an_unknown_bed_names_it():
    with pytest.raises(InvalidInstance, match="'B99'"):
        why_not_bed(request(), "B99", NOW, records_of())


def test_why_not_in_words_names_the_rules_or_what_the_bed_costs_more():
    asked = request()
    records = records_of(Bed("B2", "R", staffed=False), Bed("B3", "R", care_level=3))
    decision = decided(asked, given(asked), records)

    def in_words(decided_so: Decision, bed_id: str) -> str:
        return said(why_not_that_bed(decided_so, bed_id, records), Language.ENGLISH)

    assert in_words(decision, "B2") == f"Not bed B2: {RULES['bed_staffed'].english}"
    assert "costs 150000 more" in in_words(decision, "B3")
    assert RULES["scarce_care_level"].english in in_words(decision, "B3")
    assert "as good" in in_words(decision, "B4")
    assert "equipment or drugs" in in_words(decided(asked, None, records), "B1")


# --- languages ----------------------------------------------------------------------------------------------
def test_every_phrase_has_the_same_places_in_both_languages():
    texts = [text for text in vars(phrases).values() if isinstance(text, Text)]
    assert len(texts) > 15
    for text in texts:
        assert _places(text.english) == _places(text.chinese) | _places(text.english) & {"unit"}


def _places(words: str) -> set[str]:
    return {part.split("}")[0] for part in words.split("{")[1:]}


def test_every_feature_has_a_name_in_both_languages():
    assert set(FEATURES) == set(Feature)


@pytest.mark.parametrize("why_not", [None, WHY_NOT])
def test_explanations_in_chinese_say_the_same_things_in_chinese(why_not):
    decision, records = a_bundle()
    if why_not is not None:
        decision = decided(request(), None, records, why_not=why_not)
    english, chinese = tell(decision, records), tell(decision, records, Language.CHINESE)
    assert len(english.sentences) == len(chinese.sentences)
    for line in chinese.sentences:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in line)
        assert "{" not in line


def test_explanations_hold_no_sex_age_or_weight_of_a_person():
    decision, records = a_bundle()
    text = " ".join(tell(decision, records).sentences)
    for word in ("female", "male", "airborne", "75", str(records.persons["p-new"].born)):
        assert word not in text


def test_a_stay_of_the_request_is_found_by_its_request_and_not_by_its_person():
    """Someone's other stay is not moved by asking about another bed."""
    records = records_of(occupant("other", "B1", person_id="p-new"))
    assert records.stays["other"].request_id is None
    assert why_not_bed(request(), "B1", NOW, records) == ("bed_free",)
    assert isinstance(records.stays["other"], Stay)
