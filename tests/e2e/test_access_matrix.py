"""Who may do what, about which place: the service does what the checked-in table says, and no more."""

import csv
from typing import get_args

import pytest
from fastapi.routing import iter_route_contexts

from api import openapi
from api.app import create_app
from api.schemas.disruptions import DisruptionIn
from api.security.access import Permitted
from api.security.permissions import Permission
from api.settings import Settings
from tests.access_matrix import TABLE, Leak, asked, difference, row, rows, written
from tests.access_probes import probes


def stored():
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {(line["operation"], line["what"], line["about"]): line for line in csv.DictReader(file)}


@pytest.mark.slow
def test_the_service_does_for_every_role_and_place_what_the_table_says(tmp_path):
    with asked(tmp_path) as service:
        now = written(rows(service))
        assert service.served.violations() == []
    assert difference(now) == [], "python -m tests.access_matrix shows it; --write accepts it"


def test_every_operation_of_the_document_is_in_the_table():
    document = openapi.document(create_app(Settings()))
    every = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}
    assert every - {"POST /api/v1/sessions"} == {operation for operation, _, _ in stored()}


def test_every_kind_of_disruption_is_in_the_table_about_every_place():
    events = get_args(DisruptionIn.model_fields["event"].annotation)
    kinds = {kind for model in events for kind in get_args(model.model_fields["kind"].annotation)}
    asked_about = {kind: set() for kind in kinds}
    for operation, what, about in stored():
        if operation == "POST /api/v1/disruptions":
            asked_about[what].add(about)
    places = {"own ward", "another ward", "another site"}
    assert {kind for kind, about in asked_about.items() if not places <= about} == {"mass_casualty_alert"}


def test_nobody_without_a_token_gets_further_than_the_probes():
    open_to_all = {operation for (operation, _, _), line in stored().items() if line["nobody"] == "yes"}
    assert open_to_all == {"GET /healthz", "GET /readyz", "GET /version", "GET /metrics"}


# --- controls: a service whose doors stand open ----------------------------------------------------------------
def probe_of(operation, what=""):
    return next(p for p in probes() if (p.operation, p.what) == (operation, what))


def without_permission(permission, monkeypatch):
    """Drop a permission: routes that asked for it ask for one that every role has. Until the end of the test: all
    applications of a process share the routes."""

    def change(app):
        for context in iter_route_contexts(app.routes):
            for inner in context.dependant.dependencies:
                if isinstance(inner.call, Permitted) and inner.call.permission is permission:
                    monkeypatch.setattr(inner.call, "permission", Permission.RULES_READ)

    return change


def test_a_route_that_lost_its_permission_no_longer_fits_the_table(tmp_path, monkeypatch):
    with asked(tmp_path, without_permission(Permission.REQUEST_BATCH, monkeypatch)) as service:
        probe, sound = probe_of("POST /api/v1/requests:batch"), probe_of("GET /api/v1/census")
        found = row(probe, service)
        assert found != stored()[probe.row]
        assert (found["nobody"], found["auditor"]) == ("-", "*SW")
        assert row(sound, service) == stored()[sound.row]


def test_a_refusal_that_acts_all_the_same_is_noticed(tmp_path):
    with asked(tmp_path, answers_403_after_acting) as service, pytest.raises(Leak, match="had an effect"):
        row(probe_of("POST /api/v1/requests"), service)


def answers_403_after_acting(app):
    class Liar:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            async def lying(message):
                if message["type"] == "http.response.start" and message["status"] in (201, 202):
                    message["status"] = 403
                await send(message)

            await self.app(scope, receive, lying)

    app.add_middleware(Liar)
