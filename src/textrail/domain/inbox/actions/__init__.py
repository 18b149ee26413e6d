"""What changes a conversation. Each action is one transaction: state, events and work together."""

from textrail.domain.inbox.actions.answers import set_answer
from textrail.domain.inbox.actions.calls import record_call
from textrail.domain.inbox.actions.conversations import mark_read, open_conversation
from textrail.domain.inbox.actions.media import (
    KeptMedia,
    discard_media,
    fail_attachment,
    fill_attachment,
    keep_media,
)
from textrail.domain.inbox.actions.mouth import (
    accept,
    claim,
    give_up,
    is_anothers,
    reject,
    release,
)
from textrail.domain.inbox.actions.receipts import record_receipt
from textrail.domain.inbox.actions.receiving import record_inbound_text
from textrail.domain.inbox.actions.sending import (
    CampaignText,
    queue_campaign_texts,
    queue_text,
    start_conversation,
)

__all__ = [
    "CampaignText",
    "KeptMedia",
    "accept",
    "claim",
    "discard_media",
    "fail_attachment",
    "fill_attachment",
    "give_up",
    "is_anothers",
    "keep_media",
    "mark_read",
    "open_conversation",
    "queue_campaign_texts",
    "queue_text",
    "record_call",
    "record_inbound_text",
    "record_receipt",
    "reject",
    "release",
    "set_answer",
    "start_conversation",
]
