"""What if: hospitals and days that never were, to be decided by the code of production.

For notebooks: :func:`run` and :func:`compare` give tidy tables; docs/simulator.md shows how.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def run(
    scenario: str | Path,
    *,
    settings: Mapping[str, str | float] | None = None,
    seed: int = 1,
    replications: int | None = None,
    precision: float | None = None,
    budget: int | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Simulate a scenario; every number of every replication, one a row.

    Parameters
    ----------
    scenario: a YAML file. settings: dotted paths to values laid over it; ``"+5"`` changes the number there.
    replications, precision, budget, workers: as ``wardflow simulate run`` takes them.

    Columns: scenario, replication, measure, place, patient_class, hour (-1: the whole day), value, unit.
    Raises InvalidInstance with every fault of the scenario.
    """
    from simulations.experiments.replications import Plan, experiment
    from simulations.reports.tables import tidy
    from simulations.scenarios.build import load

    laid_over = [(path, str(value)) for path, value in (settings or {}).items()]
    built = load(Path(scenario), laid_over)
    return tidy(experiment([built], Plan(seed, replications, precision, budget, workers)))


def compare(
    scenarios: Sequence[str | Path],
    *,
    seed: int = 1,
    replications: int | None = None,
    precision: float | None = None,
    budget: int | None = None,
    workers: int = 1,
) -> pd.DataFrame:
    """Simulate scenarios with the very same patients; what each changes against the first, one measure a row.

    Columns: scenario, base, measure, place, patient_class, change, low, high, low_all, high_all, p_value,
    adjusted_p_value, decided, verdict. A measure that would mislead, as where the end of the run cuts off whom it is
    about, has no numbers and a verdict that says why. Raises InvalidInstance with every fault of the scenarios.
    """
    from simulations.experiments.comparing import compare as compared
    from simulations.experiments.comparing import withheld
    from simulations.experiments.replications import Plan, experiment
    from simulations.reports.tables import comparison
    from simulations.scenarios.build import load_all

    built = load_all([Path(scenario) for scenario in scenarios])
    plan = Plan(seed, replications, precision, budget, workers)
    replicated = experiment(built, plan)
    return comparison(compared(replicated), withheld(replicated))
