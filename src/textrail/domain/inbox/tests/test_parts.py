"""The parts that an open page asks for again, and what a role is offered in them."""

from __future__ import annotations

import pytest
from django.test import Client

from textrail.carriers.contract import InboundText
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.tests.conftest import DANA
from textrail.domain.inbox.tests.test_pages import Arrive, page, words
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db


@pytest.fixture
def thread(number: TrackingNumber, arrive: Arrive, dana: Contact) -> Conversation:
    arrive(number.connection_id, InboundText("SM1", DANA, number.phone, "Is Tuesday free?"))
    return Conversation.objects.get()


def test_an_open_page_asks_for_its_parts_again(
    as_ada: Client, business: Business, thread: Conversation
) -> None:
    actions.tag(business=business, conversation=thread, names=["VIP"])
    actions.rename(business=business, conversation=thread, name="Dana Reed")
    contacts.record_consent(
        business=business,
        phone=PhoneNumber(DANA),
        kind=ConsentKind.OPT_OUT,
        source="text",
        words="STOP",
        at=thread.last_at,
    )
    address = page("conversation", business, thread.id)
    whole = words(as_ada.get(address))
    shows = {
        "talk-top": ("Dana Reed", "Needs no answer"),
        "person": ("Dana Reed", 'id="assignee"'),
        "tags": ("VIP",),
        "reply-notice": ("They opted out",),
        "facts": ("Opted out",),
    }
    for part, shown in shows.items():
        assert whole.count(f'id="{part}"') == 1
        headers = {"HX-Request": "true", "HX-Target": part}
        drawn = words(as_ada.get(f"{address}?unread=1", headers=headers))
        assert drawn.startswith(f'<div id="{part}"')
        assert drawn.count("data-fresh") == 1
        for each in shown:
            assert each in drawn


@pytest.mark.parametrize(("who", "removable"), [("ada", 2), ("max", 0), ("bo", 1), ("vi", 0)])
def test_only_its_author_and_an_owner_are_offered_to_remove_a_note(
    client: Client,
    business: Business,
    ada: User,
    max_: User,
    bo: User,
    vi: User,
    thread: Conversation,
    who: str,
    removable: int,
) -> None:
    for author in (ada, bo):
        actions.add_note(
            business=business,
            conversation_id=thread.id,
            body="Owes us.",
            actor=author,
            at=thread.last_at,
        )
    client.force_login({"ada": ada, "max": max_, "bo": bo, "vi": vi}[who])
    shown = words(client.get(page("conversation", business, thread.id)))
    assert shown.count('aria-label="Remove this note"') == removable


@pytest.mark.parametrize(
    ("said", "icon", "tone", "banner"),
    [
        ("Not interested, thanks", "shield-question-mark", "warning", "may be an opt-out."),
        ("wrong number", "bell-off", "danger", "They were opted out by “<bdi>wrong number</bdi>”"),
    ],
)
def test_words_that_are_to_be_decided_stand_above_the_timeline_and_in_it(
    as_ada: Client,
    client: Client,
    vi: User,
    business: Business,
    thread: Conversation,
    number: TrackingNumber,
    arrive: Arrive,
    said: str,
    icon: str,
    tone: str,
    banner: str,
) -> None:
    arrive(number.connection_id, InboundText("SM2", DANA, number.phone, said))
    rows = queries.timeline(business, thread).entries
    shown = [(row.icon, row.tone) for row in rows if isinstance(row, queries.RowEntry)]
    assert shown == [(icon, tone)]
    address = page("conversation", business, thread.id)
    whole = words(as_ada.get(address))
    assert banner in whole
    assert "They may be texted" in whole
    client.force_login(vi)
    looked = words(client.get(address))
    assert banner in looked
    assert "They may be texted" not in looked
