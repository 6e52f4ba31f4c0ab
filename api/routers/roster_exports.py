"""Rosters as files: CSV, a spreadsheet, a page to print."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.responses import HTMLResponse, Response

from api.routers.common import Running, Spoken, read
from api.runtime import Runtime
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.rosters import printing
from api.services.rosters.printing import Sheet
from api.services.words import moment
from models.clock import Instant
from models.repositories.rosters import load_roster

router = APIRouter(tags=["rosters"])

Reader = Annotated[Access, Depends(Permitted(Permission.ROSTER_READ))]
Id = Annotated[str, Path(max_length=80)]

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""The page is one by itself: it runs nothing and loads nothing, whatever ids a hospital gives."""


class CsvResponse(Response):
    """Comma-separated values (RFC 4180)."""

    media_type = "text/csv"


class WorkbookResponse(Response):
    """A spreadsheet (ECMA-376)."""

    media_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/rosters/{roster_id}/export.csv", response_class=CsvResponse)
async def export_csv(runtime: Running, access: Reader, roster_id: Id) -> Response:
    """A row for each shift that is worked: who, day, shift, skill, start and end."""
    printed = await _sheet(runtime, access, roster_id)
    return CsvResponse(printing.as_csv(printed), headers=_attached(printed, "csv"))


@router.get("/rosters/{roster_id}/export.xlsx", response_class=WorkbookResponse)
async def export_workbook(runtime: Running, access: Reader, roster_id: Id) -> Response:
    """A workbook of two sheets: people by days, and a row for each shift that is worked."""
    printed = await _sheet(runtime, access, roster_id)
    return WorkbookResponse(printing.as_workbook(printed), headers=_attached(printed, "xlsx"))


@router.get("/rosters/{roster_id}/print", response_class=HTMLResponse)
async def print_page(runtime: Running, access: Reader, roster_id: Id, language: Spoken) -> Response:
    """One page to print: people by days, how many are there beside how many are wanted, and when shifts begin."""
    printed = await _sheet(runtime, access, roster_id)
    made = moment(Instant(printed.stored.recorded_microsecond).minute, printed.zone)
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "Content-Language": language.value,
        "Vary": "Accept-Language",
    }
    return HTMLResponse(printing.as_page(printed, language, made), headers=headers)


async def _sheet(runtime: Runtime, access: Access, roster_id: str) -> Sheet:
    stored = await read(runtime, lambda c: load_roster(c, roster_id))
    access.require(stored.ward_id)
    return await read(runtime, lambda c: printing.sheet(c, stored))


def _attached(printed: Sheet, ending: str) -> dict[str, str]:
    name = f"{printed.stored.id}.{ending}"
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
