"""What each channel earned, under any model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    CountedPaths,
    Grain,
    Model,
    Scope,
    TeamModel,
    credits_query,
    path_counts,
    team_credits,
)
from textrail.domain.accounts.models import Business
from textrail.domain.reports.narrowing import OTHERS
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice
from textrail.domain.reports.traits import others_together, rarest_channels
from textrail.vocabulary.channels import channel_name

# What a credit of heuristics is summed up by; '' for what nobody earned.
CHANNEL_OF_CREDIT = "CASE WHEN touch IS NULL THEN '' ELSE COALESCE(channel, '') END"
_SELECT = f"""
SELECT {CHANNEL_OF_CREDIT} AS channel,
       SUM(credit_{{0}}) AS credit,
       COUNT(DISTINCT CASE WHEN weight_{{0}} > 0 AND counts = 1 THEN conversion_id END)
         AS conversions
FROM credits GROUP BY 1
"""  # noqa: S608 -- ours


@dataclass(frozen=True, slots=True)
class ChannelCredit:
    """`channel` is a code, empty for what nobody earned, and OTHERS for those of `together`, which
    Markov weighs as one; `credit` is in minor units."""

    channel: str
    name: str
    credit: int
    conversions: int
    removal_effect: float | None = None
    together: frozenset[str] = frozenset()


def channel_credits(business: Business, reading: Reading, choice: Choice) -> list[ChannelCredit]:
    """Every channel with a credit or a conversion, the greatest credit first; the credits sum to
    the revenue of the period."""
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    if isinstance(choice.model, TeamModel):
        paths = path_counts(reading.columns, replace(scope, grain=Grain.CHANNEL))
        rows = _of_teams(choice.model, paths, choice)
    else:
        rows = _of_touches(reading, scope, choice.model)
    called = names(business, channels=[row.channel for row in rows]).channels
    named = [replace(row, name=called.get(row.channel, row.name)) for row in rows]
    return sorted(named, key=lambda row: (row.channel == "", -row.credit, row.channel))


def _of_touches(reading: Reading, scope: Scope, model: Model) -> list[ChannelCredit]:
    found = reading.ask(credits_query([model], scope, _SELECT.format(model))).records()
    return [_credit(row["channel"], int(row["credit"]), int(row["conversions"])) for row in found]


def _of_teams(model: TeamModel, paths: CountedPaths, choice: Choice) -> list[ChannelCredit]:
    together = frozenset[str]()
    if model is TeamModel.MARKOV:
        paths, together = rarest_channels(paths, choice.transform, order=choice.order)
    converted = paths.converted()
    rows = [
        replace(
            _credit(channel, earned.credit, converted[channel]),
            removal_effect=earned.removal_effect,
        )
        for channel, earned in team_credits(model, paths, order=choice.order).items()
    ]
    words = others_together(len(together))
    rows = [
        replace(row, name=words, together=together) if row.channel == OTHERS else row
        for row in rows
    ]
    nobody = paths.untouched
    if nobody.conversions or nobody.value:
        rows.append(_credit("", int(nobody.value), int(nobody.conversions)))
    return rows


def _credit(channel: str, credit: int, conversions: int) -> ChannelCredit:
    name = channel_name(channel) if channel else "No touchpoint"
    return ChannelCredit(channel, name, credit, conversions)
