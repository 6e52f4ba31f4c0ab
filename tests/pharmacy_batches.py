"""Requests for drugs and lots made by hand."""

from benchmarks.quality.drug_batches import DAY, NOW
from solver.hospital import Drug, Lot
from solver.pharmacy.problem import SupplyRequest


def request(name: str, quantity: int = 1, **fields: object) -> SupplyRequest:
    """A request of ward W1 for aspirin, used within a day."""
    told: dict[str, object] = {
        "ward_id": "W1",
        "drug_id": "aspirin",
        "use_until": NOW + DAY,
        "asked_at": NOW - 60,
        **fields,
    }
    return SupplyRequest(name, quantity=quantity, **told)  # type: ignore[arg-type]


def lot(name: str, on_hand: int = 10, days: int = 100, drug_id: str = "aspirin", **fields: object) -> Lot:
    """A lot of the central pharmacy."""
    return Lot(name, drug_id, on_hand, NOW + days * DAY, **fields)  # type: ignore[arg-type]


ASPIRIN = Drug("aspirin", "aspirin 100 mg", "acetylsalicylic acid")
