"""A worker that does squares for whoever asks for an experiment: ``python -m tests.job_worker DATABASE KEY_FILE``, with
``WARDFLOW_*`` as the real one."""

from __future__ import annotations

import sys
from pathlib import Path

from api.jobs.catalogue import EXPERIMENT
from api.settings import Settings
from cli.worker import work
from models.place import place_of
from tests.job_kinds import Squares

if __name__ == "__main__":
    database, key_file = sys.argv[1:]
    work(Settings(database=place_of(database), key_file=Path(key_file)), {EXPERIMENT: Squares()})
