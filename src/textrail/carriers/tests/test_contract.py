"""One suite for every carrier: what carriers/contract.py promises, kept by each of them.

A carrier joins with an adapter (tests/adapter.py) and one line in ADAPTERS. What a status does to a
text, in whichever order and number its receipts come, is the inbox's and tried there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest

from textrail.carriers.contract import (
    CallStanding,
    Credentials,
    DeliveryReport,
    DeliveryStatus,
    Desk,
    InboundText,
    Media,
    NumberWanted,
    Outgoing,
    Webhook,
)
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.adapter import HANDSET, OURS, PAUSE, STRANGERS, Adapter, Taken
from textrail.carriers.tests.fake_kannel import KannelAdapter
from textrail.carriers.tests.fake_simulator import SimulatorAdapter
from textrail.carriers.tests.fake_telnyx import TelnyxAdapter
from textrail.carriers.tests.fake_twilio import TwilioAdapter
from textrail.vocabulary.errors import Malformed, Permanent, Transient, Unknown

ADAPTERS: Mapping[str, Callable[[World], Adapter]] = {
    "simulator": SimulatorAdapter,
    "twilio": lambda world: TwilioAdapter(),
    "telnyx": lambda world: TelnyxAdapter(),
    "kannel": lambda world: KannelAdapter(),
}
BEFORE = datetime(2026, 3, 2, 14, 59, tzinfo=UTC)
PICTURES = ("https://pages.example.com/media/1", "https://pages.example.com/media/2")
BODY = "Hé & + 🙂\nsee you at 5"


@pytest.fixture(params=sorted(ADAPTERS))
def carrier(request: pytest.FixtureRequest, world: World) -> Adapter:
    return ADAPTERS[request.param](world)


@pytest.fixture
def desk(carrier: Adapter) -> Desk:
    if carrier.desk is None:
        pytest.skip(f"{carrier.name} sells no numbers")
    return carrier.desk


def message(carrier: Adapter, reference: str = "ref/1+2", **changed: object) -> Outgoing:
    made = Outgoing(reference, OURS, HANDSET, BODY, (), f"{carrier.webhooks_url}/status")
    return replace(made, **changed)  # type: ignore[arg-type]


def read(carrier: Adapter, webhook: Webhook) -> object:
    assert carrier.door.verify(webhook, carrier.door_secret())
    carrier.door.check(webhook)
    query = webhook.url.partition("?")[2]
    content_type = webhook.headers.get("content-type", "")
    (event,) = carrier.door.parse(webhook.what, content_type, query, webhook.body)
    return event


def test_a_text_is_taken_once_as_it_was_written(carrier: Adapter) -> None:
    handed = carrier.client.hand_over(message(carrier), carrier.credentials)
    assert handed.carrier_ref or carrier.finds == "never"
    assert carrier.taken() == [Taken(OURS, HANDSET, BODY)]


def test_a_no_for_good_is_permanent(carrier: Adapter) -> None:
    carrier.misbehave("refused")
    with pytest.raises(Permanent) as raised:
        carrier.client.hand_over(message(carrier), carrier.credentials)
    assert raised.value.sentence.endswith(".")
    assert carrier.taken() == []


def test_a_busy_carrier_is_transient_and_says_for_how_long(carrier: Adapter) -> None:
    carrier.misbehave("busy")
    with pytest.raises(Transient) as raised:
        carrier.client.hand_over(message(carrier), carrier.credentials)
    assert raised.value.retry_after_seconds == PAUSE
    assert carrier.taken() == []


@pytest.mark.parametrize("mishap", ["broken", "silent"])
def test_an_unclear_end_is_unknown_and_the_text_is_found_again(
    carrier: Adapter, mishap: str
) -> None:
    carrier.misbehave(mishap)  # type: ignore[arg-type]
    sent = message(carrier)
    with pytest.raises(Unknown):
        carrier.client.hand_over(sent, carrier.credentials)
    assert len(carrier.taken()) == 1
    if carrier.finds == "never":  # and then None would be a lie that sends it again
        with pytest.raises(Transient):
            carrier.client.find(sent, carrier.credentials, since=BEFORE)
        return
    assert carrier.client.find(sent, carrier.credentials, since=BEFORE) is not None


def test_a_text_that_never_left_is_not_found(carrier: Adapter) -> None:
    if carrier.finds == "never":
        pytest.skip(f"{carrier.name} cannot be asked for a text")
    carrier.client.hand_over(message(carrier, "another", body="Another"), carrier.credentials)
    sent = message(carrier)
    assert carrier.client.find(sent, carrier.credentials, since=BEFORE) is None


def test_wrong_credentials_send_nothing(carrier: Adapter) -> None:
    wrong = Credentials(carrier.credentials.account_ref, "wrong")
    with pytest.raises(Permanent):
        carrier.client.hand_over(message(carrier), wrong)
    assert carrier.taken() == []


def test_pictures_are_handed_over_or_refused_before_they_leave(carrier: Adapter) -> None:
    sent = message(carrier, media_urls=PICTURES)
    if carrier.offers_mms:
        carrier.client.hand_over(sent, carrier.credentials)
        assert carrier.taken() == [Taken(OURS, HANDSET, BODY, PICTURES)]
        return
    with pytest.raises(Permanent):
        carrier.client.hand_over(sent, carrier.credentials)
    assert carrier.taken() == []


@pytest.mark.parametrize("status", get_args(DeliveryStatus))
def test_each_receipt_names_its_text_and_comes_twice_unchanged(
    carrier: Adapter, status: DeliveryStatus
) -> None:
    sent = message(carrier)
    handed = carrier.client.hand_over(sent, carrier.credentials)
    webhook = carrier.receipt(sent, handed.carrier_ref, status)
    report = read(carrier, webhook)
    assert isinstance(report, DeliveryReport)
    assert report.status == status
    assert sent.reference in {report.reference, ""}
    assert report.reference or report.carrier_ref == handed.carrier_ref
    assert read(carrier, webhook) == report


def test_a_receipt_that_overtakes_the_answer_is_known_by_our_reference(carrier: Adapter) -> None:
    carrier.misbehave("silent")
    sent = message(carrier)
    with pytest.raises(Unknown):
        carrier.client.hand_over(sent, carrier.credentials)
    report = read(carrier, carrier.receipt(sent, "SM" + "b" * 32, "delivered"))
    assert isinstance(report, DeliveryReport)
    assert report.reference == sent.reference


def test_a_text_comes_in_as_it_was_written(carrier: Adapter) -> None:
    media = (Media("https://api.example.com/m/1", "image/png"),) if carrier.offers_mms else ()
    text = read(carrier, carrier.text(BODY, media=media))
    assert isinstance(text, InboundText)
    assert (text.sender, text.recipient, text.body) == (HANDSET, OURS, BODY)
    assert tuple(text.media) == media
    assert text.carrier_ref
    assert read(carrier, carrier.text(BODY, media=media)) == text


def test_a_webhook_that_somebody_changed_is_not_signed(carrier: Adapter) -> None:
    webhook = carrier.text(BODY)
    secret = carrier.door_secret()
    assert carrier.door.verify(webhook, secret)
    assert not carrier.door.verify(webhook, secret[:-1] + ("A" if secret[-1] != "A" else "B"))
    assert not carrier.door.verify(replace(webhook, headers={}, url=carrier.webhooks_url), secret)


def test_a_body_that_cannot_be_read_is_refused_at_the_door(carrier: Adapter) -> None:
    webhook = carrier.unreadable()
    assert carrier.door.verify(webhook, carrier.door_secret())
    with pytest.raises(Malformed):
        carrier.door.check(webhook)
    for body in (b"", b"\xff\xfe", b"{", b"<xml/>"):
        with pytest.raises(Malformed):
            carrier.door.check(replace(webhook, body=body))


def test_what_became_of_a_text_can_be_asked(carrier: Adapter) -> None:
    if carrier.reporter is None:
        pytest.skip(f"{carrier.name} cannot be asked")
    handed = carrier.client.hand_over(message(carrier), carrier.credentials)
    for status in ("sent", "delivered"):
        carrier.report(handed.carrier_ref, status)
        report = carrier.reporter.look_up(handed.carrier_ref, carrier.credentials)
        assert report is not None
        assert (report.carrier_ref, report.status) == (handed.carrier_ref, status)
    assert carrier.reporter.look_up("SM" + "f" * 32, carrier.credentials) is None


def test_how_a_call_stands_can_be_asked(carrier: Adapter) -> None:
    if carrier.reporter is None:
        pytest.skip(f"{carrier.name} carries no calls")
    for seconds, standing in ((None, CallStanding("ringing")), (63, CallStanding("answered", 63))):
        ref = carrier.call(seconds)
        assert carrier.reporter.look_up_call(ref, carrier.credentials) == standing
    assert carrier.reporter.look_up_call("CA" + "f" * 32, carrier.credentials) is None


def test_a_number_is_found_bought_and_given_back(carrier: Adapter, desk: Desk) -> None:
    wanted = NumberWanted("US", starts="415", limit=3)
    offers = desk.search(wanted, carrier.credentials)
    assert 1 <= len(offers) <= 3
    assert all(offer.phone.startswith("+1415") and offer.sms for offer in offers)
    phone = offers[0].phone
    for _ in range(2):  # buying twice is buying once
        desk.buy(phone, carrier.webhooks_url, carrier.credentials)
    owned = {number.phone: number for number in desk.owned(carrier.credentials)}
    assert owned.keys() == {OURS, phone}
    assert owned[phone].points_at.startswith(carrier.webhooks_url)
    assert phone not in {offer.phone for offer in desk.search(wanted, carrier.credentials)}
    for _ in range(2):
        desk.release(phone, carrier.credentials)
    assert [number.phone for number in desk.owned(carrier.credentials)] == [OURS]


def test_a_search_heeds_every_wish(carrier: Adapter, desk: Desk) -> None:
    for wanted in (
        NumberWanted("US", toll_free=True),
        NumberWanted("US", contains="013"),
        NumberWanted("US", locality="San Francisco"),
        NumberWanted("US", starts="41555501"),
    ):
        offers = desk.search(wanted, carrier.credentials)
        assert offers, wanted
        assert all(wanted.contains in offer.phone for offer in offers)
        assert all(offer.phone.startswith(f"+1{wanted.starts}") for offer in offers)
        assert all(("+18" in offer.phone) == wanted.toll_free for offer in offers)
    assert not desk.search(NumberWanted("US", starts="999"), carrier.credentials)
    assert not desk.search(NumberWanted("ZZ"), carrier.credentials)


def test_a_number_that_is_not_for_sale_is_refused_for_good(carrier: Adapter, desk: Desk) -> None:
    with pytest.raises(Permanent) as raised:
        desk.buy("+14158675309", carrier.webhooks_url, carrier.credentials)
    assert raised.value.sentence.endswith(".")
    assert [number.phone for number in desk.owned(carrier.credentials)] == [OURS]


def test_an_account_says_how_it_is(carrier: Adapter, desk: Desk) -> None:
    health = desk.check(carrier.credentials)
    assert health.well
    assert health.balance_micros is not None
    assert health.currency == "USD"
    wrong = desk.check(Credentials(carrier.credentials.account_ref, "wrong"))
    assert not wrong.well
    assert wrong.sentence
    assert wrong.hint


def test_a_number_of_ours_is_pointed_at_us_and_no_other(carrier: Adapter, desk: Desk) -> None:
    elsewhere = f"{carrier.webhooks_url}2"
    for _ in range(2):
        carrier.client.connect(OURS, elsewhere, carrier.credentials)
    (number,) = desk.owned(carrier.credentials)
    assert number.points_at.startswith(elsewhere)
    if carrier.name != "simulator":  # which gives any number to who asks first
        with pytest.raises(Permanent):
            carrier.client.connect(STRANGERS, elsewhere, carrier.credentials)
