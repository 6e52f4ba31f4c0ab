"""What it costs to differ from an earlier plan: the price is raised until few enough changes are left."""

from __future__ import annotations

from typing import Final

FIRST_PRICE: Final = 20
RAISED: Final = 5
"""How many times as dear a change becomes when there are still too many."""
DEAREST: Final = 50_000
"""Changes are never dearer: beyond it nothing but hard rules is left to give way."""


def dearer(price: int) -> int | None:
    """The next price of a change, None after the dearest."""
    if price >= DEAREST:
        return None
    return min(DEAREST, max(FIRST_PRICE, RAISED * price))
