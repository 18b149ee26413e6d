"""Changing the stores of a business. The links that lead to them follow in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.links import queries
from textrail.domain.links.actions.routing import rewrite_routes
from textrail.domain.links.models import Store
from textrail.domain.links.rules.routing import chosen_stores, read_rules
from textrail.domain.links.rules.stores import MOST_STORES, NewStore
from textrail.vocabulary.errors import Conflict, Malformed


def add_store(*, business: Business, store: NewStore, at: datetime, actor: Actor = None) -> Store:
    """A new store; Conflict for a name that another one has."""
    with transaction.atomic():
        if Store.objects.filter(business=business).count() >= MOST_STORES:
            raise Conflict(f"A business has at most {MOST_STORES:,} stores.")
        try:
            with transaction.atomic():
                row = Store.objects.create(business=business, created_at=at, **_values(store))
        except IntegrityError as error:
            raise _taken(store.name) from error
        _follow(business)
        record_audit(business=business, actor=actor, action="store.added", subject=row.name, at=at)
    return row


def change_store(*, store: Store, new: NewStore, at: datetime, actor: Actor = None) -> None:
    """Give a store other values; Conflict for a name that another one has."""
    business = store.business
    try:
        with transaction.atomic():
            Store.objects.filter(id=store.pk).update(**_values(new))
            _follow(business)
            record_audit(
                business=business, actor=actor, action="store.changed", subject=new.name, at=at
            )
    except IntegrityError as error:
        raise _taken(new.name) from error


def remove_store(*, store: Store, at: datetime, actor: Actor = None) -> None:
    """Take a store away, and out of the rules that name it.

    Conflict while it is the last one to which a rule leads: that rule would lead nowhere.
    """
    business = store.business
    with transaction.atomic():
        places = queries.store_places(business)
        left = [place for place in places if place.id != store.pk]
        links = queries.links_with_stores(business, lock=True)
        for link in links:
            for rule in read_rules(link.rules):
                if rule.nearest and not chosen_stores(rule, left):
                    raise Conflict(
                        f"The rule “{rule.name}” of “{link.name}” leads to “{store.name}” alone.",
                        hint="Change or remove that rule first.",
                    )
        for link in links:
            link.rules = [_without(rule, store.pk) for rule in link.rules]
            type(link).objects.filter(id=link.pk).update(rules=link.rules)
        Store.objects.filter(id=store.pk).delete()
        rewrite_routes(links=links, stores=left)
        record_audit(
            business=business, actor=actor, action="store.removed", subject=store.name, at=at
        )


def import_stores(
    *, business: Business, stores: Sequence[NewStore], at: datetime, actor: Actor = None
) -> tuple[int, int]:
    """All of `stores` at once: how many were added, and how many of the same name were changed."""
    with transaction.atomic():
        held = {row.name.casefold(): row for row in queries.stores(business)}
        known = [(held[new.name.casefold()], new) for new in stores if new.name.casefold() in held]
        fresh = [new for new in stores if new.name.casefold() not in held]
        if len(held) + len(fresh) > MOST_STORES:
            raise Malformed(
                f"A business has at most {MOST_STORES:,} stores; with these it would have"
                f" {len(held) + len(fresh):,}."
            )
        for row, new in known:
            Store.objects.filter(id=row.pk).update(**_values(new))
        Store.objects.bulk_create(
            Store(business=business, created_at=at, **_values(new)) for new in fresh
        )
        _follow(business)
        record_audit(
            business=business,
            actor=actor,
            action="store.imported",
            subject=f"{len(stores)} stores",
            at=at,
        )
    return len(fresh), len(known)


def _follow(business: Business) -> None:
    """Bring what the door reads up to date."""
    rewrite_routes(
        links=queries.links_with_stores(business, lock=True), stores=queries.store_places(business)
    )


def _without(rule: dict[str, object], store_id: int) -> dict[str, object]:
    stores = rule.get("stores")
    if not isinstance(stores, list) or store_id not in stores:
        return rule
    return {**rule, "stores": [each for each in stores if each != store_id]}


def _values(store: NewStore) -> dict[str, object]:
    return {
        "name": store.name,
        "destination": store.destination,
        "latitude": store.latitude,
        "longitude": store.longitude,
    }


def _taken(name: str) -> Conflict:
    return Conflict(
        f"There is a store called “{name}” already.",
        hint="Give this one another name.",
        field="name",
    )
