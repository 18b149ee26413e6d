"""Our check of Twilio's signature against the official validator, which signs here."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from textrail.carriers.contract import Webhook
from textrail.carriers.twilio.door import TwilioDoor

TOKEN = "12345678901234567890123456789012"
OFFICIAL = RequestValidator(TOKEN)
DOOR = TwilioDoor()
FORM = "application/x-www-form-urlencoded; charset=UTF-8"
URL = "https://go.example.com/in/twilio/abc/message"

names = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=12)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
fields_lists = st.lists(st.tuples(names, values), max_size=12)
urls = st.builds(
    "{}://{}{}/in/twilio/{}{}".format,
    st.sampled_from(["http", "https"]),
    st.sampled_from(["go.example.com", "localhost", "xn--bcher-kva.example"]),
    st.sampled_from(["", ":80", ":443", ":8001"]),
    st.sampled_from(["t0ken", "a-b_c"]),
    st.sampled_from(["/message", "/status?ref=abc", "/status?ref=a%2Bb&x=", "/call"]),
)


class Repeated(dict[str, list[str]]):
    """Parameters as web frameworks hand them to the validator, with repeated names."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def gathered(fields: Sequence[tuple[str, str]]) -> Repeated:
    found = Repeated()
    for name, value in fields:
        found.setdefault(name, []).append(value)
    return found


def posted(
    fields: Sequence[tuple[str, str]], signature: str, *, url: str = URL, content_type: str = FORM
) -> Webhook:
    headers = {"x-twilio-signature": signature, "content-type": content_type}
    return Webhook(url, "message", headers, urlencode(fields).encode())


@given(urls, fields_lists)
def test_what_twilio_signs_verifies(url: str, fields: list[tuple[str, str]]) -> None:
    signature = OFFICIAL.compute_signature(url, gathered(fields))
    assert OFFICIAL.validate(url, gathered(fields), signature)
    assert DOOR.verify(posted(fields, signature, url=url), TOKEN)


@given(fields_lists, fields_lists)
def test_we_agree_with_the_validator_about_every_other_form(
    signed: list[tuple[str, str]], sent: list[tuple[str, str]]
) -> None:
    signature = OFFICIAL.compute_signature(URL, gathered(signed))
    expected = OFFICIAL.validate(URL, gathered(sent), signature)
    assert DOOR.verify(posted(sent, signature), TOKEN) == expected


@given(st.text(max_size=40))
def test_a_made_up_signature_never_verifies(signature: str) -> None:
    assert not DOOR.verify(posted([("Body", "hi")], signature), TOKEN)


@given(st.binary(max_size=200))
def test_a_json_body_is_covered_by_its_hash(body: bytes) -> None:
    url = f"{URL}?bodySHA256={sha256(body).hexdigest()}"
    signature = OFFICIAL.compute_signature(url, {})
    headers = {"x-twilio-signature": signature, "content-type": "application/json"}
    assert DOOR.verify(Webhook(url, "message", headers, body), TOKEN)
    assert not DOOR.verify(Webhook(url, "message", headers, body + b" "), TOKEN)


def test_a_body_that_no_signature_covers_never_verifies() -> None:
    signature = OFFICIAL.compute_signature(URL, {})
    for content_type in ("application/json", "text/plain", ""):
        headers = {"x-twilio-signature": signature, "content-type": content_type}
        assert not DOOR.verify(Webhook(URL, "message", headers, b'{"From":"+1"}'), TOKEN)


@pytest.mark.parametrize(
    ("called", "seen"),
    [
        ("https://go.example.com:443/in/a", "https://go.example.com/in/a"),
        ("https://go.example.com/in/a", "https://go.example.com:443/in/a"),
    ],
)
def test_the_default_port_may_be_written_or_not(called: str, seen: str) -> None:
    signature = OFFICIAL.compute_signature(called, {"Body": "hi"})
    assert DOOR.verify(posted([("Body", "hi")], signature, url=seen), TOKEN)


@pytest.mark.parametrize(
    "other",
    [
        "http://go.example.com/in/twilio/abc/message",
        "https://go.example.com/in/twilio/abc/status",
        "https://go.example.com/in/twilio/abc/message?x=1",
        "https://evil.example.com/in/twilio/abc/message",
    ],
)
def test_another_address_or_token_does_not_verify(other: str) -> None:
    signature = OFFICIAL.compute_signature(URL, {"Body": "hi"})
    assert not DOOR.verify(posted([("Body", "hi")], signature, url=other), TOKEN)
    assert not DOOR.verify(posted([("Body", "hi")], signature), "another token")
