"""Everything that might be a touchpoint, as views over the columns."""

from __future__ import annotations

# A source of a number says its channel in a few words of its own; beside visits it is Google's.
_OF_A_SOURCE = """CASE s.channel WHEN 'organic' THEN 'organic_search'
  WHEN 'social' THEN 'organic_social' WHEN 'paid' THEN 'paid_other' ELSE s.channel END"""
# `refused` says why a signal earns nothing; `touch` is unique over all kinds and settles the order
# of two touches of one millisecond. A text or call has the channel of its number's source; a tap
# comes from a text of ours. A session has the channel of its way in; one that our own link led to
# is what the tap came to, and must not push the text out of its place. Where it was in doubt who
# tapped, it is not `tapped`, and earns. A machine's is nobody's.
# A click that another service counted and the visit that it led to are one touch: the visit earns.
# An ad's click id tells which one; else it is one of the same person and channel that begins within
# five minutes, or began in the half hour before: for so long does a visit go on. A direct visit
# tells nothing, so within half an hour of a click of that person which says more it belongs to the
# click. Both are looked up by spans as long as these: of one person there may be very many of each.
# What is found is joined by its moment too, so that a question of a period reads no more than that.
# The two spans are a UNION: over a CROSS JOIN some questions failed within DuckDB 2.0.0
# ("dict-surviving cache").
_SIGNALS = """
SELECT 'tap' AS kind, id * 8 AS touch, id, business_id, person, at_ms,
       campaign_id, variant_id, link_id, message_id,
       CAST(NULL AS BIGINT) AS number_id, CAST(NULL AS BIGINT) AS source_id,
       CAST(NULL AS BIGINT) AS traffic_id, 'sms' AS channel,
       CASE WHEN verdict = 'human' THEN NULL ELSE verdict END AS refused
FROM clicks
UNION ALL
SELECT 'text', m.id * 8 + 1, m.id, m.business_id, m.person, m.at_ms,
       m.campaign_id, m.variant_id, NULL, m.id, m.number_id, m.source_id,
       NULL, COALESCE({of_a_source}, 'sms'), CASE WHEN m.kind = 'opt_out' THEN m.kind END
FROM messages AS m LEFT JOIN sources AS s ON s.id = m.source_id WHERE m.direction = 'inbound'
UNION ALL
SELECT 'call', c.id * 8 + 2, c.id, c.business_id, c.person, c.at_ms,
       NULL, NULL, NULL, NULL, c.number_id, c.source_id, NULL,
       COALESCE({of_a_source}, 'calls'), NULL
FROM calls AS c LEFT JOIN sources AS s ON s.id = c.source_id
UNION ALL
SELECT 'sent', id * 8 + 3, id, business_id, person, at_ms,
       campaign_id, variant_id, NULL, id, number_id, source_id, NULL, 'sms', 'sent'
FROM messages WHERE direction = 'outbound'
UNION ALL
SELECT 'session', v.id * 8 + 4, v.id, v.business_id, v.person, v.at_ms,
       NULL, NULL, NULL, NULL, NULL, NULL, v.traffic_id, COALESCE(w.channel, 'unassigned'),
       CASE WHEN v.tapped = 1 THEN 'tapped' WHEN l.visit_id IS NOT NULL THEN 'clicked' END
FROM sessions AS v LEFT JOIN traffic AS w ON w.id = v.traffic_id
LEFT JOIN (
  SELECT DISTINCT d.business_id AS business_of, d.id AS visit_id, d.at_ms AS visited_ms
  FROM (
    SELECT v.business_id AS business_id, v.id AS id, v.at_ms AS at_ms,
           COALESCE(visitor.canonical, v.person) AS person, v.at_ms // 1800000 - back AS half
    FROM (SELECT *, 0 AS back FROM sessions UNION ALL SELECT *, 1 FROM sessions) AS v
    JOIN traffic AS came ON came.id = v.traffic_id
    LEFT JOIN people AS visitor ON visitor.person = v.person
    WHERE v.person IS NOT NULL AND v.tapped = 0 AND LOWER(came.channel) = 'direct'
  ) AS d
  JOIN (
    SELECT k.business_id AS business_id, k.at_ms AS at_ms, k.visit_id AS visit_id,
           COALESCE(clicker.canonical, k.person) AS person, k.at_ms // 1800000 AS half
    FROM outside_clicks AS k JOIN traffic AS told ON told.id = k.traffic_id
    LEFT JOIN people AS clicker ON clicker.person = k.person
    WHERE LOWER(told.channel) <> 'direct'
  ) AS k ON k.business_id = d.business_id AND k.person = d.person AND k.half = d.half
  WHERE k.at_ms <= d.at_ms AND k.at_ms >= d.at_ms - 1800000
    AND (k.visit_id IS NULL OR k.visit_id <> d.id)
) AS l ON l.business_of = v.business_id AND l.visit_id = v.id AND l.visited_ms = v.at_ms
WHERE v.person IS NOT NULL
UNION ALL
SELECT 'click_elsewhere', o.id * 8 + 5, o.id, o.business_id, o.person, o.at_ms,
       NULL, NULL, NULL, NULL, NULL, NULL, o.traffic_id, COALESCE(w.channel, 'unassigned'),
       CASE WHEN o.visit_id IS NOT NULL OR f.click_id IS NOT NULL THEN 'visited' END
FROM outside_clicks AS o LEFT JOIN traffic AS w ON w.id = o.traffic_id
LEFT JOIN (
  SELECT DISTINCT k.business_id AS business_of, k.id AS click_id, k.at_ms AS clicked_ms
  FROM (
    SELECT k.business_id AS business_id, k.id AS id, k.at_ms AS at_ms, told.channel AS channel,
           COALESCE(clicker.canonical, k.person) AS person,
           (k.at_ms + 300000) // 2100000 - back AS span
    FROM (SELECT *, 0 AS back FROM outside_clicks UNION ALL SELECT *, 1 FROM outside_clicks) AS k
    JOIN traffic AS told ON told.id = k.traffic_id
    LEFT JOIN people AS clicker ON clicker.person = k.person
  ) AS k
  JOIN (
    SELECT v.business_id AS business_id, v.at_ms AS at_ms, came.channel AS channel,
           COALESCE(visitor.canonical, v.person) AS person, v.at_ms // 2100000 AS span
    FROM sessions AS v JOIN traffic AS came ON came.id = v.traffic_id
    LEFT JOIN people AS visitor ON visitor.person = v.person
    WHERE v.person IS NOT NULL AND v.tapped = 0
  ) AS visits ON visits.business_id = k.business_id AND visits.person = k.person
    AND visits.channel = k.channel AND visits.span = k.span
  WHERE visits.at_ms >= k.at_ms - 1800000 AND visits.at_ms <= k.at_ms + 300000
) AS f ON f.business_of = o.business_id AND f.click_id = o.id AND f.clicked_ms = o.at_ms
"""
_TOUCHPOINTS = """
SELECT kind, touch, id, business_id, person, at_ms,
       campaign_id, variant_id, link_id, message_id, number_id, source_id, traffic_id,
       channel
FROM signals WHERE refused IS NULL
"""
# A campaign's text at the moment when it was delivered: a touchpoint only where views are asked
# for. It has the `touch` of the signal that it was when it was sent.
_DELIVERIES = """
SELECT 'sent' AS kind, message_id * 8 + 3 AS touch, message_id AS id, business_id, person,
       MIN(at_ms) AS at_ms, campaign_id, variant_id, CAST(NULL AS BIGINT) AS link_id, message_id,
       CAST(NULL AS BIGINT) AS number_id, CAST(NULL AS BIGINT) AS source_id,
       CAST(NULL AS BIGINT) AS traffic_id, 'sms' AS channel
FROM receipts WHERE status = 'delivered' AND campaign_id IS NOT NULL
GROUP BY message_id, business_id, person, campaign_id, variant_id
"""
VIEWS = {
    "signals": _SIGNALS.format(of_a_source=_OF_A_SOURCE),
    "touchpoints": _TOUCHPOINTS,
    "deliveries": _DELIVERIES,
}
