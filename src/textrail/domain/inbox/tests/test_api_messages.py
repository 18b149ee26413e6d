"""Texts through the API: sent once, refused with reasons, read with what became of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args

import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries, Settings

from textrail.carriers.contract import HandedOver
from textrail.domain.accounts import api_access
from textrail.domain.accounts.models import Business
from textrail.domain.billing import actions as billing
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.inbox import actions
from textrail.domain.inbox.api import schemas
from textrail.domain.inbox.models import (
    Attachment,
    CallStatus,
    Message,
    MessageStatus,
    QuietRule,
    SentOnce,
)
from textrail.domain.inbox.queries import listing
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.web.tests.caller import Caller, code

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
HELLO = {"from": "+14155550100", "to": "(415) 555-0199", "body": "We are on our way."}


@pytest.fixture
def shop(business: Business, number: TrackingNumber) -> Caller:
    return Caller(business)


@pytest.fixture(autouse=True)
def media_folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def files_in(folder: Path) -> int:
    return sum(1 for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0


def test_a_text_is_put_in_line_and_read(shop: Caller, number: TrackingNumber) -> None:
    answer = shop.post("/messages", HELLO)
    assert answer.status_code == 201
    made = answer.json()
    assert made == shop.get(f"/messages/{made['id']}").json()
    assert (made["contact"]["phone"], made["number"]["id"]) == (DANA, number.pk)
    assert (made["status"], made["direction"], made["segments"]) == ("queued", "outbound", 1)
    assert made["sent_by"] == "Key Web shop"
    assert (made["price"], made["receipts"], made["scheduled_at"]) == (None, [], None)
    by_id = shop.post("/messages", HELLO | {"from": number.pk})
    assert by_id.status_code == 201
    assert by_id.json()["conversation_id"] == made["conversation_id"]


def test_the_states_of_the_document_are_those_of_the_rows() -> None:
    assert set(get_args(schemas.MessageState)) == set(MessageStatus.values)
    assert set(get_args(schemas.CallState)) == set(CallStatus.values)


def test_the_same_call_with_its_key_is_one_text(shop: Caller) -> None:
    first = shop.post("/messages", HELLO, Idempotency_Key="order-1")
    again = shop.post("/messages", dict(reversed(HELLO.items())), Idempotency_Key="order-1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert Message.objects.count() == 1
    other = shop.post("/messages", HELLO | {"body": "Another"}, Idempotency_Key="order-1")
    assert code(other) == (409, "idempotency_key_reused")
    assert Message.objects.count() == 1
    assert shop.post("/messages", HELLO).status_code == 201  # without a key it is another text
    assert Message.objects.count() == 2


def test_a_key_is_kept_for_ever_also_when_its_time_is_over(
    shop: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_access, "now", lambda: MONDAY)
    given = HELLO | {"scheduled_at": (MONDAY + timedelta(hours=1)).isoformat()}
    first = shop.post("/messages", given, Idempotency_Key="later")
    assert first.json()["status"] == "scheduled"
    monkeypatch.setattr(api_access, "now", lambda: MONDAY + timedelta(days=400))
    again = shop.post("/messages", given, Idempotency_Key="later")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert code(shop.post("/messages", given)) == (422, "schedule_past")


def test_a_key_is_each_businesss_own(
    shop: Caller, other_business: Business, number: TrackingNumber
) -> None:
    assert shop.post("/messages", HELLO, Idempotency_Key="one").status_code == 201
    theirs = Caller(other_business).post("/messages", HELLO, Idempotency_Key="one")
    assert theirs.status_code == 404
    assert theirs.json()["error"]["field"] == "from"


@pytest.mark.parametrize("key", ["two words", "é", "x" * 256])
def test_a_key_that_is_none_is_refused(shop: Caller, key: str) -> None:
    answer = shop.post("/messages", HELLO, Idempotency_Key=key)
    assert code(answer) == (422, "idempotency_key_malformed")
    assert not Message.objects.exists()


def opt_out(business: Business) -> None:
    contacts.record_consent(
        business=business, phone=DANA, kind=ConsentKind.OPT_OUT, source="text", at=MONDAY
    )


def change_number(**values: object) -> None:
    TrackingNumber.objects.update(**values)


Given = dict[str, object]
REFUSED: dict[str, tuple[Callable[[Business], object], Given, int, str]] = {
    "opted_out": (opt_out, {}, 409, "to"),
    "number_without_sms": (lambda _: change_number(sms_enabled=False), {}, 409, "from"),
    "number_without_mms": (
        lambda _: change_number(mms_capable=False),
        {"media": [{"data": b64encode(PNG).decode()}]},
        409,
        "media",
    ),
    "registration_pending": (lambda _: change_number(registration="pending"), {}, 409, "from"),
    "balance_too_low": (
        lambda business: billing.set_prepaid(business=business, prepaid=True, at=MONDAY),
        {},
        409,
        "",
    ),
    "schedule_past": (
        lambda _: None,
        {"scheduled_at": "2020-01-01T00:00:00Z"},
        422,
        "scheduled_at",
    ),
    "schedule_too_far": (
        lambda _: None,
        {"scheduled_at": "2099-01-01T00:00:00Z"},
        422,
        "scheduled_at",
    ),
    "text_empty": (lambda _: None, {"body": " "}, 422, "body"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_leave_is_refused_with_its_code_and_leaves_the_key_unused(
    shop: Caller, business: Business, media_folder: Path, name: str
) -> None:
    happens, given, status, field = REFUSED[name]
    happens(business)
    answer = shop.post("/messages", HELLO | given, Idempotency_Key="tried")
    assert code(answer) == (status, name)
    error = answer.json()["error"]
    assert error.get("field", "") == field
    assert error["hint"]
    assert not Message.objects.exists()
    assert not Contact.objects.exists()
    assert not SentOnce.objects.exists()
    assert files_in(media_folder) == 0
    priced = shop.post(
        "/messages/price",
        {k: v for k, v in (HELLO | given).items() if k != "media"}
        | {"files": len(given.get("media", ()))},  # type: ignore[arg-type]
    )
    assert name in [each["code"] for each in priced.json()["refusals"]]


def test_a_refused_call_does_not_burn_its_key(shop: Caller, business: Business) -> None:
    change_number(sms_enabled=False)
    assert shop.post("/messages", HELLO, Idempotency_Key="k").status_code == 409
    change_number(sms_enabled=True)
    assert shop.post("/messages", HELLO, Idempotency_Key="k").status_code == 201


def test_quiet_hours_refuse_and_say_when(
    shop: Caller, business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    QuietRule.objects.filter(business=business).update(kept=True)
    night = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)  # two in the night in San Francisco
    monkeypatch.setattr(api_access, "now", lambda: night)
    assert code(shop.post("/messages", HELLO)) == (409, "quiet_hours")
    priced = shop.post("/messages/price", HELLO).json()
    assert [each["code"] for each in priced["refusals"]] == ["quiet_hours"]
    later = shop.post("/messages", HELLO | {"scheduled_at": priced["opens_at"]})
    assert (later.status_code, later.json()["status"]) == (201, "scheduled")


def test_a_number_that_was_given_up_sends_nothing(shop: Caller, number: TrackingNumber) -> None:
    change_number(released_at=MONDAY)
    assert code(shop.post("/messages", HELLO | {"from": number.pk})) == (409, "number_released")
    assert code(shop.post("/messages", HELLO)) == (404, "not_found")


@pytest.mark.parametrize("to", ["", "12", "hello", "+999 123", "\0"])
def test_a_recipient_that_is_none_is_explained(shop: Caller, to: str) -> None:
    answer = shop.post("/messages", HELLO | {"to": to})
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == "to"


def test_what_is_not_a_field_is_refused(shop: Caller) -> None:
    assert shop.post("/messages", HELLO | {"form": 1}).json()["error"]["field"] == "form"
    assert shop.get("/messages", stauts="sent").json()["error"]["field"] == "stauts"
    assert shop.get("/messages", status="gone").status_code == 422
    assert shop.get("/calls", direction="inbound").status_code == 422


def test_files_come_along_are_sniffed_and_can_be_fetched(
    shop: Caller, other_business: Business, media_folder: Path
) -> None:
    media = [{"data": b64encode(PNG).decode(), "name": "roof.jpg"}]
    made = shop.post("/messages", HELLO | {"media": media}, Idempotency_Key="pic").json()
    file = made["files"][0]
    assert (file["content_type"], file["name"]) == ("image/png", "roof.jpg")
    path = file["url"].partition("/api/v1")[2]
    fetched = shop.get(path)
    assert (fetched.content, fetched["Content-Type"]) == (PNG, "image/png")
    assert fetched["X-Content-Type-Options"] == "nosniff"
    assert Caller(other_business).get(path).status_code == 404
    shop.post("/messages", HELLO | {"media": media}, Idempotency_Key="pic")
    assert (Attachment.objects.count(), files_in(media_folder)) == (1, 1)


@pytest.mark.parametrize(
    ("data", "status"),
    [("%%%", 422), (b64encode(b"<script>alert(1)</script>").decode(), 422), ("A" * 8_000_000, 413)],
)
def test_a_file_that_will_not_do_is_refused_whole(
    shop: Caller, media_folder: Path, data: str, status: int
) -> None:
    good = {"data": b64encode(PNG).decode()}
    answer = shop.post("/messages", HELLO | {"media": [good, {"data": data}]})
    assert answer.status_code == status
    assert answer.json()["error"]["field"].startswith("media")
    assert not Message.objects.exists()
    assert files_in(media_folder) == 0


def test_a_price_counts_segments_and_keeps_nothing(shop: Caller) -> None:
    priced = shop.post("/messages/price", HELLO | {"body": "é" * 100 + "😀"}).json()
    assert (priced["to"], priced["alphabet"], priced["segments"]) == (DANA, "UCS-2", 2)
    assert priced["unicode_characters"] == ["😀"]
    assert priced["price"]["currency"] == "USD"
    assert priced["refusals"] == []
    assert not Contact.objects.exists()


def test_a_scheduled_text_is_cancelled_once(shop: Caller, other_business: Business) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=2)).isoformat()
    made = shop.post("/messages", HELLO | {"scheduled_at": soon}).json()
    path = f"/messages/{made['id']}/cancel"
    assert Caller(other_business).post(path).status_code == 404
    assert shop.post(path).json()["status"] == "cancelled"
    assert code(shop.post(path)) == (409, "not_scheduled")
    now = shop.post("/messages", HELLO).json()
    assert code(shop.post(f"/messages/{now['id']}/cancel")) == (404, "not_found")


def many_texts(text: Message, count: int) -> None:
    Message.objects.bulk_create(
        Message(
            business=text.business,
            conversation=text.conversation,
            contact=text.contact,
            person=text.person,
            number=text.number,
            direction="inbound",
            body=f"Text {n}",
            segments=1,
            status="received",
            at=MONDAY + timedelta(seconds=n),
        )
        for n in range(1, count + 1)
    )


def test_pages_are_stable_while_texts_arrive(shop: Caller, text: Message) -> None:
    many_texts(text, 25)
    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page = shop.get("/messages", limit=10, after=after).json()
        seen += [row["id"] for row in page["messages"]]
        after = page["next"]
        shop.post("/messages", HELLO)  # newer ones come in front, and move nothing
    assert len(seen) == len(set(seen)) == 26
    assert code(shop.get("/messages", after="bm9wZQ")) == (422, "malformed")


def test_filters_keep_what_they_say(
    shop: Caller, text: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_texts(text, 30)
    listed = shop.get("/messages", direction="outbound").json()
    assert [row["id"] for row in listed["messages"]] == [text.pk]
    same = {"conversation_id": text.conversation_id, "contact_id": text.contact_id}
    for name, value in same.items():
        found = shop.get("/messages", status="queued", **{name: value}).json()
        assert [row["id"] for row in found["messages"]] == [text.pk]
        assert code(shop.get("/messages", **{name: value + 1})) == (404, "not_found")
    since = (MONDAY + timedelta(seconds=29)).isoformat()
    assert len(shop.get("/messages", since=since).json()["messages"]) == 2
    assert shop.get("/messages", since="2026-03-02T00:00:00").status_code == 422  # no zone
    # A page looks at so many texts at most, and the next goes on where it ended.
    monkeypatch.setattr(listing, "LOOKED_AT", 20)
    first = shop.get("/messages", direction="outbound").json()
    assert first["messages"] == []
    second = shop.get("/messages", direction="outbound", after=first["next"]).json()
    assert [row["id"] for row in second["messages"]] == [text.pk]
    assert second["next"] is None


def test_a_long_list_asks_a_bounded_number_of_statements(
    shop: Caller, text: Message, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many_texts(text, 10_000)
    with django_assert_max_num_queries(6):
        page = shop.get("/messages", limit=200, direction="inbound").json()
    assert len(page["messages"]) == 200


def test_reports_and_the_balance_are_told(
    shop: Caller, business: Business, other_business: Business
) -> None:
    billing.set_prepaid(business=business, prepaid=True, at=MONDAY)
    billing.top_up(business=business, amount="5", key="first", at=MONDAY)
    made = shop.post("/messages", HELLO).json()
    row = Message.objects.select_related("business", "contact", "number").get(id=made["id"])
    assert actions.claim(messages=[row], at=MONDAY)
    told = shop.get(f"/messages/{made['id']}").json()
    assert told["status"] == "handing_over"
    balance = shop.get("/balance").json()
    assert (balance["prepaid"], balance["available"], balance["held"]) == (True, "4.9917", "0.0083")
    assert actions.accept(taken=[(row, HandedOver("SM-1", segments=1))], at=MONDAY) is None
    told = shop.get(f"/messages/{made['id']}").json()
    assert [each["status"] for each in told["receipts"]] == ["accepted"]
    theirs = Caller(other_business).get("/balance").json()
    assert (theirs["prepaid"], theirs["available"], theirs["currency"]) == (False, "0", "")
