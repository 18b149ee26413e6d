"""Our reference travels in the address that a carrier sends the receipts of a text to. Pure."""

from __future__ import annotations

from urllib.parse import parse_qs, quote

from textrail.carriers.contract import Outgoing


def status_callback(message: Outgoing) -> str:
    """The receipt address with our reference in its query, which the carrier calls unchanged."""
    joint = "&" if "?" in message.status_url else "?"
    return f"{message.status_url}{joint}ref={quote(message.reference, safe='')}"


def reference(query: str) -> str:
    """Our reference in the query of an address that was called; empty when there is none."""
    return parse_qs(query).get("ref", [""])[0]
