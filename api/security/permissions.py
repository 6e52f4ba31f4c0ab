"""The one permission table: who may do what, and where.

A *grant* gives an account a role on a ward, on a site or everywhere. A permission is given to roles, each on their own
ward (``WARD``: the grant must cover the ward concerned), on the whole site (``SITE``: the grant's ward or site must lie
on the site concerned), or in the whole hospital (``HOSPITAL``: only a grant everywhere gives it). Least privilege: what
is not in the table nobody may do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What somebody does in the hospital."""

    NURSE = "nurse"
    DOCTOR = "doctor"
    WARD_MANAGER = "ward_manager"
    BED_MANAGER = "bed_manager"
    PHARMACIST = "pharmacist"
    EQUIPMENT_MANAGER = "equipment_manager"
    PLANNER = "planner"
    PERFORMANCE_ENGINEER = "performance_engineer"
    OPERATIONS = "operations"
    AUDITOR = "auditor"
    SECURITY_OFFICER = "security_officer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """What can be done; every route declares one."""

    SESSION = "session"
    STRUCTURE_READ = "structure.read"
    STAFF_READ = "staff.read"
    REQUEST_READ = "request.read"
    REQUEST_PLACE = "request.place"
    REQUEST_BATCH = "request.batch"
    PERSON_READ = "person.read"
    ALLOCATION_CHECK = "allocation.check"
    WHY_NOT = "why_not"
    ALLOCATION_CONFIRM = "allocation.confirm"
    ALLOCATION_RELEASE = "allocation.release"
    ALLOCATION_TRANSFER = "allocation.transfer"
    STAY_ARRIVE = "stay.arrive"
    STAY_DISCHARGE = "stay.discharge"
    STEP_RECORD = "step.record"
    STEP_READ = "step.read"
    TARGET_CHANGE = "target.change"
    DISRUPTION = "disruption"
    DISRUPTION_BED = "disruption.bed"
    DISRUPTION_WARD = "disruption.ward"
    DISRUPTION_PERSON = "disruption.person"
    DISRUPTION_EQUIPMENT = "disruption.equipment"
    DISRUPTION_DRUG = "disruption.drug"
    DISRUPTION_STAFF = "disruption.staff"
    DISRUPTION_SITE = "disruption.site"
    PROPOSAL_READ = "proposal.read"
    PROPOSAL_ANSWER = "proposal.answer"
    CHAIN_SEEK = "chain.seek"
    OUTLIERS_READ = "outliers.read"
    OVERRIDE = "override"
    CENSUS_READ = "census.read"
    EVENTS_READ = "events.read"
    RULES_READ = "rules.read"
    PROFILE_DRAFT = "profile.draft"
    PROFILE_ACTIVATE = "profile.activate"
    SCARCITY_READ = "scarcity.read"
    SCARCITY_SWITCH = "scarcity.switch"
    ACCOUNT_READ = "account.read"
    ACCOUNT_CHANGE = "account.change"
    WEBHOOK_READ = "webhook.read"
    WEBHOOK_CHANGE = "webhook.change"
    EXPERIMENT_RUN = "experiment.run"
    PHARMACY_PLAN = "pharmacy.plan"
    EQUIPMENT_PLAN = "equipment.plan"
    EQUIPMENT_BOOK = "equipment.book"
    PHARMACY_READ = "pharmacy.read"
    PHARMACY_MOVE = "pharmacy.move"
    PHARMACY_STOCK = "pharmacy.stock"
    RATIONING_PROPOSE = "rationing.propose"
    RATIONING_ACTIVATE = "rationing.activate"
    ROSTER_READ = "roster.read"
    ROSTER_DRAFT = "roster.draft"
    ROSTER_PUBLISH = "roster.publish"
    ROSTER_CHANGE = "roster.change"
    ADMISSION_PLAN = "admission.plan"
    ADMISSION_APPLY = "admission.apply"
    JOB_READ = "job.read"
    JOB_STOP = "job.stop"
    JOB_OVERSEE = "job.oversee"
    SANDBOX_CLOCK = "sandbox.clock"


class Reach(StrEnum):
    """How far a role's permission reaches from where the role is held."""

    WARD = "own ward"
    SITE = "site"
    HOSPITAL = "whole hospital"


_CARE: Final = (Role.NURSE, Role.DOCTOR, Role.WARD_MANAGER)
_LOOK: Final = (*_CARE, Role.BED_MANAGER, Role.PHARMACIST, Role.EQUIPMENT_MANAGER, Role.PLANNER)
_ALL: Final = tuple(Role)
_JOBS: Final = (
    *(Role.BED_MANAGER, Role.PHARMACIST, Role.EQUIPMENT_MANAGER),
    *(Role.PERFORMANCE_ENGINEER, Role.OPERATIONS),
)


def _site(*roles: Role) -> dict[Role, Reach]:
    return dict.fromkeys(roles, Reach.SITE)


def _hospital(*roles: Role) -> dict[Role, Reach]:
    return dict.fromkeys(roles, Reach.HOSPITAL)


