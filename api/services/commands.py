"""Every command that decides by name, and what its name says of its place in a batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from api.services import (
    arriving,
    batches,
    booking_repair,
    bookings,
    chaining,
    choosing,
    disruptions,
    holding,
    leaving,
    movements,
    placing,
    profiles,
    proposals,
    scarcity,
    stock,
    ticking,
    transfers,
    waiting,
)
from api.services.admissions import applying
from api.services.changes import Changes
from api.services.rosters import filling, publishing
from api.services.waiting import GO_ON
from models.commands import Answer

Handler = Callable[[Any, Changes], Answer]

HANDLERS: Mapping[str, Handler] = {
    "admission.apply": applying.apply,
    "booking.make": bookings.book,
    "booking.confirm": bookings.confirm,
    "booking.cancel": bookings.cancel,
    "booking.repair": booking_repair.apply,
    "request.place": placing.place_one,
    "request.batch": batches.place_batch,
    "request.choose": choosing.choose,
    "request.chain": chaining.seek_for_request,
    "stay.chain": chaining.seek_for_stay,
    "request.release": movements.withdraw,
    "allocation.hold": holding.hold,
    "allocation.confirm": movements.confirm,
    "allocation.release": movements.release,
    "allocation.arrive": arriving.arrive,
    "allocation.discharge": leaving.discharge,
    "allocation.step": movements.record_step,
    "allocation.transfer": transfers.transfer,
    "stay.transfer": transfers.transfer_stay,
    "disruption": disruptions.disrupt,
    "proposal.answer": proposals.answer_proposal,
    "profile.activate": profiles.activate,
    "roster.change": filling.publish_change,
    "roster.publish": publishing.publish,
    "scarcity.compute": scarcity.computed,
    "scarcity.switch": scarcity.switch,
    "stock.move": stock.move,
    "stock.witness": stock.witness,
    "clock.tick": ticking.tick,
    GO_ON: waiting.go_on,
}
"""Every command by name."""

FREEING = frozenset(
    {
        "allocation.arrive",
        "allocation.confirm",
        "allocation.discharge",
        "allocation.release",
        "allocation.step",
        "booking.cancel",
        "booking.confirm",
        "booking.repair",
        "disruption",
        "request.release",
        "stock.move",
        "stock.witness",
        "roster.change",
        "roster.publish",
    }
)
"""Commands after which something may be free, and those that say what is not: they come first in their batch, so that
everything asked in it is decided on what there is; in the order in which they came, so that no release overtakes the
patient on the way."""
