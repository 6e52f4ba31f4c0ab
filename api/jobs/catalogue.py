"""Every kind of job that workers know."""

from __future__ import annotations

from typing import Final

from api.jobs.kinds import Kinds

EXPERIMENT: Final = "experiment"


def all_kinds() -> Kinds:
    """Every kind, by its name."""
    # What a job is done with (numpy, kernels, plots) is loaded by who does it.
    from api.jobs.experiments import Experiment

    return {EXPERIMENT: Experiment()}
