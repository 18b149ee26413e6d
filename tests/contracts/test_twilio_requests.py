"""What we ask of Twilio, held against its own OpenAPI description and its own SDK's requests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest

from textrail.carriers.contract import Credentials, HandedOver, Outgoing
from textrail.carriers.twilio.client import TwilioClient
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown

CONTRACTS = Path(__file__).resolve().parents[3] / "shared" / "contracts"
ACCOUNT = "AC00000000000000000000000000000000"
CREDENTIALS = Credentials(ACCOUNT, "tok")
MESSAGE = Outgoing(
    "ref/1+2",
    "+15017122661",
    "+15558675310",
    "hé & + 🙂",
    ("https://go.example.com/m/1", "https://go.example.com/m/2"),
    "https://go.example.com/in/twilio/t/status",
)
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
NUMBERS = f"/2010-04-01/Accounts/{ACCOUNT}/IncomingPhoneNumbers"


def client(*answers: httpx.Response | Exception) -> tuple[TwilioClient, list[httpx.Request]]:
    """A client in front of these answers in turn, and the requests that it makes."""
    seen: list[httpx.Request] = []
    waiting = list(answers)

    def serve(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return TwilioClient(httpx.Client(transport=httpx.MockTransport(serve))), seen


def kept(sid: str, **values: object) -> dict[str, object]:
    """A message as Twilio keeps it."""
    created = "Mon, 02 Mar 2026 15:00:02 +0000"
    message = {"sid": sid, "body": MESSAGE.body, "direction": "outbound-api", "num_media": "2"}
    return message | {"num_segments": "1", "price": None, "date_created": created} | values


def listed(*messages: dict[str, object], following: str | None = None) -> httpx.Response:
    return httpx.Response(200, json={"messages": messages, "next_page_uri": following})


@cache
def described() -> dict[str, Any]:
    path = CONTRACTS / "twilio_api_v2010.json"
    if not path.exists():
        pytest.skip("Twilio's OpenAPI description is not on this machine")
    return dict(json.loads(path.read_text()))


def operation(request: httpx.Request) -> dict[str, Any]:
    """The description of the operation that a request calls."""
    for path, item in described()["paths"].items():
        parts, asked = path.split("/"), request.url.path.split("/")
        same = len(parts) == len(asked) and all(
            part == given or (part.startswith("{") and part.removesuffix(".json").endswith("}"))
            for part, given in zip(parts, asked, strict=True)
        )
        if same and request.method.lower() in item:
            return dict(item[request.method.lower()])
    raise AssertionError(f"Twilio has no {request.method} {request.url.path}")


def fields(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.content.decode(), keep_blank_values=True)


def assert_described(request: httpx.Request) -> None:
    """Every field that we send exists there, and every required one is sent."""
    asked = operation(request)
    known = {entry["name"] for entry in asked["parameters"] if entry["in"] == "query"}
    assert set(request.url.params) <= known
    if request.method == "POST":
        content = asked["requestBody"]["content"]["application/x-www-form-urlencoded"]
        sent = {name for name, _ in fields(request)}
        assert sent <= set(content["schema"]["properties"])
        assert set(content["schema"].get("required", ())) <= sent


def test_a_text_is_handed_over_in_the_described_fields() -> None:
    twilio, seen = client(httpx.Response(201, json=kept("SM1", price="-0.0079", price_unit="USD")))
    assert twilio.hand_over(MESSAGE, CREDENTIALS) == HandedOver("SM1", 1, 7900, "USD")
    (request,) = seen
    assert_described(request)
    sent = fields(request)
    assert dict(sent)["StatusCallback"] == f"{MESSAGE.status_url}?ref=ref%2F1%2B2"
    assert [value for name, value in sent if name == "MediaUrl"] == list(MESSAGE.media_urls)


def test_it_is_the_request_that_the_official_sdk_makes() -> None:
    path = CONTRACTS / "sdk_requests.json"
    if not path.exists():
        pytest.skip("the recorded requests of the SDKs are not on this machine")
    recorded = next(
        entry
        for entry in json.loads(path.read_text())
        if entry["who"] == "twilio" and entry["path"].endswith("/Messages.json")
    )
    theirs = dict(parse_qsl(recorded["body"]))
    twilio, seen = client(httpx.Response(201, json=kept("SM1")))
    message = Outgoing("r", theirs["From"], theirs["To"], theirs["Body"], (), "https://x/y")
    twilio.hand_over(message, CREDENTIALS)
    (request,) = seen
    assert recorded["path"].endswith(request.url.path)
    assert request.headers["authorization"] == recorded["headers"]["Authorization"]
    assert request.headers["content-type"] == recorded["headers"]["Content-Type"]
    assert dict(fields(request)) == theirs | {"StatusCallback": "https://x/y?ref=r"}


@pytest.mark.parametrize(
    ("answer", "failure", "code"),
    [
        (httpx.Response(400, json={"code": 21610, "message": "…"}), Permanent, "21610"),
        (httpx.Response(400, json={"code": 29999}), Permanent, "29999"),
        (httpx.Response(401, json={"code": 20003}), Permanent, "20003"),
        (httpx.Response(400, json={"code": 21611}), Transient, "21611"),
        (httpx.Response(400, content=b"<html>"), Permanent, "400"),
        (httpx.Response(429, json={"code": 20429}), Transient, "20429"),
        (httpx.Response(503), Transient, "503"),
        (httpx.Response(500, json={"code": 20500}), Unknown, "20500"),
        (httpx.Response(502), Unknown, "502"),
        (httpx.Response(504), Unknown, "504"),
        (httpx.Response(201, content=b"<html>"), Unknown, ""),
        (httpx.ConnectError("refused"), Transient, "unreachable"),
        (httpx.ReadTimeout("silence"), Unknown, "cut_off"),
        (httpx.RemoteProtocolError("reset"), Unknown, "cut_off"),
    ],
)
def test_each_outcome_of_handing_over(
    answer: httpx.Response | Exception, failure: type[CarryFailure], code: str
) -> None:
    twilio, _ = client(answer)
    with pytest.raises(failure) as raised:
        twilio.hand_over(MESSAGE, CREDENTIALS)
    assert raised.value.code == code
    assert raised.value.sentence


def test_a_pause_that_twilio_asks_for_is_kept() -> None:
    twilio, _ = client(httpx.Response(429, headers={"retry-after": "12"}))
    with pytest.raises(Transient) as raised:
        twilio.hand_over(MESSAGE, CREDENTIALS)
    assert raised.value.retry_after_seconds == 12


def test_an_unclear_text_is_found_by_its_words_over_pages() -> None:
    following = f"{MESSAGES}?Page=1&PageSize=100&PageToken=PAx"
    twilio, seen = client(
        listed(
            kept("SM9", direction="inbound"),
            kept("SM8", body="another"),
            kept("SM7", num_media="0"),
            following=following,
        ),
        listed(kept("SM6")),
    )
    found = twilio.find(MESSAGE, CREDENTIALS, since=NOW)
    assert found is not None
    assert found.carrier_ref == "SM6"
    for request in seen:
        assert_described(request)
    assert seen[0].url.params["To"] == MESSAGE.recipient


def test_a_text_from_before_is_not_the_one_that_we_look_for() -> None:
    old = kept("SM5", date_created="Mon, 02 Mar 2026 14:59:00 +0000")
    twilio, seen = client(listed(old, following="/next"))
    assert twilio.find(MESSAGE, CREDENTIALS, since=NOW + timedelta(milliseconds=3)) is None
    assert len(seen) == 1


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(200, content=b"?"), httpx.ReadTimeout("late")]
)
def test_a_search_that_fails_may_be_made_again(answer: httpx.Response | Exception) -> None:
    twilio, _ = client(answer)
    with pytest.raises(Transient):
        twilio.find(MESSAGE, CREDENTIALS, since=NOW)


def test_a_number_is_pointed_at_our_door() -> None:
    phone = "+14155550100"
    found = {"incoming_phone_numbers": [{"sid": "PN1", "phone_number": phone}]}
    twilio, seen = client(httpx.Response(200, json=found), httpx.Response(200, json={}))
    twilio.connect(phone, "https://go.example.com/in/twilio/t", CREDENTIALS)
    for request in seen:
        assert_described(request)
    assert seen[0].url.params["PhoneNumber"] == phone
    assert seen[1].url.path == f"{NUMBERS}/PN1.json"
    assert dict(fields(seen[1]))["SmsUrl"] == "https://go.example.com/in/twilio/t/message"


def test_a_number_of_somebody_else_cannot_be_connected() -> None:
    like_it = {"incoming_phone_numbers": [{"sid": "PN1", "phone_number": "+141555501009"}]}
    twilio, _ = client(httpx.Response(200, json=like_it))
    with pytest.raises(Permanent):
        twilio.connect("+14155550100", "https://go.example.com/in/twilio/t", CREDENTIALS)
