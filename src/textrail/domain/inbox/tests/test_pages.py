"""Conversations in the browser: who sees and may do what, refusals on the form, live news."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Protocol

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries, timeline
from textrail.domain.inbox.models import Conversation, Message, Unclaimed
from textrail.domain.inbox.pages import live
from textrail.domain.inbox.rules.counting import count_words
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.money import Money
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]


def page(name: str, business: Business, *args: object) -> str:
    return reverse(f"inbox:{name}", args=[business.slug, *args])


class Answered(Protocol):
    @property
    def content(self) -> bytes: ...


def words(response: Answered) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def media(settings: object, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.fixture
def thread(number: TrackingNumber, arrive: Arrive, dana: Contact) -> Conversation:
    arrive(
        number.connection_id,
        InboundText("SM1", DANA, number.phone, "Is <b>Tuesday</b> free?"),
        CallReport("CA1", DANA, number.phone, "missed"),
    )
    return Conversation.objects.get()


def test_the_list_shows_who_what_and_where_from(
    as_ada: Client, business: Business, thread: Conversation
) -> None:
    shown = words(as_ada.get(page("conversations", business)))
    for part in ("Dana", "Missed call", "Billboard", 'class="thread unread"', "2<span"):
        assert part in shown


def test_opening_a_conversation_reads_downwards_and_marks_it_read(
    as_ada: Client, business: Business, thread: Conversation
) -> None:
    shown = words(as_ada.get(page("conversation", business, thread.id)))
    assert shown.index("Is &lt;b&gt;Tuesday&lt;/b&gt; free?") < shown.index("Missed call <em>")
    assert "Can be texted" in shown
    thread.refresh_from_db()
    assert thread.unread == 0


def test_a_viewer_looks_leaves_it_unread_and_cannot_send(
    client: Client, vi: User, business: Business, thread: Conversation
) -> None:
    client.force_login(vi)
    shown = words(client.get(page("conversation", business, thread.id)))
    assert 'id="reply"' not in shown
    thread.refresh_from_db()
    assert thread.unread == 2
    assert client.post(page("reply", business, thread.id), {"body": "Hi"}).status_code == 403
    assert client.get(page("new", business)).status_code == 403
    assert client.post(page("contact", business, thread.id), {"name": "X"}).status_code == 403
    assert client.get(page("new_answer", business)).status_code == 403
    assert not Message.objects.filter(direction="outbound").exists()


def test_a_stranger_finds_nothing(
    client: Client, cy: User, other_business: Business, business: Business, thread: Conversation
) -> None:
    client.force_login(cy)
    for name in ("conversation", "contact", "reply"):
        assert client.get(page(name, business, thread.id)).status_code in {404, 405}
        assert client.get(page(name, other_business, thread.id)).status_code in {404, 405}
    assert client.post(page("reply", other_business, thread.id), {"body": "x"}).status_code == 404
    assert "Dana" not in words(client.get(page("conversations", other_business)))


def test_a_reply_is_put_in_line(as_ada: Client, business: Business, thread: Conversation) -> None:
    response = as_ada.post(page("reply", business, thread.id), {"body": "Yes,\r\nat nine."})
    assert response.status_code == 302
    sent = Message.objects.get(direction="outbound")
    assert (sent.body, str(sent.sent_by), sent.number) == ("Yes,\nat nine.", "Ada", thread.number)
    assert "Ada" in words(as_ada.get(page("conversation", business, thread.id)))


def test_a_reply_by_htmx_gives_an_empty_form_and_tells_the_page(
    as_ada: Client, business: Business, thread: Conversation
) -> None:
    response = as_ada.post(
        page("reply", business, thread.id), {"body": "Yes"}, headers={"HX-Request": "true"}
    )
    assert response.headers["HX-Trigger"] == "changed"
    assert "Yes" not in words(response)


@pytest.mark.parametrize(
    ("body", "said"), [("", "There is no text to send."), ("😀" * 2000, "at most 1,600 characters")]
)
def test_a_refused_reply_keeps_what_was_typed(
    body: str, said: str, as_ada: Client, business: Business, thread: Conversation
) -> None:
    plain = as_ada.post(page("reply", business, thread.id), {"body": body})
    htmx = as_ada.post(
        page("reply", business, thread.id), {"body": body}, headers={"HX-Request": "true"}
    )
    assert (plain.status_code, htmx.status_code) == (422, 200)
    for response in (plain, htmx):
        assert said in words(response)
        assert body in words(response)


def test_a_reply_to_who_opted_out_says_when_and_what_to_do(
    as_ada: Client, business: Business, number: TrackingNumber, arrive: Arrive
) -> None:
    arrive(number.connection_id, InboundText("SM1", DANA, number.phone, "STOP"))
    thread = Conversation.objects.get()
    opened = words(as_ada.get(page("conversation", business, thread.id)))
    assert "Opted out" in opened
    refused = as_ada.post(page("reply", business, thread.id), {"body": "Come back"})
    assert refused.status_code == 409
    assert "texted “STOP” on 2 March 2026" in words(refused)


def test_a_new_message_opens_the_conversation(
    as_ada: Client, business: Business, number: TrackingNumber
) -> None:
    response = as_ada.post(
        page("new", business), {"number": number.id, "recipient": "(415) 555-0142", "body": "Hi"}
    )
    thread = Conversation.objects.get()
    assert response.headers["Location"] == page("conversation", business, thread.id)
    assert thread.contact.phone == "+14155550142"


def test_a_refused_new_message_leaves_no_contact_and_no_file(
    as_ada: Client, business: Business, number: TrackingNumber, media: Path
) -> None:
    for form, said in (
        ({"recipient": "12", "body": "Hello"}, "is not a phone number"),
        ({"recipient": "", "body": "Hello"}, "Nobody to text yet."),
        ({"recipient": number.phone, "body": "Hello"}, "cannot text itself"),
        ({"recipient": "+14155550142", "body": "Hello", "number": ""}, "No number to send from."),
    ):
        upload = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n")
        response = as_ada.post(
            page("new", business), {"number": number.id, **form, "media": upload}
        )
        assert response.status_code == 422
        assert said in words(response)
        assert "Hello</textarea>" in words(response)
    assert not Contact.objects.exists()
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_a_file_is_served_as_what_it_is_and_never_run(
    as_ada: Client, business: Business, thread: Conversation, media: Path, cy: User
) -> None:
    upload = SimpleUploadedFile("x.html", b"GIF89a<script>", content_type="text/html")
    as_ada.post(page("reply", business, thread.id), {"media": upload})
    attachment = Message.objects.get(direction="outbound").attachments.get()
    served = as_ada.get(page("file", business, attachment.id))
    assert served.headers["Content-Type"] == "image/gif"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served.headers["Content-Security-Policy"]
    lie = SimpleUploadedFile("x.png", b"<html>", content_type="image/png")
    refused = as_ada.post(page("reply", business, thread.id), {"media": lie})
    assert "This kind of file cannot be sent" in words(refused)
    as_ada.force_login(cy)
    assert as_ada.get(page("file", business, attachment.id)).status_code == 404


def fill(business: Business, number: TrackingNumber, clock: ManualClock, threads: int) -> None:
    for index in range(threads):
        phone = PhoneNumber(f"+1415666{1000 + index}")
        contact = contacts.find_or_add_contact(
            business=business, phone=phone, at=clock.now(), name=f"Person {index}"
        )
        for _ in range(2):
            actions.queue_text(
                business=business, contact=contact, number=number, body="Hi", at=clock.now()
            )


def test_the_list_is_read_from_its_own_index(business: Business) -> None:
    """Threads that only campaigns wrote in must not be walked through to find the open ones."""
    with CaptureQueriesContext(database) as asked:
        queries.threads(business, queries.ThreadFilter())
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            # A table without rows is not worth an index; what matters is that it can be used.
            cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")
        plan = "EXPLAIN" if database.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{plan} {asked[0]['sql']}")
        assert "thread_newest" in str(cursor.fetchall())


def test_a_page_costs_the_same_with_two_and_with_fifty_threads(
    as_ada: Client,
    business: Business,
    number: TrackingNumber,
    clock: ManualClock,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    fill(business, number, clock, 2)
    thread = Conversation.objects.first()
    assert thread is not None
    as_ada.get(page("conversations", business))
    with django_assert_max_num_queries(22) as few:
        as_ada.get(page("conversations", business))
    with django_assert_max_num_queries(67) as one:
        as_ada.get(page("conversation", business, thread.id))
    fill(business, number, clock, 52)
    with django_assert_max_num_queries(len(few)):
        as_ada.get(page("conversations", business))
    with django_assert_max_num_queries(len(one)):
        as_ada.get(page("conversation", business, thread.id))


def test_earlier_parts_of_a_long_timeline(
    as_ada: Client, business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> None:
    for index in range(70):
        clock.advance(timedelta(minutes=1))
        actions.queue_text(
            business=business, contact=dana, number=number, body=f"No {index}!", at=clock.now()
        )
    thread = Conversation.objects.get()
    newest = queries.timeline(business, thread)
    assert [entry.body for entry in newest.entries if isinstance(entry, queries.TextEntry)] == [
        f"No {index}!" for index in range(10, 70)
    ]
    assert newest.before is not None
    url = page("conversation", business, thread.id)
    htmx = {"HX-Request": "true", "HX-Target": "earlier"}
    part = words(as_ada.get(url, {"before": newest.before.isoformat()}, headers=htmx))
    assert "No 9!" in part
    assert "No 10!" not in part
    assert "<html" not in part
    htmx["HX-Target"] = "timeline"
    since = words(as_ada.get(url, {"since": newest.before.isoformat()}, headers=htmx))
    assert "No 10!" in since
    assert "No 9!" not in since


def test_rooms_beside_add_their_entries_and_what_was_earned(
    as_ada: Client,
    business: Business,
    thread: Conversation,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sale = queries.RowEntry(
        at=clock.now() + timedelta(minutes=1),
        key="conversion-1",
        icon="shopping-bag",
        lead="Bought",
        name="Order 7",
        money=Money(4990, "USD"),
    )
    monkeypatch.setattr(timeline, "_providers", [lambda business, person_ids: [sale]])
    shown = words(as_ada.get(page("conversation", business, thread.id)))
    assert "Bought <em>Order 7</em> · <strong>$49.90</strong>" in shown
    assert '<p class="earned">$49.90</p>' in shown


def test_a_name_is_changed_on_the_contact(
    as_ada: Client, business: Business, thread: Conversation
) -> None:
    url = page("contact", business, thread.id)
    assert as_ada.post(url, {"name": "Dana Reyes"}).status_code == 302
    assert "Dana Reyes" in words(as_ada.get(url))
    assert as_ada.post(url, {"name": "x" * 121}).status_code == 422


def test_what_is_unclaimed_is_for_operators(clock: ManualClock) -> None:
    Unclaimed.objects.create(
        carrier="simulator",
        carrier_ref="SM1",
        kind="text",
        sender=DANA,
        recipient="+14155550777",
        body="Anybody?",
        at=clock.now(),
    )
    assert [row.body for row in queries.unclaimed().rows] == ["Anybody?"]


def test_the_counter_says_how_many_characters_are_too_many() -> None:
    assert count_words("x" * 1600).endswith(" · 11 segments · 83 left")
    assert count_words("x" * 1750).endswith(" · 12 segments · 150 too many")


def test_the_counter_speaks_of_segments() -> None:
    assert count_words("") == "0 characters · 160 left"
    assert count_words("Hello") == "5 characters · 1 segment · 155 left"
    assert (
        count_words("Ça va 😀") == "7 characters · 1 segment · 62 left · Unicode because of 😀 at 7"
    )


@pytest.mark.django_db(transaction=True)
def test_the_stream_tells_of_news_and_of_nothing_else(
    thread: Conversation, arrive: Arrive, number: TrackingNumber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LOOK_SECONDS", 0)
    known = queries.latest_change(thread.business_id)

    async def watch() -> list[bytes]:
        stream = live.changes(thread.business_id, known)
        heard = [await anext(stream), await anext(stream)]
        await asyncio.to_thread(
            lambda: arrive(
                number.connection_id, InboundText("SM2", DANA, number.phone, "Are you there?")
            )
        )
        heard.append(await anext(stream))
        await stream.aclose()  # type: ignore[attr-defined]
        return heard

    hello, heartbeat, news = asyncio.run(watch())
    assert hello.startswith(b"retry:")
    assert heartbeat == b": still here\n\n"
    assert news.startswith(b"id: ")


def test_a_contact_leads_to_their_conversation(
    client: Client,
    business: Business,
    dana: Contact,
    number: TrackingNumber,
    bo: User,
    vi: User,
    clock: ManualClock,
) -> None:
    where = reverse("inbox:conversation_with", args=[business.slug, dana.pk])
    client.force_login(bo)
    assert client.get(where)["Location"].endswith("/conversations/new/?to=%2B14155550199")
    client.force_login(vi)
    assert client.get(where).status_code == 404
    talk = actions.open_conversation(business=business, contact=dana, number=number, at=clock.now())
    assert client.get(where)["Location"].endswith(f"/conversations/{talk.pk}/")
    about = reverse("contacts:contact", args=[business.slug, dana.pk])
    assert f'href="{where}"' in client.get(about).content.decode()
