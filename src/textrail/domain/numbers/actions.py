"""Changing numbers and carrier connections. What a carrier must hear of is left to a task."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers.models import CarrierName, Connection, Source, TrackingNumber
from textrail.domain.numbers.rules import SourceFields, clean_name, clean_source
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.phone import format_national, require_e164
from textrail.vocabulary.sealing import Seal

CONNECT = "numbers.connect_number"


def connect_carrier(
    *,
    business: Business,
    carrier: str,
    account_ref: str,
    secret: str,
    seal: Seal,
    at: datetime,
    actor: User | None = None,
) -> Connection:
    """Keep an account at a carrier, its secret sealed. Connecting it again replaces the secret.

    Webhook addresses stay the same then, so numbers that point to them go on working.
    """
    account_ref, secret = account_ref.strip(), secret.strip()
    _check_account(carrier, account_ref, secret)
    with transaction.atomic():
        sealed = seal.close(secret)
        rows = Connection.objects.select_for_update()
        found = rows.filter(business=business, carrier=carrier, account_ref=account_ref).first()
        if found is None:
            found = Connection.objects.create(
                business=business,
                carrier=carrier,
                account_ref=account_ref,
                secret=sealed,
                created_at=at,
            )
        else:
            found.secret = sealed
            found.save(update_fields=["secret"])
        record_audit(
            business=business,
            actor=actor,
            action="carrier.connected",
            subject=f"{carrier} {account_ref}",
            at=at,
        )
    return found


def add_number(
    *,
    business: Business,
    connection: Connection,
    phone: str,
    name: str,
    source_name: str,
    channel: str = "offline",
    at: datetime,
    actor: User | None = None,
    sms_enabled: bool = True,
) -> TrackingNumber:
    """Hold a number (E.164) and have the carrier point it at us.

    The source is found by its name or made. Conflict when anybody holds the number already.
    """
    require_e164(phone)
    fields = clean_source(SourceFields(source_name, channel))
    if connection.business_id != business.pk:
        raise Conflict("This carrier account belongs to another business.")
    try:
        with transaction.atomic():
            number = TrackingNumber.objects.create(
                business=business,
                connection=connection,
                source=_source(business, fields),
                phone=phone,
                name=clean_name(name),
                sms_enabled=sms_enabled,
                created_at=at,
            )
            enqueue(CONNECT, {"number_id": number.pk}, at=at)
            record_audit(
                business=business, actor=actor, action="number.added", subject=phone, at=at
            )
    except IntegrityError as error:
        raise _held(business, phone) from error
    return number


def update_number(
    *,
    number: TrackingNumber,
    name: str,
    sms_enabled: bool,
    fields: SourceFields,
    at: datetime,
    actor: User | None = None,
) -> None:
    """Name, SMS and source together: all of it, or nothing when a part is refused."""
    with transaction.atomic():
        if name != number.name:
            rename_number(number=number, name=name, at=at, actor=actor)
        if sms_enabled != number.sms_enabled:
            switch_sms(number=number, enabled=sms_enabled, at=at, actor=actor)
        if fields != source_fields(number.source):
            change_source(number=number, fields=fields, at=at, actor=actor)


def rename_number(
    *, number: TrackingNumber, name: str, at: datetime, actor: User | None = None
) -> None:
    number.name = clean_name(name)
    _change(number, ["name"], "number.renamed", at, actor)


def switch_sms(
    *, number: TrackingNumber, enabled: bool, at: datetime, actor: User | None = None
) -> None:
    """Whether texts may be sent from this number."""
    number.sms_enabled = enabled
    _change(number, ["sms_enabled"], "number.sms_on" if enabled else "number.sms_off", at, actor)


def change_source(
    *, number: TrackingNumber, fields: SourceFields, at: datetime, actor: User | None = None
) -> Source:
    """Credit the number, from now on, to the source of this name, made or brought up to date.

    What came in before keeps the source that it was recorded with.
    """
    fields = clean_source(fields)
    with transaction.atomic():
        source = _source(number.business, fields)
        Source.objects.filter(id=source.pk).update(**asdict(fields))
        number.source = source
        _change(number, ["source"], "number.source_changed", at, actor)
    return source


def release_number(*, number: TrackingNumber, at: datetime, actor: User | None = None) -> None:
    """Give a number up: nothing new is taken or sent on it, and somebody else may hold it."""
    number.released_at = at
    _change(number, ["released_at"], "number.released", at, actor)


def connect_again(*, number: TrackingNumber, at: datetime, actor: User | None = None) -> None:
    """Ask the carrier once more to point the number at us."""
    with transaction.atomic():
        number.connect_problem = ""
        _change(number, ["connect_problem"], "number.connected_again", at, actor)
        enqueue(CONNECT, {"number_id": number.pk}, at=at)


def mark_connected(*, number: TrackingNumber, at: datetime) -> None:
    """The carrier points the number at us."""
    rows = TrackingNumber.objects.filter(id=number.pk)
    rows.update(connected_at=at, connect_problem="")


def mark_not_connected(*, number: TrackingNumber, problem: str) -> None:
    """The carrier will not point the number at us; `problem` is its sentence."""
    TrackingNumber.objects.filter(id=number.pk).update(connect_problem=problem[:200])


def _change(
    number: TrackingNumber, fields: list[str], action: str, at: datetime, actor: User | None
) -> None:
    """Write the named fields of a number that is still held; Conflict when it is not."""
    with transaction.atomic():
        values = {field: getattr(number, field) for field in fields}
        held = TrackingNumber.objects.filter(id=number.pk, released_at=None)
        if held.update(**values) != 1:
            raise Conflict(
                f"{format_national(number.phone)} was given up.", hint="Add it again to use it."
            )
        record_audit(
            business=number.business, actor=actor, action=action, subject=number.phone, at=at
        )


def source_fields(source: Source) -> SourceFields:
    return SourceFields(source.name, source.channel, source.source, source.medium, source.campaign)


def _source(business: Business, fields: SourceFields) -> Source:
    """The source of this name, or a new one with these fields."""
    source, _ = Source.objects.get_or_create(
        business=business, name=fields.name, defaults=asdict(fields)
    )
    return source


def _check_account(carrier: str, account_ref: str, secret: str) -> None:
    if carrier not in CarrierName.values:
        raise Malformed(f"“{carrier[:20]}” is not a carrier that Textrail knows.", field="carrier")
    if not secret:
        raise Malformed("The secret is missing.", hint="Paste the auth token.", field="secret")
    twilio_form = len(account_ref) == 34 and account_ref.startswith("AC") and account_ref.isalnum()
    if carrier == CarrierName.TWILIO and not twilio_form:
        raise Malformed(
            "This is not a Twilio account SID.",
            hint="It starts with AC and has 34 characters; Twilio shows it in the console.",
            field="account_ref",
        )


def _held(business: Business, phone: str) -> Conflict:
    ours = TrackingNumber.objects.filter(business=business, phone=phone, released_at=None).exists()
    who = "one of your numbers already" if ours else "held by another business here"
    return Conflict(
        f"{format_national(phone)} is {who}.",
        hint="Open it in the list of numbers." if ours else "Choose another number.",
        field="phone",
        code="number_held",
    )
