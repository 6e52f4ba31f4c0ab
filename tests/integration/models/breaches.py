"""Raw SQL that breaks one fact of a stored ward, or stays just within the line."""

import json

from sqlalchemy import text

from models.audit import append, prepare
from models.clock import CLOCK_ACTOR, Instant
from models.commands import AuditEntry
from models.invariants import recount

NOW = 29_000_000


NEEDS = {
    "excluded_room_ids": [],
    "equipment": [{"type_id": "pump", "count": 1, "offset_minutes": 0, "duration_minutes": 50}],
    "drugs": [{"drug_id": "D", "quantity": 4, "use_within_minutes": 100}],
}


def needs(**more):
    """The bundle of Q1 as stored, with other needs."""
    return json.dumps({**NEEDS, **more})


def write_allocation(ward):
    """One allocation A1 (P0 in B1, unit U1, lot L1), and a nurse for it, with guards and histories."""
    statements = f"""
    INSERT INTO shift VALUES ('H9','N1','W',:n+900,:n+1300,'[]','duty',NULL,0,FALSE,FALSE,1,:r,9);
    INSERT INTO request VALUES ('Q1','P0','placed',1,'medicine',0,:n,:n,100,0,'home',TRUE,'',
      '{needs()}',NULL,'acc','W',:n,NULL,NULL,NULL,NULL,1,:r);
    INSERT INTO allocation VALUES ('A1','Q1','P0','B1',NULL,:n+1000,:n+1100,FALSE,1,'placed','{{}}',1,:r);
    INSERT INTO stay VALUES ('A1/stay','P0','B1',:n+1000,:n+1100,'booked','predicted','medicine',0,'{{}}',
      'Q1','A1',NULL,1,:r,1);
    INSERT INTO unit_booking VALUES ('K1','U1','W',:n+1000,:n+1050,:n+990,:n+1070,'use','active',FALSE,'pump',
      'A1',1,:r,1);
    INSERT INTO lot_reservation VALUES ('A1/0','L1','A1','D',4,:n+1100,'reserved',:n,:r)
    """
    with ward.writing() as connection:
        run(connection, statements)
        append(connection, prepare("acc", [AuditEntry("a", "b"), AuditEntry("c", "d")], Instant(1)))
        ticked = prepare(CLOCK_ACTOR, [AuditEntry("clock.tick", "hospital")], Instant.of_minute(NOW))
        append(connection, ticked)


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


STAY = "INSERT INTO stay VALUES ('X','P9','{bed}',{start},{end},'{state}','predicted','x',0,'{{}}',"
STAY += "NULL,NULL,NULL,1,0,1)"
OCCUPANCY = (
    "INSERT INTO occupancy VALUES ('X','T9','{person}','{bed}',FALSE,{arrived},NULL,FALSE,1,{recorded})"
)


def stay(bed, start, end, state="booked"):
    return STAY.format(bed=bed, start=NOW + start, end=NOW + end, state=state)


def occupancy(bed, person, arrived, recorded=10**18):
    row = OCCUPANCY.format(bed=bed, person=person, arrived=NOW + arrived, recorded=recorded)
    return row + ";" + row.replace("INTO occupancy", "INTO occupancy_version")


def asking(care_level=0, **more):
    return f"UPDATE request_version SET care_level = {care_level}, needs = '{needs(**more)}'"


def lies_beside(bed="B2", start=1050, end=1060, person="P9", **changes):
    """P9 was known to lie or to be awaited beside A1 when that was given."""
    row = {
        "id": "'X'", "person_id": f"'{person}'", "bed_id": f"'{bed}'", "start": f":n+{start}", "end": f":n+{end}",
        "state": "'booked'", "departure": "'predicted'", "speciality": "'x'", "care_level": "0", "needs": "'{}'",
        "request_id": "NULL", "allocation_id": "NULL", "with_stay_id": "NULL", "version": "1", "recorded": ":r - 1",
        "position": "1",
    } | changes  # fmt: skip
    return f"INSERT INTO stay_version VALUES ({','.join(row.values())})"


def known(person, **facts):
    """What was known of a person when A1 was given."""
    values = ", ".join(f"{name} = '{json.dumps(value)}'" for name, value in facts.items())
    return f"UPDATE person_version SET {values} WHERE id = '{person}';"


