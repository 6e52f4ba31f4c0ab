"""Every kind of job that workers know."""

from __future__ import annotations

from typing import Final

from api.jobs.kinds import Kinds

EXPERIMENT: Final = "experiment"
PHARMACY_PLAN: Final = "pharmacy_plan"


def all_kinds() -> Kinds:
    """Every kind, by its name."""
    # What a job is done with (numpy, kernels, plots) is loaded by who does it.
    from api.jobs.experiments import Experiment
    from api.jobs.pharmacy import PharmacyPlan

    return {EXPERIMENT: Experiment(), PHARMACY_PLAN: PharmacyPlan()}
