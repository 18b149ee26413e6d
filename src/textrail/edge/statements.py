"""The statements by which the door looks at the house; `?` stands for a value."""

from __future__ import annotations

# An archived link still leads on: archiving tidies a list, and texts that were sent keep working.
# The recipient is read for links with a plan alone, for nobody else asks where they are. All in one
# statement where each is a way over the network; and where it is not, the link, which thousands of
# codes have in common, in one of its own.
FOUND = """
SELECT code.code, link.landing, link.route, link.business_id, link.id, code.contact_id,
    contact.country, contact.region, contact.city, contact.latitude, contact.longitude,
    contact.time_zone, contact.phone
FROM links_code code JOIN links_link link ON link.id = code.link_id
LEFT JOIN contacts_contact contact ON link.route <> ''
    AND contact.id = code.contact_id AND contact.business_id = link.business_id
WHERE code.code = ?
"""
CODE = """
SELECT code.link_id, code.contact_id, contact.business_id, contact.country, contact.region,
    contact.city, contact.latitude, contact.longitude, contact.time_zone, contact.phone
FROM links_code code LEFT JOIN contacts_contact contact ON contact.id = code.contact_id
WHERE code.code = ?
"""
LINK = "SELECT landing, route, business_id FROM links_link WHERE id = ?"
DOMAIN = "SELECT id, business_id FROM links_domain WHERE host = ?"
TAPS = """
SELECT COUNT(CASE WHEN verdict = 'human' THEN 1 END), COALESCE(MAX(id), 0) FROM links_click
WHERE link_id = ? AND id > ?
"""
CONNECTION = "SELECT id, carrier, secret FROM numbers_connection WHERE token = ?"
CALL_FLOW = """
SELECT flow.id, flow.business_id, flow.flow FROM numbers_trackingnumber number
JOIN numbers_callflow flow ON flow.id = number.call_flow_id
    AND flow.business_id = number.business_id
WHERE number.connection_id = ? AND number.phone = ? AND number.released_at IS NULL
"""
OPENING = "SELECT opening FROM numbers_hours WHERE id = ? AND business_id = ?"
API_KEY = (
    "SELECT id, business_id, lenient FROM accounts_apikey WHERE key_hash = ? AND revoked_at IS NULL"
)
# Payments for an account's balance come as a shop's webhooks do.
SHOP = """
SELECT id, business_id, kind, secret FROM conversions_shop WHERE token = ? AND ended_at IS NULL
UNION ALL
SELECT id, account_id, 'funds', secret FROM billing_fundssource
WHERE token = ? AND ended_at IS NULL
"""
SITE = (
    "SELECT id, business_id, hosts, takes_purchases FROM visitors_site"
    " WHERE key = ? AND ended_at IS NULL"
)
CLICKED = """
SELECT link.id, click.code, domain.host, link.destination, link.external_key
FROM links_click click JOIN links_link link ON link.id = click.link_id
LEFT JOIN links_domain domain ON domain.id = link.domain_id
WHERE click.click_id = ? AND click.business_id = ?
"""
