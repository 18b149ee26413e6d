"""What people see who are not led on: one small page that asks for nothing else."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from html import escape

from textrail.edge.asgi import (
    NO_STORE,
    MethodNotAllowed,
    Receive,
    Response,
    Scope,
    as_json,
    require_method,
)
from textrail.edge.guessing import TooManyGuesses
from textrail.vocabulary.errors import Refusal, Unauthorized, Unavailable

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:17px/1.5 system-ui,sans-serif;max-width:30rem;margin:18vh auto 0;padding:0 1.5rem}"
    "h1{font-size:1.35rem;margin:0 0 .5rem}p{margin:0;opacity:.75}"
    "p.on{margin-top:1.5rem;opacity:1}"
)
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>{title}</title><style>" + _STYLE.replace("{", "{{").replace("}", "}}") + "</style>"
    "</head><body><main><h1>{title}</h1><p>{hint}</p>{more}</main></body></html>"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = [
    (b"content-type", b"text/html; charset=utf-8"),
    (
        b"content-security-policy",
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'".encode(),
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"x-robots-tag", b"noindex"),
    (b"referrer-policy", b"no-referrer"),
    NO_STORE,
]


async def about(scope: Scope, receive: Receive) -> Response:
    """GET `/`: what this address is."""
    require_method(scope, "GET", "HEAD")
    sentence = "This address leads on from short links in text messages."
    return _page(200, sentence, "There is nothing else to see here.")


async def robots(scope: Scope, receive: Receive) -> Response:
    """GET /robots.txt: nothing here is for search engines."""
    require_method(scope, "GET", "HEAD")
    body = b"User-agent: *\nDisallow: /\n"
    return Response(200, [(b"content-type", b"text/plain; charset=utf-8")], body)


async def no_icon(scope: Scope, receive: Receive) -> Response:
    """GET /favicon.ico, which browsers ask for beside a page: no guess at a code."""
    require_method(scope, "GET", "HEAD")
    return Response(404, [(b"cache-control", b"max-age=86400")])


def refuse_with_page(refusal: Refusal) -> Response:
    return _page(refusal.status, refusal.sentence, refusal.hint, headers=_extra_headers(refusal))


def unrecorded_page(refusal: Unavailable, *, onward: str) -> Response:
    """The answer to a tap that could not be written down: no redirect, for that would say that it
    was, but a link for the person who is waiting (nothing for an `onward` that is no web page)."""
    if not onward.startswith(("https://", "http://")):
        return refuse_with_page(refusal)
    link = f'<p class="on"><a href="{escape(onward)}" rel="noreferrer">Go on to the page</a></p>'
    return _page(
        refusal.status,
        "Your tap could not be noted just now.",
        "You can go on all the same.",
        more=link,
        headers=_extra_headers(refusal),
    )


def _page(
    status: int,
    title: str,
    hint: str,
    *,
    more: str = "",
    headers: Iterable[tuple[bytes, bytes]] = (),
) -> Response:
    """`more` is HTML, the rest is text."""
    body = _PAGE.format(title=escape(title), hint=escape(hint), more=more).encode()
    return Response(status, [*_HEADERS, *headers], body)


def refuse_with_json(refusal: Refusal) -> Response:
    answer = as_json(refusal.status, refusal.as_dict())
    return answer._replace(headers=[*answer.headers, *_extra_headers(refusal)])


def _extra_headers(refusal: Refusal) -> list[tuple[bytes, bytes]]:
    if isinstance(refusal, MethodNotAllowed):
        return [(b"allow", refusal.allowed.encode())]
    if isinstance(refusal, Unauthorized):
        return [(b"www-authenticate", b'Basic realm="Textrail write key"')]
    if isinstance(refusal, Unavailable):
        return [(b"retry-after", b"5")]
    if isinstance(refusal, TooManyGuesses):
        return [(b"retry-after", str(refusal.seconds).encode())]
    return []
