"""A model as arrays, made once for any number of replications on any number of threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from simulations.day_plan import without_bookings
from simulations.placing.hospital import altered, lasting
from simulations.placing.layout import IN_ORDER, PRODUCTION
from simulations.placing.model import PlacedModel, Policy
from simulations.placing.roster import rostered, supplies
from simulations.placing.templates import Template, pools
from solver.engine.types import Bool, Int64
from solver.hospital import Companion, Hospital, Origin, Priority, Request, Stay
from solver.placing.arrays import Arrays
from solver.placing.asks import Pricing, compile_request
from solver.placing.kernels_batch import Batch
from solver.placing.records import Records
from solver.placing.search import batch_of

URGENT: Final = int(Priority.URGENT)
EARLIEST_PRICE: Final = 1
"""What a minute of delay costs where nothing else has a price."""


@dataclass(frozen=True, slots=True)
class Census:
    """Somebody who lies in bed at the start: the request that their stay amounts to, and whom it goes with."""

    stay: Stay
    request: Request
    companion_bed: str | None


def census_of(hospital: Hospital) -> list[Census]:
    """Everybody in bed, without those who accompany them."""
    beside = {stay.with_stay_id: stay.bed_id for stay in hospital.stays if stay.with_stay_id is not None}
    return [
        Census(stay, _as_request(stay, number), beside.get(stay.id))
        for number, stay in enumerate(s for s in hospital.stays if s.with_stay_id is None)
    ]


def _as_request(stay: Stay, number: int) -> Request:
    return Request(
        id=f"census-{number:06d}",
        person_id=stay.person_id,
        priority=Priority.ROUTINE,
        care=stay.care,
        decided_at=stay.start,
        needed_by=stay.start,
        duration_minutes=stay.end - stay.start,
        companion=Companion.NONE,
    )


class Compiled:
    """``hospital``: without bookings, whose patients are ``booked`` templates; ``batch``: everybody who may be drawn,
    after the census and the booked, row by row."""

    def __init__(self, model: PlacedModel) -> None:
        self.model = model
        self.pools = pools(model.hospital, model.start)
        ready, roster = rostered(lasting(altered(model)), model.start, model.options.cover_horizon_minutes)
        self.hospital, before = without_bookings(ready, model.start)
        self.roster = roster
        self.census = census_of(self.hospital)
        self.booked = [
            Template(arrival.person, arrival.request, model.start, arrival.request.needed_by - model.start)
            for arrival in before
        ]
        self.templates = (*self.booked, *self.pools.templates)
        self.requests = [each.request for each in self.census] + [each.request for each in self.templates]
        self.arrays = self._arrays()
        self.supplies = supplies(self.arrays, model.start, roster)
        self.pricing = self._pricing()
        self.batch = self._batch()
        self.columns = self._columns()
        self.orders, self.order_of = self._orders()
        self.from_ward = np.array([request.origin is Origin.WARD for request in self.requests])
        ids = self.arrays.lot_ids
        self.lot_order = np.argsort(np.argsort(np.array(ids, dtype=np.str_))).astype(np.int64)

    def whom_a_unit_may_serve(self, type_id: str) -> Bool:
        """Of ``requests``, who asks for a type or for one that it may stand in for; bool (n_requests,)."""
        kinds = self.hospital.equipment_types
        names = {type_id, *(kind.id for kind in kinds if type_id in kind.substitutes)}
        return np.array([any(need.type_id in names for need in each.equipment) for each in self.requests])

    def _arrays(self) -> Arrays:
        """Beds, units and lots with nobody in them."""
        model = self.model
        empty = replace(self.hospital, stays=())
        records = Records.of(empty, model.start, model.profile, model.options)
        for template in self.templates:
            records.put(template.person)
        return Arrays(records)

    def _pricing(self) -> Pricing:
        if self.model.policy is Policy.PRODUCTION:
            return Pricing.of(self.model.profile)
        return Pricing.earliest(self.model.profile)

    def _batch(self) -> Batch:
        delay = None if self.model.policy is Policy.PRODUCTION else EARLIEST_PRICE
        compiled = [
            compile_request(request, self.arrays, self.pricing, delay_price=delay)
            for request in self.requests
        ]
        return batch_of(self.requests, compiled, self.pricing)

    def _columns(self) -> dict[str, Int64]:
        """What the draw needs of each template, int64 (n_templates,)."""
        requests = [each.request for each in self.templates]
        return {
            "lead": integers([each.lead for each in self.templates]),
            "clock": integers([each.clock for each in self.templates]),
            "made_at": integers([each.made_at for each in self.templates]),
            "wait": integers([request.max_wait_minutes for request in requests]),
            "duration": integers([request.duration_minutes for request in requests]),
            "priority": integers([int(request.priority) for request in requests]),
        }

    def _orders(self) -> tuple[Int64, Int64]:
        """Orders of beds int64 (n_orders, n_beds), and which counts for each row of ``batch``, int64 (n,)."""
        ids = self.arrays.bed_ids
        by_id = np.argsort(np.array(ids, dtype=np.str_), kind="stable").astype(np.int64)
        care = [request.care.speciality for request in self.requests]
        if self.model.policy is not Policy.NEAREST_WARD:
            return by_id[None, :], np.zeros(len(care), np.int64)
        names = sorted(set(care))
        orders = np.stack([self._by_distance(name, by_id) for name in names])
        return orders, integers([names.index(name) for name in care])

    def _by_distance(self, speciality: str, by_id: Int64) -> Int64:
        """Beds of the speciality's own wards first, then as far as equipment would be carried from there."""
        wards = list(self.arrays.records.wards.values())
        home = [number for number, ward in enumerate(wards) if speciality in ward.specialities]
        way = self.arrays.units.transport[home].min(axis=0) if home else np.zeros(len(wards), np.int64)
        way = way + 1
        way[home] = 0
        return by_id[np.argsort(way[self.arrays.places.ward[by_id]], kind="stable")]

    @property
    def kind(self) -> int:
        """How the kernels choose."""
        return PRODUCTION if self.model.policy is Policy.PRODUCTION else IN_ORDER


