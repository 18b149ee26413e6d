"""What is asked of the models: which conversions, how far back, and whose touches count."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textrail.analytics.engine import Value

DAY_MS = 86_400_000
EVER_MS = 2**62


class Transform(StrEnum):
    """What becomes of touches of one state (see `Grain`) that repeat on a path: all stay, only the
    first of each stays, or only the first of each unbroken run."""

    ALL = "all"
    UNIQUE = "unique"
    COLLAPSED = "collapsed"


class Grain(StrEnum):
    """What a path is a sequence of: channels, what earns (a campaign, a number with its source, a
    link), or the same with a campaign's wordings apart."""

    CHANNEL = "channel"
    ORIGIN = "origin"
    WORDING = "wording"


@dataclass(frozen=True, slots=True)
class Trait:
    """What a path is a sequence of where some touches are told apart by more than their channel:
    texts by their type, visits by their source. The others stay their channel.

    `value` is SQL of a text, null for a touch `t` that has none; `joined` are the joins of what it
    asks for besides the touch.
    """

    value: str
    joined: str = ""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which conversions, and which touches of theirs.

    Times are milliseconds, `until_ms` is excluded; without a currency all are taken, unconverted.
    Without `window_days` each type has its own window. `with_views` makes delivered campaign texts
    touches too, as far back as `view_days` or each type's own view window. With `channel`,
    `source_id` or `way_source_id`, the first way in that says the source of a visit, only touches
    of these earn; a conversion without any is nobody's. `type_id` and `tag_id` narrow the
    conversions: to those of a type, and of people whose contact has a tag.
    """

    business_id: int
    from_ms: int
    until_ms: int
    window_days: int | None = None
    half_life_days: float = 7
    currency: str | None = None
    conversion_id: int | None = None
    with_views: bool = False
    view_days: int | None = None
    channel: str | None = None
    source_id: int | None = None
    way_source_id: int | None = None
    transform: Transform = Transform.ALL
    grain: Grain | Trait = Grain.CHANNEL
    type_id: int | None = None
    tag_id: int | None = None

    def parameters(self) -> dict[str, Value]:
        return {
            "business_id": self.business_id,
            "from_ms": self.from_ms,
            "until_ms": self.until_ms,
            "touched_from_ms": -EVER_MS,
            "touched_until_ms": EVER_MS,
            "window_days": self.window_days,
            "half_life_ms": self.half_life_days * DAY_MS,
            "currency": self.currency,
            "conversion_id": self.conversion_id,
            "view_days": self.view_days,
            "channel": self.channel,
            "source_id": self.source_id,
            "way_source_id": self.way_source_id,
            "type_id": self.type_id,
            "tag_id": self.tag_id,
        }
