"""Every setting, read once and strictly from the environment. Nobody else reads the environment.

`TEXTRAIL_<NAME>` sets a value; `TEXTRAIL_<NAME>_FILE` names a file that holds it. An unknown
`TEXTRAIL_…` name is refused, so that a typing error cannot pass for a default.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from textrail.analytics.engines.setting import read_engine

# Paths are put behind these, so they are kept without a slash at the end.
_ADDRESSES: Final = ("pages_url", "links_url", "phone_url")


class SettingError(Exception):
    """A setting that cannot be used; the text says which one and what it should be."""


@dataclass(frozen=True, slots=True)
class Config:
    """Settings with their defaults. docs/reference/settings.md describes each for operators."""

    data: Path = Path("data")
    database_url: str = ""
    pages_url: str = "http://127.0.0.1:8000"
    links_url: str = "http://127.0.0.1:8001"
    phone_url: str = "http://127.0.0.1:8002"
    pages_listen: str = "127.0.0.1:8000"
    links_listen: str = "127.0.0.1:8001"
    phone_listen: str = "127.0.0.1:8002"
    simulator: bool = True
    simulator_seed: int = 1
    kannel: str = ""
    forwarded_hops: int = 0
    places: Path = Path()
    networks: Path = Path()
    hosting: Path = Path()
    engine: str = "duckdb"
    private_destinations: str = "auto"
    debug: bool = False

    @property
    def on_postgresql(self) -> bool:
        return self.database_url.startswith(("postgresql://", "postgres://"))

    @property
    def house_db(self) -> Path:
        return self.data / "house.db"

    @property
    def arrivals_db(self) -> Path:
        return self.data / "arrivals.db"

    @property
    def simulator_db(self) -> Path:
        return self.data / "simulator.db"

    @property
    def columns_folder(self) -> Path:
        return self.data / "columns"

    @property
    def media_folder(self) -> Path:
        return self.data / "media"

    @property
    def kannel_addresses(self) -> frozenset[str]:
        """The gateways that customers of this installation may connect."""
        return frozenset(
            part.strip().rstrip("/") for part in self.kannel.split(",") if part.strip()
        )

    def secret_key(self) -> bytes:
        """The 32 bytes of `secret.key`; the first start writes it, readable by its owner only."""
        self.data.mkdir(parents=True, exist_ok=True)
        path = self.data / "secret.key"
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return bytes.fromhex(path.read_text().strip())
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_hex(32))
        return bytes.fromhex(path.read_text())


def read_config(environment: Mapping[str, str]) -> Config:
    """The configuration, or SettingError naming the variable that is wrong."""
    values = _texts(environment)
    known = {field.name: field for field in fields(Config)}
    chosen: dict[str, object] = {}
    for name, text in values.items():
        if name not in known:
            raise SettingError(f"TEXTRAIL_{name.upper()} is not a setting of Textrail.")
        default = known[name].default
        assert default is not MISSING
        if name in _ADDRESSES:
            text = text.rstrip("/")
        chosen[name] = _parse(name, text, type(default))
    config = Config(**chosen)  # type: ignore[arg-type]
    _check(config)
    return config


def _texts(environment: Mapping[str, str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for variable, value in environment.items():
        if not variable.startswith("TEXTRAIL_"):
            continue
        name = variable.removeprefix("TEXTRAIL_").lower()
        if name.endswith("_file"):
            name = name.removesuffix("_file")
            try:
                value = Path(value).read_text().strip()
            except OSError as error:
                raise SettingError(f"{variable}: {error.strerror}: {value}") from error
        if name in texts:
            raise SettingError(f"TEXTRAIL_{name.upper()} is set twice, once by a file.")
        texts[name] = value
    return texts


def _parse(name: str, text: str, kind: type) -> object:
    if kind is bool:
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if text.lower() not in words:
            raise SettingError(f"TEXTRAIL_{name.upper()} is “{text}”; write true or false.")
        return words[text.lower()]
    if kind is int:
        if not text.isdecimal():
            raise SettingError(f"TEXTRAIL_{name.upper()} is “{text}”; write a whole number.")
        return int(text)
    return text if kind is str else Path(text)


def _check(config: Config) -> None:
    if config.database_url and not config.on_postgresql:
        raise SettingError("TEXTRAIL_DATABASE_URL starts with postgresql://, or is left out.")
    try:
        read_engine(config.engine)
    except ValueError as error:
        raise SettingError(f"TEXTRAIL_ENGINE {error}.") from error
    for address in config.kannel_addresses:
        if not address.startswith(("http://", "https://")):
            raise SettingError(
                "TEXTRAIL_KANNEL lists addresses such as http://127.0.0.1:13013, with commas."
            )
    if config.private_destinations not in {"auto", "true", "false"}:
        raise SettingError("TEXTRAIL_PRIVATE_DESTINATIONS is auto, true or false.")
    for name in _ADDRESSES:
        text = getattr(config, name)
        url = urlsplit(text)
        beyond_host = url.path or "?" in text or "#" in text
        if url.scheme not in {"http", "https"} or not url.hostname or beyond_host:
            raise SettingError(
                f"TEXTRAIL_{name.upper()} is an address such as https://go.example.com."
            )
    for name in ("pages_listen", "links_listen", "phone_listen"):
        host, _, port = getattr(config, name).rpartition(":")
        if not host or not port.isdecimal():
            raise SettingError(f"TEXTRAIL_{name.upper()} is host:port, such as 0.0.0.0:8000.")
