"""The engine against queueing theory, Markov chains and published models: 20 cases with known answers.

Each is judged by its own rule, over at least 20 independent replications.
"""

# ruff: noqa: B023 - each measure is used up inside the round of the loop that defines it

from __future__ import annotations

import math

import pytest

from simulations.engine.distributions import Constant, Exponential, LogNormal, Normal
from simulations.engine.model import (
    Appointments,
    Batch,
    Breakdown,
    CapacityChange,
    Closed,
    Cut,
    Model,
    PatientClass,
    Poisson,
    QueueRule,
    Resource,
    Route,
    Step,
    Stock,
)
from simulations.engine.outcome import (
    Area,
    Crowd,
    Outcome,
    Patient,
    Time,
    Visit,
    quantile,
    share_above,
)
from tests.des_cases import REPLICATIONS, assert_accepted, case_file, estimates, settings, spread, station

pytestmark = pytest.mark.slow


def waits(o: Outcome, step: str = "care") -> dict[str, float]:
    """What most cases ask of a station."""
    started = max(o.visits_of(step, Visit.STARTED), 1)
    waiting, serving = o.mean_crowd(step, Crowd.WAITING), o.mean_crowd(step, Crowd.SERVING)
    return {
        "p_wait": o.visits_of(step, Visit.WAITED) / started,
        "Wq": o.mean_wait(step),
        "Lq": waiting,
        "L": waiting + serving,
        "W": o.mean_stay(),
    }


def test_s01_waits_of_many_servers_are_erlangs() -> None:
    for _, p, expected in settings("s01"):

        def measure(o: Outcome) -> dict[str, float]:
            histogram = o.wait_histogram("care")
            above = {f"P_wait_gt/{t}": share_above(histogram, float(t)) for t in expected["P_wait_gt"]}
            use = {"rho": o.mean_in_use("server") / p["servers"]}
            level = {"wait_p95": quantile(histogram, 0.95), "wait_p50": quantile(histogram, 0.5)}
            return waits(o) | above | use | level

        scale = 1.0 / p["arrival_rate"]
        model = station(p["arrival_rate"], Exponential(p["mean_service"]), p["servers"], warm_up=3000 * scale)
        assert_accepted(estimates(model, 60_000 * scale, measure), expected)


def test_s02_a_ward_that_turns_away_loses_the_same_share_whatever_the_stays_distribution() -> None:
    for _, p, expected in settings("s02"):

        def measure(o: Outcome) -> dict[str, float]:
            return {
                "p_blocked": o.visits_of("care", Visit.REFUSED) / o.visits_of("care", Visit.ARRIVED),
                "mean_occupied": o.mean_in_use("server"),
                "occupancy": o.mean_in_use("server") / p["beds"],
                "p_all_free": o.levels[0, 0] / o.watched,
            }

        scale = 1.0 / p["arrival_rate"]
        for scv in (1.0, 0.0, 2.25):
            model = station(
                p["arrival_rate"], spread(p["mean_los"], scv), p["beds"], warm_up=1000 * scale, queue_limit=0
            )
            assert_accepted(estimates(model, 15_000 * scale, measure), expected)


def test_s03_waits_follow_the_spread_of_the_service() -> None:
    for _, p, expected in settings("s03"):

        def measure(o: Outcome) -> dict[str, float]:
            return waits(o) | {"rho": o.mean_in_use("server")}

        model = station(p["arrival_rate"], spread(p["mean_service"], p["service_scv"]), 1, warm_up=2000)
        assert_accepted(estimates(model, 60_000, measure), expected)


def prioritised(classes: list[dict[str, float]], preempts: tuple[str, ...] = ()) -> Model:
    return Model(
        classes=tuple(
            PatientClass(str(n), "care", (Poisson(f"door {n}", (c["arrival_rate"],)),), int(c["priority"]))
            for n, c in enumerate(classes)
        ),
        steps=(
            Step(
                "care",
                {str(n): spread(c["mean_service"], c["service_scv"]) for n, c in enumerate(classes)},
                ({"server": 1},),
                preempts=preempts,
            ),
        ),
        resources=(Resource("server", 1),),
        warm_up=2000,
        bin_width=1e9,
        bins=1,
    )


