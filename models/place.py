"""Where a hospital is stored: a file of the embedded database, or the address of a PostgreSQL database."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

Place: TypeAlias = Path | URL
"""A file, or ``postgresql+psycopg://user@host:port/database?sslmode=verify-full``."""

DRIVER = "postgresql+psycopg"


def place_of(text: str | Place) -> Place:
    """A file name or an address; raises ``ValueError`` for an address of anything but PostgreSQL.

    What the address leaves out (host, user, password) libpq takes from its own variables and files.
    """
    if not isinstance(text, str):
        return text
    if "://" not in text:
        return Path(text)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise ValueError(f"not an address of the form {DRIVER}://USER@HOST:PORT/DATABASE") from None
    if url.drivername not in (DRIVER, "postgresql", "postgres"):
        raise ValueError(f"expected a file or an address that begins with {DRIVER}://")
    if not url.database:
        raise ValueError(f"the address names no database; expected {DRIVER}://USER@HOST:PORT/DATABASE")
    return url.set(drivername=DRIVER)


def shown(place: Place) -> str:
    """A place as messages and logs may say it: without its password."""
    return str(place) if isinstance(place, Path) else place.render_as_string(hide_password=True)


def address_of(place: Place) -> str:
    """A place in full, password and all: for the one who opens it, never for a message."""
    return str(place) if isinstance(place, Path) else place.render_as_string(hide_password=False)


def data_folder(place: Place) -> Path | None:
    """The folder whose copy takes the data along; None where a server keeps them."""
    return place.parent if isinstance(place, Path) else None
