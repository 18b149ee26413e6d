"""Requests for a code, read from the bytes of a connection when nothing about them is unusual."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from textrail.edge.evidence import KEPT, Evidence, read_evidence

LONGEST_HEAD: Final = 4_096
MOST_HEADS: Final = 2_048
_START: Final = b"GET /"
_VERSION: Final = b" HTTP/1.1\r\n"

_is_code = re.compile(rb"[0-9A-Za-z_-]{1,64}\Z").match
# Fields of RFC 9110, none of them folded, to the end of the head and no byte further.
_are_fields = re.compile(
    rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)+\r\n\Z"
).match
_fields = re.compile(rb"([^:\r\n]+):[\t ]*([^\r\n]*)\r\n").findall
# What announces a body, or asks for more than an answer.
_UNUSUAL: Final = frozenset((b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"te"))


# What phones of a kind and a language send alike. A head with anything else, such as cookies or
# addresses, is nobody else's, and not kept.
_COMMON: Final = frozenset(KEPT) - {b"from"} | {b"host", b"pragma", b"cache-control"}
_heads: Final[dict[bytes, Head]] = {}


class Head(msgspec.Struct, frozen=True):
    """The fields of a head; without `stays` the connection is to end with the answer."""

    evidence: Evidence
    stays: bool


class PlainRequest(msgspec.Struct, frozen=True, gc=False):
    """A whole `GET /{code}` without a body."""

    code: str
    head: Head


def read_plain(data: bytes) -> PlainRequest | None:
    """The request that `data` is; None for anything but one plain, whole one: that may be right
    or wrong, and is for a real parser to say."""
    end = data.find(_VERSION, len(_START), 80)
    if end < 0 or not data.startswith(_START):
        return None
    code, fields = data[len(_START) : end], data[end + len(_VERSION) :]
    if not _is_code(code) or len(fields) > LONGEST_HEAD:
        return None
    head = _heads.get(fields) or _read_head(fields)
    return None if head is None else PlainRequest(code.decode(), head)


def _read_head(fields: bytes) -> Head | None:
    if not _are_fields(fields):
        return None
    named = [(name.lower(), value) for name, value in _fields(fields)]
    if not _UNUSUAL.isdisjoint(name for name, _ in named):
        return None
    wishes = {value.lower() for name, value in named if name == b"connection"}
    if not wishes <= {b"keep-alive", b"close"}:
        return None
    head = Head(read_evidence(named), stays=b"close" not in wishes)
    if _COMMON.issuperset(name for name, _ in named):
        if len(_heads) >= MOST_HEADS:
            _heads.clear()
        _heads[fields] = head
    return head
