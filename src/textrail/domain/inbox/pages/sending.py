"""Writing a text: the reply below a timeline, and a new message to anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.pages import composing
from textrail.domain.inbox.rules.quieting import QuietNow
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.phone_words import example_of, is_name, read_phone

_SUGGESTED = 6


@require_POST
@member_page(Permission.CONVERSE)
def reply(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Put a reply in line; a refusal comes back on the form, with the text as it was typed."""
    found = queries.conversation(request.business, conversation_id)
    try:
        with composing.uploads(request) as media:
            actions.queue_text(
                business=request.business,
                contact=found.contact,
                number=composing.chosen_number(request, found.number),
                body=request.POST.get("body", ""),
                media=media,
                leaves_at=composing.read_time(request),
                once=request.POST.get("once", ""),
                sent_by=request.user,
                at=request.now,
            )
    except Refusal as refusal:
        return _refused(request, found, refusal)
    actions.mark_read(
        business=request.business, conversation_id=found.id, user=request.user, at=request.now
    )
    if not request.htmx:
        return redirect("inbox:conversation", request.business.slug, found.id)
    fresh = queries.conversation(request.business, conversation_id)
    response = render(request, "inbox/reply.html", reply_form(request, fresh, focus=True))
    response.headers["HX-Trigger"] = "changed"
    return response


def _refused(request: MemberRequest, found: Conversation, refusal: Refusal) -> HttpResponse:
    context = reply_form(request, found, body=request.POST.get("body", ""), refusal=refusal)
    if request.htmx:  # htmx puts only successful answers in place
        return render(request, "inbox/reply.html", context)
    return render(request, "inbox/reply_page.html", context, status=refusal.status)


def reply_form(
    request: MemberRequest,
    found: Conversation,
    *,
    body: str = "",
    refusal: Refusal | None = None,
    focus: bool = False,
) -> dict[str, Any]:
    """What the reply form shows, empty or as it was sent."""
    return {
        "conversation": found,
        "opted_out": contacts.is_suppressed(request.business, found.contact.phone),
        "warning": queries.delivery_warning(found),
        "their_now": composing.their_time(request, found.contact, request.now),
        "senders": composing.senders(request),
        "sender": request.POST.get("number") or found.number_id,
        "leaves_at": request.POST.get("leaves_at", "") if refusal else "",
        "body": body,
        "refusal": refusal,
        "offer": refusal if isinstance(refusal, QuietNow) else None,
        "files_lost": refusal is not None and bool(request.FILES) and not request.htmx,
        "focus": focus,
        **composing.counter(request, body, found.contact.phone),
    }


# A new message


@require_http_methods(["GET", "POST"])
@member_page(Permission.CONVERSE)
def new_message(request: MemberRequest) -> HttpResponse:
    """A text to any number; the conversation opens when it is in line."""
    refusal = None
    if request.method == "POST":
        try:
            return _start(request)
        except Refusal as error:
            refusal = error
    body = request.POST.get("body", "")
    recipient = request.POST.get("recipient") or request.GET.get("to", "")
    looked = _look(request, recipient)
    context = {
        "senders": composing.senders(request),
        "sender": request.POST.get("number") or looked.number_id or "",
        "recipient": recipient,
        "looked": looked,
        "example": example_of(request.business.country),
        "leaves_at": request.POST.get("leaves_at", ""),
        "body": body,
        "refusal": refusal,
        "offer": refusal if isinstance(refusal, QuietNow) else None,
        "files_lost": refusal is not None and bool(request.FILES),
        **composing.counter(request, body, looked.phone),
    }
    return render(request, "inbox/new.html", context, status=refusal.status if refusal else 200)


def _start(request: MemberRequest) -> HttpResponse:
    phone = _recipient(request, request.POST.get("recipient", ""))
    with composing.uploads(request) as media:
        message = actions.start_conversation(
            business=request.business,
            phone=phone,
            number=composing.chosen_number(request, None),
            body=request.POST.get("body", ""),
            media=media,
            leaves_at=composing.read_time(request),
            once=request.POST.get("once", ""),
            sent_by=request.user,
            at=request.now,
        )
    return redirect("inbox:conversation", request.business.slug, message.conversation_id)


