"""What all readers of stays need: bytes with a limit, faults that are collected, numbers that are checked."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from pathlib import Path

from solver.engine.errors import InvalidInstance, Problem

MOST_BYTES = 100_000_000
MOST_DIGITS = 9
GZIP = b"\x1f\x8b"


def content(path: Path) -> bytes:
    """The bytes of a file, unpacked if it is gzip. Raises InvalidInstance when it is damaged or too large."""
    data = path.read_bytes()
    if data.startswith(GZIP):
        try:
            with gzip.open(path) as file:
                data = file.read(MOST_BYTES + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            fault = Problem(path.name, "damaged gzip", "a whole gzip file", "Fetch the file again.")
            raise InvalidInstance([fault]) from None
    if len(data) > MOST_BYTES:
        fault = Problem(
            path.name, f"more than {MOST_BYTES} bytes", "a smaller file", "Give an instance file."
        )
        raise InvalidInstance([fault])
    return data


def text(path: Path) -> str:
    """The text of a file. Raises InvalidInstance when it is none."""
    try:
        return content(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        fault = Problem(path.name, "bytes that are no text", "a text file", "Give an instance file.")
        raise InvalidInstance([fault]) from None


class Faults:
    """Collects what is wrong with the file ``name``."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.found: list[Problem] = []

    def add(self, where: str, value: object, expected: str, remedy: str = "Correct the file.") -> None:
        """Note a fault at a place within the file."""
        self.found.append(Problem(f"{self.name}, {where}", value, expected, remedy))

    def number(self, where: str, given: str | None) -> int:
        """A whole number that is not negative; 0, and a fault, where it is none."""
        stripped = (given or "").strip()
        if stripped.isdecimal() and stripped.isascii() and len(stripped) <= MOST_DIGITS:
            return int(stripped)
        self.add(where, given, f"a whole number of at most {MOST_DIGITS} digits")
        return 0

    def refuse(self, more: Iterable[Problem] = ()) -> None:
        """Raise InvalidInstance when there is any fault."""
        self.found += more
        if self.found:
            raise InvalidInstance(self.found)
