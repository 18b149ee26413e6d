"""The world on HTTP: a table of addresses, an ASGI application."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from textrail.carriers.simulator import api, desk_api, pages
from textrail.carriers.simulator.exchange import Reply, Request, refusal_reply
from textrail.carriers.simulator.store import Land
from textrail.carriers.simulator.world import World
from textrail.vocabulary.errors import NotFound, Refusal, TooLarge

LARGEST_BODY = 16_000_000

Scope = MutableMapping[str, Any]  # the shape that ASGI defines
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_PHONE = r"(?P<{}>\+?[0-9]{{1,20}})"
_SLUG = r"(?P<slug>[a-z-]{1,60})"
_ROUTES: list[tuple[str, str, Callable[..., Reply]]] = [
    ("PUT", rf"/api/numbers/{_PHONE.format('phone')}", api.connect_number),
    ("GET", r"/api/numbers", api.list_numbers),
    ("DELETE", rf"/api/numbers/{_PHONE.format('phone')}", desk_api.release),
    ("GET", r"/api/offers", desk_api.search),
    ("POST", r"/api/orders", desk_api.buy),
    ("GET", r"/api/account", desk_api.show_account),
    ("GET", r"/api/messages/(?P<ref>SM[0-9a-f]{32})", desk_api.show_message),
    ("GET", r"/api/calls/(?P<ref>CA[0-9a-f]{32})", desk_api.show_call),
    ("POST", r"/api/messages", api.take_message),
    ("GET", r"/api/messages", api.find_messages),
    ("PUT", r"/api/mishap", api.misbehave),
    ("POST", r"/api/handset/text", api.send_text),
    ("POST", r"/api/handset/call", api.place_call),
    ("POST", r"/api/handset/call/(?P<call>CA[0-9a-f]{32})/end", api.end_call),
    ("GET", r"/api/handset/call/(?P<call>CA[0-9a-f]{32})", api.show_call),
    ("POST", r"/api/handset/call/(?P<call>CA[0-9a-f]{32})/do", api.act_in_call),
    ("GET", rf"/api/handsets/{_PHONE.format('phone')}", api.show_handset),
    ("PUT", rf"/api/handsets/{_PHONE.format('phone')}", api.switch_on),
    ("GET", rf"/api/handsets/{_PHONE.format('phone')}/inbox", api.show_inbox),
    (
        "POST",
        rf"/api/handsets/{_PHONE.format('phone')}/threads/{_PHONE.format('number')}/read",
        api.read_thread,
    ),
    ("GET", r"/media/(?P<token>ME[0-9a-f]{32})", api.show_picture),
    ("GET", r"/(?:phone)?", pages.show_phone),
    ("GET", r"/tap", pages.tap),
    ("GET", r"/static/(?P<name>(?:[a-z]+/)?[a-z-]+\.(?:css|js|svg|png))", pages.show_static),
    ("GET", r"/shop/?", pages.show_shop),
    ("GET", rf"/shop/{_SLUG}", pages.show_product),
    ("POST", rf"/shop/{_SLUG}/buy", pages.buy),
    ("POST", rf"/shop/{_SLUG}/book", pages.book),
    ("GET", rf"/shop/{_SLUG}/thanks/(?P<ref>H[SL]-[0-9]{{1,12}})", pages.show_thanks),
]
ROUTES = [(method, re.compile(path), handler) for method, path, handler in _ROUTES]


def answer(land: Land, request: Request) -> Reply:
    """The world's reply to any request; refusals are JSON for programs and a page for people."""
    try:
        for method, path, handler in ROUTES:
            match = path.fullmatch(request.path)
            if match and method == ("GET" if request.method == "HEAD" else request.method):
                return handler(land, request, **match.groupdict())
        raise NotFound("There is nothing at this address.")
    except Refusal as refusal:
        is_program = request.path.startswith("/api/")
        return refusal_reply(refusal) if is_program else pages.show_problem(land, refusal)


def create_app(world: World) -> Application:
    """The world as an ASGI application. Requests are answered on threads, since they use a disk."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            body = await _read_body(receive)
        except TooLarge as refusal:
            await _send(refusal_reply(refusal), send)
            return
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        query = scope["query_string"].decode("latin-1")
        request = request_of(scope["method"], scope["path"], query, headers, body)
        await _send(await asyncio.to_thread(answer, world.land, request), send)

    return application


def request_of(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Request:
    """A call to the world; the names of `headers` are in small letters."""
    first = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    return Request(method, path, query, first, headers, body)


async def _read_body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > LARGEST_BODY:
            raise TooLarge("That is more than a carrier takes at once.")
        if not message.get("more_body"):
            return bytes(body)


async def _send(reply: Reply, send: Send) -> None:
    headers = {**reply.all_headers(), "content-length": str(len(reply.body))}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": reply.status, "headers": encoded})
    if reply.is_cut_off:
        await send({"type": "http.response.body", "body": reply.body[:1], "more_body": True})
        return
    await send({"type": "http.response.body", "body": reply.body})
