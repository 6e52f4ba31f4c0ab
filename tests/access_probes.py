"""What the access matrix asks: every operation about every place, each call such that whoever may do it succeeds."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from api.examples import EXAMPLES
from solver.hospital import from_minute
from tests.access_hospital import DAY, FREE, NOW, SITE_OF_WARD, TAKEN
from tests.access_wire import Said, Wire

ABOUT = {"W1": "own ward", "W2": "another ward", "X1": "another site"}
"""The place a call is about, seen by somebody whose role is held on ward W1 or on its site."""

HOSPITAL = "hospital"
HOLD = "/api/v1/allocations:hold"
RECOMMEND = "/api/v1/allocations:recommend"
CHECK = "/api/v1/allocations:check"
WHY_NOT = "/api/v1/why-not"
LATER = from_minute(NOW + 2 * DAY).isoformat()
EXPERIMENT = EXAMPLES["POST /api/v1/experiments"]["as_it_is"]
BOOKINGS = EXAMPLES["POST /api/v1/equipment/plans"]["given_bookings"]
STOCK = EXAMPLES["POST /api/v1/pharmacy/plans"]["one_item"]
TERMS = EXAMPLES["POST /api/v1/roster-terms"]["two_part_timers"]
DRAFT = EXAMPLES["POST /api/v1/rosters"]["with_wishes"]
ADMISSION_TERMS = EXAMPLES["POST /api/v1/admission-terms"]["one_theatre"]
ADMISSIONS = {"ward_ids": ["W1"], "days": 3, "iterations": 1000}


@dataclass(frozen=True)
class Call:
    """One call, ready to be sent by anybody."""

    method: str
    path: str
    body: Any = None
    revision: int | None = None


@dataclass
class World:
    """Makes what calls need, as an account that may do everything everywhere."""

    wire: Wire
    token: str
    account_id: str
    sessions: dict[str, str] = field(default_factory=dict)
    _stays: dict[str, Iterator[int]] = field(
        default_factory=lambda: {ward: iter(range(TAKEN)) for ward in SITE_OF_WARD}
    )
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def send(self, call: Call, token: str | None) -> Said:
        """A call under a token, with a key of its own."""
        headers = {"Idempotency-Key": f"access-{secrets.token_hex(8)}"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        if call.revision is not None:
            headers["If-Match"] = f'"{call.revision}"'
        return self.wire.request(call.method, call.path, headers, call.body)

    def make(self, path: str, body: Any, revision: int | None = None) -> Any:
        """Something that must succeed."""
        answer = self.send(Call("POST", f"/api/v1{path}", body, revision), self.token)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        return answer.json()

    def case(self, ward: str, asking: str | None = None) -> Any:
        """A request that was given a bed of this ward."""
        return self.make("/requests", bundle(ward, asking))

    def arrived(self, ward: str) -> Any:
        """A request whose patient lies in a bed of this ward."""
        case = self.case(ward)
        return self.make(f"/allocations/{case['allocation']['id']}:arrive", {}, case["revision"])

    def stay(self, ward: str) -> str:
        """A patient of this ward whom no earlier call was about."""
        return f"S-{ward}-{next(self._stays[ward])}"

    def proposal(self, ward: str) -> str:
        """An open proposal to move a patient of this ward."""
        bed = self.stay(ward).replace("S-", "B-", 1)
        told = self.make("/disruptions", {"event": {"kind": "bed_closed", "bed_id": bed, "reason": "leak"}})
        return str(told["proposals"][0]["id"])

    def webhook(self) -> str:
        """A webhook that hears of nothing: an address that leads nowhere is never called."""
        body = {"url": "https://example.org/hook", "topics": ["no.event"]}
        return str(self.make("/webhooks", body)["id"])

    def listening_webhook(self) -> str:
        """A webhook that would hear of everything, at an address that nobody may have (RFC 2606)."""
        return str(self.make("/webhooks", {"url": "https://hook.invalid/"})["id"])

    def experiment(self) -> str:
        """An experiment that nobody has begun."""
        return str(self.make("/experiments", EXPERIMENT)["id"])

    def plan(self) -> str:
        """A pharmacy's plan that nobody has begun."""
        return str(self.make("/pharmacy/plans", STOCK)["id"])

    def bookings(self) -> str:
        """A plan of bookings that nobody has begun."""
        return str(self.make("/equipment/plans", BOOKINGS)["id"])

    def awaiting(self, ward: str) -> str:
        """A move in this ward's cabinet that another account asked for."""
        move = {"kind": "loss", "lot_id": f"C-{ward}", "quantity": 1}
        return str(self.make("/pharmacy/moves", {"moves": [move]})["items"][0]["move_id"])

    def terms(self, ward: str) -> Call:
        """A further version of what a ward's rosters are made by."""
        query = f"/api/v1/roster-terms?ward_id={ward}"
        seen = self.send(Call("GET", query), self.token).json().get("revision", 0)
        people = [{"staff_id": f"N-{ward}-{n}", "contract_id": "part"} for n in range(2)]
        body = {**TERMS, "ward_id": ward, "people": people}
        return Call("POST", "/api/v1/roster-terms", body, seen)

    def draft(self, ward: str) -> Call:
        """A roster of a ward that has terms."""
        stated = self.terms(ward)
        if not stated.revision:
            self.make("/roster-terms", stated.body, 0)
        return Call("POST", "/api/v1/rosters", {**DRAFT, "ward_id": ward, "wishes": []})

    def roster(self, ward: str) -> Any:
        """A draft that nobody has begun to search."""
        return self.make("/rosters", self.draft(ward).body)

    def admission_terms(self) -> Call:
        """A further version of what plans of admissions are made by."""
        path = "/api/v1/admission-terms"
        seen = self.send(Call("GET", path), self.token).json().get("revision", 0)
        return Call("POST", path, ADMISSION_TERMS, seen)

    def admissions(self) -> Call:
        """A plan of admissions of a hospital that has terms for it."""
        stated = self.admission_terms()
        if not stated.revision:
            self.make("/admission-terms", stated.body, 0)
        return Call("POST", "/api/v1/plans", ADMISSIONS)

    def admission_plan(self) -> Any:
        """A plan that nobody has begun to search."""
        return self.make("/plans", self.admissions().body)

    def login(self) -> str:
        """A name nobody has."""
        return f"new-{next(self._numbers)}"


