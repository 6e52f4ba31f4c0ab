"""The load benchmarks, run small: their figures rest on answers and databases that agree, or there are none."""

from datetime import UTC, datetime

import pytest

from benchmarks.service import throughput, workload
from benchmarks.service.systems import PLAIN
from benchmarks.service.under_load import WrongAnswers
from simulations.hospital import generate
from solver.hospital import to_minute


@pytest.mark.slow
def test_what_is_measured_was_placed_and_is_there_and_a_count_that_is_off_by_one_is_no_figure(tmp_path):
    now = to_minute(datetime.now(UTC))
    hospital = generate(workload.SIZE, workload.SEED, now, occupancy=workload.OCCUPANCY)
    batched = throughput.batches_of(PLAIN)
    names = ["hello", PLAIN, batched, throughput.NAIVE[PLAIN]]
    tallies = {name: throughput.Tally() for name in names}
    with throughput.stage(tmp_path, [PLAIN], hospital, now) as up:
        throughput.one_round(up, tallies, 0.3, 1)
        lines = {name: throughput.figures(name, tallies[name], tallies["hello"]) for name in names}
        throughput.check(up, tallies, histories=True)
        assert lines["hello"]["ratio"] == 1
        assert 0 < lines[PLAIN]["ratio"] < 1
        assert lines[PLAIN]["done"] + lines[PLAIN]["waiting"] == workload.IN_A_CYCLE
        assert lines[batched]["done"] + lines[batched]["waiting"] == workload.IN_A_CYCLE
        (system,) = up.services
        header = system.place.read_bytes()[:15]
        assert header == b"SQLite format 3", "plain is plain"
        tallies[PLAIN].done += 1
        with pytest.raises(WrongAnswers, match="requests are stored"):
            throughput.check_service(system, tallies[PLAIN], tallies[batched], histories=False)
        _, at = up.naive[PLAIN]
        bookings = tallies[throughput.NAIVE[PLAIN]]
        bookings.done += 1
        with pytest.raises(WrongAnswers, match="naive"):
            throughput.check_naive(at, bookings)
