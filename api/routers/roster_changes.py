"""Gaps and swaps of published rosters: who could step in, who is asked, what they say, publishing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.routers.common import NOT_A_VERB, Acts, Running, Spoken, read
from api.schemas.answers.rosters import (
    RosterChangeActed,
    RosterChangeOut,
    RosterCoverOut,
    RosterPublishedOut,
)
from api.schemas.rosters import GapIn, RosterAnswerIn, RosterChangeIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services.rosters import filling
from api.wire import JsonBody, json_response, told_response
from models.repositories.rosters import load_change, load_roster

router = APIRouter(tags=["rosters"])

Changer = Annotated[Access, Depends(Permitted(Permission.ROSTER_CHANGE))]
Id = Annotated[str, Path(max_length=80)]


@router.post("/rosters/{roster_id}:cover", response_model=RosterCoverOut)
async def cover(
    runtime: Running,
    access: Changer,
    roster_id: Id,
    language: Spoken,
    body: Annotated[GapIn, Depends(JsonBody(GapIn))],
) -> Response:
    """Rank who could step in for somebody who does not come: lawfully, at what cost, whose later shifts move; then who
    may not, and why. Who is absent then, has declined, or was called out too shortly before is not offered."""
    stored = await read(runtime, lambda c: load_roster(c, roster_id))
    access.require(stored.ward_id)
    now = runtime.clock().minute
    gap = await read(runtime, lambda c: filling.gap_of(c, stored, body, now))
    return told_response(filling.gap_json(gap, language), language)


@router.post("/rosters/{roster_id}/changes", response_model=RosterChangeActed)
async def ask_for_change(
    access: Changer,
    acting: Acts,
    roster_id: Id,
    body: Annotated[RosterChangeIn, Depends(JsonBody(RosterChangeIn))],
) -> Response:
    """Note what is asked of whom: that somebody steps in, or that two exchange their shifts. Nothing changes before
    everybody whose shift it is has agreed and it is published."""
    runtime = acting.runtime
    stored = await read(runtime, lambda c: load_roster(c, roster_id))
    access.require(stored.ward_id)
    now = runtime.clock().minute
    made = await read(runtime, lambda c: filling.asking(c, stored, body, now))
    command = acting.command("roster.ask", None, access)
    return await acting.submit(filling.requesting(made, stored, command, runtime.new_id, runtime.meta.zone))


@router.get("/roster-changes/{change_id}", response_model=RosterChangeOut, dependencies=[NOT_A_VERB])
async def get_change(runtime: Running, access: Changer, change_id: Id) -> Response:
    """What is asked of whom, and what they said."""
    change = await read(runtime, lambda c: load_change(c, change_id))
    stored = await read(runtime, lambda c: load_roster(c, change.roster_id))
    access.require(stored.ward_id)
    return json_response(filling.change_json(change, stored, runtime.meta.zone))


@router.post("/roster-changes/{change_id}:answer", response_model=RosterChangeActed)
async def answer(
    access: Changer,
    acting: Acts,
    change_id: Id,
    body: Annotated[RosterAnswerIn, Depends(JsonBody(RosterAnswerIn))],
) -> Response:
    """Record what somebody said who was asked, once."""
    command = acting.command("roster.answer", None, access)
    return await acting.submit(filling.answering(change_id, body, access, command, acting.runtime.meta.zone))


@router.post("/roster-changes/{change_id}:publish", response_model=RosterPublishedOut)
async def publish_change(access: Changer, acting: Acts, change_id: Id) -> Response:
    """Publish what everybody agreed to: another edition, whose shifts are the nursing cover."""
    return await acting.do("roster.change", filling.PublishChange(change_id, access), access)
