"""Ways in: each found or made once, and filed under the channel that the rules say now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple

from django.db import transaction

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.models import Traffic
from textrail.domain.visitors.queries.channels import own_rules
from textrail.vocabulary.channels import channel_of
from textrail.vocabulary.utm import LONGEST_VALUE, Utm

_MADE_AT_ONCE = 500
_FIND = """
SELECT id, source, medium, campaign, term, content, channel FROM visitors_traffic
WHERE business_id = %s AND campaign IN ({values})
"""


def clean_way(utm: Utm) -> Utm:
    """The parameters as a way in keeps them: printable, without outer spaces, and cut to length."""
    return Utm(*(_cleaned(value) for value in astuple(utm)))


def traffic_of(*, business: Business, ways: Iterable[Utm]) -> dict[Utm, Traffic]:
    """The way in of each of `ways`, found or made; by the parameters as they were given.

    Whatever is too long or cannot be printed is cut, so that nothing is refused for its tags.
    """
    asked = {way: clean_way(way) for way in ways}
    wanted = set(asked.values())
    found = _find(business, wanted)
    missing = sorted(wanted - found.keys(), key=astuple)
    if missing:
        with transaction.atomic():
            # Whoever changes the rules waits, so that none is filed by rules that just changed.
            Business.objects.select_for_update(no_key=True).get(pk=business.pk)
            rules = own_rules(business)
            rows = [
                Traffic(business=business, channel=channel_of(way, rules), **_fields(way))
                for way in missing
            ]
            Traffic.objects.bulk_create(rows, ignore_conflicts=True, batch_size=_MADE_AT_ONCE)
        found |= _find(business, missing)
    return {way: found[cleaned] for way, cleaned in asked.items()}


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
    printable = (
        value if value.isprintable() else "".join(c if c.isprintable() else " " for c in value)
    )
    return " ".join(printable.split())[:LONGEST_VALUE].rstrip()
