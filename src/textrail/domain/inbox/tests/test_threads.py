"""The list of threads: its filters alone and together, paging, and the search."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from conftest import MONDAY, tries
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact, NameWord, Tag
from textrail.domain.inbox import actions, queries, word_index
from textrail.domain.inbox.actions import indexing
from textrail.domain.inbox.models import Conversation, Message, SearchPart
from textrail.domain.inbox.queries import ThreadFilter, searching
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import CallFlow, Connection, Source, TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.words import Wanted

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
Say = Callable[..., Conversation]


@pytest.fixture
def say(number: TrackingNumber, clock: ManualClock, arrive: Arrive) -> Say:
    """Have somebody text (or call) a number a second later; their conversation."""

    def speak(
        last: str,
        body: str = "",
        *,
        name: str = "",
        to: TrackingNumber | None = None,
        call: str = "",
    ) -> Conversation:
        clock.advance(timedelta(seconds=1))
        phone, to = f"+1415555{last}", to or number
        ref = f"{last}-{clock.now().timestamp()}"
        arrive(
            to.connection_id,
            CallReport(ref, phone, to.phone, call)  # type: ignore[arg-type]
            if call
            else InboundText(ref, phone, to.phone, body),
        )
        contact = Contact.objects.get(business=to.business, phone=phone)
        if name:
            contacts.rename(business=to.business, contact=contact, name=name)
        return Conversation.objects.get(contact=contact)

    return speak


def ids(business: Business, user: User | None = None, **wanted: object) -> list[int]:
    page = queries.threads(business, ThreadFilter(**wanted), user=user)  # type: ignore[arg-type]
    return [row.id for row in page.rows]


def test_threads_are_paged_newest_first(business: Business, say: Say) -> None:
    said = [say(f"020{index}", f"No {index}").id for index in range(7)]
    first = queries.threads(business, ThreadFilter(), limit=4)
    rest = queries.threads(business, ThreadFilter(), after=first.after or "", limit=4)
    assert [row.id for row in (*first.rows, *rest.rows)] == said[::-1]
    assert rest.after is None
    assert len(queries.threads(business, ThreadFilter(), after="yesterday~x").rows) == 7
    moment = (first.after or "").partition("~")[0]
    assert len(queries.threads(business, ThreadFilter(), after=f"{moment}~{'9' * 5000}").rows) == 7


def test_threads_of_one_moment_are_neither_lost_nor_repeated(business: Business, say: Say) -> None:
    said = {say(f"020{index}", "Hi").id for index in range(5)}
    Conversation.objects.update(last_at=MONDAY)
    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page = queries.threads(business, ThreadFilter(), after=after, limit=2)
        seen += [row.id for row in page.rows]
        after = page.after
    assert len(seen) == 5
    assert set(seen) == said


def test_each_filter_keeps_what_it_says(
    business: Business,
    connection: Connection,
    number: TrackingNumber,
    ada: User,
    bo: User,
    say: Say,
) -> None:
    other = TrackingNumber.objects.create(
        business=business,
        connection=connection,
        source=Source.objects.create(business=business, name="Van"),
        phone="+14155550101",
        name="Van",
        created_at=MONDAY,
    )
    texted = say("0200", "Hello")
    called = say("0201", call="missed")
    both = say("0202", "Hello")
    say("0202", call="answered")
    elsewhere = say("0203", "Hello", to=other)
    flow = CallFlow.objects.create(
        business=business, name="Main", flow="{}", created_at=MONDAY, updated_at=MONDAY
    )
    TrackingNumber.objects.filter(id=other.id).update(call_flow=flow)
    actions.assign(
        business=business, conversation_id=texted.id, user_id=bo.pk, actor=ada, at=MONDAY
    )
    contacts.set_tags(business=business, contact=called.contact, names=["VIP"])
    actions.needs_no_answer(business=business, conversation_id=elsewhere.id)
    tag = Tag.objects.get()

    assert ids(business) == [elsewhere.id, both.id, called.id, texted.id]
    assert ids(business, number_id=other.id) == [elsewhere.id]
    assert ids(business, flow_id=flow.pk) == [elsewhere.id]
    assert ids(business, kind="calls") == [both.id, called.id]
    assert ids(business, kind="texts") == [elsewhere.id, both.id, texted.id]
    assert ids(business, kind="both") == [both.id]
    assert ids(business, assignee_id=bo.pk) == [texted.id]
    assert ids(business, nobody=True) == [elsewhere.id, both.id, called.id]
    assert ids(business, tag_id=tag.pk) == [called.id]
    assert ids(business, waiting=True) == [called.id, texted.id]
    assert ids(business, waiting=True, kind="calls") == [called.id]
    assert ids(business, waiting=True, assignee_id=bo.pk, number_id=number.id) == [texted.id]
    assert ids(business, tag_id=tag.pk, kind="texts") == []


def test_days_are_those_of_the_business(business: Business, say: Say, clock: ManualClock) -> None:
    clock.move_to(datetime(2026, 3, 3, 4, 59, tzinfo=UTC))  # Monday, 23:59 in New York
    monday = say("0200", "Late")  # one second later
    clock.advance(timedelta(minutes=2))
    tuesday = say("0201", "Early")
    assert ids(business, last_day=date(2026, 3, 2)) == [monday.id]
    assert ids(business, first_day=date(2026, 3, 3)) == [tuesday.id]
    assert ids(business, first_day=date(2026, 3, 2), last_day=date(2026, 3, 3)) == [
        tuesday.id,
        monday.id,
    ]
    assert ids(business, last_day=date.max) == [tuesday.id, monday.id]


def test_another_businesss_filters_find_nothing(
    business: Business, other_business: Business, say: Say
) -> None:
    found = say("0200", "Furnace", name="Dana")
    contacts.set_tags(business=business, contact=found.contact, names=["VIP"])
    asked: list[dict[str, Any]] = [
        {},
        {"number_id": found.number_id},
        {"tag_id": Tag.objects.get().pk},
        {"search": "furnace"},
        {"search": "dana"},
        {"search": "0200"},
        {"waiting": True},
    ]
    for wanted in asked:
        page = queries.threads(other_business, ThreadFilter(**wanted))
        assert (page.rows, page.hits) == ((), ())


@settings(
    max_examples=tries(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_few_and_many_give_the_same_pages(
    business: Business, ada: User, bo: User, say: Say, data: st.DataObject
) -> None:
    """Whether a filter's threads are listed or walked along, the pages are the same."""
    if not Conversation.objects.exists():
        for index in range(12):
            found = say(f"02{index:02}", "Hi", call="missed" if index % 3 == 0 else "")
            if index % 2:
                actions.assign(
                    business=business,
                    conversation_id=found.id,
                    user_id=(ada if index % 4 == 1 else bo).pk,
                    actor=ada,
                    at=MONDAY,
                )
            if index % 5 == 0:
                contacts.set_tags(business=business, contact=found.contact, names=["VIP"])
            if index % 4 < 2:
                actions.mark_read(business=business, conversation_id=found.id, user=ada, at=MONDAY)
    wanted = ThreadFilter(
        unread=data.draw(st.booleans()),
        waiting=data.draw(st.booleans()),
        kind=data.draw(st.sampled_from(("", "texts", "calls"))),
        assignee_id=data.draw(st.sampled_from((None, ada.pk, bo.pk))),
        tag_id=data.draw(st.sampled_from((None, Tag.objects.get().pk))),
    )
    pages = []
    for few, walk in ((2000, (500, 10_000)), (0, (1, 3)), (3, (2, 4))):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(searching, "FEW", few)
            patch.setattr(searching, "WALK", walk)
            pages.append(read_all(business, wanted, ada))
    assert pages[0] == pages[1] == pages[2]


