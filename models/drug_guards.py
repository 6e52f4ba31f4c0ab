"""The guards of lots: what is reserved, dispensed and moved of them."""

from __future__ import annotations

from models.guards import Effect, Guard, Refusal

LOT_USABLE = Refusal(
    "lot_reservation_usable",
    "lot_reservation",
    ("INSERT",),
    "EXISTS (SELECT 1 FROM lot l WHERE l.id = NEW.lot_id "
    "AND (l.state <> 'available' OR l.expires_minute < NEW.use_until_minute))",
    when="NEW.state = 'reserved' AND NEW.allocation_id IS NOT NULL",
)
"""Nothing is reserved in a lot that is recalled, quarantined or locked, or that expires before its last
use."""

_LEFT_TOO_LITTLE = (
    "EXISTS (SELECT 1 FROM lot l JOIN lot_card c ON c.lot_id = l.id WHERE l.id = NEW.lot_id "
    "AND c.minimum_minutes_left > 0 AND l.expires_minute - c.minimum_minutes_left + 1 {after})"
)
"""A lot that must last some time when it is given out; ``after``: the minute at which it must still be given out."""

LOT_LASTS = Refusal(
    "lot_reservation_lasts",
    "lot_reservation",
    ("INSERT",),
    _LEFT_TOO_LITTLE.format(after="< NEW.use_until_minute"),
    when="NEW.state = 'reserved' AND NEW.allocation_id IS NOT NULL",
    tables=("lot_card",),
)
"""Nothing is reserved in a lot that may no longer be given out before its last use."""

LOT_RESERVED = Effect(
    "lot_reservation_taken",
    "lot_reservation",
    ("INSERT",),
    "UPDATE lot_balance SET reserved = reserved + NEW.quantity WHERE lot_id = NEW.lot_id",
    when="NEW.state = 'reserved'",
)

LOT_DISPENSABLE = Refusal(
    "lot_reservation_dispensable",
    "lot_reservation",
    ("UPDATE",),
    "EXISTS (SELECT 1 FROM lot l WHERE l.id = NEW.lot_id "
    "AND (l.state <> 'available' OR l.expires_minute <= NEW.changed_minute))",
    when="NEW.state = 'dispensed'",
)
"""Nothing is dispensed from a lot that may not be used at that minute."""

LOT_DISPENSED_LASTS = Refusal(
    "lot_reservation_dispensed_lasts",
    "lot_reservation",
    ("UPDATE",),
    _LEFT_TOO_LITTLE.format(after="<= NEW.changed_minute"),
    when="NEW.state = 'dispensed'",
    tables=("lot_card",),
)
"""Nothing is dispensed from a lot of whose life too little is left at that minute."""

LOT_RESERVATION_FINAL = Refusal(
    "lot_reservation_final",
    "lot_reservation",
    ("UPDATE",),
    "OLD.state <> 'reserved' OR NEW.state = 'reserved' OR NEW.id <> OLD.id OR NEW.lot_id <> OLD.lot_id "
    "OR NEW.quantity <> OLD.quantity OR NEW.allocation_id IS DISTINCT FROM OLD.allocation_id",
)
"""A reservation is released or dispensed once, and changes in no other way."""

LOT_FIRST_RESERVED = Refusal(
    "lot_reservation_begins", "lot_reservation", ("INSERT",), "NEW.state <> 'reserved'"
)

LOT_RELEASED = Effect(
    "lot_reservation_ended",
    "lot_reservation",
    ("UPDATE",),
    "UPDATE lot_balance SET reserved = reserved - NEW.quantity, "
    "on_hand = on_hand - CASE WHEN NEW.state = 'dispensed' THEN NEW.quantity ELSE 0 END "
    "WHERE lot_id = NEW.lot_id",
)

LOT_RESERVATION_KEPT = Refusal("lot_reservation_kept", "lot_reservation", ("DELETE",), "1 = 1")

LOT_MOVED = Effect(
    "lot_move_counted",
    "lot_move",
    ("INSERT",),
    "UPDATE lot_balance SET on_hand = on_hand + NEW.quantity WHERE lot_id = NEW.lot_id",
)

_OF_THE_LEDGER = ("witness", "person_id")

LOT_MOVE_SIGN = Refusal(
    "lot_move_sign",
    "lot_move",
    ("INSERT",),
    "(NEW.reason IN ('opening', 'receipt', 'return') AND NEW.quantity <= 0) "
    "OR (NEW.reason IN ('issue', 'waste') AND NEW.quantity >= 0)",
    columns=_OF_THE_LEDGER,
)
"""What comes is more, what goes is less."""