def test_s04_who_comes_first_by_priority_waits_as_cobham_says() -> None:
    [(_, p, expected)] = settings("s04")

    def measure(o: Outcome) -> dict[str, float]:
        each = {f"Wq_class/{n}": o.mean_wait("care", str(n)) for n in range(3)}
        return each | {"rho": o.mean_in_use("server"), "Wq_all": o.mean_wait("care")}

    assert_accepted(estimates(prioritised(p["classes"]), 60_000, measure), expected)


def test_s05_who_is_interrupted_goes_on_where_it_stopped() -> None:
    [(_, p, expected)] = settings("s05")

    def measure(o: Outcome) -> dict[str, float]:
        each = {f"time_in_system_class/{n}": o.mean_stay(str(n)) for n in range(2)}
        return each | {"rho": o.mean_in_use("server")}

    assert_accepted(estimates(prioritised(p["classes"], ("0",)), 60_000, measure), expected)


def test_s06_a_network_with_ways_back_is_a_product_of_stations() -> None:
    case = case_file("s06")
    m, expected = case["model"], case["cases"][0]["expected"]
    names = m["stations"]
    steps = tuple(
        Step(
            name,
            Exponential(m["mean_service"][i]),
            ({name: 1},),
            routing=(
                *(Route(p, names[j]) for j, p in enumerate(m["routing"][i]) if p > 0),
                Route(1.0 - sum(m["routing"][i]), None),
            ),
        )
        for i, name in enumerate(names)
    )
    model = Model(
        classes=(PatientClass("patient", "triage", (Poisson("door", (m["external_rate"][0],)),)),),
        steps=steps,
        resources=tuple(Resource(name, m["servers"][i]) for i, name in enumerate(names)),
        warm_up=300,
        bin_width=1e9,
        bins=1,
    )

    def measure(o: Outcome) -> dict[str, float]:
        found = {"mean_time_in_system": o.mean_stay()}
        total = 0.0
        for i, name in enumerate(names):
            at = f"station/{name}/"
            one = waits(o, name)
            served = o.time_of(name, Time.SERVICE) / o.visits_of(name, Visit.FINISHED)
            total += one["L"]
            one |= {"rho": o.mean_in_use(name) / m["servers"][i], "W": one["Wq"] + served}
            found |= {at + key: value for key, value in one.items()}
            found[f"arrival_rate/{name}"] = o.visits_of(name, Visit.ARRIVED) / o.watched
        return found | {"mean_in_system": total}

    assert_accepted(estimates(model, 5000, measure), expected)


def test_s07_who_loses_patience_leaves_unseen() -> None:
    for _, p, expected in settings("s07"):

        def measure(o: Outcome) -> dict[str, float]:
            came, gone = o.visits_of("care", Visit.ARRIVED), o.visits_of("care", Visit.RENEGED)
            waited = o.time_of("care", Time.WAIT) + o.time_of("care", Time.GAVE_UP)
            return {
                "p_wait": (o.visits_of("care", Visit.WAITED) + gone) / came,
                "p_abandon": gone / came,
                "Lq": o.mean_crowd("care", Crowd.WAITING),
                "Wq_all": waited / came,
                "util": o.mean_in_use("server") / p["servers"],
            }

        model = station(
            p["arrival_rate"],
            Exponential(p["mean_service"]),
            p["servers"],
            warm_up=100,
            patience=Exponential(p["mean_patience"]),
        )
        assert_accepted(estimates(model, 4000, measure), expected)


def test_s08_a_waiting_room_holds_so_many_and_no_more() -> None:
    for _, p, expected in settings("s08"):

        def measure(o: Outcome) -> dict[str, float]:
            one = waits(o)
            return one | {
                "p_loss": o.visits_of("care", Visit.REFUSED) / o.visits_of("care", Visit.ARRIVED),
                "Wq_admitted": one["Wq"],
                "util": o.mean_in_use("server") / p["servers"],
            }

        model = station(
            p["arrival_rate"],
            Exponential(p["mean_service"]),
            p["servers"],
            warm_up=100,
            queue_limit=p["system_capacity"] - p["servers"],
        )
        assert_accepted(estimates(model, 10_000, measure), expected)


