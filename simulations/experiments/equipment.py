"""The numbers of who asks for a type of equipment in a scenario of pathways, at whatever step."""

from __future__ import annotations

import numpy as np

from simulations.engine.outcome import Outcome, Time, Visit
from simulations.engine.tables import per_class
from simulations.experiments.catalogue import ALL, Key
from simulations.experiments.measuring import WEEK, of_scenario
from simulations.scenarios.build import Built
from solver.engine.types import Bool


def of_equipment(outcome: Outcome, built: Built, type_id: str) -> dict[Key, float]:
    """Waits, refusals and requests at the steps that may take a unit of the type; who gave up waiting was refused.

    Waits are for everything that the step takes together: a unit alone serves nobody.
    """
    outcome = of_scenario(outcome, built)
    asks = whom_a_unit_may_serve(built, type_id)
    visits, times = outcome.visits.sum(axis=0), outcome.visit_times.sum(axis=0)
    found: dict[Key, float] = {}
    for c, name in [(None, ALL), *((c, n) for c, n in enumerate(outcome.class_names) if asks[:, c].any())]:
        own = asks if c is None else asks & (np.arange(asks.shape[1]) == c)
        counts, waited = visits[own].sum(axis=0), times[own].sum(axis=0)[Time.WAIT]
        refused = counts[[Visit.BALKED, Visit.REFUSED, Visit.RENEGED]].sum()
        arrived, started = counts[Visit.ARRIVED], counts[Visit.STARTED]
        # Who came before the warm-up may have given up after it.
        still = max(0, arrived - started - refused)
        found |= {
            Key("equipment_wait_mean", type_id, name): float(waited / started) if started else np.nan,
            Key("equipment_refused", type_id, name): float(refused) / outcome.watched * WEEK,
            Key("equipment_asked", type_id, name): float(arrived) / outcome.watched * WEEK,
            Key("equipment_unstarted_share", type_id, name): float(still / arrived) if arrived else np.nan,
        }
    return found


def whom_a_unit_may_serve(built: Built, type_id: str) -> Bool:
    """Where somebody may be given a unit of the type, if only as an alternative; bool (steps, classes)."""
    return np.array(
        [
            [
                any(type_id in option for option in per_class(step.needs, each.name, ()))
                for each in built.model.classes
            ]
            for step in built.model.steps
        ]
    )
