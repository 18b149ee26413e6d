"""The limits of reported events, at the byte: the largest that is taken, the first that is not."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import httpx
import pytest
from django.db import connection as database

from textrail.domain.accounts.actions import create_api_key
from textrail.domain.accounts.models import Business
from textrail.edge.asgi import Application
from textrail.edge.reported import LARGEST_BATCH, LARGEST_EVENT
from textrail.edge.tests.conftest import Caller, Disk, database_url
from textrail.edge.tests.served import Served, serving
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock


@pytest.fixture
def key(transactional_db: None, business: Business, clock: ManualClock) -> str:
    return create_api_key(business=business, name="Shop", at=clock.now()).plain


def kept(disk: Disk) -> int:
    return len(disk.read(after=0, limit=2000))


def event(size: int, name: str = "m") -> bytes:
    """A track event of so many bytes."""
    bare = {"type": "track", "event": "Order Completed", "userId": "u", "messageId": name}
    empty = json.dumps({**bare, "context": {"pad": ""}}).encode()
    return json.dumps({**bare, "context": {"pad": "x" * (size - len(empty))}}).encode()


def batch(size: int) -> bytes:
    """A batch of so many bytes, filled by events below their own limit."""
    head, tail = b'{"batch":[', b"]}"
    left = size - len(head) - len(tail)
    events = []
    while left > 0:
        part = left if left <= LARGEST_EVENT else 30_000
        events.append(event(part - (1 if left > part else 0), f"m{left}"))
        left -= part
    return head + b",".join(events) + tail


def test_the_helpers_count_right() -> None:
    assert len(event(LARGEST_EVENT)) == LARGEST_EVENT == 32_768
    assert len(batch(LARGEST_BATCH)) == LARGEST_BATCH == 512_000


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_an_event_of_exactly_32_kb_is_taken_and_one_byte_more_is_not(
    call: Caller, disk: Disk, key: str, more: int, status: int, zipped: bool
) -> None:
    body = event(LARGEST_EVENT + more)
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    content = gzip.compress(body) if zipped else body
    answer = call("POST", "/v1/track", content=content, headers=headers, auth=(key, ""))
    assert answer.status_code == status
    assert kept(disk) == (status == 200)


@pytest.mark.parametrize(("more", "taken"), [(0, 2), (1, 1)])
def test_each_event_of_a_batch_has_its_own_limit(
    call: Caller, disk: Disk, key: str, more: int, taken: int
) -> None:
    body = b'{"batch":[' + event(LARGEST_EVENT + more, "a") + b"," + event(200, "b") + b"]}"
    answer = call("POST", "/v1/batch", content=body, auth=(key, ""))
    assert (answer.status_code, answer.json()["accepted"]) == (200, taken)
    assert [each["code"] for each in answer.json()["rejected"]] == ["too_large"] * (2 - taken)
    assert kept(disk) == taken


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(("more", "status"), [(0, 200), (1, 413)])
def test_a_batch_of_exactly_500_kb_is_taken_and_one_byte_more_is_not(
    call: Caller, disk: Disk, key: str, more: int, status: int, zipped: bool
) -> None:
    body = batch(LARGEST_BATCH + more)
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    content = gzip.compress(body) if zipped else body
    answer = call("POST", "/v1/batch", content=content, headers=headers, auth=(key, ""))
    assert answer.status_code == status, answer.text[:300]
    assert kept(disk) == (answer.json().get("accepted") or 0)
    assert (kept(disk) > 15) == (status == 200)


def in_parts(app: Application, key: str, parts: Sequence[bytes]) -> tuple[int, int]:
    """The status of a call whose body comes in parts of no announced size, and how many of them
    were asked for."""
    asked = 0
    status = 0

    async def receive() -> dict[str, object]:
        nonlocal asked
        asked += 1
        more = asked < len(parts)
        return {"type": "http.request", "body": parts[asked - 1], "more_body": more}

    async def send(message: dict[str, object]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(str(message["status"]))

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/batch",
        "raw_path": b"/v1/batch",
        "query_string": b"",
        "headers": [(b"authorization", f"Bearer {key}".encode())],
        "client": ("203.0.113.9", 40000),
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    return status, asked


def test_a_body_in_parts_is_counted_as_it_comes(app: Application, disk: Disk, key: str) -> None:
    whole = batch(LARGEST_BATCH)
    parts = [whole[start : start + 9_999] for start in range(0, len(whole), 9_999)]
    assert in_parts(app, key, parts) == (200, len(parts))
    taken = kept(disk)
    assert taken > 15
    endless = [b" " * 100_000] * 1_000
    assert in_parts(app, key, endless) == (413, 6)
    assert kept(disk) == taken


@cache
def bomb(levels: int) -> bytes:
    body = bytes(50_000_000)
    for _ in range(levels):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize(
    ("content", "encoding", "status", "code"),
    [
        (bomb(1), "gzip", 413, "too_large"),
        (bomb(2), "gzip", 400, "malformed_json"),  # what is inside is not unpacked again
        (bomb(2), "gzip, gzip", 415, "unsupported_encoding"),
        (gzip.compress(b'{"batch":[]}') * 2, "gzip", 400, "malformed_gzip"),
        (gzip.compress(b'{"batch":[]}') + b"\0", "gzip", 400, "malformed_gzip"),
        (zlib.compress(b'{"batch":[]}'), "gzip", 400, "malformed_gzip"),
        (b"", "gzip", 400, "malformed_gzip"),
        (gzip.compress(b'{"batch":[]}'), "GZIP", 200, ""),
        (b'{"batch":[]}', "identity", 200, ""),
        (zlib.compress(b'{"batch":[]}'), "deflate", 200, ""),
        (zlib.compress(bytes(50_000_000), 9), "deflate", 413, "too_large"),
        (zlib.compress(b'{"batch":[]}')[:-1], "deflate", 400, "malformed_deflate"),
        (gzip.compress(b'{"batch":[]}'), "deflate", 400, "malformed_deflate"),
        (b'{"batch":[]}', "zstd", 415, "unsupported_encoding"),
    ],
    ids=[
        *("bomb", "in_two", "twice", "two_files", "more", "zlib", "empty", "capitals", "plain"),
        *("deflate", "deflate_bomb", "deflate_cut", "deflate_is_gzip", "zstd"),
    ],
)
def test_a_bomb_costs_no_more_than_the_limit(
    call: Caller, disk: Disk, key: str, content: bytes, encoding: str, status: int, code: str
) -> None:
    headers = {"Content-Encoding": encoding}
    answer = call("POST", "/v1/batch", content=content, headers=headers, auth=(key, ""))
    assert answer.status_code == status, answer.text
    assert answer.json().get("error", {}).get("code", "") == code
    assert kept(disk) == 0


@pytest.fixture
def served(key: str, disk: Disk, tmp_path: Path) -> Iterator[Served]:
    house = Path(str(database.settings_dict["NAME"]))
    arrivals_db = tmp_path / "arrivals.db"
    with serving(house=house, arrivals=arrivals_db, database_url=database_url()) as door:
        yield door


def test_the_server_in_front_takes_chunks_and_stops_at_the_limit(
    served: Served, disk: Disk, key: str
) -> None:
    def chunks(body: bytes) -> Iterator[bytes]:
        for start in range(0, len(body), 7_001):
            yield body[start : start + 7_001]

    url = f"{served.url}/v1/batch"
    assert httpx.post(url, content=chunks(batch(LARGEST_BATCH)), auth=(key, "")).status_code == 200
    taken = kept(disk)
    assert taken > 15
    arrival = arrivals.decode_intake(disk.read(after=0, limit=1)[0].body)
    assert (arrival.call, arrival.sender) == ("track", "segment")
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as line:
        line.sendall(
            b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Authorization: Bearer " + key.encode() + b"\r\n\r\n"
        )
        part = b"2710\r\n" + b" " * 10_000 + b"\r\n"
        with suppress(OSError):  # it is not read to its end, which never comes
            for _ in range(60):
                line.sendall(part)
        assert line.recv(12) == b"HTTP/1.1 413"
    assert kept(disk) == taken
