"""Whatever one member changes, the open pages of the others hear of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from textrail.domain.accounts import actions as accounts
from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.accounts.rules import Role
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.contacts.rules import NewContact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import Conversation, Note
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox import table
from textrail.outbox.models import Work
from textrail.project import wiring
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(
    business: Business, dana: Contact, number: TrackingNumber, clock: ManualClock
) -> Conversation:
    return actions.open_conversation(business=business, contact=dana, number=number, at=clock.now())


@pytest.fixture
def note(business: Business, thread: Conversation, ada: User, clock: ManualClock) -> Note:
    return actions.add_note(
        business=business, conversation_id=thread.pk, body="Owes us.", actor=ada, at=clock.now()
    )


@pytest.fixture
def changes(
    business: Business,
    thread: Conversation,
    note: Note,
    ada: User,
    number: TrackingNumber,
    clock: ManualClock,
) -> dict[str, Callable[[], object]]:
    """What is done, by what it is called."""
    now = clock.now()
    actions.tag(business=business, conversation=thread, names=["VIP"])
    actions.assign(business=business, conversation_id=thread.pk, user_id=ada.pk, actor=ada, at=now)
    Conversation.objects.update(waiting_since=now)
    waiting = actions.queue_text(
        business=business,
        contact=thread.contact,
        number=number,
        body="Tomorrow.",
        leaves_at=now + timedelta(days=1),
        at=now,
    )
    return {
        "note": lambda: actions.remove_note(business=business, note_id=note.pk, actor=ada, at=now),
        "tag": lambda: actions.tag(business=business, conversation=thread, names=[]),
        "name": lambda: actions.rename(business=business, conversation=thread, name="Dan"),
        "form": lambda: contacts.edit_contact(
            business=business, contact=thread.contact, name="", email="", tags=["Away"], at=now
        ),
        "api": lambda: contacts.change_contact(
            business=business,
            contact=thread.contact,
            changes=contacts.ContactChanges(tags=[]),
            at=now,
        ),
        "import": lambda: contacts.add_contacts(
            business=business,
            rows=[NewContact(PhoneNumber(thread.contact.phone), tags=("Spring",))],
            at=now,
        ),
        "handout": lambda: contacts.load_contacts(
            business=business,
            listed=[contacts.Listed(PhoneNumber(thread.contact.phone), email="dana@example.com")],
            at=now,
        ),
        "holder": lambda: actions.assign(
            business=business, conversation_id=thread.pk, user_id=None, actor=ada, at=now
        ),
        "waiting": lambda: actions.needs_no_answer(business=business, conversation_id=thread.pk),
        "consent": lambda: contacts.record_consent(
            business=business,
            phone=PhoneNumber(thread.contact.phone),
            kind=ConsentKind.OPT_OUT,
            source="call",
            words="No more.",
            at=now,
        ),
        "scheduled": lambda: actions.change_scheduled(
            business=business,
            message_id=waiting.pk,
            body="On Friday.",
            leaves_at=now + timedelta(days=2),
            at=now,
        ),
    }


@pytest.mark.parametrize(
    "what",
    [
        *("note", "tag", "name", "holder", "waiting", "consent", "scheduled"),
        *("form", "api", "import", "handout"),
    ],
)
def test_a_change_of_a_member_is_a_change(
    business: Business,
    other_business: Business,
    changes: dict[str, Callable[[], object]],
    what: str,
) -> None:
    before = queries.latest_change(business.pk)
    others = queries.latest_change(other_business.pk)
    assert queries.latest_change(business.pk) == before
    changes[what]()
    assert queries.latest_change(business.pk) != before
    assert queries.latest_change(other_business.pk) == others


def test_a_row_that_is_committed_after_newer_ones_is_a_change(
    business: Business, thread: Conversation, ada: User, clock: ManualClock
) -> None:
    """On PostgreSQL two transactions may commit in another order than they took their ids."""
    ids = [
        actions.add_note(
            business=business, conversation_id=thread.pk, body="A", actor=ada, at=clock.now()
        ).pk
        for _ in range(3)
    ]
    late = Note.objects.get(pk=ids[1])
    late.delete()
    before = queries.latest_change(business.pk)
    Note.objects.bulk_create([Note(**{**vars_of(late), "id": ids[1]})])
    assert queries.latest_change(business.pk) != before


def vars_of(note: Note) -> dict[str, object]:
    return {field.attname: getattr(note, field.attname) for field in note._meta.concrete_fields}


def test_who_is_made_a_viewer_has_no_conversation_any_more(
    business: Business,
    ada: User,
    bo: User,
    thread: Conversation,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(table, "_wiring", wiring.WIRING)
    actions.assign(
        business=business, conversation_id=thread.pk, user_id=bo.pk, actor=ada, at=clock.now()
    )
    member = Membership.objects.get(user=bo)
    accounts.change_role(
        business=business, member_id=member.pk, role=Role.VIEWER, at=clock.now(), actor=ada
    )
    assert Work.objects.filter(kind="inbox.free_conversations").exists()
    actions.free_conversations(business=business, user_id=bo.pk, at=clock.now())
    thread.refresh_from_db()
    assert thread.assignee is None
