"""What the scenario's resources are called at the target: specialities, equipment types, drugs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from simulations.scenarios.schema import Scenario
from solver.engine.errors import Problem, refuse_if_any


@dataclass(frozen=True, slots=True)
class Offered:
    """What a hospital has, by the names its API takes."""

    specialities: frozenset[str]
    equipment_types: frozenset[str]
    drugs: frozenset[str]


def slug(name: str) -> str:
    """A resource's name as an id: ``intensive care`` is ``intensive_care``."""
    return "_".join(name.lower().replace("-", " ").split())


def offered_by(scenario: Scenario) -> Offered:
    """What a hospital made of the scenario itself has."""
    kinds: dict[str, set[str]] = {"beds": set(), "units": set(), "stock": set()}
    for name, resource in scenario.resources.items():
        kinds.setdefault(resource.chosen, set()).add(slug(name))
    return Offered(frozenset(kinds["beds"]), frozenset(kinds["units"]), frozenset(kinds["stock"]))


def offered_in(wards: Any, equipment_types: Any, drugs: Any) -> Offered:
    """What a target's answers to ``/wards``, ``/equipment-types`` and ``/drugs`` say it has."""
    return Offered(
        frozenset(word for ward in wards["items"] for word in ward["specialities"]),
        frozenset(each["id"] for each in equipment_types["items"]),
        frozenset(each["id"] for each in drugs["items"]),
    )


def matched(scenario: Scenario, offered: Offered, said: Mapping[str, str]) -> dict[str, str]:
    """By resource the target's name: as was ``said``, else its own.

    Raises InvalidInstance with every resource that the target does not have, and every name said in vain.
    """
    sorts: dict[str, tuple[str, Collection[str]]] = {
        "beds": ("a speciality of a ward", offered.specialities),
        "units": ("an equipment type", offered.equipment_types),
        "stock": ("a drug", offered.drugs),
    }
    problems = [
        Problem("--as", name, f"a resource: {', '.join(scenario.resources)}", "Correct the name.")
        for name in said
        if name not in scenario.resources
    ]
    found = {}
    for name, resource in scenario.resources.items():
        if resource.chosen not in sorts:
            continue
        what, names = sorts[resource.chosen]
        found[name] = said.get(name, slug(name))
        if found[name] not in names:
            shown = ", ".join(sorted(names)[:12]) or "none"
            remedy = f"Say what it is called there: --as '{name}=...'."
            problems.append(
                Problem(f"resources.{name}", found[name], f"{what} of the target: {shown}", remedy)
            )
    refuse_if_any(problems)
    return found
