"""What Markov and Shapley credit, as rows like those that the other models' SQL gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from textrail.analytics.attribution import (
    CountedPaths,
    Earned,
    Grain,
    TeamModel,
    Untouched,
    origin_paths,
    path_counts,
    team_credits,
)
from textrail.domain.accounts.models import Business
from textrail.domain.reports.narrowing import EARNER_IDS, read_state
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice

_NO = ("no_campaign", "no_variant", "no_number", "no_link", "no_way")


def team_rows(
    business: Business, reading: Reading, choice: Choice, model: TeamModel
) -> list[dict[str, Any]]:
    """A row for each campaign, number with its source, and link; for each wording, where wordings
    earn instead of their campaigns; and for what nobody earned.

    `conversions` are those with it on their path. `removal_effect` is None under Shapley.
    """
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    wordings = path_counts(reading.columns, replace(scope, grain=Grain.WORDING))
    origins = origin_paths(wordings, scope.transform)
    rows = list(_rows(origins, team_credits(model, origins, order=choice.order)))
    if any(row["origin"] == "campaign" for row in rows):
        earned = team_credits(model, wordings, order=choice.order)
        rows += [row for row in _rows(wordings, earned) if row["origin"] == "campaign"]
    nobody = origins.untouched
    return rows + ([_nothing(nobody)] if nobody.conversions or nobody.value else [])


def _rows(paths: CountedPaths, earned: Mapping[str, Earned]) -> Iterator[dict[str, Any]]:
    seen = paths.converted()
    for state, each in earned.items():
        if seen[state] or each.credit or each.removal_effect:
            yield {
                **read_state(state),
                "credit": each.credit,
                "conversions": seen[state],
                "removal_effect": each.removal_effect,
            }


def _nothing(nobody: Untouched) -> dict[str, Any]:
    return {
        **dict.fromkeys(EARNER_IDS),
        **dict.fromkeys(_NO, True),
        "origin": "nothing",
        "credit": int(nobody.value),
        "conversions": int(nobody.conversions),
        "removal_effect": None,
    }
