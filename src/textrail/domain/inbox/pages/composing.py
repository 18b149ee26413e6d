"""What the reply and the new message have in common: senders, price, times, files, the counter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from textrail.domain.accounts.access import MemberRequest
from textrail.domain.billing import queries as billing
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries, rules
from textrail.domain.inbox.rules.counting import count_words
from textrail.domain.inbox.rules.quick import Filling
from textrail.domain.inbox.rules.quieting import place_in_words
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary import quiet
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.vocabulary.ids import new_token, read_id
from textrail.vocabulary.micros import Micros
from textrail.vocabulary.moments import read_moment
from textrail.vocabulary.segments import segment
from textrail.web.formats import phone_text

ACCEPTED = "image/*,audio/*,video/*,application/pdf,text/vcard"


# Who sends


@dataclass(frozen=True, slots=True)
class Sender:
    """A number to send from; `why_not` is why it cannot, in few words."""

    id: int
    words: str
    why_not: str


def senders(request: MemberRequest) -> list[Sender]:
    """The numbers of the business, those that may send first."""
    rows = [_sender(request, number) for number in numbers.numbers(request.business)]
    return sorted(rows, key=lambda row: bool(row.why_not))


def _sender(request: MemberRequest, number: TrackingNumber) -> Sender:
    refusal = actions.why_not_from(business=request.business, number=number)
    words = f"{number.name} · {phone_text(number.phone)}"
    return Sender(number.pk, words, refusal.sentence.rstrip(".") if refusal else "")


def _check_any(request: MemberRequest) -> None:
    """The first number's refusal, where none may send: a browser sends none of them."""
    numbers_held = numbers.numbers(request.business)
    refusals = [
        actions.why_not_from(business=request.business, number=each) for each in numbers_held
    ]
    if refusals and refusals[0] is not None and all(refusals):
        raise refusals[0]


def chosen_number(request: MemberRequest, otherwise: TrackingNumber | None) -> TrackingNumber:
    """The number that the form names, or Malformed."""
    chosen = request.POST.get("number") or request.GET.get("number") or ""
    number_id = read_id(chosen)
    if number_id is not None:
        return numbers.number(request.business, number_id)
    if otherwise is None or chosen:
        _check_any(request)
        raise Malformed(
            "No number to send from.",
            hint="Choose one; the Numbers page adds one.",
            field="number",
        )
    return otherwise


# Times


def read_time(request: MemberRequest) -> datetime | None:
    """When the text is to leave: an offer that was taken, or the time of the business's clocks that
    is filled in, whichever button was pressed but “Send now”; None for now. Malformed for what is
    no time."""
    text = request.POST.get("offer", "") or request.POST.get("leaves_at", "")
    if "now" in request.POST or (not text and "later" not in request.POST):
        return None
    moment = local_moment(request, text)
    if moment is None:
        raise Malformed("That is no time.", hint="Choose a day and a time.", field="leaves_at")
    return actions.check_time(moment, at=request.now)


def local_moment(request: MemberRequest, text: str) -> datetime | None:
    """A moment in ISO 8601, by the business's clocks unless it names others."""
    return read_moment(text, ZoneInfo(request.business.time_zone))


@dataclass(frozen=True, slots=True)
class TheirTime:
    """What a moment is by the recipient's clocks, and whether a text may come then. `local` names
    no zone, or a template would turn it into the business's own."""

    local: datetime
    zone: str
    problem: str


def their_time(request: MemberRequest, contact: Contact, moment: datetime) -> TheirTime:
    who = queries.recipient(request.business, contact)
    zone = quiet.zones_of(who)[0]
    found = queries.quiet_for(request.business, contact, at=moment)
    problem = ""
    if found is not None:
        opens, closes = found.allowed
        place = place_in_words(found.rule.place)
        problem = f"{place[:1].upper()}{place[1:]} allows texts from {opens} to {closes}"
    return TheirTime(moment.astimezone(zone).replace(tzinfo=None), _town(zone.key), problem)


def _town(zone: str) -> str:
    """What people call an IANA zone: New York."""
    return zone.rpartition("/")[2].replace("_", " ")


# Files


@contextmanager
def uploads(request: MemberRequest) -> Iterator[Sequence[actions.KeptMedia]]:
    """The attached files in the media folder; they go again when the text is refused."""
    folder = Path(settings.MEDIA_ROOT)
    kept: list[actions.KeptMedia] = []
    try:
        given = request.FILES.getlist("media")
        if len(given) > rules.MOST_MEDIA:
            raise Malformed(
                f"A text carries at most {rules.MOST_MEDIA} files; these are {len(given)}.",
                hint="Leave some out, or send them in a second text.",
                field="media",
            )
        for upload in given:
            name = upload.name or ""
            if (upload.size or 0) > rules.LARGEST_MEDIA:
                raise TooLarge(
                    f"{rules.file_name(name) or 'The file'} is larger than 5 MB.",
                    hint="Attach a smaller one.",
                    field="media",
                )
            kept.append(actions.keep_media(folder=folder, data=upload.read(), name=name))
        yield kept
    except Refusal:
        for media in kept:
            actions.discard_media(folder=folder, kept=media)
        raise


# The counter and the price


def counter(request: MemberRequest, body: str, phone: str) -> dict[str, Any]:
    """The counter's words, and what its script needs to say the price while somebody types."""
    return {
        "count": count_words(body),
        "price": price(request, body, phone) if phone else None,
        "own_zone": _town(request.business.time_zone),
        "largest_media": rules.LARGEST_MEDIA,
        "most_media": rules.MOST_MEDIA,
        "accepted": ACCEPTED,
        "once": new_token(),
    }


@dataclass(frozen=True, slots=True)
class Prices:
    """Millionths of a currency for a segment, and for a text with files, to one recipient."""

    segment_micros: int
    media_micros: int
    currency: str
    symbol: str
    words: str


def price(request: MemberRequest, body: str, phone: str) -> Prices | None:
    """What a text to `phone` costs; None where no rate is known."""
    try:
        book = billing.rate_book(request.business, at=request.now)
        text = book.price(phone=phone, direction="outbound", kind="sms", segments=1)
        media = book.price(phone=phone, direction="outbound", kind="mms", segments=1)
    except Refusal:
        return None
    segments = segment(body.replace("\r\n", "\n")).segments
    return Prices(
        segment_micros=text.unit_micros,
        media_micros=media.micros,
        currency=text.currency,
        symbol=str(Micros(0, text.currency)).rstrip("0.,"),
        words=str(Micros(text.unit_micros * segments, text.currency)),
    )


def filling(request: MemberRequest, *, name: str, phone: str, number: str) -> Filling:
    """What quick replies are filled in with."""
    return Filling(
        name=name,
        phone=phone,
        business=request.business.name,
        number=number,
        agent=request.user.name or request.user.email.partition("@")[0].capitalize(),
    )
