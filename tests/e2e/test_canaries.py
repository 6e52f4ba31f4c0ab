"""Canaries in every personal field and secret: what identifies somebody or opens something is seen nowhere in clear."""

import base64
import contextlib
import json
from pathlib import Path

import httpx
import pytest

from api.clocks import machine_clock
from api.founding import FirstAccount, Founding, found_hospital
from api.security.permissions import Grant, Role
from cli.service import start_service
from models.clock import Instant
from models.database import open_database
from models.keys import read_key_file
from tests.access_hospital import access_hospital
from tests.canaries import (
    HARMLESS,
    IDENTITY,
    KEPT_IN_CLEAR,
    PLANTED,
    SECRETS,
    SOUGHT,
    in_files,
    in_tables,
    sightings,
    text_fields,
)
from tests.canary_tour import Tour
from tests.postgresql_server import running_server

DATABASE_PASSWORD = "zqw-canary-database-password"
FOUNDERS_PASSWORD = "zqx canary password of the founder"
SETTINGS = {
    "tick_seconds": 0,
    "solver_process": False,
    "event_stream_seconds": 0.5,
    "event_poll_seconds": 0.05,
    # A webhook of the tour is really called, where nobody listens.
    "webhook_networks": '["127.0.0.0/8"]',
}
AT_DEBUG = """
import logging
logging.basicConfig(level=logging.DEBUG)
"""
LOGS_BODIES = """
import logging
from api.wire import JsonBody
parse = JsonBody.parse
def talkative(self, raw):
    logging.getLogger("api.wire").debug("A body came: %s", raw)
    return parse(self, raw)
JsonBody.parse = talkative
"""


def test_every_text_field_of_every_schema_has_a_canary_or_a_reason_why_not():
    assert text_fields() == set(PLANTED) | set(HARMLESS)


class Lived:
    """A service that went through the tour and was stopped, and everything it left."""

    def __init__(self, folder, database, tour, heard):
        self.folder, self.tour, self.heard = folder, tour, heard
        self.keys = read_key_file(folder / "keys" / "wardflow.keys")
        with open_database(database, self.keys.database, readers=1) as opened, opened.reading() as connection:
            self.columns = in_tables(connection, SOUGHT)
            self.secret_columns = in_tables(connection, self.secrets())

    def secrets(self):
        """Passwords, tokens, keys, in each way they are written."""
        rings = (self.keys.database, self.keys.master, self.keys.index)
        keys = [key.secret for ring in rings for key in ring.by_id.values()]
        told = {f"key {n} in hex": key.hex() for n, key in enumerate(keys)}
        told |= {f"key {n} in base64": base64.b64encode(key).decode() for n, key in enumerate(keys)}
        told |= {"the database's": DATABASE_PASSWORD, "the founder's": FOUNDERS_PASSWORD}
        told |= {name: PLANTED[name] for name in SECRETS}
        told |= {f"secret {n} of a webhook": secret for n, secret in enumerate(self.tour.secrets)}
        opened = [a.json()["token"] for a in self.tour.answers if a.request.url.path.endswith("/sessions")]
        return told | {f"token {n}": token for n, token in enumerate([self.tour.token, *opened])}

    def seen(self, canaries):
        """Where canaries are seen outside of the database's own tables: files, logs, metrics, refusals."""
        found = [s for name in ("data", "run") for s in in_files(self.folder / name, canaries)]
        for where, content in self.heard.items():
            found += sightings(where, content, canaries)
        for answer in self.tour.errors:
            found += sightings(
                f"{answer.request.method} answered {answer.status_code}", answer.content, canaries
            )
        return found

    def told(self, canaries):
        """Where canaries are seen in answers that are no refusals."""
        return [s for a in self.tour.answers for s in sightings(a.request.url.path, a.content, canaries)]


