"""Who is whom, for people to look at and to put right: splits, and keys that too many share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import actions, queries, rules
from textrail.domain.contacts.keeping import kept
from textrail.domain.contacts.models import Contact, Identity, Standing
from textrail.vocabulary.errors import Refusal
from textrail.web.showing import show_page

_CALLED = {
    "phone": "Phone",
    "email": "Email",
    "customer_id": "Customer id",
    "visitor_id": "Browser",
}
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
            _CALLED[row.kind],
            _text(row, contact.email if row.value == address else ""),
            row.kind == "phone",
            row.standing in (Standing.SHARED, Standing.APART),
            rules.evidence_in_words(row.learnt),
        )
        for row in rows
    ]


def _text(row: Identity, address: str) -> str:
    return row.value if row.kind == "phone" else address


@require_POST
@member_page(Permission.MANAGE)
def split(request: MemberRequest, contact_id: int, merge_id: int) -> HttpResponse:
    """Take a merge of a contact's person back."""
    business = request.business
    contact = queries.contact(business, contact_id)
    try:
        actions.split_people(
            business=business,
            merge=queries.merge(business, merge_id),
            why=request.POST.get("why", "").replace("\0", ""),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        messages.error(request, f"{refusal.sentence} {refusal.hint}")
    else:
        messages.success(request, "They are two people again, also in past reports.")
    return redirect("contacts:contact", business.slug, contact.pk)


@require_http_methods(["GET"])
@member_page(Permission.LOOK)
def shared_keys(request: MemberRequest) -> HttpResponse:
    """The keys that join nobody because too many have them, and how many are too many."""
    return _shared_keys(request, None)


@require_POST
@member_page(Permission.MANAGE)
def limits(request: MemberRequest) -> HttpResponse:
    """How many may share a key of each kind."""
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
    rows = [
        (row, _CALLED[row.identity.kind], row.identity.standing == Standing.ALLOWED)
        for row in queries.shared_keys(request.business)
    ]
    context = {
        "rows": rows,
        "contradictions": queries.contradictions(request.business),
        "limits": [(kind, label, typed[kind]) for kind, label in _LIMITS],
    }
    return show_page(request, "contacts/shared_keys.html", context, refusal)
