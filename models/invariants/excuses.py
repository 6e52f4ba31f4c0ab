"""What excuses a breach: a rule the hospital's profile switched off, or an override by a person, in force then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from models.invariants.common import Overrides, Profiles
from models.invariants.history import Moment, Subject


class Excuses:
    """Profiles and overrides together."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._profiles = Profiles(connection)
        self._overrides: dict[str, Overrides] = {}

    def left(self, subjects: Iterable[Subject], rule_id: str, moment: Moment) -> Iterator[Subject]:
        """The subjects for which the rule counts."""
        if not self._profiles.off(rule_id, moment.microsecond):
            yield from (subject for subject in subjects if not self.waived(rule_id, subject))

    def waived(self, rule_id: str, subject: Subject) -> bool:
        """Whether a person overrode the rule for a subject; what was given under an override stands when that is
        over."""
        if rule_id not in self._overrides:
            self._overrides[rule_id] = Overrides(self._connection, rule_id)
        return self._overrides[rule_id].covers(subject.names, subject.minute)
