"""The permission table: complete, least privilege, and what a grant reaches."""

import pytest
from fastapi import APIRouter, FastAPI

from api.app import create_app, refuse_undeclared
from api.jobs.catalogue import NEEDS, all_kinds
from api.security.access import UndeclaredPermission
from api.security.permissions import TABLE, Grant, Permission, Reach, Role, may
from api.settings import Settings

SITES = {"W1": "S", "W2": "S", "X1": "T"}


def held(permission, reach):
    return next(role for role, its in TABLE[permission].items() if its is reach)


def test_every_permission_is_in_the_table_and_somebody_has_it():
    assert set(TABLE) == set(Permission)
    assert all(TABLE.values())


def test_every_kind_of_job_says_who_may_see_it_and_each_of_them_gets_through_the_door():
    assert set(NEEDS) == set(all_kinds())
    may_ask = {role for need in NEEDS.values() for role in TABLE[need]}
    for door in (Permission.JOB_READ, Permission.JOB_STOP):
        assert set(TABLE[door]) == may_ask | set(TABLE[Permission.JOB_OVERSEE])


def test_every_role_may_do_something_beyond_logging_out():
    common = {Permission.SESSION, Permission.RULES_READ}
    for role in Role:
        assert any(role in roles for permission, roles in TABLE.items() if permission not in common), role


def test_only_administrators_change_accounts_and_no_one_who_does_may_place():
    assert set(TABLE[Permission.ACCOUNT_CHANGE]) == {Role.ADMINISTRATOR}
    assert Role.ADMINISTRATOR not in TABLE[Permission.REQUEST_PLACE]
    assert Role.AUDITOR not in TABLE[Permission.DISRUPTION]


def test_a_role_on_one_ward_acts_there_and_nowhere_else():
    nurse = [Grant(Role.NURSE, ward_id="W1")]
    assert TABLE[Permission.STAY_ARRIVE][Role.NURSE] is Reach.WARD
    assert may(nurse, Permission.STAY_ARRIVE, "W1", SITES)
    assert not may(nurse, Permission.STAY_ARRIVE, "W2", SITES)
    assert not may(nurse, Permission.STAY_ARRIVE, None, SITES)


def test_what_reaches_the_site_is_given_to_a_role_on_one_of_its_wards_but_not_beyond():
    nurse = [Grant(Role.NURSE, ward_id="W1")]
    assert may(nurse, Permission.STRUCTURE_READ, "W2", SITES)
    assert not may(nurse, Permission.STRUCTURE_READ, "X1", SITES)


def test_a_role_on_a_site_reaches_its_wards_only():
    manager = [Grant(Role.BED_MANAGER, site_id="S")]
    assert may(manager, Permission.REQUEST_PLACE, "W2", SITES)
    assert may(manager, Permission.REQUEST_PLACE, None, SITES)
    assert not may(manager, Permission.REQUEST_PLACE, "X1", SITES)


def test_a_role_held_everywhere_reaches_everything_its_permissions_name():
    assert may([Grant(Role.BED_MANAGER)], Permission.REQUEST_PLACE, "X1", SITES)
    assert not may([Grant(Role.BED_MANAGER)], Permission.ACCOUNT_CHANGE, None, SITES)


def test_an_unknown_ward_is_nobodys_but_who_holds_a_role_everywhere():
    assert not may([Grant(Role.NURSE, ward_id="W1")], Permission.STAY_ARRIVE, "nowhere", SITES)
    assert not may([Grant(Role.BED_MANAGER, site_id="S")], Permission.REQUEST_PLACE, "nowhere", SITES)


@pytest.mark.parametrize("scope", ["*", "ward:W1", "site:S"])
def test_a_grant_is_the_same_after_storage(scope):
    assert Grant.of("nurse", scope).scope == scope


def test_an_application_with_a_route_that_declares_nothing_does_not_start():
    router = APIRouter()

    @router.get("/open")
    async def forgotten() -> str:
        return "anybody may read this"

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(router, prefix="/api/v1")
    with pytest.raises(UndeclaredPermission, match="/api/v1/open"):
        refuse_undeclared(app)


def test_the_applications_own_routes_all_declare():
    create_app(Settings())