def _recipient(request: MemberRequest, text: str) -> PhoneNumber:
    """The number that somebody typed, or that of the one contact who is called so."""
    if not text.strip():
        raise Malformed(
            "Nobody to text yet.",
            hint="Write the number or the name of who gets it.",
            field="recipient",
        )
    if not is_name(text):
        return read_phone(text, country=request.business.country)
    found = contacts.contact_page(request.business, search=text.strip(), limit=_SUGGESTED).rows
    exact = [row for row in found if row.name.casefold() == text.strip().casefold()]
    chosen = exact if exact else found
    if len(chosen) != 1:
        raise Malformed(
            f"{'Several' if chosen else 'No'} contacts are called “{text.strip()[:40]}”.",
            hint="Choose one from the list, or write the number.",
            field="recipient",
        )
    return PhoneNumber(chosen[0].phone)


# What is known of a recipient, while somebody types


@dataclass(frozen=True, slots=True)
class Looked:
    """Who is to be texted: `phone` is E.164 when that is clear, else `problem` says what is wrong,
    and `found` are contacts who may be meant. `number_id` is the number of ours that they talk
    with, by its name; None for a stranger, and when it was given back."""

    phone: str = ""
    name: str = ""
    problem: Refusal | None = None
    found: tuple[contacts.ContactRow, ...] = ()
    opted_out: bool = False
    warning: str = ""
    theirs: composing.TheirTime | None = None
    number_id: int | None = None
    number_name: str = ""


def _look(request: MemberRequest, text: str) -> Looked:
    text = text.replace("\0", "").strip()
    if not text:
        return Looked()
    if is_name(text):
        page = contacts.contact_page(request.business, search=text[:80], limit=_SUGGESTED)
        return Looked(found=page.rows)
    try:
        phone = read_phone(text, country=request.business.country)
        actions.check_not_ours(request.business, phone)
    except Refusal as problem:
        return Looked(problem=problem)
    known = contacts.contact_by_phone(request.business, phone)
    conversation = queries.conversation_of(request.business, known.pk) if known else None
    number = conversation.number if conversation else None
    talks = number is not None and number.released_at is None
    someone = known or Contact(business=request.business, phone=phone)
    return Looked(
        phone=phone,
        name=known.name if known else "",
        opted_out=contacts.is_suppressed(request.business, phone),
        warning=queries.delivery_warning(conversation) if conversation else "",
        theirs=composing.their_time(request, someone, _moment(request)),
        number_id=number.pk if number and talks else None,
        number_name=number.name if number and talks else "",
    )


def _moment(request: MemberRequest) -> datetime:
    """The time that stands in the form, to be told by the recipient's clocks; else now."""
    return composing.local_moment(request, request.GET.get("leaves_at", "")) or request.now


@require_GET
@member_page(Permission.CONVERSE)
def check(request: MemberRequest) -> HttpResponse:
    """Who `?recipient=` is: the number as it will be texted, or what is wrong, and its price."""
    looked = _look(request, request.GET.get("recipient", "")[:200])
    typed = request.GET.get("recipient", "").strip()
    context = {
        "looked": looked,
        "typed": typed,
        "is_brief": request.GET.get("brief") == "1",
        "when_given": bool(request.GET.get("leaves_at")),
        "price": composing.price(request, "", looked.phone) if looked.phone else None,
    }
    return render(request, "inbox/recipient.html", context)


@require_GET
@member_page(Permission.CONVERSE)
def quick(request: MemberRequest) -> HttpResponse:
    """The quick replies, filled in for `?conversation=` or for whom `?recipient=` names."""
    conversation_id = read_id(request.GET.get("conversation", ""))
    name = phone = ""
    if conversation_id is not None:
        found = queries.conversation(request.business, conversation_id)
        name, phone = found.contact.name, found.contact.phone
    else:
        looked = _look(request, request.GET.get("recipient", "")[:200])
        name, phone = looked.name, looked.phone
    number_id = read_id(request.GET.get("number", ""))
    number = composing.chosen_number(request, None).phone if number_id is not None else ""
    filling = composing.filling(request, name=name, phone=phone, number=number)
    context = {"offers": queries.offers(request.business, filling)}
    return render(request, "inbox/quick.html", context)