@dataclass(frozen=True)
class Probe:
    """A question: may somebody do this, about this place? ``again``: the call may be sent again once it was carried
    out; otherwise a new one is prepared. ``hidden``: whoever may not is told that there is no such thing."""

    operation: str
    about: str
    prepare: Callable[[World], Call]
    what: str = ""
    again: bool = False
    hidden: bool = False

    @property
    def row(self) -> tuple[str, str, str]:
        """How the table names it."""
        return self.operation, self.what, self.about


def bundle(ward: str, asking: str | None = None) -> dict[str, Any]:
    """A request that only a bed of this ward fits."""
    body = {
        "person": {"sex": "female", "born": "1986-01-01"},
        "priority": "routine",
        "care": {"speciality": "medicine"},
        "duration_minutes": 600,
        "max_wait_minutes": 0,
        "excluded_room_ids": [f"R-{other}" for other in SITE_OF_WARD if other != ward],
    }
    return {**body, "for_ward_id": asking} if asking is not None else body


def probes() -> list[Probe]:
    """All of them; those that end sessions come last."""
    return [
        *_reading(),
        *_administering(),
        *_webhooks(),
        *_jobs(),
        *_stock(),
        *_rosters(),
        *_admissions(),
        *_placing(),
        *_allocated(),
        *_disrupting(),
        *_sessions(),
    ]


def _get(path: str, about: str = HOSPITAL, query: str = "", template: str = "") -> Probe:
    operation = f"GET /api/v1{template or path}"
    return Probe(operation, about, lambda _: Call("GET", f"/api/v1{path}{query}"), again=True)


def _reading() -> Iterator[Probe]:
    for path in ("wards", "rooms", "beds", "equipment-types", "equipment", "drugs", "drug-lots", "rules"):
        yield _get(f"/{path}")
    for path in ("requests", "proposals", "outliers", "census", "events", "staff", "shifts", "accounts"):
        yield _get(f"/{path}")
    yield _get("/steps/targets")
    for probe in ("healthz", "readyz", "version", "metrics"):
        yield Probe(f"GET /{probe}", HOSPITAL, lambda _, p=probe: Call("GET", f"/{p}"), again=True)
    for ward, about in ABOUT.items():
        yield _get("/staff", about, f"?ward_id={ward}")
        yield _get("/shifts", about, f"?ward_id={ward}")
        yield _get("/steps/breaches", about, f"?ward_id={ward}")
        yield _get("/equipment/free", about, f"?type=pump&near={ward}")
        yield _get(f"/equipment/U-{ward}/patients", about, template="/equipment/{unit_id}/patients")
        yield _get(f"/drug-lots/L-{ward}/patients", about, template="/drug-lots/{lot_id}/patients")
        yield Probe(
            "GET /api/v1/requests/{request_id}", about, lambda w, ward=ward: _read_case(w, ward), again=True
        )
        yield Probe(
            "GET /api/v1/requests/{request_id}/lots",
            about,
            lambda w, ward=ward: _read_case(w, ward, "/lots"),
            again=True,
        )
        yield Probe(
            "GET /api/v1/allocations/{allocation_id}",
            about,
            lambda w, ward=ward: _read_given(w, ward),
            again=True,
        )


