"""What the environment may say, and what is said about it when it is wrong."""

from __future__ import annotations

import subprocess
import sys
import traceback
from datetime import timedelta
from pathlib import Path

import pytest

from glowtify_adapters.settings import Settings
from glowtify_core.domain.errors import ConfigurationError
from glowtify_core.domain.rhythm import FIGURES
from glowtify_core.ports.credentials import Secret


@pytest.fixture
def read(tmp_path: Path):
    def read(**variables: str) -> Settings:
        return Settings.read({"GLOWTIFY_HOME": str(tmp_path / "home"), **variables})

    return read


def test_everything_has_a_default(read, tmp_path):
    settings = read()
    assert settings == Settings(home=tmp_path / "home", database=tmp_path / "home" / "glowtify.db")
    assert (settings.claim_seconds, settings.settle_seconds) == (15, 10)
    assert settings.quota_share == 0.5
    assert settings.figures_ages == FIGURES
    assert settings.key_file == tmp_path / "home" / "secret.key"


def test_a_missing_home_is_made_for_its_owner_alone(read):
    assert read().home.stat().st_mode & 0o777 == 0o700


def test_without_a_home_it_is_the_usual_folder_of_the_platform(tmp_path, monkeypatch):
    monkeypatch.setattr("platformdirs.user_data_dir", lambda name, **_: str(tmp_path / name))
    assert Settings.read({}).home == tmp_path / "glowtify"
    assert Settings.read({"GLOWTIFY_HOME": ""}).home == tmp_path / "glowtify"


def test_a_home_may_be_relative_and_start_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "me"))
    assert Settings.read({"GLOWTIFY_HOME": "here"}).home == tmp_path / "here"
    assert Settings.read({"GLOWTIFY_HOME": "~/there"}).home == tmp_path / "me" / "there"


def test_telemetry_is_off_until_it_is_switched_on(read):
    assert [read(GLOWTIFY_TELEMETRY=value).telemetry for value in ("", "off", "on")] == [False, False, True]
    with pytest.raises(ConfigurationError) as wrong:
        read(GLOWTIFY_TELEMETRY="yes")
    assert (wrong.value.field, wrong.value.remedy) == ("GLOWTIFY_TELEMETRY", "Write off or on.")


def test_every_variable_is_read(read):
    settings = read(
        GLOWTIFY_DATABASE_URL="postgresql://db/glowtify",
        GLOWTIFY_CLAIM_SECONDS="3",
        GLOWTIFY_SETTLE_SECONDS="0.5",
        GLOWTIFY_QUOTA_SHARE="1",
        GLOWTIFY_FIGURES_AGES="2h:30m, 1d12h:1h,",
        GLOWTIFY_SECRET_KEY=f"{'11' * 32}, {'22' * 32},",
        GLOWTIFY_ALLOWED_HOSTS="Proxy.Example.com, localhost:8080",
    )
    assert settings.database == "postgresql://db/glowtify"
    assert (settings.claim_seconds, settings.settle_seconds) == (3, 0.5)
    assert settings.quota_share == 1
    assert settings.figures_ages == (
        (timedelta(hours=2), timedelta(minutes=30)),
        (timedelta(hours=36), timedelta(hours=1)),
    )
    assert settings.secret_keys == (Secret("11" * 32), Secret("22" * 32))
    assert settings.allowed_hosts == {"proxy.example.com", "localhost:8080"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("GLOWTIFY_CLAIM_SECONDS", "0.09"),
        ("GLOWTIFY_CLAIM_SECONDS", "soon"),
        ("GLOWTIFY_CLAIM_SECONDS", "nan"),
        ("GLOWTIFY_CLAIM_SECONDS", "inf"),
        ("GLOWTIFY_SETTLE_SECONDS", "-1"),
        ("GLOWTIFY_SETTLE_SECONDS", "3601"),
        ("GLOWTIFY_QUOTA_SHARE", "0"),
        ("GLOWTIFY_QUOTA_SHARE", "1.01"),
        ("GLOWTIFY_QUOTA_SHARE", "half"),
        ("GLOWTIFY_QUOTA_SHARE", "nan"),
        ("GLOWTIFY_FIGURES_AGES", "1h"),
        ("GLOWTIFY_FIGURES_AGES", "1h:15"),
        ("GLOWTIFY_FIGURES_AGES", "1h:59s"),
        ("GLOWTIFY_FIGURES_AGES", "1h:2h"),
        ("GLOWTIFY_FIGURES_AGES", "1h:15m,1h:1h"),
        ("GLOWTIFY_FIGURES_AGES", "2d:1h,1h:15m"),
        ("GLOWTIFY_FIGURES_AGES", "3651d:7d"),
        ("GLOWTIFY_FIGURES_AGES", "999999999999d:1d"),
        ("GLOWTIFY_SECRET_KEY", "hunter2"),
        ("GLOWTIFY_SECRET_KEY", f"{'11' * 32},hunter2"),
        ("GLOWTIFY_ALLOWED_HOSTS", "https://proxy.example.com"),
        ("GLOWTIFY_ALLOWED_HOSTS", "proxy.example.com/path"),
        ("GLOWTIFY_HOME", "/dev/null/home"),
    ],
)
def test_a_wrong_value_is_refused_naming_the_variable(read, variable, value):
    with pytest.raises(ConfigurationError, match=variable) as refused:
        read(**{variable: value})
    assert refused.value.remedy
    assert "hunter2" not in "".join(traceback.format_exception(refused.value))


def test_no_secret_shows_in_the_settings(read):
    settings = read(
        GLOWTIFY_SECRET_KEY="11" * 32, GLOWTIFY_DATABASE_URL="postgresql://me:hunter2@db/glowtify"
    )
    assert "11" * 32 not in repr(settings)
    assert "hunter2" not in repr(settings)


def test_reading_the_settings_loads_no_library_that_is_slow_to_load():
    code = (
        "import sys, glowtify_adapters.settings, glowtify_adapters.credentials.environment\n"
        "print({'sqlalchemy', 'cryptography', 'alembic', 'requests', 'marshmallow'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
