"""Kannel's answers in our words. They are data.

Source: the Kannel 1.4.5 user guide, “Delivery reports” and “HTTP interface to send-sms service”.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from textrail.carriers.contract import DeliveryStatus
from textrail.carriers.meanings import load
from textrail.vocabulary.lines import one_line

_ERROR_CODE = re.compile(r"\berr:(\w{1,12})|\A(?:NACK|FAIL|ACK)/(?:0x)?(\w{1,12})")
LONGEST_REPLY = 200


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`receipts` are the bits of dlr-mask; `stats` are the last words of an SMPP receipt;
    `refusals` begin what smsbox says."""

    receipts: dict[str, DeliveryStatus]
    stats: dict[str, str]
    refusals: dict[str, str]


@cache
def words() -> Words:
    return load(__package__, "words.json", Words)


def error_code(reply: str) -> str:
    """What the SMSC calls the failure; empty when it gives none, or says that there is none."""
    found = _ERROR_CODE.search(reply)
    code = (found[1] or found[2]) if found else ""
    return "" if code.strip("0") == "" else code


def error_sentence(reply: str) -> str:
    """One sentence for people about a text that did not arrive."""
    for stat, sentence in words().stats.items():
        if f"stat:{stat}" in reply:
            return sentence
    said = one_line(reply)
    return f"The SMSC says: {said[:LONGEST_REPLY]}" if said else "The SMSC did not deliver it."


def refusal(said: str, status: int) -> str:
    for beginning, sentence in words().refusals.items():
        if said.startswith(beginning):
            return sentence
    return f"Kannel answered {status}: {said[:100]}" if said else f"Kannel answered {status}."
