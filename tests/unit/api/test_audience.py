"""Who hears of which event."""

import pytest

from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.audience import Audience
from models.outbox import StoredEvent

SITES = {"W1": "S", "W2": "S", "X1": "T"}


def event(topic="allocation.placed", wards=("W1",)):
    payload = {"subject": "x"} if wards is None else {"subject": "x", "wards": list(wards)}
    return StoredEvent(1, topic, payload, 1, 0)


def listener(*grants, ward=None):
    principal = Principal("acc", "login", grants, "tok", True, 0)
    return Audience.of(Access(principal, Permission.EVENTS_READ, SITES), ward)


def heard(audience):
    return [wards for wards in (("W1",), ("W2",), ("X1",), (), None) if audience.hears(event(wards=wards))]


def test_a_nurse_of_a_ward_hears_of_the_wards_of_the_site_and_not_of_another_site():
    assert heard(listener(Grant(Role.NURSE, ward_id="W1"))) == [("W1",), ("W2",), ()]


def test_who_holds_a_role_everywhere_hears_all_even_of_events_that_name_no_wards():
    assert heard(listener(Grant(Role.BED_MANAGER))) == [("W1",), ("W2",), ("X1",), (), None]


def test_who_listens_to_one_ward_hears_of_that_ward_alone():
    assert heard(listener(Grant(Role.BED_MANAGER), ward="W2")) == [("W2",)]


def test_an_event_of_two_wards_is_heard_on_either():
    both = event(wards=("W1", "W2"))
    assert all(Audience(frozenset({ward}), general=False).hears(both) for ward in ("W1", "W2"))


@pytest.mark.parametrize(
    ("topics", "hears"),
    [((), True), (("allocation.placed",), True), (("allocation.*",), True), (("request.*", "step.*"), False)],
)
def test_a_family_of_topics_is_heard_by_its_name(topics, hears):
    assert Audience(topics=topics).hears(event()) == hears
