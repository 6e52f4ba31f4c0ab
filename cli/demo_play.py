"""Plays a demo's day over HTTP against the sandbox's service, telling as it goes."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from cli.demo_recount import Recounted
    from cli.demo_script import Script
    from cli.demo_words import Teller
    from cli.sandbox import Sandbox
    from cli.service import Service
    from simulations.day_outcome import Outcome

ROLE = "bed_manager"
"""Whose account plays the wards: it may ask, tell of events, confirm proposals and set the sandbox's clock."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a day over HTTP. ``latency``: median and 99th percentile of a request, milliseconds."""

    outcome: Outcome
    latency: tuple[float, float]
    recounted: Recounted
    teller: Teller
    invalid_taken: int
    calls: int


def play_over_http(script: Script, sandbox: Sandbox, service: Service, console: Console) -> Played:
    """Play, stop the service, recount from its database.

    Raises ``Refused`` before anything is sent if this is no sandbox, ``Broken`` if the service does not answer as
    it should.
    """
    import httpx

    from cli.demo_progress import progress_of
    from cli.demo_recount import recount_database
    from cli.demo_words import Teller
    from cli.errors import Broken, Refused
    from simulations.day_http import DayService, NotASandbox, Unexpected, enter, milliseconds
    from simulations.day_outcome import outcome_of
    from simulations.day_play import Player

    pooled = frozenset(unit.id for unit in script.day.hospital.units if unit.owner_ward_id is None)
    teller = Teller(console, script.zone, script.case is not None, pooled)
    try:
        with (
            contextlib.closing(enter(service.url, sandbox.tokens[ROLE])) as client,
            progress_of(script.day, script.zone, console, teller) as watch,
        ):
            driver = DayService(client, script.zone, teller.heard)
            ledger = Player(script.day, driver, watch).play()
    except NotASandbox as error:
        raise Refused(str(error)) from None
    except (Unexpected, httpx.HTTPError) as error:
        raise Broken(f"The day could not be played to its end. {error or type(error).__name__}") from error
    service.stop()
    found = recount_database(sandbox.database, sandbox.key_file, script.day.start, script.day.end)
    broken = {"not verified": teller.unverified} if teller.unverified else {}
    outcome = outcome_of(ledger, found.floor_minutes, broken)
    latency = milliseconds(driver.tally.request_seconds) if driver.tally.request_seconds else (0.0, 0.0)
    return Played(outcome, latency, found, teller, ledger.invalid_taken, driver.tally.calls)
