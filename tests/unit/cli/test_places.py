"""Where things lie by default."""

from pathlib import Path

import pytest

from cli.errors import Refused
from cli.places import default_database, default_key_file, settings


def test_defaults_follow_the_xdg_variables_and_keep_keys_away_from_data() -> None:
    environment = {"XDG_DATA_HOME": "/d", "XDG_CONFIG_HOME": "/c"}
    assert default_database(environment) == Path("/d/wardflow/hospital.db")
    assert default_key_file(environment) == Path("/c/wardflow/wardflow.keys")


@pytest.mark.parametrize("environment", [{}, {"XDG_DATA_HOME": "relative", "XDG_CONFIG_HOME": ""}])
def test_without_them_or_with_relative_ones_things_lie_in_the_home(environment: dict[str, str]) -> None:
    assert default_database(environment) == Path.home() / ".local/share/wardflow/hospital.db"
    assert default_key_file(environment) == Path.home() / ".config/wardflow/wardflow.keys"


def test_the_command_line_goes_before_the_environment_and_that_before_the_default(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert settings().database == tmp_path / "wardflow" / "hospital.db"
    monkeypatch.setenv("WARDFLOW_DATABASE", "/e/hospital.db")
    assert settings(database=None).database == Path("/e/hospital.db")
    assert settings(database=Path("/o/hospital.db")).database == Path("/o/hospital.db")


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARDFLOW_READERS", "many secrets")
    with pytest.raises(Refused) as refused:
        settings()
    assert str(refused.value).startswith("WARDFLOW_READERS: ")
    assert "many secrets" not in str(refused.value)
