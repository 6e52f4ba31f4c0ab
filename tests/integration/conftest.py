"""What the tests of services share."""

import pytest

from tests.waiting_desk import WaitingDesk


@pytest.fixture
def open_desk(tmp_path):
    """Opens desks of hospitals with two beds on one ward; closed after the test."""
    opened = []

    def make(**settings):
        opened.append(WaitingDesk(tmp_path / str(len(opened)), **settings))
        return opened[-1]

    yield make
    for desk in opened:
        desk.runtime.close()
