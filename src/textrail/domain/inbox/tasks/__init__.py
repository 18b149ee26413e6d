"""Where the inbox touches the outside: carriers' webhooks in, texts out, media in."""

from textrail.domain.inbox.tasks.arrivals import record_carrier
from textrail.domain.inbox.tasks.chasing import look_up_call, look_up_receipts
from textrail.domain.inbox.tasks.media import fetch_media
from textrail.domain.inbox.tasks.mouth import hand_over, hand_over_all
from textrail.domain.inbox.tasks.recordings import erase_file, fetch_recording, settle_call
from textrail.domain.inbox.tasks.threads import free_conversations, index_words

__all__ = [
    "erase_file",
    "fetch_media",
    "fetch_recording",
    "free_conversations",
    "hand_over",
    "hand_over_all",
    "index_words",
    "look_up_call",
    "look_up_receipts",
    "record_carrier",
    "settle_call",
]
