"""Which conversions count where a type counts each person once: the first of theirs, by who is one
person when somebody asks. Stages of SQL, for every question that counts conversions."""

from __future__ import annotations

from typing import Final

# The first in time counts; of one moment the one that is worth most, so that no report depends on
# which arrived first. What was recorded while its type counted every time counts always, and is the
# first all the same. Looked at are only those people of whom anything lies where touches may lie:
# in the period, in the windows before it, or a sale that is refunded in it.
REPEATS: Final = (
    """once AS (
  SELECT c.id AS once_id, c.type_id AS once_of, COALESCE(p.canonical, c.person) AS whose,
         c.at_ms AS once_ms, c.value_minor AS worth, c.once_per_person AS alone
  FROM conversions AS c LEFT JOIN people AS p ON p.person = c.person
  WHERE c.business_id = $business_id AND c.sale_id IS NULL AND c.at_ms <= $touched_until_ms
    AND c.type_id IN (
      SELECT type_id FROM conversions WHERE business_id = $business_id AND once_per_person = 1
    )
)""",
    """repeats AS (
  SELECT repeat_id FROM (
    SELECT o.once_id AS repeat_id, o.alone AS alone, ROW_NUMBER() OVER (
             PARTITION BY o.once_of, o.whose ORDER BY o.once_ms, o.worth DESC, o.once_id
           ) AS nth
    FROM once AS o JOIN (
      SELECT DISTINCT once_of AS near_of, whose AS near FROM once
      WHERE alone = 1 AND once_ms >= $touched_from_ms
    ) AS n ON near_of = o.once_of AND near = o.whose
  ) AS ranked
  WHERE alone = 1 AND nth > 1
)""",
)


def counts(conversion: str) -> str:
    """SQL of whether a row of `conversions` counts; it asks for REPEATS. A refund counts as its
    sale does."""
    return f"COALESCE({conversion}.sale_id, {conversion}.id) NOT IN (SELECT repeat_id FROM repeats)"  # noqa: S608 -- ours
