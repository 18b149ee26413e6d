"""The path to one conversion: every signal that was considered, and why those that earn nothing do
not. The credits come from the same SQL that the reports sum up."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from textrail.analytics.attribution.credits import credits_query
from textrail.analytics.attribution.paths import CHOSEN, MUTED, TOKENS, since
from textrail.analytics.attribution.repeats import REPEATS
from textrail.analytics.attribution.scope import Scope
from textrail.analytics.attribution.weighing import MODELS, Model
from textrail.analytics.engine import Query, Result


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that a person did, or that was sent to them, as a conversion sees it.

    `refused` is empty for a touchpoint that counts; else the click's verdict, `sent` for a text of
    ours, `opt_out` for a goodbye, `after` the conversion, `too_early` for its window, `elsewhere`
    for another channel or source than was asked for, `counted` for a call or text that is itself a
    conversion and earns nothing else, `tapped` for a visit that began with a tap on our
    link, which earns if a person tapped, `visited` for a click elsewhere whose visit earns,
    `clicked` for a direct visit soon after a click elsewhere, `uncounted` where the conversion
    itself counts nothing, or `repeat`.
    It could have counted from `since_ms` to `credited_at_ms`, the moment of the conversion or, for
    a refund, of its sale. `person` is the token of the one who did it, before any merge.
    """

    touch: int
    person: int
    channel: str
    since_ms: int
    credited_at_ms: int
    kind: str
    id: int
    at_ms: int
    campaign_id: int | None
    variant_id: int | None
    link_id: int | None
    number_id: int | None
    source_id: int | None
    traffic_id: int | None
    refused: str
    weights: Mapping[Model, int]
    credits: Mapping[Model, int]


# A delivered text stands where it was delivered, and the others of ours where they were sent.
_SENT_AND_DELIVERED = """(
  SELECT touch, kind, id, business_id, person, at_ms, campaign_id, variant_id, link_id, number_id,
         source_id, traffic_id, channel, refused
  FROM signals WHERE kind <> 'sent' OR touch NOT IN (SELECT touch FROM deliveries)
  UNION ALL
  SELECT touch, kind, id, business_id, person, at_ms, campaign_id, variant_id, link_id, number_id,
         source_id, traffic_id, channel, NULL
  FROM deliveries
)"""


def _considered(scope: Scope) -> Query:
    signals = _SENT_AND_DELIVERED if scope.with_views else "signals"
    sql = f"""WITH {", ".join(REPEATS)}, {CHOSEN}, {TOKENS}, {MUTED}
SELECT t.touch, t.kind, t.id, t.at_ms, t.campaign_id, t.variant_id, t.link_id, t.number_id,
       t.source_id, t.traffic_id, t.person, t.channel, {since(scope)} AS since_ms, c.credited_at_ms,
       CASE WHEN t.at_ms > c.credited_at_ms THEN 'after'
            WHEN t.at_ms < {since(scope)} THEN 'too_early'
            WHEN t.refused IS NOT NULL THEN t.refused
            WHEN m.muted_touch <> COALESCE(c.origin_touch, -1) THEN 'counted'
            WHEN t.channel <> $channel OR t.source_id <> $source_id THEN 'elsewhere'
            WHEN $source_id IS NOT NULL AND t.source_id IS NULL THEN 'elsewhere'
            WHEN COALESCE(w.source_of, -1) <> $way_source_id THEN 'elsewhere'
            WHEN repeat_id IS NOT NULL THEN 'uncounted'
            ELSE '' END AS refused
FROM chosen AS c
JOIN (
  SELECT x.*, COALESCE(p.canonical, x.person) AS toucher
  FROM {signals} AS x LEFT JOIN people AS p ON p.person = x.person
  WHERE x.business_id = $business_id AND x.person IN (SELECT token FROM tokens)
) AS t ON t.toucher = c.person
LEFT JOIN muted AS m ON m.muted_touch = t.touch
LEFT JOIN traffic AS w ON w.id = t.traffic_id
LEFT JOIN repeats ON repeat_id = COALESCE(c.sale_id, c.conversion_id)
ORDER BY t.at_ms, t.touch
"""  # noqa: S608 -- ours
    return Query(sql, scope.parameters())


def at_once(ask: Callable[[], Result]) -> Callable[[], Result]:
    """Ask now, and say it when asked for."""
    answer = ask()
    return lambda: answer


def explain(
    ask: Callable[[Query], Result],
    scope: Scope,
    meanwhile: Callable[[Callable[[], Result]], Callable[[], Result]] = at_once,
) -> list[Step]:
    """Everything that was considered for the conversion of `scope`, oldest first, under all
    models. Of its two questions one may be asked `meanwhile`."""
    columns = ", ".join(f"weight_{model}, credit_{model}" for model in MODELS)
    select = f"SELECT touch, {columns} FROM credits WHERE touch IS NOT NULL"  # noqa: S608
    later = meanwhile(lambda: ask(credits_query(MODELS, scope, select)))
    considered = ask(_considered(scope)).records()
    earned = {row["touch"]: row for row in later().records()}
    return [_step(record, earned) for record in considered]


def _step(record: dict[str, Any], earned: Mapping[int, Mapping[str, int]]) -> Step:
    # What counts nothing was weighed like everything else that is asked for by itself.
    row = None if record["refused"] == "uncounted" else earned.get(record["touch"])
    if row is None and not record["refused"]:
        record["refused"] = "repeat"
    return Step(
        **record,
        weights={model: int(row[f"weight_{model}"]) if row else 0 for model in MODELS},
        credits={model: int(row[f"credit_{model}"]) if row else 0 for model in MODELS},
    )
