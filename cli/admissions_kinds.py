"""Which family of files an instance of admissions belongs to, and who carries out what is asked for it."""

from __future__ import annotations

import importlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from cli.errors import Refused

HEAD_BYTES = 4096
"""Enough of a file to tell its family."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A solve as it was asked for. ``seconds`` of the whole command by ``clock``: wall, or cpu per worker."""

    instance: Path
    output: Path
    seconds: float
    workers: int
    seed: int
    clock: str


@dataclass(frozen=True, slots=True)
class AskedReplay:
    """A replay as it was asked for. ``seconds`` a day by ``clock``, or ``moves`` a day, where given."""

    instance: Path
    output: Path | None
    seconds: float
    moves: int | None
    seed: int
    clock: str


class Verbs(Protocol):
    """What the module of a family offers. Each prints, and ends by ``typer.Exit`` with the status of the command."""

    def solve_and_write(self, asked: Asked) -> None: ...

    def check(self, instance: Path, plan: Path) -> None: ...

    def replay(self, asked: AskedReplay) -> None: ...


class Family(NamedTuple):
    """``recognises`` is given the first bytes of a file; ``module`` offers the ``Verbs``."""

    module: str
    recognises: Callable[[bytes], bool]


def _json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _stays(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        b"SPECIALISMS:" in head
        or start.startswith(b"<")
        or (start.startswith(b"{") and b'"isPrivate"' in head)
    )


# A new family is one line here and one module with the verbs. The first that recognises a file has it.
FAMILIES: tuple[Family, ...] = (
    Family("cli.admissions_stays", _stays),
    Family("cli.admissions_ihtc", _json),
)


def head_of(path: Path) -> bytes:
    """The first bytes of a file, unpacked if it is gzip; what is damaged is left to the reader to refuse."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if head.startswith(b"\x1f\x8b"):
        try:
            return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
        except zlib.error:
            return b""
    return head


def family_of(instance: Path) -> Verbs:
    """Who carries out a verb for this file. Raises ``Refused`` for a file of no known family."""
    head = head_of(instance)
    for family in FAMILIES:
        if family.recognises(head):
            return cast("Verbs", importlib.import_module(family.module))
    raise Refused(
        f"{instance} belongs to no known family of instances: IHTC-2024 JSON, PAS text, OR-PAS XML, PRA JSON."
    )
