"""Logs of admissions, transfers and discharges whose truth is known: simulated, and written as hospitals write them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from simulations.engine.run import simulate
from simulations.reports.tables import event_log, write_csv
from simulations.scenarios.build import Built, load

SECRET = "NHS-{}-Okonkwo"
"""What links the rows of a patient in these logs; it may appear nowhere else."""
HOSPITAL = """\
name: Truth
run: {start: 2026-01-05, length: 120 d, warm_up: 0 h}
demand:
  classes:
    emergency:
      pathway: emergency
      arrivals:
        random: {per_day: 10, by_hour: [1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 6, 5, 5, 4, 4, 4, 4, 3, 3, 2, 2, 1, 1]}
    elective: {pathway: elective, arrivals: {random: {per_day: 3}}}
pathways:
  emergency:
    steps:
      triage:
        bed: triage
        takes: {gamma: {mean: 3 h, sd: 2 h}}
        next: {icu: 0.1, ward: 0.5, leave: 0.4}
      icu:
        bed: icu
        takes: {lognormal: {mean: 3 d, sd: 3 d}}
        next: {ward: 0.8, leave: 0.2}
        give_back: when the next step starts
      ward:
        bed: ward
        takes: {lognormal: {mean: 4 d, sd: 3 d}}
  elective:
    steps:
      ward:
        bed: ward
        takes: {weibull: {shape: 2, scale: 3 d}}
resources:
  triage: {beds: 3}
  icu: {beds: 4}
  ward: {beds: 36}
"""


def built(folder: Path, text: str = HOSPITAL, *settings: tuple[str, str]) -> Built:
    path = folder / "truth.yaml"
    path.write_text(text)
    return load(path, settings)


def log_of(truth: Built, seed: int = 1) -> pd.DataFrame:
    """The event log of one replication, as `simulate run --event-log` writes it."""
    outcome = simulate(truth.model, seed=seed, horizon=truth.scenario.run.length, log=True)
    return event_log(outcome, truth)


def written(frame: pd.DataFrame, path: Path) -> Path:
    write_csv(frame, path)
    return path


def as_transfers(log: pd.DataFrame) -> pd.DataFrame:
    """The same with one row an event, in the words of an admission system: nobody says when a bed could be left."""
    words = {
        "joined": "bed requested",
        "started": "admitted",
        "left": "discharged",
        "refused": "refused",
        "reneged": "gave up",
    }
    kept = log[log["event"].isin(words)].copy()
    numbers = {who: n for n, who in enumerate(sorted(set(zip(kept["source"], kept["number"], strict=True))))}
    who = [SECRET.format(numbers[each]) for each in zip(kept["source"], kept["number"], strict=True)]
    ward = [step.rpartition("/")[2].removesuffix(" (transfer)") for step in kept["step"]]
    return pd.DataFrame(
        {
            "episode_id": who,
            "timestamp": [f"{time:%d/%m/%Y %H:%M:%S}" for time in kept["time"]],
            "activity": kept["event"].map(words).to_numpy(),
            "unit": ward,
            "specialty": kept["patient_class"].to_numpy(),
        }
    )


def as_stays(log: pd.DataFrame) -> pd.DataFrame:
    """The same with one row a stay; who still lies there has no end."""
    rows = []
    for _, events in as_transfers(log).groupby("episode_id", sort=True):
        open_: dict[str, str] | None = None
        for event in events.itertuples(index=False):
            if event.activity == "bed requested":
                asked = event.timestamp
                if open_ is not None:
                    open_["wants"] = asked
            if event.activity in {"admitted", "discharged"} and open_ is not None:
                open_["end"] = event.timestamp
                open_ = None
            if event.activity == "admitted":
                open_ = {
                    "Patient ID": event.episode_id,
                    "Ward": event.unit,
                    "Class": event.specialty,
                    "Requested": asked,
                    "Start": event.timestamp,
                    "end": "",
                }
                rows.append(open_)
    return pd.DataFrame(rows).drop(columns="wants", errors="ignore").rename(columns={"end": "End"})
