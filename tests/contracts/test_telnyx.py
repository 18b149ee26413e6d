"""Our Telnyx against the official package: it checks signatures as we do, and asks as we ask.

The package takes seconds to import, so that is left to who runs these tests.
"""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from textrail.carriers.contract import Credentials, Outgoing, Webhook
from textrail.carriers.telnyx.client import TelnyxClient
from textrail.carriers.telnyx.desk import TelnyxDesk
from textrail.carriers.telnyx.door import TelnyxDoor
from textrail.carriers.telnyx.keys import Keys, write_keys

if TYPE_CHECKING:
    from telnyx import Telnyx

PRIVATE = Ed25519PrivateKey.generate()
RAW = PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
PUBLIC_KEY = base64.b64encode(RAW).decode()
SECRET = write_keys(Keys("KEY_under_test_0123456789abcdef", PUBLIC_KEY))
URL = "https://go.example.com/in/telnyx/token/message"
MESSAGE = Outgoing(
    "ref/1+2",
    "+15017122661",
    "+15558675310",
    "hé & + 🙂",
    ("https://app.example.com/media/1",),
    "https://go.example.com/in/telnyx/token/status",
)


def signed(body: bytes, *, at: int) -> dict[str, str]:
    signature = base64.b64encode(PRIVATE.sign(f"{at}|".encode() + body)).decode()
    return {"telnyx-timestamp": str(at), "telnyx-signature-ed25519": signature}


def theirs(body: bytes, headers: dict[str, str]) -> bool:
    from telnyx.lib.webhook_verification import WebhookVerificationError, verify_webhook_signature

    try:
        verify_webhook_signature(body, headers, PUBLIC_KEY)
    except WebhookVerificationError:
        return False
    return True


@pytest.fixture(scope="module", autouse=True)
def official_package() -> None:
    import telnyx.lib.webhook_verification  # noqa: F401


def client(http: httpx.Client) -> Telnyx:
    from telnyx import Telnyx

    return Telnyx(api_key="KEY_under_test_0123456789abcdef", http_client=http)


def ours(body: bytes, headers: dict[str, str]) -> bool:
    webhook = Webhook(URL, "message", headers, body, at_ms=int(time.time() * 1000))
    return TelnyxDoor().verify(webhook, SECRET)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_what_telnyx_signs_verifies_with_both(text: str) -> None:
    body = text.encode()
    headers = signed(body, at=int(time.time()))
    assert theirs(body, headers)
    assert ours(body, headers)
    assert not ours(body + b" ", headers)


@pytest.mark.parametrize("seconds", [-310, -290, 290, 310])
def test_both_refuse_what_is_older_or_newer_than_five_minutes(seconds: int) -> None:
    body = b'{"data":{}}'
    headers = signed(body, at=int(time.time()) + seconds)
    assert theirs(body, headers) == ours(body, headers) == (abs(seconds) < 300)


@pytest.mark.parametrize(
    "change",
    [
        {"telnyx-timestamp": ""},
        {"telnyx-timestamp": "soon"},
        {"telnyx-timestamp": str(int(time.time()) + 1)},
        {"telnyx-signature-ed25519": ""},
        {"telnyx-signature-ed25519": "AAAA"},
        {"telnyx-signature-ed25519": "é"},
        {"telnyx-signature-ed25519": base64.b64encode(bytes(64)).decode()},
    ],
)
def test_both_refuse_what_is_not_signed(change: dict[str, str]) -> None:
    body = b"From=%2B1&To=%2B1"
    headers = signed(body, at=int(time.time())) | change
    assert not theirs(body, headers)
    assert not ours(body, headers)


def recorder(content: object) -> tuple[httpx.Client, list[httpx.Request]]:
    seen: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json={"data": content})

    return httpx.Client(transport=httpx.MockTransport(serve)), seen


def test_a_text_is_the_request_that_the_official_package_makes() -> None:
    kept = {"id": "40385f64-5717-4562-b3fc-2c963f66afa6", "to": [{"status": "queued"}]}
    http, seen = recorder(kept)
    TelnyxClient(http).hand_over(MESSAGE, Credentials(PUBLIC_KEY, SECRET))
    mine = seen.pop()
    with client(http) as official:
        official.messages.send(
            from_=MESSAGE.sender,
            to=MESSAGE.recipient,
            text=MESSAGE.body,
            media_urls=list(MESSAGE.media_urls),
            type="MMS",
            webhook_url=f"{MESSAGE.status_url}?ref=ref%2F1%2B2",
            idempotency_key=mine.headers["idempotency-key"],
        )
    made = seen.pop()
    assert (mine.method, mine.url) == (made.method, made.url)
    assert json.loads(mine.content) == json.loads(made.content)
    for header in ("authorization", "content-type", "idempotency-key"):
        assert mine.headers[header] == made.headers[header]


def test_what_is_asked_of_an_account_is_where_the_official_package_asks() -> None:
    http, seen = recorder({"balance": "1.00", "currency": "USD"})
    TelnyxDesk(http).check(Credentials(PUBLIC_KEY, SECRET))
    mine = seen.pop()
    with client(http) as official:
        official.balance.retrieve()
    assert mine.url == seen.pop().url
