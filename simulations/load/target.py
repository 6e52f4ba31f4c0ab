"""Whether a target may be loaded, and what it has: nothing is sent to what may be a live hospital."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import httpx

from simulations.day_http import NotASandbox, enter
from simulations.load.names import Offered, offered_in
from solver.hospital import Minute, to_minute


def looked_at(urls: Sequence[str], token: str) -> tuple[Offered, Minute]:
    """What the hospital at ``urls`` offers, and its minute.

    Raises ``NotASandbox`` before anything is sent to a service that does not say it is one, for a token that is good
    elsewhere too, or one that it does not accept.
    """
    found: tuple[Offered, Minute] | None = None
    for url in urls:
        with contextlib.closing(enter(url, token)) as client:
            found = _asked(client, url)
    assert found is not None, "at least one URL"
    return found


def _asked(client: httpx.Client, url: str) -> tuple[Offered, Minute]:
    census = _read(client, url, "/census")
    offered = offered_in(*(_read(client, url, path) for path in ("/wards", "/equipment-types", "/drugs")))
    return offered, to_minute(datetime.fromisoformat(census["at"]))


def _read(client: httpx.Client, url: str, path: str) -> Any:
    """All of a list, or one document."""
    items: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        try:
            answer = client.get(f"/api/v1{path}", params=cursor)
        except httpx.HTTPError as error:
            raise NotASandbox(f"{url} does not answer: {type(error).__name__}.") from None
        if answer.status_code != 200:
            raise NotASandbox(
                f"{url} does not accept the token ({answer.status_code} for {path}). It has to be one of this "
                "sandbox, with a role that may ask for beds anywhere (bed_manager)."
            )
        body = answer.json()
        items += body.get("items", ())
        if body.get("next") is None:
            return {**body, "items": items}
        cursor = {"cursor": body["next"]}
