"""Where the inbox touches the outside: carriers' webhooks in, texts out, media in."""

from textrail.domain.inbox.tasks.arrivals import record_carrier
from textrail.domain.inbox.tasks.media import fetch_media
from textrail.domain.inbox.tasks.mouth import hand_over

__all__ = ["fetch_media", "hand_over", "record_carrier"]
