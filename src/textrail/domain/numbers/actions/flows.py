"""Call flows: made, changed in a draft that nobody hears, put into use, given to numbers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers.models import CallFlow, Hours, Sound, TrackingNumber
from textrail.domain.numbers.rules import clean_name
from textrail.vocabulary import flows
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.flows import Flow
from textrail.vocabulary.phone import format_phone


def create_flow(
    *, business: Business, name: str, flow: Flow, at: datetime, actor: User | None = None
) -> CallFlow:
    """A new call flow, ready for numbers. Malformed for one that could strand a caller."""
    _check(business, flow)
    try:
        with transaction.atomic():
            row = CallFlow.objects.create(
                business=business,
                name=clean_name(name),
                flow=flows.encode_flow(flow).decode(),
                created_at=at,
                updated_at=at,
            )
            _note(row, "call_flow.added", at, actor)
    except IntegrityError as error:
        raise _name_taken(name) from error
    return row


def draft_flow(
    *, call_flow: CallFlow, flow: Flow, seen: str, at: datetime, actor: User | None = None
) -> None:
    """Put a change by until it is put into use. It may still be unfinished.

    `seen` is the `version_of` the flow that was changed; Conflict when somebody was quicker.
    """
    _write(call_flow, seen, {"draft": flows.encode_flow(flow).decode(), "updated_at": at})


def use_draft(*, call_flow: CallFlow, seen: str, at: datetime, actor: User | None = None) -> None:
    """What the draft says is what callers hear from now on. Malformed while it is unfinished."""
    if not call_flow.draft:
        return
    _check(call_flow.business, flows.decode_flow(call_flow.draft))
    with transaction.atomic():
        _write(call_flow, seen, {"flow": call_flow.draft, "draft": "", "updated_at": at})
        _note(call_flow, "call_flow.changed", at, actor)


def discard_draft(*, call_flow: CallFlow, at: datetime) -> None:
    CallFlow.objects.filter(id=call_flow.pk).update(draft="", updated_at=at)


def rename_flow(*, call_flow: CallFlow, name: str, at: datetime, actor: User | None = None) -> None:
    name = clean_name(name)
    if name == call_flow.name:
        return
    try:
        with transaction.atomic():
            CallFlow.objects.filter(id=call_flow.pk).update(name=name, updated_at=at)
            call_flow.name = name
            _note(call_flow, "call_flow.renamed", at, actor)
    except IntegrityError as error:
        raise _name_taken(name) from error


def remove_flow(*, call_flow: CallFlow, at: datetime, actor: User | None = None) -> None:
    """Take a flow off the list. Conflict while a number still uses it."""
    with transaction.atomic():
        used = TrackingNumber.objects.filter(call_flow=call_flow, released_at=None)
        if (count := used.count()) > 0:
            which = "A number uses" if count == 1 else f"{count} numbers use"
            raise Conflict(
                f"{which} this call flow.", hint="Give them another one first.", code="flow_in_use"
            )
        CallFlow.objects.filter(id=call_flow.pk).update(archived_at=at, draft="")
        _note(call_flow, "call_flow.removed", at, actor)


def set_call_flow(
    *,
    number: TrackingNumber,
    call_flow: CallFlow | None,
    at: datetime,
    actor: Actor = None,
) -> None:
    """What callers of a number hear from now on; nothing: nobody picks up."""
    if call_flow is not None:
        if call_flow.business_id != number.business_id or call_flow.archived_at is not None:
            raise Conflict("This call flow is not there any more.", hint="Choose another one.")
        _check_no_circle(call_flow.business, flows.decode_flow(call_flow.flow))
    with transaction.atomic():
        held = TrackingNumber.objects.filter(id=number.pk, released_at=None)
        if held.update(call_flow=call_flow) != 1:
            raise Conflict(
                f"{format_phone(number.phone, home=number.business.country)} was given up."
            )
        record_audit(
            business=number.business,
            actor=actor,
            action="number.call_flow_set" if call_flow else "number.call_flow_taken_away",
            subject=f"{number.phone} {call_flow or ''}".strip(),
            at=at,
        )


def use_for_numbers(
    *,
    call_flow: CallFlow,
    number_ids: Collection[int],
    at: datetime,
    actor: User | None = None,
) -> None:
    """Exactly these numbers of the business follow the flow from now on."""
    rows = TrackingNumber.objects.filter(business_id=call_flow.business_id, released_at=None)
    with transaction.atomic():
        for number in rows.select_related("business").order_by("id"):
            wanted = number.pk in number_ids
            if wanted != (number.call_flow_id == call_flow.pk):
                set_call_flow(
                    number=number, call_flow=call_flow if wanted else None, at=at, actor=actor
                )


def version_of(call_flow: CallFlow) -> str:
    """Which state of the flow somebody has before them."""
    return call_flow.updated_at.isoformat()


def _write(call_flow: CallFlow, seen: str, values: dict[str, object]) -> None:
    rows = CallFlow.objects.filter(id=call_flow.pk, archived_at=None)
    if seen != version_of(call_flow) or not rows.filter(updated_at=call_flow.updated_at).update(
        **values
    ):
        raise Conflict(
            "Somebody changed this call flow meanwhile.",
            hint="Look at it as it is now, and change it again.",
            code="changed_meanwhile",
        )


def _check(business: Business, flow: Flow) -> None:
    flows.check(flow)
    hours = flows.hours_of(flow)
    if hours and Hours.objects.filter(business=business, id__in=hours).count() != len(hours):
        raise Malformed(
            "The opening hours of a step are not there any more.",
            hint="Choose others.",
            field="hours_id",
        )
    sounds = flows.sounds_of(flow)
    if Sound.objects.filter(business=business, token__in=sounds).count() != len(sounds):
        raise Malformed(
            "A sound file is not there any more.", hint="Choose another one.", field="sound"
        )
    _check_no_circle(business, flow)


def _check_no_circle(business: Business, flow: Flow) -> None:
    """A call that is forwarded to a tracking number would come round to us, and round again."""
    ours = TrackingNumber.objects.filter(phone__in=flows.phones_of(flow), released_at=None)
    phone = ours.values_list("phone", flat=True).first()
    if phone is not None:
        raise Malformed(
            f"{format_phone(phone, home=business.country)} is a tracking number: a call would go"
            " round in circles.",
            hint="Ring the phone that somebody holds.",
            field="lines",
        )


def _note(call_flow: CallFlow, action: str, at: datetime, actor: User | None) -> None:
    record_audit(
        business=call_flow.business, actor=actor, action=action, subject=call_flow.name, at=at
    )


def _name_taken(name: str) -> Conflict:
    return Conflict(
        f"There is a call flow called “{name.strip()[:40]}” already.",
        hint="Choose another name.",
        field="name",
        code="flow_name_taken",
    )