def test_s09_a_server_is_blocked_until_there_is_room_behind() -> None:
    for name, p, expected in settings("s09"):
        open_line = name != "saturated_b0"
        source = Poisson("door", (p["arrival_rate"],)) if open_line else Closed("crowd", 4, Constant(0.0))
        first, second = p["mean_service"]
        model = Model(
            classes=(PatientClass("patient", "first", (source,)),),
            steps=(
                Step(
                    "first", Exponential(first), ({"one": 1},), release_at_end={}, routing=(Route(1, "over"),)
                ),
                Step(
                    "over",
                    needs=({"room": 1},),
                    release_at_start={"one": 1},
                    release_at_end={},
                    routing=(Route(1, "second"),),
                ),
                Step("second", Exponential(second), ({"two": 1},), release_at_end={"two": 1, "room": 1}),
            ),
            resources=(
                Resource("one", 1),
                Resource("two", 1),
                Resource("room", 1 + p["buffer_between"]),
            ),
            warm_up=1000,
            bin_width=1e9,
            bins=1,
        )

        def measure(o: Outcome) -> dict[str, float]:
            blocked = o.mean_crowd("over", Crowd.WAITING)
            return {
                "p_blocked_server1": blocked,
                "mean_at_station1": waits(o, "first")["L"] + blocked,
                "mean_at_station2": waits(o, "second")["L"],
                "mean_time_in_system": o.mean_stay(),
                "util_server2": o.mean_in_use("two"),
                "throughput": o.visits_of("second", Visit.FINISHED) / o.watched,
            }

        assert_accepted(estimates(model, 40_000, measure, replications=4 * REPLICATIONS), expected)


def test_s10_a_bundle_is_taken_whole_or_the_patient_is_lost() -> None:
    for _, p, expected in settings("s10"):
        for stay in (Exponential, lambda mean: LogNormal(mean, mean)):
            names = [c["name"] for c in p["classes"]]
            model = Model(
                classes=tuple(
                    PatientClass(c["name"], c["name"], (Poisson(c["name"], (c["arrival_rate"],)),))
                    for c in p["classes"]
                ),
                steps=tuple(
                    Step(c["name"], stay(c["mean_los"]), (c["needs"],), queue_limit=0) for c in p["classes"]
                ),
                resources=tuple(Resource(name, units) for name, units in p["capacities"].items()),
                warm_up=2000,
                bin_width=1e9,
                bins=1,
            )

            def measure(o: Outcome) -> dict[str, float]:
                lost = {
                    f"p_blocked/{n}": o.visits_of(n, Visit.REFUSED) / o.visits_of(n, Visit.ARRIVED)
                    for n in names
                }
                return lost | {
                    f"utilisation/{r}": o.mean_in_use(r) / units for r, units in p["capacities"].items()
                }

            assert_accepted(estimates(model, 150_000, measure), expected)


def test_s11_nobody_overtakes_the_head_of_a_strict_line() -> None:
    for _, p, expected in settings("s11"):
        kinds = range(len(p["arrival_rate"]))
        resources = [f"r{r}" for r in range(len(p["capacities"]))]
        model = Model(
            classes=tuple(
                PatientClass(f"{k}", f"{k}", (Poisson(f"door {k}", (p["arrival_rate"][k],)),)) for k in kinds
            ),
            steps=tuple(
                Step(
                    f"{k}",
                    Exponential(p["mean_service"][k]),
                    ({r: n for r, n in zip(resources, p["need"][k], strict=True) if n},),
                    line="all",
                )
                for k in kinds
            ),
            resources=tuple(Resource(r, n) for r, n in zip(resources, p["capacities"], strict=True)),
            queue_rule=QueueRule.STRICT,
            warm_up=2000,
            bin_width=1e9,
            bins=1,
        )

        def measure(o: Outcome) -> dict[str, float]:
            one = [waits(o, f"{k}") for k in kinds]
            started = [o.visits_of(f"{k}", Visit.STARTED) for k in kinds]
            mean = sum(w["Wq"] * n for w, n in zip(one, started, strict=True)) / sum(started)
            found = {"Lq": sum(w["Lq"] for w in one), "Wq": mean}
            for k in kinds:
                found |= {f"Wq_class/{k}": one[k]["Wq"], f"p_immediate/{k}": 1.0 - one[k]["p_wait"]}
            use = zip(resources, p["capacities"], strict=True)
            return found | {f"util/{n}": o.mean_in_use(r) / units for n, (r, units) in enumerate(use)}

        assert_accepted(estimates(model, 50_000, measure), expected)


