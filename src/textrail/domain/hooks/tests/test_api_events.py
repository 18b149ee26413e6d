"""What programs do through the API is told to webhooks as what members do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from conftest import MONDAY

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.hooks.queries import described
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.models import Message
from textrail.domain.numbers.models import TrackingNumber
from textrail.outbox import table
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.errors import Permanent
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import PhoneNumber
from textrail.web.tests.caller import Caller

pytestmark = pytest.mark.django_db
DANA = PhoneNumber("+14155550199")
HEARD = "test.heard"


def hear(context: Context, task: Task) -> None:
    """Nothing: what is told is read from the table."""


@pytest.fixture(autouse=True)
def listening() -> Iterator[None]:
    """Somebody listens to everything."""
    before = table._wiring
    events = {event: [HEARD] for event in EventName}
    table.wire(table.Wiring(work={**before.work, HEARD: hear}, events=events))
    yield
    table.wire(before)


@pytest.fixture
def shop(business: Business, number: TrackingNumber) -> Caller:
    return Caller(business)


def told(business: Business) -> list[str]:
    """The events that were told since the last look; each has something to say."""
    names = []
    for work in Work.objects.filter(kind=HEARD).order_by("id"):
        payload = dict(work.payload)
        name = EventName(payload.pop("event"))
        event = Event(name, payload.pop("business_id"), MONDAY, payload)
        assert described(business, event) is not None, event.name
        names.append(event.name.value)
    Work.objects.filter(kind=HEARD).delete()
    return names


def test_texts_threads_and_notes_are_told(shop: Caller, business: Business, bo: User) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    text = {"from": "+14155550100", "to": DANA, "body": "Hello"}
    made = shop.post("/messages", text | {"scheduled_at": soon}, Idempotency_Key="one").json()
    shop.post("/messages", text | {"scheduled_at": soon}, Idempotency_Key="one")
    assert told(business) == ["message.scheduled"]  # once, like the text
    shop.post(f"/messages/{made['id']}/cancel")
    assert told(business) == ["message.cancelled"]
    path = f"/conversations/{made['conversation_id']}"
    shop.patch(path, {"assignee": bo.email})
    shop.post(f"{path}/notes", {"body": "Call back"})
    assert told(business) == ["conversation.assigned", "conversation.noted"]
    shop.patch(path, {"assignee": bo.email})  # it was theirs already
    assert told(business) == []
    at_once = shop.post("/messages", text).json()
    row = Message.objects.select_related("business", "contact", "number").get(id=at_once["id"])
    assert inbox.claim(messages=[row], at=MONDAY)
    inbox.reject(message=row, failure=Permanent("The carrier said no."), at=MONDAY)
    assert told(business) == ["message.failed"]


def test_consent_is_told(shop: Caller, business: Business) -> None:
    contacts.find_or_add_contact(business=business, phone=DANA, at=MONDAY)
    shop.post(f"/consent/{DANA}/opt-out", {"how": "call"})
    shop.post(f"/consent/{DANA}/opt-out", {"how": "call"})
    proof = "Form of 2 March 2026, entry 4711"
    shop.post(f"/consent/{DANA}/opt-in", {"how": "form", "proof": proof})
    assert told(business) == ["contact.opted_out", "contact.opted_in"]


def test_a_number_that_is_given_up_is_told(
    shop: Caller, business: Business, number: TrackingNumber
) -> None:
    shop.post(f"/numbers/{number.pk}/release", {"at_carrier": "keep"})
    assert told(business) == ["number.released"]
