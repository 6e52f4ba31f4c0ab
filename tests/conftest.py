"""What all tests share."""

import gc
import os
from collections import Counter

import pytest
from hypothesis import settings

from tests.postgresql_server import running_server
from tests.shared_statements import share_statements

# Kernels compile on the first call, so a deadline per example would fail at random; the seed is fixed so that
# `make test` gives the same verdict twice. To look for new examples: pytest --hypothesis-profile=explore.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("house")
share_statements()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are processors: tests wait for disks, timers and other processes. With one more, both of two
    processors had nothing to do for a seventh of the time."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: a file is one worker's, and a long one at the end leaves the others idle."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


def pytest_collection_finish() -> None:
    """What was imported and collected stays until the end: looking through it for garbage again and again took a sixth
    of the time. Looking after 100,000 new objects rather than 20,000 takes 7 % less of the replay's."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


@pytest.fixture(scope="session")
def postgresql_server():
    """A real server, started by the first test that asks for it."""
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request):
    """The name of the database a test runs on: every test that asks for it runs on both."""
    return request.param


@pytest.fixture
def address(request, engine):
    """The address of an empty PostgreSQL database, or None on the embedded one."""
    if engine == "sqlite":
        yield None
        return
    server = request.getfixturevalue("postgresql_server")
    made = server.create()
    yield made
    server.drop(made)
