"""The connections of a server: plain taps from their bytes to their answers, all else by uvicorn.

A tap is a request of a few hundred bytes without a body, and a server that is ready for anything
takes longer to read it than the door to follow it. So a connection to the door begins here. What
is no plain tap, or cannot be answered at once, is given to uvicorn's protocol, untouched and with
the connection, which comes back when that is answered.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, Protocol

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from textrail.edge.heads import PlainRequest, read_plain
from textrail.edge.redirects import FIXED, Redirects, Tap
from textrail.vocabulary.errors import Unavailable

log = logging.getLogger(__name__)

# How long a client may take for the head of a request, for the next piece of a body, and to read
# on when an answer does not fit into the line.
SECONDS_FOR_A_HEAD: Final = 10
SECONDS_FOR_A_PIECE: Final = 30
LONGEST_HEAD: Final = 65_536
# Requests that are read while one before them is answered.
MOST_PIPELINED: Final = 16
_FRAMING: Final = (b"content-length", b"transfer-encoding")
_LIVE: Final = (b"accept", b"text/event-stream")
_LED_ON: Final = b"HTTP/1.1 302 Found\r\ndate: %b\r\nlocation: %b\r\n" + b"".join(
    [b"%b: %b\r\n" % field for field in (*FIXED, (b"content-length", b"0"))]
)
_END: Final = b"\r\n"
_LAST: Final = b"connection: close\r\n\r\n"


class Waiting(Protocol):
    """A connection that waits for its client until then (on the loop's clock), if it does."""

    waits_until: float | None
    transport: asyncio.Transport


class Door(Protocol):
    """What the application of a door tells its connections."""

    redirects: Redirects
    reserved: frozenset[str]


class Refused(Exception):
    """More than a client may ask for in one head, or at once."""


class Guarded(HttpToolsProtocol):
    """Any request, by uvicorn, which alone waits for a client as long as that likes.

    A request to speak something else than HTTP/1.1 is ignored, as RFC 9110 has it: uvicorn would
    leave its body unread.
    """

    waits_until: float | None = None
    # Of a request that is not whole yet: whether its head is not, and how much of that came.
    _is_whole = True
    _in_head = False
    _read = 0
    _is_repeated = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait(SECONDS_FOR_A_HEAD)

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if not self._is_whole and not self._in_head:
            self._wait(SECONDS_FOR_A_PIECE)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._ignore_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError:
            self.send_400_response("This is not a request that we can read.")
            return
        if self._in_head:
            self._read += len(data)
            if self._read > LONGEST_HEAD:
                self.send_400_response("The head of the request is too long.")

    def eof_received(self) -> bool:  # type: ignore[override]
        """Who has asked all and says no more may still hear the answer."""
        if self.cycle is None or not self._is_whole or self.cycle.response_started:
            return False
        self.cycle.keep_alive = False
        return True

    def on_message_begin(self) -> None:
        if not self._is_repeated:
            super().on_message_begin()
            self._is_whole, self._in_head, self._read = False, True, 0
            self._wait(SECONDS_FOR_A_HEAD)

    def on_url(self, url: bytes) -> None:
        if not self._is_repeated:
            super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_repeated:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if self._is_repeated:
            return
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > LONGEST_HEAD or len(self.pipeline) >= MOST_PIPELINED:
            raise Refused
        self._in_head = False
        self._wait(SECONDS_FOR_A_PIECE)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self.parser.should_upgrade():
            return  # its body comes yet
        super().on_message_complete()
        self._is_whole = True
        self._look_for_more()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look_for_more()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait(SECONDS_FOR_A_PIECE)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.waits_until = None

    def shutdown(self) -> None:
        if self.cycle is not None and _LIVE in self.cycle.scope["headers"]:
            self.transport.close()  # such an answer has no end
        else:
            super().shutdown()

    def _wait(self, seconds: float) -> None:
        self.waits_until = self.loop.time() + seconds

    def _look_for_more(self) -> None:
        """Wait for the client when nothing that it asked for is left to do."""
        if self.cycle.response_complete and not self.pipeline:
            self._wait(SECONDS_FOR_A_HEAD if self._is_whole else SECONDS_FOR_A_PIECE)
        elif self._is_whole:
            self.waits_until = None

    def _ignore_upgrade(self, rest: bytes) -> None:
        """The parser goes no further, so another one reads on, behind a head that says how long
        the body is and nothing more."""
        framing = [b"%b: %b\r\n" % field for field in self.headers if field[0] in _FRAMING]
        self.parser = httptools.HttpRequestParser(self)
        self._is_repeated = True
        self.parser.feed_data(b"POST / HTTP/1.1\r\n" + b"".join(framing) + b"\r\n")
        self._is_repeated = False
        if rest:
            self.data_received(rest)


class TapConnection(asyncio.Protocol):
    """A connection to the door, while nothing but plain taps comes on it."""

    transport: asyncio.Transport

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        door: Door = config.loaded_app
        self._redirects, self._reserved = door.redirects, door.reserved
        self._for_uvicorn = config, server_state, app_state, _loop
        self._state = server_state
        self._loop = _loop or asyncio.get_running_loop()
        self._peer = ""
        self._other: _Lent | None = None
        # While its click is on the way to disk: a tap, the request that it was, and what came
        # behind it.
        self._tap: Tap | None = None
        self._asked = self._behind = b""
        self._stays = True
        self.waits_until: float | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport
        address = transport.get_extra_info("peername")
        self._peer = address[0] if isinstance(address, tuple) else ""
        self.waits_until = self._loop.time() + SECONDS_FOR_A_HEAD
        self._state.connections.add(self)  # type: ignore[arg-type]

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)

    def eof_received(self) -> bool:
        self._stays = False
        return self._tap is not None

    def shutdown(self) -> None:
        """The server is about to end: finish what was asked."""
        self._stays = False
        if self._tap is None:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        if self._tap is not None:
            self._behind += data
            self.transport.pause_reading()
            return
        plain = read_plain(data)
        if plain is None or not self._follow(plain, data):
            self._hand_over(data)

    def _follow(self, plain: PlainRequest, data: bytes) -> bool:
        """Whether the tap is on its way to disk."""
        if plain.code in self._reserved:
            return False
        try:
            tap = self._redirects.tap_at_once(plain.code, self._peer, plain.head.evidence)
            if tap is None:
                return False
            self._redirects.keep(tap, self._answer)
        except Unavailable:
            return False
        except Exception:
            log.exception("a tap could not be followed at once")
            return False
        self._tap, self._asked, self.waits_until = tap, data, None
        self._stays = self._stays and plain.head.stays
        return True

    def _answer(self, failure: Unavailable | None) -> None:
        tap, behind = self._tap, self._behind
        self._tap, self._behind = None, b""
        if tap is None or self.transport.is_closing():
            return
        if behind:
            self.transport.resume_reading()
        if failure is not None:
            self._hand_over(self._asked + behind)
            return
        self._redirects.count(tap)
        end = _END if self._stays else _LAST
        self.transport.write(_LED_ON % (self._state.default_headers[0][1], tap.location) + end)
        if not self._stays:
            self.transport.close()
            return
        self.waits_until = self._loop.time() + SECONDS_FOR_A_HEAD
        if behind:
            self.data_received(behind)

    def _hand_over(self, data: bytes) -> None:
        """To uvicorn, until it has answered. A tap that could not be noted is tried once more
        there, and then told so."""
        other = self._other
        self._state.connections.discard(self)
        if other is None:
            other = self._other = _Lent(self, *self._for_uvicorn)
            other.connection_made(self.transport)
        else:
            self._state.connections.add(other)
        self.transport.set_protocol(other)
        other.data_received(data)

    def take_back(self) -> None:
        """All that came was answered."""
        self._state.connections.add(self)  # type: ignore[arg-type]
        self.waits_until = self._loop.time() + SECONDS_FOR_A_HEAD
        self.transport.set_protocol(self)

    def pause_writing(self) -> None:
        """Read no more from who does not read answers."""
        self.transport.pause_reading()
        self.waits_until = self._loop.time() + SECONDS_FOR_A_PIECE
        if self._other is not None:
            self._other.pause_writing()

    def resume_writing(self) -> None:
        self.transport.resume_reading()
        self.waits_until = self._loop.time() + SECONDS_FOR_A_HEAD
        if self._other is not None:
            self._other.resume_writing()


class _Lent(Guarded):
    """uvicorn's side of a connection to the door, which it gives back behind its answer."""

    def __init__(
        self,
        owner: TapConnection,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._owner = owner

    def on_response_complete(self) -> None:
        super().on_response_complete()
        has_more = not self._is_whole or self.pipeline or not self.cycle.response_complete
        if has_more or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self._owner.take_back()
