"""Consent for people to look at: the ledger, one number's history, the rules, and its proof."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import actions, queries, rules
from textrail.domain.contacts.models import ConsentEvent, ConsentKind
from textrail.domain.contacts.rules import chain
from textrail.vocabulary.csv_writing import BOM, csv_line, harmless
from textrail.vocabulary.errors import Forbidden, Malformed, Refusal
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.phone import PhoneNumber, parse_phone
from textrail.web.formats import phone_text
from textrail.web.showing import show_page

HOW: Final = (
    ("form", "Form on a website"),
    ("keyword", "Texted a keyword"),
    ("checkout", "At the checkout"),
    ("paper", "On paper"),
    ("call", "On the phone"),
    ("other", "Another way"),
)
_KINDS: Final = (("", "Everything"), *((kind.value, kind.label) for kind in ConsentKind))
_SAID: Final[dict[str, tuple[str, str, str]]] = {
    "opt_out": ("Opt-out", "danger", "They are out at once, and it is confirmed to them once."),
    "probable_opt_out": (
        "Probably an opt-out",
        "danger",
        "They are out at once, it is confirmed to them once, and a member reviews it.",
    ),
    "ambiguous": (
        "May be an opt-out",
        "warning",
        "Nothing goes to them that no person writes, until a member decides or 14 days are over.",
    ),
    "opt_in": ("Opt-in", "good", "Who had left gets texts again, and it is confirmed to them."),
    "help": ("Help", "accent", "They are told who you are and how to leave, always."),
    "none": ("Neither", "", "It is a text like any other."),
}
LONGEST_TEST = 1600


@require_GET
@member_page(Permission.LOOK)
def ledger(request: MemberRequest) -> HttpResponse:
    """The chain of the business, newest first; a number leads to its own history."""
    typed = request.GET.get("q", "").strip()[:40].replace("\0", "")
    refusal: Refusal | None = None
    if typed:
        try:
            phone = parse_phone(typed, country=request.business.country)
        except Refusal as error:
            refusal = error
        else:
            return redirect("contacts:consent_number", request.business.slug, phone)
    kind = request.GET.get("kind", "")
    kind = kind if kind in ConsentKind.values else ""
    page = queries.ledger(request.business, kind=kind, after=read_id(request.GET.get("after", "")))
    context = {
        **_tabs(request, "ledger"),
        "page": page,
        "kind": kind,
        "kinds": _KINDS,
        "q": typed,
        "end": queries.chain_end(request.business),
    }
    return show_page(request, "contacts/consent.html", context, refusal)


@require_GET
@member_page(Permission.LOOK)
def number(request: MemberRequest, phone: str) -> HttpResponse:
    """All that was said about texting one number, whether it is a contact's or not."""
    return _number(request, _phone(request, phone), None)


def _phone(request: MemberRequest, typed: str) -> PhoneNumber:
    """The number of an address; a short code or a sender's name is kept as it is."""
    try:
        return parse_phone(typed, country=request.business.country)
    except Malformed:
        return PhoneNumber(typed[:16].replace("\0", ""))


def _number(request: MemberRequest, phone: PhoneNumber, refusal: Refusal | None) -> HttpResponse:
    business = request.business
    given = {name: request.POST.get(name, "") for name in ("way", "how", "proof")}
    context = {
        **_tabs(request, ""),
        "phone": phone,
        "national": phone_text(phone),
        "contact": queries.contact_by_phone(business, phone),
        "opted_out": queries.is_suppressed(business, phone),
        "held": queries.is_held(business, phone, request.now),
        "waiting": queries.open_review(business, phone),
        "history": queries.consent_history(business, phone),
        "given": given,
        "how": HOW,
        "ways": _ways(request),
    }
    return show_page(request, "contacts/consent_number.html", context, refusal)


def _ways(request: MemberRequest) -> list[tuple[str, str]]:
    ways = [("out", "They want no texts")]
    if request.may["manage"]:
        ways.append(("in", "They agreed to texts, and it is documented"))
    return ways


