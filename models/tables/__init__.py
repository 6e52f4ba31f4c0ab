"""The tables, by subject; importing this package fills ``metadata`` with all of them."""

from models.tables import (
    accounts,
    admissions,
    care,
    drugs,
    equipment,
    jobs,
    ledger,
    people,
    places,
    rosters,
    scarcity,
    staff,
    stock,
    telling,
)
from models.tables.base import metadata

__all__ = [
    "accounts",
    "admissions",
    "care",
    "drugs",
    "equipment",
    "jobs",
    "ledger",
    "metadata",
    "people",
    "places",
    "rosters",
    "scarcity",
    "staff",
    "stock",
    "telling",
]