def override(rule, subject="Q1", until="5000"):
    return f"INSERT INTO rule_override VALUES ('O','{rule}','{subject}','only bed','acc',:n,:n+{until},1)"


def switched_off(rule, recorded=":r"):
    stored = f"INSERT INTO rule_profile VALUES (2,'own','{{}}','[\"{rule}\"]','acc',{recorded})"
    return f"{stored};INSERT INTO rule_profile_event VALUES (1,2,'activated','rare','acc','{{}}',{recorded})"


CONFIRMED = [["mrsa", "confirmed", False]]
ALONE = "UPDATE staff_member SET student = TRUE"
DIALYSIS = {"pooled": {"telemetry_channels": 0, "dialysis_points": 1, "oxygen_flow": 0}}
DRAWS = "UPDATE stay_version SET needs = '" + json.dumps(DIALYSIS) + "' WHERE id = 'A1/stay'"
SKILLED = "UPDATE stay_version SET needs = '{\"skills\": [\"chemo\"]}' WHERE id = 'A1/stay';"

LYING = "UPDATE stay SET state = 'occupying', bed_id = '{bed}' WHERE id = 'T9';"
BREAKS = {
    "bed_promised_twice": stay("B1", 1099, 1200),
    "two_in_one_bed": LYING.format(bed="B0") + occupancy("B0", "P9", 5),
    "one_in_two_beds": LYING.format(bed="B2") + occupancy("B2", "P0", 5),
    "arrived_in_dirty_bed": "UPDATE bed_status_version SET status = 'contaminated' WHERE bed_id = 'B2';"
    + LYING.format(bed="B2")
    + occupancy("B2", "P9", 5),
    "arrived_while_closed": "INSERT INTO place_block VALUES ('X',NULL,NULL,'B2',:n,NULL,'flu',FALSE,1,1);"
    "INSERT INTO place_block_version VALUES ('X',NULL,NULL,'B2',:n,NULL,'flu',FALSE,1,1);"
    + LYING.format(bed="B2")
    + occupancy("B2", "P9", 5),
    "stay_without_occupancy": "UPDATE stay SET state = 'occupying' WHERE id = 'A1/stay'",
    "mixed_room": "UPDATE person SET sex = 'male' WHERE id = 'P9';" + stay("B2", 1050, 1060),
    "unit_taken_twice": "UPDATE unit_booking SET id = id;"
    "INSERT INTO unit_booking VALUES ('X','U1','V',:n+1069,:n+1090,:n+1069,:n+1110,'use','active',FALSE,NULL,"
    "NULL,1,:r,1)",
    "unusable_unit": "UPDATE unit SET state = 'broken' WHERE id = 'U1'",
    "lot_over_reserved": "UPDATE lot_balance SET reserved = reserved + 1 WHERE lot_id = 'L1'",
    "stock_not_its_moves": "UPDATE lot_balance SET on_hand = on_hand + 1 WHERE lot_id = 'L1'",
    "lot_unusable": "UPDATE lot SET state = 'recalled' WHERE id = 'L1'",
    "known_allergy": "UPDATE person_version SET allergies = '[\"heparin\"]'",
    "incompatible_blood": "UPDATE drug SET handling = 'blood'",
    "unsuitable_room": "UPDATE person_version SET isolation = '[\"airborne\"]'",
    "excluded_room": asking(excluded_room_ids=["R1"]),
    "too_heavy": "UPDATE person_version SET weight_kg = 181",
    "companion_without_patient": "UPDATE stay SET with_stay_id = 'A1/stay' WHERE id = 'T9';"
    "UPDATE bed SET room_id = 'R2' WHERE id = 'B0'",
    "wrong_drug": "UPDATE lot_reservation SET quantity = 3; UPDATE lot_balance SET reserved = 3 WHERE lot_id = 'L1'",
    "foreign_cabinet": "UPDATE lot SET ward_id = 'V'",
    "unstaffed_bed": "UPDATE bed SET staffed = FALSE",
    "unsuitable_bed": "UPDATE bed SET kind = 'cot' WHERE id = 'B1'",
    "missing_feature": asking(features=["oxygen"]),
    "too_little_care": asking(care_level=1),
    "refused_age": "UPDATE ward SET age_until_years = 18",
    "closed_when_given": "INSERT INTO place_block_version VALUES "
    "('X',NULL,'R1',NULL,:n+1099,NULL,'flu',FALSE,1,:r - 1)",
    "unclean_when_given": lies_beside("B1", 900, 956),
    "companion_elsewhere": asking(companion="cot"),
    "isolation_shared": known("P0", isolation=["contact"], infections=CONFIRMED)
    + known("P9", infections=[["mrsa", "suspected", False]])
    + lies_beside(),
    "exposure_shared": known("P9", exposed_to=["measles"]) + lies_beside(),
    "near_whom_to_avoid": known("P9", keep_apart=["P0"]) + lies_beside(),
    "too_few_nurses": ALONE,
    "missing_skill": SKILLED + asking(skills=["chemo"]),
    "ward_pool_exceeded": DRAWS,
    "wrong_units": "UPDATE unit SET id = id; UPDATE unit_booking_version SET end_minute = end_minute + 1",
    "unusable_unit_given": "UPDATE unit_version SET state = 'recalled' WHERE id = 'U1'",
    "unit_not_lent": "UPDATE unit_version SET owner_ward_id = 'V', lendable = FALSE WHERE id = 'U1'",
    "lost_request": "UPDATE stay SET state = 'released' WHERE id = 'A1/stay'",
    "lapsed_hold": f"UPDATE request SET needs = '{needs(held_until=NOW - 2)}'",
    "audit_chain": "UPDATE audit_line SET actor = 'x' WHERE sequence = 1",
}


