"""A fresh hospital behind the real service for each test, once on each database."""

import pytest

from tests.api_service import Place, running


@pytest.fixture
def place(tmp_path, address):
    return Place(tmp_path, address=address).make()


@pytest.fixture
async def service(place):
    async with running(place) as service:
        yield service
        assert await service.violations() == []