def test_s12_arrivals_follow_the_hour_they_come_in() -> None:
    for name, p, expected in settings("s12"):
        rates = p.get("rates_per_hour")
        width = 1.0
        if rates is None:
            width = 1.0 / 60.0
            rates = [10 * (1 + 0.6 * math.sin(2 * math.pi * (i + 0.5) / 1440)) for i in range(1440)]
        stay = Constant(p["mean_stay"]) if "deterministic" in name else Exponential(p["mean_stay"])
        model = Model(
            classes=(PatientClass("patient", "ward", (Poisson("door", tuple(rates), width),)),),
            steps=(Step("ward", stay),),
            warm_up=240,
        )

        def measure(o: Outcome) -> dict[str, float]:
            in_ward = o.snapshots[:, 1] / o.snapshot_count[:, None]
            hours = range(0, 24, 3)
            freed = o.snapshot_count / (o.snapshot_count - 1)
            spread_of = {f"variance/{h}": freed[h] * (in_ward[h, 1] - in_ward[h, 0] ** 2) for h in hours}
            return spread_of | {
                **{f"mean_occupancy_at_hour/{h}": in_ward[h, 0] for h in hours},
                "arrivals_per_day": o.visits_of("ward", Visit.ARRIVED) / o.watched * 24,
            }

        found = estimates(model, 240 + 24 * 100, measure)
        assert_accepted(found, {key: value for key, value in expected.items() if not isinstance(value, bool)})
        if "variance_equals_mean" in expected:
            assert_accepted(found, {"variance": expected["mean_occupancy_at_hour"]})


def test_s13_a_shift_that_ends_interrupts_and_the_rest_resumes_later() -> None:
    [(_, p, expected)] = settings("s13")
    changes = ((7.0, 5), (15.0, 4), (23.0, 2))
    model = Model(
        classes=(PatientClass("p", "care", (Poisson("d", tuple(p["arrival_rates_per_hour"]), 1.0),)),),
        steps=(Step("care", Exponential(p["mean_service"]), ({"nurse": 1},)),),
        resources=(
            Resource(
                "nurse",
                2,
                changes=tuple(CapacityChange(at, units, Cut.INTERRUPT) for at, units in changes),
                cycle=24.0,
            ),
        ),
        warm_up=192,
    )

    def measure(o: Outcome) -> dict[str, float]:
        mean = o.snapshots[:, :, 0] / o.snapshot_count[:, None]
        hours = range(0, 24, 3)
        queue = o.mean_crowd("care", Crowd.WAITING)
        return {
            **{f"mean_in_system_at_hour/{h}": mean[h, 1] + mean[h, 2] for h in hours},
            **{f"mean_queue_at_hour/{h}": mean[h, 1] for h in hours},
            "mean_queue_over_day": queue,
            "mean_wait_over_day": queue * o.watched / o.visits_of("care", Visit.ARRIVED),
        }

    assert_accepted(estimates(model, 192 + 24 * 200, measure), expected)


def test_s14_many_who_come_at_once_wait_for_each_other() -> None:
    for _, p, expected in settings("s14"):
        sizes = {int(size): share for size, share in p["batch_pmf"].items()}
        batch = Batch(tuple(sizes), tuple(sizes.values()))
        model = Model(
            classes=(PatientClass("p", "care", (Poisson("bus", (p["batch_rate"],), batch=batch),)),),
            steps=(Step("care", Exponential(p["mean_service"]), ({"server": 1},)),),
            resources=(Resource("server", p["servers"]),),
            warm_up=1000,
            bin_width=1e9,
            bins=1,
        )

        def measure(o: Outcome) -> dict[str, float]:
            return waits(o) | {"rho": o.mean_in_use("server") / p["servers"]}

        assert_accepted(estimates(model, 60_000, measure), expected)


