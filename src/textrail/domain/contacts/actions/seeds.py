"""Saying which numbers no person clicks for."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts.actions.contacts import find_or_add_contact
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.rules import MOST_SEEDS, clean_network
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.phone import PhoneNumber


@transaction.atomic
def add_seed(
    *, business: Business, phone: PhoneNumber, network: str, at: datetime, actor: User | None = None
) -> Contact:
    """The contact with this phone, made where there is none, as a seed in `network`."""
    contact = find_or_add_contact(business=business, phone=phone, at=at)
    mark_seed(business=business, contact=contact, network=network, at=at, actor=actor)
    return contact


@transaction.atomic
def mark_seed(
    *, business: Business, contact: Contact, network: str, at: datetime, actor: User | None = None
) -> None:
    """Say that no person clicks for this number, and in which mobile network it is.

    The first spelling of a network is kept, so that it is counted as one. An empty `network` makes
    the contact a person again.
    """
    if network:
        network = clean_network(network)
        seeds = Contact.objects.filter(~Q(seed_network=""), business=business)
        if not contact.seed_network and seeds.count() >= MOST_SEEDS:
            raise Conflict(f"There are {MOST_SEEDS} seeds already.", hint="Take one off first.")
        known = seeds.filter(seed_network__iexact=network).order_by("id").first()
        network = known.seed_network if known else network
    contact.seed_network = network
    Contact.objects.filter(business=business, id=contact.pk).update(seed_network=network)
    action = "contact.made_seed" if network else "contact.made_person"
    record_audit(business=business, actor=actor, action=action, subject=network, at=at)
