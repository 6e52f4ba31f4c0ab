"""Events about a whole site: a lift out of order or repaired, many casualties announced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from api.schemas.disruptions import LiftOutOfOrder, LiftRepaired, MassCasualtyAlert
from api.security.access import Access
from api.security.permissions import Permission
from api.services import repair
from api.services.changes import Changes
from api.services.disruptions.common import existing


def lift(event: LiftOutOfOrder | LiftRepaired, changes: Changes, access: Access) -> str:
    """Ways take longer, or as long as usual again; bookings whose unit would come too late are decided
    again."""
    site = existing(changes.records.sites, event.site_id, "site_id")
    wards = [ward.id for ward in changes.records.wards.values() if ward.site_id == site.id]
    access.require(wards[0] if wards else None, Permission.DISRUPTION_SITE)
    units = [unit.id for unit in changes.records.units.values() if unit.ward_id in wards]
    with repair.around(repair.of_units(units, changes), changes):
        changes.put(replace(site, transport_floor_minutes=event.minutes_per_floor))
    return site.id


def mass_casualty_alert(event: MassCasualtyAlert, changes: Changes, access: Access) -> str:
    """Told to everybody; the waiting list is decided again by the caller."""
    access.require(None, Permission.DISRUPTION_SITE)
    return f"{event.expected} expected"


HANDLERS: Mapping[str, Callable[[Any, Changes, Access], str]] = {
    "lift_out_of_order": lift,
    "lift_repaired": lift,
    "mass_casualty_alert": mass_casualty_alert,
}
