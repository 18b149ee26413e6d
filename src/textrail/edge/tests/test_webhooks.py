"""A carrier's webhook is taken only when the carrier signed it, and answered once it is on disk."""

from __future__ import annotations

import json
from base64 import b64encode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from textrail.carriers.kannel.account import Account, write_account
from textrail.carriers.telnyx.keys import Keys, write_keys
from textrail.domain.accounts.models import Business
from textrail.domain.numbers.models import Connection
from textrail.edge.tests.conftest import LINKS_URL, Caller, Disk, counted
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.sealing import Seal

TOKEN = "twilio-auth-token"
TEXT = {
    "MessageSid": "SM0123456789abcdef0123456789abcdef",
    "AccountSid": "AC0123456789abcdef0123456789abcdef",
    "From": "+14155550123",
    "To": "+14155550100",
    "Body": "Is 5 pm OK? Ünïcode & 100% 🎉",
    "NumMedia": "0",
}
RECEIPT = {"MessageSid": TEXT["MessageSid"], "MessageStatus": "delivered"}


@pytest.fixture
def twilio(transactional_db: None, business: Business, seal: Seal) -> Connection:
    return Connection.objects.create(
        business=business,
        carrier="twilio",
        account_ref=TEXT["AccountSid"],
        secret=seal.close(TOKEN),
        created_at=business.created_at,
    )