def _read_case(world: World, ward: str, part: str = "") -> Call:
    return Call("GET", f"/api/v1/requests/{world.case(ward)['request_id']}{part}")


def _read_given(world: World, ward: str) -> Call:
    return Call("GET", f"/api/v1/allocations/{world.case(ward)['allocation']['id']}")


def _administering() -> Iterator[Probe]:
    account = "/api/v1/accounts"
    one = account + "/{account_id}"
    yield Probe(f"GET {one}", HOSPITAL, lambda w: Call("GET", f"{account}/{w.account_id}"), again=True)
    yield Probe(
        f"PATCH {one}", HOSPITAL, lambda w: Call("PATCH", f"{account}/{w.account_id}", {"disabled": False})
    )
    yield Probe(f"POST {account}", HOSPITAL, lambda w: Call("POST", account, _account(w, None)))
    yield from _rules()
    yield from _scarcity()
    targets = "/api/v1/steps/targets"
    yield Probe(f"POST {targets}", HOSPITAL, lambda _: Call("POST", targets, _targets()))
    yield Probe("POST /api/v1/sandbox/clock", HOSPITAL, lambda _: _clock(), again=True)


def _rules() -> Iterator[Probe]:
    """Version 1 is there from the start; another one is in force before it is gone back to."""
    one = "/api/v1/profiles/{version}"
    yield _get("/profiles")
    yield _get("/profiles/1", template="/profiles/{version}")
    yield Probe("POST /api/v1/profiles", HOSPITAL, lambda _: Call("POST", "/api/v1/profiles", _draft()))
    yield Probe(f"POST {one}:preview", HOSPITAL, lambda _: Call("POST", "/api/v1/profiles/1:preview", {}))
    yield Probe(f"POST {one}:activate", HOSPITAL, _go_back)


def _rationing() -> Iterator[Probe]:
    """Somebody else proposed the version that is put in force."""
    orders = "/api/v1/rationing-orders"
    yield _get("/rationing-orders")
    yield Probe(f"POST {orders}", HOSPITAL, lambda _: Call("POST", orders, _order()))
    yield Probe(f"POST {orders}/{{order_version}}:activate", HOSPITAL, _put_in_force)


def _order() -> dict[str, Any]:
    return EXAMPLES["POST /api/v1/rationing-orders"]["priority_then_cover"]


def _put_in_force(world: World) -> Call:
    version = world.make("/rationing-orders", _order())["order_version"]
    seen = world.send(Call("GET", "/api/v1/rationing-orders"), world.token).json()["revision"]
    path = f"/api/v1/rationing-orders/{version}:activate"
    return Call("POST", path, {"reason": "set in the meeting"}, seen)


def _scarcity() -> Iterator[Probe]:
    yield _get("/scarcity")
    yield Probe("POST /api/v1/scarcity:switch", HOSPITAL, _switch)


def _switch(world: World) -> Call:
    seen = world.send(Call("GET", "/api/v1/scarcity"), world.token).json()
    body = {"on": not seen["switched_on"], "reason": "tried for a week"}
    return Call("POST", "/api/v1/scarcity:switch", body, seen["revision"])


def _draft() -> dict[str, Any]:
    return {"weights": {"speciality": 70_000}, "reason": "fewer outliers"}


def _go_back(world: World) -> Call:
    version = world.make("/profiles", _draft())["version"]
    revision = world.make(f"/profiles/{version}:preview", {"days": 1})["revision"]
    reason = {"reason": "agreed in the round"}
    world.make(f"/profiles/{version}:activate", reason, revision)
    seen = world.send(Call("GET", "/api/v1/profiles/1"), world.token).json()["revision"]
    return Call("POST", "/api/v1/profiles/1:activate", reason, seen)


