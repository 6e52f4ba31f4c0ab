"""Errors on the wire: every error has a row, and no answer repeats what was sent."""

import asyncio
import inspect
import json

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import exc

from api import errors as api
from api.problems import PROBLEMS, install, response_to, row_of
from models import errors as storage
from solver.engine import errors as solver
from solver.engine.errors import InvalidInstance, Problem

TREES = [(api, api.ApiError), (storage, storage.StorageError), (solver, solver.SolverError)]
SECRET = "Jane Doe 1957-08-30"


def errors_of(module, root):
    return [c for _, c in inspect.getmembers(module, inspect.isclass) if issubclass(c, root)]


@pytest.mark.parametrize(
    "error", [e for module, root in TREES for e in errors_of(module, root)], ids=lambda e: e.__name__
)
def test_every_error_of_the_three_trees_has_a_row_of_its_own(error):
    assert error in PROBLEMS


def test_no_row_is_left_over_from_an_error_that_is_gone():
    known = {e for module, root in TREES for e in errors_of(module, root)}
    assert set(PROBLEMS) == known


def test_a_slug_always_stands_for_one_title():
    told = {}
    for row in PROBLEMS.values():
        assert told.setdefault((row.slug, row.status), row.title) == row.title


def test_an_error_added_later_is_answered_as_its_parent():
    class Later(storage.WriterClosed):
        pass

    assert row_of(Later()) is PROBLEMS[storage.WriterClosed]


def test_an_error_of_nobody_is_an_internal_error_without_its_message():
    answer = response_to(ValueError(SECRET))
    assert answer.status_code == 500
    assert SECRET not in bytes(answer.body).decode()


def test_a_refused_instance_names_fields_and_never_values_or_ids():
    error = InvalidInstance(
        [Problem(f"Person {SECRET!r}, weight_kg", SECRET, "a whole number", "Correct it.")]
    )
    body = json.loads(bytes(response_to(error).body))
    assert SECRET not in json.dumps(body)
    assert body["errors"] == [{"where": "weight_kg", "expected": "a whole number"}]


def test_what_was_not_found_is_named_by_kind_only():
    body = bytes(response_to(storage.NotFound("request", SECRET)).body).decode()
    assert SECRET not in body
    assert "request" in body


def test_a_problem_is_problem_json_with_type_title_status_and_remedy():
    answer = response_to(api.StaleRevision(7))
    body = json.loads(bytes(answer.body))
    assert answer.media_type == "application/problem+json"
    assert body["type"] == "/problems/stale-revision"
    assert body["status"] == answer.status_code == 412
    assert body["current_revision"] == 7
    assert body["remedy"]


def test_who_must_wait_is_told_how_long():
    assert response_to(storage.QueueFull(9, 3)).headers["Retry-After"] == "3"
    assert response_to(api.LoginThrottled(17)).headers["Retry-After"] == "17"
    assert "Bearer" in response_to(api.Unauthenticated("none")).headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "error", [e for e in PROBLEMS if PROBLEMS[e].status == 503], ids=lambda e: e.__name__
)
def test_whoever_is_told_to_come_back_is_told_when(error):
    arguments = {storage.QueueFull: (9, 3), storage.Contended: ("place", "guard", 3)}.get(error, ())
    assert int(response_to(error(*arguments)).headers["Retry-After"]) >= 1


def test_a_change_whose_outcome_nobody_knows_is_told_neither_as_stored_nor_as_not_stored():
    unknown, not_stored = row_of(storage.OutcomeUnknown()), row_of(storage.CommitFailed())
    assert unknown.slug != not_stored.slug
    assert "not known" in unknown.title
    assert "same Idempotency-Key" in unknown.remedy


@pytest.mark.parametrize(
    ("raised", "status"),
    [
        (exc.OperationalError("SELECT", None, Exception("the server is gone")), 503),
        (exc.TimeoutError("no connection came back"), 503),
        (exc.DisconnectionError("the server ended every connection"), 503),
        (exc.ProgrammingError("SELECT", None, Exception("no such column")), 500),
        (exc.InvalidRequestError("used wrongly"), 500),
    ],
    ids=["gone", "busy", "cut", "wrong statement", "wrong use"],
)
def test_what_storage_fails_at_is_503_and_what_was_asked_of_it_wrongly_is_500(raised, status):
    app = FastAPI()
    install(app)

    @app.get("/beds")
    def beds():
        raise raised

    async def read():
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ward") as client:
            return await client.get("/beds")

    answer = asyncio.run(read())
    assert (answer.status_code, "retry-after" in answer.headers) == (status, status == 503)
