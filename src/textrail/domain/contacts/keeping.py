"""How keys are kept: phones readable, because people are called by them; all else as a keyed hash.

The hash is HMAC-SHA-256, cut to 128 bits, over business, kind and value; its key comes from
`secret.key`, which is not in the database. docs/decisions/0008 says why.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from functools import cache

from django.conf import settings

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.rules import KeyKind

_READABLE = "phone"


def kept(business: Business, kind: KeyKind, value: str) -> str:
    """A normalised key as the table of identities has it; it differs from business to business."""
    if kind == _READABLE:
        return value
    told = f"{business.pk}:{kind}:{value}".encode()
    mac = hmac.digest(_pepper(settings.SECRET_KEY), told, "sha256")[:16]
    return urlsafe_b64encode(mac).decode("ascii")


@cache
def _pepper(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"textrail:identity", "sha256")
