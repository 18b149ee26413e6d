"""Kannel at the door: texts by `post-url`, receipts by `dlr-url`, which Kannel can only GET. Pure.

Kannel signs nothing. It shows the user and the password of its sendsms-user, which stand in the
addresses that it calls and which it sends as Basic authorization; they never reach the journal.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from textrail.carriers.contract import Answer, CarrierEvent, DeliveryReport, InboundText, Webhook
from textrail.carriers.forms import require
from textrail.carriers.kannel import words
from textrail.carriers.kannel.account import read_account
from textrail.vocabulary.errors import Malformed, Permanent

# A text/plain answer would be sent to the phone; an empty one is not, with `omit-empty = true`.
_NOTED = Answer("text/plain; charset=utf-8", b"")
_NEEDED = {"message": ("id", "from", "to"), "status": ("ref", "type")}
_CHARSETS = {"utf-8": "utf-8", "utf-16be": "utf-16-be", "iso-8859-1": "latin-1"}
MOST_FIELDS = 30


class KannelDoor:
    """The Door of carriers/contract.py for what smsbox calls."""

    methods = frozenset({"GET", "POST"})

    def verify(self, webhook: Webhook, secret: str) -> bool:
        try:
            account = read_account(secret)
        except Permanent:
            return False
        expected = f"{account.user}:{account.password}".encode()
        return hmac.compare_digest(_shown(webhook), expected)

    def check(self, webhook: Webhook) -> None:
        query = webhook.url.partition("?")[2]
        self.parse(webhook.what, webhook.headers.get("content-type", ""), query, webhook.body)

    def answer(self, webhook: Webhook) -> Answer:
        return _NOTED

    def parse(
        self, what: str, content_type: str, query: str, body: bytes
    ) -> Sequence[CarrierEvent]:
        fields = _fields(what, query)
        if what == "status":
            return (_receipt(fields),)
        return (
            InboundText(
                carrier_ref=fields["id"],
                sender=international(fields["from"]),
                recipient=international(fields["to"]),
                body=_body(body, content_type),
            ),
        )


def international(number: str) -> str:
    """SMPP numbers come bare, with 00 or with +; short codes and names are left as they are."""
    digits = number.strip().removeprefix("+").removeprefix("00")
    is_long = digits.isascii() and digits.isdecimal() and 8 <= len(digits) <= 15
    return f"+{digits}" if is_long and not digits.startswith("0") else number.strip()


def _shown(webhook: Webhook) -> bytes:
    """The user and the password that the caller shows."""
    kind, _, shown = webhook.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(shown.strip(), validate=True) if kind.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""


def _fields(what: str, query: str) -> Mapping[str, str]:
    if what not in _NEEDED:
        raise Malformed("The webhooks of Kannel end in message or status.", field="what")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise Malformed("The query of this address cannot be read.") from error
    fields = dict(pairs)
    require(fields, _NEEDED[what], where=" in the address that Kannel calls")
    return fields


def _body(body: bytes, content_type: str) -> str:
    """The words. Kannel sends UTF-8, and what it could not recode as UTF-16, high byte first."""
    named = content_type.lower().partition("charset=")[2].strip(' ";') or "utf-8"
    charset = _CHARSETS.get(named)
    if charset is None:
        raise Malformed(f"The charset {named[:20]} is not known here.", field="charset")
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        raise Malformed(f"The text is not in {named}.", field="charset") from error


def _receipt(fields: Mapping[str, str]) -> DeliveryReport:
    status = words.words().receipts.get(fields["type"])
    if status is None:
        raise Malformed(f"{fields['type'][:10]} is no kind of receipt that we know.", field="type")
    failed = status in {"undelivered", "failed"}
    reply = fields.get("reply", "")
    return DeliveryReport(
        carrier_ref=fields["ref"],
        reference=fields["ref"],
        status=status,
        error_code=words.error_code(reply) if failed else "",
        error=words.error_sentence(reply) if failed else "",
    )
