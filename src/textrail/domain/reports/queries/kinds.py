"""What comes of each type of text: campaigns with one wording or several, chats, automatic ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count

from textrail.analytics.attribution import Model, credits_query
from textrail.analytics.engine import Query
from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign
from textrail.domain.reports.measures import KIND_NAMES, kind_of_text
from textrail.domain.reports.narrowing import TAKEN, tagged
from textrail.domain.reports.queries.dashboard import scope_of
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import Choice

# A tap, and a delivered text, lead to the text that they are of.
_EARNED = """
SELECT m.kind AS kind, m.campaign_id AS campaign_id, SUM(credit_{0}) AS credit,
       COUNT(DISTINCT CASE WHEN counts = 1 AND weight_{0} > 0 THEN conversion_id END)
         AS conversions
FROM credits AS c
LEFT JOIN clicks AS k ON c.kind = 'tap' AND k.id = c.touch_id
JOIN messages AS m ON m.id = CASE WHEN c.kind = 'sent' THEN c.touch_id ELSE k.message_id END
WHERE c.kind IN ('tap', 'sent') AND m.business_id = $business_id
GROUP BY m.kind, m.campaign_id
"""
_SENT = """
SELECT m.kind AS kind, m.campaign_id AS campaign_id, COUNT(*) AS sent,
       COUNT(DISTINCT texts.person) AS people,
       SUM(texts.tapped) AS tapped
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
GROUP BY m.kind, m.campaign_id
"""


@dataclass(slots=True)
class KindRow:
    """A type of text. `people` were reached, those of several campaigns once for each; `tapped`
    texts were tapped by a person. `credit` is in minor units."""

    name: str
    campaigns: int = 0
    sent: int = 0
    people: int = 0
    tapped: int = 0
    conversions: int = 0
    credit: int = 0

    @property
    def rate(self) -> float | None:
        """Conversions per text."""
        return self.conversions / self.sent if self.sent else None

    @property
    def tap_rate(self) -> float | None:
        return self.tapped / self.sent if self.sent else None


def kinds(business: Business, reading: Reading, choice: Choice) -> Sequence[KindRow]:
    """Types of text that were sent or earned something in the period, the greatest rate first.

    Markov and Shapley do not credit single texts; under them the last touch does.
    """
    scope = scope_of(business, choice, choice.period.span(ZoneInfo(business.time_zone)))
    model = choice.model if isinstance(choice.model, Model) else Model.LAST
    earned = reading.ask(credits_query([model], scope, _EARNED.format(model))).records()
    joined, condition = tagged(scope, "texts")
    sent = reading.ask(
        Query(_SENT.format(taken=TAKEN, joined=joined, tagged=condition), scope.parameters())
    ).records()
    wordings = _wordings(business, (row["campaign_id"] for row in (*earned, *sent)))
    rows: dict[str, KindRow] = {}
    seen: set[tuple[str, int]] = set()
    for row in (*earned, *sent):
        key = kind_of_text(row["kind"], wordings.get(row["campaign_id"], 1))
        line = rows.setdefault(key, KindRow(KIND_NAMES[key]))
        if row["campaign_id"] is not None and (key, row["campaign_id"]) not in seen:
            seen.add((key, row["campaign_id"]))
            line.campaigns += 1
        _add(line, row)
    return sorted(rows.values(), key=lambda row: (-(row.rate or 0), -row.credit, row.name))


def _add(line: KindRow, row: dict[str, Any]) -> None:
    for name in ("sent", "people", "tapped", "conversions", "credit"):
        setattr(line, name, getattr(line, name) + int(row.get(name) or 0))


def _wordings(business: Business, campaigns: Iterable[int | None]) -> dict[int, int]:
    """Campaign → of how many wordings it is."""
    wanted = {id_ for id_ in campaigns if id_ is not None}
    rows = Campaign.objects.filter(business=business, pk__in=wanted)
    return dict(rows.annotate(wordings=Count("variants")).values_list("pk", "wordings"))
