"""What is said of prices of scarce capacity: on or off."""

from __future__ import annotations

from api.schemas.base import Reason, Strict


class SwitchIn(Strict):
    """Whether decisions are taken under prices that follow the forecast (``on``), and why."""

    on: bool
    reason: Reason
