"""The common ground of all request models: strict types, no unknown fields, times with offset, bounded
lists."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from solver.hospital.door import MAX_COUNT, MAX_ID_LENGTH, MAX_MINUTE
from solver.hospital.timegrid import to_minute

_RFC3339: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
MAX_LIST: Final = 200
"""Longest list inside one request."""


class Strict(BaseModel):
    """A request model: a text is no number, a number no text, and nothing unknown is let through."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class Out(BaseModel):
    """An answer, as documented; built by hand on the way out, checked against this in tests."""

    model_config = ConfigDict(extra="forbid")


def moment(text: object) -> int:
    """Minutes since 1970-01-01T00:00Z of an RFC 3339 time; raises PydanticCustomError for anything else."""
    if not isinstance(text, str) or not _RFC3339.fullmatch(text):
        raise PydanticCustomError(
            "wardflow_time", "an RFC 3339 time with offset, as 2026-03-02T14:05:00+08:00"
        )
    try:
        minute = to_minute(datetime.fromisoformat(text.upper()))
    except (ValueError, OverflowError):
        raise PydanticCustomError("wardflow_time", "a time that the calendar has") from None
    if not 0 <= minute <= MAX_MINUTE:
        raise PydanticCustomError("wardflow_time", "a time from 1970 to 2160")
    return minute


def _birth(text: object) -> int:
    if not isinstance(text, str):
        raise PydanticCustomError("wardflow_date", "a date, as 1957-08-30")
    try:
        born = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        born = None
    if born is None or not 1880 <= born.year <= 2160:
        raise PydanticCustomError("wardflow_date", "a date from 1880 on, as 1957-08-30")
    return (born.toordinal() - date(1970, 1, 1).toordinal()) * 1440


def _outer_blanks(text: object) -> object:
    if isinstance(text, str) and (text != text.strip() or not text.isprintable()):
        raise PydanticCustomError("wardflow_text", "printable characters without outer blanks")
    return text


def _readable(text: object) -> object:
    if isinstance(text, str) and _CONTROL.search(text):
        raise PydanticCustomError("wardflow_text", "a text without control characters")
    return text


Moment = Annotated[
    int, BeforeValidator(moment), WithJsonSchema({"type": "string", "format": "date-time"}, mode="validation")
]
"""A time with offset; whole minutes since 1970-01-01T00:00Z inside (seconds are cut off)."""
BirthDate = Annotated[
    int, BeforeValidator(_birth), WithJsonSchema({"type": "string", "format": "date"}, mode="validation")
]
_NAME: Final[JsonDict] = {
    "pattern": r"^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?$"
}
_FREE_TEXT: Final[JsonDict] = {"pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$"}
"""What the validators keep, as the document says it."""

SHORTEST_REASON: Final = 3
"""Characters of a reason at least."""

Identity = Annotated[
    str,
    Field(min_length=1, max_length=MAX_ID_LENGTH, json_schema_extra=_NAME),
    BeforeValidator(_outer_blanks),
]
Word = Annotated[
    str, Field(min_length=1, max_length=80, json_schema_extra=_NAME), BeforeValidator(_outer_blanks)
]
Readable = Annotated[str, Field(json_schema_extra=_FREE_TEXT), BeforeValidator(_readable)]
"""Free text: no control characters but line breaks and tabs; PostgreSQL keeps no NUL."""
Reason = Annotated[Readable, Field(min_length=SHORTEST_REASON, max_length=500)]
Quantity = Annotated[int, Field(ge=1, le=MAX_COUNT)]
DeadlineMs = Annotated[
    int,
    Field(
        ge=1,
        le=60_000,
        description="Answer within this many milliseconds; fewer than 10 buy no place before others.",
    ),
]
