"""Calls made up by schemathesis, completed with what the hospital really holds, and sent under one role."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.core.parameters import ParameterLocation

from api.examples import EXAMPLES
from benchmarks.safety.contract_pool import PLANTED, Pool

SETTINGS: Final[Mapping[str, Any]] = {
    "database": None,
    "deadline": None,
    # No shrinking: a call that breaks a promise is noted, and the next one made.
    "phases": [Phase.generate],
    "suppress_health_check": list(HealthCheck),
}


SHOWN: Final = 0.5
"""Share of valid bodies that are one of the document's examples: what the rules of a hospital allow is rarely drawn."""


def schema_of(document: Any) -> Any:
    """The document as schemathesis reads it; tokens are ours to send."""
    schema = schemathesis.openapi.from_dict(document)
    schema.config.generation.update(with_security_parameters=False)
    # RFC 6585: what a change without If-Match is answered with.
    schema.config.checks.missing_required_header.expected_statuses = ["400", "422", "428"]
    return schema


def operations(schema: Any) -> Iterator[Any]:
    """Every operation of the document."""
    for found in schema.get_all_operations():
        yield found.ok()


def fuzzed(operation: Any, mode: GenerationMode, count: int, seed: int) -> list[tuple[Case, int]]:
    """At most ``count`` calls of an operation, each with a seed for what is planted in it.

    Drawn before the first is sent, so that answers do not change what is drawn. Fewer, or none, where the operation
    has not so many different calls (nothing about ``/healthz`` can be invalid).
    """
    drawn: list[tuple[Case, int]] = []

    @seeded(seed)
    @settings(max_examples=count, **SETTINGS)
    @given(case=operation.as_strategy(generation_mode=mode), planting=st.integers(0, 2**32))
    def draw(case: Case, planting: int) -> None:
        drawn.append((case, planting))

    try:
        draw()
    except Unsatisfiable:
        return []
    return drawn[:count]


def copied(case: Case) -> Case:
    """A call that can be completed while the one it was copied from stays as it was drawn."""
    return Case(
        case.operation,
        case.method,
        case.path,
        path_parameters=copy.deepcopy(case.path_parameters),
        headers=case.headers.copy(),
        cookies=copy.deepcopy(case.cookies),
        query=copy.deepcopy(case.query),
        body=case.body,
        media_type=case.media_type,
        multipart_content_types=case.multipart_content_types,
        meta=copy.deepcopy(case.meta),
    )


def covering(schema: Any, operation: Any) -> list[tuple[Case, int]]:
    """The border cases of an operation: each bound from either side, missing and doubled parameters, other
    methods."""
    modes = list(GenerationMode)
    config = schema.config.generation_for(operation=operation)
    cases = schema.iter_coverage_cases(operation, generation_modes=modes, generation_config=config)
    return [(case, number) for number, case in enumerate(cases)]


def complete(case: Case, pool: Pool, draw: random.Random, key: str) -> None:
    """Plant real ids and times in most places, a key of its own, and the right revision; what is invalid on purpose
    stays."""
    wrong = case.meta.is_negative_at if case.meta is not None else lambda _: False
    if not wrong(ParameterLocation.PATH) and case.path_parameters:
        real = {n: draw.random() < PLANTED and pool.value(n, draw) for n in case.path_parameters}
        case.path_parameters = {n: real[n] or value for n, value in case.path_parameters.items()}
    if not wrong(ParameterLocation.HEADER) and case.headers:
        case.headers.update(_headers(case, pool, draw, key))
    if not wrong(ParameterLocation.QUERY) and case.query:
        case.query = pool.planted(case.query, draw)
    if not wrong(ParameterLocation.BODY) and isinstance(case.body, dict):
        examples = list(EXAMPLES.get(case.operation.label, {}).values())
        shown = bool(examples) and draw.random() < SHOWN
        case.body = pool.planted(draw.choice(examples) if shown else case.body, draw)


def _headers(case: Case, pool: Pool, draw: random.Random, key: str) -> dict[str, str]:
    more: dict[str, str] = {}
    if "Idempotency-Key" in case.headers and draw.random() < 0.9:
        more["Idempotency-Key"] = key
    revision = pool.revision(str((case.path_parameters or {}).get("allocation_id", "")))
    if "If-Match" in case.headers and revision is not None and draw.random() < 0.8:
        more["If-Match"] = f'"{revision}"'
    return more
