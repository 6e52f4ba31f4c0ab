"""Counts every rule of a batch on a finished plan, and reckons what its certificate proves; plain, and shares
nothing with the engines but the prices, which are reckoned from the records themselves."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from solver.engine.rule import Level, Rule
from solver.hospital import HandlingClass, Lot, LotState
from solver.pharmacy import rules
from solver.pharmacy.plan import Certificate, Shortage, SupplyPlan
from solver.pharmacy.prices import Prices
from solver.pharmacy.problem import SupplyProblem, SupplyRequest
from solver.pharmacy.rules_of_lots import counts_as_stock, lies_elsewhere, too_short, unfit_for


@dataclass(frozen=True, slots=True)
class Recount:
    """``counts``: units of each broken or paid rule, by its id. ``cost``: of the soft ones. ``bound``: proven by the
    plan's certificate, None without one. ``clean``: no hard rule is broken."""

    counts: Counter[str]
    cost: int
    bound: int | None

    @property
    def clean(self) -> bool:
        """Whether every absolute and overridable rule is kept."""
        hard = (rule.id for rule in rules.SUPPLY_RULES if rule.level is not Level.SOFT)
        return not any(self.counts[rule_id] for rule_id in hard)


def recount(problem: SupplyProblem, plan: SupplyPlan) -> Recount:
    """Every rule counted, plainly. Raises KeyError for a plan that names unknown requests or lots."""
    prices = Prices.of(problem)
    counts: Counter[str] = Counter()
    cost = 0
    for rule, amount, price in _amounts(problem, plan, prices):
        counts[rule.id] += amount
        cost += amount * price
    bound = None if plan.certificate is None else proven(problem, plan.certificate, prices)
    return Recount(+counts, cost, bound)


Amount = tuple[Rule, int, int]
"""A rule, how many units of it, the price of one."""


def _amounts(problem: SupplyProblem, plan: SupplyPlan, prices: Prices) -> Iterator[Amount]:
    taken: Counter[str] = Counter()
    served: Counter[str] = Counter()
    stock = _Stock(problem)
    for use in plan.given:
        request, lot = problem.request_of[use.request_id], problem.lot_of[use.lot_id]
        for rule in dict.fromkeys(refused(problem, request, lot)):
            yield rule, 1 if rule.unit == "lot" else use.quantity, 0
        yield rules.SUBSTITUTED_UNIT, use.quantity * (lot.drug_id != request.drug_id), prices.substitute
        yield rules.EARLIEST_EXPIRY_FIRST, use.quantity * stock.passed(lot), prices.passed
        # A quantity below one would give back what was never taken.
        yield rules.NOT_MORE_THAN_ASKED, int(use.quantity < 1), 0
        taken[lot.id] += use.quantity
        served[request.id] += use.quantity
    for lot_id, quantity in taken.items():
        yield rules.LOT_QUANTITY, max(0, quantity - problem.lot_of[lot_id].available), 0
    for request in problem.requests:
        yield rules.NOT_MORE_THAN_ASKED, max(0, served[request.id] - request.quantity), 0
    yield from _below_safety(problem, stock, taken, prices)
    yield from _short(problem, served, prices)


def refused(problem: SupplyProblem, request: SupplyRequest, lot: Lot) -> Iterator[Rule]:
    """Hard rules because of which a lot may not serve a request, whatever else is given."""
    drug = problem.drug_of[lot.drug_id]
    person = problem.person_of.get(request.person_id or "")
    if lot.drug_id not in (request.drug_id, *problem.drug_of[request.drug_id].equivalents):
        yield rules.APPROVED_EQUIVALENT
    if lot.state is not LotState.AVAILABLE:
        yield rules.LOT_USABLE
    # It is given out now at the earliest.
    yield from too_short(lot, max(request.use_until, problem.now + 1))
    if lies_elsewhere(lot, request.ward_id) and problem.profile.active(rules.LOT_PLACE):
        yield rules.LOT_PLACE
    yield from unfit_for(person, drug, lot)


class _Stock:
    """Lots of each drug that may be used at all, and what they hold."""

    def __init__(self, problem: SupplyProblem) -> None:
        self._drug_of = problem.drug_of
        self.usable: dict[str, list[Lot]] = defaultdict(list)
        for lot in problem.lots:
            if counts_as_stock(lot, problem.now):
                self.usable[lot.drug_id].append(lot)

    def passed(self, lot: Lot) -> int:
        """Usable lots of the drug that expire sooner, ties by id; blood is matched, not queued."""
        if self._drug_of[lot.drug_id].handling is HandlingClass.BLOOD:
            return 0
        return sum((o.expires, o.id) < (lot.expires, lot.id) for o in self.usable[lot.drug_id])

    def units(self, drug_id: str) -> int:
        """Units that may be reserved."""
        return sum(lot.available for lot in self.usable[drug_id])