def _webhooks() -> Iterator[Probe]:
    hooks = "/api/v1/webhooks"
    one = hooks + "/{webhook_id}"
    body = {"url": "https://example.org/hook", "topics": ["no.event"]}
    yield _get("/webhooks")
    yield Probe(f"POST {hooks}", HOSPITAL, lambda _: Call("POST", hooks, body))
    for operation, path in ((one, ""), (f"{one}/attempts", "/attempts")):
        yield Probe(
            f"GET {operation}",
            HOSPITAL,
            lambda w, p=path: Call("GET", f"{hooks}/{w.webhook()}{p}"),
            again=True,
        )
    yield Probe(
        f"PATCH {one}", HOSPITAL, lambda w: Call("PATCH", f"{hooks}/{w.webhook()}", {"state": "paused"}, 1)
    )
    yield Probe(f"DELETE {one}", HOSPITAL, lambda w: Call("DELETE", f"{hooks}/{w.webhook()}", None, 1))
    yield Probe(
        f"POST {one}:replay",
        HOSPITAL,
        lambda w: Call("POST", f"{hooks}/{w.listening_webhook()}:replay", {"sequence": 1}),
    )
    for verb, said in (("rotate", {}), ("ping", {})):
        yield Probe(
            f"POST {one}:{verb}",
            HOSPITAL,
            lambda w, v=verb, b=said: Call("POST", f"{hooks}/{w.webhook()}:{v}", b, 1),
        )


def _jobs() -> Iterator[Probe]:
    experiments, plans = "/api/v1/experiments", "/api/v1/pharmacy/plans"
    yield Probe(f"POST {experiments}", HOSPITAL, lambda _: Call("POST", experiments, EXPERIMENT))
    yield Probe(
        f"GET {experiments}/{{job_id}}/report",
        HOSPITAL,
        lambda w: Call("GET", f"{experiments}/{w.experiment()}/report"),
        again=True,
    )
    yield Probe(f"POST {plans}", HOSPITAL, lambda _: Call("POST", plans, STOCK))
    yield Probe(
        f"POST {plans}/{{job_id}}:accept",
        HOSPITAL,
        lambda w: Call("POST", f"{plans}/{w.plan()}:accept", {"lines": [{"item_id": "D1"}]}, 0),
    )
    yield Probe(f"GET {plans}/{{job_id}}", HOSPITAL, lambda w: Call("GET", f"{plans}/{w.plan()}"), again=True)
    bookings = "/api/v1/equipment/plans"
    yield Probe(f"POST {bookings}", HOSPITAL, lambda _: Call("POST", bookings, BOOKINGS))
    yield Probe(
        f"GET {bookings}/{{job_id}}",
        HOSPITAL,
        lambda w: Call("GET", f"{bookings}/{w.bookings()}"),
        again=True,
    )
    yield _get("/jobs")
    yield from _each_kind("an experiment", World.experiment)
    yield from _each_kind("a pharmacy's plan", World.plan)
    yield from _each_kind("a plan of bookings", World.bookings)
    yield from _each_kind("a roster", lambda w: str(w.roster("W1")["job_id"]))
    yield from _each_kind("a plan of admissions", lambda w: str(w.admission_plan()["job_id"]))


def _admissions() -> Iterator[Probe]:
    terms, plans = "/api/v1/admission-terms", "/api/v1/plans"
    yield Probe(f"POST {terms}", HOSPITAL, lambda w: w.admission_terms())
    yield _get("/admission-terms")
    yield _get("/plans")
    yield Probe(f"POST {plans}", HOSPITAL, lambda w: w.admissions())
    # Of a plan that nobody searched: whoever may is told that there is none.
    for method, path, body, revision in (
        ("GET", "{plan_id}", None, None),
        ("GET", "{plan_id}/diff/{other_id}", None, None),
        ("POST", "{plan_id}:check", {}, None),
        ("POST", "{plan_id}:apply", {}, 0),
    ):
        yield Probe(
            f"{method} {plans}/{path}",
            HOSPITAL,
            lambda w, m=method, p=path, b=body, r=revision: Call(
                m, f"{plans}/{_of_one_plan(p, str(w.admission_plan()['plan_id']))}", b, r
            ),
            again=True,
        )


def _of_one_plan(path: str, plan_id: str) -> str:
    return path.replace("{plan_id}", plan_id).replace("{other_id}", plan_id)


