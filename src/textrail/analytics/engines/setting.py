"""Which engine answers: what TEXTRAIL_ENGINE says. Imports no engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

DUCKDB: Final = "duckdb"
HINT: Final = (
    "is duckdb, clickhouse://user:password@host:8123/database or spark://host:7077,"
    " with ?name=value behind it as docs/operate/engines.md says"
)
_PORTS: Final = {False: 8123, True: 8443}
_LOCAL: Final = ("local-cluster[", "local[")


@dataclass(frozen=True, slots=True)
class EngineSetting:
    """`place` is what may be shown to people: it holds no password."""

    kind: Literal["duckdb", "clickhouse", "spark"]
    place: str = ""
    user: str = ""
    password: str = ""
    database: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        if self.kind == "duckdb":
            return "DuckDB, in the process that asks"
        return f"{'ClickHouse' if self.kind == 'clickhouse' else 'Spark'} at {self.place}"


def read_engine(text: str) -> EngineSetting:
    """What the setting says, or ValueError with the rest of a sentence that begins with its name.

    >>> read_engine("clickhouse://reader:secret@columns.example/default").place
    'http://columns.example:8123'
    """
    if text in {"", DUCKDB}:
        return EngineSetting(DUCKDB)
    place, _, rest = text.partition("?")
    options = dict(parse_qsl(rest, keep_blank_values=True))
    if text.startswith("clickhouse://"):
        return _clickhouse(place, options)
    if text.startswith(("spark://", *_LOCAL)):
        return _spark(place, options)
    raise ValueError(HINT)


def _clickhouse(place: str, options: Mapping[str, str]) -> EngineSetting:
    url = urlsplit(place)
    if set(options) - {"files", "secure"} or options.get("secure", "0") not in {"0", "1"}:
        raise ValueError("knows files=/folder and secure=1 behind the address of ClickHouse")
    try:
        port = url.port
    except ValueError:
        raise ValueError(HINT) from None
    if not url.hostname or "/" in url.path[1:]:
        raise ValueError(HINT)
    secure = options.get("secure") == "1"
    host = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    return EngineSetting(
        "clickhouse",
        f"http{'s' if secure else ''}://{host}:{port or _PORTS[secure]}",
        user=unquote(url.username or ""),
        password=unquote(url.password or ""),
        database=unquote(url.path[1:]),
        options=options,
    )


def _spark(place: str, options: Mapping[str, str]) -> EngineSetting:
    if place == "spark://" or "@" in place:
        raise ValueError(HINT)
    if any(not name.startswith("spark.") for name in options):
        raise ValueError("knows options of Spark behind its address, such as spark.executor.memory")
    return EngineSetting("spark", place, options=options)
