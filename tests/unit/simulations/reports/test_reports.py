"""Reports explain themselves, repeat byte for byte, and ask nothing of anybody else."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from simulations.experiments.comparing import Compared, compare
from simulations.experiments.replications import Plan, Replicated, experiment
from simulations.reports.page import page
from simulations.reports.plots import svg, warm_up_plot
from simulations.reports.tables import summary, tables_of, tidy, write_csv, write_parquet
from simulations.scenarios.build import load

TEXT = """\
name: <Two> wards & more
description: A queue.
run: {start: 2026-01-05, length: 60 d, warm_up: auto, replications: 4}
demand: {classes: {ill: {pathway: stay, arrivals: {random: {per_day: 4}}}}}
pathways: {stay: {steps: {ward: {bed: ward, takes: {exponential: 8 h}, room_for: 3}}}}
resources: {ward: {beds: 2}}
"""


@pytest.fixture(scope="module")
def replicated(tmp_path_factory: pytest.TempPathFactory) -> list[Replicated]:
    path = tmp_path_factory.mktemp("scenario") / "s.yaml"
    path.write_text(TEXT)
    more = load(path, [("resources.ward.beds", "+2")]).renamed("More")
    return experiment([load(path), more], Plan(seed=5))


@pytest.fixture(scope="module")
def compared(replicated: list[Replicated]) -> list[Compared]:
    return compare(replicated)


@pytest.fixture(scope="module")
def text(replicated: list[Replicated], compared: list[Compared]) -> str:
    return page(replicated, compared, "wardflow simulate compare a b --seed 5")


def test_a_page_holds_command_scenario_seed_versions_and_verdicts(
    text: str, compared: list[Compared]
) -> None:
    for part in ("wardflow simulate compare a b --seed 5", "Seed 5;", "numpy ", "per_day: 4"):
        assert part in text
    for each in compared:
        assert escape(each.line) in text
    assert text.count("<svg") >= 5


def test_a_page_is_one_file_that_runs_nothing_and_fetches_nothing(text: str) -> None:
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#)', text) == []
    assert "<Two>" not in text


def test_the_same_experiment_gives_the_same_page(
    text: str, replicated: list[Replicated], compared: list[Compared]
) -> None:
    assert page(replicated, compared, "wardflow simulate compare a b --seed 5") == text


def test_a_plot_is_an_svg_without_date(replicated: list[Replicated]) -> None:
    text = warm_up_plot(replicated[0])
    assert ElementTree.fromstring(text).tag.endswith("svg")
    assert "date" not in text.lower()


def test_tables_are_tidy_and_read_back_as_they_were(
    replicated: list[Replicated], compared: list[Compared], tmp_path: Path
) -> None:
    frames = tables_of(replicated, compared)
    assert set(frames) == {"replications", "summary", "comparison"}
    for name, frame in frames.items():
        write_parquet(frame, tmp_path / f"{name}.parquet")
        write_csv(frame, tmp_path / f"{name}.csv")
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / f"{name}.parquet"), frame)
        assert len(pd.read_csv(tmp_path / f"{name}.csv")) == len(frame)


def test_the_summary_is_the_mean_of_the_replications(replicated: list[Replicated]) -> None:
    numbers = tidy(replicated)
    by = ["scenario", "measure", "place", "patient_class", "hour"]
    means = numbers.groupby(by, dropna=False)["value"].mean()
    found = summary(replicated).set_index(by)["mean"]
    pd.testing.assert_series_equal(found.sort_index(), means.sort_index(), check_names=False)


def test_a_name_with_dollars_is_a_name_and_no_formula() -> None:
    """`$\\frac$` in a name ended in a traceback when the plot was written."""
    text = svg(lambda axes: axes.set(xlabel=r"beds at $\frac$ each"))
    assert r"beds at $\frac$ each" in text
