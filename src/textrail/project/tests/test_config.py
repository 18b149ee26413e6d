"""Settings are read strictly, and every one of them is documented."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from textrail.project.config import Config, SettingError, read_config

REFERENCE = Path(__file__).parents[4] / "docs" / "reference" / "settings.md"


def test_defaults_need_nothing() -> None:
    assert read_config({"PATH": "/bin"}) == Config()


@pytest.mark.parametrize(
    "environment",
    [
        {"TEXTRAIL_DATABSE_URL": "postgresql://x"},
        {"TEXTRAIL_DATABASE_URL": "mysql://x"},
        {"TEXTRAIL_DEBUG": "maybe"},
        {"TEXTRAIL_PRIVATE_DESTINATIONS": "yes"},
        {"TEXTRAIL_FORWARDED_HOPS": "-1"},
        {"TEXTRAIL_LINKS_URL": "go.example.com"},
        {"TEXTRAIL_LINKS_URL": "https://go.example.com/links"},
        {"TEXTRAIL_LINKS_URL": "https://go.example.com?"},
        {"TEXTRAIL_PHONE_URL": "https://go.example.com/#top"},
        {"TEXTRAIL_PAGES_LISTEN": "8000"},
        {"TEXTRAIL_DATABASE_URL_FILE": "/does/not/exist"},
    ],
)
def test_what_cannot_be_used_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="TEXTRAIL_"):
        read_config(environment)


def test_an_address_may_end_with_a_slash() -> None:
    """Paths are put behind it, and `//Ab12` is not the short link `/Ab12`."""
    config = read_config(
        {
            "TEXTRAIL_LINKS_URL": "https://go.example.com/",
            "TEXTRAIL_PAGES_URL": "https://app.example.com/",
        }
    )
    assert config.links_url == "https://go.example.com"
    assert config.pages_url == "https://app.example.com"


def settings_of(folder: Path, **variables: str) -> dict[str, Any]:
    """What a process with these variables gives to Django."""
    script = (
        "import json; from textrail.project import settings as s;"
        "print(json.dumps({name: getattr(s, name) for name in"
        " ('DATABASES', 'ALLAUTH_TRUSTED_PROXY_COUNT')}, default=str))"
    )
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TEXTRAIL_")},
        "TEXTRAIL_DATA": str(folder),
        **variables,
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    )
    return dict(json.loads(done.stdout))


def test_the_pages_connect_as_the_database_url_says(tmp_path: Path) -> None:
    """Without sslmode the pages would speak in the clear, and the door would not."""
    url = (
        "postgresql://ann:p%40ss@db.example/trail"
        "?port=6432&sslmode=verify-full&sslrootcert=/etc/ca.pem"
    )
    database = settings_of(tmp_path, TEXTRAIL_DATABASE_URL=url)["DATABASES"]["default"]
    options = database.pop("OPTIONS")
    assert database == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "trail",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6432",
    }
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/etc/ca.pem")


def test_attempts_to_sign_in_are_counted_behind_our_own_proxies(tmp_path: Path) -> None:
    """Else everybody behind the proxy shares one limit, or chooses the address that is counted."""
    settings = settings_of(tmp_path, TEXTRAIL_FORWARDED_HOPS="2")
    assert settings["ALLAUTH_TRUSTED_PROXY_COUNT"] == 2


def test_a_secret_can_come_from_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://textrail@db/textrail\n")
    config = read_config({"TEXTRAIL_DATABASE_URL_FILE": str(secret)})
    assert config.database_url == "postgresql://textrail@db/textrail"


def test_the_first_start_writes_the_key_for_its_owner_only(tmp_path: Path) -> None:
    config = Config(data=tmp_path / "new")
    key = config.secret_key()
    assert len(key) == 32
    assert config.secret_key() == key
    assert (config.data / "secret.key").stat().st_mode & 0o077 == 0


def test_every_setting_is_documented() -> None:
    text = REFERENCE.read_text()
    missing = [f.name for f in fields(Config) if f"`{f.name.upper()}`" not in text]
    assert missing == []


def test_gateways_are_a_list_of_addresses() -> None:
    config = read_config({"TEXTRAIL_KANNEL": "http://127.0.0.1:13013/, https://sms.example.com"})
    assert config.kannel_addresses == {"http://127.0.0.1:13013", "https://sms.example.com"}
    assert read_config({}).kannel_addresses == frozenset()
    with pytest.raises(SettingError, match="TEXTRAIL_KANNEL"):
        read_config({"TEXTRAIL_KANNEL": "127.0.0.1:13013"})
