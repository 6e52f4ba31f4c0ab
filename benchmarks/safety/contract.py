"""Does the service keep what its OpenAPI document says? Made-up calls under every role, and raw odd ones.

``python -m benchmarks.safety.contract --rounds N [--seed S] [--database sqlite|postgresql]``: each round is a new
hospital, some 3,500 calls. A finding says what broke, in which call.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson
import requests
from schemathesis import Case, GenerationMode, Response

from api.examples import EXAMPLES
from api.security.permissions import Role
from benchmarks.record import append, recorded, revision
from benchmarks.safety.contract_calls import complete, copied, covering, fuzzed, operations, schema_of
from benchmarks.safety.contract_judge import Finding, broken_checks, broken_errors, texts, told
from benchmarks.safety.contract_oddities import Oddity, Sound, odd_addresses, oddities, send
from benchmarks.safety.contract_pool import Pool
from benchmarks.safety.contract_served import EVERY_ROLE, PASSWORD, Served, contract_served
from models.place import Place

LOG_OUT: Final = "DELETE /api/v1/sessions/current"
ALLOWED_CALLS: Final = 6
"""Calls of each kind (valid, invalid) for an operation that a role may use."""
DENIED_CALLS: Final = 1
BORDER_CALLS: Final = 12
Draws = dict[tuple[str, GenerationMode], list[tuple[Case, int]]]
RESULTS: Final = Path(__file__).parents[1] / "results" / "contract.jsonl"


@dataclass
class Contract:
    """Calls against one served hospital, counted by role and status, with everything that was found."""

    served: Served
    pool: Pool
    seed: int
    calls: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    findings: dict[tuple[str, str, int], Finding] = field(default_factory=dict)
    draws: Draws = field(default_factory=dict)
    """What was drawn already, by kind; another hospital with the same document and seed may be lent it: drawing is most
    of what a round costs."""

    def __post_init__(self) -> None:
        self.schema = schema_of(self.served.document)
        self._line = requests.Session()
        self._document = orjson.dumps(self.served.document).decode()
        self._number = 0

    # --- calls made up from the document ------------------------------------------------------------------------
    def fuzz(self, role: str, allowed: int = ALLOWED_CALLS, denied: int = DENIED_CALLS) -> None:
        """Valid and invalid calls of every operation under one role; fewer where it may do nothing."""
        for operation in operations(self.schema):
            roles = operation.definition.raw.get("x-roles")
            may = roles is None or role == EVERY_ROLE or role in roles
            self._give_it_something(operation.path)
            for mode in GenerationMode:
                count = allowed if may else denied
                self._send_all(self._drawn(operation, mode, count), role)

    def _drawn(self, operation: Any, mode: GenerationMode, count: int) -> Iterator[tuple[Case, int]]:
        """Calls of the kind; every role gets the same from one seed, so they are drawn once and copied. Who may do
        nothing gets the first of them."""
        kind, most = (operation.label, mode), max(count, ALLOWED_CALLS)
        if kind not in self.draws:
            self.draws[kind] = fuzzed(operation, mode, most, self.seed)
        return ((copied(case), planting) for case, planting in self.draws[kind][:count])

    def cover(self, role: str, most: int) -> None:
        """The border cases of every operation, at most so many of each, spread evenly."""
        for operation in operations(self.schema):
            cases = covering(self.schema, operation)
            self._send_all(cases[:: max(1, len(cases) // most)][:most], role)

    def _give_it_something(self, path: str) -> None:
        """A new request, if the calls to come are about one: earlier ones may be over by now."""
        if "{allocation_id}" in path or "{request_id}" in path:
            self._number += 1
            key = f"contract-{self.seed}-{self._number}"
            headers = {"Authorization": f"Bearer {self.served.tokens[EVERY_ROLE]}", "Idempotency-Key": key}
            body = self.pool.planted(EXAMPLES["POST /api/v1/requests"]["plain"], random.Random(key))
            told = self._line.post(
                f"{self.served.url}/api/v1/requests", json=body, headers=headers, timeout=30
            )
            self.pool.heard(told.json())

    def _send_all(self, cases: Iterable[tuple[Case, int]], role: str) -> None:
        for case, planting in cases:
            self._number += 1
            draw = random.Random(planting)
            complete(case, self.pool, draw, f"contract-{self.seed}-{self._number}")
            self._send(case, role)

    def _send(self, case: Case, role: str) -> None:
        token = self._fresh_token(role) if case.operation.label == LOG_OUT else self.served.tokens[role]
        call = f"{case.method} {case.formatted_path} {case.query} {case.headers} {str(case.body)[:300]}"
        try:
            headers = {"Authorization": f"Bearer {token}"}
            answer = case.call(self.served.url, self._line, headers=headers, timeout=30)
        except requests.RequestException as error:
            self._note("NoAnswer", type(error).__name__, case.operation.label, role, 0, call)
            return
        self._count(role, answer.status_code)
        self._judge(case, answer, role, call)
        if answer.status_code < 300:
            self.pool.heard(_json(answer))

    def _judge(self, case: Case, answer: Response, role: str, call: str) -> None:
        sent = list(texts([case.path_parameters, case.query, list((case.headers or {}).values()), case.body]))
        found = [*broken_checks(case, answer), *broken_errors(told(answer), sent, self._public())]
        for check, message in found:
            self._note(check, message, case.operation.label, role, answer.status_code, call)

    # --- raw calls ------------------------------------------------------------------------------------------------
    def odd(self, role: str = EVERY_ROLE) -> None:
        """Every odd call of every operation."""
        for template, methods in self.served.document["paths"].items():
            for method, operation in methods.items():
                label = f"{method.upper()} {template}"
                token = self._fresh_token(role) if label == LOG_OUT else self.served.tokens[role]
                sound = self._sound(method, template, operation, token)
                for odd in self._oddities(sound, template, frozenset(map(str.upper, methods))):
                    self._send_odd(odd, label, operation, role)

    def _oddities(self, sound: Sound, template: str, methods: frozenset[str]) -> Iterator[Oddity]:
        self._number += 1
        yield from oddities(sound, methods, f"oddity-{self.seed}-{self._number}")
        if "{" in template:
            yield from odd_addresses(sound, template, f"oddity-{self.seed}-{self._number}-id")

    def _sound(self, method: str, template: str, operation: dict[str, Any], token: str) -> Sound:
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        examples = list(content.get("examples", {}).values())
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        draw = random.Random(self.seed)
        ids = {n: self.pool.value(n, draw) or "none" for n in names if f"{{{n}}}" in template}
        return Sound(
            method.upper(),
            template.format(**ids),
            examples[0]["value"] if examples else None,
            "Idempotency-Key" in names,
            "If-Match" in names,
            token if "security" in operation else None,
        )

    def _send_odd(self, odd: Oddity, label: str, operation: dict[str, Any], role: str) -> None:
        try:
            answer = send(self.served.url, odd)
        except OSError as error:
            self._note("NoAnswer", type(error).__name__, label, role, 0, odd.what)
            return
        self._count("odd", answer.status)
        call = f"{odd.what}: {odd.method} {odd.target[:80]}"
        if answer.status not in odd.expected:
            wanted = ", ".join(map(str, sorted(odd.expected)))
            self._note(f"Odd: {odd.what}", f"expected {wanted}", label, role, answer.status, call)
        if answer.status != 405 and str(answer.status) not in operation["responses"]:
            self._note("UndefinedStatusCode", "not documented", label, role, answer.status, call)
        sent = [*texts(odd.body), *texts(odd.target), *texts([value for _, value in odd.headers])]
        if odd.method != "HEAD":
            for check, message in broken_errors(answer, [*sent, "Zq7marked"], self._public()):
                self._note(check, message, label, role, answer.status, call)

    # --- books ------------------------------------------------------------------------------------------------------
    def _fresh_token(self, role: str) -> str:
        body = {"login": role, "password": PASSWORD}
        answer = self._line.post(f"{self.served.url}/api/v1/sessions", json=body, timeout=30)
        return str(answer.json()["token"])

    def _public(self) -> str:
        return self._document + " ".join(self.pool.known())

    def _count(self, role: str, status: int) -> None:
        self.calls[role] += 1
        self.statuses[status] += 1

    def _note(self, check: str, message: str, operation: str, role: str, status: int, call: str) -> None:
        finding = Finding(check, operation, role, status, message, call)
        self.findings.setdefault(finding.kind, finding)


def _json(answer: Response) -> Any:
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def round_of(folder: Path, seed: int, database: str, place: Place | None) -> dict[str, object]:
    """One round as a result line."""
    with contract_served(folder, seed, place) as (service, pool):
        contract = Contract(service, pool, seed)
        contract.fuzz(EVERY_ROLE)
        contract.cover(EVERY_ROLE, BORDER_CALLS)
        for role in Role:
            contract.fuzz(role.value)
        contract.odd()
        return {
            "campaign": "contract",
            "database": database,
            "seed": seed,
            "calls": contract.calls.total(),
            "statuses": {str(status): n for status, n in sorted(contract.statuses.items())},
            "findings": [asdict(finding) for finding in contract.findings.values()],
            "violations": len(service.violations()),
        }


def main() -> None:
    """The command; exits 1 if anything was found."""
    options = argparse.ArgumentParser(prog="python -m benchmarks.safety.contract", description=__doc__)
    options.add_argument("--rounds", type=int, default=1)
    options.add_argument("--seed", type=int, default=1, help="of the first round; each further one adds 1")
    options.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    options.add_argument("--fresh", action="store_true", help="count no rounds of earlier calls")
    chosen = options.parse_args()
    done = _done(chosen.database) if not chosen.fresh else set()
    found = 0
    for seed in range(chosen.seed, chosen.seed + chosen.rounds):
        if seed not in done:
            line = append(RESULTS, _stored_round(seed, chosen.database))
            print(json.dumps(line), flush=True)
            found += len(line["findings"]) + line["violations"]
    raise SystemExit(1 if found else 0)


def _done(database: str) -> set[int]:
    """Seeds of this revision that the file holds."""
    now = revision()
    return {r["seed"] for r in recorded(RESULTS) if (r["revision"], r["database"]) == (now, database)}


def _stored_round(seed: int, database: str) -> dict[str, object]:
    from tests.postgresql_server import running_server

    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgresql = database == "postgresql"
        place = stack.enter_context(running_server()).create() if postgresql else None
        return round_of(folder, seed, database, place)


if __name__ == "__main__":
    main()
