"""Opaque identifiers. All come from the operating system's randomness; none encodes anything."""

from __future__ import annotations

import re
import secrets
from hashlib import sha256

CODE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CODE_LENGTH = 8
CLICK_ID_LENGTH = 20
_CLICK_ID = re.compile(rf"[A-Za-z0-9_-]{{{CLICK_ID_LENGTH}}}")


def new_codes(count: int, *, length: int = CODE_LENGTH) -> list[str]:
    """`count` random codes from an alphabet of 57 that leaves out 0, 1, I, O and l.

    8 characters hold 46.7 bits. Bytes of 228 and above are rejected, so that every character is
    equally likely. Codes may repeat with the chance that the birthday bound gives: the unique key
    of the table decides.
    """
    needed = count * length
    kept = bytearray()
    while len(kept) < needed:
        batch = secrets.token_bytes((needed - len(kept)) * 9 // 8 + 16)
        kept += batch.translate(_CODE_TABLE, _CODE_REJECTED)
    text = kept[:needed].decode("ascii")
    return [text[start : start + length] for start in range(0, needed, length)]


_CODE_LIMIT = 256 - 256 % len(CODE_ALPHABET)
_CODE_REJECTED = bytes(range(_CODE_LIMIT, 256))
_CODE_TABLE = bytes(ord(CODE_ALPHABET[byte % len(CODE_ALPHABET)]) for byte in range(256))


def new_click_ids(count: int) -> list[str]:
    """Opaque ids of `count` clicks: 20 URL-safe characters each, 120 random bits."""
    text = secrets.token_urlsafe(CLICK_ID_LENGTH * 3 // 4 * count)
    return [text[at : at + CLICK_ID_LENGTH] for at in range(0, len(text), CLICK_ID_LENGTH)]


def is_click_id(text: str) -> bool:
    """Whether we might have given this out as the id of a click."""
    return _CLICK_ID.fullmatch(text) is not None


def new_token() -> str:
    """An unguessable token for an address or a key: 32 URL-safe characters."""
    return secrets.token_urlsafe(24)


def new_person_token() -> int:
    """The random 63-bit name of a person in the columns; it says nothing about them."""
    return secrets.randbits(63)


def read_id(text: str) -> int | None:
    """The id of a row as an address or a form names it; None for what no id can be. Eighteen digits
    fit every database's whole numbers."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def digest(secret: str) -> str:
    """SHA-256 in hex: how API keys, which are random already, are kept."""
    return sha256(secret.encode()).hexdigest()


def back_half_key(domain_id: int | None, back_half: str) -> str:
    """How a back-half that somebody chose is stored beside random codes, which hold no slash.

    Each domain (0 for the installation's own address) has its own; case makes no difference.
    """
    return f"{domain_id or 0}/{back_half.lower()}"