def test_s15_a_shelf_filled_one_for_one_runs_out_as_palm_says() -> None:
    for _, p, expected in settings("s15"):
        lost = p["policy"] == "lost"
        for lead in (Constant(p["lead_time"]), Exponential(p["lead_time"])):
            up_to = p["base_stock"]
            model = Model(
                classes=(PatientClass("p", "dose", (Poisson("door", (p["demand_rate"],)),)),),
                steps=(Step("dose", needs=({"drug": 1},), queue_limit=0 if lost else -1),),
                resources=(Resource("drug", up_to, stock=Stock(up_to - 1, up_to, lead)),),
                warm_up=100,
                bin_width=1e9,
                bins=1,
            )

            def measure(o: Outcome) -> dict[str, float]:
                came = o.visits_of("dose", Visit.ARRIVED)
                missed = o.visits_of("dose", Visit.WAITED) + o.visits_of("dose", Visit.REFUSED)
                return {
                    "fill_rate": 1.0 - missed / came,
                    "mean_backorders": o.mean_crowd("dose", Crowd.WAITING),
                    "mean_on_hand": o.area_of("drug", Area.CAPACITY) / o.watched,
                    "p_stockout": o.levels[0, 0] / o.watched,
                }

            assert_accepted(estimates(model, 10_000, measure), expected)


def test_s16_broken_ventilators_queue_for_a_technician() -> None:
    """Twice: as a resource that breaks down, and as people of a closed source who go round."""
    nobody = (PatientClass("nobody", "nothing"),)
    for _, p, expected in settings("s16"):
        units, crew = p["machines"], Resource("technician", p["technicians"])
        good, repair = Exponential(p["mean_time_between_failures"]), Exponential(p["mean_repair"])
        breaks = Model(
            classes=nobody,
            steps=(Step("nothing"),),
            resources=(Resource("ventilator", units, breakdown=Breakdown(good, repair, "technician")), crew),
            warm_up=3000,
            bin_width=1e9,
            bins=1,
        )
        circles = Model(
            classes=(PatientClass("ventilator", "good", (Closed("ventilators", units, Constant(0.0)),)),),
            steps=(
                Step("good", good, ({"slot": 1},), routing=(Route(1, "repair"),)),
                Step("repair", repair, ({"technician": 1},), routing=(Route(1, "good"),)),
            ),
            resources=(Resource("slot", units), crew),
            warm_up=3000,
            bin_width=1e9,
            bins=1,
        )

        def broken(o: Outcome) -> dict[str, float]:
            available = o.area_of("ventilator", Area.CAPACITY) / o.watched
            return {
                "mean_available": available,
                "mean_down": units - available,
                "repair_wait": o.mean_wait("ventilator: repair"),
                "technician_utilisation": o.mean_in_use("technician") / p["technicians"],
            }

        def circling(o: Outcome) -> dict[str, float]:
            limits = expected["p_available_lt"]
            available = o.mean_in_use("slot")
            return {
                "mean_available": available,
                "mean_down": units - available,
                "repair_wait": o.mean_wait("repair"),
                "technician_utilisation": o.mean_in_use("technician") / p["technicians"],
                **{f"p_available_lt/{n}": o.levels[0, : int(n)].sum() / o.watched for n in limits},
            }

        without = {key: value for key, value in expected.items() if key != "p_available_lt"}
        assert_accepted(estimates(breaks, 200_000, broken), without)
        assert_accepted(estimates(circles, 200_000, circling), expected)


