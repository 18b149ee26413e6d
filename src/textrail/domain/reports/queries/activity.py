"""What happened in each stretch of a period: sums over conversions, texts, taps, calls and costs.

Each table is summed up by itself, so that what is brought together is a row for each stretch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textrail.analytics.attribution import Model, Scope, TeamModel, credits_query
from textrail.analytics.attribution.repeats import REPEATS, counts
from textrail.analytics.engine import Query
from textrail.domain.reports.buckets import bucket_of
from textrail.domain.reports.narrowing import OF_OUR_TEXTS, TAKEN, tagged
from textrail.domain.reports.queries.reading import Reading
from textrail.domain.reports.rules import AnyModel


@dataclass(frozen=True, slots=True)
class _Part:
    """Rows that happened at `moment`, and what is summed up over them. `rows` stands behind FROM,
    up to its condition; in it are the join and the condition of a tag. Whose rows they are, is not
    known of all."""

    rows: str
    sums: Mapping[str, str]
    moment: str = "r.at_ms"
    has_people: bool = True


_WITHIN = "r.business_id = $business_id AND r.at_ms >= $from_ms AND r.at_ms < $until_ms"
# Seeds are nobody: what they got is no text to a person, though it costs what others cost, and what
# came of it is no revenue. Whom the judge takes for a person on one of them, it knows, is none.
_NO_SEED = "r.person NOT IN (SELECT person FROM seeds)"
# A text left us when the carrier took it; its price comes with one receipt, which may be a later
# one, or is repeated in all. Receipts come within a week.
_HANDED_OVER = """(
  SELECT MIN(r.at_ms) AS at_ms,
         MAX(CASE WHEN r.currency = $currency THEN r.price_micros ELSE 0 END) AS cost_micros
  FROM receipts AS r{{joined}}
  WHERE r.business_id = $business_id
    AND r.at_ms >= $from_ms - 604800000 AND r.at_ms < $until_ms + 604800000
    AND {taken}{whose}{{tagged}}
  GROUP BY r.message_id
) AS t WHERE t.at_ms >= $from_ms AND t.at_ms < $until_ms"""
_CONVERSIONS: Final = "conversions"
_PARTS: Mapping[str, _Part] = {
    _CONVERSIONS: _Part(
        f"conversions AS r{{joined}} WHERE {_WITHIN} AND r.currency = $currency"
        f" AND ($type_id IS NULL OR r.type_id = $type_id) AND {_NO_SEED}"
        f" AND {counts('r')}{{tagged}}",
        {
            "revenue": "SUM(r.value_minor)",
            "conversions": "SUM(CASE WHEN r.sale_id IS NULL THEN 1 ELSE 0 END)",
        },
    ),
    "texts": _Part(
        _HANDED_OVER.format(taken=TAKEN, whose=""),
        {"sent": "COUNT(*)", "cost_micros": "SUM(t.cost_micros)"},
        moment="t.at_ms",
    ),
    "to_seeds": _Part(
        _HANDED_OVER.format(taken=TAKEN, whose=" AND r.person IN (SELECT person FROM seeds)"),
        {"sent": "-COUNT(*)"},
        moment="t.at_ms",
    ),
    "taps": _Part(
        f"clicks AS r{{joined}} WHERE {_WITHIN}{{tagged}}",
        {"taps": "SUM(CASE WHEN r.verdict = 'human' THEN 1 ELSE 0 END)", "raw_taps": "COUNT(*)"},
    ),
    "replies": _Part(
        f"messages AS r{{joined}} WHERE {_WITHIN} AND r.direction = 'inbound'"
        f" AND {_NO_SEED}{{tagged}}",
        {"replies": "COUNT(*)"},
    ),
    "calls": _Part(
        f"calls AS r{{joined}} WHERE {_WITHIN} AND {_NO_SEED}{{tagged}}", {"calls": "COUNT(*)"}
    ),
    "costs": _Part(
        "costs AS r WHERE r.business_id = $business_id AND r.currency = $currency"
        " AND r.day_ms >= $from_ms AND r.day_ms < $until_ms",
        {"spend": "SUM(r.cost_minor)"},
        moment="r.day_ms",
        has_people=False,
    ),
}
# What was done, besides what came of it.
DONE: Final = tuple(
    dict.fromkeys(name for key, part in _PARTS.items() for name in part.sums if key != _CONVERSIONS)
)
# A conversion has one first row, and its credits sum to its value.
_CAME_OF_IT = f"""
SELECT {{bucket}} AS bucket, SUM(credit_{{model}}) AS revenue,
       SUM(CASE WHEN position = 1 THEN counts ELSE 0 END) AS conversions,
       SUM(CASE WHEN touch IS NULL THEN 0 ELSE credit_{{model}} END) AS credited,
       SUM(CASE WHEN {OF_OUR_TEXTS} THEN credit_{{model}} ELSE 0 END) AS texted
