"""What is Kannel's own: who may call, what its answers and receipts mean, and where it is."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import httpx
import pytest

from textrail.carriers.contract import (
    Checker,
    Credentials,
    DeliveryReport,
    InboundText,
    Outgoing,
    Webhook,
)
from textrail.carriers.kannel import form
from textrail.carriers.kannel.account import Account, write_account
from textrail.carriers.kannel.client import KannelClient, receipt_address
from textrail.carriers.kannel.door import KannelDoor, international
from textrail.carriers.tests.adapter import HANDSET, OURS
from textrail.carriers.tests.fake_kannel import ACCOUNT, FakeKannel, KannelAdapter, called
from textrail.vocabulary.errors import CarryFailure, Malformed, Permanent, Transient, Unknown

BASE = "https://go.example.com/in/kannel/token"
DOOR = KannelDoor()
SECRET = write_account(ACCOUNT)
MESSAGE = Outgoing("ref/1+2", OURS, HANDSET, "Hello", (), f"{BASE}/status")
CREDENTIALS = Credentials("textrail@kannel.test:13013", SECRET)


@pytest.fixture
def kannel() -> KannelAdapter:
    return KannelAdapter()


def parsed(webhook: Webhook) -> InboundText | DeliveryReport:
    assert DOOR.verify(webhook, SECRET)
    DOOR.check(webhook)
    query = webhook.url.partition("?")[2]
    content_type = webhook.headers.get("content-type", "")
    (event,) = DOOR.parse(webhook.what, content_type, query, webhook.body)
    assert isinstance(event, InboundText | DeliveryReport)
    return event


def receipt(bit: str, reply: str = "") -> Webhook:
    return called("status", f"{BASE}/status?ref=ref-1&type={bit}&reply={reply}")


# Who may call


@pytest.mark.parametrize(
    "shown",
    [
        "",
        "Basic",
        "Basic ????",
        "Bearer " + base64.b64encode(b"textrail:a-long-password").decode(),
        "Basic " + base64.b64encode(b"textrail:a-long-passwore").decode(),
        "Basic " + base64.b64encode(b"textrai:la-long-password").decode(),
        "Basic é",
    ],
)
def test_who_does_not_show_user_and_password_is_not_kannel(shown: str) -> None:
    webhook = receipt("1")
    assert DOOR.verify(webhook, SECRET)
    assert not DOOR.verify(replace(webhook, headers={"authorization": shown}), SECRET)
    assert not DOOR.verify(webhook, "not an account")


# Texts


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("12125550123", "+12125550123"),
        ("+12125550123", "+12125550123"),
        ("0012125550123", "+12125550123"),
        ("447911123456", "+447911123456"),
        ("40404", "40404"),
        ("07911123456", "07911123456"),
        ("HARBOR", "HARBOR"),
    ],
)
def test_numbers_of_smpp_are_written_with_their_country(given: str, number: str) -> None:
    assert international(given) == number


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ('text/plain; charset="UTF-8"', "Пр🙂 & é\n".encode()),
        ("text/plain; charset=UTF-16BE", "Пр🙂 & é\n".encode("utf-16-be")),
        ("", "Пр🙂 & é\n".encode()),
    ],
)
def test_words_are_read_in_the_charset_that_kannel_names(content_type: str, body: bytes) -> None:
    webhook = called("message", f"{BASE}/message?id=1&from=12125550123&to=14155550100", body)
    headers = {**webhook.headers, "content-type": content_type}
    text = parsed(replace(webhook, headers=headers))
    assert isinstance(text, InboundText)
    assert text.body == "Пр🙂 & é\n"


@pytest.mark.parametrize(
    ("query", "content_type", "body"),
    [
        ("id=1&from=1", "text/plain", b"x"),
        ("from=1&to=2", "text/plain", b"x"),
        ("id=1&from=1&to=2", "text/plain; charset=EBCDIC", b"x"),
        ("id=1&from=1&to=2", "text/plain; charset=UTF-8", b"\xff"),
        ("&".join(f"a{n}=1" for n in range(99)), "text/plain", b"x"),
    ],
)
def test_a_text_that_cannot_be_read_is_malformed(
    query: str, content_type: str, body: bytes
) -> None:
    webhook = called("message", f"{BASE}/message?{query}", body)
    with pytest.raises(Malformed):
        DOOR.check(replace(webhook, headers={"content-type": content_type}))


def test_nothing_else_is_taken() -> None:
    with pytest.raises(Malformed):
        DOOR.check(called("call", f"{BASE}/call?id=1"))


# Receipts


@pytest.mark.parametrize(
    ("bit", "reply", "status", "code", "error"),
    [
        ("1", "", "delivered", "", ""),
        ("8", "ACK%2F", "sent", "", ""),
        ("4", "", "accepted", "", ""),
        (
            "2",
            "id%3A7+stat%3AUNDELIV+err%3A011+text%3A",
            "undelivered",
            "011",
            "The provider could not deliver the text.",
        ),
        (
            "16",
            "NACK%2F0x0000000b%2FInvalid+Destination+Address",
            "failed",
            "0000000b",
            "The SMSC says: NACK/0x0000000b/Invalid Destination Address",
        ),
        ("16", "", "failed", "", "The SMSC did not deliver it."),
        ("2", "stat%3AEXPIRED+err%3A000", "undelivered", "", "The phone was out of reach until"),
    ],
)
def test_the_bits_of_a_receipt_are_statuses(
    bit: str, reply: str, status: str, code: str, error: str
) -> None:
    report = parsed(receipt(bit, reply))
    assert isinstance(report, DeliveryReport)
    assert (report.reference, report.status, report.error_code) == ("ref-1", status, code)
    assert report.error.startswith(error)
    assert bool(report.error) == bool(error)


@pytest.mark.parametrize("bit", ["0", "3", "32", "", "x"])
def test_another_bit_is_malformed(bit: str) -> None:
    with pytest.raises(Malformed):
        DOOR.check(receipt(bit))


# Sending


def test_the_receipt_address_shows_the_account_and_leaves_the_escapes_alone() -> None:
    message = replace(MESSAGE, status_url=f"{BASE}/status?x=1")
    assert receipt_address(message, ACCOUNT) == (
        "https://textrail:a-long-password@go.example.com/in/kannel/token/status"
        "?x=1&ref=ref%2F1%2B2&type=%d&reply=%A"
    )


@pytest.mark.parametrize(
    ("body", "coding"), [("Hello {é} €", "0"), ("it’s", "2"), ("🙂", "2"), ("ñ", "0")]
)
def test_the_alphabet_is_named_by_the_rule_that_counts_segments(
    kannel: KannelAdapter, body: str, coding: str
) -> None:
    kannel.client.hand_over(replace(MESSAGE, body=body), kannel.credentials)
    (text,) = kannel.fake.texts
    assert text.headers["x-kannel-coding"] == coding
    assert text.headers["x-kannel-dlr-mask"] == "31"


def test_neither_words_nor_password_stand_in_an_address(kannel: KannelAdapter) -> None:
    kannel.client.hand_over(MESSAGE, kannel.credentials)
    (text,) = kannel.fake.texts
    assert not text.url.query


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (httpx.Response(403, text="Authorization failed for sendsms"), Permanent),
        (httpx.Response(400, text="Sender missing and no global set, rejected"), Permanent),
        (httpx.Response(404, text="Not routable. Do not try again."), Permanent),
        (httpx.Response(503, text="Temporal failure, try again later."), Transient),
        (httpx.Response(200, text="<html>a login page of some proxy</html>"), Unknown),
        (httpx.Response(302, headers={"location": "http://10.0.0.1/"}), Unknown),
        (httpx.Response(500), Unknown),
        (httpx.ConnectError("refused"), Transient),
        (httpx.ReadTimeout("silence"), Unknown),
    ],
)
def test_each_answer_of_smsbox(
    answer: httpx.Response | Exception, failure: type[CarryFailure]
) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with httpx.Client(transport=httpx.MockTransport(serve)) as http:
        client = KannelClient(http, frozenset({ACCOUNT.address}))
        with pytest.raises(failure) as raised:
            client.hand_over(MESSAGE, CREDENTIALS)
        assert raised.value.sentence


def test_queued_for_later_counts_as_taken() -> None:
    queued = httpx.Response(202, text="3: Queued for later delivery")
    with httpx.Client(transport=httpx.MockTransport(lambda request: queued)) as http:
        client = KannelClient(http, frozenset({ACCOUNT.address}))
        assert client.hand_over(MESSAGE, CREDENTIALS).carrier_ref == MESSAGE.reference


def test_an_address_that_the_operator_did_not_name_is_never_called() -> None:
    fake = FakeKannel()
    with httpx.Client(transport=httpx.MockTransport(fake)) as http:
        for allowed in ((), ("http://kannel.test:13014",), ("http://kannel.test",)):
            client = KannelClient(http, frozenset(allowed))
            with pytest.raises(Permanent, match="TEXTRAIL_KANNEL") as raised:
                client.hand_over(MESSAGE, CREDENTIALS)
            assert raised.value.code == "address_not_allowed"
            with pytest.raises(Permanent, match="TEXTRAIL_KANNEL"):
                client.connect(OURS, BASE, CREDENTIALS)
    assert fake.requests == []


def test_connecting_tries_the_account_and_sends_nothing(kannel: KannelAdapter) -> None:
    kannel.client.connect(OURS, BASE, kannel.credentials)
    wrong = write_account(Account(ACCOUNT.address, ACCOUNT.user, "another-password"))
    with pytest.raises(Permanent):
        kannel.client.connect(OURS, BASE, Credentials("", wrong))
    assert len(kannel.fake.requests) == 2
    assert kannel.fake.texts == []


def test_an_account_says_how_it_is(kannel: KannelAdapter) -> None:
    assert isinstance(kannel.client, Checker)
    assert kannel.client.check(kannel.credentials).well
    wrong = write_account(Account(ACCOUNT.address, ACCOUNT.user, "another-password"))
    unnamed = write_account(Account("http://10.0.0.1", ACCOUNT.user, ACCOUNT.password))
    for secret in (wrong, unnamed, "nothing"):
        health = kannel.client.check(Credentials("", secret))
        assert not health.well
        assert health.hint


def test_what_is_no_kannel_is_not_taken_for_one() -> None:
    page = httpx.Response(200, text="<html>a page</html>")
    with httpx.Client(transport=httpx.MockTransport(lambda request: page)) as http:
        client = KannelClient(http, frozenset({ACCOUNT.address}))
        assert not client.check(CREDENTIALS).well
        with pytest.raises(Unknown):
            client.connect(OURS, BASE, CREDENTIALS)


# The form


def test_an_account_is_sealed_as_one_secret() -> None:
    values = {
        "address": " http://127.0.0.1:13013/ ",
        "user": "textrail",
        "password": "a-long-password",
    }
    credentials = form.FORM.read(values)
    assert credentials.account_ref == "textrail@127.0.0.1:13013"
    assert json.loads(credentials.secret) == {**values, "address": "http://127.0.0.1:13013"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"address": "127.0.0.1:13013"}, "address"),
        ({"address": "ftp://127.0.0.1"}, "address"),
        ({"address": "http://a:b@127.0.0.1"}, "address"),
        ({"address": "http://127.0.0.1/cgi-bin/sendsms"}, "address"),
        ({"address": "http://127.0.0.1:port"}, "address"),
        ({"address": "http://[::1"}, "address"),
        ({"user": ""}, "user"),
        ({"user": "a b"}, "user"),
        ({"password": "short"}, "password"),
        ({"password": 'with-a-"-quote'}, "password"),
        ({"password": "with:a@colon-and-at"}, "password"),
    ],
)
def test_what_cannot_be_an_account_is_refused_where_it_stands(
    change: dict[str, str], field: str
) -> None:
    values = {"address": "http://127.0.0.1:13013", "user": "a", "password": "a-long-password"}
    with pytest.raises(Malformed) as raised:
        form.FORM.read(values | change)
    assert raised.value.field == field
    assert raised.value.hint
