"""Changing contacts, consent and persons, one at a time and by the million."""

from textrail.domain.contacts.actions.consent import (
    HELD_FOR,
    HOW,
    decide,
    hold,
    record_consent,
    record_proof,
    record_sources,
    set_scope,
)
from textrail.domain.contacts.actions.contacts import (
    Added,
    ContactChanges,
    Found,
    add_contacts,
    add_tags,
    change_contact,
    edit_contact,
    find_or_add_contact,
    put_contact,
    remove_tags,
    rename,
    set_email,
    set_place,
    set_tags,
)
from textrail.domain.contacts.actions.grouping import decide_key, set_limits, split_people
from textrail.domain.contacts.actions.known import Naming, Raw
from textrail.domain.contacts.actions.late import LateTap, join_taps
from textrail.domain.contacts.actions.loading import Listed, load_contacts
from textrail.domain.contacts.actions.meeting import find_or_add_contacts
from textrail.domain.contacts.actions.people import resolve_people, resolve_person
from textrail.domain.contacts.actions.seeds import add_seed, mark_seed
from textrail.domain.contacts.actions.stitching import People

__all__ = [
    "HELD_FOR",
    "HOW",
    "Added",
    "ContactChanges",
    "Found",
    "LateTap",
    "Listed",
    "Naming",
    "People",
    "Raw",
    "add_contacts",
    "add_seed",
    "add_tags",
    "change_contact",
    "decide",
    "decide_key",
    "edit_contact",
    "find_or_add_contact",
    "find_or_add_contacts",
    "hold",
    "join_taps",
    "load_contacts",
    "mark_seed",
    "put_contact",
    "record_consent",
    "record_proof",
    "record_sources",
    "remove_tags",
    "rename",
    "resolve_people",
    "resolve_person",
    "set_email",
    "set_limits",
    "set_place",
    "set_scope",
    "set_tags",
    "split_people",
]
