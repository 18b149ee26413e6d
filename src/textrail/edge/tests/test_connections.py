"""A door at its socket: plain taps at once, anything else by uvicorn, on connections that may break
at any byte."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeAlias

import msgspec
import pytest
import uvloop

from textrail.domain.accounts.actions import create_api_key
from textrail.domain.accounts.models import Business
from textrail.edge import connections, serve
from textrail.edge.asgi import Application, Receive, Response, Scope
from textrail.edge.connections import TapConnection
from textrail.edge.guessing import AT_ONCE
from textrail.edge.redirects import Redirects
from textrail.edge.tests.conftest import Disk, make_contact, make_link
from textrail.vocabulary import arrivals
from textrail.vocabulary.arrivals import ClickArrival
from textrail.vocabulary.routing import Plan, Rule

HOME = "https://shop.example/?utm_source=sms"
GONE = "https://gone.example/"
PHONE = (
    b"Host: go.harbor.example\r\n"
    b"User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)\r\n"
    b"Accept-Language: es-MX,es;q=0.9\r\n"
    b"Sec-Fetch-Mode: navigate\r\n"
)


class Line:
    """Somebody at the other end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def send_for_ever(self, data: bytes) -> None:
        for _ in range(200):
            await self.send(data)
            await asyncio.sleep(0.01)

    def say_no_more(self) -> None:
        self._writer.write_eof()

    async def hang_up(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer: status, headers, body."""
        head = (await asyncio.wait_for(self._reader.readuntil(b"\r\n\r\n"), 10)).decode()
        status, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}
        length = int(headers.get("content-length", "0"))
        return int(status.split()[1]), headers, await self._reader.readexactly(length)

    async def end(self) -> None:
        """Wait for the other side to end the connection, whatever it says before."""
        with suppress(ConnectionError):
            await asyncio.wait_for(self._reader.read(), 10)

    async def ended(self) -> bool:
        """Whether the other side ends the connection within some seconds."""
        with suppress(TimeoutError, ConnectionResetError):
            return await asyncio.wait_for(self._reader.read(), 5) == b""
        return False


Ring: TypeAlias = Callable[[], Coroutine[Any, Any, Line]]
Story: TypeAlias = Callable[[Ring], Coroutine[Any, Any, None]]


@asynccontextmanager
async def opened(app: Application) -> AsyncIterator[Ring]:
    """A server with the connections of a door, ended as by a signal."""
    server = serve.make_server(lambda: app, connection=TapConnection, lifespan=False)
    listener = serve.listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)

    lines = []

    async def ring() -> Line:
        lines.append(Line(*await asyncio.open_connection("127.0.0.1", port)))
        return lines[-1]

    try:
        yield ring
    finally:
        server.should_exit = True
        await asyncio.wait_for(serving, 20)
        await asyncio.gather(*(line.hang_up() for line in lines))


@pytest.fixture
def tell(app: Application) -> Callable[[Story], None]:
    def run(story: Story) -> None:
        async def whole() -> None:
            async with opened(app) as ring:
                await story(ring)

        uvloop.run(whole())

    return run


def get(code: str, fields: bytes = PHONE) -> bytes:
    return f"GET /{code} HTTP/1.1\r\n".encode() + fields + b"\r\n"


def clicks(disk: Disk) -> list[ClickArrival]:
    return [arrivals.decode_click(each.body) for each in disk.read(after=0, limit=1000)]


def test_taps_follow_each_other_on_one_connection(
    tell: Callable[[Story], None], disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        line = await ring()
        for _ in range(3):
            await line.send(get("abc23456"))
            status, headers, body = await line.answer()
            assert (status, body) == (302, b"")
            assert re.fullmatch(re.escape(HOME) + r"&trail_click=[\w-]{20}", headers["location"])
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["x-robots-tag"] == "noindex"
            assert headers["date"].endswith(" GMT")
            assert "connection" not in headers

    tell(story)
    assert len({click.click_id for click in clicks(disk)}) == 3


def test_a_tap_is_written_down_alike_either_way(
    tell: Callable[[Story], None],
    disk: Disk,
    business: Business,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spanish = Rule(name="Spanish", languages=("es",), countries=("MX",), landing=GONE)
    plan = Plan(landing=HOME, salt="s", rules=(spanish,))
    link = make_link(business, HOME, "abc23456", plan=plan)
    make_link(business, HOME + "&at={country}", "def23456", plan=plan)
    contact = make_contact(business, "+525512345678", country="MX")
    link.codes.create(code="ghk23456", contact_id=contact.pk)

    def taken() -> list[ClickArrival]:
        return [msgspec.structs.replace(click, click_id="") for click in clicks(disk)]

    async def story(ring: Ring) -> None:
        line = await ring()
        for code in ("abc23456", "def23456", "ghk23456"):
            await line.send(get(code))
            assert (await line.answer())[0] == 302

    tell(story)
    at_once = taken()
    monkeypatch.setattr(connections, "read_plain", lambda data: None)
    tell(story)
    assert taken() == at_once * 2
    assert {click.code: click.decision and click.decision.rule for click in at_once} == {
        "abc23456": "",
        "def23456": "",
        "ghk23456": "Spanish",
    }


def test_who_wants_the_connection_closed_gets_that(
    tell: Callable[[Story], None], business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(get("abc23456", PHONE + b"Connection: close\r\n"))
        status, headers, _ = await line.answer()
        assert (status, headers["connection"]) == (302, "close")
        assert await line.ended()

    tell(story)


def test_who_asks_and_says_no_more_is_answered(
    tell: Callable[[Story], None], business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(get("abc23456"))
        line.say_no_more()
        assert (await line.answer())[0] == 302
        assert await line.ended()

    tell(story)


def test_what_is_no_plain_tap_is_answered_on_the_same_connection(
    tell: Callable[[Story], None], disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        line = await ring()
        for asked, expected in (
            (get("abc23456"), 302),
            (get("healthz"), 200),
            (get("zzzzzzzz"), 404),
            (get("abc23456?fbclid=1"), 302),
            (get("abc23456/"), 302),
            (b"POST /v1/track HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 401),
            (get("abc23456"), 302),
        ):
            await line.send(asked)
            assert (await line.answer())[0] == expected, asked

    tell(story)
    assert len(clicks(disk)) == 4


def test_a_connection_comes_back_from_uvicorn(
    tell: Callable[[Story], None], business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those of a proxy do, on which everything comes in turn."""
    make_link(business, HOME, "abc23456")
    by_uvicorn: list[str] = []
    whole = Redirects.__call__

    def counting(redirects: Redirects, scope: Scope, receive: Receive) -> Awaitable[Response]:
        by_uvicorn.append(scope["path"])
        return whole(redirects, scope, receive)

    monkeypatch.setattr(Redirects, "__call__", counting)
    refused = b"POST /v1/track HTTP/1.1\r\nContent-Length: 900000\r\n\r\n"

    async def story(ring: Ring) -> None:
        line = await ring()
        for asked, expected in (
            (get("abc23456?a=b"), 302),
            (get("abc23456"), 302),
            (get("zzzzzzzz"), 404),
            (get("abc23456"), 302),
            (refused + b" " * 900_000, 413),
        ):
            await line.send(asked)
            assert (await line.answer())[0] == expected, asked[:80]
        for _ in range(2):  # what is left of a body that nobody wanted is no tap
            await line.send(get("abc23456"))
            assert (await line.answer())[0] == 302

    tell(story)
    # Whoever guessed a code is looked at more closely from then on.
    assert by_uvicorn[:2] == ["/abc23456", "/zzzzzzzz"]


def test_who_guesses_codes_is_told_to_wait(
    tell: Callable[[Story], None], disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        line = await ring()
        for number in range(AT_ONCE):
            await line.send(get(f"guess{number}"))
            assert (await line.answer())[0] == 404
        await line.send(get("abc23456"))
        assert (await line.answer())[0] == 429

    tell(story)
    assert clicks(disk) == []


def test_a_proxy_that_no_setting_speaks_of_is_counted_once_a_request(
    tell: Callable[[Story], None], business: Business
) -> None:
    make_link(business, HOME, "abc23456")
    forwarded = PHONE + b"X-Forwarded-For: 198.51.100.7\r\n"

    async def story(ring: Ring) -> None:
        line = await ring()
        for code in ("abc23456", "abc23456", "abc23456?a=b", "zzzzzzzz"):
            await line.send(get(code, forwarded))
            await line.answer()
        await line.send(get("metrics"))
        assert b"\ntextrail_proxies_unknown_total 4.0\n" in (await line.answer())[2]

    tell(story)


def test_an_address_of_the_door_is_never_a_code(
    tell: Callable[[Story], None], business: Business
) -> None:
    make_link(business, HOME, "healthz")

    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(get("healthz"))
        assert (await line.answer())[0] == 200

    tell(story)


def test_requests_that_come_in_one_piece_or_in_many_are_answered_in_order(
    tell: Callable[[Story], None], disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")
    make_link(business, GONE, "def23456")

    async def places(line: Line, count: int) -> list[str]:
        return [(await line.answer())[1].get("location", "")[:13] for _ in range(count)]

    async def story(ring: Ring) -> None:
        together = await ring()
        await together.send(get("abc23456") + get("def23456") + get("abc23456"))
        assert await places(together, 3) == ["https://shop.", "https://gone.", "https://shop."]
        close = await ring()
        await close.send(get("abc23456"))
        await close.send(get("def23456"))
        assert await places(close, 2) == ["https://shop.", "https://gone."]
        apart = await ring()
        for byte in get("def23456"):
            await apart.send(bytes([byte]))
            await asyncio.sleep(0)
        assert await places(apart, 1) == ["https://gone."]

    tell(story)
    assert len(clicks(disk)) == 6


def test_a_tap_whose_sender_has_gone_is_kept(
    tell: Callable[[Story], None], disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        gone = await ring()
        await gone.send(get("abc23456"))
        await gone.hang_up()
        other = await ring()
        await other.send(get("abc23456"))
        assert (await other.answer())[0] == 302

    tell(story)
    assert len(clicks(disk)) == 2


def test_a_full_disk_is_said_and_got_over(
    tell: Callable[[Story], None], disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def story(ring: Ring) -> None:
        line = await ring()
        disk.full = True
        await line.send(get("abc23456"))
        status, headers, body = await line.answer()
        assert (status, headers["retry-after"]) == (503, "5")
        assert b"Go on to the page" in body
        assert "location" not in headers
        disk.full = False
        for ring_again in (line, await ring()):
            await ring_again.send(get("abc23456"))
            assert (await ring_again.answer())[0] == 302

    tell(story)
    assert len(clicks(disk)) == 2


def test_a_mistake_of_ours_is_no_redirect_and_breaks_no_connection(
    tell: Callable[[Story], None],
    business: Business,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    make_link(business, HOME, "abc23456")

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake")

    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(get("abc23456"))
        assert (await line.answer())[0] == 302
        monkeypatch.setattr("textrail.edge.redirects.read_way", fail)
        line = await ring()
        await line.send(get("abc23456"))
        assert (await line.answer())[0] == 500
        monkeypatch.undo()
        await line.send(get("abc23456"))
        assert (await line.answer())[0] == 302

    tell(story)
    assert "a tap could not be followed at once" in caplog.text


UPGRADE = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"


@pytest.mark.parametrize(
    "body",
    [
        b'Content-Length: 12\r\n\r\n{"batch":[]}',
        b'Transfer-Encoding: chunked\r\n\r\nc\r\n{"batch":[]}\r\n0\r\n\r\n',
    ],
    ids=["of_a_length", "in_chunks"],
)
@pytest.mark.parametrize("pieces", [1, 2, 40])
def test_a_wish_for_http_2_is_ignored_and_the_body_read(
    tell: Callable[[Story], None], disk: Disk, business: Business, pieces: int, body: bytes
) -> None:
    """As stock clients of Java send it with every first request."""
    make_link(business, HOME, "abc23456")
    key = create_api_key(business=business, name="Shop", at=business.created_at).plain
    sent = b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + (
        key.encode() + b"\r\n" + UPGRADE + body
    )

    async def story(ring: Ring) -> None:
        line = await ring()
        size = len(sent) // pieces + 1
        for start in range(0, len(sent), size):
            await line.send(sent[start : start + size])
            await asyncio.sleep(0)
        status, _, answer = await line.answer()
        assert (status, answer) == (200, b'{"success":true,"accepted":0,"rejected":[]}'), answer
        await line.send(get("abc23456", PHONE + UPGRADE))
        assert (await line.answer())[0] == 302
        await line.send(get("abc23456"))
        assert (await line.answer())[0] == 302

    tell(story)
    assert len(clicks(disk)) == 2


POST = b"POST /v1/track HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n"
SLOW = {
    "silent": b"",
    "half_a_head": b"GET /abc23456 HTTP/1.1\r\nHost:",
    "half_a_body": POST + b"{",
    "a_body_that_is_not_read": POST.replace(b"track", b"x").replace(b"POST", b"PUT") + b"{}",
    "a_line_behind_an_answer": get("healthz") + b"\r\n",
    "an_answer": get("healthz"),
    "a_tap": get("abc23456"),
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_nobody_is_waited_for_too_long(
    tell: Callable[[Story], None], business: Business, monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    make_link(business, HOME, "abc23456")
    monkeypatch.setattr(connections, "SECONDS_FOR_A_HEAD", 0.2)
    monkeypatch.setattr(connections, "SECONDS_FOR_A_PIECE", 0.3)

    async def story(ring: Ring) -> None:
        line, began = await ring(), time.monotonic()
        await line.send(sent)
        await line.end()
        assert time.monotonic() - began < 4

    tell(story)


def test_an_upload_that_is_broken_off_is_let_go_of(tell: Callable[[Story], None]) -> None:
    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(POST + b"{")
        line.say_no_more()
        began = time.monotonic()
        await line.end()
        assert time.monotonic() - began < 2

    tell(story)


def test_few_requests_are_read_ahead(tell: Callable[[Story], None]) -> None:
    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(get("healthz") * connections.MOST_PIPELINED)
        for _ in range(connections.MOST_PIPELINED):
            assert (await line.answer())[0] == 200
        greedy = await ring()
        await greedy.send(b"GET / HTTP/1.1\r\n\r\n" * 10_000)
        await greedy.end()

    tell(story)


def test_a_head_that_grows_for_ever_is_refused(tell: Callable[[Story], None]) -> None:
    async def story(ring: Ring) -> None:
        line = await ring()
        await line.send(b"GET /abc23456 HTTP/1.1\r\n")
        field = b"X-Field: " + b"x" * 4_000 + b"\r\n"
        with pytest.raises(ConnectionError):
            await line.send_for_ever(field)
        whole = await ring()
        await whole.send(get("healthz", PHONE + b"X-Field: " + b"x" * 70_000 + b"\r\n"))
        assert (await whole.answer())[0] == 400

    tell(story)


def test_what_is_asked_when_the_door_ends_is_answered(
    app: Application, disk: Disk, business: Business
) -> None:
    make_link(business, HOME, "abc23456")

    async def whole() -> None:
        async with opened(app) as ring:
            idle, asking = await ring(), await ring()
            await asking.send(get("abc23456"))
            await asyncio.sleep(0.05)
            ends = asyncio.gather(asking.answer(), idle.ended())
        (status, _, _), ended = await ends
        assert (status, ended) == (302, True)

    uvloop.run(whole())
    assert len(clicks(disk)) == 1
