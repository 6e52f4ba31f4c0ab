"""The express lane: which commands take it, and that the rest is left to FastAPI."""

from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.app import create_app
from api.express import Express, stops
from api.settings import Settings


@pytest.fixture
def app(tmp_path: Path):
    return create_app(Settings(database=tmp_path / "hospital.db", key_file=tmp_path / "wardflow.keys"))


def acting(app):
    """Every POST that takes an idempotency key."""
    for context in iter_route_contexts(app.routes):
        names = (
            {inner.name for inner in context.dependant.dependencies}
            if hasattr(context, "dependant")
            else set()
        )
        if isinstance(context.original_route, APIRoute) and context.methods == {"POST"} and "acting" in names:
            yield str(context.path)


def test_commands_take_it_unless_they_wait_or_their_ids_hold_slashes_or_are_numbers_or_stand_inside(app):
    paths = {
        before + (f"{{{stop.id_name}}}" if stop.id_name else "") + verb
        for (before, verb), stop in stops(app).items()
    }
    kinds = ("experiments", "pharmacy/plans", "equipment/plans", "equipment/repairs")
    waiting = {f"/api/v1/{kind}" for kind in kinds}
    passed_on = (":path}", "version}", "}/changes")
    slow = {path for path in acting(app) if path in waiting or any(part in path for part in passed_on)}
    assert set(acting(app)) - slow <= paths
    assert not slow & paths, "an id that is a number is not passed on as text"
    assert "/api/v1/requests" in paths
    assert "/api/v1/allocations/{allocation_id}:arrive" in paths


def test_a_stop_calls_what_its_route_declares_in_that_order(app):
    for stop in stops(app).values():
        declared = [inner.name for inner in stop.route.dependant.dependencies]
        assert [name for name, _ in stop.dependencies] == declared


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/requests"),
        ("PUT", "/api/v1/requests/r1:release"),
        ("POST", "/api/v1/requests/"),
        ("POST", "/api/v1/requests/r1"),
        ("POST", "/api/v1/requests/r1:unknown"),
        ("POST", "/api/v1/requests/:release"),
        ("POST", "/api/v1/requests/a b:release"),
        ("POST", f"/api/v1/requests/{'x' * 81}:release"),
        ("POST", "/api/v1/requests/Zoë:release"),
        ("POST", "/elsewhere/api/v1/requests"),
    ],
)
async def test_whatever_is_not_plain_is_passed_on(app, method, path):
    passed = []

    async def inner(scope, receive, send):
        passed.append(scope["path"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(app=Express(inner, app))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.request(method, path)
    assert answer.status_code == 204
    assert passed == [path]
