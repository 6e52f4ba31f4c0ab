"""Units of equipment and what they are booked for."""

from __future__ import annotations

from types import SimpleNamespace

from sqlalchemy import Connection, bindparam, insert, select

from models import rows
from models.commands import Transaction
from models.errors import NotFound
from models.repositories.versions import add, revise
from models.statements import first_row
from models.store import blocked
from models.tables import equipment, places
from solver.hospital import EquipmentType, Minute, Unit, UnitBooking, Ward


def insert_type(transaction: Transaction, record: EquipmentType) -> None:
    """Add a type with its substitutes."""
    transaction.connection.execute(insert(equipment.equipment_type), rows.row(record))
    for place, other in enumerate(record.substitutes):
        values = {"type_id": record.id, "place": place, "substitute_id": other}
        transaction.connection.execute(insert(equipment.equipment_substitute), values)


def insert_unit(transaction: Transaction, record: Unit) -> None:
    """Add a unit."""
    add(transaction, equipment.unit, rows.row(record))


def update_unit(transaction: Transaction, record: Unit) -> None:
    """Change a unit: its state, its ward."""
    values = {name: value for name, value in rows.row(record).items() if name != "id"}
    revise(transaction, equipment.unit, record.id, values)


def insert_booking(
    transaction: Transaction,
    record: UnitBooking,
    need_type_id: str | None = None,
    taken: tuple[Minute, Minute] | None = None,
) -> None:
    """Book a unit; ``need_type_id`` is the type that was asked for, which the unit may stand in for; ``taken``: the
    minutes the booking takes of it, if they are known."""
    start, end = taken or _blocked(transaction, record)
    asked = need_type_id if record.terms is None else record.terms.type_id
    extra = {"blocked_start": start, "blocked_end": end, "need_type_id": asked}
    add(transaction, equipment.unit_booking, rows.row(record) | extra)
    _keep_terms(transaction, record)


def update_booking(transaction: Transaction, before: UnitBooking, after: UnitBooking) -> None:
    """Change the times or the ward of a booking, or pin it. A pinned unit goes along with its patient: no longer way
    begins before the use."""
    start, end = _blocked(transaction, after)
    if goes_along(before, after):
        start = max(start, transaction.connection.execute(_TAKEN_FROM, {"booking": after.id}).scalar_one())
    kept = ("id", "need_type_id")
    values = {name: value for name, value in rows.row(after).items() if name not in kept}
    taken = {"blocked_start": start, "blocked_end": end}
    revise(transaction, equipment.unit_booking, after.id, values | taken)
    if after.terms != before.terms:
        _keep_terms(transaction, after)


def _keep_terms(transaction: Transaction, record: UnitBooking) -> None:
    if record.terms is not None:
        transaction.connection.execute(insert(equipment.booking_terms), rows.terms_row(record))


_TAKEN_FROM = select(equipment.unit_booking.c.blocked_start).where(
    equipment.unit_booking.c.id == bindparam("booking")
)


def insert_repair(transaction: Transaction, job_id: str, actor: str) -> None:
    """Note that a repair of bookings was carried out; raises ``IntegrityError`` for one that was before."""
    values = {"job_id": job_id, "actor": actor, "recorded_microsecond": transaction.now.microsecond}
    transaction.connection.execute(insert(equipment.equipment_repair), values)


def carried_out(connection: Connection, job_id: str) -> bool:
    """Whether a repair of bookings was carried out."""
    table = equipment.equipment_repair
    return connection.scalar(select(table.c.job_id).where(table.c.job_id == job_id)) is not None


def goes_along(before: UnitBooking, after: UnitBooking) -> bool:
    """Whether the unit is with its patient, or on its way there, and the use only goes on elsewhere: then the minutes
    before the use never become more, and become fewer if the new way is shorter. Deciders reckon with the way to
    where the unit goes now; a booking that kept the longer one would refuse all that they find before it."""
    return before.pinned and before.start == after.start


def end_booking(transaction: Transaction, record: UnitBooking, minute: Minute) -> None:
    """End a booking: one that has begun ends at this minute, one that has not is cancelled."""
    if record.start >= minute:
        revise(transaction, equipment.unit_booking, record.id, {"state": "cancelled"})
        return
    end = min(record.end, minute)
    blocked_end = _blocked(transaction, record)[1] - record.end + end
    values = {"state": "ended", "end_minute": end, "blocked_end": blocked_end}
    revise(transaction, equipment.unit_booking, record.id, values)


_UNIT, _TYPE, _SITE = equipment.unit, equipment.equipment_type, places.site
_HOME, _THERE = places.ward.alias("home"), places.ward.alias("there")
_OF_A_WARD = ("id", "site_id", "name", "building", "floor")
_BLOCKED_BY = (
    select(
        *_SITE.columns,
        _UNIT.c.type_id,
        _TYPE.c.turnaround_minutes,
        *(_HOME.c[name].label(f"home_{name}") for name in _OF_A_WARD),
        *(_THERE.c[name].label(f"there_{name}") for name in _OF_A_WARD),
    )
    .select_from(_UNIT)
    .join(_TYPE, _TYPE.c.id == _UNIT.c.type_id)
    .join(_HOME, _HOME.c.id == _UNIT.c.ward_id)
    .join(_SITE, _SITE.c.id == _HOME.c.site_id)
    .join(_THERE, _THERE.c.id == bindparam("there"))
    .where(_UNIT.c.id == bindparam("unit"))
)
# One statement, built once: four built anew took 40 % of the time of storing a bundle.


def _blocked(transaction: Transaction, record: UnitBooking) -> tuple[Minute, Minute]:
    """As ``models.store.blocked``, from the rows that decide it."""
    names = {"unit": record.unit_id, "there": record.ward_id}
    found = first_row(transaction.connection, _BLOCKED_BY, names)
    if found is None:
        raise NotFound("unit or ward", f"{record.unit_id}, {record.ward_id}")
    r = SimpleNamespace(**found)
    home = Ward(r.home_id, r.home_site_id, r.home_name, building=r.home_building, floor=r.home_floor)
    there = Ward(r.there_id, r.there_site_id, r.there_name, building=r.there_building, floor=r.there_floor)
    return blocked(
        record,
        Unit(record.unit_id, r.type_id, home.id),
        {r.type_id: EquipmentType(r.type_id, "", r.turnaround_minutes)},
        {home.id: home, there.id: there},
        {r.id: rows.read_site(r)},
    )
