"""Which engine a setting means, what is sent to a server, and what is said when none answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from unittest.mock import Mock
from urllib.parse import parse_qs, urlsplit

import duckdb
import pyarrow as pa
import pytest
from django.conf import settings
from django.test import Client
from pytest_django import Settings

from textrail.analytics import chunks
from textrail.analytics.engine import Engine, EngineUnavailable, Query
from textrail.analytics.engines.choosing import open_engine
from textrail.analytics.engines.setting import EngineSetting, read_engine
from textrail.domain.accounts.models import Business
from textrail.domain.numbers.columns import SOURCES, TABLES
from textrail.project import doctor
from textrail.project.config import SettingError, read_config

NOBODY = "clickhouse://127.0.0.1:9/default"


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("", "duckdb", ""),
        ("duckdb", "duckdb", ""),
        ("clickhouse://columns.example", "clickhouse", "http://columns.example:8123"),
        ("clickhouse://u:p@h.example:9000/d?secure=1", "clickhouse", "https://h.example:9000"),
        ("clickhouse://[::1]/?secure=1", "clickhouse", "https://[::1]:8443"),
        ("spark://one:7077,two:7077", "spark", "spark://one:7077,two:7077"),
        ("local-cluster[2,1,1024]?spark.executor.cores=1", "spark", "local-cluster[2,1,1024]"),
    ],
)
def test_setting_names_an_engine(text: str, kind: str, place: str) -> None:
    setting = read_engine(text)
    assert (setting.kind, setting.place) == (kind, place)


def test_who_asks_and_with_what_is_read_as_it_was_meant() -> None:
    assert read_engine("clickhouse://a%40b:p%2Fw@h/d?files=/srv/c") == EngineSetting(
        "clickhouse", "http://h:8123", "a@b", "p/w", "d", {"files": "/srv/c"}
    )
    assert "p/w" not in read_engine("clickhouse://a%40b:p%2Fw@h/d").sentence


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://h",
        "clickhouse://",
        "clickhouse://h:port",
        "clickhouse://h/d/e",
        "clickhouse://h?speed=1",
        "clickhouse://h?secure=perhaps",
        "spark://",
        "spark://user@h:7077",
        "spark://h:7077?files=/srv",
    ],
)
def test_setting_that_means_no_engine_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(SettingError, match=r"^TEXTRAIL_ENGINE \S.*\.$"):
        read_config({"TEXTRAIL_ENGINE": text})


def streamed(table: pa.Table) -> bytes:
    """As ClickHouse's format ArrowStream has it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    whole: bytes = sink.getvalue().to_pybytes()
    return whole


class Server:
    """Takes one kind of answer to everything, and remembers what came."""

    def __init__(self) -> None:
        self.status, self.answer = 200, streamed(pa.table({}))
        self.text, self.parameters, self.user = "", dict[str, list[str]](), ""