def read_all(business: Business, wanted: ThreadFilter, user: User) -> list[int]:
    """Every thread, page by page, two at a time."""
    seen: list[int] = []
    after: str | None = ""
    for _ in range(40):
        if after is None:
            return seen
        page = queries.threads(business, wanted, user=user, after=after, limit=2)
        seen += [row.id for row in page.rows]
        after = page.after
    raise AssertionError("the pages never end")


# Searching


@pytest.mark.parametrize(
    "typed",
    [
        "+14155550203",
        "(415) 555-0203",
        "415-555-0203",
        "+1 415 555",
        "4155550203",
        "0203",
        "555-0203",
        "415 555 02",
        "1 415 555 0203",
    ],
)
def test_a_number_is_found_however_it_is_typed(business: Business, say: Say, typed: str) -> None:
    found = say("0203", "Hi")
    say("0999", "Hi")
    assert found.id in ids(business, search=typed)
    exact = sum(c.isdecimal() for c in typed) > 8 or typed in ("0203", "555-0203")
    assert not exact or ids(business, search=typed) == [found.id]


def test_a_name_is_found_by_its_beginnings_and_without_accents(
    business: Business, say: Say
) -> None:
    zoe = say("0200", "Hi", name="Zoë de la Peña")
    say("0201", "Hi", name="Dana Smith")
    for _ in range(2):
        assert ids(business, search="zoe") == [zoe.id]
        assert ids(business, search="PEN") == [zoe.id]
        assert ids(business, search="pena zo") == [zoe.id]
        assert ids(business, search="pena dana") == []
        actions.index_names()
    assert NameWord.objects.filter(contact=zoe.contact).count() == 4
    assert actions.index_names() == 0
    contacts.rename(business=business, contact=zoe.contact, name="Zara")
    assert ids(business, search="zara") == [zoe.id]
    actions.index_names()
    assert (ids(business, search="zara"), ids(business, search="zoe")) == ([zoe.id], [])