def integers(values: Sequence[int]) -> Int64:
    """An int64 array."""
    return np.array(values, np.int64)


def gathered(batch: Batch, rows: Int64) -> Batch:
    """The rows of a batch in another order, each as often as it is named."""
    skills, skills_ptr = _rows(batch.skills_ptr, rows, batch.skills)
    apart, apart_ptr = _rows(batch.apart_ptr, rows, batch.apart)
    excluded, excluded_ptr = _rows(batch.excluded_ptr, rows, batch.excluded)
    count, equipment_ptr = _rows(batch.equipment_ptr, rows, batch.equipment_count)
    offset, _ = _rows(batch.equipment_ptr, rows, batch.equipment_offset)
    lasts, _ = _rows(batch.equipment_ptr, rows, batch.equipment_duration)
    unit_choice, unit_first = _rows(batch.equipment_first_choice, rows, batch.equipment_choice)
    quantity, drug_ptr = _rows(batch.drug_ptr, rows, batch.drug_quantity)
    within, _ = _rows(batch.drug_ptr, rows, batch.drug_use_within)
    drug_choice, drug_first = _rows(batch.drug_first_choice, rows, batch.drug_choice)
    asked, _ = _rows(batch.drug_first_choice, rows, batch.drug_asked)
    return Batch(
        numbers=batch.numbers[rows],
        speciality_differs=batch.speciality_differs[rows],
        pool_draw=batch.pool_draw[rows],
        skills_ptr=skills_ptr,
        skills=skills,
        apart_ptr=apart_ptr,
        apart=apart,
        excluded_ptr=excluded_ptr,
        excluded=excluded,
        equipment_ptr=equipment_ptr,
        equipment_count=count,
        equipment_offset=offset,
        equipment_duration=lasts,
        equipment_choice_ptr=_rows(_pointers(batch.equipment_ptr), rows, batch.equipment_choice_ptr)[0],
        equipment_first_choice=unit_first,
        equipment_choice=unit_choice,
        drug_ptr=drug_ptr,
        drug_quantity=quantity,
        drug_use_within=within,
        drug_choice_ptr=_rows(_pointers(batch.drug_ptr), rows, batch.drug_choice_ptr)[0],
        drug_first_choice=drug_first,
        drug_choice=drug_choice,
        drug_asked=asked,
        unplaced_price=batch.unplaced_price[rows],
        places=batch.places[rows],
    )


def _pointers(pointer: Int64) -> Int64:
    """Where the pointers of each row begin: a row of n needs has n + 1."""
    return pointer + np.arange(pointer.size)


def _rows(pointer: Int64, rows: Int64, values: Any) -> tuple[Any, Int64]:
    """The values of some rows one after another, and where each row's begin."""
    lengths = np.diff(pointer)[rows]
    begins = np.zeros(rows.size + 1, np.int64)
    np.cumsum(lengths, out=begins[1:])
    where = np.repeat(pointer[rows] - begins[:-1], lengths) + np.arange(begins[-1])
    return values[where], begins
