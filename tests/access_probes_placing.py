"""What the access matrix asks of placing, of what was placed, and of disruptions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from solver.hospital import from_minute
from tests.access_hospital import DAY, FREE, NOW, SITE_OF_WARD, TAKEN
from tests.access_world import ABOUT, HOSPITAL, LATER, Call, Probe, World, bundle

HOLD = "/api/v1/allocations:hold"
RECOMMEND = "/api/v1/allocations:recommend"
CHECK = "/api/v1/allocations:check"
WHY_NOT = "/api/v1/why-not"


def placing() -> Iterator[Probe]:
    """Requests, choices, recommendations, holds and chains; withdrawing what was asked."""
    requests = "/api/v1/requests"
    for ward, about in ((None, HOSPITAL), *ABOUT.items()):
        given = ward or "W1"
        body = bundle(given, ward)
        yield Probe(f"POST {requests}", about, lambda _, b=body: Call("POST", requests, b))
        yield Probe(
            f"POST {requests}:batch",
            about,
            lambda _, b=body: Call("POST", f"{requests}:batch", {"requests": [b]}),
        )
        yield Probe(
            f"POST {requests}/{{request_id}}:choose", about, lambda w, g=given, a=ward: _choose(w, g, a)
        )
        asked = {"request": body, "k": 1}
        yield Probe(f"POST {RECOMMEND}", about, lambda _, b=asked: Call("POST", RECOMMEND, b), again=True)
        yield Probe(
            f"POST {RECOMMEND}", about, lambda w, g=given, a=ward: _recommend(w, g, a), "of a stored request"
        )
        held = {"request": body, "minutes": 1}
        yield Probe(f"POST {HOLD}", about, lambda _, b=held: Call("POST", HOLD, b))
        yield Probe(f"POST {HOLD}", about, lambda w, g=given, a=ward: _hold(w, g, a), "of a stored request")
        yield Probe(
            f"POST {requests}/{{request_id}}:chain",
            about,
            lambda w, g=given, a=ward: _chain(w, g, a),
            again=True,
        )
        waived = {**body, "waivers": [{"rule_id": "bed_staffed", "reason": "an agency nurse comes"}]}
        yield Probe(f"POST {requests}", about, lambda _, b=waived: Call("POST", requests, b), "overruling")
        asked = {"bundle": body, "bed_id": f"B-{given}-0"}
        yield Probe(f"POST {CHECK}", about, lambda _, b=asked: Call("POST", CHECK, b), again=True)
        body_of_why = {"bundle": body, "bed_id": f"B-{given}-0", "deadline_ms": 500}
        yield Probe(f"POST {WHY_NOT}", about, lambda _, b=body_of_why: Call("POST", WHY_NOT, b), again=True)
    for ward, about in ABOUT.items():
        yield Probe(f"POST {requests}/{{request_id}}:release", about, lambda w, g=ward: _withdraw(w, g))


def _choose(world: World, ward: str, asking: str | None) -> Call:
    case = world.case(ward, asking)
    return Call(
        "POST", f"/api/v1/requests/{case['request_id']}:choose", {"bed_id": case["allocation"]["bed_id"]}
    )


def _recommend(world: World, ward: str, asking: str | None) -> Call:
    case = world.case(ward, asking)
    return Call("POST", RECOMMEND, {"request_id": case["request_id"], "k": 1})


def _hold(world: World, ward: str, asking: str | None) -> Call:
    held = world.make("/allocations:hold", {"request": bundle(ward, asking), "minutes": 60})
    return Call("POST", HOLD, {"request_id": held["request_id"], "minutes": 61})


def _chain(world: World, ward: str, asking: str | None) -> Call:
    case = world.case(ward, asking)
    return Call("POST", f"/api/v1/requests/{case['request_id']}:chain", {"budget_ms": 1})


def _withdraw(world: World, ward: str) -> Call:
    return Call("POST", f"/api/v1/requests/{world.case(ward)['request_id']}:release", {})


def allocated() -> Iterator[Probe]:
    """What is done with a bed that was given, and with whoever lies in it."""
    bodies: dict[str, Any] = {
        "confirm": {"accepted": True},
        "release": {},
        "step": {"step": "handed_over"},
        "arrive": {},
        "discharge": {"step": "ordered"},
        "transfer": {"reason": "needs a quieter room", "other_room": False, "max_wait_minutes": 0},
    }
    for ward, about in ABOUT.items():
        for verb, body in bodies.items():
            operation = f"POST /api/v1/allocations/{{allocation_id}}:{verb}"
            yield Probe(operation, about, lambda w, g=ward, v=verb, b=body: _act(w, g, v, b))
        moved = bodies["transfer"]
        yield Probe(
            "POST /api/v1/stays/{stay_id}:transfer",
            about,
            lambda w, g=ward, b=moved: Call("POST", f"/api/v1/stays/{w.stay(g)}:transfer", b),
        )
        yield Probe(
            "POST /api/v1/stays/{stay_id}:chain",
            about,
            lambda w, g=ward: Call("POST", f"/api/v1/stays/{w.stay(g)}:chain", {}),
            again=True,
        )
        for verb in ("confirm", "decline"):
            yield Probe(
                f"POST /api/v1/proposals/{{proposal_id}}:{verb}",
                about,
                lambda w, g=ward, v=verb: Call("POST", f"/api/v1/proposals/{w.proposal(g)}:{v}", {}),
                "of a transfer",
            )


def _act(world: World, ward: str, verb: str, body: Any) -> Call:
    lying = verb in ("discharge", "transfer")
    case = world.arrived(ward) if lying else world.case(ward)
    return Call("POST", f"/api/v1/allocations/{case['allocation']['id']}:{verb}", body, case["revision"])


def disrupting() -> Iterator[Probe]:
    """Every kind of disruption about every place it can be about."""
    for ward, about in ABOUT.items():
        for event in _events(ward):
            yield _disruption(about, lambda _, e=event: e, event["kind"])
        for kind in ("left", "died", "absconded"):
            yield _disruption(about, lambda w, g=ward, k=kind: {"kind": k, "stay_id": w.stay(g)}, kind)
    for event in (
        {"kind": "mass_casualty_alert", "expected": 9},
        {"kind": "lot_quarantined", "lot_id": "L-pharmacy"},
    ):
        yield _disruption(HOSPITAL, lambda _, e=event: e, event["kind"])


def _disruption(about: str, event: Callable[[World], Any], kind: str) -> Probe:
    path = "/api/v1/disruptions"
    return Probe(f"POST {path}", about, lambda w: Call("POST", path, {"event": event(w)}), kind)


def _events(ward: str) -> Iterator[dict[str, Any]]:
    """Events that may be told again and again; the last of each kind undoes the one before."""
    last, free = TAKEN - 1, TAKEN + FREE - 1
    stay = {"stay_id": f"S-{ward}-{last}"}
    person = {"person_id": f"P-{ward}-{last}"}
    yield {"kind": "isolation_on", **person, "isolation": ["contact"]}
    yield {"kind": "isolation_off", **person}
    yield {"kind": "bed_closed", "bed_id": f"B-{ward}-{free}", "reason": "water leak"}
    yield {"kind": "bed_opened", "bed_id": f"B-{ward}-{free}"}
    yield {"kind": "bed_cleaned", "bed_id": f"B-{ward}-{free}"}
    yield {"kind": "bed_found_occupied", "bed_id": f"B-{ward}-{free}"}
    yield {"kind": "unit_broken", "unit_id": f"U-{ward}"}
    yield {"kind": "unit_returned", "unit_id": f"U-{ward}"}
    yield {"kind": "model_recalled", "model": f"M-{ward}"}
    yield {"kind": "lot_quarantined", "lot_id": f"L-{ward}"}
    yield {"kind": "lot_released", "lot_id": f"L-{ward}"}
    yield {"kind": "lot_recalled", "lot_id": f"L-{ward}"}
    yield {"kind": "nurse_absent", "shift_id": f"D-N-{ward}-1"}
    yield {"kind": "nurses_absent", "shift_ids": [f"D-N-{ward}-1"]}
    yield {"kind": "nurse_present", "shift_id": f"D-N-{ward}-1"}
    yield {"kind": "on_call_called", "shift_id": f"C-{ward}", "consented": True}
    yield {"kind": "stay_prolonged", **stay, "until": LATER}
    yield {"kind": "stay_shortened", **stay, "until": from_minute(NOW + DAY).isoformat()}
    yield {"kind": "on_leave", **stay}
    yield {"kind": "back_from_leave", **stay}
    yield {"kind": "step_up", **stay, "care_level": 1}
    yield {"kind": "ready_for_step_down", **stay, "care_level": 0}
    yield {"kind": "identities_merged", "person_id": f"Q-{ward}-0", "into_person_id": f"Q-{ward}-1"}
    yield {"kind": "lift_out_of_order", "site_id": SITE_OF_WARD[ward], "minutes_per_floor": 9}
    yield {"kind": "lift_repaired", "site_id": SITE_OF_WARD[ward], "minutes_per_floor": 2}
    yield {"kind": "ward_outbreak", "ward_id": ward, "organism": "norovirus"}
    yield {"kind": "room_exposure", "room_id": f"R-{ward}", "organism": "norovirus", "until": LATER}
    yield {"kind": "room_closed", "room_id": f"R-{ward}", "reason": "painting", "until": LATER}
    yield {"kind": "room_opened", "room_id": f"R-{ward}"}
    yield {"kind": "ward_closed", "ward_id": ward, "reason": "an outbreak"}
    yield {"kind": "ward_opened", "ward_id": ward}
