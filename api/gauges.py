"""What operations watch of a running service, as it is when they look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from api.services.hospital import HospitalDecider
from models.writer import Writer

if TYPE_CHECKING:
    from api.runtime import Runtime


def gauges_of(
    runtime: Runtime, writer: Writer, decider: HospitalDecider
) -> Mapping[str, tuple[str, Callable[[], float]]]:
    """Meaning and value of each gauge, by its name."""
    return {
        "wardflow_writer_waiting": ("Commands that wait", lambda: writer.statistics.waiting),
        "wardflow_writer_batches": ("Batches committed", lambda: writer.statistics.batches),
        "wardflow_writer_failed_commits": (
            "Batches of which nothing was seen to be stored",
            lambda: writer.statistics.failed_commits,
        ),
        "wardflow_storing": ("1 while changes are being stored", lambda: runtime.storing),
        "wardflow_writer_commands": ("Commands carried out", lambda: writer.statistics.commands),
        "wardflow_unplaced_requests": (
            "Requests without a place",
            lambda: sum(case.need is not None for case in list(decider.desk.cases.values())),
        ),
        "wardflow_waiting_set_aside": (
            "Waiting requests left out of the waiting list because deciding them failed: an alarm",
            lambda: len(decider.desk.set_aside),
        ),
        "wardflow_scarcity_drift": (
            "Classes of scarce capacity whose forecast no longer holds: an alarm, plain prices hold",
            lambda: len(decider.desk.scarcity.drifted),
        ),
        "wardflow_scarcity_expired": (
            "1 while prices of scarce capacity are too old to hold: an alarm, plain prices hold",
            lambda: decider.desk.scarcity.expired,
        ),
        "wardflow_data_age_seconds": ("Age of what answers rest on", runtime.data_age_seconds),
        "wardflow_clock_ahead_seconds": (
            "How far the hospital's clock is ahead of the machine's",
            lambda: runtime.clock.seconds_ahead,
        ),
    }
