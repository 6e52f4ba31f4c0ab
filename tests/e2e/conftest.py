"""A fresh hospital behind the real service for each test."""

import pytest

from tests.api_service import Place, running


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path).make()


@pytest.fixture
async def service(place):
    async with running(place) as service:
        yield service
        assert await service.violations() == []
