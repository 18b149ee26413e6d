"""What people see when an address leads nowhere: one small page that asks for nothing else."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from textrail.edge.asgi import NO_STORE, MethodNotAllowed, Response, as_json
from textrail.vocabulary.errors import Refusal, Unauthorized, Unavailable

_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:17px/1.5 system-ui,sans-serif;max-width:30rem;margin:18vh auto 0;padding:0 1.5rem}"
    "h1{font-size:1.35rem;margin:0 0 .5rem}p{margin:0;opacity:.75}"
)
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    "<title>{title}</title><style>" + _STYLE.replace("{", "{{").replace("}", "}}") + "</style>"
    "</head><body><main><h1>{title}</h1><p>{hint}</p></main></body></html>"
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


def refuse_with_page(refusal: Refusal) -> Response:
    body = _PAGE.format(title=escape(refusal.sentence), hint=escape(refusal.hint)).encode()
    return Response(refusal.status, [*_HEADERS, *_extra_headers(refusal)], body)


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
    return []