def _ward(*roles: Role) -> dict[Role, Reach]:
    return dict.fromkeys(roles, Reach.WARD)


TABLE: Final[Mapping[Permission, Mapping[Role, Reach]]] = {
    Permission.SESSION: _site(*_ALL),
    Permission.STRUCTURE_READ: _site(*_LOOK, Role.PERFORMANCE_ENGINEER, Role.OPERATIONS, Role.ADMINISTRATOR),
    Permission.STAFF_READ: _site(Role.WARD_MANAGER, Role.BED_MANAGER, Role.PLANNER) | _ward(Role.NURSE),
    Permission.REQUEST_READ: _site(*_LOOK),
    Permission.REQUEST_PLACE: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.REQUEST_BATCH: _site(Role.BED_MANAGER),
    Permission.PERSON_READ: _ward(*_CARE) | _site(Role.BED_MANAGER),
    # Who may place or move somebody may ask first.
    Permission.ALLOCATION_CHECK: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.WHY_NOT: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.ALLOCATION_CONFIRM: _ward(Role.NURSE, Role.WARD_MANAGER) | _site(Role.BED_MANAGER),
    Permission.ALLOCATION_RELEASE: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.ALLOCATION_TRANSFER: _ward(Role.DOCTOR, Role.WARD_MANAGER) | _site(Role.BED_MANAGER),
    Permission.STAY_ARRIVE: _ward(Role.NURSE, Role.WARD_MANAGER) | _site(Role.BED_MANAGER),
    Permission.STAY_DISCHARGE: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.STEP_RECORD: _ward(*_CARE) | _site(Role.BED_MANAGER, Role.PHARMACIST),
    Permission.STEP_READ: _site(*_CARE, Role.BED_MANAGER, Role.PLANNER, Role.AUDITOR),
    Permission.TARGET_CHANGE: _hospital(Role.BED_MANAGER, Role.ADMINISTRATOR),
    # Each kind of event needs its own permission besides; this one opens the door.
    Permission.DISRUPTION: _site(*_LOOK, Role.OPERATIONS),
    Permission.DISRUPTION_BED: _ward(Role.NURSE, Role.WARD_MANAGER)
    | _site(Role.BED_MANAGER, Role.OPERATIONS),
    Permission.DISRUPTION_WARD: _ward(Role.WARD_MANAGER) | _site(Role.BED_MANAGER),
    Permission.DISRUPTION_PERSON: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.DISRUPTION_EQUIPMENT: _ward(*_CARE) | _site(Role.EQUIPMENT_MANAGER, Role.BED_MANAGER),
    Permission.DISRUPTION_DRUG: _site(Role.PHARMACIST),
    Permission.DISRUPTION_STAFF: _ward(Role.WARD_MANAGER) | _site(Role.BED_MANAGER, Role.PLANNER),
    Permission.DISRUPTION_SITE: _site(Role.BED_MANAGER, Role.OPERATIONS),
    Permission.PROPOSAL_READ: _site(*_CARE, Role.BED_MANAGER),
    # Likewise: what a proposal would do needs its own permission besides.
    Permission.PROPOSAL_ANSWER: _site(*_LOOK),
    Permission.CHAIN_SEEK: _ward(Role.DOCTOR, Role.WARD_MANAGER) | _site(Role.BED_MANAGER),
    Permission.OUTLIERS_READ: _ward(*_CARE) | _site(Role.BED_MANAGER),
    Permission.OVERRIDE: _ward(Role.WARD_MANAGER) | _site(Role.BED_MANAGER),
    Permission.CENSUS_READ: _site(*_CARE, Role.BED_MANAGER, Role.PLANNER, Role.AUDITOR),
    Permission.EVENTS_READ: _site(*_LOOK, Role.OPERATIONS, Role.AUDITOR),
    Permission.RULES_READ: _site(*_ALL),
    # What a rule costs is everybody's business, so nobody decides it whose role ends at a ward or site.
    Permission.PROFILE_DRAFT: _hospital(Role.BED_MANAGER, Role.ADMINISTRATOR),
    Permission.PROFILE_ACTIVATE: _hospital(Role.BED_MANAGER, Role.ADMINISTRATOR),
    Permission.SCARCITY_READ: _site(
        Role.WARD_MANAGER,
        Role.BED_MANAGER,
        Role.PLANNER,
        Role.PERFORMANCE_ENGINEER,
        Role.AUDITOR,
        Role.ADMINISTRATOR,
    ),
    Permission.SCARCITY_SWITCH: _hospital(Role.ADMINISTRATOR),
    Permission.ACCOUNT_READ: _site(Role.ADMINISTRATOR, Role.SECURITY_OFFICER, Role.AUDITOR),
    # An administrator of one ward who could add accounts could add one that may do everything everywhere.
    Permission.ACCOUNT_CHANGE: _hospital(Role.ADMINISTRATOR),
    # What goes out of the house goes out for all of it.
    Permission.WEBHOOK_READ: _hospital(Role.ADMINISTRATOR, Role.OPERATIONS),
    Permission.WEBHOOK_CHANGE: _hospital(Role.ADMINISTRATOR, Role.OPERATIONS),
    # Experiments and plans are about the whole house.
    Permission.EXPERIMENT_RUN: _hospital(Role.PLANNER, Role.BED_MANAGER, Role.PERFORMANCE_ENGINEER),
    Permission.PHARMACY_PLAN: _hospital(Role.PHARMACIST),
    Permission.EQUIPMENT_PLAN: _hospital(Role.EQUIPMENT_MANAGER, Role.BED_MANAGER),
    Permission.EQUIPMENT_BOOK: _ward(*_CARE) | _site(Role.EQUIPMENT_MANAGER, Role.BED_MANAGER),
    Permission.PHARMACY_READ: _site(Role.PHARMACIST),
    # Whoever works at a ward's cabinet tells what goes out of it; what comes in, and what lies elsewhere, is stock.
    Permission.PHARMACY_MOVE: _ward(Role.NURSE, Role.WARD_MANAGER) | _site(Role.PHARMACIST),
    Permission.PHARMACY_STOCK: _site(Role.PHARMACIST),
    # Who is served first in a shortage is the whole house's; two accounts put it in force, whatever their roles.
    Permission.RATIONING_PROPOSE: _hospital(Role.PHARMACIST, Role.ADMINISTRATOR),
    Permission.RATIONING_ACTIVATE: _hospital(Role.PHARMACIST, Role.ADMINISTRATOR),
    Permission.ROSTER_READ: _site(Role.WARD_MANAGER, Role.BED_MANAGER, Role.PLANNER) | _ward(Role.NURSE),
    Permission.ROSTER_DRAFT: _ward(Role.WARD_MANAGER) | _site(Role.PLANNER),
    Permission.ROSTER_PUBLISH: _ward(Role.WARD_MANAGER) | _site(Role.PLANNER),
    # Whoever may tell that a nurse is absent may look for another one.
    Permission.ROSTER_CHANGE: _ward(Role.WARD_MANAGER) | _site(Role.BED_MANAGER, Role.PLANNER),
    # Beds and theatres are the whole house's; whoever plans them does not book them.
    Permission.ADMISSION_PLAN: _hospital(Role.BED_MANAGER, Role.PLANNER),
    Permission.ADMISSION_APPLY: _hospital(Role.BED_MANAGER),
    # These two open the door; each kind of job needs its own permission besides (api/jobs/catalogue.py). Whoever may
    # draft for one ward or site comes in too, and sees what they asked for themselves.
    Permission.JOB_READ: _hospital(*_JOBS) | _site(Role.WARD_MANAGER, Role.PLANNER),
    Permission.JOB_STOP: _hospital(*_JOBS) | _site(Role.WARD_MANAGER, Role.PLANNER),
    # Whoever keeps the machinery running looks at every kind of job and stops it, but reads no result.
    Permission.JOB_OVERSEE: _hospital(Role.OPERATIONS),
    Permission.SANDBOX_CLOCK: _hospital(Role.BED_MANAGER, Role.PERFORMANCE_ENGINEER, Role.ADMINISTRATOR),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role held on a ward, on a site, or (both None) everywhere."""

    role: Role
    ward_id: str | None = None
    site_id: str | None = None

    @classmethod
    def of(cls, role: str, scope: str) -> Grant:
        """From storage: ``*``, ``ward:<id>`` or ``site:<id>``."""
        kind, _, record_id = scope.partition(":")
        if kind == "ward":
            return cls(Role(role), ward_id=record_id)
        return cls(Role(role), site_id=record_id) if kind == "site" else cls(Role(role))

    @property
    def scope(self) -> str:
        """As storage writes it."""
        if self.ward_id is not None:
            return f"ward:{self.ward_id}"
        return f"site:{self.site_id}" if self.site_id is not None else "*"


def may(
    grants: Iterable[Grant],
    permission: Permission,
    ward_id: str | None,
    site_of_ward: Mapping[str, str],
) -> bool:
    """Whether one of the grants gives the permission on the ward concerned.

    ``ward_id`` None: no ward in particular; a grant on one ward then suffices only for what reaches over its
    site. ``site_of_ward``: site id by ward id.
    """
    allowed = TABLE[permission]
    return any(
        _covers(grant, allowed[grant.role], ward_id, site_of_ward)
        for grant in grants
        if grant.role in allowed
    )


def _covers(grant: Grant, reach: Reach, ward_id: str | None, site_of_ward: Mapping[str, str]) -> bool:
    if grant.ward_id is None and grant.site_id is None:
        return True
    if reach is Reach.HOSPITAL:
        return False
    if ward_id is None:
        return reach is Reach.SITE or grant.site_id is not None
    site_id = site_of_ward.get(ward_id)
    if grant.site_id is not None:
        return site_id == grant.site_id
    if reach is Reach.SITE:
        return site_id is not None and site_of_ward.get(grant.ward_id or "") == site_id
    return grant.ward_id == ward_id
