"""A fresh hospital behind the real service for each test, once on each database."""

import os

import pytest

from cli import service as services
from models.keys import write_key_file
from tests.api_service import Place, running
from tests.command_line import FORKS

PYTHON = [*services.PROGRAM]


@pytest.fixture(scope="session", autouse=True)
def forked_services():
    """Service processes begin with everything imported: a start takes 1.1 seconds of a busy processor, not 4.2;
    programs of the controls too, which change what is imported, each in its own process. Demos, services with modules
    of their own (PYTHONPATH) and whatever a test starts by itself start the interpreter, as a person does."""
    begun, modules = services.begun, os.environ.get("PYTHONPATH")

    def forked(command, environment, log):
        if command[: len(PYTHON)] != PYTHON or environment.get("PYTHONPATH") != modules:
            return begun(command, environment, log)
        module, *words = command[len(PYTHON) :]
        return FORKS.start(words if module == "cli" else ["-m", module, *words], environment, log)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(services, "begun", forked)
        yield


@pytest.fixture(scope="session")
def stored(postgresql_server, tmp_path_factory):
    """The hospital in a PostgreSQL database that nobody changes: a copy takes 20 ms, storing it anew 250."""
    return Place(tmp_path_factory.mktemp("stored"), address=postgresql_server.create()).make()


@pytest.fixture
def place(request, tmp_path, engine):
    if engine == "sqlite":
        yield Place(tmp_path).make()
        return
    server, stored = request.getfixturevalue("postgresql_server"), request.getfixturevalue("stored")
    copied = Place(tmp_path, stored.keys, server.create(stored.address.database))
    write_key_file(copied.key_file, copied.keys, None)
    yield copied
    server.drop(copied.address)


@pytest.fixture
async def service(place):
    async with running(place) as service:
        yield service
        assert await service.violations() == []
