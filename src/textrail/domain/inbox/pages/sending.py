"""Writing a text: the reply below a timeline, and a new message to anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import queries as contacts
from textrail.domain.inbox import actions, queries, rules
from textrail.domain.inbox.models import Conversation
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.vocabulary.phone import format_national, parse_phone
from textrail.vocabulary.segments import GSM_BASIC, GSM_EXTENDED, LONGEST_TEXT, segment

_SHOWN_CHARACTERS = 3


@require_POST
@member_page(Permission.CONVERSE)
def reply(request: MemberRequest, conversation_id: int) -> HttpResponse:
    """Put a reply in line; a refusal comes back on the form, with the text as it was typed."""
    found = queries.conversation(request.business, conversation_id)
    try:
        with _uploads(request) as media:
            actions.queue_text(
                business=request.business,
                contact=found.contact,
                number=_number(request, found.number),
                body=request.POST.get("body", ""),
                media=media,
                sent_by=request.user,
                at=request.now,
            )
    except Refusal as refusal:
        return _refused(request, found, refusal)
    actions.mark_read(business=request.business, conversation_id=found.id)
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
        "senders": _senders(request),
        "sender": request.POST.get("number") or found.number_id,
        "body": body,
        "refusal": refusal,
        "focus": focus,
        **_counter(body),
    }


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
    context = {
        "senders": _senders(request),
        "sender": request.POST.get("number", ""),
        "recipient": request.POST.get("recipient") or request.GET.get("to", ""),
        "body": body,
        "refusal": refusal,
        **_counter(body),
    }
    return render(request, "inbox/new.html", context, status=refusal.status if refusal else 200)


def _start(request: MemberRequest) -> HttpResponse:
    recipient = request.POST.get("recipient", "")
    if not recipient.strip():
        raise Malformed(
            "Nobody to text yet.", hint="Write the number of who gets it.", field="recipient"
        )
    with _uploads(request) as media:
        message = actions.start_conversation(
            business=request.business,
            phone=parse_phone(recipient, country=request.business.country),
            number=_number(request, None),
            body=request.POST.get("body", ""),
            media=media,
            sent_by=request.user,
            at=request.now,
        )
    return redirect("inbox:conversation", request.business.slug, message.conversation_id)


def _number(request: MemberRequest, otherwise: TrackingNumber | None) -> TrackingNumber:
    chosen = request.POST.get("number", "")
    if chosen.isdecimal() and len(chosen) < 19:
        return numbers.number(request.business, int(chosen))
    if otherwise is None or chosen:
        raise Malformed(
            "No number to send from.",
            hint="Choose one; the Numbers page adds one.",
            field="number",
        )
    return otherwise


def _senders(request: MemberRequest) -> list[tuple[int, str]]:
    return [
        (number.id, f"{number.name} · {format_national(number.phone)}")
        for number in numbers.numbers(request.business)
        if number.sms_enabled
    ]


@contextmanager
def _uploads(request: MemberRequest) -> Iterator[Sequence[actions.KeptMedia]]:
    """The attached files in the media folder; they go again when the text is refused."""
    folder = Path(settings.MEDIA_ROOT)
    kept: list[actions.KeptMedia] = []
    try:
        uploads = request.FILES.getlist("media")
        if len(uploads) > rules.MOST_MEDIA:
            raise Malformed(
                f"A text carries at most {rules.MOST_MEDIA} files; these are {len(uploads)}.",
                hint="Leave some out, or send them in a second text.",
            )
        for upload in uploads:
            if (upload.size or 0) > rules.LARGEST_MEDIA:
                raise TooLarge("The file is larger than 5 MB.", hint="Attach a smaller one.")
            kept.append(actions.keep_media(folder=folder, data=upload.read()))
        yield kept
    except Refusal:
        for media in kept:
            actions.discard_media(folder=folder, kept=media)
        raise


def _counter(body: str) -> dict[str, Any]:
    """The counter's words, and the alphabets that its script counts with while typing."""
    return {
        "count": count_words(body),
        "gsm_basic": "".join(sorted(GSM_BASIC)),
        "gsm_extended": "".join(sorted(GSM_EXTENDED)),
        "longest": LONGEST_TEXT,
    }


def count_words(body: str) -> str:
    """`45 characters · 1 segment · 115 left`, and which characters made it Unicode."""
    counted = segment(body.replace("\r\n", "\n"))
    length = len(body.replace("\r\n", "\n"))
    parts = [
        f"{length:,} character{'' if length == 1 else 's'}",
        f"{counted.segments} segment{'' if counted.segments == 1 else 's'}",
        f"{counted.left} left",
    ]
    if counted.unicode_characters:
        shown = " ".join(counted.unicode_characters[:_SHOWN_CHARACTERS])
        parts.append(f"Unicode because of {shown}")
    return " · ".join(parts)
