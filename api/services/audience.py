"""Who hears of an event: by the wards it concerns, and what it is about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fnmatch import fnmatchcase

from api.security.access import Access
from api.services.sight import Sight
from models.outbox import StoredEvent

WARDS = "wards"
"""Where an event names the wards it concerns (``Changes.tell``)."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Hears events of some wards (None: of all) and some topics (none named: all; ``request.*`` names a family).

    ``general``: also hears what concerns no ward in particular.
    """

    ward_ids: frozenset[str] | None = None
    topics: Collection[str] = ()
    general: bool = True

    @classmethod
    def of(cls, access: Access, ward_id: str | None) -> Audience:
        """What somebody who listens may hear: of one ward, or of every ward the grants reach."""
        if ward_id is not None:
            return cls(frozenset({ward_id}), general=False)
        sight = Sight.of(access)
        return cls(sight.wards, general=sight.general)

    def hears(self, event: StoredEvent) -> bool:
        """Whether this event is for them. One that does not say which wards it concerns is for who hears of all."""
        return self._of_topic(event.topic) and self._of_wards(event.payload.get(WARDS))

    def _of_topic(self, topic: str) -> bool:
        return not self.topics or any(fnmatchcase(topic, pattern) for pattern in self.topics)

    def _of_wards(self, concerned: Collection[str] | None) -> bool:
        if self.ward_ids is None:
            return True
        if concerned is None:
            return False
        return not self.ward_ids.isdisjoint(concerned) if concerned else self.general
