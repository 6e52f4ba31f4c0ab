"""Drugs: how much of which lot each need takes.

    q[need, lot] in 0..quantity           taken; one variable per lot that may serve
    sum over lots of q[need, .]           = quantity * sum of the request's places
    q[need, lot]                         <= quantity * sum of places in the lot's ward from which it may be given
                                            out until use
    sum over needs of q[., lot]          <= available(lot)
    v[need, lot] >= q[need, lot] / quantity   for a lot of an equivalent: the price of substitution
    shortage(drug) >= safety stock - stock + sum of q over its lots

A unit of quantity costs the number of lots passed over. Lots that a need can do without, because cheaper
ones cannot run out, are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

from solver.engine.types import Bool, Int64
from solver.hospital import (
    Allocation,
    Drug,
    DrugNeed,
    HandlingClass,
    Lot,
    LotUse,
)
from solver.pharmacy import rules
from solver.pharmacy.rules_of_lots import counts_as_stock, unfit_for
from solver.placing.cpsat.detail import Detail
from solver.placing.cpsat.linear import INFINITE, LinearModel, Terms
from solver.placing.cpsat.options import Options
from solver.placing.cpsat.rooms import groups_of
from solver.placing.cpsat.scene import Scene


@dataclass(frozen=True, slots=True)
class Need:
    """One need of one request."""

    request: int
    need: DrugNeed


@dataclass(frozen=True, slots=True)
class Offer:
    """A lot that may serve a need: price of a unit of quantity, price of using it at all; ``latest`` start."""

    lot: Lot
    unit_cost: int
    use_cost: int
    latest: int


def _lots_of(allocation: Allocation | None) -> tuple[LotUse, ...]:
    return () if allocation is None else allocation.lots


class LotRows:
    """Adds needs and lots to a model; reads and writes the lots of plans."""

    def __init__(self, scene: Scene, detail: Detail) -> None:
        self._scene = scene
        self._everything = detail.everything
        self._kept = {
            (number, use.lot_id)
            for number, request in enumerate(scene.requests)
            for use in _lots_of(detail.kept.get(request.id))
        }
        self.needs = [Need(r, need) for r, request in enumerate(scene.requests) for need in request.drugs]
        self._ranks: dict[str, dict[str, int]] = {}
        self.offers = [self._offers(item) for item in self.needs]
        self.variables: dict[tuple[int, str], int] = {}

    def _ranked(self, drug_id: str) -> dict[str, int]:
        """Usable lots of a drug by id, with how many of them expire before."""
        if drug_id not in self._ranks:
            records = self._scene.records
            lots = [records.lots[lot_id] for lot_id in records.lots_of_drug.get(drug_id, ())]
            usable = [lot for lot in lots if counts_as_stock(lot, records.now)]
            usable.sort(key=lambda lot: (lot.expires, lot.id))
            self._ranks[drug_id] = {lot.id: rank for rank, lot in enumerate(usable)}
        return self._ranks[drug_id]

    def _offers(self, item: Need) -> list[Offer]:
        """Every lot that keeps the hard rules, best first."""
        scene, found = self._scene, []
        drug = scene.records.drugs.get(item.need.drug_id)
        accepted = () if drug is None else (drug.id, *drug.equivalents)
        for drug_id in accepted:
            given = scene.records.drugs[drug_id]
            for lot_id, rank in self._ranked(drug_id).items():
                lot = scene.records.lots[lot_id]
                if self._is_safe(item.request, given, lot):
                    found.append(self._offer(item, given, lot, rank))
        return sorted(
            found, key=lambda offer: (offer.use_cost, offer.unit_cost, offer.lot.expires, offer.lot.id)
        )

    def _is_safe(self, request: int, drug: Drug, lot: Lot) -> bool:
        return lot.available > 0 and not any(unfit_for(self._scene.person(request), drug, lot))

    def _offer(self, item: Need, drug: Drug, lot: Lot, rank: int) -> Offer:
        weight = self._scene.weight
        passed_over = 0 if drug.handling is HandlingClass.BLOOD else rank
        use_cost = 0 if drug.id == item.need.drug_id else weight(rules.DRUG_SUBSTITUTE)
        latest = lot.usable_until - item.need.use_within_minutes
        return Offer(lot, passed_over * weight(rules.EARLIEST_EXPIRY_FIRST), use_cost, latest)

    def admitted(self, main: Options) -> Bool:
        """Which places could be supplied if nobody else asked."""
        good = np.ones(main.size, bool)
        of_request = dict(groups_of(main.request))
        for item, offers in zip(self.needs, self.offers, strict=True):
            some = of_request.get(item.request)
            if some is not None:
                stock = np.zeros(len(some), np.int64)
                for offer in offers:
                    stock += offer.lot.available * self._reaches(offer, main, some)
                good[some] &= stock >= item.need.quantity
        return good

    def _reaches(self, offer: Offer, main: Options, some: Int64) -> Bool:
        """Which places a lot may serve: its own ward's, and no start too late."""
        near: Bool = main.start[some] <= offer.latest
        if offer.lot.ward_id is None or not self._scene.active(rules.LOT_PLACE):
            return near
        own = list(self._scene.records.wards).index(offer.lot.ward_id)
        near &= self._scene.beds.ward[main.bed[some]] == own
        return near

    def add(self, model: LinearModel, main: Options, x: Int64) -> None:
        """Variables and rows of every need."""
        of_request = dict(groups_of(main.request))
        asked = self._most_asked(of_request)
        of_lot: defaultdict[str, list[int]] = defaultdict(list)
        for number, (item, offers) in enumerate(zip(self.needs, self.offers, strict=True)):
            some = of_request.get(item.request)
            if some is None:
                continue
            taken = []
            for offer in self._needed(item, offers, main, some, asked):
                variable = self._take(model, item, offer, main, x, some)
                self.variables[number, offer.lot.id] = variable
                of_lot[offer.lot.id].append(variable)
                taken.append(variable)
            parts = [Terms.of(0, np.array(taken, np.int64), 1), Terms.of(0, x[some], -item.need.quantity)]
            model.rows(1, Terms.joined(parts), 0, 0)
        self._stock_rows(model, of_lot)

    def _most_asked(self, of_request: dict[int, Int64]) -> Counter[str]:
        """Quantity of each drug that all requests with a place could take together."""
        asked: Counter[str] = Counter()
        for item, offers in zip(self.needs, self.offers, strict=True):
            if item.request in of_request:
                for drug_id in {offer.lot.drug_id for offer in offers}:
                    asked[drug_id] += item.need.quantity
        return asked

    def _needed(
        self, item: Need, offers: list[Offer], main: Options, some: Int64, asked: Counter[str]
    ) -> list[Offer]:
        """The cheapest lots of the drug itself, until those that reach every place cannot run out; then an
        equivalent is of use only if it may save more than substitution costs."""
        kept: list[Offer] = []
        always = 0
        for offer in offers:
            enough = always >= asked[item.need.drug_id] and not self._may_pay(item, offer, kept)
            if enough and not self._everything and (item.request, offer.lot.id) not in self._kept:
                continue
            kept.append(offer)
            if offer.lot.drug_id == item.need.drug_id and self._reaches(offer, main, some).all():
                always += offer.lot.available
        return kept

    def _may_pay(self, item: Need, offer: Offer, kept: list[Offer]) -> bool:
        if offer.lot.drug_id == item.need.drug_id:
            return False
        own = [other.unit_cost for other in kept if other.lot.drug_id == item.need.drug_id]
        if not own:
            return True
        dearest = max(own) + self._scene.weight(rules.SAFETY_STOCK)
        return offer.use_cost + offer.unit_cost < dearest * item.need.quantity

    def _take(
        self, model: LinearModel, item: Need, offer: Offer, main: Options, x: Int64, some: Int64
    ) -> int:
        """The variable of one need and lot with the rows that bind it to places."""
        quantity = item.need.quantity
        variable = model.variables(1, min(quantity, offer.lot.available), offer.unit_cost)
        reached = self._reaches(offer, main, some)
        if not reached.all():
            parts = [Terms.of(0, variable, 1), Terms.of(0, x[some[reached]], -quantity)]
            model.rows(1, Terms.joined(parts), -INFINITE, 0)
        if self._scene.fetching and offer.lot.ward_id is not None:
            self._fetch(model, item, offer, main, x, some, variable)
        if offer.use_cost:
            used = model.variables(1, 1, offer.use_cost)
            most = min(quantity, offer.lot.available)
            parts = [Terms.of(0, variable, 1), Terms.of(0, used, -most)]
            model.rows(1, Terms.joined(parts), -INFINITE, 0)
            model.derive(used, Terms.of(0, variable, 1))
        return int(variable[0])

    def _fetch(
        self, model: LinearModel, item: Need, offer: Offer, main: Options, x: Int64, some: Int64, taken: Int64
    ) -> None:
        """A lot of a ward's cabinet that goes to another ward is fetched, at its price."""
        own = list(self._scene.records.wards).index(offer.lot.ward_id or "")
        near = x[some[self._scene.beds.ward[main.bed[some]] == own]]
        fetched = model.variables(1, 1, self._scene.fetching)
        quantity = item.need.quantity
        parts = [Terms.of(0, taken, 1), Terms.of(0, near, -quantity), Terms.of(0, fetched, -quantity)]
        model.rows(1, Terms.joined(parts), -INFINITE, 0)

    def _stock_rows(self, model: LinearModel, of_lot: dict[str, list[int]]) -> None:
        """No lot gives more than it has; safety stocks have their price."""
        lots = self._scene.records.lots
        of_drug: defaultdict[str, list[int]] = defaultdict(list)
        for lot_id, variables in of_lot.items():
            of_drug[lots[lot_id].drug_id] += variables
            model.rows(1, Terms.of(0, np.array(variables), 1), -INFINITE, lots[lot_id].available)
        for drug_id, variables in of_drug.items():
            self._safety(model, drug_id, np.array(variables))

    def _safety(self, model: LinearModel, drug_id: str, taken: Int64) -> None:
        """The shortage below the safety stock that taking ``taken`` adds."""
        records, price = self._scene.records, self._scene.weight(rules.SAFETY_STOCK)
        stock = sum(records.lots[lot_id].available for lot_id in self._ranked(drug_id))
        spare = stock - records.drugs[drug_id].safety_stock
        most = int(model.upper_of(taken).sum())
        if price == 0 or spare >= most:
            return
        if spare <= 0:
            model.add_cost(taken, price)
            return
        shortage = model.variables(1, most - spare, price)
        parts = [Terms.of(0, taken, 1), Terms.of(0, shortage, -1)]
        model.rows(1, Terms.joined(parts), -INFINITE, spare)
        model.derive(shortage, parts[0], -spare)

    def written(self, request: int, allocation: Allocation) -> dict[int, int] | None:
        """Values of the variables for one allocation's lots; None if they are none the model knows."""
        values: dict[int, int] = {}
        numbers = {item.need.drug_id: n for n, item in enumerate(self.needs) if item.request == request}
        seen: set[tuple[str, str]] = set()
        for use in allocation.lots:
            variable = self.variables.get((numbers.get(use.drug_id, -1), use.lot_id))
            if variable is None or (use.drug_id, use.lot_id) in seen:
                return None
            seen.add((use.drug_id, use.lot_id))
            values[variable] = use.quantity
        return values

    def read(self, values: Int64) -> dict[int, list[LotUse]]:
        """Lots of each request."""
        given: defaultdict[int, list[LotUse]] = defaultdict(list)
        for (number, lot_id), variable in self.variables.items():
            if values[variable] > 0:
                item = self.needs[number]
                given[item.request].append(LotUse(item.need.drug_id, lot_id, int(values[variable])))
        return given
