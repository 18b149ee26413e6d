"""Texts: put in line once, read with what became of them, priced before they are sent."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from django.conf import settings
from django.http import HttpResponse
from ninja import Header, Query, Router
from ninja.responses import Status

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.billing import queries as billing
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox import actions, queries, rules
from textrail.domain.inbox.api import schemas, shapes
from textrail.domain.inbox.rules.once import check_once, fingerprint
from textrail.domain.inbox.rules.quieting import QuietNow
from textrail.domain.inbox.serving import serve_file
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import TrackingNumber
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.vocabulary.micros import Micros
from textrail.vocabulary.phone import parse_phone
from textrail.vocabulary.phone_words import read_phone
from textrail.vocabulary.segments import segment
from textrail.web.api_errors import refuse_unknown
from textrail.web.api_schemas import ErrorBody, read_moment, shown_moment

router = Router(tags=["Texts"])

_ERRORS = {frozenset({401, 403, 404, 409, 413, 422, 429}): schemas.ErrorOut}
_FIELDS = {"recipient": "to", "number": "from", "leaves_at": "scheduled_at"}
OnceKey = Annotated[
    str,
    Header(
        "",
        alias="Idempotency-Key",
        description="A key of your own for this text, such as a UUID. The same call sent again "
        "with it is answered with the same text; another call with it is refused.",
    ),
]


@router.post(
    "/messages",
    response={201: schemas.MessageWhole, 200: schemas.MessageWhole} | _ERRORS,
    operation_id="send_message",
    summary="Send a text",
)
def send_message(
    request: KeyRequest, given: schemas.MessageIn, idempotency_key: OnceKey
) -> Status[schemas.MessageWhole]:
    """Puts the text in line (201); what becomes of it, GET /messages/{id} and webhooks tell. With
    an `Idempotency-Key` the same call may be sent again at any time, also while the first is on its
    way: it is answered with the same text (200), and nothing leaves twice. A key is kept for ever,
    and with another call it is refused with `idempotency_key_reused`. A refused call leaves its
    key unused. Refusals: `opted_out`, `quiet_hours`, `balance_too_low`, `registration_pending`,
    `number_without_sms`, `number_without_mms`, `number_released`, `schedule_past`,
    `schedule_too_far`, `text_empty` and more, each with what to do next."""
    once = _once(idempotency_key, given)
    if once is not None:
        known = queries.sent_before(request.business, key=once.key, fingerprint=once.fingerprint)
        if known is not None:
            return Status(200, _whole(request, known))
    with shapes.named(**_FIELDS), _kept(given.media) as media:
        sent = actions.send_once(
            business=request.business,
            once=once,
            text=_text(request, given, media),
            actor=request.auth,
            at=request.now,
        )
        if sent.repeated:
            _discard(media)
    return Status(200 if sent.repeated else 201, _whole(request, sent.message_id))


def _once(key: str, given: schemas.MessageIn) -> actions.Once | None:
    if not key:
        return None
    asked = given.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return actions.Once(check_once(key), fingerprint(asked))


def _text(
    request: KeyRequest, given: schemas.TextFields, media: Sequence[actions.KeptMedia] = ()
) -> actions.NewText:
    return actions.NewText(
        phone=read_phone(given.to.replace("\0", ""), country=request.business.country),
        number=_number(request, given.from_),
        body=given.body,
        media=media,
        leaves_at=given.scheduled_at,
    )


def _number(request: KeyRequest, named: int | str) -> TrackingNumber:
    """The number of that id, or the one that is written so; NotFound when it is not one of ours."""
    try:
        if isinstance(named, int):
            return numbers.number(request.business, named)
        phone = parse_phone(named.replace("\0", "")[:80], country=request.business.country)
        found = numbers.held_number(request.business, phone)
    except (Malformed, NotFound, OverflowError):
        found = None
    if found is None:
        raise NotFound(
            "That number is not one of yours.", hint="GET /numbers lists them.", field="from"
        )
    return found


@contextmanager
def _kept(given: Sequence[schemas.MediaIn]) -> Iterator[list[actions.KeptMedia]]:
    """The files in the media folder; they go again when anything comes between."""
    kept: list[actions.KeptMedia] = []
    if len(given) > rules.MOST_MEDIA:
        raise Malformed(
            f"A text carries at most {rules.MOST_MEDIA} files; these are {len(given)}.",
            hint="Leave some out, or send them in a second text.",
            field="media",
        )
    try:
        for place, each in enumerate(given):
            data = _read(each.data, place)
            kept.append(
                actions.keep_media(folder=Path(settings.MEDIA_ROOT), data=data, name=each.name)
            )
        yield kept
    except BaseException:
        _discard(kept)
        raise


def _read(data: str, place: int) -> bytes:
    try:
        return b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(
            "A file is not in base64.",
            hint="Send its bytes in base64, with padding and without line ends.",
            field=f"media.{place}.data",
        ) from None


def _discard(kept: Sequence[actions.KeptMedia]) -> None:
    for media in kept:
        actions.discard_media(folder=Path(settings.MEDIA_ROOT), kept=media)


@router.post(
    "/messages/price",
    response={200: schemas.PriceOut} | _ERRORS,
    operation_id="price_message",
    summary="Price a text without sending it",
)
def price_message(request: KeyRequest, given: schemas.PriceIn) -> schemas.PriceOut:
    """Segments, what it costs, and everything that would refuse it as things are now."""
    business = request.business
    with shapes.named(**_FIELDS):
        text = _text(request, given)
    contact = contacts.contact_by_phone(business, text.phone)
    refusals = actions.why_not_sent(
        business=business,
        text=text,
        files=given.files,
        contact=contact or Contact(business=business, phone=text.phone),
        at=request.now,
    )
    counted = segment(rules.storable(given.body).replace("\r\n", "\n"))
    return schemas.PriceOut(
        to=text.phone,
        alphabet=counted.alphabet,
        units=counted.units,
        segments=counted.segments,
        unicode_characters=list(counted.unicode_characters),
        price=shapes.amount(_price(request, text, given.files, counted.segments)),
        refusals=[_refusal(each) for each in refusals],
        opens_at=next((each.opens_at for each in refusals if isinstance(each, QuietNow)), None),
    )


def _price(request: KeyRequest, text: actions.NewText, files: int, segments: int) -> Micros | None:
    try:
        found = billing.price_of(
            request.business,
            phone=text.phone,
            direction="outbound",
            kind="mms" if files else "sms",
            segments=max(segments, 1),
            at=text.leaves_at or request.now,
        )
    except Refusal:
        return None
    return Micros(found.micros, found.currency)


def _refusal(refusal: Refusal) -> ErrorBody:
    body = ErrorBody(**refusal.as_dict()["error"])
    body.field = _FIELDS.get(body.field, body.field)
    return body


@router.get(
    "/messages",
    response={200: schemas.MessageList} | _ERRORS,
    operation_id="list_messages",
    summary="List texts",
)
def list_messages(request: KeyRequest, query: Query[schemas.MessageQuery]) -> schemas.MessageList:
    """In both directions, newest first."""
    refuse_unknown(request, schemas.MessageQuery)
    check_subjects(request, query)
    page = queries.message_page(
        request.business,
        queries.Wanted(
            conversation_id=query.conversation_id,
            contact_id=query.contact_id,
            number_id=query.number_id,
            direction=query.direction or "",
            status=query.status or "",
            since=query.since,
        ),
        after=read_moment(query.after),
        limit=query.limit,
    )
    rows = shapes.messages(request, page.rows)
    return schemas.MessageList(messages=rows, next=shown_moment(page.after))


def check_subjects(request: KeyRequest, query: schemas.MessageQuery | schemas.CallQuery) -> None:
    """NotFound for what is none of the business's: an empty list would look like an answer."""
    business = request.business
    if query.conversation_id is not None:
        queries.conversation(business, query.conversation_id)
    if query.contact_id is not None:
        contacts.contact(business, query.contact_id)
    if query.number_id is not None:
        numbers.number(business, query.number_id)


