"""What Python's collector of garbage looks at: not, every so often, the whole hospital."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Final

THRESHOLDS: Final = (2_000, 20, 1_000)
"""Full collections come in quiet moments (``rest``), and of themselves only after tens of millions of objects."""

QUIET_SECONDS: Final = 1.0
"""So long a quiet moment is waited for: a batch ends a little after its answers."""

_LOOK_SECONDS: Final = 0.01


def settle() -> None:
    """Let the collector pass over all there is now; called when a hospital has been read, which stays.

    A full collection looks at every object: at 300 beds that takes 0.17 s of processor time in which no thread decides
    or answers. What nothing refers to any longer is still freed at once; what refers to itself in a circle, once this
    is called again.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def rest() -> None:
    """In a quiet moment: free what refers to itself in circles and has come since, and pass over the rest too."""
    gc.collect()
    gc.freeze()


async def quiet(idle: Callable[[], bool]) -> bool:
    """Whether a quiet moment came within ``QUIET_SECONDS``. A rest would pass over what is at work for good if that
    referred to itself in circles."""
    for _ in range(round(QUIET_SECONDS / _LOOK_SECONDS)):
        if idle():
            return True
        await asyncio.sleep(_LOOK_SECONDS)
    return False
