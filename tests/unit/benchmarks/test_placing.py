"""The public set of placing: what its names promise, how plans are counted, what enters the best known."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache

import pytest

from benchmarks.cases import NOW
from benchmarks.placing import best_known
from benchmarks.placing.best_known import Contradiction, Known, improved
from benchmarks.placing.engines import Engine, Missing, WorkerTime, engine, run
from benchmarks.placing.instances import BEDS, INSTANCES, Instance, chosen
from benchmarks.placing.judge import score
from benchmarks.placing.peer.counting import term_of, terms
from benchmarks.placing.peer.said import Place, Said, told
from benchmarks.placing.report import paired, table
from simulations.demand_wards import sources
from simulations.hospital import generate
from solver.engine.errors import InvalidInstance
from solver.hospital import Request, StayState
from solver.placing.live import LiveHospital
from solver.placing.problem import Method

SMALL = Instance("ward", 10, 1.0, 103)


@cache
def small() -> tuple[LiveHospital, list[Request]]:
    return SMALL.made()


def test_the_set_reaches_from_30_to_5000_beds_from_1_to_300_requests_and_from_70_to_105_per_cent():
    assert {i.size for i in INSTANCES} == set(BEDS)
    assert {min(i.requests for i in INSTANCES), max(i.requests for i in INSTANCES)} == {1, 300}
    assert {min(i.load for i in INSTANCES), max(i.load for i in INSTANCES)} == {0.7, 1.05}
    assert len({i.name for i in INSTANCES}) == len(INSTANCES)


@pytest.mark.parametrize("size", ["ward", "district"])
def test_the_beds_a_load_is_a_share_of_are_those_the_hospital_has_open(size: str):
    hospital = generate(size, 1, NOW, occupancy=0.5)
    assert len({bed.id for source in sources(hospital) for bed in source.usable}) == BEDS[size]


@pytest.mark.parametrize("name", ["ward-20-load105-seed104", "district-60-load100-seed204"])
def test_an_instance_has_the_requests_and_the_load_of_its_name(name: str):
    (instance,) = chosen([name])
    live, requests = instance.made()
    lying = [s for s in live.records.stays.values() if s.state is StayState.OCCUPYING and not s.with_stay_id]
    assert len(requests) == instance.requests
    assert (len(lying) + len(requests)) / BEDS[instance.size] == pytest.approx(instance.load, abs=0.05)


def test_the_same_name_makes_the_same_instance():
    (live, requests), (again, asked) = small(), SMALL.made()
    assert requests == asked
    assert live.records.hospital() == again.records.hospital()


def test_instances_are_chosen_by_set_size_and_name_and_unknown_names_are_all_told():
    assert chosen(["all"]) == list(INSTANCES)
    assert {i.size for i in chosen(["city", "ward-1-load95-seed101"])} == {"city", "ward"}
    assert all(i.short for i in chosen(["short"]))
    with pytest.raises(InvalidInstance, match=r"(?s)village.*hamlet"):
        chosen(["village", "ward", "hamlet"])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("one-by-one", Engine("one-by-one")),
        ("batch-50ms", Engine("batch", seconds=0.05)),
        ("batch-5s-2cores", Engine("batch", seconds=5.0, cores=2)),
        ("batch-200steps", Engine("batch", steps=200)),
        ("cpsat-60s", Engine("cpsat", seconds=60.0)),
        ("timefold-5s", Engine("timefold", seconds=5.0)),
    ],
)
def test_an_engines_name_says_what_it_is_given(name: str, meant: Engine):
    assert engine(name) == meant


def test_an_engine_nobody_knows_is_refused_by_name():
    with pytest.raises(InvalidInstance, match="batch-5minutes"):
        engine("batch-5minutes")


def test_the_heuristics_own_cost_is_what_the_judge_counts_and_never_above_one_by_one():
    live, requests = small()
    one_by_one = score(live, requests, run(engine("one-by-one"), live, requests, 1).plan)
    batch = score(live, requests, run(engine("batch-200steps"), live, requests, 1).plan)
    assert batch.cost <= one_by_one.cost
    assert batch.broken == one_by_one.broken == 0
    assert batch.unplaced == sum(
        given is None for given in run(engine("batch-200steps"), live, requests, 1).plan.values()
    )


def test_whoever_puts_two_into_one_bed_has_placed_one_and_pays_for_the_other():
    live, requests = small()
    plan = dict(run(engine("batch-200steps"), live, requests, 1).plan)
    first, second = [given for given in plan.values() if given is not None][:2]
    plan[second.request_id] = replace(second, bed_id=first.bed_id, start=first.start, end=first.start + 60)
    honest, cheating = (score(live, requests, some) for some in (plan | {second.request_id: None}, plan))
    assert cheating.broken == 1
    assert (cheating.cost, cheating.unplaced) == (honest.cost, honest.unplaced)


def test_a_peer_that_is_not_installed_is_left_out_with_the_way_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "timefold", None)
    live, requests = small()
    with pytest.raises(Missing, match="pip install"):
        run(engine("timefold-1s"), live, requests, 1)


def busy(seconds: float) -> None:
    ends = time.thread_time() + seconds
    while time.thread_time() < ends:
        pass


def test_each_worker_is_told_of_its_own_time_and_of_what_was_used_before_it_began():
    timer = WorkerTime()
    busy(0.05)
    began = timer()
    told: dict[str, list[float]] = {}

    def work(name: str, seconds: float) -> None:
        told[name] = [timer()]
        busy(seconds)
        told[name].append(timer())

    threads = [threading.Thread(target=work, args=args) for args in (("long", 0.12), ("short", 0.02))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert began >= 0.05
    for name, seconds in (("long", 0.12), ("short", 0.02)):
        first, last = told[name]
        assert began <= first <= began + 0.04, name
        assert seconds <= last - first <= seconds + 0.04, name
    assert timer() == pytest.approx(told["long"][1], abs=0.02)


def test_two_workers_get_as_much_time_each_as_one_alone():
    live, requests = small()
    one, two = (
        run(engine(name), live, requests, 1, "worker") for name in ("batch-300ms", "batch-300ms-2cores")
    )
    assert one.seconds == pytest.approx(two.seconds, abs=0.15)
    assert one.steps is not None
    assert two.steps is not None
    assert two.steps > 1.4 * one.steps


RESULT = {
    "instance": "i", "engine": "e", "revision": "r", "command": "c", "cost": 100, "bound": None
}  # fmt: skip


def test_only_a_cheaper_plan_and_a_higher_bound_change_what_is_known():
    known = improved(None, RESULT)
    assert improved(known, RESULT | {"cost": 100, "engine": "other"}) == known
    assert improved(known, RESULT | {"cost": 101}) == known
    cheaper = improved(known, RESULT | {"cost": 99, "engine": "other", "bound": 90})
    assert (cheaper.cost, cheaper.engine, cheaper.bound, cheaper.bound_engine) == (99, "other", 90, "other")
    assert improved(cheaper, RESULT | {"bound": 80}) == cheaper
    assert cheaper.open_gap == pytest.approx(9 / 99)


def test_a_plan_below_a_proven_bound_is_reported_and_not_entered():
    known = improved(None, RESULT | {"bound": 95})
    with pytest.raises(Contradiction, match="costs 94"):
        improved(known, RESULT | {"cost": 94})


def test_the_best_known_are_read_as_they_were_written(tmp_path):
    rows = [Known("a", 7, "e", "r", "c"), Known("b", 9, "e", "r", "c, d", 8, "f", "s", "t")]
    best_known.write(rows, tmp_path / "known.csv")
    assert list(best_known.read(tmp_path / "known.csv").values()) == rows
    assert best_known.read(tmp_path / "none.csv") == {}


def test_every_best_known_belongs_to_an_instance_and_lies_above_its_bound():
    known = best_known.read()
    assert set(known) <= {i.name for i in INSTANCES}
    assert all(row.bound is None or row.bound <= row.cost for row in known.values())


def test_the_table_shows_the_mean_gap_of_the_seeds():
    results = [{"instance": "i", "engine": "e", "cost": cost} for cost in (100, 104)]
    lines = list(table(["i"], ["e", "f"], results, {"i": Known("i", 100, "e", "r", "c", 50)}))
    assert "2.000 %" in lines[1]
    assert "50.000 %" in lines[1]
    assert lines[-1].split() == ["mean", "2.000", "%", "-"]


@dataclass
class Given:
    """A request as the peer has it, with the place it is given."""

    said: Said
    place: Place | None

    def __getattr__(self, name: str) -> object:
        return getattr(self.said, name)


@pytest.mark.parametrize("name", ["ward-20-load105-seed104", "district-60-load100-seed204"])
def test_what_the_peer_is_told_of_a_plan_costs_what_the_referee_counts_term_by_term(name: str):
    (instance,) = chosen([name])
    live, requests = instance.made()
    plan = run(engine("batch-200steps"), live, requests, 1).plan
    telling = told(live, requests, plan)
    given = [
        Given(one, None if plan[request.id] is None else one.places[0])
        for one, request in zip(telling.requests, requests, strict=True)
    ]
    referee: Counter[str] = Counter()
    with live.trial():
        for request in requests:
            decision = live.judged(request, plan[request.id], Method.PERSON)
            live.apply(decision)
            for price in decision.prices:
                referee[term_of(price.rule_id)] += price.cost
    own = terms(telling, given)
    assert own.pop("forbidden") == 0
    assert own == {term: referee[term] for term in own}
    assert referee["not said"] < 0.001 * referee.total()


def test_the_peer_is_told_that_a_ward_and_a_stock_have_an_end():
    live, requests = small()
    plan = run(engine("batch-200steps"), live, requests, 1).plan
    telling = told(live, requests, plan)
    placed = [Given(one, one.places[0]) for one in telling.requests if one.places]
    honest = terms(telling, [one for one in placed if plan[requests[one.said.id].id] is not None])
    assert honest["forbidden"] == 0
    assert terms(telling, placed * 3)["forbidden"] > 0


def test_an_engine_is_set_beside_the_first_in_pairs():
    known = {"i": Known("i", 100, "e", "r", "c")}
    costs = {"one": (100, 110, 120), "two": (90, 110, 110), "three": ()}
    results = [
        {"instance": "i", "engine": engine, "seed": seed, "cost": cost}
        for engine, of_engine in costs.items()
        for seed, cost in enumerate(of_engine)
    ]
    (line,) = paired(["one", "two", "three"], results, known)
    assert line.startswith("two less one: -6.667 %")
    assert line.endswith("3 pairs: 2 lower, 1 equal, 0 higher")
