"""What we ask of Twilio, held against its own OpenAPI description and its own SDK's requests.

Every request goes through `described.check`: one that the description does not know fails its test.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from textrail.carriers.contract import (
    Credentials,
    DeliveryReport,
    HandedOver,
    NumberWanted,
    Outgoing,
)
from textrail.carriers.tests import described
from textrail.carriers.twilio.client import TwilioClient
from textrail.carriers.twilio.desk import TwilioDesk
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown

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
        described.check(request)
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


def fields(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.content.decode(), keep_blank_values=True)


def test_a_text_is_handed_over_in_the_described_fields() -> None:
    twilio, seen = client(httpx.Response(201, json=kept("SM1", price="-0.0079", price_unit="USD")))
    assert twilio.hand_over(MESSAGE, CREDENTIALS) == HandedOver("SM1", 1, 7900, "USD")
    (request,) = seen
    sent = fields(request)
    assert dict(sent)["StatusCallback"] == f"{MESSAGE.status_url}?ref=ref%2F1%2B2"
    assert [value for name, value in sent if name == "MediaUrl"] == list(MESSAGE.media_urls)


def test_it_is_the_request_that_the_official_sdk_makes() -> None:
    path = described.CONTRACTS / "sdk_requests.json"
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
    assert seen[0].url.params["PhoneNumber"] == phone
    assert seen[1].url.path == f"{NUMBERS}/PN1.json"
    sms_url = urlsplit(dict(fields(seen[1]))["SmsUrl"])
    assert sms_url._replace(fragment="").geturl() == "https://go.example.com/in/twilio/t/message"


def test_a_number_of_somebody_else_cannot_be_connected() -> None:
    like_it = {"incoming_phone_numbers": [{"sid": "PN1", "phone_number": "+141555501009"}]}
    twilio, _ = client(httpx.Response(200, json=like_it))
    with pytest.raises(Permanent):
        twilio.connect("+14155550100", "https://go.example.com/in/twilio/t", CREDENTIALS)


def desk(*answers: httpx.Response | Exception) -> tuple[TwilioDesk, list[httpx.Request]]:
    twilio, seen = client(*answers)
    return TwilioDesk(twilio.http), seen


def offered(*phones: str) -> httpx.Response:
    can = {"voice": True, "SMS": True, "MMS": False}
    rows = [{"phone_number": phone, "locality": None, "capabilities": can} for phone in phones]
    return httpx.Response(200, json={"available_phone_numbers": rows})


@pytest.mark.parametrize(
    ("wanted", "kind", "asked"),
    [
        (NumberWanted("US", starts="415"), "Local", {"AreaCode": "415"}),
        (
            NumberWanted("US", starts="41555"),
            "Local",
            {"AreaCode": "415", "Contains": "41555*****"},
        ),
        (NumberWanted("US", locality="Austin"), "Local", {"InLocality": "Austin"}),
        (NumberWanted("US", contains="2020"), "Local", {"Contains": "2020"}),
        (NumberWanted("US", starts="888", toll_free=True), "TollFree", {"AreaCode": "888"}),
        (NumberWanted("GB", locality="Leeds"), "Local", {}),
        (NumberWanted("GB", starts="1133"), "Local", {"Contains": "1133"}),
    ],
)
def test_a_search_asks_for_what_twilio_describes(
    wanted: NumberWanted, kind: str, asked: dict[str, str]
) -> None:
    twilio, seen = desk(offered(), offered())
    assert twilio.search(wanted, CREDENTIALS) in ((), [])
    path = f"/AvailablePhoneNumbers/{wanted.country}/{kind}.json"
    assert seen[0].url.path.endswith(path)
    always = {"SmsEnabled": "true", "VoiceEnabled": "true", "PageSize": "40"}
    assert dict(seen[0].url.params) == always | asked


def test_a_country_without_local_numbers_offers_mobile_ones() -> None:
    gone = httpx.Response(404, json={"code": 20404})
    twilio, seen = desk(gone, offered("+447700900123"))
    (offer,) = twilio.search(NumberWanted("GB"), CREDENTIALS)
    assert (offer.phone, offer.mms, offer.monthly_micros) == ("+447700900123", False, None)
    assert [request.url.path.rpartition("/")[2] for request in seen] == [
        "Local.json",
        "Mobile.json",
    ]


def test_a_list_price_is_told_where_one_is_known() -> None:
    twilio, _ = desk(offered("+14155550131"))
    (offer,) = twilio.search(NumberWanted("US"), CREDENTIALS)
    assert (offer.monthly_micros, offer.currency) == (1_150_000, "USD")


def test_a_purchase_sets_every_webhook_in_one_request() -> None:
    twilio, seen = desk(httpx.Response(200, json={"incoming_phone_numbers": []}), listed())
    twilio.buy("+14155550131", "https://go.example.com/in/twilio/t", CREDENTIALS)
    sent = dict(fields(seen[1]))
    assert sent["PhoneNumber"] == "+14155550131"
    for name, what in (("SmsUrl", "message"), ("VoiceUrl", "call"), ("StatusCallback", "call")):
        url, _, overrides = sent[name].partition("#")
        assert url == f"https://go.example.com/in/twilio/t/{what}"
        # By itself Twilio gives a text up that our door could not take.
        assert parse_qs(overrides) == {"rc": ["5"], "rp": ["5xx,ct,rt"]}


@pytest.mark.parametrize(
    ("answer", "failure", "code"),
    [
        (httpx.Response(400, json={"code": 21422}), Permanent, "21422"),
        (httpx.Response(400, json={"code": 21631}), Permanent, "21631"),
        (httpx.Response(500), Unknown, "500"),
        (httpx.ReadTimeout("silence"), Unknown, "cut_off"),
        (httpx.Response(429), Transient, "429"),
    ],
)
def test_each_outcome_of_a_purchase(
    answer: httpx.Response | Exception, failure: type[CarryFailure], code: str
) -> None:
    twilio, _ = desk(httpx.Response(200, json={"incoming_phone_numbers": []}), answer)
    with pytest.raises(failure) as raised:
        twilio.buy("+14155550131", "https://go.example.com/in/twilio/t", CREDENTIALS)
    assert raised.value.code == code
    assert raised.value.sentence.endswith(".")


@pytest.mark.parametrize(
    ("account", "balance", "well", "said"),
    [
        ({"status": "active", "type": "Full"}, "12.34", True, "Active."),
        ({"status": "active", "type": "Trial"}, "12.34", True, "trial account"),
        ({"status": "suspended", "type": "Full"}, "12.34", False, "suspended"),
        ({"status": "closed", "type": "Full"}, None, False, "closed"),
        ({"status": "active", "type": "Full"}, "-0.05", False, "used up"),
    ],
)
def test_how_an_account_is(
    account: dict[str, str], balance: str | None, well: bool, said: str
) -> None:
    money = {"balance": balance, "currency": "USD"}
    answer = httpx.Response(200, json=money) if balance else httpx.Response(404)
    twilio, seen = desk(httpx.Response(200, json=account), answer)
    health = twilio.check(CREDENTIALS)
    assert health.well is well
    assert said in health.sentence
    assert health.hint or well
    assert seen[0].url.path == f"/2010-04-01/Accounts/{ACCOUNT}.json"


def test_what_became_of_a_text_is_told_with_its_price() -> None:
    answer = kept("SM1", status="undelivered", error_code=30003, price="-0.0079", price_unit="USD")
    twilio, seen = client(httpx.Response(200, json=answer))
    assert twilio.look_up("SM1", CREDENTIALS) == DeliveryReport(
        "SM1",
        "",
        "undelivered",
        "30003",
        "The phone was switched off or out of reach.",
        1,
        7900,
        "USD",
    )
    assert seen[0].url.path == MESSAGES.replace(".json", "/SM1.json")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"code": 20404}),
        httpx.Response(200, json=kept("SM1", status="received")),
        httpx.Response(200, json=kept("SM1", status="something-new")),
    ],
)
def test_a_text_that_twilio_says_nothing_of_has_no_report(answer: httpx.Response) -> None:
    twilio, _ = client(answer)
    assert twilio.look_up("SM1", CREDENTIALS) is None


def test_a_recording_is_fetched_with_our_credentials_and_only_there() -> None:
    twilio, seen = client(httpx.Response(200, content=b"mp3"))
    url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Recordings/RE{'0' * 32}"
    described_url = f"{url}.json"  # the description knows the same resource as JSON
    assert twilio.fetch_media(described_url, CREDENTIALS, limit=10) == b"mp3"
    assert seen[0].headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize(
    ("method", "url", "body"),
    [
        ("GET", "https://api.twilio.com/2010-04-01/Accounts/AC1/Nothing.json", None),
        ("DELETE", f"https://api.twilio.com{MESSAGES}", None),
        ("GET", f"https://api.twilio.com{MESSAGES}?Unheard=1", None),
        ("GET", f"https://api.twilio.com{MESSAGES}?PageSize=many", None),
        ("POST", f"https://api.twilio.com{MESSAGES}", {"Body": "no recipient"}),
        ("POST", f"https://api.twilio.com{MESSAGES}", {"To": "+1", "Unheard": "x"}),
        ("POST", f"https://api.twilio.com{MESSAGES}", {"To": "+1", "ScheduleType": "later"}),
        ("POST", f"https://api.twilio.com{MESSAGES}", {"To": "+1", "StatusCallback": "nowhere"}),
    ],
)
def test_a_request_that_twilio_does_not_describe_is_caught(
    method: str, url: str, body: dict[str, str] | None
) -> None:
    if described.description() is None:
        pytest.skip("Twilio's OpenAPI description is not on this machine")
    with pytest.raises(described.NotDescribed):
        described.check(httpx.Request(method, url, data=body))
