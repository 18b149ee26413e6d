"""Settings are read strictly, and every one of them is documented."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

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
        {"TEXTRAIL_FORWARDED_HOPS": "-1"},
        {"TEXTRAIL_LINKS_URL": "go.example.com"},
        {"TEXTRAIL_LINKS_URL": "https://go.example.com/links"},
        {"TEXTRAIL_PAGES_LISTEN": "8000"},
        {"TEXTRAIL_DATABASE_URL_FILE": "/does/not/exist"},
    ],
)
def test_what_cannot_be_used_is_named(environment: dict[str, str]) -> None:
    with pytest.raises(SettingError, match="TEXTRAIL_"):
        read_config(environment)


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