def test_a_common_name_is_looked_for_among_the_newest(
    business: Business, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [say(f"020{index}", "Hi", name=f"Dana {index}").id for index in range(6)]
    actions.index_names()
    monkeypatch.setattr(searching, "FEW", 3)
    monkeypatch.setattr(searching, "WALK", (2, 5))
    assert ids(business, search="dana") == said[:0:-1]
    assert ids(business, search="415") == said[:0:-1]


def test_texts_are_found_at_once_and_from_the_index(business: Business, say: Say) -> None:
    first = say("0200", "The Fürnace makes <b>noise</b> again")
    second = say("0201", "Is the furnace fixed?")
    for _ in range(2):
        page = queries.threads(business, ThreadFilter(search="furn"))
        assert [row.id for row in page.hits] == [second.id, first.id]
        marked = ["".join(p.text for p in row.found if p.marked) for row in page.hits]
        assert marked == ["furnace", "Fürnace"]
        assert page.hits[1].message_id == Message.objects.get(conversation=first).id
        found = queries.threads(business, ThreadFilter(search="noise furnace"))
        assert [row.id for row in found.hits] == [first.id]
        assert queries.threads(business, ThreadFilter(search="furn fixe ")).hits == ()
        assert queries.threads(business, ThreadFilter(search=" furn ")).hits == ()
        assert len(queries.threads(business, ThreadFilter(search=" furnace ")).hits) == 2
        actions.index_words()
    assert not Message.objects.filter(search_part=None).exists()


def test_hits_keep_to_the_filters_and_to_opened_threads(
    business: Business, ada: User, number: TrackingNumber, say: Say, clock: ManualClock
) -> None:
    mine = say("0200", "furnace")
    say("0201", "furnace")
    actions.assign(business=business, conversation_id=mine.id, user_id=ada.pk, actor=ada, at=MONDAY)
    hidden = contacts.find_or_add_contact(
        business=business, phone=PhoneNumber("+14155550209"), at=MONDAY
    )
    actions.queue_campaign_texts(
        business=business,
        number=number,
        texts=[actions.CampaignText(hidden.pk, hidden.person_id, "furnace sale", None)],
        campaign_id=1,
        at=clock.now(),
    )
    actions.index_words()
    page = queries.threads(business, ThreadFilter(search="furnace", assignee_id=ada.pk))
    assert [row.id for row in page.hits] == [mine.id]
    assert len(queries.threads(business, ThreadFilter(search="furnace")).hits) == 2
    later = ThreadFilter(search="furnace", first_day=date(2027, 1, 1))
    assert queries.threads(business, later).hits == ()


def test_hits_are_paged_without_gaps_through_parts_of_the_index(
    business: Business, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PART_TEXTS", 3)
    monkeypatch.setattr(searching, "_HITS", 2)
    monkeypatch.setattr(searching, "_LOOKED_AT", 5)
    said = [say(f"{2000 + index}", f"furnace {index}").id for index in range(17)]
    for _ in range(3):
        actions.index_words(limit=5)  # two texts are not in the index yet
    assert SearchPart.objects.count() >= 5
    assert every_hit(business, "furnace") == said[::-1]


def test_a_text_that_is_indexed_late_keeps_its_place(
    business: Business, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "PART_TEXTS", 3)
    monkeypatch.setattr(searching, "_HITS", 2)
    said = [say(f"{2000 + index}", f"furnace {index}").id for index in range(14)]
    messages = list(Message.objects.order_by("id").values_list("id", flat=True))
    late = [messages[0], messages[4], messages[12]]
    actions.index_words()
    actions.forget_words(message_ids=late)
    assert Message.objects.filter(search_part=None).count() == 3
    assert every_hit(business, "furnace") == said[::-1]
    actions.index_words()
    assert not Message.objects.filter(search_part=None).exists()
    assert every_hit(business, "furnace") == said[::-1]
    parts = SearchPart.objects.order_by("id").values_list("first_id", "last_id")
    assert list(parts) == [(messages[n], messages[min(n + 2, 13)]) for n in range(0, 14, 3)]


def every_hit(business: Business, search: str) -> list[int]:
    """The conversations with the words, page by page, three at a time."""
    seen: list[int] = []
    after: str | None = ""
    for _ in range(40):
        if after is None:
            return seen
        page = queries.threads(business, ThreadFilter(search=search), after=after, limit=3)
        seen += [row.id for row in page.hits]
        after = page.after
    raise AssertionError("the pages never end")


def test_only_words_that_may_be_shown_are_read(
    business: Business, ada: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many texts of others have the word: each statement names them by their keys, and the
    words are read of those of the member alone."""
    monkeypatch.setattr(indexing, "PART_TEXTS", 6)
    said = [say(f"{2000 + index}", "furnace") for index in range(30)]
    for each in said[::10]:
        actions.assign(
            business=business, conversation_id=each.id, user_id=ada.pk, actor=ada, at=MONDAY
        )
    actions.index_words()
    asked = ThreadFilter(search="furnace", assignee_id=ada.pk)
    with CaptureQueriesContext(database) as done:
        page = queries.threads(business, asked, user=ada)
    assert [row.id for row in page.hits] == [said[20].id, said[10].id, said[0].id]
    statements = [each["sql"] for each in done.captured_queries]
    worded = [each for each in statements if '"inbox_message"."body"' in each and " IN (" in each]
    mine = Message.objects.filter(conversation__assignee=ada).order_by("-id")
    keys = ", ".join(str(each) for each in mine.values_list("id", flat=True))
    assert [f" IN ({keys}) " in each for each in worded] == [True]
    assert sum("inbox_words" in each for each in statements) <= 3


def test_a_scheduled_text_is_found_and_marked(
    as_ada: Client, business: Business, number: TrackingNumber, say: Say, clock: ManualClock
) -> None:
    address = reverse("inbox:conversations", args=[business.slug]) + "?q=furnace"
    found = say("0200", "Is it fixed?")
    for index in range(12):
        say("0200", f"Hello {index}")
    later = actions.queue_text(
        business=business,
        contact=found.contact,
        number=number,
        body="Your furnace is due.",
        leaves_at=clock.now() + timedelta(hours=2),
        at=clock.now(),
    )
    for index in range(12):
        say("0200", f"And {index}")
    for _ in range(2):
        [hit] = queries.threads(business, ThreadFilter(search="furnace ")).hits
        assert (hit.message_id, hit.is_scheduled, hit.last_at) == (later.pk, True, later.at)
        actions.index_words()
    assert queries.moment_behind(business, found, later.pk) is None
    assert "</svg> Scheduled</span>" in as_ada.get(address).content.decode()
    actions.change_scheduled(
        business=business,
        message_id=later.pk,
        body="Your boiler is due.",
        leaves_at=later.leaves_at,
        at=clock.now(),
    )
    for _ in range(2):
        assert queries.threads(business, ThreadFilter(search="furnace ")).hits == ()
        [hit] = queries.threads(business, ThreadFilter(search="boiler ")).hits
        assert hit.is_scheduled
        actions.index_words()
    Message.objects.filter(id=later.pk).update(status="sent")
    [hit] = queries.threads(business, ThreadFilter(search="boiler ")).hits
    assert not hit.is_scheduled
    Message.objects.filter(id=later.pk).update(status="scheduled")
    actions.cancel_scheduled(business=business, message_id=later.pk, at=clock.now())
    assert queries.threads(business, ThreadFilter(search="boiler ")).hits == ()


def test_no_word_reaches_another_businesss_part(
    business: Business, other_business: Business, say: Say
) -> None:
    say("0200", "furnace")
    actions.index_words()
    part = SearchPart.objects.get()
    found = [Message.objects.get().id]
    assert word_index.find([part.pk], [Wanted("furnace")], before=1 << 60, limit=9) == found
    assert word_index.find([part.pk + 1], [Wanted("furnace")], before=1 << 60, limit=9) == []
    assert word_index.find([part.pk], [Wanted("fur", open_ended=True)], before=1 << 60, limit=9)
    assert queries.threads(other_business, ThreadFilter(search="furnace")).hits == ()


def test_words_are_forgotten(business: Business, say: Say) -> None:
    say("0200", "furnace")
    actions.index_words()
    part = SearchPart.objects.get().pk
    message = Message.objects.get()
    actions.forget_words(message_ids=[message.id])
    assert word_index.find([part], [Wanted("furnace")], before=1 << 60, limit=9) == []


@pytest.mark.parametrize(
    "typed",
    ['"', "a OR b", "x' | y", "🙂", "' ; DROP", "NEAR(", "\0", "_", "%", "\\", "-", "x" * 300],
)
def test_whatever_is_typed_is_only_words(business: Business, say: Say, typed: str) -> None:
    say("0200", "furnace a b x y drop near")
    actions.index_words()
    queries.threads(business, ThreadFilter(search=typed))
    queries.threads(business, ThreadFilter(search=typed + " "))


def test_a_search_opens_the_thread_at_the_text(business: Business, say: Say) -> None:
    found = say("0200", "the one")
    first = Message.objects.get()
    assert queries.moment_behind(business, found, first.id) is None
    for index in range(30):
        say("0200", f"text {index}")
    moment = queries.moment_behind(business, found, first.id)
    assert moment is not None
    shown = queries.timeline(business, found, before=moment)
    keys = [entry.key for entry in shown.entries]
    assert f"text-{first.id}" in keys
    assert len([key for key in keys if key.startswith("text-")]) == 10


def test_the_number_of_dana_is_not_a_word(business: Business, say: Say) -> None:
    found = say("0199", f"Call {DANA}")
    assert ids(business, search=DANA) == [found.id]