def stroke_unit(m: dict, mult: float = 1.0, drop: tuple[str, ...] = ()) -> Model:
    """A class for each type of patient and destination: they differ in their stay."""
    asu, rehab = m["los_mean_sd_days"]["asu"], m["los_mean_sd_days"]["rehab"]
    classes, stays, onward = {}, {"asu": {}, "rehab": {}}, {}

    def add(unit: str, kind: str, to: str, source: Poisson | None) -> str:
        name, los = f"{unit} {kind}->{to}", asu if unit == "asu" else rehab
        mean, sd = los.get(f"{kind}->{to}") or los[kind]
        classes[name] = PatientClass(name, unit, () if source is None else (source,))
        stays[unit][name] = LogNormal(mean, sd)
        return name

    for unit in ("rehab", "asu"):
        for kind, destinations in m["routing"][unit].items():
            gap = m["mean_interarrival_days"][unit].get(kind)
            for to, share in destinations.items():
                source = None
                if gap is not None and kind not in drop:
                    source = Poisson(f"{unit} {kind} {to}", (mult * share / gap,))
                name = add(unit, kind, to, source)
                if unit == "asu" and to == "rehab":
                    onward[name] = tuple(
                        Route(part, "rehab", f"rehab {kind}->{after}")
                        for after, part in m["routing"]["rehab"][kind].items()
                    )
    others = {"*": (Route(1.0, None),)}
    return Model(
        classes=tuple(classes.values()),
        steps=(
            Step("asu", stays["asu"] | {"*": Constant(0.0)}, ({"asu": 1},), routing=onward | others),
            Step("rehab", stays["rehab"] | {"*": Constant(0.0)}, ({"rehab": 1},)),
        ),
        resources=(Resource("asu", 1000), Resource("rehab", 1000)),
        warm_up=m["run"]["warm_up_days"],
        bin_width=1e9,
        bins=1,
    )


def test_s17_a_stroke_unit_delays_as_often_as_published() -> None:
    case = case_file("s17")
    days = case["model"]["run"]["warm_up_days"] + case["model"]["run"]["collection_days"]
    for one in case["cases"]:
        p, expected = one["params"], one["expected"]
        model = stroke_unit(case["model"], p.get("mult", 1.0), tuple(p.get("drop", ())))

        def measure(o: Outcome) -> dict[str, float]:
            found = {}
            for r, unit in enumerate(("asu", "rehab")):
                levels = o.levels[r]
                found |= {
                    f"{unit}/mean_occupancy": o.mean_in_use(unit),
                    f"{unit}/offered_load": o.mean_in_use(unit),
                }
                for n in map(int, expected[unit]["p_delay"]):
                    found[f"{unit}/p_delay/{n}"] = levels[n] / levels[: n + 1].sum()
            return found

        found = estimates(model, days, measure, replications=150)
        assert_accepted(found, expected, relative=0.0, absolute=0.003)
        table = one["published"]["simul8_2016"]
        for unit in ("asu", "rehab"):
            for n, row in table[unit].items():
                if row["p_delay"] is not None and n in expected[unit]["p_delay"]:
                    assert found[f"{unit}/p_delay/{n}"][0] == pytest.approx(row["p_delay"], abs=0.015)


def treatment_centre(m: dict, more: dict[str, int]) -> Model:
    rates = [rate / 60.0 for rate in m["arrival_rates_per_hour"]]

    def time(name: str) -> Exponential | LogNormal | Normal:
        a = m["activities"][name]
        if a["type"] == "exponential":
            return Exponential(a["mean"])
        if a["type"] == "lognormal":
            return LogNormal(a["mean"], a["variance"] ** 0.5)
        return Normal(a["mean"], a["variance"] ** 0.5, a["minimum"])

    def door(name: str, share: float) -> PatientClass:
        return PatientClass(name, "triage", (Poisson(name, tuple(share * r for r in rates), 60.0),))

    def step(name: str, *routes: Route, **by_class: tuple[Route, ...]) -> Step:
        return Step(name, time(name), ({name: 1},), routing=by_class or routes or (Route(1, None),))

    return Model(
        classes=(door("trauma", m["p_trauma"]), door("other", 1.0 - m["p_trauma"])),
        steps=(
            step("triage", trauma=(Route(1, "trauma"),), other=(Route(1, "registration"),)),
            step("trauma", Route(1, "cubicle_2")),
            step("cubicle_2"),
            step("registration", Route(1, "examination")),
            step("examination", Route(m["p_treat"], "cubicle_1"), Route(1.0 - m["p_treat"], None)),
            step("cubicle_1"),
        ),
        resources=tuple(Resource(n, more.get(n, units)) for n, units in m["capacity"].items()),
        bin_width=60.0,
        bins=24,
    )


