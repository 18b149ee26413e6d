"""What members of the demo do beside answering: quick replies, notes, tags, a text for tomorrow."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts import queries as contact_queries
from textrail.domain.inbox import actions as inbox
from textrail.domain.inbox.models import Conversation
from textrail.project.demo.setting import Cast
from textrail.project.demo.stage import Stage
from textrail.vocabulary.errors import Refusal

ZONE: Final = ZoneInfo("America/New_York")
QUICK_REPLIES: Final = {
    "On our way": "Hi {first name|there}, {agent first name} from {business} here: we are on our"
    " way and arrive within the hour.",
    "Ask for a photo": "Could you send a photo of the label on the unit? It is inside the door.",
    "Opening hours": "We answer from 8 to 6, Monday to Friday. No cooling now? Call {number}.",
    "Thank you": "Thank you, {first name|and have a good day}! If anything is not right, just write"
    " here.",
}
NOTE: Final = "Has the service plan until June: no charge for the visit. Gate code is on file."
TOMORROW: Final = "Hello {name}, we come between 2 and 4 today. Please keep the gate open."


def keep_quick_replies(stage: Stage, cast: Cast) -> None:
    """The words that the desk says often."""
    for name, body in QUICK_REPLIES.items():
        inbox.set_quick_reply(
            business=cast.business,
            name=name,
            body=body,
            at=stage.clock.now(),
            actor=cast.members["Max Lindqvist"],
        )


def tidy_up(stage: Stage, cast: Cast) -> None:
    """Bo takes the newest conversations, notes what matters and leaves a text for tomorrow."""
    bo, now = cast.members["Bo Okafor"], stage.clock.now()
    rows = Conversation.objects.filter(business=cast.business, opened_at__isnull=False)
    newest = list(rows.select_related("contact", "number").order_by("-last_at", "-id")[:6])
    for thread in newest[:3]:
        inbox.assign(
            business=cast.business, conversation_id=thread.pk, user_id=bo.pk, actor=bo, at=now
        )
    for thread in newest[:1]:
        inbox.add_note(
            business=cast.business, conversation_id=thread.pk, body=NOTE, actor=bo, at=now
        )
        names = [*contact_queries.tag_names(thread.contact), "plan members"]
        contacts.set_tags(business=cast.business, contact=thread.contact, names=names)
        _leave_for_tomorrow(cast, thread, now)


def catch_up(stage: Stage, cast: Cast) -> None:
    """Everybody has read what is older than this morning, and whom nobody answered for a day was
    met otherwise."""
    now = stage.clock.now()
    for member in cast.members.values():
        inbox.mark_all_read(business=cast.business, user=member, at=now - timedelta(hours=3))
    waiting = Conversation.objects.filter(
        business=cast.business, waiting_since__lt=now - timedelta(days=1)
    )
    for conversation_id in waiting.values_list("id", flat=True):
        inbox.needs_no_answer(business=cast.business, conversation_id=conversation_id)


def _leave_for_tomorrow(cast: Cast, thread: Conversation, now: datetime) -> None:
    day = now.astimezone(ZONE).date() + timedelta(days=1)
    name = thread.contact.name.split()[0] if thread.contact.name else "there"
    try:
        inbox.queue_text(
            business=cast.business,
            contact=thread.contact,
            number=thread.number,
            body=TOMORROW.replace("{name}", name),
            leaves_at=datetime.combine(day, time(12, 30), ZONE),
            sent_by=cast.members["Bo Okafor"],
            at=now,
        )
    except Refusal:
        return  # they opted out
