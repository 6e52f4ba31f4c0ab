"""Batches of requests for drugs, made by chance from a seed."""

import random

from solver.hospital import Drug, Lot, LotState, Priority
from solver.pharmacy.problem import SupplyProblem, SupplyRequest

NOW = 29_000_000
DAY = 1440


def by_chance(
    seed: int, drugs: int, lots: int, requests: int, asked_for: int, wards: int = 4
) -> SupplyProblem:
    """Groups of five drugs, half of them with approved equivalents; requests ask for ``asked_for`` of the drugs."""
    r = random.Random(seed)

    def drug(number: int) -> Drug:
        group = range(number // 5 * 5, min(drugs, number // 5 * 5 + 5))
        equivalents = tuple(f"d{other}" for other in group if other != number) if r.random() < 0.5 else ()
        return Drug(
            f"d{number}",
            f"drug {number}",
            f"s{group[0]}",
            safety_stock=r.randint(0, 20),
            equivalents=equivalents,
        )

    def stock(number: int) -> Lot:
        ward = None if r.random() < 0.7 else f"w{r.randrange(wards)}"
        state = LotState.AVAILABLE if r.random() < 0.9 else LotState.RECALLED
        expires = NOW + r.randint(-30, 300) * DAY
        return Lot(
            f"l{number}", f"d{r.randrange(drugs)}", r.randint(0, 60), expires, state=state, ward_id=ward
        )

    asked = [r.randrange(drugs) for _ in range(asked_for)]

    def wanted(number: int) -> SupplyRequest:
        return SupplyRequest(
            f"r{number}",
            f"w{r.randrange(wards)}",
            f"d{r.choice(asked)}",
            r.randint(1, 40),
            NOW + r.randint(1, 60) * DAY,
            NOW - r.randint(0, 600),
            Priority(r.randrange(4)),
            r.randint(0, 9),
        )

    return SupplyProblem(
        NOW,
        tuple(drug(number) for number in range(drugs)),
        tuple(stock(number) for number in range(lots)),
        tuple(wanted(number) for number in range(requests)),
    )