LOT_MOVE_WITNESSED = Refusal(
    "lot_move_witnessed",
    "lot_move",
    ("INSERT",),
    "(NEW.witness IS NULL OR NEW.witness = NEW.actor) AND EXISTS (SELECT 1 FROM lot l JOIN drug d "
    "ON d.id = l.drug_id WHERE l.id = NEW.lot_id AND d.handling IN ('controlled', 'blood'))",
    when="NEW.reason <> 'opening'",
    columns=_OF_THE_LEDGER,
)
"""Nothing of a controlled drug or of blood moves without a second person."""

LOT_MOVE_USABLE = Refusal(
    "lot_move_usable",
    "lot_move",
    ("INSERT",),
    "NEW.person_id IS NULL AND NEW.reason = 'issue' OR EXISTS (SELECT 1 FROM lot l WHERE l.id = NEW.lot_id "
    "AND (l.state <> 'available' OR l.expires_minute <= NEW.minute))",
    when="NEW.reason = 'issue' OR (NEW.reason = 'transfer' AND NEW.quantity < 0)",
    columns=_OF_THE_LEDGER,
)
"""Nothing is issued to nobody; nothing is issued or sent elsewhere that may not be used."""

LOT_MOVE_LASTS = Refusal(
    "lot_move_lasts",
    "lot_move",
    ("INSERT",),
    _LEFT_TOO_LITTLE.format(after="<= NEW.minute"),
    when="NEW.reason = 'issue'",
    columns=_OF_THE_LEDGER,
    tables=("lot_card",),
)
"""Nothing is issued of whose life too little is left."""

LOT_MOVE_RECEIVED = Refusal(
    "lot_move_received",
    "lot_move",
    ("INSERT",),
    "EXISTS (SELECT 1 FROM lot l WHERE l.id = NEW.lot_id AND l.expires_minute <= NEW.minute)",
    when="NEW.reason = 'receipt'",
    columns=_OF_THE_LEDGER,
)
"""Nothing is taken in that had expired before."""

LOT_MOVE_RETURNED = Refusal(
    "lot_move_returned",
    "lot_move",
    ("INSERT",),
    "NEW.quantity > COALESCE((SELECT -sum(m.quantity) FROM lot_move m WHERE m.lot_id = NEW.lot_id "
    "AND m.person_id = NEW.person_id AND m.reason IN ('issue', 'return')), 0) "
    "+ COALESCE((SELECT sum(r.quantity) FROM lot_reservation r JOIN allocation a ON a.id = r.allocation_id "
    "WHERE r.lot_id = NEW.lot_id AND r.state = 'dispensed' AND a.person_id = NEW.person_id), 0)",
    when="NEW.reason = 'return' AND NEW.person_id IS NOT NULL",
    columns=_OF_THE_LEDGER,
)
"""Nobody brings back more than they had."""

AWAITING_MOVE_STAYS = Refusal(
    "awaiting_move_stays",
    "awaiting_move",
    ("UPDATE",),
    "OLD.state <> 'open' OR NEW.id <> OLD.id OR NEW.lot_id <> OLD.lot_id OR NEW.asked <> OLD.asked "
    "OR NEW.asked_by <> OLD.asked_by OR NEW.asked_microsecond <> OLD.asked_microsecond",
)
"""What the second person confirms is what the first one asked for; they decide once."""

AWAITING_MOVE_KEPT = Refusal("awaiting_move_kept", "awaiting_move", ("DELETE",), "1 = 1")

DRUG_GUARDS: tuple[Guard, ...] = (
    LOT_USABLE,
    LOT_LASTS,
    LOT_FIRST_RESERVED,
    LOT_RESERVED,
    LOT_DISPENSABLE,
    LOT_DISPENSED_LASTS,
    LOT_RESERVATION_FINAL,
    LOT_RELEASED,
    LOT_RESERVATION_KEPT,
    LOT_MOVED,
    LOT_MOVE_SIGN,
    LOT_MOVE_WITNESSED,
    LOT_MOVE_USABLE,
    LOT_MOVE_LASTS,
    LOT_MOVE_RECEIVED,
    LOT_MOVE_RETURNED,
    AWAITING_MOVE_STAYS,
    AWAITING_MOVE_KEPT,
)
