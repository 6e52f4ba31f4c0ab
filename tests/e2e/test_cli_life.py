"""A hospital's life from the command line: made, filled, served, stopped, served again."""

import contextlib
import os
import secrets
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cli.sandbox import make_sandbox
from cli.service import Service, start_service
from models.schema import newest_version
from simulations.hospital import generate
from solver.hospital import Hospital
from solver.hospital.formats import read_hospital, write_hospital
from tests.command_line import ALONE, EXAMPLE, PASSWORD, Home

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def roomy_ward() -> Hospital:
    """A synthetic ward of this minute with free beds."""
    return generate("ward", 1, int(time.time()) // 60, occupancy=0.5)


def headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Idempotency-Key": secrets.token_hex(16)}


def log_in(service: Service, login: str) -> str:
    answer = httpx.post(f"{service.url}/api/v1/sessions", json={"login": login, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return answer.json()["token"]


def ask(service: Service, token: str, hospital: Hospital) -> httpx.Response:
    speciality = min(hospital.wards[0].specialities)
    person = {"sex": "female", "born": "1986-01-01"}
    body = {"person": person, "priority": "urgent", "care": {"speciality": speciality}}
    body["duration_minutes"] = 600
    return httpx.post(f"{service.url}/api/v1/requests", json=body, headers=headers(token), timeout=30)


GIVEN = ("id", "bed_id", "units", "lots", "start", "end", "revision", "state")


def given(service: Service, token: str, answer: httpx.Response) -> dict[str, object]:
    """What a request was given, as the service tells it now."""
    found = httpx.get(service.url + answer.headers["Location"], headers=headers(token))
    assert found.status_code == 200, found.text
    return {name: found.json()["allocation"][name] for name in GIVEN}


def test_what_was_given_is_still_given_after_the_service_was_stopped_and_started_again(home: Home) -> None:
    hospital = roomy_ward()
    write_hospital(hospital, home.folder / "ward.json")
    home.found()
    home.done("import", "ward.json")
    home.done("user", "add", "bea", "--role", "bed_manager", say=PASSWORD)
    with home.serve() as service:
        token = log_in(service, "bea")
        answer = ask(service, token, hospital)
        assert answer.status_code == 201, answer.text
        before = given(service, token, answer)
        assert service.stop() == 0
    with home.serve() as service:
        assert given(service, token, answer) == before
    assert home.done("check").endswith("invariants: 0 violations\n")


def test_each_verb_about_a_database_works_in_an_interpreter_that_has_imported_nothing(tmp_path: Path) -> None:
    """What commands that begin with everything imported cannot show: a verb that imports too late or too little."""
    home = Home(tmp_path, cold=True)
    assert "`wardflow init`" in home.refused("serve")
    assert "`wardflow init`" in home.refused("export", "nothing.json")
    home.found()
    home.done("import", EXAMPLE / "csv")
    home.done("user", "add", "bea", "--role", "bed_manager", say=PASSWORD)
    assert "bed_manager@*" in home.done("user", "list")
    assert "exists already" in home.refused("user", "add", "bea", "--role", "nurse", say=PASSWORD)
    assert home.exported() == read_hospital(EXAMPLE / "hospital.json")
    newest = newest_version()
    assert home.done("migrate", "current") == f"{newest} (newest: {newest})\n"
    home.done("database", "copy", home.database, "moved/hospital.db")
    assert home.done("check", "--database", "moved/hospital.db").endswith("invariants: 0 violations\n")


def test_what_was_answered_outlives_a_kill(tmp_path: Path) -> None:
    hospital, now = roomy_ward(), int(time.time()) // 60
    sandbox = make_sandbox(tmp_path / "sandbox", hospital, now)
    token = sandbox.tokens["bed_manager"]
    with start_service(sandbox.database, sandbox.key_file, tmp_path / "run", settings=ALONE) as service:
        answer = ask(service, token, hospital)
        before = given(service, token, answer)
        service.kill()
    with start_service(sandbox.database, sandbox.key_file, tmp_path / "run", settings=ALONE) as service:
        assert given(service, token, answer) == before


def test_a_sandbox_lets_every_role_in_by_token_and_by_password(tmp_path: Path) -> None:
    sandbox = make_sandbox(tmp_path / "sandbox", roomy_ward(), int(time.time()) // 60)
    with start_service(sandbox.database, sandbox.key_file, tmp_path / "run", settings=ALONE) as service:
        assert httpx.get(f"{service.url}/version").json()["sandbox"] is True
        for role in sandbox.tokens:
            rules = httpx.get(f"{service.url}/api/v1/rules", headers=sandbox.headers(role))
            assert rules.status_code == 200, role
        body = {"login": sandbox.administrator, "password": sandbox.password}
        opened = httpx.post(f"{service.url}/api/v1/sessions", json=body)
        assert opened.json()["roles"] == [{"role": "administrator", "scope": "*"}]


def test_while_the_service_runs_nobody_else_opens_its_hospital(home: Home) -> None:
    home.found()
    with home.serve(**ALONE) as service:
        assert str(service.process.pid) in home.refused("user", "list")
    assert "administrator" in home.done("user", "list")


def test_a_disabled_account_is_shut_out_with_its_tokens_until_it_is_let_in_again(home: Home) -> None:
    home.found()
    home.done("user", "add", "nora", "--role", "nurse", say=PASSWORD)
    with home.serve(**ALONE) as service:
        token = log_in(service, "nora")
    home.done("user", "disable", "nora")
    assert "nora\tnurse@*\tdisabled" in home.done("user", "list")
    with home.serve(**ALONE) as service:
        assert httpx.get(f"{service.url}/api/v1/rules", headers=headers(token)).status_code == 401
    home.done("user", "enable", "nora")
    home.done("user", "password", "nora", say="an entirely new password\n")
    with home.serve(**ALONE) as service:
        body = {"login": "nora", "password": "an entirely new password"}
        assert httpx.post(f"{service.url}/api/v1/sessions", json=body).status_code == 201
        assert httpx.get(f"{service.url}/api/v1/rules", headers=headers(token)).status_code == 401


@contextlib.contextmanager
def demo_served(home: Home, port_file: Path) -> Iterator[str]:
    """The address of ``wardflow serve --demo`` over a small hospital, once it is ready."""
    words = ["serve", "--demo", "--size", "ward", "--port", "0", "--port-file", str(port_file)]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", *words], env=home.environment, stdout=subprocess.DEVNULL
    )
    try:
        for _ in range(1200):
            with contextlib.suppress(FileNotFoundError, httpx.TransportError):
                url = f"http://127.0.0.1:{int(port_file.read_text())}"
                if httpx.get(f"{url}/readyz").status_code == 200:
                    break
            assert process.poll() is None
            time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        assert process.wait(20) == 0


def test_the_demo_hospital_is_a_new_sandbox_each_time_and_its_password_opens_it(home: Home) -> None:
    for number in range(2):
        with demo_served(home, home.folder / f"port{number}") as url:
            newest = max((home.database.parent / "sandboxes").iterdir(), key=lambda f: f.stat().st_mtime_ns)
            password_file = newest / "keys" / "password"
            assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
            body = {"login": "bed_manager", "password": password_file.read_text().strip()}
            assert httpx.post(f"{url}/api/v1/sessions", json=body).json()["sandbox"] is True
    assert len(list((home.database.parent / "sandboxes").iterdir())) == 2


def test_an_interrupt_at_the_terminal_ends_the_service_and_what_it_started_without_a_word(home: Home) -> None:
    """Ctrl-C goes to the whole group: the solver's processes, just being started, were to import and complained."""
    home.found()
    port_file = home.folder / "port"
    words = ("serve", "--port", "0", "--port-file", str(port_file))
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", *words],
        cwd=home.folder,
        env=home.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as serving:
        wait_until_ready(port_file)
        time.sleep(0.5)
        os.killpg(serving.pid, signal.SIGINT)
        _, complaints = serving.communicate(timeout=30)
    assert (serving.returncode, complaints) == (0, "")


def wait_until_ready(port_file: Path) -> None:
    for _ in range(600):
        with contextlib.suppress(httpx.TransportError, FileNotFoundError):
            port = int(port_file.read_text())
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError("The service did not get ready.")
