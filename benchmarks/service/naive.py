"""The usual design, to measure ours beside: a session of SQLAlchemy's ORM for each request, which inserts one booking.

The database is the same judge as ours (a trigger on SQLite, an exclusion constraint on PostgreSQL) and syncs as ours
does. Left out is everything else that a placement of ours does: token, permission, idempotency, placing, referee,
audit, outbox. Nothing of it is used by the service.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import sqlcipher3
from fastapi import Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Engine, Index, create_engine, event, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from models.place import Place, place_of

SQLITE_GUARD: Final = """CREATE TRIGGER IF NOT EXISTS booked_once BEFORE INSERT ON booking
WHEN EXISTS (SELECT 1 FROM booking WHERE bed_id = NEW.bed_id
             AND start_minute < NEW.end_minute AND end_minute > NEW.start_minute)
BEGIN SELECT RAISE(ABORT, 'booked_once'); END"""
POSTGRESQL_GUARD: Final = """ALTER TABLE booking ADD CONSTRAINT booked_once EXCLUDE USING gist
(int8range(bed_id, bed_id, '[]') WITH &&, int8range(start_minute, end_minute) WITH &&)"""


class Base(DeclarativeBase):
    """The tables of this design."""


class Booking(Base):
    """A bed for a person during ``[start_minute, end_minute)``."""

    __tablename__ = "booking"
    __table_args__ = (Index("ix_booking_bed", "bed_id", "start_minute"),)
    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str]
    bed_id: Mapped[int]
    start_minute: Mapped[int]
    end_minute: Mapped[int]


class BookingIn(BaseModel):
    """What is asked for."""

    model_config = ConfigDict(extra="forbid")
    person_id: Annotated[str, Field(max_length=80)]
    bed_id: Annotated[int, Field(ge=0)]
    start_minute: Annotated[int, Field(ge=0)]
    end_minute: Annotated[int, Field(ge=0)]


class BookingOut(BookingIn):
    """What was booked."""

    id: str


def naive_app(place: Place) -> FastAPI:
    """``POST /bookings`` over a database that is made if it is not there."""
    app = FastAPI(openapi_url=None)
    app.state.engine = _engine(place)
    _make_tables(app.state.engine)

    @app.post("/bookings", status_code=201)
    def book(body: BookingIn, session: Annotated[Session, Depends(opened_session)]) -> BookingOut:
        made = Booking(id=str(uuid.uuid4()), **body.model_dump())
        session.add(made)
        session.commit()
        return BookingOut(id=made.id, **body.model_dump())

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app


def opened_session(request: Request) -> Iterator[Session]:
    """A session for one request."""
    with Session(request.app.state.engine) as session:
        yield session


def count_bookings(place: Place) -> int:
    """How many bookings a database of this design holds."""
    engine = _engine(place)
    try:
        with engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM booking")).scalar_one()
    finally:
        engine.dispose()


def _engine(place: Place) -> Engine:
    if not isinstance(place, Path):
        return create_engine(place)
    engine = create_engine(f"sqlite+pysqlite:///{place}", module=sqlcipher3.dbapi2)
    event.listen(engine, "connect", _set_up)
    return engine


def _set_up(connection: Any, _: Any) -> None:
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}").close()


def _make_tables(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            connection.execute(text(SQLITE_GUARD))
        else:
            connection.execute(text(POSTGRESQL_GUARD))


if __name__ == "__main__":
    import os

    from benchmarks.service.peer import serve

    serve(lambda: naive_app(place_of(os.environ["WARDFLOW_DATABASE"])))
