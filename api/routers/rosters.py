"""Rosters of wards: what they are made by, drafts that run as jobs, what was published."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.errors import Place, UnknownReference
from api.headers import etag
from api.places import pointer
from api.routers.common import NOT_A_VERB, Acts, Paging, Revision, Running, Spoken, read
from api.runtime import Runtime
from api.schemas.answers.rosters import (
    RosterActed,
    RosterCheckOut,
    RosterOut,
    RosterPage,
    RosterPublishedOut,
    RosterTermsOut,
    TermsActed,
)
from api.schemas.rosters import PublishIn, RosterIn, RosterTermsIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.rosters import drafting, showing, terms
from api.services.rosters.checking import compared_json
from api.services.rosters.publishing import Publish
from api.services.sight import Sight
from api.wire import JsonBody, json_response, told_response
from models.repositories.rosters import load_roster
from models.tables.jobs import ENDED

router = APIRouter(tags=["rosters"])

Reader = Annotated[Access, Depends(Permitted(Permission.ROSTER_READ))]
Drafter = Annotated[Access, Depends(Permitted(Permission.ROSTER_DRAFT))]
Id = Annotated[str, Path(max_length=80)]


@router.get("/roster-terms", response_model=RosterTermsOut)
async def get_terms(
    runtime: Running, access: Reader, ward_id: Annotated[str, Query(max_length=80)]
) -> Response:
    """What the rosters of a ward are made by: shift types, contracts, who has which, cover."""
    access.require(ward_id)
    told = await read(runtime, lambda c: terms.shown(c, ward_id, runtime.meta.zone))
    return json_response(told, headers={"ETag": etag(told["revision"])})


@router.post("/roster-terms", response_model=TermsActed)
async def put_terms(
    access: Drafter,
    acting: Acts,
    revision: Revision,
    body: Annotated[RosterTermsIn, Depends(JsonBody(RosterTermsIn))],
) -> Response:
    """Store another version. ``If-Match`` names the revision that held before (0: none did)."""
    _require_ward(access, acting.runtime, body.ward_id)
    await read(acting.runtime, lambda c: terms.check(c, body))
    command = acting.command("roster.terms", None, access)
    return await acting.submit(terms.storing(body, revision, command))


@router.get("/rosters", response_model=RosterPage)
async def list_rosters(
    runtime: Running,
    access: Reader,
    page: Paging,
    ward_id: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    """Drafts and what was published, the newest first; a role that reaches one ward must name it."""
    access.require(ward_id)
    rest = page, ward_id, Sight.of(access), runtime.meta.zone
    return json_response(await read(runtime, lambda c: showing.listed(c, *rest)))


@router.post("/rosters", status_code=202, response_model=RosterActed)
async def post_roster(
    access: Drafter, acting: Acts, body: Annotated[RosterIn, Depends(JsonBody(RosterIn))]
) -> Response:
    """Draft the roster of a ward that begins on a Monday. The answer names the job that searches it, whose events tell
    how far it is, and which ends with the best there is when it is cancelled."""
    runtime = acting.runtime
    _require_ward(access, runtime, body.ward_id)
    now = runtime.clock().minute
    made = await read(runtime, lambda c: drafting.draft(c, body, now))
    command = acting.command("roster.draft", None, access)
    return await acting.submit(drafting.requesting(made, command, runtime.new_id, runtime.meta.zone))


@router.get("/rosters/{roster_id}", response_model=RosterOut, dependencies=[NOT_A_VERB])
async def get_roster(runtime: Running, access: Reader, roster_id: Id, language: Spoken) -> Response:
    """A draft or an edition with its plan: cost, a bound that no roster can beat, the gap, and every rule that is
    broken."""
    stored = await read(runtime, lambda c: load_roster(c, roster_id))
    access.require(stored.ward_id)
    told = await read(runtime, lambda c: showing.roster_json(c, stored, language, runtime.meta.zone))
    if told["state"] not in {"published", *ENDED}:
        told["progress"], _ = await runtime.jobs.standing(stored.job_id)
    return told_response(told, language)


@router.post("/rosters/{roster_id}:check", response_model=RosterCheckOut)
async def check(runtime: Running, access: Reader, roster_id: Id, language: Spoken) -> Response:
    """Count every rule again on what is known now, and say how the roster differs from what was published of its days
    and who is to be told. Nothing changes."""
    stored = await read(runtime, lambda c: load_roster(c, roster_id))
    access.require(stored.ward_id)
    told = await read(runtime, lambda c: compared_json(c, stored, language))
    return told_response(told, language, headers={"ETag": etag(told["revision"])})


@router.post("/rosters/{roster_id}:publish", response_model=RosterPublishedOut)
async def publish(
    access: Annotated[Access, Depends(Permitted(Permission.ROSTER_PUBLISH))],
    acting: Acts,
    revision: Revision,
    roster_id: Id,
    body: Annotated[PublishIn, Depends(JsonBody(PublishIn))],
) -> Response:
    """Publish a draft: its shifts replace those of the ward's rostered people on its days that have not begun, and
    nursing cover follows with the next decision. ``If-Match`` names the edition that was seen (0: none)."""
    return await acting.do("roster.publish", Publish(roster_id, revision, body, access), access)


def _require_ward(access: Access, runtime: Runtime, ward_id: str) -> None:
    access.require(ward_id)
    if ward_id not in runtime.site_of_ward:
        raise UnknownReference([Place(pointer("ward_id"), "a ward known here")])
