"""What Markov and Shapley credit, as rows like those that the other models' SQL gives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
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
from textrail.domain.reports.traits import rarest_channels, rarest_origins

_NO = ("no_campaign", "no_variant", "no_number", "no_link", "no_way")
# What a state of Grain.ORIGIN begins with → its table of rankings.
TABLES_OF: Final = {"c": "campaigns", "n": "numbers", "l": "links", "w": "ways"}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A row for each campaign, number with its source, and link; for each wording, where wordings
    earn instead of their campaigns; and for what nobody earned.

    `conversions` are those with it on their path. `removal_effect` is None under Shapley. The row
    of the others of a table stands for its states of `together`.
    """

    rows: list[dict[str, Any]]
    together: frozenset[str]


def team_rows(business: Business, reading: Reading, choice: Choice, model: TeamModel) -> Weighed:
    """What `model` credits to everything that earns."""
    wordings = _wordings(business, reading, choice)
    origins = origin_paths(wordings, choice.transform)
    nobody, together = origins.untouched, frozenset[str]()
    if model is TeamModel.MARKOV:
        origins, rare = rarest_origins(origins, choice.transform, order=choice.order)
        wordings, rare_wordings = rarest_origins(wordings, choice.transform, order=choice.order)
        together = rare | {state for state in rare_wordings if state.startswith("c")}
    rows = list(_rows(origins, team_credits(model, origins, order=choice.order)))
    if any(row["origin"] == "campaign" for row in rows):
        earned = team_credits(model, wordings, order=choice.order)
        rows += [row for row in _rows(wordings, earned) if row["origin"] == "campaign"]
    rows += [_nothing(nobody)] if nobody.conversions or nobody.value else []
    return Weighed(rows, together)


def weighed_together(
    business: Business, reading: Reading, choice: Choice, table: str
) -> frozenset[str]:
    """The states of a table of rankings that Markov weighs as one: wordings for `variants`, else
    those of Grain.ORIGIN, or channels."""
    if table == "channels":
        scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
        channels = path_counts(reading.columns, replace(scope, grain=Grain.CHANNEL))
        return rarest_channels(channels, choice.transform, order=choice.order)[1]
    paths, wanted = _wordings(business, reading, choice), table
    if table == "variants":
        wanted = "campaigns"
    else:
        paths = origin_paths(paths, choice.transform)
    rare = rarest_origins(paths, choice.transform, order=choice.order)[1]
    return frozenset(state for state in rare if TABLES_OF[state[0]] == wanted)


def _wordings(business: Business, reading: Reading, choice: Choice) -> CountedPaths:
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    return path_counts(reading.columns, replace(scope, grain=Grain.WORDING))


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
