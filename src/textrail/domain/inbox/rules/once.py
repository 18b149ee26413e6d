"""The key under which a program asks for a text once, and how two calls are told apart. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from hashlib import sha256

from textrail.vocabulary.errors import Conflict, Malformed

LONGEST_KEY = 255
_KEY = re.compile(r"[!-~]{1,255}\Z", re.ASCII)


def check_once(key: str) -> str:
    """The key as it was sent, or Malformed for one with other characters than visible ASCII."""
    if not _KEY.match(key):
        raise Malformed(
            f"An idempotency key has 1 to {LONGEST_KEY} letters, digits and signs, and no spaces.",
            hint="Use a random one, such as a UUID, for each text that you mean to send.",
            field="Idempotency-Key",
            code="idempotency_key_malformed",
        )
    return key


def fingerprint(asked: Mapping[str, object]) -> str:
    """SHA-256, in hex, of what was asked for, in whatever order and spacing it was sent."""
    plain = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(plain.encode("utf-8", "surrogatepass")).hexdigest()


def reused(key: str) -> Conflict:
    """The refusal of a key that asks for something else than before."""
    return Conflict(
        f"The key “{key[:60]}” was used for another text.",
        hint="Give each text a key of its own; send the same one again only with the same call.",
        field="Idempotency-Key",
        code="idempotency_key_reused",
    )