def many(others):
    """So many others on the ward, while A1 lies there."""
    return ";".join(lies_beside(f"Z{n}", id=f"'X{n}'") + ";" + extra_bed(f"Z{n}") for n in range(others))


def extra_bed(bed):
    return (
        f"INSERT INTO bed SELECT '{bed}',room_id,kind,features,0,180,TRUE,0,0,NULL,9 FROM bed WHERE id = 'B2'"
    )


ALMOST = {
    "a hold that ended as the clock last ticked": f"UPDATE request SET needs = '{needs(held_until=NOW - 1)}'",
    "the next stay begins where the last ends": stay("B1", 1100, 1200),
    "a released stay takes nothing": stay("B1", 1000, 1100, "released"),
    "the other sex follows, but does not overlap": "UPDATE person SET sex = 'male' WHERE id = 'P9';"
    + stay("B2", 1100, 1160),
    "a mixed room is for both": "UPDATE room SET sex_policy = 'mixed';"
    "UPDATE person SET sex = 'male' WHERE id = 'P9';" + stay("B2", 1050, 1060),
    "the next booking begins after the turnaround": "INSERT INTO unit_booking VALUES "
    "('X','U1','V',:n+1070,:n+1090,:n+1070,:n+1110,'use','active',FALSE,NULL,NULL,1,:r,1)",
    "a bed as strong as the person is heavy": "UPDATE person_version SET weight_kg = 180",
    "a block that was told after the arrival": "INSERT INTO place_block VALUES "
    "('X',NULL,NULL,'B2',:n,NULL,'flu',FALSE,1,:r);"
    "INSERT INTO place_block_version VALUES ('X',NULL,NULL,'B2',:n,NULL,'flu',FALSE,1,:r)",
    "a mixed room that a person allowed": "UPDATE person SET sex = 'male' WHERE id = 'P9';"
    "INSERT INTO rule_override VALUES ('O','room_sex','Q1','only bed','acc',:n,:n+5000,1);"
    + stay("B2", 1050, 1060),
    "an excluded room that a person allowed": asking(excluded_room_ids=["R1"]) + ";"
    "INSERT INTO rule_override VALUES ('O','room_excluded','A1','only bed','acc',:n,:n+5000,1)",
    "a staffed bed beside one without staff": "UPDATE bed SET staffed = FALSE WHERE id <> 'B1'",
    "a seat for exactly half a day": "UPDATE bed SET kind = 'chair' WHERE id = 'B1';"
    "UPDATE allocation_version SET end_minute = start_minute + 720;"
    "UPDATE stay_version SET end_minute = start_minute + 720 WHERE id = 'A1/stay';"
    "UPDATE shift_version SET end_minute = end_minute + 720",
    "a cot for somebody not yet three": "UPDATE bed SET kind = 'cot' WHERE id = 'B1';"
    "UPDATE person_version SET born_minute = :n+1001-3*525960",
    "a feature that the room has": asking(features=["oxygen"])
    + "; UPDATE room SET features = '[\"oxygen\"]' WHERE id = 'R1'",
    "a bed of the very level that is needed": asking(care_level=1) + "; UPDATE bed SET care_level = 1",
    "the last minute of the oldest age": "UPDATE ward SET age_until_years = 18;"
    "UPDATE person_version SET born_minute = :n+1001-18*525960",
    "a block from the end of the stay on": "INSERT INTO place_block_version VALUES "
    "('X',NULL,'R1',NULL,:n+1100,NULL,'flu',FALSE,1,:r - 1)",
    "a block that became known later": "INSERT INTO place_block_version VALUES "
    "('X',NULL,'R1',NULL,:n+1099,NULL,'flu',FALSE,1,:r + 1)",
    "a block that was taken back": "INSERT INTO place_block_version VALUES "
    "('X',NULL,'R1',NULL,:n+1099,NULL,'flu',TRUE,1,:r - 1)",
    "a bed that is clean at the very start": lies_beside("B1", 900, 955),
    "a cot in the room": asking(companion="cot") + "; UPDATE bed SET kind = 'cot' WHERE id = 'B2';"
    "UPDATE allocation_version SET companion_bed_id = 'B2'",
    "the same confirmed organism": known("P0", isolation=["contact"], infections=CONFIRMED)
    + known("P9", infections=CONFIRMED)
    + lies_beside(),
    "an isolated person in another room": known("P0", isolation=["contact"]) + lies_beside("B3"),
    "an isolated person who came after the other had left": known("P0", isolation=["contact"])
    + lies_beside("B2", 900, 1000),
    "isolation that became known later": "UPDATE person_version SET recorded_microsecond = :r - 2;"
    "INSERT INTO person_version SELECT id,sex,born_minute,weight_kg,'[\"contact\"]',infections,exposed_to,allergies,"
    "blood_group,falls_risk,one_to_one,end_of_life,keep_apart,2,:r + 1,position FROM person WHERE id = 'P9';"
    + lies_beside(),
    "a neighbour who became known later": known("P9", keep_apart=["P0"]) + lies_beside(recorded=":r + 1"),
    "the same exposure": known("P9", exposed_to=["measles"])
    + known("P0", exposed_to=["measles"])
    + lies_beside(),
    "who accompanies the patient": known("P9", exposed_to=["measles"])
    + lies_beside(with_stay_id="'A1/stay'"),
    "a protective room with its pressure": known("P0", isolation=["protective"])
    + "UPDATE room SET features = '[\"positive_pressure\"]'",
    "a nurse who fell ill afterwards": "INSERT INTO shift_version SELECT id,staff_id,ward_id,start_minute,end_minute,"
    "breaks,kind,called_at,response_minutes,TRUE,cancelled,2,:r + 1,position FROM shift WHERE id = 'H9'",
    "as many patients as one nurse may have": many(4),
    "a skill that the nurse has": SKILLED
    + asking(skills=["chemo"])
    + "; UPDATE staff_member SET skills = '[\"chemo\"]'",
    "the ward's only dialysis point": DRAWS + "; UPDATE ward SET dialysis_points = 1",
    "an approved substitute": "UPDATE unit_version SET type_id = 'other' WHERE id = 'U1';"
    "INSERT INTO equipment_type VALUES ('other','Other',0,2);"
    "INSERT INTO equipment_substitute VALUES ('pump',0,'other')",
    "a unit that broke afterwards and is in use": "UPDATE unit SET state = 'broken' WHERE id = 'U1';"
    "UPDATE unit_booking SET pinned = TRUE",
    "a unit that its owner lends": "UPDATE unit_version SET owner_ward_id = 'V', lendable = TRUE WHERE id = 'U1'",
    "an approved equivalent": "INSERT INTO drug SELECT 'E','E',substance,strength,form,route,unit,handling,0,2 "
    "FROM drug;"
    "INSERT INTO drug_equivalent VALUES ('D',0,'E'); UPDATE lot SET drug_id = 'E' WHERE id = 'L1'",
    "too little left after a recall": "UPDATE lot_reservation SET state = 'released';"
    "UPDATE lot_balance SET reserved = 0 WHERE lot_id = 'L1'",
    "the cabinet of the ward itself": "UPDATE lot SET ward_id = 'W'",
}
