"""What the access matrix asks: every operation about every place, each call such that whoever may do it succeeds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from api.examples import EXAMPLES
from solver.hospital import from_minute
from tests.access_hospital import NOW
from tests.access_probes_placing import allocated, disrupting, placing
from tests.access_world import ABOUT, BOOKINGS, EXPERIMENT, HOSPITAL, STOCK, Call, Probe, World, use


def probes() -> list[Probe]:
    """All of them; those that end sessions come last."""
    return [
        *_reading(),
        *_administering(),
        *_webhooks(),
        *_jobs(),
        *_stock(),
        *_bookings(),
        *_rosters(),
        *_admissions(),
        *placing(),
        *allocated(),
        *disrupting(),
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
    repairs = "/api/v1/equipment/repairs"
    yield Probe(f"POST {repairs}", HOSPITAL, lambda _: Call("POST", repairs, {}))
    # Of one that nobody searched: whoever may is told that there is none.
    for method, verb, body, revision in (("GET", "", None, None), ("POST", ":apply", {}, 0)):
        yield Probe(
            f"{method} {repairs}/{{job_id}}{verb}",
            HOSPITAL,
            lambda w, m=method, v=verb, b=body, r=revision: Call(m, f"{repairs}/{w.repair()}{v}", b, r),
            again=True,
        )
    yield _get("/jobs")
    yield from _each_kind("an experiment", World.experiment)
    yield from _each_kind("a pharmacy's plan", World.plan)
    yield from _each_kind("a plan of bookings", World.bookings)
    yield from _each_kind("a repair of bookings", World.repair)
    yield from _each_kind("a roster", lambda w: str(w.roster("W1")["job_id"]))
    yield from _each_kind("a plan of admissions", lambda w: str(w.admission_plan()["job_id"]))


def _bookings() -> Iterator[Probe]:
    path = "/api/v1/equipment/bookings"
    yield _get("/equipment/bookings")
    for ward, about in ABOUT.items():
        yield Probe(f"POST {path}", about, lambda _, g=ward: Call("POST", path, use(g)))
        yield Probe(
            f"GET {path}/{{booking_id}}",
            about,
            lambda w, g=ward: Call("GET", f"{path}/{w.booking(g)}"),
            again=True,
        )
        for verb in ("confirm", "cancel"):
            yield Probe(
                f"POST {path}/{{booking_id}}:{verb}",
                about,
                lambda w, g=ward, v=verb: Call("POST", f"{path}/{w.booking(g)}:{v}", {}, 1),
            )


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


def _sessions() -> Iterator[Probe]:
    log_out = "/api/v1/sessions/current"
    yield Probe(f"DELETE {log_out}", HOSPITAL, lambda _: Call("DELETE", log_out))
