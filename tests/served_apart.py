"""A hospital of a test served by the real command, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx

from cli.service import Service, start_service
from tests.api_service import PASSWORD, Place
from tests.command_line import ALONE


@contextlib.asynccontextmanager
async def served_apart(
    place: Place, login: str, **settings: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, Service]]:
    """The service, killed at the end, and a client for whoever logs in with ``login``."""
    told = {**ALONE, "tick_seconds": 0, **settings}
    where = place.database, place.key_file, place.folder / "run"
    service = await asyncio.to_thread(start_service, *where, settings=told)
    try:
        async with httpx.AsyncClient(base_url=service.url, timeout=60) as client:
            opened = await client.post("/api/v1/sessions", json={"login": login, "password": PASSWORD})
            client.headers["Authorization"] = f"Bearer {opened.json()['token']}"
            yield client, service
    finally:
        await asyncio.to_thread(service.kill)