def signed(path: str, form: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    signature = RequestValidator(token).compute_signature(LINKS_URL + path, form)
    return {"X-Twilio-Signature": signature}


def test_a_text_signed_by_twilio_is_on_disk_before_it_is_answered(
    call: Caller, scraper: Caller, disk: Disk, twilio: Connection
) -> None:
    path = f"/in/twilio/{twilio.token}/message"
    answer = call("POST", path, data=TEXT, headers=signed(path, TEXT))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    [arrival] = disk.read(after=0, limit=10)
    kept = arrivals.decode_carrier(arrival.body)
    assert (kept.carrier, kept.connection_id, kept.what) == ("twilio", twilio.id, "message")
    assert kept.content_type == "application/x-www-form-urlencoded"
    assert b"SM0123456789abcdef" in kept.body
    assert counted(scraper, 'textrail_webhooks_total{carrier="twilio"}') == 1


def test_a_receipt_keeps_the_query_that_was_signed_with_it(
    call: Caller, disk: Disk, twilio: Connection
) -> None:
    path = f"/in/twilio/{twilio.token}/status?ref=m_7&x=a%2Fb"
    assert call("POST", path, data=RECEIPT, headers=signed(path, RECEIPT)).status_code == 204
    [arrival] = disk.read(after=0, limit=10)
    assert arrivals.decode_carrier(arrival.body).query == "ref=m_7&x=a%2Fb"


@pytest.mark.parametrize("fault", ["another token", "another body", "another address", "none"])
def test_a_wrong_signature_is_refused_counted_and_leaves_nothing(
    call: Caller, scraper: Caller, disk: Disk, twilio: Connection, fault: str
) -> None:
    path = f"/in/twilio/{twilio.token}/message"
    headers = {
        "another token": signed(path, TEXT, "stolen"),
        "another body": signed(path, {**TEXT, "Body": "STOP"}),
        "another address": signed(path + "?x=1", TEXT),
        "none": {},
    }[fault]
    answer = call("POST", path, data=TEXT, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "wrong_signature"
    assert disk.read(after=0, limit=10) == []
    refused = 'textrail_webhooks_refused_total{carrier="twilio",reason="wrong_signature"}'
    assert counted(scraper, refused) == 1


def test_a_signed_body_that_nobody_can_read_is_malformed(
    call: Caller, disk: Disk, twilio: Connection
) -> None:
    path, form = f"/in/twilio/{twilio.token}/message", {"From": "+14155550123"}
    assert call("POST", path, data=form, headers=signed(path, form)).status_code == 422
    assert disk.read(after=0, limit=10) == []


def test_addresses_that_belong_to_no_connection_are_not_found(
    call: Caller, twilio: Connection
) -> None:
    for path in (
        "/in/twilio/unknown/message",
        f"/in/twilio/{twilio.token}/nothing",
        f"/in/simulator/{twilio.token}/message",
        f"/in/telnyx/{twilio.token}/message",
        f"/in/twilio/{twilio.token}",
        f"/in/twilio/{twilio.token}/message/",
        "/in/twilio/%00/message",
    ):
        answer = call("POST", path, data=TEXT)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_connection")


def test_a_webhook_beyond_all_measure_is_too_large(call: Caller, twilio: Connection) -> None:
    answer = call("POST", f"/in/twilio/{twilio.token}/message", content=b"x" * 300_000)
    assert answer.status_code == 413


def test_only_posts_are_taken(call: Caller, twilio: Connection) -> None:
    answer = call("GET", f"/in/twilio/{twilio.token}/message")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_a_full_disk_makes_the_carrier_send_it_again(
    call: Caller, disk: Disk, twilio: Connection
) -> None:
    disk.full = True
    path = f"/in/twilio/{twilio.token}/message"
    answer = call("POST", path, data=TEXT, headers=signed(path, TEXT))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["error"]["code"] == "journal_unavailable"


KANNEL = Account("http://127.0.0.1:13013", "textrail", "a-long-password")


@pytest.fixture
def kannel(transactional_db: None, business: Business, seal: Seal) -> Connection:
    return Connection.objects.create(
        business=business,
        carrier="kannel",
        account_ref="textrail@127.0.0.1:13013",
        secret=seal.close(write_account(KANNEL)),
        created_at=business.created_at,
    )


def test_a_gateway_that_can_only_get_is_taken_and_its_password_is_not_kept(
    call: Caller, disk: Disk, kannel: Connection
) -> None:
    path = f"/in/kannel/{kannel.token}/status?ref=m_7&type=1&reply="
    assert call("GET", path).status_code == 403
    answer = call("GET", path, auth=(KANNEL.user, KANNEL.password))
    assert (answer.status_code, answer.content) == (200, b"")
    [arrival] = disk.read(after=0, limit=10)
    assert arrivals.decode_carrier(arrival.body).query == "ref=m_7&type=1&reply="
    assert KANNEL.password.encode() not in arrival.body
    assert b"dGV4dHJhaWw6" not in arrival.body


def test_a_text_of_a_gateway_is_its_body(call: Caller, disk: Disk, kannel: Connection) -> None:
    path = f"/in/kannel/{kannel.token}/message?id=1&from=12125550123&to=14155550100"
    headers = {"content-type": 'text/plain; charset="UTF-8"'}
    shown = (KANNEL.user, KANNEL.password)
    text = "Is 5 pm OK? Ünïcode & 100% 🎉".encode()
    assert call("POST", path, content=text, headers=headers, auth=shown).status_code == 200
    [arrival] = disk.read(after=0, limit=10)
    assert arrivals.decode_carrier(arrival.body).body == text


def test_a_webhook_of_telnyx_that_is_played_again_later_is_refused(
    call: Caller, disk: Disk, business: Business, seal: Seal, clock: ManualClock
) -> None:
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    public_key = b64encode(raw).decode()
    connection = Connection.objects.create(
        business=business,
        carrier="telnyx",
        account_ref=public_key,
        secret=seal.close(write_keys(Keys("KEY1", public_key))),
        created_at=business.created_at,
    )
    ends = {"from": {"phone_number": TEXT["From"]}, "to": [{"phone_number": TEXT["To"]}]}
    event = {"event_type": "message.received", "payload": {"id": "1", "text": "Hi", **ends}}
    body = json.dumps({"data": event}).encode()
    at = str(int(clock.now().timestamp()))
    signature = b64encode(private.sign(f"{at}|".encode() + body)).decode()
    headers = {"telnyx-timestamp": at, "telnyx-signature-ed25519": signature}
    path = f"/in/telnyx/{connection.token}/message"
    assert call("POST", path, content=body, headers=headers).status_code == 204
    clock.advance(timedelta(minutes=5, seconds=1))
    assert call("POST", path, content=body, headers=headers).status_code == 403
    assert len(disk.read(after=0, limit=10)) == 1
