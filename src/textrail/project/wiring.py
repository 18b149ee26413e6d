"""Who hears of what: one readable table. Rooms never import upwards; they are told from here."""

from __future__ import annotations

from textrail.domain.accounts import moving
from textrail.domain.billing import tasks as billing
from textrail.domain.campaigns import brakes as campaign_brakes
from textrail.domain.campaigns import outlines
from textrail.domain.campaigns import tasks as campaigns
from textrail.domain.conversions import queries as conversion_queries
from textrail.domain.conversions import reached
from textrail.domain.conversions import tasks as conversions
from textrail.domain.hooks import queries as hook_queries
from textrail.domain.hooks import siblings
from textrail.domain.hooks import tasks as hooks
from textrail.domain.inbox import brakes, timeline
from textrail.domain.inbox import queries as inbox_queries
from textrail.domain.inbox import tasks as inbox
from textrail.domain.links import sent_texts
from textrail.domain.links import tasks as links
from textrail.domain.numbers import lately
from textrail.domain.numbers import tasks as numbers
from textrail.domain.visitors import queries as visitor_queries
from textrail.domain.visitors import tasks as visitors
from textrail.domain.visitors.actions import move_costs
from textrail.outbox.table import Wiring
from textrail.vocabulary import arrivals
from textrail.vocabulary.events import EventName

WIRING = Wiring(
    # What the door wrote → the room that takes it.
    arrivals={
        arrivals.CLICK: links.record_clicks,
        arrivals.CARRIER: inbox.record_carrier,
        arrivals.INTAKE: conversions.record_intake,
        arrivals.SHOP: conversions.record_shop,
        arrivals.FUNDS: billing.record_funds,
    },
    # Work that a room wrote down → the task that does it.
    work={
        "numbers.connect_number": numbers.connect_number,
        "numbers.buy_number": numbers.buy_number,
        "numbers.give_back": numbers.give_back,
        "numbers.check_connection": numbers.check_connection,
        "numbers.check_connections": numbers.check_connections,
        "links.check_domain": links.check_domain,
        "links.check_domains": links.check_domains,
        "inbox.hand_over": inbox.hand_over,
        "inbox.fetch_media": inbox.fetch_media,
        "inbox.look_up_receipts": inbox.look_up_receipts,
        "inbox.free_conversations": inbox.free_conversations,
        "inbox.index_words": inbox.index_words,
        "inbox.fetch_recording": inbox.fetch_recording,
        "inbox.settle_call": inbox.settle_call,
        "inbox.look_up_call": inbox.look_up_call,
        "inbox.erase_file": inbox.erase_file,
        "links.check": links.check,
        "links.fix_findings": links.fix_findings,
        "links.make_handout": links.make_handout,
        "links.sweep_handouts": links.sweep_handouts,
        "campaigns.check": campaigns.check,
        "campaigns.after_check": campaigns.after_check,
        "campaigns.plan": campaigns.plan,
        "campaigns.queue_batch": campaigns.queue_batch,
        "campaigns.settle": campaigns.settle,
        "campaigns.wind_up": campaigns.wind_up,
        "conversions.count_call": conversions.count_call,
        "conversions.count_text": conversions.count_text,
        "conversions.retry_kept": conversions.retry_kept,
        "conversions.retry_rates": conversions.retry_rates,
        "conversions.run_import": conversions.run_import,
        "conversions.sweep_imports": conversions.sweep_imports,
        "visitors.tidy": visitors.tidy,
        "billing.sweep": billing.sweep,
        "hooks.record": hooks.record,
        "hooks.deliver": hooks.deliver,
        "hooks.tidy": hooks.tidy,
    },
    # Work that is done several pieces at a time while much of it waits.
    together={"inbox.hand_over": inbox.hand_over_all},
    # What happened in a room → the work that it causes in the rooms above.
    events={
        **dict.fromkeys(EventName, ("hooks.record",)),
        EventName.LINK_CHECKED: ("campaigns.after_check", "hooks.record"),
        EventName.CALL_RECORDED: ("conversions.count_call", "hooks.record"),
        EventName.MESSAGE_RECEIVED: ("conversions.count_text", "hooks.record"),
        EventName.MEMBER_CHANGED: ("inbox.free_conversations", "hooks.record"),
        EventName.MEMBER_REMOVED: ("inbox.free_conversations", "hooks.record"),
    },
    # Work that only some events are worth: those that somebody's endpoint hears of, and the calls
    # and texts that a type counts.
    sieves={
        "conversions.count_call": reached.counted,
        "conversions.count_text": reached.counted,
        "hooks.record": hook_queries.wanted,
    },
    schedules={
        "inbox.look_up_receipts": 60,
        "numbers.check_connections": 3600,
        "billing.sweep": 3600,
        "links.check_domains": 3600,
        "links.sweep_handouts": 3600,
        "inbox.index_words": 5,
        "conversions.sweep_imports": 3600,
        "hooks.tidy": 300,
        "visitors.tidy": 3600,
    },
)


def introduce_rooms() -> None:
    """What a room asks of one that it does not import: conversions and visits reach the inbox's
    timeline, webhooks name campaigns, links learn which texts left us, calls and texts are counted,
    the mouth asks which campaigns hold still, and costs follow a business to its new zone."""
    timeline.register(conversion_queries.timeline_entries)
    timeline.register(visitor_queries.timeline_entries)
    siblings.register_campaigns(outlines)
    sent_texts.register_departed(inbox_queries.departed)
    reached.register(inbox_queries.reached)
    sent_texts.register_sendings(inbox_queries.sendings)
    lately.register(inbox_queries.lately)
    brakes.register(campaign_brakes)
    moving.register(move_costs)
