"""Changing where a link leads at the click: its rules, its end, and the plan that the door reads.

Whoever changes a destination, a parameter, a rule, an end or a store calls `write_route` in the
same transaction: the door reads nothing but what it writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.links import queries
from textrail.domain.links.models import Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.destination import Admit, any_address
from textrail.domain.links.rules.routing import StorePlace, compile_plan, write_rules
from textrail.domain.links.rules.routing_checks import check_ending, check_rules
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.routing import encode_plan


def set_rules(
    *,
    link: Link,
    rules: Sequence[object],
    at: datetime,
    actor: Actor = None,
    admit: Admit | None = None,
    instead_of: Sequence[object] | None = None,
) -> Link:
    """Give a link `rules` (edited form, in order) instead of those it has; Malformed for bad ones.

    `admit` says which addresses will do, as it does for a link's own destination; without it any
    address that is one. Conflict when the link no longer has the rules that it had: `instead_of`.
    """
    with transaction.atomic():
        held = _held(link)
        if instead_of is not None and held.rules != instead_of:
            raise Conflict(
                "Somebody else changed the rules meanwhile.", hint="Look at them, and try again."
            )
        stores = queries.store_places(held.business)
        checked = write_rules(check_rules(rules, stores=stores, admit=admit or any_address))
        if checked != held.rules:
            held.rules = checked
            Link.objects.filter(id=held.pk).update(rules=checked)
            _write(held, stores)
            record_audit(
                business=held.business,
                actor=actor,
                action="link.rules_set",
                subject=held.name,
                at=at,
            )
    return held


def set_ending(
    *,
    link: Link,
    expires_at: datetime | None,
    click_limit: int | None,
    fallback: str,
    at: datetime,
    actor: Actor = None,
    admit: Admit | None = None,
) -> Link:
    """Let a link end at a moment or after a number of taps by people, and lead to `fallback` then.

    None and an empty fallback take an end away. A moment in the past ends the link now.
    """
    ending = check_ending(expires_at, click_limit, fallback, admit=admit or any_address)
    with transaction.atomic():
        held = _held(link)
        before = (held.expires_at, held.click_limit, held.fallback)
        held.expires_at, held.click_limit, held.fallback = ending
        if before != ending:
            Link.objects.filter(id=held.pk).update(
                expires_at=held.expires_at, click_limit=held.click_limit, fallback=held.fallback
            )
            _write(held, queries.store_places(held.business))
            record_audit(
                business=held.business,
                actor=actor,
                action="link.ending_set",
                subject=held.name,
                at=at,
            )
    return held


def write_route(*, link: Link) -> None:
    """Compile what the door decides by from the stored row of `link`, and store it.

    Inside the caller's transaction, after its own changes were written.
    """
    held = Link.objects.select_related("business").get(id=link.pk)
    _write(held, queries.store_places(held.business))
    link.route = held.route


def rewrite_routes(*, links: Iterable[Link], stores: Sequence[StorePlace]) -> None:
    """`write_route` for many links of one business, whose stores are given."""
    for link in links:
        _write(link, stores)


def route_of(link: Link, stores: Iterable[StorePlace]) -> str:
    """What belongs into `link.route`, from the values that the row holds; for rows made in bulk."""
    plan = compile_plan(
        landing=link.landing,
        salt=str(link.pk),
        rules=link.rules,
        expires_at=link.expires_at,
        click_limit=link.click_limit,
        fallback=link.fallback,
        stores=stores,
        utm=Utm(
            link.utm_source, link.utm_medium, link.utm_campaign, link.utm_term, link.utm_content
        ),
    )
    return "" if plan is None else encode_plan(plan).decode()


def _held(link: Link) -> Link:
    """The stored row of a link, which nobody else changes before the transaction ends."""
    rows = Link.objects.select_for_update(of=("self",)).select_related("business")
    return rows.get(id=link.pk)


def _write(link: Link, stores: Iterable[StorePlace]) -> None:
    route = route_of(link, stores)
    if route != link.route:
        link.route = route
        Link.objects.filter(id=link.pk).update(route=route)
