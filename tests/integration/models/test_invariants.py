"""The recount finds each broken fact; each is put there by raw SQL after the guards are taken away."""

import pytest
from sqlalchemy import text

from models.audit import append, prepare
from models.clock import Instant
from models.commands import AuditEntry
from models.invariants import CHECKS, recount
from models.store import store_hospital
from simulations.hospital import generate

NOW = 29_000_000


@pytest.fixture
def lain(ward):
    """The ward with one allocation A1 (P0 in B1, unit U1, lot L1) written by hand."""
    statements = """
    INSERT INTO request VALUES ('Q1','P0','placed',1,'medicine',0,:n,:n,100,0,'home',1,'',
      '{"excluded_room_ids":[]}',NULL,'acc','W',:n,NULL,NULL,NULL,NULL,1,:r);
    INSERT INTO allocation VALUES ('A1','Q1','P0','B1',NULL,:n+1000,:n+1100,0,1,'placed','{}',1,:r);
    INSERT INTO stay VALUES ('A1/stay','P0','B1',:n+1000,:n+1100,'booked','predicted','medicine',0,'{}',
      'Q1','A1',NULL,1,:r,1);
    INSERT INTO unit_booking VALUES ('K1','U1','W',:n+1000,:n+1050,:n+990,:n+1070,'use','active',0,'pump',
      'A1',1,:r,1);
    INSERT INTO lot_reservation VALUES ('A1/0','L1','A1','D',4,:n+1100,'reserved',:n,:r)
    """
    with ward.writing() as connection:
        run(connection, statements)
        append(connection, prepare("acc", [AuditEntry("a", "b"), AuditEntry("c", "d")], Instant(1)))
    return ward


def run(connection, statements, recorded=NOW * 60_000_000 + 1):
    for statement in statements.split(";"):
        names = {name: value for name, value in {"n": NOW, "r": recorded}.items() if f":{name}" in statement}
        connection.execute(text(statement), names)


def found(database, statements="", recorded=NOW * 60_000_000 + 1):
    with database.writing() as connection:
        if statements:
            database.dialect.drop_guards(connection)
            run(connection, statements, recorded)
        return {violation.rule for violation in recount(connection)}


def test_a_sound_hospital_has_no_violations(lain):
    assert found(lain) == set()


def test_a_generated_hospital_has_no_violations(empty_database):
    with empty_database.writing() as connection:
        hospital = generate("district", 5, NOW)
        store_hospital(connection, hospital, Instant.of_minute(NOW), name="Test", sandbox=True)
        assert recount(connection) == []


STAY = "INSERT INTO stay VALUES ('X','P9','{bed}',{start},{end},'{state}','predicted','x',0,'{{}}',"
STAY += "NULL,NULL,NULL,1,0,1)"
OCCUPANCY = "INSERT INTO occupancy VALUES ('X','T9','{person}','{bed}',0,{arrived},NULL,0,1,{recorded})"


def stay(bed, start, end, state="booked"):
    return STAY.format(bed=bed, start=NOW + start, end=NOW + end, state=state)


def occupancy(bed, person, arrived, recorded=10**18):
    row = OCCUPANCY.format(bed=bed, person=person, arrived=NOW + arrived, recorded=recorded)
    return row + ";" + row.replace("INTO occupancy", "INTO occupancy_version")


