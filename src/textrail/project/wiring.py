"""Who hears of what: one readable table. Rooms never import upwards; they are told from here."""

from __future__ import annotations

from textrail.domain.campaigns import tasks as campaigns
from textrail.domain.conversions import queries as conversion_queries
from textrail.domain.conversions import tasks as conversions
from textrail.domain.inbox import tasks as inbox
from textrail.domain.inbox import timeline
from textrail.domain.links import tasks as links
from textrail.domain.numbers import tasks as numbers
from textrail.outbox.table import Wiring
from textrail.vocabulary import arrivals

WIRING = Wiring(
    # What the door wrote → the room that takes it.
    arrivals={
        arrivals.CLICK: links.record_clicks,
        arrivals.CARRIER: inbox.record_carrier,
        arrivals.INTAKE: conversions.record_intake,
    },
    # Work that a room wrote down → the task that does it.
    work={
        "numbers.connect_number": numbers.connect_number,
        "inbox.hand_over": inbox.hand_over,
        "inbox.fetch_media": inbox.fetch_media,
        "campaigns.plan": campaigns.plan,
        "campaigns.queue_batch": campaigns.queue_batch,
        "campaigns.settle": campaigns.settle,
    },
    # What happened in a room → the work that it causes in the rooms above.
    events={},
    schedules={},
)


def register_timeline() -> None:
    """Conversions stand beside the inbox, not below it: their entries reach its timeline here."""
    timeline.register(conversion_queries.timeline_entries)
