"""A business's own channel rules; whatever changes one files all of history anew, at once."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from textrail.domain.accounts.actions import Actor, record_audit, take_turns
from textrail.domain.accounts.models import Business
from textrail.domain.visitors.models import ChannelRule, Traffic
from textrail.domain.visitors.queries.channels import channel_rules, moves, own_rules
from textrail.domain.visitors.rules.channels import MOST_RULES, OwnChannel, as_rows
from textrail.vocabulary.errors import Conflict

_AT_ONCE = 900


@transaction.atomic
def add_rule(
    *, business: Business, rule: OwnChannel, at: datetime, actor: Actor = None
) -> ChannelRule:
    """Add a rule behind the others. Conflict when there are too many."""
    take_turns(business)
    rows = ChannelRule.objects.filter(business=business)
    if rows.count() >= MOST_RULES:
        raise Conflict(
            f"There are {MOST_RULES} rules already.", hint="Remove one that decides nothing."
        )
    last = rows.aggregate(last=Max("position"))["last"] or 0
    row = ChannelRule.objects.create(
        business=business,
        position=last + 1,
        name=rule.name,
        conditions=as_rows(rule),
        channel=rule.channel,
        channel_name=rule.channel_name,
    )
    _file_anew(business, f"Added {rule.name}", at, actor)
    return row


@transaction.atomic
def change_rule(
    *,
    business: Business,
    row: ChannelRule,
    rule: OwnChannel,
    at: datetime,
    actor: Actor = None,
) -> None:
    """Change a rule where it stands."""
    take_turns(business)
    ChannelRule.objects.filter(business=business, id=row.pk).update(
        name=rule.name,
        conditions=as_rows(rule),
        channel=rule.channel,
        channel_name=rule.channel_name,
    )
    _file_anew(business, f"Changed {rule.name}", at, actor)


@transaction.atomic
def raise_rule(*, business: Business, row: ChannelRule, at: datetime, actor: Actor = None) -> None:
    """Ask a rule before the one that is asked before it now."""
    take_turns(business)
    rows = channel_rules(business)
    place = [each.pk for each in rows].index(row.pk)
    if place:
        rows[place - 1], rows[place] = rows[place], rows[place - 1]
        for position, each in enumerate(rows, 1):
            ChannelRule.objects.filter(id=each.pk).update(position=position)
        _file_anew(business, f"Moved {row.name} up", at, actor)


@transaction.atomic
def remove_rule(*, business: Business, row: ChannelRule, at: datetime, actor: Actor = None) -> None:
    """Remove a rule; what it decided is decided by those behind it, and by Google's."""
    take_turns(business)
    ChannelRule.objects.filter(business=business, id=row.pk).delete()
    _file_anew(business, f"Removed {row.name}", at, actor)


def _file_anew(business: Business, subject: str, at: datetime, actor: Actor) -> None:
    ids: defaultdict[str, list[int]] = defaultdict(list)
    for move in moves(business, own_rules(business)):
        ids[move.after].append(move.traffic_id)
    for channel, moved in ids.items():
        for start in range(0, len(moved), _AT_ONCE):
            part = moved[start : start + _AT_ONCE]
            Traffic.objects.filter(business=business, id__in=part).update(channel=channel)
    record_audit(business=business, actor=actor, action="channels.changed", subject=subject, at=at)
