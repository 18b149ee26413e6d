"""Ways in: each found or made once, and filed under the channel that the rules say now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple
from datetime import date
from typing import Final

from django.db import transaction

from textrail.domain import bulk
from textrail.domain.accounts.actions import take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.models import Traffic
from textrail.domain.visitors.queries.channels import own_rules
from textrail.vocabulary.channels import channel_of
from textrail.vocabulary.lines import one_line
from textrail.vocabulary.utm import LONGEST_VALUE, Utm

# Anybody can have a page tell of ways in that nobody ever came: what is beyond is filed as OTHER.
MOST_SEEN_A_DAY: Final = 1_000
OTHER: Final = Utm("(other)", "(other)")
_MADE_AT_ONCE = 500
_FIND = """
SELECT id, source, medium, campaign, term, content, channel FROM visitors_traffic
WHERE business_id = %s AND campaign IN ({values})
"""


def clean_way(utm: Utm) -> Utm:
    """The parameters as a way in keeps them: printable, without outer spaces, and cut to length."""
    return Utm(*(_cleaned(value) for value in astuple(utm)))


def traffic_of(
    *, business: Business, ways: Iterable[Utm], seen_on: date | None = None
) -> dict[Utm, Traffic]:
    """The way in of each of `ways`, found or made; by the parameters as they were given.

    Whatever is too long or cannot be printed is cut, so that nothing is refused for its tags. Of
    those that pages tell of on a day, which is `seen_on` then, MOST_SEEN_A_DAY are made, and the
    others are OTHER.
    """
    asked = {way: clean_way(way) for way in ways}
    wanted = set(asked.values())
    found = _find(business, wanted)
    missing = sorted(wanted - found.keys(), key=astuple)
    if missing:
        with transaction.atomic():
            # Whoever changes the rules waits, so that none is filed by rules that just changed.
            take_turns(business)
            rules = own_rules(business)
            made = missing if seen_on is None else _within(business, missing, seen_on)
            rows = [
                Traffic(
                    business=business,
                    channel=channel_of(way, rules),
                    seen_on=seen_on,
                    **_fields(way),
                )
                for way in made
            ]
            Traffic.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_MADE_AT_ONCE)
        found |= _find(business, {*missing, *made})
    return {way: found.get(cleaned) or found[OTHER] for way, cleaned in asked.items()}


def _within(business: Business, ways: list[Utm], seen_on: date) -> list[Utm]:
    """As many of `ways` as there is room for on a day, and OTHER where that is not all."""
    room = MOST_SEEN_A_DAY - Traffic.objects.filter(business=business, seen_on=seen_on).count()
    return ways if len(ways) <= room else [*ways[: max(room, 0)], OTHER]


def _find(business: Business, ways: Iterable[Utm]) -> dict[Utm, Traffic]:
    wanted = set(ways)
    found: dict[Utm, Traffic] = {}
    rows = bulk.found(_FIND, {way.campaign for way in wanted}, business.pk)
    for id_, *fields, channel in rows:
        way = Utm(*fields)
        if way in wanted:
            found[way] = Traffic(id=id_, business_id=business.pk, channel=channel, **_fields(way))
    return found


def _fields(way: Utm) -> dict[str, str]:
    return {
        "source": way.source,
        "medium": way.medium,
        "campaign": way.campaign,
        "term": way.term,
        "content": way.content,
    }


def _cleaned(value: str) -> str:
    return one_line(value)[:LONGEST_VALUE].rstrip()
