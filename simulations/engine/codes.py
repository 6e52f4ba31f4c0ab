"""The numbers that arrays and kernels agree on: kinds, and the columns of every table.

What is handed to a kernel that is not swallowed is an ``np.int64``: of a plain number numba compiles the kernel anew
for each value. Tables are as wide as a power of two, so that a row is found by shifting.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any, Final

import numpy as np


class Event(IntEnum):
    """What a row of the log says happened to a patient."""

    ENTERED = 0
    JOINED = 1
    STARTED = 2
    INTERRUPTED = 3
    FINISHED = 4
    BALKED = 5
    REFUSED = 6
    RENEGED = 7
    LEFT = 8


ENTERED: Final = int(Event.ENTERED)
JOINED_LINE: Final = int(Event.JOINED)
STARTED: Final = int(Event.STARTED)
INTERRUPTED: Final = int(Event.INTERRUPTED)
FINISHED: Final = int(Event.FINISHED)
BALKED: Final = int(Event.BALKED)
REFUSED: Final = int(Event.REFUSED)
RENEGED: Final = int(Event.RENEGED)
LEFT: Final = int(Event.LEFT)

# What waits in the event list; the rank settles who goes first at one instant.
ARRIVAL: Final = 0
END: Final = 1
RENEGE: Final = 2
CHANGE: Final = 3
BIN: Final[Any] = np.int64(4)
WARM_UP: Final[Any] = np.int64(5)
RECEIPT: Final = 6
EXPIRY: Final = 7
RETURN: Final = 8
LATE: Final = 9
KIND_BITS: Final = 4
PART_BITS: Final = 20
RANK_SHIFT: Final = 58
FIRST: Final[Any] = np.int64(0)
EARLY: Final[Any] = np.int64(1)
HOURLY: Final[Any] = np.int64(2)
ORDINARY: Final[Any] = np.int64(3)

# What the kernel answers a slice with.
FINISHED_RUN: Final = 0
SLICE_OVER: Final = 1
POOL_FULL: Final = 2
EVENTS_FULL: Final = 3
LOG_FULL: Final = 4
LOTS_FULL: Final = 5
OVERRUN: Final = 6

# Kinds of distributions.
CONSTANT: Final = 0
EXPONENTIAL: Final = 1
UNIFORM: Final = 2
TRIANGULAR: Final = 3
LOGNORMAL: Final = 4
GAMMA: Final = 5
ERLANG: Final = 6
WEIBULL: Final = 7
NORMAL: Final = 8
EMPIRICAL: Final = 9
INTERPOLATED: Final = 10
PHASE_TYPE: Final = 11

# Kinds of sources.
POISSON: Final = 0
RENEWAL: Final = 1
LISTED: Final = 2
APPOINTMENTS: Final = 3
CLOSED: Final = 4

# What a random number is for, where no step gives it a name of its own.
GAP: Final[Any] = np.int64(1)
BATCH_SIZE: Final[Any] = np.int64(2)
NO_SHOW: Final[Any] = np.int64(3)
UNPUNCTUAL: Final[Any] = np.int64(4)
AWAY_TIME: Final[Any] = np.int64(5)
LEAD_TIME: Final[Any] = np.int64(6)
ONCE: Final[Any] = np.int64(0)
"""The visit, or the block, of what is drawn once."""

# States of a patient.
NOBODY: Final = 0
WAITING: Final = 1
SERVING: Final = 2
AWAY: Final = 3
MOVING: Final = 4

# Tables.step
LINE: Final = 0
LIMIT: Final = 1
OVERFLOW: Final = 2
RENEGE_TO: Final = 3
RELEASES_OWN: Final = 4
RESTARTS: Final = 5
BALK_FROM: Final = 6
BALK_UNTIL: Final = 7
START_FROM: Final = 8
START_UNTIL: Final = 9
END_FROM: Final = 10
END_UNTIL: Final = 11
UNITS_OF: Final = 12
UNITS_START: Final = 13
UNITS_END: Final = 14
UNITS_CUT: Final = 15
STAY_STREAM: Final = 16
"""Of one block of it come the duration of a visit and where it leads."""
PATIENCE_STREAM: Final = 17
BALKING_STREAM: Final = 18
COUNTED_AS: Final = 19
STEP_COLUMNS: Final = 32

# Tables.pair, of step and class
OPTION_FROM: Final = 0
OPTION_UNTIL: Final = 1
DURATION: Final = 2
PATIENCE: Final = 3
ROUTE_FROM: Final = 4
ROUTE_UNTIL: Final = 5
PRIORITY: Final = 6
PREEMPTS: Final = 7
USES_STOCK: Final = 8
"""Whether its first option does, which is the one that demand is counted for."""
PAIR_COLUMNS: Final = 16

# Tables.resource
CAPACITY_AT_START: Final = 0
LINES_FROM: Final = 1
LINES_UNTIL: Final = 2
IS_STOCK: Final = 3
REORDER_POINT: Final = 4
ORDER_UP_TO: Final = 5
LEAD: Final = 6
RESOURCE_CODE: Final = 7
PERISHES: Final = 8
RESOURCE_COLUMNS: Final = 16

# Tables.line
SKIPS: Final = 0
ALIKE: Final = 1
RESOURCES_FROM: Final = 2
RESOURCES_UNTIL: Final = 3
LINE_COLUMNS: Final = 4

# Tables.change
CHANGED: Final = 0
NEW_CAPACITY: Final = 1
CUTS: Final = 2

# Tables.source and Tables.source_time
SOURCE_KIND: Final = 0
SOURCE_CLASS: Final = 1
FIRST_STEP: Final = 2
SOURCE_CODE: Final = 3
LIST_FROM: Final = 4
LIST_UNTIL: Final = 5
BATCH_FROM: Final = 6
BATCH_UNTIL: Final = 7
POPULATION: Final = 8
GAPS: Final = 9
"""Of lists and appointments: how late people come."""
SOURCE_COLUMNS: Final = 16
RATE_WIDTH: Final = 0
PHASE: Final = 1
OPENS: Final = 2
CLOSES: Final = 3
MEAN_GAP: Final = 4
"""Between arrivals at the highest rate; infinite if that is 0."""
INTERVAL: Final = 5
NO_SHOWS: Final = 6
SOURCE_TIMES: Final = 8

# Tables.census and Tables.census_time
CENSUS_CLASS: Final = 0
CENSUS_STEP: Final = 1
CENSUS_WAITS: Final = 2
CENSUS_FROM: Final = 3
CENSUS_UNTIL: Final = 4
CENSUS_COLUMNS: Final = 5
ELAPSED: Final = 0
REMAINING_TIME: Final = 1

# State.counter and State.clock
HEAP: Final = 0
SEQUENCE: Final = 1
FREE_SLOTS: Final = 2
SLOTS_USED: Final = 3
LOGGED: Final = 4
EVENTS: Final = 5
TOUCHED: Final = 6
PEOPLE: Final = 7
PEOPLE_FROM: Final = 8
PEOPLE_NUMBER: Final = 9
HOLE: Final = 10
INTERVALS: Final = 11
BROKEN: Final = 12
BIN_NOW: Final = 13
IS_HEAP: Final = 14
PASSED: Final = 15
COUNTERS: Final = 16
NOW: Final = 0
HORIZON: Final = 1
WARM: Final = 2
BIN_WIDTH: Final = 3
CLOCKS: Final = 4

# State.entity and State.moment
CLASS: Final = 0
STEP: Final = 1
STATE: Final = 2
NEXT: Final = 3
PREVIOUS: Final = 4
ORDER: Final = 5
END_KEY: Final = 6
RENEGE_KEY: Final = 7
OPTION: Final = 8
SOURCE: Final = 9
NUMBER: Final = 10
CODE: Final = 11
HELD: Final = 12
BIN_JOINED: Final = 13
ROUND: Final = 14
GOAL: Final = 15
"""The step a moving patient goes to, -1 for out."""
ENTITY_COLUMNS: Final = 16
ENTERED_AT: Final = 0
JOINED_AT: Final = 1
STARTED_AT: Final = 2
ENDS_AT: Final = 3
LEFT_OVER: Final = 4
WHOLE: Final = 5
BEGAN_AT: Final = 6
ONWARD: Final = 7
"""A number between 0 and 1 that chooses the route after the step."""
MOMENTS: Final = 8
FRESH: Final = -1.0
"""What ``LEFT_OVER`` holds of a visit that never began."""

# State.level
CAPACITY: Final = 0
FREE: Final = 1
ROSTERED: Final = 2
IS_TOUCHED: Final = 3
DEMAND: Final = 4
ON_ORDER: Final = 5
OLDEST: Final = 6
NEWEST: Final = 7
ORDER_COUNT: Final = 8
LEVEL_COLUMNS: Final = 16
# ... and why it is touched: to be asked if any is free, or in any case.
FREED: Final = 1
WOKEN: Final = 2

# State.made, of each source
DRAWN: Final = 0
MADE: Final = 1
MADE_COLUMNS: Final = 2
