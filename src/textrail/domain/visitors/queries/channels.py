"""The own rules of a business, and the ways in that they decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q

from textrail.domain.accounts.models import Business
from textrail.domain.finding import by_key, the_one
from textrail.domain.visitors.models import ChannelRule, Traffic
from textrail.domain.visitors.rules.channels import OwnChannel, from_rows
from textrail.vocabulary.channels import CHANNEL_NAMES, channel_of
from textrail.vocabulary.utm import Utm


def channel_rules(business: Business) -> list[ChannelRule]:
    """The rules in the order in which they are asked."""
    return list(ChannelRule.objects.filter(business=business).order_by("position", "id"))


def own_rules(business: Business) -> list[OwnChannel]:
    """The rules as values, in the order in which they are asked."""
    return [_as_value(rule) for rule in channel_rules(business)]


def _as_value(rule: ChannelRule) -> OwnChannel:
    return OwnChannel(rule.name, from_rows(rule.conditions), rule.channel, rule.channel_name)


def channel_names(business: Business) -> dict[str, str]:
    """What every channel of the business is called, by its code."""
    own = ChannelRule.objects.filter(business=business).exclude(channel_name="")
    return CHANNEL_NAMES | dict(own.values_list("channel", "channel_name"))


def way_names(business: Business, ids: Collection[int]) -> dict[int, str]:
    """What ways in are called, such as “google · spring sale”; a direct one has no name."""
    if not ids:
        return {}
    rows = Traffic.objects.filter(by_key(Q(business=business)), id__in=ids)
    told = rows.values_list("id", "source", "campaign")
    return {id_: " · ".join(filter(None, [source, campaign])) for id_, source, campaign in told}


def channel_rule(business: Business, rule_id: int) -> ChannelRule:
    """A rule of this business, or NotFound."""
    rows = ChannelRule.objects.filter(business=business, id=rule_id)
    return the_one(rows, "There is no such rule.", hint="It may have been removed.")


@dataclass(frozen=True, slots=True)
class Move:
    """A way in whose channel other rules would change, from `before` to `after` (codes)."""

    traffic_id: int
    way: Utm
    before: str
    after: str


def moves(business: Business, rules: Sequence[OwnChannel]) -> list[Move]:
    """What of the past would be filed elsewhere under these rules, in the order it was made."""
    rows = Traffic.objects.filter(business=business).order_by("id")
    told = rows.values_list("id", "channel", "source", "medium", "campaign", "term", "content")
    found: list[Move] = []
    for id_, before, *fields in told.iterator(chunk_size=5_000):
        way = Utm(*fields)
        after = channel_of(way, rules)
        if after != before:
            found.append(Move(id_, way, before, after))
    return found
