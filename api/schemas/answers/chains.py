"""Answers about chains of moves and outliers."""

from __future__ import annotations

from api.schemas.answers.common import Aged, PageOut, Time, Told
from api.schemas.answers.events import ProposalOut
from api.schemas.base import Out


class ChainFound(Aged):
    """A chain that is proposed, or null and why there is none."""

    proposal: ProposalOut | None
    reason: Told


class OutlierOut(Out):
    """Somebody who lies outside the wards of their speciality. ``own_bed_id``: the bed of such a ward that takes them
    first, by day and within two days, from ``own_bed_from``; null if none does."""

    stay_id: str
    speciality: str
    ward_id: str
    bed_id: str
    since: Time
    expected_end: Time
    own_bed_id: str | None
    own_bed_from: Time | None
    free_now: bool
    proposal_id: str | None


class OutlierPage(PageOut[OutlierOut]):
    """Outliers by id."""
