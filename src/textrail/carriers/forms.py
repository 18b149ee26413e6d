"""Webhooks that come as forms, as Twilio sends them and TeXML after it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import parse_qsl

from textrail.vocabulary.errors import Malformed

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 500

Fields = Sequence[tuple[str, str]]


def is_form(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == FORM


def read_form(body: bytes) -> Fields:
    """The fields of a form in the order sent, empty ones kept; ValueError when it is not one."""
    text = body.decode("utf-8")
    return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)


def fields_of(
    body: bytes, content_type: str, *, needed: Sequence[str], senders: str
) -> Mapping[str, str]:
    """The fields of a form that has at least the `needed` ones, or Malformed. `senders` names what
    is read, such as “The calls of Telnyx”."""
    if not is_form(content_type):
        raise Malformed(f"{senders} are read as {FORM}.")
    try:
        fields = dict(read_form(body))
    except ValueError as error:
        raise Malformed("The body is not a form.") from error
    require(fields, needed)
    return fields


def require(fields: Mapping[str, str], needed: Sequence[str], *, where: str = "") -> None:
    """Malformed for the first of the `needed` fields that is missing or empty."""
    for name in needed:
        if not fields.get(name):
            raise Malformed(f"{name} is missing{where}.", field=name)


def whole(fields: Mapping[str, str], name: str) -> int:
    """A count in a form, 0 where there is none; Malformed for what is no whole number."""
    text = fields.get(name) or "0"
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Malformed(f"{name} is not a whole number.", field=name)
    return int(text)
