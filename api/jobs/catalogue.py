"""Every kind of job that workers know, and who may see which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.jobs.kinds import Kinds
from api.security.permissions import Permission

EXPERIMENT: Final = "experiment"
PHARMACY_PLAN: Final = "pharmacy_plan"
EQUIPMENT_PLAN: Final = "equipment_plan"
EQUIPMENT_REPAIR: Final = "equipment_repair"
ROSTER: Final = "roster"
ADMISSION_PLAN: Final = "admission_plan"

NEEDS: Final[Mapping[str, Permission]] = {
    EXPERIMENT: Permission.EXPERIMENT_RUN,
    PHARMACY_PLAN: Permission.PHARMACY_PLAN,
    EQUIPMENT_PLAN: Permission.EQUIPMENT_PLAN,
    EQUIPMENT_REPAIR: Permission.EQUIPMENT_PLAN,
    ROSTER: Permission.ROSTER_DRAFT,
    ADMISSION_PLAN: Permission.ADMISSION_PLAN,
}
"""What it takes to see a job of each kind and what came of it: the permission to ask for one."""


def all_kinds() -> Kinds:
    """Every kind, by its name."""
    # What a job is done with (numpy, kernels, plots) is loaded by who does it.
    from api.jobs.admissions import AdmissionPlanning
    from api.jobs.equipment import EquipmentPlan
    from api.jobs.equipment_repair import EquipmentRepair
    from api.jobs.experiments import Experiment
    from api.jobs.pharmacy import PharmacyPlan
    from api.jobs.rosters import RosterDraft

    return {
        EXPERIMENT: Experiment(),
        PHARMACY_PLAN: PharmacyPlan(),
        EQUIPMENT_PLAN: EquipmentPlan(),
        EQUIPMENT_REPAIR: EquipmentRepair(),
        ROSTER: RosterDraft(),
        ADMISSION_PLAN: AdmissionPlanning(),
    }
