"""ClickHouse's HTTP interface on loopback, with its engine chdb behind it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

_NOT_OF_QUERIES = {"database", "default_format", "wait_end_of_query"}


_one_at_a_time = threading.Lock()


@cache
def _engine() -> Any:
    import chdb

    return chdb.connect(":memory:")


def _ask(text: str, given: Mapping[str, str], parameters: Mapping[str, str]) -> bytes:
    """The engine in this process, which takes one question at a time."""
    with _one_at_a_time:
        answer = _engine().query(text, given["default_format"], params=dict(parameters))
        body: bytes = answer.bytes()
    return body


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        given = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        parameters = {
            name.removeprefix("param_"): value
            for name, value in given.items()
            if name.startswith("param_")
        }
        settings = ", ".join(
            f"{name} = {value if value.isdecimal() else repr(value)}"
            for name, value in given.items()
            if not name.startswith("param_") and name not in _NOT_OF_QUERIES
        )
        try:
            self._answer(200, _ask(f"{text}\nSETTINGS {settings}", given, parameters))
        except RuntimeError as error:
            self._answer(500, str(error).encode())

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nobody reads a log of tests."""


@contextmanager
def clickhouse() -> Iterator[str]:
    """The setting that leads to the server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"clickhouse://127.0.0.1:{server.server_port}/default"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
