"""From a scenario of a whole hospital to a model in which a placing policy decides, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from simulations.hospital import generate
from simulations.placing.hospital import altered
from simulations.placing.model import PlacedModel, Policy, Surge
from simulations.scenarios.fingerprint import fingerprint
from simulations.scenarios.places import Fault, Path, Place, located, nearest
from simulations.scenarios.schema_placed import PlacedScenario
from simulations.scenarios.structure import structure
from simulations.scenarios.yaml_nodes import Reading
from solver.engine.errors import InvalidInstance, Problem, refuse_if_any
from solver.engine.rule import Profile
from solver.hospital import Hospital, Minute
from solver.hospital.formats import read_hospital
from solver.hospital.timegrid import MINUTES_PER_DAY
from solver.placing.problem import PlacingOptions, checked_profile

PROFILE = "scenario"
HOUR = 60


@dataclass(frozen=True, slots=True)
class Placed:
    """A scenario ready to run, as :class:`simulations.scenarios.build.Built` is for pathways."""

    scenario: PlacedScenario
    document: Mapping[str, Any]
    model: PlacedModel
    warnings: tuple[Problem, ...] = ()

    def renamed(self, name: str) -> Placed:
        return replace(self, scenario=self.scenario.model_copy(update={"name": name}))

    @property
    def fingerprint(self) -> str:
        """The same for the same content, wherever it lies and however it is laid out."""
        return fingerprint(self.document)


def build_placed(document: dict[str, Any], reading: Reading, folder: FilePath) -> Placed:
    """The scenario in ``document``, whose places and first faults ``reading`` holds.

    Raises InvalidInstance with every fault, each with file, line, what was expected and a remedy.
    """
    kept = orjson.loads(orjson.dumps(document, default=str))
    found = structure(document, reading.places, PlacedScenario)
    problems = [located(fault, reading.places) for fault in (*reading.faults, *found.faults)]
    if found.scenario is None or problems:
        raise InvalidInstance(problems)
    scenario = found.scenario
    refuse_if_any(located(fault, reading.places) for fault in _faults(scenario))
    hospital = _read(scenario, folder, reading.places)
    model = _model(scenario, hospital)
    checks: list[Callable[[], object]] = [
        lambda: _refuse_without_nurses(model),
        lambda: altered(model),
        lambda: checked_profile(model.profile, model.options),
    ]
    refuse_if_any(_problems(checks, reading.places))
    return Placed(scenario, kept, model)


def _faults(scenario: PlacedScenario) -> Iterable[Fault]:
    run = scenario.run
    if isinstance(run.warm_up, float) and run.warm_up >= run.length:
        expected = f"less than run.length, which is {run.length:g} h"
        remedy = "Make run.length longer, or warm up for less."
        yield Fault(("run", "warm_up"), f"{run.warm_up:g} h", expected, remedy)
    try:
        ZoneInfo(scenario.hospital.time_zone)
    except (ValueError, OSError, KeyError):
        path: Path = ("hospital", "time_zone")
        yield Fault(path, scenario.hospital.time_zone, "an IANA name such as Asia/Shanghai", "Correct it.")
    if scenario.policies.keep_free and scenario.policies.placing != Policy.GUARD_BEDS:
        wanted = f"placing: {Policy.GUARD_BEDS}, the policy that keeps beds free"
        remedy = "Leave keep_free out, or change the policy."
        yield Fault(("policies", "keep_free"), scenario.policies.placing, wanted, remedy)


def _read(scenario: PlacedScenario, folder: FilePath, places: Mapping[Path, Place]) -> Hospital:
    """The hospital of the scenario; what is wrong with its file is told of that file."""
    given = scenario.hospital
    if given.file is not None:
        hospital = read_hospital(folder / given.file)
        if hospital.sites and hospital.beds:
            return hospital
        fault = Fault(("hospital", "file"), given.file, "a hospital with beds", "Export it anew.")
        raise InvalidInstance([located(fault, places)])
    assert given.size is not None, "the schema wants one of the two"
    start = minute_of(scenario.run.start, given.time_zone)
    return generate(given.size, given.seed, start, given.time_zone, given.occupancy)


def _model(scenario: PlacedScenario, hospital: Hospital) -> PlacedModel:
    demand, policies, changes = scenario.demand, scenario.policies, scenario.hospital
    start = minute_of(scenario.run.start, hospital.sites[0].time_zone)
    warm_up = scenario.run.warm_up
    return PlacedModel(
        hospital=hospital,
        start=start,
        policy=Policy(policies.placing),
        profile=Profile(PROFILE, weights=policies.weights, switched_off=frozenset(policies.switched_off)),
        options=PlacingOptions(),
        load=demand.load,
        per_day=demand.per_day,
        surges=_surges(scenario, start),
        extra_beds=changes.extra_beds,
        closed_beds=changes.closed_beds,
        extra_units=changes.extra_units,
        withdrawn_units=changes.withdrawn_units,
        kept_free=policies.keep_free,
        gives_up_after=round(demand.gives_up_after * HOUR),
        retry_minutes=round(policies.look_every * HOUR),
        warm_up=warm_up if isinstance(warm_up, float) else 0.0,
    )


def _refuse_without_nurses(model: PlacedModel) -> None:
    """Nobody is placed where nobody is on duty: a roster that ended before the run is a mistake."""
    day = (model.start, model.start + MINUTES_PER_DAY)
    if not any(shift.start < day[1] and shift.end > day[0] for shift in model.hospital.shifts):
        remedy = (
            "Let run.start be when the hospital was exported, and import a roster that reaches beyond it."
        )
        expected = "nurses rostered during the first day of the run"
        raise InvalidInstance([Problem("hospital", "no shift", expected, remedy)])


def _surges(scenario: PlacedScenario, start: Minute) -> tuple[Surge, ...]:
    def minute(moment: float | datetime) -> Minute:
        if isinstance(moment, datetime):
            moment = (moment - scenario.run.start).total_seconds() / 3600
        return start + round(moment * HOUR)

    return tuple(
        Surge(name, tuple(each.wards), minute(each.from_), minute(each.until), each.factor)
        for name, each in scenario.demand.surges.items()
    )


def minute_of(start: datetime, zone: str) -> Minute:
    """The minute at which a clock of a zone shows a moment."""
    return int(start.replace(tzinfo=ZoneInfo(zone)).timestamp() // 60)


def _problems(checks: Iterable[Callable[[], object]], places: Mapping[Path, Place]) -> Iterable[Problem]:
    for check in checks:
        try:
            check()
        except InvalidInstance as invalid:
            yield from (_placed(problem, places) for problem in invalid.problems)


def _placed(problem: Problem, places: Mapping[Path, Place]) -> Problem:
    """What the model found wrong, said of the file."""
    path: Path = tuple(problem.where.split("."))
    if problem.where.startswith("profile"):
        path = ("policies", "weights")
    where = f"{nearest(places, path)}, {problem.where}"
    return Problem(where, problem.value, problem.expected, problem.remedy)