def _below_safety(
    problem: SupplyProblem, stock: _Stock, taken: Counter[str], prices: Prices
) -> Iterator[Amount]:
    drawn: Counter[str] = Counter()
    for lot_id, quantity in taken.items():
        drawn[problem.lot_of[lot_id].drug_id] += quantity
    for drug_id, quantity in drawn.items():
        safety, before = problem.drug_of[drug_id].safety_stock, stock.units(drug_id)
        added = max(0, safety - before + quantity) - max(0, safety - before)
        yield rules.SAFETY_STOCK, added, prices.safety


def _short(problem: SupplyProblem, served: Counter[str], prices: Prices) -> Iterator[Amount]:
    """What shortages cost: by class, by tenths of what each ward asked for, by who asked first."""
    for (_, rank, _), members in sharing(problem).items():
        demand = sum(request.quantity for request, _ in members)
        short = sum(request.quantity - served[request.id] for request, _ in members)
        yield rules.COMMITTEES_ORDER, short * (prices.classes - rank), prices.step
        tenths = sum(tenth * units for tenth, units in enumerate(_by_tenth(short, demand)))
        yield rules.FAIR_BETWEEN_WARDS, tenths, prices.tenth
        for request, later in members:
            yield rules.FIRST_ASKED, (request.quantity - served[request.id]) * later, prices.later


def _by_tenth(short: int, demand: int) -> list[int]:
    """How many of the first ``short`` units lie in each tenth of a demand: unit u is in tenth 10 * u // demand."""
    below = [min(short, (tenth * demand + 9) // 10) for tenth in range(11)]
    return [until - begin for begin, until in pairwise(below)]


def sharing(problem: SupplyProblem) -> dict[Shortage, list[tuple[SupplyRequest, int]]]:
    """Requests for one drug in one class by ward, each with the number of equals, of all wards, asked later."""
    found: dict[Shortage, list[tuple[SupplyRequest, int]]] = defaultdict(list)
    later: Counter[tuple[str, int]] = Counter()
    for request in sorted(problem.requests, key=lambda each: (each.asked_at, each.id), reverse=True):
        rank = problem.rationing.rank(request.priority, request.days_of_cover)
        found[request.drug_id, rank, request.ward_id].append((request, later[request.drug_id, rank]))
        later[request.drug_id, rank] += 1
    return found


def proven(problem: SupplyProblem, certificate: Certificate, prices: Prices) -> int:
    """The bound: sum over requests of quantity * price, less what arcs cheaper than their ends' prices could save.

    No plan costs less, whatever the certificate holds: weak duality of the transport problem.
    """
    bound = sum(r.quantity * certificate.request.get(r.id, 0) for r in problem.requests)
    for capacity, cost, above, below in _arcs(problem, certificate, prices):
        bound += capacity * min(0, cost + above - below)
    return bound


def _arcs(problem: SupplyProblem, told: Certificate, prices: Prices) -> Iterable[tuple[int, int, int, int]]:
    """Capacity, cost, price at the tail, price at the head of everything a unit may pass."""
    stock = _Stock(problem)
    for drug in problem.drugs:
        price, units = told.drug.get(drug.id, 0), stock.units(drug.id)
        free = max(0, units - drug.safety_stock)
        yield free, 0, 0, price
        yield units - free, prices.safety, 0, price
        for lot in stock.usable[drug.id]:
            yield lot.available, prices.passed * stock.passed(lot), price, told.lot.get(lot.id, 0)
    for request in problem.requests:
        price = told.request.get(request.id, 0)
        for drug_id in dict.fromkeys((request.drug_id, *problem.drug_of[request.drug_id].equivalents)):
            for lot in stock.usable[drug_id]:
                if not any(refused(problem, request, lot)):
                    cost = prices.substitute * (drug_id != request.drug_id)
                    yield min(request.quantity, lot.available), cost, told.lot.get(lot.id, 0), price
    for shortage, members in sharing(problem).items():
        above = told.shortage.get(shortage, 0)
        demand = sum(request.quantity for request, _ in members)
        for tenth, width in enumerate(_by_tenth(demand, demand)):
            yield width, prices.short(shortage[1]) + prices.tenth * tenth, 0, above
        for request, later in members:
            yield request.quantity, prices.later * later, above, told.request.get(request.id, 0)
