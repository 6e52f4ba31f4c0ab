"""Two records that were one person: what was said under either id goes with the person."""

import pytest

from api.metrics import Metrics
from api.runtime import Outside, Runtime
from api.schemas.disruptions import DisruptionIn
from api.security.access import Access
from api.security.permissions import Grant, Permission, Role
from api.security.tokens import Principal
from api.services.disruptions import Disrupt
from models.clock import Instant
from models.commands import Command, Transaction
from models.pending import Pending
from models.repositories import people
from models.repositories.reasons import StatedReason, insert_reason, reasons_of_subjects
from tests.api_service import NOW, Place, Wall


@pytest.fixture
def runtime(tmp_path):
    runtime = Runtime(Place(tmp_path).make().settings(), Outside(wall=Wall()), Metrics())
    runtime.warm_up()
    runtime.writer.close()
    yield runtime
    runtime.close()


def write(runtime, work):
    with runtime.database.writing() as connection:
        work(Transaction(connection, Instant.of_minute(NOW), 1))


def said_of(runtime, person_id):
    """A reason given about a person, under that id."""
    told = StatedReason(f"rsn-{person_id}", "declined", person_id, None, person_id, "W1", NOW, "too unwell")
    write(runtime, lambda transaction: insert_reason(transaction, runtime.vault, told, "acc-bed"))


def merge(runtime, gone, kept):
    principal = Principal("acc-bed", "bed", (Grant(Role.BED_MANAGER),), "tok", True, 0)
    access = Access(principal, Permission.DISRUPTION_PERSON, runtime.site_of_ward)
    event = {"kind": "identities_merged", "person_id": gone, "into_person_id": kept}
    body = DisruptionIn.model_validate({"event": event}, strict=False)
    told = []
    command = Command("disruption", "acc-bed", Disrupt(body, access))
    assert runtime.writer._runner.carry_out([Pending(command, told.append)]) == []
    assert not isinstance(told[0], Exception), told[0]


def test_what_was_said_under_an_id_that_was_merged_goes_with_the_person_who_is_erased(runtime):
    """Only the id that went on was erased: what had been said under the other stayed readable for ever."""
    persons = ("known-1", "known-2", "occ-1")
    for person_id in persons:
        said_of(runtime, person_id)
    merge(runtime, "known-2", "known-1")

    def texts():
        with runtime.database.reading() as connection:
            found = reasons_of_subjects(connection, runtime.vault, persons)
        return {person_id: found[person_id].text for person_id in persons}

    assert set(texts().values()) == {"too unwell"}, "merging loses nothing"
    write(runtime, lambda transaction: people.erase(transaction, "known-1"))
    assert texts() == {"known-1": None, "known-2": None, "occ-1": "too unwell"}