def test_s18_a_treatment_centre_waits_as_other_simulators_found() -> None:
    case = case_file("s18")
    m = case["model"]
    steps = ("triage", "registration", "examination", "cubicle_1", "trauma", "cubicle_2")
    for one in case["cases"]:
        model = treatment_centre(m, one["params"]["capacity_change"])

        def measure(o: Outcome) -> dict[str, float]:
            return {
                **{f"{s}_wait": o.mean_wait(s) for s in steps},
                "arrivals": o.patients[..., Patient.ENTERED].sum(),
                "throughput": o.patients[..., Patient.LEFT].sum(),
                "total_time_non_trauma": o.mean_stay("other"),
                "total_time_trauma": o.mean_stay("trauma"),
            }

        found = estimates(model, m["run_minutes"], measure, replications=400)
        wrong = []
        for name, value in one["expected"]["exact_nhpp_400_replications"].items():
            mean, error = found[name]
            if abs(mean - value["mean"]) > 4.0 * math.hypot(error, value["se"]):
                wrong.append(f"{name}: {mean:.4g} +- {error:.2g} instead of {value['mean']:.4g}")
        assert wrong == []
        mean, error = found["arrivals"]
        assert abs(mean - one["expected"]["arrivals_exact"]) <= 4.0 * error
        for name, value in one["published"]["table_3"].items():
            # The table comes from few runs: of cubicle 2 the case's own 400 are as far off.
            if name != "cubicle_2_wait":
                assert found[name][0] == pytest.approx(value, abs=max(0.15 * value, 1.5))


def test_s19_appointments_at_a_fixed_interval_wait_less() -> None:
    for _, p, expected in settings("s19"):
        source = Appointments("book", p["interval"])
        model = Model(
            classes=(PatientClass("p", "care", (source,)),),
            steps=(Step("care", Exponential(p["mean_service"]), ({"clinician": 1},)),),
            resources=(Resource("clinician", p["servers"]),),
            warm_up=1000,
            bin_width=1e9,
            bins=1,
        )
        assert_accepted(estimates(model, 60_000, waits), expected)


def test_s20_beds_kept_for_emergencies_are_kept() -> None:
    for _, p, expected in settings("s20"):
        kinds = ("emergency", "elective")
        model = Model(
            classes=tuple(PatientClass(k, "icu", (Poisson(k, (p[f"rate_{k}"],)),)) for k in kinds),
            steps=(Step("icu", Exponential(p["mean_los"]), ({"bed": 1},), queue_limit=0),),
            resources=(Resource("bed", p["beds"], guard={"elective": p["reserved_for_emergency"]}),),
            warm_up=2000,
            bin_width=1e9,
            bins=1,
        )

        def measure(o: Outcome) -> dict[str, float]:
            lost = {
                f"p_blocked_{k}": o.visits_of("icu", Visit.REFUSED, k) / o.visits_of("icu", Visit.ARRIVED, k)
                for k in kinds
            }
            return lost | {"occupancy": o.mean_in_use("bed") / p["beds"]}

        assert_accepted(estimates(model, 300_000, measure), expected)


def test_the_judgement_refuses_what_is_off() -> None:
    with pytest.raises(AssertionError, match="instead of"):
        assert_accepted({"Wq": (1.1, 0.001)}, {"Wq": 1.0})
    assert_accepted({"Wq": (1.004, 0.0)}, {"Wq": 1.0})


def test_a_replication_that_observes_nothing_is_not_left_out_unseen() -> None:
    with pytest.raises(AssertionError, match="Wq was not observed"):
        estimates(station(0.01, Constant(1.0), 1, warm_up=0), 1.0, lambda o: {"Wq": o.mean_wait("care")})
