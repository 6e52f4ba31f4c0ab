"""What the service is measured beside, served exactly as `wardflow serve` serves it: the same function, one worker,
the same settings of uvicorn.

Run by its two names, `python -m benchmarks.service.hello serve` and `python -m benchmarks.service.naive serve`, each of
which takes the options of `wardflow serve` that :func:`cli.service.start_service` gives.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp

from cli.serve import serve_app


def serve(make: Callable[[], ASGIApp]) -> None:
    """Serve what ``make`` makes, as the command line says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("verb", choices=["serve"])
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--port-file", type=Path, required=True)
    parser.add_argument("--key-file", help="not needed")
    asked = parser.parse_args()
    serve_app(make(), asked.host, asked.port, asked.port_file, print)