@pytest.fixture
def server() -> Iterator[tuple[Server, str]]:
    seen = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            seen.parameters = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
            seen.user = self.headers.get("X-ClickHouse-User", "")
            self.send_response(seen.status)
            self.send_header("Content-Length", str(len(seen.answer)))
            self.end_headers()
            self.wfile.write(seen.answer)

        def log_message(self, *args: object) -> None:
            """Nobody reads a log of tests."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield seen, f"127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()
    thread.join()


def test_values_are_bound_and_files_are_where_the_server_sees_them(
    server: tuple[Server, str], tmp_path: Path
) -> None:
    seen, place = server
    setting = read_engine(f"clickhouse://reader:secret@{place}/facts?files=/srv/columns/")
    query = Query(
        "SELECT id FROM sources WHERE channel = $channel AND id > $least AND $none IS NULL",
        {"channel": "it's\ta\\b", "least": 2**60, "none": None},
    )
    files = {"sources": tuple(str(tmp_path / f"sources/{name}.parquet") for name in "ab")}
    open_engine(setting, tmp_path, TABLES, {}).ask(query, files)
    assert "it's" not in seen.text
    assert str(2**60) not in seen.text
    assert seen.parameters["param_channel"] == ["it's\\ta\\\\b"]
    assert seen.parameters["param_least"] == [str(2**60)]
    assert "param_none" not in seen.parameters
    assert "{channel: String}" in seen.text
    assert "'/srv/columns/{sources/a.parquet,sources/b.parquet}'" in seen.text
    assert seen.parameters["readonly"] == ["2"]
    assert (seen.user, seen.parameters["database"]) == ("reader", ["facts"])
    assert "secret" not in seen.text


@pytest.mark.parametrize(
    ("status", "answer"), [(500, "Code: 62. Syntax error"), (200, "<html>not ClickHouse</html>")]
)
def test_server_that_does_not_answer_the_question_is_a_refusal_with_its_words_for_the_operator(
    server: tuple[Server, str], tmp_path: Path, status: int, answer: str
) -> None:
    seen, place = server
    seen.status, seen.answer = status, answer.encode()
    engine = open_engine(read_engine(f"clickhouse://{place}"), tmp_path, TABLES, {})
    with pytest.raises(EngineUnavailable) as refused:
        engine.ask(Query("SELECT 1 AS one"), {})
    assert answer in refused.value.reason
    assert answer not in refused.value.sentence + refused.value.hint


@pytest.mark.parametrize("left", [0, 3, 99, -9])
def test_answer_that_breaks_off_is_a_refusal(
    server: tuple[Server, str], tmp_path: Path, left: int
) -> None:
    seen, place = server
    seen.answer = streamed(pa.table({"one": range(100)}))[:left]
    engine = open_engine(read_engine(f"clickhouse://{place}"), tmp_path, TABLES, {})
    with pytest.raises(EngineUnavailable, match="engine does not answer"):
        engine.columns(Query("SELECT 1 AS one"), {})


@pytest.mark.parametrize("number", [-1, 0, 7, 2**63, -(2**100)])
def test_bytes_of_a_wide_number_are_a_whole_number(
    server: tuple[Server, str], tmp_path: Path, number: int
) -> None:
    seen, place = server
    wide = [number.to_bytes(16, "little", signed=True), None]
    seen.answer = streamed(pa.table({"one": pa.array(wide, pa.binary(16)), "two": ["a", "b"]}))
    engine = open_engine(read_engine(f"clickhouse://{place}"), tmp_path, TABLES, {})
    answer = engine.ask(Query("SELECT 1 AS one, 2 AS two"), {})
    assert answer.rows == [(number, "a"), (None, "b")]
    assert answer.records()[0] == {"one": number, "two": "a"}


def test_page_says_that_the_engine_does_not_answer(
    as_ada: Client, business: Business, settings: Settings
) -> None:
    settings.CONFIG = replace(settings.CONFIG, engine=NOBODY)
    answer = as_ada.get(f"/b/{business.slug}/reports/")
    assert answer.status_code == 503
    page = answer.content.decode()
    assert "their engine does not answer" in page
    assert "textrail doctor" in page
    assert "127.0.0.1:9" not in page


@pytest.mark.django_db
def test_doctor_tells_which_engine_answers() -> None:
    config = settings.CONFIG
    config.columns_folder.mkdir(parents=True, exist_ok=True)
    good = doctor.engine(config)
    assert (good.good, good.sentence) == (
        True,
        "The reports are counted by DuckDB, in the process that asks; it answers.",
    )
    bad = doctor.engine(replace(config, engine=NOBODY))
    assert not bad.good
    assert bad.sentence.startswith(
        "The reports are counted by ClickHouse at http://127.0.0.1:9, which does not answer: "
    )
    assert "docs/operate/engines.md" in bad.hint


@pytest.mark.django_db
def test_doctor_tells_when_the_server_sees_other_files(server: tuple[Server, str]) -> None:
    seen, place = server
    seen.answer = streamed(pa.table({"rows": [41]}))
    settings.CONFIG.columns_folder.mkdir(parents=True, exist_ok=True)
    finding = doctor.engine(replace(settings.CONFIG, engine=f"clickhouse://{place}"))
    assert not finding.good
    assert "does not see the files of" in finding.sentence


def test_no_file_is_named_as_hidden_files_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda size: "_" * size)
    written = chunks.write(tmp_path, SOURCES.name, SOURCES.schema, [])
    merged = chunks.merge(tmp_path, "merged", SOURCES.schema, [written.path])
    for path in (written.path, merged.path):
        assert Path(path).name[0].isalpha()
        assert (tmp_path / path).is_file()


@pytest.mark.parametrize("failure", [duckdb.InternalException, duckdb.FatalException])
def test_a_database_that_has_closed_itself_is_opened_anew_for_the_next_question(
    tmp_path: Path, failure: type[duckdb.Error]
) -> None:
    engine = Engine(tmp_path, TABLES, {})
    asked = Query("SELECT COUNT(*) AS n FROM sources")
    engine._database = Mock(**{"cursor.return_value.execute.side_effect": failure("invalidated")})
    with pytest.raises(EngineUnavailable) as refused:
        engine.ask(asked, {})
    assert "invalidated" in refused.value.reason
    assert engine.ask(asked, {}).rows == [(0,)]


def test_a_column_that_came_with_an_upgrade_is_null_until_its_table_is_fed_again(
    tmp_path: Path,
) -> None:
    before = pa.schema([field for field in SOURCES.schema if field.name != "channel"])
    old = chunks.write(tmp_path, SOURCES.name, before, [[(1,) * len(before)]])
    new = chunks.write(tmp_path, SOURCES.name, SOURCES.schema, [[(1,) * len(before) + ("sms",)]])
    engine = open_engine(read_engine(""), tmp_path, TABLES, {"seen": "SELECT * FROM sources"})
    for written, channel in ((old, None), (new, "sms"), (old, None)):
        answer = engine.ask(
            Query("SELECT id, channel FROM seen"), {"sources": (str(tmp_path / written.path),)}
        )
        assert answer.rows == [(1, channel)]


def test_a_disk_that_takes_nothing_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("textrail.analytics.spill.mkdtemp", refuse)
    with pytest.raises(EngineUnavailable) as refused:
        open_engine(read_engine(""), tmp_path, TABLES, {})
    assert "Read-only" in refused.value.reason
