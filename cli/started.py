"""How long this process has been running: a limit of seconds counts from there, imports included."""

from __future__ import annotations

import os
import time
from pathlib import Path

START_FIELD = 19
"""Field 22 of /proc/self/stat, counted after the name in parentheses: start in ticks since the machine's."""


def seconds_since_start() -> float:
    """Seconds since the process began; where the system does not tell, the processor time used until now."""
    try:
        stat = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        ticks = int(stat.rpartition(")")[2].split()[START_FIELD])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError, AttributeError):
        return time.process_time()
