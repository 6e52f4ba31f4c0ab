"""Rule profiles: what this hospital's rules cost, version by version."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.headers import etag
from api.routers.common import NOT_A_VERB, Acts, Revision, Running, Spoken, read
from api.schemas.answers.profiles import (
    ActivatedOut,
    DraftedOut,
    PreviewOut,
    ProfileList,
    ProfileVersionOut,
)
from api.schemas.profiles import ActivationIn, PreviewIn, ProfileIn
from api.security.access import Access, Permitted
from api.security.permissions import Permission
from api.services import profiles
from api.wire import JsonBody, json_response, told_response
from models.repositories.profiles import load_book

router = APIRouter(tags=["profiles"])

Version = Annotated[int, Path(ge=1, le=10**9)]
Reader = Annotated[Access, Depends(Permitted(Permission.RULES_READ))]


@router.get("/profiles", response_model=ProfileList)
async def list_profiles(runtime: Running, access: Reader) -> Response:
    """Every version of the rule profile: which is in force, who drafted, previewed and activated it, and why."""
    return json_response(profiles.book_json(await read(runtime, load_book), runtime.meta.zone))


@router.get("/profiles/{version}", response_model=ProfileVersionOut, dependencies=[NOT_A_VERB])
async def get_profile(runtime: Running, access: Reader, version: Version, language: Spoken) -> Response:
    """One version, with the rules that it changes."""
    told = profiles.version_json(await read(runtime, load_book), version, runtime.meta.zone)
    return told_response(told, language, headers={"ETag": etag(told["revision"])})


@router.post("/profiles", status_code=201, response_model=DraftedOut)
async def draft(
    access: Annotated[Access, Depends(Permitted(Permission.PROFILE_DRAFT))],
    acting: Acts,
    body: Annotated[ProfileIn, Depends(JsonBody(ProfileIn))],
) -> Response:
    """Draft another version: the one in force with other prices, or rules switched on or off. Nothing is decided under
    it yet."""
    access.require(None)
    command = acting.command("profile.draft", None, access)
    return await acting.submit(profiles.drafting(body, command))


@router.post("/profiles/{version}:preview", response_model=PreviewOut)
async def preview(
    access: Annotated[Access, Depends(Permitted(Permission.PROFILE_DRAFT))],
    acting: Acts,
    version: Version,
    body: Annotated[PreviewIn, Depends(JsonBody(PreviewIn))],
) -> Response:
    """Decide the last days' requests again, under the version in force and under this one, and tell which would be
    placed otherwise. Takes up to half a minute; nothing is changed."""
    access.require(None)
    command = acting.command("profile.preview", None, access)
    return await acting.submit(await profiles.previewing(version, body, command, access, acting.runtime))


@router.post("/profiles/{version}:activate", response_model=ActivatedOut)
async def activate(
    access: Annotated[Access, Depends(Permitted(Permission.PROFILE_ACTIVATE))],
    acting: Acts,
    version: Version,
    revision: Revision,
    body: Annotated[ActivationIn, Depends(JsonBody(ActivationIn))],
) -> Response:
    """Put a version in force, from the next batch of decisions on; what was decided before stays as it was.

    A draft must have been previewed against the version in force; going back to an older version needs no preview.
    """
    command = profiles.Activate(version, revision, body, access)
    return await acting.do("profile.activate", command, access)