@require_POST
@member_page(Permission.CONVERSE)
def record(request: MemberRequest, phone: str) -> HttpResponse:
    """Write down what somebody said outside of texts. That they agreed is for owners and admins."""
    known = _phone(request, phone)
    out = request.POST.get("way", "out") != "in"
    try:
        if not out and not request.may["manage"]:
            raise Forbidden(
                "Only owners and admins record that somebody agreed.",
                hint="Give them the document.",
            )
        actions.record_proof(
            business=request.business,
            phone=known,
            out=out,
            how=request.POST.get("how", ""),
            proof=request.POST.get("proof", "").replace("\0", ""),
            actor=request.user,
            at=request.now,
        )
    except Refusal as refusal:
        return _number(request, known, refusal)
    messages.success(request, "They get no more texts." if out else "Written down with its proof.")
    return redirect("contacts:consent_number", request.business.slug, known)


@require_GET
@member_page(Permission.LOOK)
def rules_page(request: MemberRequest) -> HttpResponse:
    """How texts are understood, in words, with a form to try one."""
    text = request.GET.get("text", "")[:LONGEST_TEST]
    reading = rules.read_consent(text) if text.strip() else None
    context = {
        **_tabs(request, "rules"),
        "text": text,
        "reading": reading,
        "said": _SAID[reading.verdict] if reading else None,
        "days": actions.HELD_FOR.days,
        "revoke_all": queries.revokes_all(request.business),
        "account": request.business.account,
        "siblings": request.business.account.businesses.count() - 1,
    }
    return render(request, "contacts/consent_rules.html", context)


@require_POST
@member_page(Permission.OWN)
def scope(request: MemberRequest) -> HttpResponse:
    """How far an opt-out reaches: this business, or all of its account."""
    wide = request.POST.get("revoke_all") == "1"
    actions.set_scope(
        business=request.business, revoke_all=wide, actor=request.user, at=request.now
    )
    said = "An opt-out counts for all of your businesses." if wide else "Each business by itself."
    messages.success(request, said)
    return redirect("contacts:consent_rules", request.business.slug)


@require_GET
@member_page(Permission.MANAGE)
def export(request: MemberRequest, form: str) -> HttpResponseBase:
    """The chain of the business, or of `?phone=`, as csv, as json, or as a page to print."""
    business = request.business
    phone = request.GET.get("phone", "")[:16].replace("\0", "")
    rows = queries.exported(business, phone)
    name = f"consent-{phone.lstrip('+') or business.slug}.{form}"
    kept = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    if form == "csv":
        return StreamingHttpResponse(_csv(rows), content_type="text/csv", headers=kept)
    if form == "json":
        return StreamingHttpResponse(_json(rows), content_type="application/json", headers=kept)
    context = {
        **_tabs(request, ""),
        "phone": phone,
        "rows": list(rows)[:2000],
        "verified": queries.verify(business),
        "end": queries.chain_end(business),
    }
    return render(request, "contacts/consent_print.html", context)


_COLUMNS: Final = (
    *("sequence", "at", "phone", "kind", "source", "words", "verdict", "reason", "by", "proof"),
    *("message_id", "previous", "hash"),
)


def _csv(rows: Iterator[ConsentEvent]) -> Iterator[str]:
    yield BOM + csv_line(_COLUMNS)
    for row in rows:
        fields = _fields(row)
        yield csv_line([harmless(str(fields[name] or "")) for name in _COLUMNS])


def _json(rows: Iterator[ConsentEvent]) -> Iterator[str]:
    """One object; `canonical` is what the hash was taken of, byte by byte in UTF-8."""
    yield f'{{"version":{chain.VERSION},"hash":"SHA-256","events":['
    for place, row in enumerate(rows):
        fields = {**_fields(row), "canonical": chain.canonical(row, row.previous)}
        yield ("," if place else "") + json.dumps(fields, ensure_ascii=False)
    yield "]}"


def _fields(row: ConsentEvent) -> dict[str, Any]:
    fields: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS}
    return {**fields, "at": row.at.isoformat()}


def _tabs(request: MemberRequest, tab: str) -> dict[str, Any]:
    return {"tab": tab, "to_review": queries.review_count(request.business)}
