"""The arrays a run stands on: ``Tables`` describe the model and are only read, ``State`` is all that a run changes.

A run can be stopped between two events, its ``State`` written to a file, and gone on with from there. Columns are named
in ``codes``.
"""

from __future__ import annotations

from typing import NamedTuple

from simulations.engine.outcome import Float64
from solver.engine.types import Int64, UInt64


class Tables(NamedTuple):
    """A model as arrays, all frozen; every model has the same types, so that no model needs compiling.

    step int64 (steps, STEP_COLUMNS). pair int64 (steps, classes, PAIR_COLUMNS). option int64 (n, 2): where its needs
    begin and end. need int64 (n, 2): resource, units. release int64 (n, 3): where its members begin and end, units.
    member int64 (n,): resources. route int64 (n, 2): step or -1, class or -1. route_until float64 (n,): cumulative
    probability. balking float64 (n,). resource int64 (resources, RESOURCE_COLUMNS). shelf_life float64 (resources,).
    guard int64 (resources, classes). resource_line int64 (n,): lines that want a resource. line int64 (lines,
    LINE_COLUMNS). line_resource int64 (n,): resources that a line wants. change int64 (n, 3), change_time float64
    (n, 2): when, and how often again. source int64 (sources, SOURCE_COLUMNS), source_time float64 (sources,
    SOURCE_TIMES). listed float64 (n,): rates or times. batch int64 (n,), batch_until float64 (n,): sizes and cumulative
    probabilities. distribution, parameter, sample: see ``kernels_draw``. census int64 (n, CENSUS_COLUMNS), census_time
    float64 (n, 2), census_hold int64 (n, 2): resource, units.
    """

    step: Int64
    pair: Int64
    option: Int64
    need: Int64
    release: Int64
    member: Int64
    route: Int64
    route_until: Float64
    balking: Float64
    resource: Int64
    shelf_life: Float64
    guard: Int64
    resource_line: Int64
    line: Int64
    line_resource: Int64
    change: Int64
    change_time: Float64
    source: Int64
    source_time: Float64
    listed: Float64
    batch: Int64
    batch_until: Float64
    distribution: Int64
    parameter: Float64
    sample: Float64
    census: Int64
    census_time: Float64
    census_hold: Int64


class State(NamedTuple):
    """Where a run stands, and what it has counted.

    key uint64 (2,). counter int64 (COUNTERS,), clock float64 (CLOCKS,). heap_time float64, heap_key and heap_what
    int64 (events,). entity int64 (pool, ENTITY_COLUMNS), moment float64 (pool, MOMENTS), held int64 (pool, resources),
    visit int64 (pool, steps): how often somebody came to a step, or to one that shares its chance, free int64 (pool,):
    a stack of free slots.
    level int64 (resources, LEVEL_COLUMNS), since float64 (resources,), crowd int64 (steps, 2): waiting and in service,
    crowd_since float64 (steps,). head, tail int64 (lines, priorities), queued int64 (lines,): how many wait.
    touched int64 (resources,): a stack of those of which something came free. made int64 (sources, 2).
    lot int64 (resources, lots): units left of each delivery, a ring.
    The rest is what ``outcome.Outcome`` holds, the series as integrals.
    """

    key: UInt64
    counter: Int64
    clock: Float64
    heap_time: Float64
    heap_key: Int64
    heap_what: Int64
    entity: Int64
    moment: Float64
    held: Int64
    visit: Int64
    free: Int64
    level: Int64
    since: Float64
    crowd: Int64
    crowd_since: Float64
    head: Int64
    tail: Int64
    queued: Int64
    touched: Int64
    made: Int64
    lot: Int64
    visits: Int64
    visit_times: Float64
    patients: Int64
    stays: Float64
    areas: Float64
    crowds: Float64
    bin_time: Float64
    levels: Float64
    waits: Int64
    lengths: Int64
    supplies: Int64
    snapshots: Float64
    snapshot_count: Int64
    series: Float64
    log: Float64
