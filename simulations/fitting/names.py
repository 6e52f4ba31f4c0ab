"""Wards and classes as the log calls them, and as a scenario can call them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from simulations.fitting.faults import Faults
from simulations.fitting.tracing import NOWHERE
from simulations.scenarios.schema_parts import OTHERS
from simulations.scenarios.schema_pathways import LEAVE
from simulations.scenarios.transfers import label

EVERYBODY = "patient"
"""Where the log tells no classes."""
DOOR = "door"
"""The step through which patients come in who do not all begin on the same ward."""
RESERVED = frozenset({OTHERS, LEAVE, DOOR, "by_class"})
MOST_WARDS, MOST_CLASSES = 200, 50
LONGEST = 60


@dataclass(slots=True)
class Names:
    """Numbers by name, in the order in which they were met."""

    _wards: dict[str, int] = field(default_factory=dict)
    _classes: dict[str, int] = field(default_factory=dict)

    def ward(self, text: str) -> int:
        """Its number; NOWHERE for no text. Of ``pathway/step``, as `simulate run` writes it, the step counts."""
        found = label(text).rpartition("/")[2].strip()
        return self._wards.setdefault(found, len(self._wards)) if found else NOWHERE

    def group(self, text: str) -> int:
        return self._classes.setdefault(text or EVERYBODY, len(self._classes))

    @property
    def wards(self) -> tuple[str, ...]:
        return _speakable(list(self._wards), "ward")

    @property
    def classes(self) -> tuple[str, ...]:
        return _speakable(list(self._classes), "class")

    def refuse_strange(self, faults: Faults) -> None:
        """So many different wards or classes are none: most probably a column of something else was taken for them."""
        for what, found, most in (("ward", self._wards, MOST_WARDS), ("class", self._classes, MOST_CLASSES)):
            if len(found) > most:
                remedy = f"Say --column {what}=NAME, or join what is alike: classes and wards appear in the scenario."
                faults.add(1, what, f"{len(found):,} different ones", f"at most {most}", remedy)


def _speakable(names: list[str], what: str) -> tuple[str, ...]:
    """Names that a scenario takes, all different."""
    found: list[str] = []
    for number, name in enumerate(names, start=1):
        plain = re.sub(r"[^A-Za-z0-9_ -]+", "-", name).strip(" -")[:LONGEST] or f"{what} {number}"
        plain = plain if re.match("[A-Za-z_]", plain) else f"{what} {plain}"
        if plain in found or plain.lower() in RESERVED:
            plain = f"{plain} {what} {number}"
        found.append(plain)
    return tuple(found)
