"""Who has a conversation, who has read it, who waits in it, and what members note beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from textrail.carriers.contract import CallReport, InboundText
from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.actions import reading
from textrail.domain.inbox.models import (
    Assignment,
    Conversation,
    FirstAnswer,
    Note,
    ReadFloor,
    Reading,
)
from textrail.domain.inbox.queries import ThreadFilter
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Forbidden, Malformed, NotFound

pytestmark = pytest.mark.django_db

Arrive = Callable[..., None]
Text = Callable[[str], None]


@pytest.fixture
def texts(number: TrackingNumber, arrive: Arrive, clock: ManualClock, dana: Contact) -> Text:
    """Have Dana text, a minute later than anything before."""

    def text(body: str) -> None:
        clock.advance(timedelta(minutes=1))
        ref = f"SM{clock.now().timestamp()}"
        arrive(number.connection_id, InboundText(ref, DANA, number.phone, body))

    return text


@pytest.fixture
def thread(texts: Text) -> Conversation:
    texts("Is Tuesday free?")
    return Conversation.objects.get()


def unread(business: Business, user: User) -> list[int]:
    page = queries.threads(business, ThreadFilter(unread=True), user=user)
    assert queries.unread_threads(business, user) == len(page.rows)
    return [row.unread for row in page.rows]


# Reading


def test_each_member_reads_for_themselves(
    business: Business, ada: User, bo: User, vi: User, thread: Conversation, texts: Text
) -> None:
    assert unread(business, ada) == unread(business, bo) == unread(business, vi) == [1]
    actions.mark_read(business=business, conversation_id=thread.id, user=bo)
    assert (unread(business, ada), unread(business, bo)) == ([1], [])
    texts("Hello?")
    assert unread(business, bo) == [1]
    assert actions.look_into(business=business, conversation_id=thread.id, user=vi)
    assert not actions.look_into(business=business, conversation_id=thread.id, user=vi)
    thread.refresh_from_db()
    assert (unread(business, vi), thread.unread) == ([], 1)


def test_a_conversation_can_be_left_unread_again(
    business: Business, ada: User, thread: Conversation
) -> None:
    actions.mark_read(business=business, conversation_id=thread.id, user=ada)
    assert actions.mark_unread(business=business, conversation_id=thread.id, user=ada)
    assert unread(business, ada) == [1]
    actions.mark_all_read(business=business, user=ada, at=thread.last_at)
    assert unread(business, ada) == []


def test_what_was_there_before_a_member_is_read(
    business: Business, ada: User, bo: User, thread: Conversation, texts: Text
) -> None:
    Membership.objects.filter(user=bo).update(created_at=thread.last_at + timedelta(seconds=1))
    assert unread(business, bo) == []
    texts("Hello?")
    assert len(unread(business, bo)) == 1


def test_what_nobody_wrote_in_cannot_be_unread(
    business: Business, ada: User, number: TrackingNumber, dana: Contact, clock: ManualClock
) -> None:
    made = actions.open_conversation(business=business, contact=dana, number=number, at=clock.now())
    assert not actions.mark_unread(business=business, conversation_id=made.id, user=ada)
    assert not actions.mark_read(business=business, conversation_id=made.id, user=ada)


def test_the_floor_rises_and_takes_nothing_unread_along(
    business: Business,
    ada: User,
    number: TrackingNumber,
    arrive: Arrive,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "_TIDY_EVERY", 5)
    monkeypatch.setattr(reading, "_MOST_LEFT", 2)
    for index in range(12):
        clock.advance(timedelta(days=5))
        sender = f"+1415555{3000 + index}"
        arrive(number.connection_id, InboundText(f"SM{index}", sender, number.phone, "Hi"))
    threads = list(Conversation.objects.order_by("id"))
    for each in threads[1::2]:
        actions.mark_read(business=business, conversation_id=each.id, user=ada)
    left = [each.id for each in threads[::2]]
    page = queries.threads(business, ThreadFilter(unread=True), user=ada)
    assert sorted(row.id for row in page.rows) == left
    assert queries.unread_threads(business, ada) == len(left)
    assert ReadFloor.objects.get(user=ada).at > threads[1].last_at
    assert not Reading.objects.filter(user=ada, conversation=threads[1]).exists()


def test_a_stranger_reads_nothing(
    business: Business, other_business: Business, cy: User, thread: Conversation
) -> None:
    assert not actions.mark_read(business=other_business, conversation_id=thread.id, user=cy)
    with pytest.raises(NotFound):
        actions.mark_unread(business=other_business, conversation_id=thread.id, user=cy)
    assert queries.unread_threads(other_business, cy) == 0


# Having


def assign(business: Business, thread: Conversation, to: User | None, actor: User) -> bool:
    return actions.assign(
        business=business,
        conversation_id=thread.id,
        user_id=to.pk if to else None,
        actor=actor,
        at=thread.last_at,
    )


def test_a_conversation_is_given_and_taken(
    business: Business, ada: User, bo: User, thread: Conversation
) -> None:
    assert assign(business, thread, bo, ada)
    assert not assign(business, thread, bo, ada)
    thread.refresh_from_db()
    assert thread.assignee == bo
    assert assign(business, thread, None, bo)
    assert not assign(business, thread, None, bo)
    given = list(Assignment.objects.order_by("id").values_list("user", "actor"))
    assert given == [(bo.pk, ada.pk), (None, bo.pk)]


def test_only_who_may_answer_can_have_one(
    business: Business,
    other_business: Business,
    ada: User,
    vi: User,
    cy: User,
    thread: Conversation,
) -> None:
    for nobody in (vi, cy):
        with pytest.raises(NotFound):
            assign(business, thread, nobody, ada)
    with pytest.raises(NotFound):
        assign(other_business, thread, cy, cy)


def test_who_leaves_leaves_their_conversations(
    business: Business, ada: User, bo: User, thread: Conversation, clock: ManualClock
) -> None:
    assign(business, thread, bo, ada)
    assert not actions.free_conversations(business=business, user_id=bo.pk, at=clock.now())
    thread.refresh_from_db()
    assert thread.assignee == bo
    member = Membership.objects.get(user=bo)
    accounts.remove_member(business=business, member_id=member.pk, at=clock.now(), actor=ada)
    actions.free_conversations(business=business, user_id=bo.pk, at=clock.now())
    thread.refresh_from_db()
    assert thread.assignee is None


# Notes


def test_a_note_is_kept_and_removed_by_its_author_or_an_owner(
    business: Business, ada: User, max_: User, bo: User, thread: Conversation, clock: ManualClock
) -> None:
    def add(body: str = "Prefers mornings.") -> Note:
        return actions.add_note(
            business=business, conversation_id=thread.id, body=body, actor=bo, at=clock.now()
        )

    def remove(note: Note, actor: User) -> None:
        actions.remove_note(business=business, note_id=note.pk, actor=actor, at=clock.now())

    first, second = add(), add("Two")
    with pytest.raises(Forbidden):
        remove(first, max_)
    remove(first, bo)
    remove(second, ada)
    with pytest.raises(NotFound):
        remove(second, ada)
    assert list(Note.objects.values_list("body", flat=True)) == ["", ""]
    for body in ("", " \n", "x" * 4001):
        with pytest.raises(Malformed):
            add(body)


def test_a_stranger_notes_nothing(
    business: Business, other_business: Business, cy: User, thread: Conversation, clock: ManualClock
) -> None:
    note = actions.add_note(
        business=business, conversation_id=thread.id, body="Hi", actor=None, at=clock.now()
    )
    with pytest.raises(NotFound):
        actions.remove_note(business=other_business, note_id=note.pk, actor=cy, at=clock.now())
    with pytest.raises(NotFound):
        actions.add_note(
            business=other_business,
            conversation_id=thread.id,
            body="Hi",
            actor=cy,
            at=clock.now(),
        )


# Waiting


def answer(thread: Conversation, clock: ManualClock, user: User, *, kind: str = "chat") -> None:
    actions.queue_text(
        business=thread.business,
        contact=thread.contact,
        number=thread.number,
        body="At nine.",
        kind=kind,
        sent_by=user,
        at=clock.now(),
    )


def test_a_first_answer_is_measured_from_the_first_question(
    business: Business, bo: User, thread: Conversation, texts: Text, clock: ManualClock
) -> None:
    asked_at = thread.waiting_since
    texts("Hello?")
    clock.advance(timedelta(minutes=4))
    answer(thread, clock, bo, kind="auto")
    thread.refresh_from_db()
    assert thread.waiting_since == asked_at
    answer(thread, clock, bo)
    answer(thread, clock, bo)
    thread.refresh_from_db()
    assert thread.waiting_since is None
    kept = FirstAnswer.objects.get()
    assert (kept.user, kept.seconds, kept.asked_at) == (bo, 300, asked_at)


def test_a_missed_call_waits_and_a_talk_answers_it(
    number: TrackingNumber, arrive: Arrive, clock: ManualClock, dana: Contact
) -> None:
    arrive(number.connection_id, CallReport("CA1", DANA, number.phone, "missed"))
    thread = Conversation.objects.get()
    assert thread.waiting_since == clock.now()
    clock.advance(timedelta(minutes=2))
    arrive(number.connection_id, CallReport("CA2", DANA, number.phone, "answered", 30))
    thread.refresh_from_db()
    assert thread.waiting_since is None
    assert FirstAnswer.objects.get().seconds == 120


def test_a_goodbye_waits_for_nothing(thread: Conversation, texts: Text) -> None:
    texts("STOP")
    thread.refresh_from_db()
    assert thread.waiting_since is None
    assert not FirstAnswer.objects.exists()


def test_the_median_is_the_wait_in_the_middle(
    business: Business, ada: User, bo: User, thread: Conversation, clock: ManualClock
) -> None:
    for user, seconds in ((ada, 10), (ada, 30), (bo, 200), (ada, 20)):
        FirstAnswer.objects.create(
            business=business,
            conversation=thread,
            user=user,
            asked_at=clock.now(),
            at=clock.now(),
            seconds=seconds,
        )
    since, until = clock.now(), clock.now() + timedelta(days=1)

    def median(user: User | None = None) -> tuple[int, int | None]:
        found = queries.answer_time(
            business, since=since, until=until, user_id=user.pk if user else None
        )
        return found.answers, found.seconds

    assert (median(), median(ada), median(bo)) == ((4, 20), (3, 20), (1, 200))
    assert queries.answer_time(business, since=until, until=until).seconds is None


# Pages


def page(name: str, business: Business, *args: object) -> str:
    return reverse(f"inbox:{name}", args=[business.slug, *args])


def test_filters_live_in_the_address_as_chips(
    as_ada: Client, ada: User, business: Business, thread: Conversation
) -> None:
    address = page("conversations", business)
    shown = as_ada.get(
        address + f"?q=tuesday&waiting=1&assignee=nobody&kind=texts&number={thread.number_id}"
        "&from=2026-03-01&to=2026-03-31"
    ).content.decode()
    for words in ("“tuesday”", "Waiting for an answer", "Nobody’s", "With a text", "1 Mar 2026"):
        assert words in shown
    assert "<mark>Tuesday</mark>" in shown
    assert f"?text={thread.messages.get().id}" in shown
    nothing = as_ada.get(address + "?q=zebra").content.decode()
    assert "Nothing matches" in nothing
    assert "Clear the filters" in nothing
    odd = as_ada.get(address + "?tag=x&number=²&from=never&kind=fax&assignee=-1&after=~")
    assert odd.status_code == 200
    assert "Dana" in odd.content.decode()


def test_several_are_read_assigned_and_tagged_at_once(
    as_ada: Client, ada: User, bo: User, business: Business, thread: Conversation
) -> None:
    address = page("several", business)
    many = {"id": [thread.id], "back": "unread=1"}
    done = as_ada.post(address, {**many, "do": "assign", "assignee": bo.pk})
    assert done["Location"].endswith("/conversations/?unread=1")
    as_ada.post(address, {**many, "do": "tag", "tag": "VIP"})
    as_ada.post(address, {**many, "do": "settle"})
    as_ada.post(address, {**many, "do": "read"})
    thread.refresh_from_db()
    assert thread.assignee == bo
    assert [tag.name for tag in thread.contact.tags.all()] == ["VIP"]
    assert thread.waiting_since is None
    assert queries.unread_threads(business, ada) == 0
    as_ada.post(address, {**many, "do": "unread"})
    assert queries.unread_threads(business, ada) == 1
    for wrong in ({"do": "read"}, {**many, "do": "sell"}, {"id": ["1"] * 300, "do": "read"}):
        assert as_ada.post(address, wrong).status_code == 422


def test_a_viewer_reads_for_themselves_and_changes_nothing_else(
    client: Client, vi: User, ada: User, business: Business, thread: Conversation
) -> None:
    client.force_login(vi)
    many = {"id": [thread.id]}
    assert client.post(page("several", business), {**many, "do": "read"}).status_code == 302
    assert queries.unread_threads(business, vi) == 0
    assert queries.unread_threads(business, ada) == 1
    for what in ("assign", "tag", "settle"):
        refused = client.post(page("several", business), {**many, "do": what, "tag": "x"})
        assert refused.status_code == 403
    for beyond in ({}, {"do": "assign"}, {**many, "do": "sell"}):
        assert client.post(page("several", business), beyond).status_code == 403
    assert client.post(page("settle", business, thread.id)).status_code == 403
    assert client.post(page("unread", business, thread.id)).status_code == 302
    assert queries.unread_threads(business, vi) == 1
    assert client.post(page("read_all", business)).status_code == 302
    assert queries.unread_threads(business, vi) == 0


def test_a_stranger_settles_and_reads_nothing(
    client: Client, cy: User, other_business: Business, business: Business, thread: Conversation
) -> None:
    client.force_login(cy)
    for name in ("settle", "unread", "read"):
        assert client.post(page(name, other_business, thread.id)).status_code == 404
        assert client.post(page(name, business, thread.id)).status_code == 404
    many = {"id": [thread.id], "do": "settle"}
    client.post(page("several", other_business), many)
    thread.refresh_from_db()
    assert thread.waiting_since is not None
