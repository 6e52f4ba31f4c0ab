"""The recount finds each broken fact; each is put there by raw SQL after the guards are taken away."""

import pytest

from models.audit import append, prepare
from models.clock import CLOCK_ACTOR, Instant
from models.commands import AuditEntry
from models.invariants import FACTS, recount
from models.store import store_hospital
from simulations.hospital import generate
from tests.integration.models.breaches import ALMOST, BREAKS, NOW, found


def test_a_sound_hospital_has_no_violations(lain):
    assert found(lain) == set()


def test_a_generated_hospital_has_no_violations(empty_database):
    with empty_database.writing() as connection:
        hospital = generate("district", 5, NOW)
        store_hospital(connection, hospital, Instant.of_minute(NOW), name="Test", sandbox=True)
        assert recount(connection) == []


def test_every_fact_has_a_case_that_breaks_it():
    assert BREAKS.keys() == set(FACTS)


@pytest.mark.parametrize("rule", BREAKS)
def test_a_broken_fact_is_found(lain, rule):
    assert found(lain, BREAKS[rule]) == {rule}


@pytest.mark.parametrize("almost", ALMOST)
def test_what_is_allowed_is_not_called_broken(lain, almost):
    assert found(lain, ALMOST[almost]) == set()


def test_an_override_that_is_over_excuses_nothing(lain):
    change = ALMOST["a mixed room that a person allowed"].replace(":n,:n+5000", ":n - 60,:n - 1")
    assert found(lain, change) == {"mixed_room"}


def test_a_look_for_overdue_steps_is_no_tick_that_left_a_hold(lain):
    """After a standstill steps are looked for a minute before the clock ticks."""
    looked = prepare(CLOCK_ACTOR, [AuditEntry("step.overdue", "Q1")], Instant.of_minute(NOW + 60))
    with lain.writing() as connection:
        append(connection, looked)
    assert found(lain, ALMOST["a hold that ended as the clock last ticked"]) == set()