LYING = "UPDATE stay SET state = 'occupying', bed_id = '{bed}' WHERE id = 'T9';"
BREAKS = {
    "bed_promised_twice": stay("B1", 1099, 1200),
    "two_in_one_bed": LYING.format(bed="B0") + occupancy("B0", "P9", 5),
    "one_in_two_beds": LYING.format(bed="B2") + occupancy("B2", "P0", 5),
    "arrived_in_dirty_bed": "UPDATE bed_status_version SET status = 'contaminated' WHERE bed_id = 'B2';"
    + LYING.format(bed="B2")
    + occupancy("B2", "P9", 5),
    "arrived_while_closed": "INSERT INTO place_block VALUES ('X','W',NULL,NULL,:n,NULL,'flu',0,1,1);"
    "INSERT INTO place_block_version VALUES ('X','W',NULL,NULL,:n,NULL,'flu',0,1,1);"
    + LYING.format(bed="B2")
    + occupancy("B2", "P9", 5),
    "stay_without_occupancy": "UPDATE stay SET state = 'occupying' WHERE id = 'A1/stay'",
    "mixed_room": "UPDATE person SET sex = 'male' WHERE id = 'P9';" + stay("B2", 1050, 1060),
    "unit_taken_twice": "UPDATE unit_booking SET id = id;"
    "INSERT INTO unit_booking VALUES ('X','U1','V',:n+1069,:n+1090,:n+1069,:n+1110,'use','active',0,NULL,"
    "NULL,1,:r,1)",
    "unusable_unit": "UPDATE unit SET state = 'broken' WHERE id = 'U1'",
    "lot_over_reserved": "UPDATE lot_balance SET on_hand = 3, reserved = 3 WHERE lot_id = 'L1'",
    "lot_unusable": "UPDATE lot SET state = 'recalled' WHERE id = 'L1'",
    "known_allergy": "UPDATE person_version SET allergies = '[\"heparin\"]'",
    "incompatible_blood": "UPDATE drug SET handling = 'blood'",
    "unsuitable_room": "UPDATE person_version SET isolation = '[\"airborne\"]'",
    "excluded_room": 'UPDATE request SET needs = \'{"excluded_room_ids":["R1"]}\'',
    "too_heavy": "UPDATE person_version SET weight_kg = 181",
    "lost_request": "UPDATE stay SET state = 'released' WHERE id = 'A1/stay'",
    "audit_chain": "UPDATE audit_line SET actor = 'x' WHERE sequence = 1",
}


def test_every_fact_has_a_case_that_breaks_it():
    assert BREAKS.keys() == CHECKS.keys()


@pytest.mark.parametrize("rule", BREAKS)
def test_a_broken_fact_is_found(lain, rule):
    assert found(lain, BREAKS[rule]) == {rule}


ALMOST = {
    "the next stay begins where the last ends": stay("B1", 1100, 1200),
    "a released stay takes nothing": stay("B1", 1000, 1100, "released"),
    "the other sex follows, but does not overlap": "UPDATE person SET sex = 'male' WHERE id = 'P9';"
    + stay("B2", 1100, 1160),
    "a mixed room is for both": "UPDATE room SET sex_policy = 'mixed';"
    "UPDATE person SET sex = 'male' WHERE id = 'P9';" + stay("B2", 1050, 1060),
    "the next booking begins after the turnaround": "INSERT INTO unit_booking VALUES "
    "('X','U1','V',:n+1070,:n+1090,:n+1070,:n+1110,'use','active',0,NULL,NULL,1,:r,1)",
    "a bed as strong as the person is heavy": "UPDATE person_version SET weight_kg = 180",
    "a block that was told after the arrival": "INSERT INTO place_block VALUES "
    "('X','W',NULL,NULL,:n,NULL,'flu',0,1,:r);"
    "INSERT INTO place_block_version VALUES ('X','W',NULL,NULL,:n,NULL,'flu',0,1,:r)",
    "a mixed room that a person allowed": "UPDATE person SET sex = 'male' WHERE id = 'P9';"
    "INSERT INTO rule_override VALUES ('O','room_sex','Q1','only bed','acc',:n,:n+5000,1);"
    + stay("B2", 1050, 1060),
    "an excluded room that a person allowed": 'UPDATE request SET needs = \'{"excluded_room_ids":["R1"]}\';'
    "INSERT INTO rule_override VALUES ('O','room_excluded','A1','only bed','acc',:n,:n+5000,1)",
}


@pytest.mark.parametrize("almost", ALMOST)
def test_what_is_allowed_is_not_called_broken(lain, almost):
    assert found(lain, ALMOST[almost]) == set()


def test_an_override_that_is_over_excuses_nothing(lain):
    change = ALMOST["a mixed room that a person allowed"].replace(":n+5000", ":n+1040")
    assert found(lain, change) == {"mixed_room"}
