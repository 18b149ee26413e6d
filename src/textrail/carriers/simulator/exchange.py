"""A request to the world and its reply, as values: the same for a socket and for a test."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import msgspec

from textrail.vocabulary.errors import Malformed, Refusal, Unauthorized

# Nothing inline and nothing from elsewhere: the page is its own files only.
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}


def policy_with(script_url: str) -> dict[str, str]:
    """The headers of a page that carries a script of somebody else's, which reports to its home."""
    parts = urlsplit(script_url)
    home = f"{parts.scheme}://{parts.netloc}"
    policy = SECURITY_HEADERS["content-security-policy"]
    for name in ("script-src", "connect-src"):
        policy = policy.replace(f"{name} 'self'", f"{name} 'self' {home}")
    return {"content-security-policy": policy}


Content = TypeVar("Content")


@dataclass(frozen=True, slots=True)
class Request:
    """Header names are lower-case; `query` keeps the first value of each name."""

    method: str
    path: str
    query_string: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self, kind: type[Content]) -> Content:
        """The body as `kind`, or Malformed. Only JSON proper, which no foreign page can post."""
        if self.headers.get("content-type", "").partition(";")[0] != "application/json":
            raise Malformed("Send application/json.")
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:
            raise Malformed(f"The body cannot be read: {error}.") from error

    def account(self) -> tuple[str, str]:
        """The account and its secret from basic authentication, or Unauthorized."""
        scheme, _, encoded = self.headers.get("authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Unauthorized("The authorization cannot be read.") from error
        if scheme.lower() != "basic" or not name:
            raise Unauthorized("Say which account is calling.")
        return name, secret


@dataclass(frozen=True, slots=True)
class Reply:
    """`is_cut_off` makes the connection break before the answer is whole."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    is_cut_off: bool = False

    def all_headers(self) -> dict[str, str]:
        return {**SECURITY_HEADERS, **self.headers}


def json_reply(content: object, *, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "application/json"}, msgspec.json.encode(content))


def html_reply(page: str, *, status: int = 200) -> Reply:
    return Reply(status, {"content-type": "text/html; charset=utf-8"}, page.encode())


def redirect(location: str, *, status: int = 302) -> Reply:
    return Reply(status, {"location": location})


def refusal_reply(refusal: Refusal) -> Reply:
    return json_reply(refusal.as_dict(), status=refusal.status)
