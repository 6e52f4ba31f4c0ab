"""``wardflow bench scaling``: the law is found again, cores are given back, and what is told is what was measured."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner

from benchmarks.scaling.law import Law, fitted
from benchmarks.scaling.report import lines, plot
from benchmarks.scaling.run import Point, Scaling, _scaling, counts
from benchmarks.scaling.systems import replications
from benchmarks.scaling.workers import all_cores, by_processes, by_threads, pinned
from cli.main import app
from solver.engine.errors import InvalidInstance


@pytest.mark.parametrize(("serial", "crosstalk"), [(0.0, 0.0), (0.05, 0.0), (0.05, 0.001), (0.3, 0.01)])
def test_the_law_is_found_again_in_what_follows_it(serial: float, crosstalk: float) -> None:
    law = Law(serial, crosstalk)
    found = fitted({cores: 120.0 * law.speed_up(cores) for cores in (1, 2, 4, 8)})
    assert (found.serial, found.crosstalk) == pytest.approx((serial, crosstalk), abs=1e-9)
    assert found.speed_up(64) == pytest.approx(law.speed_up(64))


def test_two_numbers_of_cores_tell_amdahls_law_and_no_more() -> None:
    found = fitted({1: 100.0, 2: 180.0})
    assert (found.serial, found.crosstalk) == (pytest.approx(1 / 9), 0.0)
    assert found.speed_up(10**9) == pytest.approx(9.0, rel=1e-6)


def test_nothing_scales_better_than_the_cores_nor_than_what_is_known_to_be_serial() -> None:
    luck = fitted({1: 100.0, 2: 220.0})
    assert luck.speed_up(16) == 16.0
    assert luck.at_least(0.1).speed_up(16) == pytest.approx(16 / 2.5)
    assert Law(0.2, 0.0).at_least(0.1).serial == 0.2
    assert fitted({1: 100.0}) == Law(0.0, 0.0)


def test_cores_are_a_doubling_row_up_to_all_there_are() -> None:
    assert counts(1) == [1]
    assert counts()[0] == 1
    assert counts()[-1] == len(all_cores())


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="only Linux keeps processes on cores")
def test_work_is_kept_on_its_cores_and_they_are_given_back() -> None:
    before = all_cores()
    with pinned(1):
        assert all_cores() == before[:1]
    assert all_cores() == before


@pytest.mark.parametrize("count", [1, 2])
def test_threads_work_at_the_same_time_and_each_piece_is_counted_and_timed(count: int) -> None:
    all_there = threading.Barrier(count)
    spans: dict[int, list[tuple[float, float]]] = defaultdict(list)

    def one(number: int) -> float:
        began, own = time.perf_counter(), spans[threading.get_ident()]
        if number > 0 and not own:
            all_there.wait(60)
        time.sleep(0.02)
        if number > 0:
            own.append((began, time.perf_counter()))
        return 2.0

    before = time.perf_counter()
    pace = by_threads(lambda: one, count, 0.2)
    workers = [own for own in spans.values() if own]
    assert len(workers) == count, "all of them worked at the same time: each waited for the others"
    assert len(pace.latencies) == sum(map(len, workers))
    assert all(own[-1][1] >= before + 0.2 for own in workers), "until the time is over"
    assert pace.p99_ms >= 20.0
    paces = [2.0 * len(own) / (own[-1][1] - own[0][0]) for own in workers]
    assert pace.throughput == pytest.approx(sum(paces), rel=0.25)


def test_processes_begin_together_when_all_are_warm() -> None:
    pace = by_processes(replications, 2, 0.1)
    assert len(pace.latencies) >= 2
    assert pace.throughput > 0


def scaling_of(*speed_ups: float) -> Scaling:
    points = tuple(
        Point(cores, 100 * speed, 3.0, speed, speed / cores, (speed,))
        for cores, speed in zip((1, 2, 4), speed_ups, strict=False)
    )
    law = fitted({point.cores: point.speed_up for point in points})
    return Scaling("toy", "things/s", points, 0.02, law, {16: law.speed_up(16)}, "Because.")


def test_the_table_tells_throughput_efficiency_and_what_is_expected_with_its_reason() -> None:
    told = "\n".join(lines([scaling_of(1.0, 1.6)], load=0.0))
    assert "160.0 things/s" in told
    assert "1.60x" in told
    assert "80%" in told
    assert "3.4x on 16 cores expected. From [1, 2] cores: 25.0% one after the other (of which 2.0%" in told
    assert "Because." in told
    assert "believe none" not in told
    assert "believe none" in lines([scaling_of(1.0, 1.6)], load=4.0)[-1]
    assert ElementTree.fromstring(plot([scaling_of(1.0, 1.9, 3.0)])).tag.endswith("svg")


def test_one_number_of_cores_foretells_nothing() -> None:
    alone = scaling_of(1.0)
    told = "\n".join(lines([alone], load=0.0))
    assert "toy: one number of cores tells nothing of others." in told
    assert "expected" not in told
    assert plot([alone]).count("stroke-dasharray: 2.96") < plot([scaling_of(1.0, 1.6)]).count(
        "stroke-dasharray: 2.96"
    )
    pace = by_threads(lambda: lambda _: 1.0, 1, 0.01)
    assert _scaling("simulator threads", [{1: pace}]).expected == {}


def test_a_quick_round_measures_and_writes_table_plot_and_json(tmp_path: Path) -> None:
    words = [
        "bench",
        "scaling",
        "--quick",
        "--systems",
        "simulator threads",
        "--output",
        str(tmp_path / "out"),
    ]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert "simulator threads" in done.output
    told = json.loads((tmp_path / "out" / "scaling.json").read_text())
    [system] = told["systems"]
    assert [point["cores"] for point in system["points"]] == counts()
    assert system["points"][0]["efficiency"] == 1.0
    assert 0 < system["serial"] < 0.5
    assert system["law"]["serial"] >= system["serial"]
    assert set(system["expected"]) == ({"16", "64"} if len(counts()) > 1 else set())
    assert {"machine", "revision", "load_before"} <= set(told)
    assert (tmp_path / "out" / "scaling.svg").read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--systems", "toaster"], "one of simulator threads"),
        (["--cores", "4096", "--cores", "1"], "at most"),
    ],
)
def test_what_cannot_be_measured_is_refused(words: list[str], part: str) -> None:
    done = CliRunner().invoke(app, ["bench", "scaling", *words])
    assert isinstance(done.exception, InvalidInstance)
    assert part in str(done.exception)
