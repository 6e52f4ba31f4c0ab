"""What the command line refuses, in plain words that name the remedy, touching nothing."""

import os
import pty
import select
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command_line import FOUND, PASSWORD, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A hospital that `wardflow init` has just made; tests take copies."""
    return Home(tmp_path_factory.mktemp("founded")).found()


@pytest.fixture
def founded(made: Home, tmp_path: Path) -> Home:
    return made.copied(tmp_path)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_makes_key_and_data_for_the_owner_alone_and_apart_from_each_other(home: Home) -> None:
    home.found()
    assert mode(home.key_file) == 0o600
    assert [mode(home.database.parent), mode(home.database)] == [0o700, 0o600]
    assert not home.key_file.is_relative_to(home.database.parent)
    assert b"SQLite format" not in home.database.read_bytes()[:16]
    assert PASSWORD.encode() not in home.database.read_bytes()


def test_serve_without_a_key_file_names_init(home: Home) -> None:
    assert "`wardflow init`" in home.refused("serve")


def test_serve_without_its_database_names_init(founded: Home) -> None:
    assert "`wardflow init`" in founded.refused("serve", "--database", "elsewhere/hospital.db")


def test_serve_without_an_administrator_names_user_add(home: Home) -> None:
    from api.founding import Founding, found_hospital
    from models.clock import Instant

    founding = Founding("Nobody's", "UTC", False, ())
    found_hospital(home.database, home.key_file, founding, Instant.of_minute(30_000_000))
    assert "`wardflow user add LOGIN --role administrator`" in home.refused("serve")
    home.done("user", "add", "ada", "--role", "administrator", say=PASSWORD)
    assert "ada\tadministrator@*\tenabled" in home.done("user", "list")


def test_init_never_touches_what_is_there(founded: Home) -> None:
    before = founded.key_file.read_bytes(), founded.database.read_bytes()
    assert str(founded.key_file) in founded.refused(*FOUND, say=PASSWORD)
    said = founded.refused(*FOUND, "--key-file", "other/wardflow.keys", say=PASSWORD)
    assert str(founded.database) in said
    assert (founded.key_file.read_bytes(), founded.database.read_bytes()) == before
    assert not (founded.folder / "other").exists()


def test_init_refuses_a_key_file_inside_the_data_folder(home: Home) -> None:
    inside = home.database.parent / "wardflow.keys"
    assert "inside the data folder" in home.refused(*FOUND, "--key-file", inside, say=PASSWORD)
    assert not home.database.parent.exists()


def test_init_that_fails_half_way_leaves_nothing_behind(home: Home) -> None:
    home.database.parent.mkdir(parents=True, mode=0o755)
    assert "chmod 700" in home.refused(*FOUND, say=PASSWORD)
    assert not home.key_file.exists()
    assert list(home.database.parent.iterdir()) == []


def test_a_place_that_cannot_be_used_is_named(home: Home) -> None:
    (home.folder / "file").write_text("")
    assert "Cannot use file/data" in home.refused(*FOUND, "--database", "file/data/hospital.db", say=PASSWORD)
    assert not home.key_file.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--time-zone", "Mars/Olympus"), "Europe/Berlin"),
        (("--name", " "), "--name"),
        (("--administrator", " ada"), "login"),
        (("--password-file", "missing"), "missing"),
    ],
)
def test_init_refuses_what_makes_no_sense(home: Home, words: tuple[str, ...], said: str) -> None:
    assert said in home.refused(*FOUND, *words, say=PASSWORD)
    assert not home.key_file.exists()


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_too_short_or_too_long_is_refused_without_being_shown(home: Home, password: str) -> None:
    said = home.refused(*FOUND, say=f"{password}\n")
    assert "expected 12 to 200" in said
    assert not password or password not in said


def test_a_password_is_never_an_argument(home: Home) -> None:
    assert "No such option" in home.refused(*FOUND, "--password", PASSWORD)


def test_a_password_file_of_one_line_is_read(home: Home) -> None:
    (home.folder / "password").write_text(f"{PASSWORD}\nthe second line is not read\n")
    home.done(*FOUND, "--password-file", "password")


def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(home: Home) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-m", "cli", *FOUND]
    # In a session of its own it has no other terminal to ask at.
    with subprocess.Popen(
        command, env=home.environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as asked:
        os.close(theirs)
        try:
            shown = _answered(ours, [b"Password of administrator", b"Repeat"])
            assert asked.wait(20) == 0
        finally:
            asked.kill()
    os.close(ours)
    assert PASSWORD.encode() not in shown
    assert home.database.exists()


def _answered(terminal: int, questions: list[bytes]) -> bytes:
    """Give the password whenever the next question stands there; all that was shown, to the end."""
    shown = b""
    while select.select([terminal], [], [], 20)[0]:
        try:
            shown += os.read(terminal, 1024)
        except OSError:  # the other side has ended
            return shown
        if questions and questions[0] in shown and shown.endswith(b": "):
            questions.pop(0)
            os.write(terminal, f"{PASSWORD}\n".encode())
    raise TimeoutError(f"{shown!r} and nothing more")


def test_a_setting_out_of_range_is_named_by_its_variable(founded: Home) -> None:
    assert "WARDFLOW_PAGE_LIMIT" in founded.refused("serve", page_limit=0)
    assert "WARDFLOW_PORT" in founded.refused("serve", "--port", "70000")


def test_a_port_that_is_taken_is_refused_with_the_remedy(founded: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        assert "--port" in founded.refused("serve", "--port", other.getsockname()[1])


def test_the_demo_takes_no_hospital_that_exists(founded: Home) -> None:
    assert "--demo" in founded.refused("serve", "--demo", "--database", founded.database)


def test_settings_of_the_environment_name_the_places(home: Home) -> None:
    data, keys = home.folder / "d" / "hospital.db", home.folder / "k" / "keys"
    ended = home.run(*FOUND, say=PASSWORD, database=data, key_file=keys)
    assert ended.returncode == 0, ended.stderr
    assert data.exists()
    assert keys.exists()
    assert not home.key_file.exists()


@pytest.mark.parametrize(
    ("role", "said"),
    [("surgeon", "bed_manager"), ("nurse@ward:W9", "no such place"), ("nurse@bed:B1", "ROLE@ward:ID")],
)
def test_a_role_that_is_not_there_is_refused(founded: Home, role: str, said: str) -> None:
    assert said in founded.refused("user", "add", "nora", "--role", role, say=PASSWORD)
    assert "nora" not in founded.done("user", "list")


def test_a_login_is_given_once(founded: Home) -> None:
    assert "exists already" in founded.refused(
        "user", "add", "administrator", "--role", "nurse", say=PASSWORD
    )


def test_the_last_administrator_is_not_disabled(founded: Home) -> None:
    assert "last administrator" in founded.refused("user", "disable", "administrator")
    founded.done("user", "add", "ada", "--role", "administrator", say=PASSWORD)
    founded.done("user", "disable", "administrator")
    assert "last administrator" in founded.refused("user", "disable", "ada")
