"""A kind of job for tests of the machinery: adds up squares, as slowly as asked, and can be told to go wrong."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from api.jobs.kinds import Document, Observer


class Squares:
    """``{"numbers": 6, "rounds": 2, "seconds": 0.1}``: the squares of 0 to ``numbers - 1``, that many times, each a
    piece that takes ``seconds`` (until stopped), leaves a line in ``diary``, if there is one, and tells of its progress
    ``tells`` times before it is done."""

    def pieces(self, spec: Document, done: Sequence[Document]) -> list[Document]:
        if len(done) >= spec["numbers"] * spec.get("rounds", 1):
            return []
        return [{"number": number} for number in range(spec["numbers"])]

    def work(self, spec: Document, piece: Document, observer: Observer) -> Document:
        if "diary" in spec:
            with Path(spec["diary"]).open("a") as diary:
                diary.write(f"{piece['number']} {os.getpid()}\n")
        if spec.get("wrong") == "raises":
            raise ValueError("personal data")
        if spec.get("wrong") == "dies":
            os._exit(3)
        until = time.monotonic() + spec.get("seconds", 0)
        while time.monotonic() < until and (spec.get("deaf") or not observer.stopped()):
            time.sleep(0.02)
        for count in range(spec.get("tells", 0)):
            observer.tell({"count": count})
        observer.tell({"number": piece["number"]})
        return {"square": piece["number"] ** 2}

    def result(self, spec: Document, done: Sequence[Document], stopped: bool) -> Document:
        return {"sum": sum(part["square"] for part in done), "pieces": len(done)}
