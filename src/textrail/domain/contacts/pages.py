"""The list of contacts, a contact with its consent, and the way in for lists of people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import get_args

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import actions, queries, rules
from textrail.domain.contacts.consent_pages import HOW
from textrail.domain.contacts.identity_pages import known_as, pairs, splits
from textrail.domain.contacts.models import Contact
from textrail.vocabulary.csv_reading import read_text
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.phone import parse_phone
from textrail.web.formats import phone_text
from textrail.web.showing import show_page

NETWORKS = ("AT&T", "T-Mobile", "Verizon", "UScellular", "Bell", "Rogers", "Telus", "Google Fi")
LARGEST_LIST = 5 * 1024 * 1024
CONSENTS = (("", "Everybody"), ("textable", "Can be texted"), ("opted_out", "Opted out"))


@require_GET
@member_page(Permission.LOOK)
def contacts(request: MemberRequest) -> HttpResponse:
    search = request.GET.get("q", "")[:100].replace("\0", "")
    tag_id = read_id(request.GET.get("tag", ""))
    consent = request.GET.get("consent", "")
    known: queries.ConsentState = next(
        (state for state in get_args(queries.ConsentState) if state == consent), ""
    )
    page = queries.contact_page(
        request.business,
        search=search,
        tag_id=tag_id,
        consent=known,
        after=read_id(request.GET.get("after", "")),
    )
    tags = queries.tag_counts(request.business)
    context = {
        "page": page,
        "q": search,
        "tag": "" if tag_id is None else tag_id,
        "consent": known,
        "consents": CONSENTS,
        "to_review": queries.review_count(request.business),
        "tags": [("", "All tags"), *((tag.id, f"{tag.name} ({tag.contacts:,})") for tag in tags)],
        "filtered": bool(search or known or tag_id is not None),
    }
    return render(request, "contacts/contacts.html", context)


@require_GET
@member_page(Permission.LOOK)
def contact(request: MemberRequest, contact_id: int) -> HttpResponse:
    return _contact(request, queries.contact(request.business, contact_id), None)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def seeds(request: MemberRequest) -> HttpResponse:
    """The numbers that no person clicks for, and the form that adds one."""
    if request.method == "GET":
        return _seeds(request, None)
    business = request.business
    try:
        contact = actions.add_seed(
            business=business,
            phone=parse_phone(request.POST.get("phone", ""), country=business.country),
            network=rules.clean_network(request.POST.get("network", "")),
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _seeds(request, refusal)
    messages.success(request, f"{phone_text(contact.phone)} is a seed now.")
    return redirect("contacts:seeds", business.slug)


def _seeds(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    rows = queries.seeds(request.business)
    context = {
        "rows": rows,
        "given": {name: request.POST.get(name, "") for name in ("phone", "network")},
        "networks": _networks(row.seed_network for row in rows),
    }
    return show_page(request, "contacts/seeds.html", context, refusal)


def _networks(known: Iterable[str]) -> list[str]:
    """What to choose from: the networks that are in use, then the large ones."""
    return list(dict.fromkeys([*known, *NETWORKS]))


@require_POST
@member_page(Permission.CAMPAIGN)
def seed(request: MemberRequest, contact_id: int) -> HttpResponse:
    """Make a contact a seed in the given network, or without one a person again."""
    business = request.business
    row = queries.contact(business, contact_id)
    network = request.POST.get("network", "").strip()
    try:
        actions.mark_seed(
            business=business, contact=row, network=network, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _contact(request, queries.contact(business, contact_id), refusal)
    messages.success(request, "It is a seed now." if network else "It counts as a person now.")
    if request.POST.get("back") == "seeds":
        return redirect("contacts:seeds", business.slug)
    return redirect("contacts:contact", business.slug, row.pk)


def _contact(request: MemberRequest, row: Contact, refusal: Refusal | None) -> HttpResponse:
    tags = ", ".join(queries.tag_names(row))
    given = {"name": row.name, "email": row.email, "tags": tags}
    place = {name: getattr(row, name) for name in rules.PLACE_FIELDS}
    if refusal is not None and refusal.field in place:
        place = {name: request.POST.get(name, "") for name in place}
    elif refusal is not None:
        given = {name: request.POST.get(name, "") for name in given}
    context = {
        "contact": row,
        "given": given,
        "place": place,
        "place_refused": refusal is not None and refusal.field in place,
        "tags": [tag.name for tag in queries.tags(request.business)],
        "opted_out": queries.is_suppressed(request.business, row.phone),
        "held": queries.is_held(request.business, row.phone, request.now),
        "consent": queries.consent_history(request.business, row.phone),
        "known_as": known_as(row, queries.identities(request.business, row.person)),
        "splits": splits(request.business, row.person),
        "pairs": pairs(request.business, queries.merges(request.business, row.person)),
        "networks": _networks([]),
    }
    return show_page(request, "contacts/contact.html", context, refusal)


@require_POST
@member_page(Permission.CONVERSE)
def save(request: MemberRequest, contact_id: int) -> HttpResponse:
    business = request.business
    row = queries.contact(business, contact_id)
    try:
        actions.edit_contact(
            business=business,
            contact=row,
            name=request.POST.get("name", ""),
            email=request.POST.get("email", ""),
            tags=[request.POST.get("tags", "")],
            at=request.now,
        )
    except Refusal as refusal:
        return _contact(request, queries.contact(business, contact_id), refusal)
    messages.success(request, "Saved.")
    return redirect("contacts:contact", business.slug, row.pk)


@require_POST
@member_page(Permission.CONVERSE)
def place(request: MemberRequest, contact_id: int) -> HttpResponse:
    """Where somebody is: links that lead by place ask this before their address."""
    business = request.business
    row = queries.contact(business, contact_id)
    try:
        place = rules.check_place(request.POST.dict(), country=business.country)
    except Refusal as refusal:
        return _contact(request, row, refusal)
    actions.set_place(business=business, contact=row, place=place)
    messages.success(request, "Saved.")
    return redirect("contacts:contact", business.slug, row.pk)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def import_list(request: MemberRequest) -> HttpResponse:
    """Add people from pasted lines or a file: all of them, or none while a line is unreadable."""
    if request.method == "GET":
        return _import_form(request, "", None, None)
    text = ""
    try:
        text = _given_list(request)
        read = rules.read_list(text, country=request.business.country)
        if read.errors and not request.POST.get("leave_out"):
            return _import_form(request, text, None, read)
        if not read.contacts:
            raise Malformed("No phone number is in this list.", hint="Put one on each line.")
        tags = rules.clean_tags([request.POST.get("tags", "")])
        agreed = _agreed(request)
    except Refusal as refusal:
        return _import_form(request, text, refusal, None)
    rows = [replace(row, tags=tuple(rules.clean_tags([*row.tags, *tags]))) for row in read.contacts]
    added = actions.add_contacts(business=request.business, rows=rows, at=request.now)
    if agreed is not None:
        actions.record_sources(
            business=request.business,
            phones=[row.phone for row in rows],
            how=agreed[0],
            proof=agreed[1],
            actor=request.user,
            at=request.now,
        )
    messages.success(request, f"{added.added:,} added, {added.known:,} were here already.")
    return redirect("contacts:contacts", request.business.slug)


def _agreed(request: MemberRequest) -> tuple[str, str] | None:
    """How the people of a list agreed to texts and what proves it; None where nothing is said."""
    how = request.POST.get("how", "")
    proof = request.POST.get("proof", "").strip().replace("\0", "")
    if not how and not proof:
        return None
    if how not in actions.HOW:
        raise Malformed("Say how they agreed.", hint="Choose one of the list.", field="how")
    if len(proof) < 10:
        raise Malformed(
            "Say what proves that they agreed.",
            hint="Name the form, page or document and its day; it is kept with each number.",
            field="proof",
        )
    return how, proof


def _given_list(request: MemberRequest) -> str:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        return request.POST.get("list", "")
    if (file.size or 0) > LARGEST_LIST:
        raise TooLarge("This file is larger than 5 MB.", hint="Split it into parts.")
    return read_text(file.read())


def _import_form(
    request: MemberRequest, text: str, refusal: Refusal | None, read: rules.ReadList | None
) -> HttpResponse:
    context = {
        "text": text,
        "given_tags": request.POST.get("tags", ""),
        "given_how": request.POST.get("how", ""),
        "given_proof": request.POST.get("proof", ""),
        "how": [("", "Not recorded"), *HOW],
        "refusal": refusal,
        "read": read,
        "errors": read.errors[:20] if read else (),
    }
    wrong = refusal.status if refusal else 422 if read else 200
    return render(request, "contacts/import.html", context, status=wrong)
