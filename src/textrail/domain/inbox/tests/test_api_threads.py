"""Conversations, notes and calls through the API."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from conftest import MONDAY
from pytest_django import DjangoAssertNumQueries, Settings

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact, Person, Tagging
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import Call, Conversation, Message, Recording
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.web.tests.caller import Caller, code

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(business: Business, number: TrackingNumber) -> Caller:
    return Caller(business)


@pytest.fixture
def thread(dana: Contact, number: TrackingNumber) -> Conversation:
    """Dana asked something, and nobody has answered."""
    text = InboundText("in-1", DANA, number.phone, "Is the boiler fixed?")
    actions.record_inbound_texts(
        incoming=[actions.Incoming(number.connection_id, "simulator", text, MONDAY)]
    )
    return Conversation.objects.get()


@pytest.fixture
def call(dana: Contact, number: TrackingNumber) -> Call:
    report = CallReport("call-1", DANA, number.phone, "answered", duration_seconds=184)
    made = actions.record_call(
        connection_id=number.connection_id, carrier="simulator", call=report, at=MONDAY
    )
    assert made is not None
    return made


def listed(shop: Caller, **query: object) -> list[int]:
    return [row["id"] for row in shop.get("/conversations", **query).json()["conversations"]]


def test_a_conversation_is_listed_and_read(
    shop: Caller, thread: Conversation, dana: Contact
) -> None:
    contacts.set_tags(business=thread.business, contact=dana, names=["VIP"])
    row = shop.get("/conversations").json()["conversations"][0]
    assert row == shop.get(f"/conversations/{thread.pk}").json()
    assert row["contact"] == {"id": dana.pk, "phone": DANA, "name": "Dana"}
    assert (row["tags"], row["assignee"], row["source"]) == (["VIP"], None, "Billboard")
    assert (row["last_line"], row["waiting_since"]) == (
        "Is the boiler fixed?",
        "2026-03-02T15:00:00Z",
    )
    assert (row["has_texts"], row["has_calls"]) == (True, False)


def test_every_filter_keeps_and_leaves_out(
    shop: Caller, thread: Conversation, dana: Contact, bo: User
) -> None:
    business, ours = thread.business, [thread.pk]
    contacts.set_tags(business=business, contact=dana, names=["VIP", "Old"])
    Tagging.objects.filter(tag__name="Old").delete()
    actions.assign(
        business=business, conversation_id=thread.pk, user_id=bo.pk, actor=None, at=MONDAY
    )
    assert listed(shop, tag="vip", assignee="BO@harbor-hvac.example", waiting="true") == ours
    assert listed(shop, kind="texts", number_id=thread.number_id, since="2026-03-02") == ours
    assert listed(shop, q="555-0199") == listed(shop, q="dana") == ours
    for without in ({"tag": "old"}, {"assignee": "nobody"}, {"kind": "calls"}, {"q": "nobody"}):
        assert listed(shop, **without) == []
    assert listed(shop, until="2026-03-01") == []
    actions.needs_no_answer(business=business, conversation_id=thread.pk)
    assert listed(shop, waiting="true") == []


def test_a_filter_that_names_nothing_of_ours_is_no_empty_list(
    shop: Caller, thread: Conversation, cy: User
) -> None:
    for name, value in {
        "tag": "None",
        "assignee": cy.email,
        "number_id": thread.number_id + 1,
        "flow_id": 1,
    }.items():
        assert shop.get("/conversations", **{name: value}).status_code == 404, name
    assert code(shop.get("/conversations", unread="1")) == (422, "malformed")
    assert code(shop.get("/conversations", after="x")) == (422, "malformed")
    assert code(shop.get("/conversations", after="MQ")) == (422, "malformed")


def test_a_search_shows_the_line_that_it_found(shop: Caller, thread: Conversation) -> None:
    found = shop.get("/conversations", q="boiler").json()["conversations"]
    assert [row["id"] for row in found] == [thread.pk]
    assert "boiler" in found[0]["found"]["line"]
    assert found[0]["found"]["message_id"] == Message.objects.get(direction="inbound").pk
    assert found[0]["found"]["scheduled"] is False


def test_it_is_assigned_and_tagged_whole_or_not_at_all(
    shop: Caller, thread: Conversation, bo: User, vi: User
) -> None:
    path = f"/conversations/{thread.pk}"
    changed = shop.patch(path, {"assignee": bo.email, "tags": ["VIP", "vip", "New"]}).json()
    assert changed["assignee"] == {"email": bo.email, "name": "Bo"}
    assert changed["tags"] == ["New", "VIP"]
    refused = shop.patch(path, {"assignee": vi.email, "tags": []})
    assert code(refused) == (404, "assignee_unknown")
    assert code(shop.patch(path, {"assignee": bo.email, "tags": ["x" * 41]}))[0] == 422
    assert code(shop.patch(path, {"colour": "red"}))[0] == 422
    assert shop.get(path).json() == changed
    assert shop.patch(path, {"tags": []}).json()["assignee"] == changed["assignee"]
    assert shop.patch(path, {"assignee": None}).json()["assignee"] is None
    given = thread.assignments.order_by("id").values_list("user", "key_name")
    assert list(given) == [(bo.pk, "Web shop"), (None, "Web shop")]


def test_notes_are_written_in_the_name_of_the_key(shop: Caller, thread: Conversation) -> None:
    path = f"/conversations/{thread.pk}/notes"
    assert code(shop.post(path, {"body": " "})) == (422, "note_empty")
    made = [shop.post(path, {"body": f"Note {n}"}).json() for n in range(3)]
    assert made[0]["by"] == "Key Web shop"
    page = shop.get(path, limit=2).json()
    assert page["notes"] == [made[2], made[1]]
    assert shop.get(path, after=page["next"]).json() == {"notes": [made[0]], "next": None}
    entry = queries.timeline(thread.business, thread).entries[-1]
    assert getattr(entry, "by", "") == "Key Web shop"


def test_the_timeline_merges_all_that_happened(
    shop: Caller, thread: Conversation, call: Call, bo: User
) -> None:
    shop.post(f"/conversations/{thread.pk}/notes", {"body": "Call back"})
    shop.patch(f"/conversations/{thread.pk}", {"assignee": bo.email})
    told = shop.get(f"/conversations/{thread.pk}/timeline").json()
    kinds = [entry["kind"] for entry in told["entries"]]
    assert sorted(kinds) == ["assignment", "call", "note", "text"]
    text = next(entry for entry in told["entries"] if entry["kind"] == "text")
    assert (text["direction"], text["body"]) == ("inbound", "Is the boiler fixed?")
    assert {"kind": "call", "id": call.pk}.items() <= told["entries"][kinds.index("call")].items()
    newest = shop.get(f"/conversations/{thread.pk}/timeline", limit=1).json()
    rest = shop.get(f"/conversations/{thread.pk}/timeline", before=newest["before"]).json()
    assert rest["entries"] == told["entries"][: len(rest["entries"])]


def test_calls_and_what_was_recorded(
    shop: Caller, call: Call, settings: Settings, tmp_path: Path, other_business: Business
) -> None:
    settings.MEDIA_ROOT = tmp_path
    (tmp_path / "sound.mp3").write_bytes(b"0123456789")
    recording = Recording.objects.create(
        business=call.business,
        connection=call.number.connection,
        call=call,
        call_ref=call.carrier_ref,
        carrier_ref="rec-1",
        duration_seconds=9,
        content_type="audio/mpeg",
        path="sound.mp3",
        bytes=10,
        at=MONDAY,
    )
    told = shop.get(f"/calls/{call.pk}").json()
    assert shop.get("/calls", status="answered").json() == {"calls": [told], "next": None}
    assert shop.get("/calls", status="missed").json()["calls"] == []
    assert (told["seconds"], told["contact"]["phone"]) == (184, DANA)
    path = told["recordings"][0]["url"].partition("/api/v1")[2]
    assert shop.get(path).content == b"0123456789"
    part = shop.call("GET", path, headers={"range": "bytes=2-4"})
    assert (part.status_code, part.content, part["Content-Range"]) == (
        206,
        b"234",
        "bytes 2-4/10",
    )
    assert Caller(other_business).get(path).status_code == 404
    Recording.objects.filter(id=recording.pk).update(deleted_at=MONDAY)
    assert shop.get(path).status_code == 404
    assert shop.get(f"/calls/{call.pk}").json()["recordings"] == []


def many_threads(business: Business, number: TrackingNumber, count: int) -> None:
    person = Person.objects.create(business=business, created_at=MONDAY)
    people = Contact.objects.bulk_create(
        Contact(business=business, person=person, phone=f"+1212{n:07}", created_at=MONDAY)
        for n in range(count)
    )
    Conversation.objects.bulk_create(
        Conversation(
            business=business,
            contact=each,
            number=number,
            last_at=MONDAY - timedelta(seconds=n // 3),
            last_line="Hello",
            opened_at=MONDAY,
        )
        for n, each in enumerate(people)
    )


def test_ten_thousand_conversations_are_listed_in_a_bounded_number_of_statements(
    shop: Caller,
    business: Business,
    number: TrackingNumber,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many_threads(business, number, 10_000)
    with django_assert_max_num_queries(7):
        page = shop.get("/conversations", limit=200).json()
    assert len(page["conversations"]) == 200


def test_pages_are_stable_while_texts_arrive(
    shop: Caller, business: Business, number: TrackingNumber
) -> None:
    many_threads(business, number, 23)
    seen: list[int] = []
    after: str | None = ""
    turn = 0
    while after is not None:
        page = shop.get("/conversations", limit=5, after=after).json()
        seen += [row["id"] for row in page["conversations"]]
        after = page["next"]
        turn += 1
        text = InboundText(f"in-{turn}", f"+1646555{turn:04}", number.phone, "Hello")
        actions.record_inbound_texts(
            incoming=[
                actions.Incoming(
                    number.connection_id, "simulator", text, MONDAY + timedelta(minutes=turn)
                )
            ]
        )
    assert len(seen) == len(set(seen)) == 23


def test_another_businesss_key_finds_none_of_it(
    thread: Conversation, call: Call, other_business: Business
) -> None:
    theirs = Caller(other_business)
    message = Message.objects.get()
    for path in (
        f"/conversations/{thread.pk}",
        f"/conversations/{thread.pk}/timeline",
        f"/conversations/{thread.pk}/notes",
        f"/messages/{message.pk}",
        f"/calls/{call.pk}",
    ):
        assert theirs.get(path).status_code == 404, path
    for what in ("conversations", "messages", "calls"):
        assert theirs.get(f"/{what}").json() == {what: [], "next": None}
    assert theirs.patch(f"/conversations/{thread.pk}", {"tags": ["x"]}).status_code == 404
    assert theirs.post(f"/conversations/{thread.pk}/notes", {"body": "x"}).status_code == 404
    assert not thread.notes.exists()


@pytest.mark.parametrize("end", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_moments_at_the_ends_of_time_are_refused(
    shop: Caller, thread: Conversation, end: str
) -> None:
    for path, name in (
        (f"/conversations/{thread.pk}/timeline", "before"),
        ("/messages", "since"),
        ("/calls", "since"),
    ):
        assert shop.get(path, **{name: end}).status_code == 422
    day = end[:10]
    assert shop.get("/conversations", since=day, until=day).status_code == 200
    given = {"to": DANA, "body": "Hi", "scheduled_at": end}
    assert shop.post("/messages", given).status_code == 422
