"""Who is whom, for people to look at and to put right: splits, and keys that too many share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import actions, queries, rules
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.models import (
    Contact,
    Identity,
    Person,
    PersonMerge,
    PersonSplit,
    Standing,
)
from textrail.vocabulary.errors import Forbidden, Refusal
from textrail.web.formats import phone_text
from textrail.web.showing import show_page

_LONGEST_LEARNT = 120  # what a key keeps of the evidence
_LIMITS = (
    ("customer_id", "Customer id"),
    ("email", "Email"),
    ("phone", "Phone"),
    ("visitor_id", "Browser"),
)


@dataclass(frozen=True, slots=True)
class KnownAs:
    """A key as a page shows it. `text` is empty where only a hash of it is kept; `learnt` says how
    we came to it."""

    identity: Identity
    kind: str
    text: str
    is_phone: bool
    stopped: bool
    learnt: str


def known_as(contact: Contact, rows: Iterable[Identity]) -> list[KnownAs]:
    """The keys of a contact's person; an address can be read where it is the contact's own."""
    business = contact.business
    address = kept(business, "email", contact.email) if contact.email else ""
    return [
        KnownAs(
            row,
            rules.KEY_NAMES[row.kind],
            _text(row, contact.email if row.value == address else ""),
            row.kind == "phone",
            row.standing in (Standing.SHARED, Standing.APART),
            rules.evidence_in_words(row.learnt),
        )
        for row in rows
    ]


def _text(row: Identity, address: str) -> str:
    return row.value if row.kind == "phone" else address


@dataclass(frozen=True, slots=True)
class Side:
    """One of two persons who turned out to be one, by what was known of them alone. `report` names
    the one that they were first heard of in, unless it is the one that joined the two."""

    called: str
    since: datetime
    report: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two persons whom a merge made one."""

    merge: PersonMerge
    older: Side
    younger: Side


def pairs(business: Business, merges: Sequence[PersonMerge]) -> list[Pair]:
    """Whom each merge made one."""
    ids = {id_ for row in merges for id_ in (row.survivor_id, row.absorbed_id)}
    people = queries.persons(business, ids)
    return [
        Pair(row, _side(people[row.survivor_id], row), _side(people[row.absorbed_id], row))
        for row in merges
    ]


def splits(business: Business, person: Person) -> list[tuple[PersonSplit, Pair]]:
    """From whom a person was split, newest first."""
    rows = queries.splits(business, person)
    return list(zip(rows, pairs(business, [row.merge for row in rows]), strict=True))


def _side(person: Person, merge: PersonMerge) -> Side:
    keys = sorted(person.identities.all(), key=lambda key: key.pk)
    contacts = person.contacts.all()
    phones = {row.phone for row in contacts} | {key.value for key in keys if key.kind == "phone"}
    names = [row.name for row in contacts if row.name]
    rest = [phone_text(phone) for phone in sorted(phones)]
    rest.append(rules.kinds_in_words({key.kind for key in keys} - {"phone"}))
    called = ", ".join(filter(None, [*names, *rest])) or "somebody without a key"
    if not names:
        called = called[:1].upper() + called[1:]
    learnt = keys[0].learnt if keys else ""
    report = "" if learnt == merge.evidence[:_LONGEST_LEARNT] else _report(learnt)
    return Side(called, person.created_at, report)


def _report(learnt: str) -> str:
    return rules.evidence_in_words(learnt).partition(" in the report ")[2]


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def split(request: MemberRequest, merge_id: int) -> HttpResponse:
    """Whom a merge made one, and the form that takes it back."""
    merge = queries.merge(request.business, merge_id)
    if request.method == "GET":
        return _split(request, merge, None)
    try:
        actions.split_people(
            business=request.business,
            merge=merge,
            why=request.POST.get("why", "").replace("\0", ""),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _split(request, merge, refusal)
    messages.success(request, "They are two people again, also in past reports.")
    return redirect(_whence(request))


def _split(request: MemberRequest, merge: PersonMerge, refusal: Refusal | None) -> HttpResponse:
    [pair] = pairs(request.business, [merge])
    context = {"pair": pair, "back": _whence(request)}
    return show_page(request, "contacts/split.html", context, refusal)


def _whence(request: MemberRequest) -> str:
    """The page of this business that led here; the contacts, where none is named."""
    back = request.GET.get("back", "")
    within = reverse("contacts:contacts", args=[request.business.slug])
    return back if back.startswith(f"/b/{request.business.slug}/") else within


@require_http_methods(["GET", "POST"])
@member_page(Permission.LOOK)
def shared_keys(request: MemberRequest) -> HttpResponse:
    """The keys that join nobody because too many have them, and how many are too many."""
    if request.method == "GET":
        return _shared_keys(request, None)
    if not request.may["manage"]:
        raise Forbidden("Only owners and admins change the limits.", hint="Ask one of them.")
    try:
        checked = rules.check_limits(request.POST.dict())
    except Refusal as refusal:
        return _shared_keys(request, refusal)
    actions.set_limits(
        business=request.business, limits=checked, at=request.now, actor=request.user
    )
    messages.success(request, "Saved. It holds for what is reported from now on.")
    return redirect("contacts:shared_keys", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def decide(request: MemberRequest, identity_id: int) -> HttpResponse:
    """Let a key join people again, or nobody."""
    business = request.business
    allowed = request.POST.get("allow") == "1"
    actions.decide_key(
        business=business,
        identity=queries.identity(business, identity_id),
        allowed=allowed,
        at=request.now,
        actor=request.user,
    )
    said = "It joins people again." if allowed else "It joins nobody from now on."
    messages.success(request, f"{said} Past reports follow.")
    return redirect("contacts:shared_keys", business.slug)


def _shared_keys(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    typed = rules.limits_as_typed(queries.limits(request.business))
    if refusal is not None:
        typed = {kind: request.POST.get(kind, "") for kind in typed}
    context = {
        "rows": [_ruled_key(row) for row in queries.shared_keys(request.business)],
        "contradictions": [
            (rules.evidence_in_words(row.evidence), row.at)
            for row in queries.contradictions(request.business)
        ],
        "limits": [(kind, label, typed[kind]) for kind, label in _LIMITS],
    }
    return show_page(request, "contacts/shared_keys.html", context, refusal)


@dataclass(frozen=True, slots=True)
class RuledKey:
    """A key that is not like others, as its page shows it. `report` names the one that it was first
    heard of in; it may be empty, as may `why`."""

    row: queries.SharedKey
    kind: str
    report: str
    is_allowed: bool
    why: str


def _ruled_key(row: queries.SharedKey) -> RuledKey:
    key = row.identity
    return RuledKey(
        row,
        rules.KEY_NAMES[key.kind],
        _report(key.learnt),
        key.standing == Standing.ALLOWED,
        _why(row),
    )


def _why(row: queries.SharedKey) -> str:
    ruling = row.ruling
    if ruling.standing == Standing.SHARED:
        return rules.evidence_in_words(ruling.why)
    said = Standing(ruling.standing).label
    said += f" by {ruling.actor}" if ruling.actor else ""
    return f"{said}: {ruling.why}" if ruling.why else said