FROM credits GROUP BY bucket
"""  # noqa: S608 -- ours


def sums_by(
    scope: Scope, reading: Reading, edges: Sequence[int], names: Collection[str]
) -> dict[int, dict[str, int]]:
    """Where a stretch begins → its sums of `names`; those in which nothing happened may be missing.

    `edges` are the beginnings of the stretches and the end of the last, from the beginning of the
    scope to its end.
    """
    parts = [
        part
        for part in _PARTS.values()
        if set(part.sums) & set(names) and (part.has_people or scope.tag_id is None)
    ]
    summed = ", ".join(f"SUM({name}) AS {name}" for name in names)
    selects = "\n  UNION ALL\n".join(_select(part, scope, edges, names) for part in parts)
    sums = f"SELECT bucket, {summed} FROM (\n{selects}\n) AS activity GROUP BY bucket"  # noqa: S608
    sql = f"WITH {', '.join(REPEATS)}\n{sums}" if _PARTS[_CONVERSIONS] in parts else sums
    return {
        edges[row.pop("bucket")]: {name: int(value or 0) for name, value in row.items()}
        for row in reading.ask(Query(sql, scope.parameters())).records()
    }


def newest(scope: Scope, reading: Reading) -> int | None:
    """When the last of all that is summed up here happened, in milliseconds; None where nothing
    did. For a scope without a tag."""
    selects = "\n  UNION ALL\n".join(
        f"  SELECT MAX({part.moment}) AS moment FROM {_rows(part, scope)}"  # noqa: S608
        for part in _PARTS.values()
    )
    sql = f"WITH {', '.join(REPEATS)}\nSELECT MAX(moment) AS newest FROM (\n{selects}\n) AS moments"
    found: int | None = reading.ask(Query(sql, scope.parameters())).rows[0][0]
    return found


def _rows(part: _Part, scope: Scope) -> str:
    joined, condition = tagged(scope, "r")
    return part.rows.format(joined=joined, tagged=condition)


def _select(part: _Part, scope: Scope, edges: Sequence[int], names: Collection[str]) -> str:
    rows = _rows(part, scope)
    columns = ", ".join(f"{part.sums.get(name, '0')} AS {name}" for name in names)
    bucket = bucket_of(part.moment, edges)
    return f"  SELECT {bucket} AS bucket, {columns} FROM {rows} GROUP BY {bucket}"  # noqa: S608


def earned_by(
    scope: Scope, reading: Reading, edges: Sequence[int], model: AnyModel
) -> dict[int, dict[str, int]]:
    """Where a stretch begins → its `conversions` and their `revenue`, what touches earned of that,
    `credited`, and our texts of that, `texted`; money in minor units. Markov and Shapley know the
    last for a whole period only: here it is missing."""
    # What is credited to anybody is the same under every model; which part texts earned is not.
    single = model if isinstance(model, Model) else Model.LAST
    select = _CAME_OF_IT.format(bucket=bucket_of("converted_at_ms", edges), model=single)
    found = {
        edges[row.pop("bucket")]: {name: int(value) for name, value in row.items()}
        for row in reading.ask(credits_query([single], scope, select)).records()
    }
    if isinstance(model, TeamModel):
        for sums in found.values():
            del sums["texted"]
    return found
