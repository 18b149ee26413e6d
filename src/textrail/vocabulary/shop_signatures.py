"""Whether a shop's webhook is the shop's: the signatures of Stripe and Shopify. Values only.

Stripe signs `{t}.{body}` with HMAC-SHA256, in hex, as `v1` of its Stripe-Signature header beside
the moment `t`; while a secret is rolled there are several. Shopify signs the body alone, in
base64, under a header that lost its `X-` in 2026: both names are sent for now, and the newer one is
believed. A body is signed as it came: nothing may decode it first.
"""

from __future__ import annotations

import binascii
import hmac
from base64 import b64decode
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final

from textrail.vocabulary.errors import Unauthorized

STRIPE_HEADER: Final = "stripe-signature"
SHOPIFY_HEADERS: Final = ("shopify-hmac-sha256", "x-shopify-hmac-sha256")
SHOPIFY_TOPICS: Final = ("shopify-topic", "x-shopify-topic")
TOLERANCE_SECONDS: Final = 300

# The value of a header by its name in small letters; empty where there is none.
Header = Callable[[str], str]


def check_stripe(header: Header, body: bytes, *, secrets: Sequence[str], now: datetime) -> None:
    """Unauthorized unless one of `secrets` signed `body` within the last five minutes."""
    given = header(STRIPE_HEADER)
    parts = [part.strip().partition("=") for part in given.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signed = [value.lower() for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not _is_moment(times[0]) or not signed:
        raise _unsigned("Stripe-Signature")
    age = now.timestamp() - int(times[0])
    if abs(age) > TOLERANCE_SECONDS:
        when = "ago" if age > 0 else "in the future"
        raise Unauthorized(
            f"This webhook was signed more than five minutes {when}.",
            hint="Check the clock of this machine; Stripe sends it again by itself.",
            code="signature_old",
        )
    for secret in secrets:
        expected = _sign(secret, times[0].encode() + b"." + body).hex()
        if any(_is_same(expected, each) for each in signed):
            return
    raise _forged()


def check_shopify(header: Header, body: bytes, *, secrets: Sequence[str]) -> None:
    """Unauthorized unless one of `secrets` signed `body`."""
    given = next(filter(None, map(header, SHOPIFY_HEADERS)), "")
    try:
        signed = b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unsigned("Shopify-Hmac-Sha256") from error
    if not signed:
        raise _unsigned("Shopify-Hmac-Sha256")
    if not any(hmac.compare_digest(_sign(secret, body), signed) for secret in secrets):
        raise _forged()


def shopify_topic(header: Header) -> str:
    """What a webhook of Shopify's is about, such as orders/paid."""
    return next(filter(None, map(header, SHOPIFY_TOPICS)), "")


def _is_moment(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 16


def _sign(secret: str, content: bytes) -> bytes:
    return hmac.digest(secret.encode(), content, sha256)


def _is_same(expected: str, given: str) -> bool:
    return given.isascii() and hmac.compare_digest(expected, given)


def _unsigned(header: str) -> Unauthorized:
    return Unauthorized(
        f"This webhook carries no signature that can be read in {header}.",
        hint="Only the shop itself may call this address.",
        code="signature_missing",
    )


def _forged() -> Unauthorized:
    return Unauthorized(
        "The signature of this webhook is not the shop's.",
        hint="Copy the signing secret of this endpoint from the shop to Textrail again.",
        code="signature_wrong",
    )
