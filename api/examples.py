"""Examples of the OpenAPI document, by operation; a test executes each against a real hospital.

The hospital they speak of: wards W1 (medicine) and W2 (surgery), beds B1 to B4 and C1, C2, pumps P1 and P2,
lots of heparin L1 and L2, on the second of March 2026. Everybody in it is made up.
"""

from __future__ import annotations

from typing import Any, Final

_PLAIN: Final[dict[str, Any]] = {
    "person": {"sex": "female", "born": "1957-08-30"},
    "priority": "urgent",
    "care": {"speciality": "medicine"},
    "duration_minutes": 2880,
}
_BUNDLE: Final[dict[str, Any]] = {
    "for_ward_id": "W1",
    "person": {
        "sex": "female",
        "born": "1957-08-30",
        "weight_kg": 68,
        "isolation": ["airborne"],
        "infections": [{"organism": "tuberculosis", "status": "suspected"}],
        "allergies": ["penicillin"],
        "identity": {"name": "A. Example", "identity_number": "EX-0001"},
    },
    "priority": "urgent",
    "care": {"speciality": "medicine", "care_level": 0, "features": ["oxygen"], "skills": ["iv"]},
    "decided_at": "2026-03-02T00:00:00Z",
    "needed_by": "2026-03-02T01:00:00Z",
    "duration_minutes": 2880,
    "max_wait_minutes": 240,
    "origin": "emergency_department",
    "equipment": [{"type_id": "pump", "count": 1}],
    "drugs": [{"drug_id": "heparin", "quantity": 2, "use_within_minutes": 1440}],
    "deadline_ms": 2000,
}
_STOCK: Final = """\
{"format": "wardflow-stock", "version": 1, "today": "2026-03-02", "items": [
  {"id": "D1", "useful_life_days": 60, "lead_time_days": 2, "pack": 10,
   "costs": {"fixed": 4, "shortage": 20, "wastage": 8, "holding": 0.02},
   "lots": [{"id": "L1", "quantity": 12, "expires": "2026-03-20"}],
   "history": {"issued": [4, 5, 3, 6, 4, 0, 0, 5, 4, 6, 3, 4, 0, 1], "ran_out": [5]}}]}
"""
_BOOKINGS: Final = """\
{"horizon": 1440, "wards": ["A", "B"], "transport": [[0, 5], [5, 0]],
 "devices": [{"id": "D1", "type": "pump", "home": "A", "unavailable": [[100, 200]]},
             {"id": "D2", "type": "stand", "home": "B"}],
 "requests": [{"id": "R1", "kit": "K1", "types": ["pump"], "ward": "B", "earliest": 10, "latest_start": 500,
               "duration": 30, "clean": 5, "priority": 2},
              {"id": "R2", "kit": "K1", "types": ["stand"], "ward": "B", "earliest": 10, "latest_start": 500,
               "duration": 30},
              {"id": "R3", "types": ["pump"], "ward": "A", "earliest": 0, "latest_start": 60, "duration": 60,
               "every": 480, "times": 3}]}
"""
_SCENARIO: Final = """\
name: One ward
run: {start: 2026-01-05 00:00, length: 60 d, warm_up: 10 d, replications: 5}
demand:
  classes:
    emergency: {pathway: stay, arrivals: {random: {per_day: 3}}}
pathways:
  stay:
    steps:
      ward: {bed: ward, takes: {lognormal: {mean: 4 d, sd: 3 d}}}
resources:
  ward: {beds: 12}
"""
_PUMPS: Final = """\
name: Pumps
run: {start: 2026-01-05 00:00, length: 60 d, warm_up: 4 d}
demand:
  classes:
    urgent: {pathway: infusion, priority: 0, arrivals: {random: {per_day: 3}}}
    routine: {pathway: infusion, priority: 1, arrivals: {random: {per_day: 3}}}
pathways:
  infusion:
    steps:
      infusion: {needs: {infusion_pump: 1}, takes: {exponential: 8 h}, patience: 6 h}
resources:
  infusion_pump: {units: 2}
"""
_ADMISSION_TERMS: Final[dict[str, Any]] = {
    "admits_at": "10:00",
    "theatres": [{"id": "OR1", "minutes": [480, 480, 480, 480, 480, 0, 0]}],
    "surgeons": [{"id": "SG1", "minutes": [240, 240, 0, 240, 240, 0, 0]}],
    "surgeries": [{"speciality": "surgery", "surgeon_id": "SG1", "minutes": 90}],
    "age_groups": [18, 65],
    "weights": {"mixed_age": 5, "open_theatre": 30, "surgeon_transfer": 5, "delay": 10, "left_out": 350},
}
_TERMS: Final[dict[str, Any]] = {
    "ward_id": "W1",
    "weeks": 1,
    "rest_minutes": 660,
    "shifts": [
        {"id": "day", "starts": "07:00", "minutes": 720, "breaks": [{"after_minutes": 300, "minutes": 30}]},
        {"id": "night", "starts": "19:00", "minutes": 720, "night": True},
    ],
    "contracts": [
        {"id": "part", "minutes": {"most": 2820}, "worked_run": {"most": 3}, "off_run": {"least": 1}},
    ],
    "people": [{"staff_id": "N11", "contract_id": "part"}, {"staff_id": "N12", "contract_id": "part"}],
    "cover": [{"shift_id": "day", "wanted": 1}, {"shift_id": "night", "wanted": 1, "weekdays": [4, 5]}],
    "confidence": None,
}
_LATER: Final = "2026-03-05T08:00:00Z"

_EVENTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "kind": "isolation_on",
        "person_id": "occ-1",
        "isolation": ["contact"],
        "infections": [{"organism": "MRSA", "status": "confirmed"}],
    },
    {"kind": "isolation_off", "person_id": "occ-1"},
    {"kind": "room_exposure", "room_id": "R1", "organism": "norovirus", "until": _LATER},
    {"kind": "ward_outbreak", "ward_id": "W2", "organism": "norovirus"},
    {"kind": "bed_closed", "bed_id": "B2", "reason": "water leak", "until": _LATER},
    {"kind": "bed_opened", "bed_id": "B2"},
    {"kind": "bed_cleaned", "bed_id": "B3"},
    {"kind": "bed_found_occupied", "bed_id": "B3"},
    {"kind": "room_closed", "room_id": "R3", "reason": "painting", "until": _LATER},
    {"kind": "room_opened", "room_id": "R3"},
    {"kind": "ward_closed", "ward_id": "W2", "reason": "outbreak of norovirus"},
    {"kind": "ward_opened", "ward_id": "W2"},
    {"kind": "unit_broken", "unit_id": "P1"},
    {"kind": "unit_returned", "unit_id": "P1"},
    {"kind": "model_recalled", "model": "M100"},
    {"kind": "lot_recalled", "lot_id": "L1"},
    {"kind": "lot_quarantined", "lot_id": "L2"},
    {"kind": "lot_released", "lot_id": "L3"},
    {"kind": "nurse_absent", "shift_id": "D-N11"},
    {"kind": "nurses_absent", "shift_ids": ["D-N11", "D-N12"]},
    {"kind": "nurse_present", "shift_id": "D-N11"},
    {"kind": "on_call_called", "shift_id": "OC", "consented": True},
    {"kind": "stay_prolonged", "stay_id": "st-1", "until": _LATER},
    {"kind": "stay_shortened", "stay_id": "st-1", "until": "2026-03-02T12:00:00Z", "confirmed": True},
    {"kind": "left", "stay_id": "st-1"},
    {"kind": "died", "stay_id": "st-1"},
    {"kind": "absconded", "stay_id": "st-1"},
    {"kind": "on_leave", "stay_id": "st-1"},
    {"kind": "back_from_leave", "stay_id": "st-1"},
    {"kind": "step_up", "stay_id": "st-1", "care_level": 2},
    {"kind": "ready_for_step_down", "stay_id": "st-1", "care_level": 0},
    {"kind": "identities_merged", "person_id": "known-2", "into_person_id": "known-1"},
    {"kind": "lift_out_of_order", "site_id": "S", "minutes_per_floor": 15},
    {"kind": "lift_repaired", "site_id": "S", "minutes_per_floor": 2},
    {"kind": "mass_casualty_alert", "expected": 30},
)

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "POST /api/v1/sessions": {"login": {"login": "bed", "password": "correct horse battery staple"}},
    "POST /api/v1/requests": {
        "plain": _PLAIN,
        "bundle": _BUNDLE,
        "known_person": {**{k: v for k, v in _PLAIN.items() if k != "person"}, "person_id": "known-1"},
        "does_not_fit": {**_PLAIN, "care": {"speciality": "medicine", "features": ["dialysis_point"]}},
        "overruled": {
            **_PLAIN,
            "care": {"speciality": "medicine", "features": ["suction"]},
            "waivers": [{"rule_id": "bed_features", "reason": "a mobile pump stands by"}],
        },
    },
    "POST /api/v1/allocations:check": {
        "new_bundle": {"bundle": _PLAIN, "bed_id": "B4"},
        "patient_who_lies_here": {"stay_id": "st-1", "bed_id": "B2", "start": "2026-03-02T10:00:00Z"},
        "with_units": {
            "bundle": {**_PLAIN, "equipment": [{"type_id": "pump"}]},
            "bed_id": "B1",
            "units": [{"type_id": "pump", "unit_id": "P2"}],
            "lots": [],
        },
    },
    "POST /api/v1/why-not": {
        "this_bed": {"bundle": _PLAIN, "bed_id": "B1"},
        "this_ward": {"stay_id": "st-1", "ward_id": "W2"},
        "this_unit": {"bundle": {**_PLAIN, "equipment": [{"type_id": "pump"}]}, "unit_id": "P2"},
        "anywhere": {
            "bundle": {**_PLAIN, "care": {"speciality": "medicine", "features": ["dialysis_point"]}},
            "deadline_ms": 4000,
        },
    },
    "POST /api/v1/requests:batch": {
        "three": {
            "requests": [_PLAIN, {**_PLAIN, "priority": "emergency"}, {**_PLAIN, "priority": "routine"}]
        }
    },
    "POST /api/v1/requests/{request_id}:choose": {
        "bed": {"bed_id": "B4"},
        "as_recommended": {"bed_id": "B4", "start": "2026-03-02T00:00:00Z", "units": [], "lots": []},
        "waiver": {"waivers": [{"rule_id": "bed_staffed", "reason": "an agency nurse comes"}]},
    },
    "POST /api/v1/requests/{request_id}:release": {"with_reason": {"reason": "goes home"}, "plain": {}},
    "POST /api/v1/allocations:hold": {
        "best": {"request": _PLAIN, "minutes": 30},
        "as_recommended": {"request": _PLAIN, "place": {"bed_id": "B4", "start": "2026-03-02T00:00:00Z"}},
    },
    "POST /api/v1/allocations:recommend": {"bundle": {"request": _PLAIN, "k": 3, "deadline_ms": 500}},
    "POST /api/v1/allocations/{allocation_id}:confirm": {
        "accepted": {"accepted": True},
        "declined": {"accepted": False, "reason": "no nurse for isolation"},
    },
    "POST /api/v1/allocations/{allocation_id}:release": {"with_reason": {"reason": "goes to another site"}},
    "POST /api/v1/allocations/{allocation_id}:step": {"handed_over": {"step": "handed_over"}},
    "POST /api/v1/allocations/{allocation_id}:arrive": {"now": {}, "earlier": {"at": "2026-03-02T00:00:00Z"}},
    "POST /api/v1/allocations/{allocation_id}:discharge": {
        "ordered": {"step": "ordered", "expected": "2026-03-02T14:00:00Z"},
        "drugs_ready": {"step": "drugs_ready"},
        "left": {"step": "left"},
    },
    "POST /api/v1/allocations/{allocation_id}:transfer": {
        "step_up": {"reason": "needs a quieter room", "priority": "soon"}
    },
    "POST /api/v1/stays/{stay_id}:transfer": {
        "repatriation": {"reason": "back to the ward of the speciality"}
    },
    "POST /api/v1/requests/{request_id}:chain": {"two": {"max_moves": 2, "budget_ms": 200}},
    "POST /api/v1/stays/{stay_id}:chain": {"plain": {}},
    "POST /api/v1/disruptions": {
        **{event["kind"]: {"event": event} for event in _EVENTS},
        "few_moves": {
            "event": {"kind": "ward_closed", "ward_id": "W2", "reason": "outbreak"},
            "max_moves": 3,
        },
    },
    "POST /api/v1/proposals/{proposal_id}:confirm": {"plain": {}},
    "POST /api/v1/proposals/{proposal_id}:decline": {"with_reason": {"reason": "the patient is too unwell"}},
    "POST /api/v1/profiles": {
        "dearer_outliers": {"weights": {"speciality": 90_000}, "reason": "fewer outliers this winter"},
        "without_a_rule": {"switch_off": ["bed_staffed"], "reason": "agency nurses for the week of the fair"},
    },
    "POST /api/v1/profiles/{version}:preview": {"a_week": {"days": 7}},
    "POST /api/v1/profiles/{version}:activate": {"agreed": {"reason": "agreed in the capacity round"}},
    "POST /api/v1/scarcity:switch": {
        "on": {"on": True, "reason": "watched for a month beside the plain prices"}
    },
    "POST /api/v1/steps/targets": {
        "hospital_and_ward": {
            "targets": [
                {"step": "accepted", "priority": "urgent", "minutes": 20},
                {"step": "accepted", "priority": "urgent", "minutes": 40, "ward_id": "W2"},
            ]
        }
    },
    "POST /api/v1/experiments": {
        "two_more_beds": {
            "scenario": _SCENARIO,
            "variants": [{"name": "two more beds", "settings": {"resources.ward.beds": "+2"}}],
            "seed": 1,
            "replications": 10,
            "precision": 0.1,
        },
        "as_it_is": {"scenario": _SCENARIO},
        "one_pump_fewer_and_one_more": {
            "scenario": _PUMPS,
            "fleet": {"type_ids": ["infusion_pump"], "around": 1},
            "replications": 10,
        },
    },
    "POST /api/v1/equipment/bookings": {
        "two_at_once_three_times": {
            "type_ids": ["pump", "pump"],
            "ward_id": "W1",
            "earliest": "2026-03-04T08:00:00Z",
            "latest_start": "2026-03-04T10:00:00Z",
            "minutes": 90,
            "priority": 2,
            "times": 3,
        },
        "held_for_an_hour": {
            "type_ids": ["pump"],
            "ward_id": "W2",
            "earliest": "2026-03-07T08:00:00Z",
            "latest_start": "2026-03-07T12:00:00Z",
            "minutes": 60,
            "hold_minutes": 60,
        },
    },
    "POST /api/v1/equipment/bookings/{booking_id}:cancel": {
        "this_one": {},
        "and_those_of_its_series": {"series": True},
    },
    "POST /api/v1/equipment/plans": {
        "live_hospital": {
            "wanted": [
                {
                    "id": "morning",
                    "type_ids": ["pump"],
                    "ward_id": "W1",
                    "earliest": "2026-03-05T08:00:00Z",
                    "latest_start": "2026-03-05T10:00:00Z",
                    "minutes": 90,
                    "priority": 2,
                    "every_minutes": 1440,
                    "times": 3,
                },
                {
                    "id": "two_at_once",
                    "type_ids": ["pump", "pump"],
                    "ward_id": "W2",
                    "earliest": "2026-03-05T08:00:00Z",
                    "latest_start": "2026-03-05T12:00:00Z",
                    "minutes": 60,
                },
            ],
            "seconds": 5,
        },
        "maintenance_that_is_due": {
            "maintenance": [
                {
                    "id": "yearly",
                    "unit_id": "P1",
                    "earliest": "2026-03-04T00:00:00Z",
                    "latest_start": "2026-03-11T00:00:00Z",
                    "minutes": 120,
                }
            ],
            "technicians": [
                {
                    "id": "workshop",
                    "ward_id": "W1",
                    "hours": [{"start": "2026-03-05T08:00:00Z", "end": "2026-03-05T16:00:00Z"}],
                }
            ],
            "seconds": 5,
        },
        "given_bookings": {"bookings": _BOOKINGS, "seconds": 5, "seed": 1},
    },
    "POST /api/v1/equipment/repairs": {"at_most_two_others": {"changes": 2, "seconds": 5}},
    "POST /api/v1/pharmacy/moves": {
        "a_delivery": {
            "moves": [
                {
                    "kind": "receipt",
                    "lot_id": "B2026-117",
                    "drug_id": "heparin",
                    "quantity": 50,
                    "pack": 10,
                    "expires": "2027-03-31T00:00:00Z",
                }
            ]
        },
        "to_a_cabinet_and_a_count": {
            "moves": [
                {"kind": "transfer", "lot_id": "L1", "quantity": 4, "ward_id": "W1"},
                {"kind": "loss", "lot_id": "L1", "quantity": 1},
                {"kind": "count", "lot_id": "L2", "counted": 9},
            ]
        },
    },
    "POST /api/v1/pharmacy/moves/{move_id}:confirm": {"as_second_person": {}},
    "POST /api/v1/pharmacy/moves/{move_id}:decline": {"not_so": {}},
    "POST /api/v1/rationing-orders": {
        "priority_then_cover": {
            "committee": "Drugs and therapeutics committee",
            "criteria": ["priority", "days_of_cover"],
            "cover_bands": [1, 3, 7],
            "reason": "set in the meeting of 2 March",
        },
        "priority_alone": {
            "committee": "Drugs and therapeutics committee",
            "criteria": ["priority"],
            "reason": "cabinets are not counted any more",
        },
    },
    "POST /api/v1/rationing-orders/{order_version}:activate": {"as_set": {"reason": "set in the meeting"}},
    "POST /api/v1/pharmacy/plans": {
        "one_item": {"stock": _STOCK, "seed": 1},
        "of_the_live_hospital": {"seed": 1},
    },
    "POST /api/v1/pharmacy/plans/{job_id}:accept": {
        "two_lines": {"lines": [{"item_id": "D1"}, {"item_id": "D2", "quantity": 0}]}
    },
    "POST /api/v1/admission-terms": {"one_theatre": _ADMISSION_TERMS},
    "POST /api/v1/plans": {
        "a_week": {
            "ward_ids": ["W1"],
            "first_day": "2026-03-03",
            "days": 7,
            "seconds": 5,
        },
        "repeatable": {
            "ward_ids": ["W1", "W2"],
            "days": 7,
            "iterations": 100_000,
            "change_price": 20,
            "max_changes": 3,
        },
    },
    "POST /api/v1/plans/{plan_id}:apply": {
        "what_can_be": {},
        "all_or_nothing": {"request_ids": [], "all_or_nothing": True},
    },
    "POST /api/v1/roster-terms": {"two_part_timers": _TERMS},
    "POST /api/v1/rosters": {
        "with_wishes": {
            "ward_id": "W1",
            "first_day": "2026-03-09",
            "wishes": [
                {"staff_id": "N11", "day": "2026-03-11", "price": 20},
                {"staff_id": "N12", "day": "2026-03-10", "shift_id": "day", "on": True},
            ],
            "seconds": 60,
            "seed": 1,
        },
        "anew_with_few_changes": {
            "ward_id": "W1",
            "first_day": "2026-03-09",
            "pins": [{"staff_id": "N11", "day": "2026-03-12"}],
            "change_price": 20,
            "max_changes": 3,
        },
    },
    "POST /api/v1/rosters/{roster_id}:cover": {"tuesday": {"staff_id": "N12", "day": "2026-03-10"}},
    "POST /api/v1/rosters/{roster_id}/changes": {
        "to_step_in": {"gap": {"staff_id": "N12", "day": "2026-03-10"}, "by": "N11"},
    },
    "POST /api/v1/roster-changes/{change_id}:answer": {"yes": {"staff_id": "N11", "agreed": True}},
    "POST /api/v1/rosters/{roster_id}:publish": {
        "as_drafted": {},
        "with_gaps": {"agreed": ["N11"], "accept_missing": True},
    },
    "POST /api/v1/webhooks": {
        "of_a_ward": {
            "url": "https://example.org/wardflow",
            "topics": ["allocation.*", "request.displaced", "step.overdue"],
            "ward_ids": ["W1"],
        },
        "everything": {"url": "https://example.org/wardflow"},
    },
    "PATCH /api/v1/webhooks/{webhook_id}": {"pause": {"state": "paused"}},
    "POST /api/v1/webhooks/{webhook_id}:rotate": {"both_for_a_day": {"former_hours": 24}},
    "POST /api/v1/webhooks/{webhook_id}:ping": {"test": {}},
    "POST /api/v1/webhooks/{webhook_id}:replay": {"one": {"sequence": 1}},
    "POST /api/v1/accounts": {
        "nurse": {
            "login": "n.example",
            "password": "a long enough password",
            "roles": [{"role": "nurse", "ward_id": "W1"}],
        }
    },
    "PATCH /api/v1/accounts/{account_id}": {"disable": {"disabled": True}},
    "POST /api/v1/sandbox/clock": {"jump": {"now": "2026-03-02T06:00:00Z", "running": False}},
}
