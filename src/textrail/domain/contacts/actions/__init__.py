"""Changing contacts, consent and persons, one at a time and by the million."""

from textrail.domain.contacts.actions.contacts import (
    Added,
    add_contacts,
    edit_contact,
    find_or_add_contact,
    record_consent,
    rename,
    resolve_person,
    set_email,
    set_place,
    set_tags,
)
from textrail.domain.contacts.actions.loading import Listed, load_contacts
from textrail.domain.contacts.actions.seeds import add_seed, mark_seed

__all__ = [
    "Added",
    "Listed",
    "add_contacts",
    "add_seed",
    "edit_contact",
    "find_or_add_contact",
    "load_contacts",
    "mark_seed",
    "record_consent",
    "rename",
    "resolve_person",
    "set_email",
    "set_place",
    "set_tags",
]
