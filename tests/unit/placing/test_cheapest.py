"""How sure an answer is: proven, the best of trials, or none; and what is not believed."""

from dataclasses import replace

import pytest

from solver.engine.errors import EngineError
from solver.hospital import Bed, BedKind, Block, Care, Companion, Drug, DrugNeed, Feature, Lot
from solver.placing.cheapest import answered, cheapest
from solver.placing.conceding import Question
from solver.placing.concessions import TARIFFS, WAIVERS, Kind
from solver.placing.cpsat import elastic
from solver.placing.live import LiveHospital
from solver.placing.problem import Method, PlacingProblem
from solver.placing.scope import Scope
from tests.builders import NOW, occupant, person, records_of, request

HOIST = request(care=Care("medicine", 0, frozenset({Feature.HOIST})))


def ask(asked, *changes, seconds=20.0, **more):
    live = LiveHospital(records_of(*changes, **more))
    return answered(Question(asked), live, 0.0, seconds, timer=lambda: 0.0)


def test_what_trials_find_is_proven_where_the_model_has_nothing_cheaper():
    found = ask(HOIST)
    assert found.relaxation.price == found.bound == WAIVERS["bed_features"]
    assert found.proven


def test_without_time_for_the_model_the_best_of_trials_is_said_to_be_just_that():
    live = LiveHospital(records_of())
    found = answered(Question(HOIST), live, 0.0, 0.1, timer=lambda: 0.0)
    assert found.relaxation.price == WAIVERS["bed_features"]
    assert not found.proven
    assert found.bound == 0
    assert answered(Question(HOIST), live, 0.0, 20.0, proof=False, timer=lambda: 0.0) == found


def test_a_frozen_hospital_gives_the_same_answer():
    records = records_of()
    problem = PlacingProblem(records.hospital(), NOW, (HOIST,))
    assert cheapest(Question(HOIST), problem, 20.0).relaxation == ask(HOIST).relaxation


CLOSED = (Block(NOW, None, "no mattress"),)


@pytest.mark.parametrize(
    ("place", "price", "kinds"),
    [
        (Bed("K1", "R", kind=BedKind.TROLLEY), 0, []),
        (Bed("K1", "R", kind=BedKind.TROLLEY, blocks=CLOSED), WAIVERS["bed_open"], [Kind.WAIVE_RULE]),
        (Bed("K1", "R", kind=BedKind.COT), None, None),
    ],
    ids=["free", "closed", "of another kind"],
)
def test_what_stands_against_a_carers_bed_is_proven_as_well(place, price, kinds):
    """Whoever came with a carer got the best of trials, and nobody could say whether it was the cheapest."""
    found = ask(request(companion=Companion.CARER_BED), place)
    assert found.proven
    if price is None:
        assert found.relaxation is None
        return
    assert found.relaxation.price == found.bound == price
    assert [one.kind for one in found.relaxation.concessions] == kinds
    assert found.relaxation.allocation.companion_bed_id == "K1"


def test_what_nothing_helps_is_proven_too():
    heavy = ask(request(), person("p-new", weight_kg=400))
    assert heavy.relaxation is None
    assert heavy.proven
    assert heavy.bound == elastic.CEILING
    missing = ask(request(drugs=(DrugNeed("none", 1),)), Drug("none", "None", "none"), without={Lot: ["L1"]})
    assert missing.relaxation is None
    assert missing.proven


def test_the_answer_stands_unproven_where_the_model_fails(monkeypatch, caplog):
    def fail(*args, **more):
        raise EngineError("CP-SAT calls the model infeasible twice")

    monkeypatch.setattr(elastic, "cheapest", fail)
    found = ask(HOIST)
    assert found.relaxation.price == WAIVERS["bed_features"]
    assert not found.proven
    assert "elastic model failed" in caplog.text


def test_a_claim_that_the_referee_does_not_confirm_is_thrown_away(monkeypatch, caplog):
    def dream(question, records, ceiling, **more):
        true = ask_trials(question)
        nothing = replace(true, concessions=(), waived=frozenset())
        return elastic.Claim(nothing, 0)

    def ask_trials(question):
        live = LiveHospital(records_of())
        return answered(question, live, 0.0, 0.1, timer=lambda: 0.0).relaxation

    monkeypatch.setattr(elastic, "cheapest", dream)
    found = ask(HOIST)
    assert [one.kind for one in found.relaxation.concessions] == [Kind.WAIVE_RULE]
    assert not found.proven
    assert found.method is Method.KERNEL
    assert found.unconfirmed
    assert "did not confirm" in caplog.text


def test_a_ward_below_its_floor_that_somebody_leaves_takes_nobody_in_their_stead():
    """To the model such a ward gets no worse by it, so it is no better than what trials found, and not proven: whoever
    comes once the other has left is still one too many for the nurses who are there."""
    lying = occupant("watched", "C1"), occupant("leaves", "C3")
    records = records_of(person("p-watched", one_to_one=True), Bed("C3", "S"), *lying)
    question = Question(request(), Scope(ward_id="V"))
    found = answered(question, LiveHospital(records), 0.0, 20.0, timer=lambda: 0.0)
    assert [(one.kind, one.subject_id) for one in found.relaxation.concessions] == [
        (Kind.WAIVE_RULE, "nursing_floor")
    ]
    assert found.unconfirmed
    assert not found.proven
    assert found.bound == TARIFFS[Kind.MOVE_PATIENT].price


@pytest.mark.parametrize("limit", [1, WAIVERS["bed_features"], WAIVERS["bed_features"] + 1])
def test_the_model_answers_only_what_is_cheaper_than_what_is_known(limit):
    claim = elastic.cheapest(Question(HOIST), records_of(), limit, seconds=20)
    known = WAIVERS["bed_features"]
    assert (claim.relaxation is None) == (limit <= known)
    assert claim.bound == min(limit, known)


@pytest.mark.parametrize(("short", "proven"), [(0, True), (1, False)])
def test_a_cheaper_relaxation_of_the_model_is_proven_only_by_its_bound(monkeypatch, short, proven):
    true = ask(HOIST).relaxation
    claim = elastic.Claim(true, true.price - short)
    monkeypatch.setattr(elastic, "cheapest", lambda *args, **more: claim)
    found = ask(HOIST)
    assert found.method is Method.CPSAT
    assert found.proven is proven
