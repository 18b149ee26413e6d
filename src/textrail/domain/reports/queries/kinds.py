"""What comes of each type of text: campaigns by their type or wordings, chats, automatic ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Count, Q

from textrail.analytics.attribution import (
    OF_TRAIT,
    CountedPaths,
    Scope,
    TeamModel,
    Trait,
    coarser_paths,
    credits_query,
    path_counts,
)
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign, CampaignStatus, CampaignType
from textrail.domain.reports.measures import KIND_NAMES
from textrail.domain.reports.narrowing import TAKEN, tagged
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice
from textrail.domain.reports.traits import (
    MOST_APART,
    others_together,
    rarest_as_one,
    trait_credits,
)

# A tap, and a delivered text, lead to the text that they are of.
OF_ITS_TEXT: Final = """
LEFT JOIN clicks AS k ON c.kind = 'tap' AND k.id = c.touch_id
JOIN messages AS m ON m.business_id = $business_id
  AND m.id = CASE WHEN c.kind = 'sent' THEN c.touch_id ELSE k.message_id END
"""
# The texts whose taps or receipts are within reach: of months of texts few need to be looked at.
_TEXTS_OF: Final = (
    "SELECT message_id FROM {} WHERE business_id = $business_id"
    " AND at_ms >= $touched_from_ms AND at_ms <= $touched_until_ms"
)
# Kinds of texts that are types of their own.
_PLAIN: Final = ("campaign", "chat", "auto", "compliance")
# A conversion that two campaigns of one type earned is one conversion of the type.
_EARNED = f"""
SELECT type, campaign_id, SUM(credit) AS credit, 0 AS conversions
FROM (
  SELECT {{1}} AS type, m.campaign_id AS campaign_id, credit_{{0}} AS credit
  FROM credits AS c{OF_ITS_TEXT}WHERE c.kind IN ('tap', 'sent')
) AS earned GROUP BY type, campaign_id
UNION ALL
SELECT type, NULL, 0, COUNT(DISTINCT conversion_id)
FROM (
  SELECT {{1}} AS type, conversion_id
  FROM credits AS c{OF_ITS_TEXT}WHERE c.kind IN ('tap', 'sent') AND counts = 1 AND weight_{{0}} > 0
) AS converted GROUP BY type
"""  # noqa: S608 -- ours
_CAMPAIGN: Final = "CAST(COALESCE(m.campaign_id, 0) AS VARCHAR)"
_SENT = """
SELECT type, campaign_id, COUNT(*) AS sent, COUNT(DISTINCT person) AS people, SUM(tapped) AS tapped
FROM (
  SELECT {type} AS type, m.campaign_id AS campaign_id, texts.person AS person,
         texts.tapped AS tapped
  FROM (
    SELECT r.message_id, MAX(r.person) AS person, MIN(r.at_ms) AS at_ms,
           MAX(CASE WHEN k.message_id IS NULL THEN 0 ELSE 1 END) AS tapped
    FROM receipts AS r LEFT JOIN (
      SELECT DISTINCT message_id FROM clicks
      WHERE business_id = $business_id AND verdict = 'human' AND message_id IS NOT NULL
    ) AS k ON k.message_id = r.message_id
    WHERE r.business_id = $business_id
      AND r.at_ms >= $from_ms - 604800000 AND r.at_ms < $until_ms
      AND {taken}
      AND r.person NOT IN (SELECT person FROM seeds)
    GROUP BY r.message_id
  ) AS texts JOIN messages AS m ON m.id = texts.message_id{joined}
  WHERE texts.at_ms >= $from_ms AND m.business_id = $business_id{tagged}
) AS typed GROUP BY type, campaign_id
"""


@dataclass(slots=True)
class KindRow:
    """A type of text: its key in KIND_NAMES, and its name; the key is '' for those that are too
    rare to be weighed one by one. `people` were reached, those of several
    campaigns once for each; `tapped` texts were tapped by a person. `credit` is in minor units, and
    `removal_effect`, from 0 to 1, is what only Markov says."""

    key: str
    name: str
    campaigns: int = 0
    sent: int = 0
    people: int = 0
    tapped: int = 0
    conversions: int = 0
    credit: int = 0
    removal_effect: float | None = None

    @property
    def rate(self) -> float | None:
        """Conversions per text."""
        return self.conversions / self.sent if self.sent else None

    @property
    def tap_rate(self) -> float | None:
        return self.tapped / self.sent if self.sent else None


def kinds(
    business: Business, reading: Reading, choice: Choice, *, most_apart: int = MOST_APART
) -> Sequence[KindRow]:
    """Types of text that were sent or earned something in the period, the greatest rate first.

    Markov and Shapley weigh each type by itself, beside the channels of all that is no text.
    """
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    type_ = type_of_text(business)
    joined, condition = tagged(scope, "texts")
    sql = _SENT.format(taken=TAKEN, joined=joined, tagged=condition, type=type_)
    later = reading.meanwhile(lambda: reading.ask(Query(sql, scope.parameters())).records())
    (earned, together), sent = _earned(reading, scope, choice, type_, most_apart), later()
    called = {**KIND_NAMES, "": others_together(len(together))}
    rows: dict[str, KindRow] = {}
    seen: set[tuple[str, int]] = set()
    for row in (*earned, *sent):
        key = "" if row["type"] in together else row["type"]
        line = rows.setdefault(key, KindRow(key, called[key]))
        if row["campaign_id"] is not None and (key, row["campaign_id"]) not in seen:
            seen.add((key, row["campaign_id"]))
            line.campaigns += 1
        _add(line, row)
    return sorted(rows.values(), key=lambda row: (-(row.rate or 0), -row.credit, row.name))


def _earned(
    reading: Reading, scope: Scope, choice: Choice, type_: str, most_apart: int
) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """The rows, and the types of which that of '' is."""
    if isinstance(choice.model, TeamModel):
        trait = _told_by(f"CONCAT({type_}, '/', {_CAMPAIGN})", views=scope.with_views)
        of_campaigns = path_counts(reading.columns, replace(scope, grain=trait))
        return _of_teams(of_campaigns, choice, choice.model, most_apart)
    select = _EARNED.format(choice.model, type_)
    return reading.ask(credits_query([choice.model], scope, select)).records(), frozenset()


def _of_teams(
    of_campaigns: CountedPaths, choice: Choice, model: TeamModel, most_apart: int
) -> tuple[list[dict[str, Any]], frozenset[str]]:
    """A row for each campaign on a path, without a sum, and one for each type; and the types that
    Markov weighs as one. Their states are `test/5`, or `chat/0` without a campaign."""
    order, transform, together = choice.order, choice.transform, frozenset[str]()
    paths = coarser_paths(of_campaigns, _type_alone, transform)
    if model is TeamModel.MARKOV:
        paths, together = rarest_as_one(paths, transform, order=order, most=most_apart)
    rows: list[dict[str, Any]] = list(_campaigns_on(of_campaigns))
    for key, earned in trait_credits(model, paths, order=order).items():
        rows.append(
            {
                "type": key,
                "campaign_id": None,
                "credit": earned.credit,
                "conversions": earned.conversions,
                "removal_effect": earned.removal_effect,
            }
        )
    return rows, together


def _campaigns_on(paths: CountedPaths) -> Iterator[dict[str, Any]]:
    for state, conversions in paths.converted().items():
        key, _, campaign_id = state.removeprefix(OF_TRAIT).partition("/")
        if conversions and campaign_id:
            yield {"type": key, "campaign_id": int(campaign_id) or None}


def _type_alone(state: str) -> str:
    return state.partition("/")[0] if state.startswith(OF_TRAIT) else state


def _add(line: KindRow, row: dict[str, Any]) -> None:
    for name in ("sent", "people", "tapped", "conversions", "credit"):
        setattr(line, name, getattr(line, name) + int(row.get(name) or 0))
    line.removal_effect = row.get("removal_effect", line.removal_effect)


def types_of_texts(business: Business, *, views: bool) -> Trait:
    """Taps, and with `views` delivered texts, by the type of their text (KIND_NAMES)."""
    return _told_by(type_of_text(business), views=views)


def _told_by(value: str, *, views: bool) -> Trait:
    """Taps, and with `views` delivered texts, by what this SQL says of their text `m`."""
    touched = " UNION ALL ".join(map(_TEXTS_OF.format, ["clicks", "receipts"][: 1 + views]))
    return Trait(
        value=f"CASE WHEN m.id IS NULL THEN NULL ELSE {value} END",
        joined="LEFT JOIN (SELECT id, kind, campaign_id FROM messages"  # noqa: S608 -- ours
        f" WHERE business_id = $business_id AND id IN ({touched})"
        ") AS m ON m.id = t.message_id AND t.kind IN ('tap', 'sent')",
    )


def of_kind(business: Business, kind: str) -> str:
    """SQL of whether a text `m` is of this type (KIND_NAMES)."""
    return f"{type_of_text(business)} = '{kind}'"


def type_of_text(business: Business) -> str:
    """SQL of the key in KIND_NAMES of a text `m`."""
    filed = "".join(
        f" WHEN m.kind = 'campaign' AND m.campaign_id IN ({', '.join(map(str, ids))}) THEN '{key}'"
        for key, ids in _filed(business).items()
    )
    plain = ", ".join(f"'{kind}'" for kind in _PLAIN)
    return f"CASE{filed} WHEN m.kind IN ({plain}) THEN m.kind ELSE 'other' END"


def _filed(business: Business) -> dict[str, list[int]]:
    """Key in KIND_NAMES → the campaigns that stand there for their type, or else, under `test`, for
    their several wordings. Drafts have no texts."""
    types = CampaignType.values
    rows = Campaign.objects.filter(business=business).exclude(status=CampaignStatus.DRAFT)
    rows = rows.annotate(wordings=Count("variants"))
    rows = rows.filter(Q(type__in=types) | Q(wordings__gt=1))
    found: dict[str, list[int]] = {}
    for id_, type_ in rows.order_by("id").values_list("id", "type"):
        found.setdefault(type_ if type_ in types else "test", []).append(id_)
    return found