@router.get(
    "/messages/{int:message_id}",
    response={200: schemas.MessageWhole} | _ERRORS,
    operation_id="get_message",
    summary="Get a text",
)
def get_message(request: KeyRequest, message_id: int) -> schemas.MessageWhole:
    """With every report about it, in order."""
    return _whole(request, message_id)


@router.post(
    "/messages/{int:message_id}/cancel",
    response={200: schemas.MessageWhole} | _ERRORS,
    operation_id="cancel_message",
    summary="Cancel a scheduled text",
)
def cancel_message(request: KeyRequest, message_id: int) -> schemas.MessageWhole:
    """It never leaves. Once it has left, or was cancelled, this is refused with `not_scheduled`."""
    actions.cancel_scheduled(business=request.business, message_id=message_id, at=request.now)
    return _whole(request, message_id)


@router.get(
    "/files/{int:file_id}",
    response={200: None} | _ERRORS,
    operation_id="get_file",
    summary="Fetch a file of a text",
)
def get_file(request: KeyRequest, file_id: int) -> HttpResponse:
    """The bytes, with the type that they turned out to have."""
    return serve_file(request, queries.attachment(request.business, file_id))


def _whole(request: KeyRequest, message_id: int) -> schemas.MessageWhole:
    row = queries.message(request.business, message_id)
    out = shapes.messages(request, [row])[0]
    receipts = [shapes.receipt(each) for each in queries.receipts_of(request.business, row.pk)]
    return schemas.MessageWhole(**out.model_dump(), receipts=receipts)
