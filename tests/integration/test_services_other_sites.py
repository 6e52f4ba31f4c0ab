"""What a site may do about places that another site has."""

import pytest

from api.errors import Forbidden
from api.schemas.checks import CheckIn
from api.schemas.offers import HoldIn, RecommendIn
from api.schemas.requests import ChoiceIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.checking import check
from api.services.choosing import Choose, choose
from api.services.holding import Hold, hold
from api.services.recommending import Recommend, recommended
from tests.access_hospital import access_hospital
from tests.access_world import bundle
from tests.api_service import Place, running


def acts(request_id, bed_id, access):
    """Everything a person may do about the place of a request, or ask of it."""
    held = HoldIn.model_validate({"request_id": request_id})
    asked = RecommendIn.model_validate({"request_id": request_id})
    checked = CheckIn.model_validate({"request_id": request_id, "bed_id": bed_id})
    choice = ChoiceIn.model_validate({"bed_id": bed_id})
    return {
        "choose": lambda changes: choose(Choose(request_id, choice, access), changes),
        "hold": lambda changes: hold(Hold(held, access), changes),
        "recommend": lambda changes: recommended(Recommend(asked, access, lambda: 0.0), changes),
        "check": lambda changes: check(checked, access, changes),
    }


@pytest.mark.parametrize("act", ["choose", "hold", "recommend", "check"])
async def test_what_no_ward_asked_for_is_changed_by_the_site_that_has_it_and_by_no_other(tmp_path, act):
    """A bed manager of one site took away what the other had been given, as nobody in particular had asked for it."""
    async with running(Place(tmp_path).make(access_hospital())) as service:
        asked = {"request": bundle("X1", None), "minutes": 60}
        case = (await service.post("/allocations:hold", asked)).json()
        assert case["state"] == "placed"
        bed_id = case["allocation"]["bed_id"]
        outcomes = {}
        for site in ("S", "T"):
            principal = Principal("acc", "bed", (Grant(Role.BED_MANAGER, site_id=site),), "tok", True, 0)
            access = Access(principal, Permission.REQUEST_PLACE, service.runtime.site_of_ward)
            try:
                await service.runtime.ask(acts(case["request_id"], bed_id, access)[act], principal)
                outcomes[site] = "done"
            except Forbidden:
                outcomes[site] = "refused"
        assert outcomes == {"S": "refused", "T": "done"}
