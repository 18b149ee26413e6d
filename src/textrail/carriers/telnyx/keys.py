"""The two keys of a Telnyx account, kept as one sealed text."""

from __future__ import annotations

import msgspec

from textrail.vocabulary.errors import Permanent

UNREADABLE = "keys_unreadable"


class Keys(msgspec.Struct, frozen=True):
    """`api_key` proves us to Telnyx, `public_key` proves Telnyx to us."""

    api_key: str
    public_key: str


def write_keys(keys: Keys) -> str:
    return msgspec.json.encode(keys).decode()


def read_keys(secret: str) -> Keys:
    """The keys of a connection, or Permanent for a secret that holds none."""
    try:
        return msgspec.json.decode(secret, type=Keys)
    except msgspec.DecodeError as error:
        sentence = "The keys of Telnyx cannot be read. Connect the account again."
        raise Permanent(sentence, code=UNREADABLE) from error