@contextlib.contextmanager
def touring(folder, database, monkeypatch, wrapper=AT_DEBUG):
    """Found a hospital, serve it by the real command, go on the tour; the service runs until the end."""
    (folder / "site").mkdir(parents=True)
    (folder / "site" / "sitecustomize.py").write_text(AT_DEBUG + wrapper)
    monkeypatch.setenv("PYTHONPATH", str(folder / "site"))
    now = machine_clock().minute
    founder = FirstAccount("founder", FOUNDERS_PASSWORD, tuple(Grant(role) for role in Role), token=True)
    founding = Founding("Canaries", "UTC", True, (founder,), access_hospital(now))
    key_file = folder / "keys" / "wardflow.keys"
    token = found_hospital(database, key_file, founding, Instant.of_minute(now))["founder"]
    with start_service(database, key_file, folder / "run", settings=SETTINGS) as service:
        with httpx.Client(base_url=service.url, timeout=60) as client:
            tour = Tour(client, token)
            tour.all()
            heard = {
                "metrics": client.get("/metrics").content,
                "events": tour.call("GET", "/events?after=0").content,
                "command line": Path(f"/proc/{service.process.pid}/cmdline").read_bytes(),
            }
            # The log that SQLite writes ahead is folded into the file when the service stops.
            for path in sorted((folder / "data").glob("*")):
                heard[f"{path.name} while it runs"] = path.read_bytes()
        yield tour, heard


def lived(folder, database, monkeypatch, wrapper=""):
    """What is left of a service that went on the tour."""
    with touring(folder, database, monkeypatch, wrapper) as (tour, heard):
        pass
    return Lived(folder, database, tour, heard)


@pytest.fixture(scope="module")
def patching():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def left(request, tmp_path_factory, patching):
    """On PostgreSQL the server logs what it refuses, with the statement."""
    folder = tmp_path_factory.mktemp("canaries")
    if request.param == "sqlite":
        yield lived(folder, folder / "data" / "hospital.db", patching)
        return
    told = {"log_min_messages": "info", "log_min_error_statement": "info", "log_connections": "on"}
    with running_server(**told) as server:
        database = server.create().set(password=DATABASE_PASSWORD)
        found = lived(folder, database, patching)
        found.heard["the log of PostgreSQL"] = (server.folder / "log").read_bytes()
        yield found


@pytest.mark.slow
def test_every_canary_was_sent_and_the_service_spoke_at_debug(left):
    sent = b"\n".join(left.tour.sent)
    assert [field for field in PLANTED if not sightings("sent", sent, {field: PLANTED[field]})] == []
    assert b"DEBUG" in (left.folder / "run" / "service.log").read_bytes()
    assert len(left.tour.errors) > 100
    assert {answer.status_code for answer in left.tour.errors} <= {400, 401, 403, 404, 409, 422, 429}


@pytest.mark.slow
def test_no_personal_value_is_seen_in_a_log_a_refusal_a_metric_or_a_file(left):
    events = left.heard["events"]
    assert left.seen(SOUGHT) == []
    assert b"id: " in events, "events were told"


@pytest.mark.slow
def test_no_secret_is_seen_anywhere_at_all(left):
    secrets = left.secrets()
    assert left.seen(secrets) == []
    assert left.secret_columns == {}
    shown_once = {s.where for s in left.told(secrets)}
    assert {where.partition("/whk_")[0] for where in shown_once} <= {"/api/v1/sessions", "/api/v1/webhooks"}


@pytest.mark.slow
def test_what_identifies_somebody_is_in_no_answer_and_no_column(left):
    assert left.told({name: PLANTED[name] for name in IDENTITY}) == []
    assert left.columns.keys() & IDENTITY == set()


@pytest.mark.slow
def test_columns_hold_in_clear_what_the_table_names_and_nothing_else(left):
    assert left.columns == {field: set(columns) for field, columns in KEPT_IN_CLEAR.items()}


@pytest.mark.slow
def test_a_service_that_logs_what_it_is_sent_is_found_out(tmp_path, monkeypatch):
    left = lived(tmp_path, tmp_path / "data" / "hospital.db", monkeypatch, LOGS_BODIES)
    seen = left.seen(PLANTED)
    assert {s.where for s in seen} == {"service.log"}
    assert {s.field for s in seen} >= set(PLANTED) - {"LoginIn.label"}


def test_a_canary_is_found_however_it_is_dressed(tmp_path):
    value = PLANTED["IdentityIn.notes"]
    for number, dressed in enumerate(
        (
            value.encode(),
            json.dumps({"notes": value}).encode(),
            value.encode("utf-16"),
            value.encode().hex().encode(),
            *(base64.b64encode(b"x" * skip + value.encode() + b"end") for skip in range(3)),
        )
    ):
        (tmp_path / f"{number}").write_bytes(b"before " + dressed + b" after")
    found = in_files(tmp_path, {"notes": value})
    assert sorted(s.where for s in found) == [str(n) for n in range(7)]
    (tmp_path / f"0-{value.splitlines()[0]}").touch()
    assert in_files(tmp_path, {"name": value.splitlines()[0]})
