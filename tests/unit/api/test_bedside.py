"""What is told from memory while the database is gone says how old it is."""

from api.bedside import Bedside
from api.metrics import Metrics
from api.services.picture import Picture
from models.errors import StorageFails
from tests.api_service import NOW, Wall, at


class Gone:
    """A database that can be out of reach."""

    def __init__(self):
        self.gone = True

    async def __call__(self, question):
        if self.gone:
            raise StorageFails("nobody there")
        return {"items": []}


async def test_what_was_stored_too_long_ago_is_told_as_advice_alone():
    """It said since when it was known, for hours, and never that nobody should act on it."""
    wall, database = Wall(), Gone()
    picture = Picture(NOW, {}, {}, {}, {}, {})
    bedside = Bedside(database, lambda: picture, lambda: 0.0, wall, 10, "UTC", Metrics())

    async def told():
        return await bedside.read(lambda connection: {}, lambda seen: {"items": []})

    assert await told() == {"items": [], "stale_since": at(), "advice_only": False}
    wall.pass_minutes(10)
    assert (await told())["advice_only"] is False
    wall.pass_minutes(1)
    assert (await told())["advice_only"] is True
    bedside.unreadable, database.gone = False, False
    assert await told() == {"items": []}