def _rosters() -> Iterator[Probe]:
    terms, rosters = "/api/v1/roster-terms", "/api/v1/rosters"
    yield _get("/rosters")
    for ward, about in ABOUT.items():
        yield Probe(f"POST {terms}", about, lambda w, g=ward: w.terms(g))
        yield _get("/roster-terms", about, f"?ward_id={ward}")
        yield _get("/rosters", about, f"?ward_id={ward}")
        yield Probe(f"POST {rosters}", about, lambda w, g=ward: w.draft(g))
        yield Probe(
            f"GET {rosters}/{{roster_id}}",
            about,
            lambda w, g=ward: Call("GET", f"{rosters}/{w.roster(g)['roster_id']}"),
            again=True,
        )
        # Of a draft that nobody searched: whoever may is told that it has no plan, or is not published.
        gap = {"staff_id": f"N-{ward}-0", "day": "2026-03-10"}
        for verb, body, revision in (
            (":check", {}, None),
            (":publish", {}, 0),
            (":cover", gap, None),
            ("/changes", {"gap": gap, "by": f"N-{ward}-1"}, None),
        ):
            yield Probe(
                f"POST {rosters}/{{roster_id}}{verb}",
                about,
                lambda w, g=ward, v=verb, b=body, r=revision: Call(
                    "POST", f"{rosters}/{w.roster(g)['roster_id']}{v}", b, r
                ),
                again=True,
            )
        yield from _roster_changes(ward, about)
        for form in ("export.csv", "export.xlsx", "print"):
            yield Probe(
                f"GET {rosters}/{{roster_id}}/{form}",
                about,
                lambda w, g=ward, f=form: Call("GET", f"{rosters}/{w.roster(g)['roster_id']}/{f}"),
                again=True,
            )


def _roster_changes(ward: str, about: str) -> Iterator[Probe]:
    one = "/api/v1/roster-changes"
    yield Probe(
        f"GET {one}/{{change_id}}",
        about,
        lambda _: Call("GET", f"{one}/RC-{ward}"),
        again=True,
    )
    # Nobody has agreed yet; whoever answers second is told that this was answered already.
    agreed = {"staff_id": f"N-{ward}-1", "agreed": True}
    for verb, body in (("publish", {}), ("answer", agreed)):
        yield Probe(
            f"POST {one}/{{change_id}}:{verb}",
            about,
            lambda _, v=verb, b=body: Call("POST", f"{one}/RC-{ward}:{v}", b),
            again=True,
        )


def _stock() -> Iterator[Probe]:
    moves = "/api/v1/pharmacy/moves"
    one = moves + "/{move_id}"
    yield _get("/pharmacy/moves")
    yield _get("/pharmacy/balances")
    yield _get("/pharmacy/watch")
    yield _get("/pharmacy/shortages")
    yield from _rationing()
    for ward, about in ABOUT.items():
        yield _get(f"/drug-lots/L-{ward}/card", about, template="/drug-lots/{lot_id}/card")
        for kind, more in (("loss", {}), ("transfer", {"ward_id": None})):
            body = {"moves": [{"kind": kind, "lot_id": f"C-{ward}", "quantity": 1, **more}]}
            yield Probe(f"POST {moves}", about, lambda _, b=body: Call("POST", moves, b), kind)
        for verb in ("confirm", "decline"):
            yield Probe(
                f"POST {one}:{verb}",
                about,
                lambda w, g=ward, v=verb: Call("POST", f"{moves}/{w.awaiting(g)}:{v}", {}),
            )


def _each_kind(what: str, made: Callable[[World], str]) -> Iterator[Probe]:
    one = "/api/v1/jobs/{job_id}"
    for part in ("", "/result", "/events"):
        yield Probe(
            f"GET {one}{part}",
            HOSPITAL,
            lambda w, p=part: Call("GET", f"/api/v1/jobs/{made(w)}{p}"),
            what,
            again=True,
            hidden=True,
        )
    yield Probe(
        f"POST {one}:cancel",
        HOSPITAL,
        lambda w: Call("POST", f"/api/v1/jobs/{made(w)}:cancel", {}),
        what,
        hidden=True,
    )


def _account(world: World, ward: str | None) -> dict[str, Any]:
    roles = [{"role": "nurse", "ward_id": ward}] if ward is not None else []
    return {"login": world.login(), "password": "a password of nobody", "roles": roles}


def _targets() -> dict[str, Any]:
    return {"targets": [{"step": "left", "priority": "routine", "minutes": 240, "ward_id": "W1"}]}


def _clock() -> Call:
    return Call("POST", "/api/v1/sandbox/clock", {"now": from_minute(NOW).isoformat(), "running": False})


def _placing() -> Iterator[Probe]:
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


def _allocated() -> Iterator[Probe]:
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


def _disrupting() -> Iterator[Probe]:
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


def _sessions() -> Iterator[Probe]:
    log_out = "/api/v1/sessions/current"
    yield Probe(f"DELETE {log_out}", HOSPITAL, lambda _: Call("DELETE", log_out))
