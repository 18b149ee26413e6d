"""What stands behind a number: whose credits, and which conversions. Read from an address. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from textrail.domain.reports.measures import BUCKETS, KIND_NAMES
from textrail.domain.reports.rules import LONGEST_WAY, QUARTER_MS, Period, Span
from textrail.vocabulary.clock import from_ms, to_ms
from textrail.vocabulary.ids import read_id

Role = Literal["", "on", "opens", "assists", "closes", "alone"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
TOOK_FROM: Final = ("last", "first")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# What an address writes for an id that is not there, such as the source of a number without one.
NONE: Final = "none"
_IDS: Final = ("campaign", "variant", "number", "source", "link")
_WAYS: Final = ("way_source", "way_medium", "way_campaign")
# All parameters of an earner, which a change of the model carries along.
NAMES: Final = (
    *_IDS,
    *("channel", "way", "origin", "path", "role", "kind", "took", "took_from", "weekday", "hour"),
    *_WAYS,
    "together",
)
# Tables of which Markov may weigh the rarest as one, and what those are called.
TOGETHER: Final = {
    "campaigns": "Campaigns",
    "variants": "Wordings",
    "numbers": "Numbers",
    "links": "Links",
    "ways": "Channels of visits",
    "channels": "Channels",
}
# Conversions by who earned them at all: nobody, our own texts, anybody or nobody.
ORIGINS: Final = ("nothing", "texts", "all")
LONGEST_PATH: Final = 60
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,40}")


@dataclass(frozen=True, slots=True)
class Earner:
    """Whose credits: any combination of ids; with none of them, those of every touchpoint.

    `without` names ids that the touches must not have, and `origin` is one of ORIGINS. `channel`
    and `way` are codes of a channel: of any touch, and of a visit without a text; `ways` are what
    the visit's way in says, by the name of its parameter. `kind` is a type of text (KIND_NAMES).
    The others choose whole conversions: by the channels of their `path`, the `role` of `channel` on
    it, the place in BUCKETS of how long they `took` since the last or first touch, the weekday
    (Monday is 0) and hour of the business's own clock. `together` is a table (TOGETHER), of which
    all count that Markov would weigh as one: its `states`, once they are known.
    """

    campaign: int | None = None
    variant: int | None = None
    number: int | None = None
    source: int | None = None
    link: int | None = None
    without: frozenset[str] = frozenset()
    channel: str = ""
    way: str = ""
    origin: str = ""
    path: tuple[str, ...] = ()
    role: Role = ""
    kind: str = ""
    took: int | None = None
    took_from: str = "last"
    weekday: int | None = None
    hour: int | None = None
    ways: tuple[tuple[str, str], ...] = ()
    together: str = ""
    states: frozenset[str] = frozenset()

    @property
    def is_split(self) -> bool:
        """Whether Markov and Shapley split what these earned from what others did."""
        return not self.has_shares and self.origin not in {"nothing", "all"}

    @property
    def by_path(self) -> bool:
        """Whether conversions are chosen by their path, which is the same under every model."""
        return bool(self.path or self.role)

    @property
    def has_shares(self) -> bool:
        """Whether each conversion has a share of its own under every model, Markov too."""
        return self.by_path or self.took is not None


def read_earner(parameters: Mapping[str, str]) -> Earner:
    """The earner in an address; what does not make sense is left out."""

    def said(name: str) -> str:
        return parameters.get(name, "")

    def code(name: str) -> str:
        return said(name) if _CHANNEL.fullmatch(said(name)) else ""

    steps = tuple(said("path").split(","))
    walked = len(steps) <= LONGEST_PATH and all(map(_CHANNEL.fullmatch, steps))
    return Earner(
        **{name: read_id(said(name)) for name in _IDS},
        without=frozenset(name for name in _IDS if said(name) == NONE),
        channel=code("channel"),
        way=code("way"),
        origin=said("origin") if said("origin") in ORIGINS else "",
        path=steps if walked else (),
        role=_role(said("role")) if code("channel") else "",
        kind=said("kind") if said("kind") in KIND_NAMES else "",
        took=_below(said("took"), len(BUCKETS)),
        took_from=said("took_from") if said("took_from") in TOOK_FROM else "last",
        weekday=_below(said("weekday"), 7),
        hour=_below(said("hour"), 24),
        ways=tuple((name, said(name)[:LONGEST_WAY]) for name in _WAYS if name in parameters),
        together=said("together") if said("together") in TOGETHER else "",
        states=frozenset(),
    )


def _role(text: str) -> Role:
    return next((role for role in ROLES if role == text), "")


def _below(text: str, most: int) -> int | None:
    number = read_id(text)
    return number if number is not None and number < most else None


def spans_of(
    period: Period, zone: ZoneInfo, *, weekday: int | None, hour: int | None
) -> list[Span] | None:
    """When it was that weekday and hour of the period on clocks in `zone`; None for all of it.

    Told by quarters of an hour, on which every zone's clocks are changed.
    """
    if weekday is None and hour is None:
        return None
    found: list[Span] = []
    for day in period.days:
        if weekday not in (None, day.weekday()):
            continue
        start, end = (
            to_ms(datetime.combine(each, time.min, zone)) for each in (day, day + timedelta(days=1))
        )
        for quarter in range(start, end, QUARTER_MS):
            if hour not in (None, from_ms(quarter).astimezone(zone).hour):
                continue
            if found and found[-1].until_ms == quarter:
                found[-1] = Span(found[-1].from_ms, quarter + QUARTER_MS)
            else:
                found.append(Span(quarter, quarter + QUARTER_MS))
    return found


def within(moment: str, spans: list[Span]) -> str:
    """SQL of whether `moment` lies in any of the spans.

    >>> within("at_ms", [Span(0, 5), Span(9, 12)])
    '((at_ms >= 0 AND at_ms < 5) OR (at_ms >= 9 AND at_ms < 12))'
    >>> within("at_ms", [])
    '(1 = 0)'
    """
    tests = [f"({moment} >= {each.from_ms} AND {moment} < {each.until_ms})" for each in spans]
    return f"({' OR '.join(tests) or '1 = 0'})"
