"""What Markov and Shapley, which credit whole channels, make of one conversion's path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    Grain,
    Step,
    TeamModel,
    path_counts,
    team_credits,
    whole_units,
)
from textrail.analytics.counted import CountedPaths
from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import Conversion
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.names import names
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice, Period
from textrail.domain.reports.traits import rarest_channels
from textrail.vocabulary.channels import channel_name

_DAYS = 28


@dataclass(frozen=True, slots=True)
class Whole:
    """A channel on the path. `part` is what Shapley gives it of this conversion; the others are
    what it earned of all conversions of the period, in minor units, and its removal effect."""

    channel: str
    part: int
    shapley: int
    markov: int
    removal_effect: float


@dataclass(frozen=True, slots=True)
class Wholes:
    """The channels in the order of the path, and the period that they are weighed over."""

    period: Period
    rows: Sequence[Whole]


def paths_beside(
    business: Business, reading: Reading, choice: Choice, conversion: Conversion
) -> CountedPaths:
    """All paths of the period that a conversion is weighed over."""
    period = _period(business, choice, conversion)
    scope = scope_of(business, choice, period.span(ZoneInfo(business.time_zone)))
    return path_counts(reading.columns, replace(scope, grain=Grain.CHANNEL))


def wholes_of(
    business: Business,
    choice: Choice,
    conversion: Conversion,
    steps: Sequence[Step],
    paths: CountedPaths,
) -> Wholes | None:
    """Weighed over the `paths` beside it, for the touches that count; None where there is none."""
    channels = list(dict.fromkeys(step.channel for step in steps if not step.refused))
    if not channels:
        return None
    shapley = team_credits(TeamModel.SHAPLEY, paths)
    weighed, _ = rarest_channels(paths, choice.transform, order=choice.order, apart=channels)
    markov = team_credits(TeamModel.MARKOV, weighed, order=choice.order)
    called = names(business, channels=channels).channels
    value = conversion.value_minor
    parts = whole_units(value, {channel: value / len(channels) for channel in channels})
    return Wholes(
        _period(business, choice, conversion),
        [
            Whole(
                channel=called.get(channel) or channel_name(channel),
                part=parts[channel],
                shapley=shapley[channel].credit,
                markov=markov[channel].credit,
                removal_effect=markov[channel].removal_effect or 0.0,
            )
            for channel in channels
            if channel in shapley and channel in markov
        ],
    )


def _period(business: Business, choice: Choice, conversion: Conversion) -> Period:
    """The chosen period, or four weeks up to the conversion where it lies outside."""
    day = conversion.at.astimezone(ZoneInfo(business.time_zone)).date()
    if choice.period.first <= day <= choice.period.last:
        return choice.period
    return Period(day - timedelta(days=_DAYS - 1), day)
