"""The accounts at carriers. Their secrets are sealed here and never leave as they came."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.carriers.contract import Health
from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.numbers.models import (
    AtCarrier,
    CarrierName,
    Connection,
    NumberOrder,
    OrderState,
    TrackingNumber,
)
from textrail.outbox.actions import enqueue
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.sealing import Seal

CHECK = "numbers.check_connection"


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
        rows = Connection.objects.select_for_update().filter(removed_at=None)
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
            subject=f"{carrier} {account_ref}"[:200],
            at=at,
        )
    return found


def check_connection(*, connection: Connection, at: datetime) -> None:
    """Have the carrier asked how the account is; a question that waits already is asked once."""
    enqueue(CHECK, {"connection_id": connection.pk}, at=at, key=f"check {connection.pk}")


def note_health(*, connection: Connection, health: Health, at: datetime) -> None:
    """What the carrier said of the account."""
    Connection.objects.filter(id=connection.pk).update(
        checked_at=at,
        is_well=health.well,
        health=health.sentence[:300],
        health_hint=health.hint[:300],
        balance_micros=health.balance_micros,
        balance_currency=health.currency[:3],
    )


def remove_connection(*, connection: Connection, at: datetime, actor: User | None = None) -> None:
    """Forget an account and its secret; Conflict while numbers hang on it.

    The row stays for the history of numbers that were given up; its address leads nowhere.
    """
    with transaction.atomic():
        kept = Connection.objects.select_for_update().filter(id=connection.pk, removed_at=None)
        if kept.first() is None:
            return
        held = TrackingNumber.objects.filter(connection=connection, released_at=None)
        buying = NumberOrder.objects.filter(connection=connection, state=OrderState.BUYING)
        if held.exists() or buying.exists():
            raise Conflict(
                "Numbers still hang on this account.",
                hint="Give them up first, on their own pages.",
                code="connection_in_use",
            )
        returning = TrackingNumber.objects.filter(connection=connection, at_carrier=AtCarrier.ASKED)
        if returning.exists():
            raise Conflict(
                "Numbers of this account are on their way back to the carrier.",
                hint="That needs the account. Try again in a minute.",
                code="connection_in_use",
            )
        kept.update(removed_at=at, secret="", token=new_token())
        record_audit(
            business=connection.business,
            actor=actor,
            action="carrier.removed",
            subject=f"{connection.carrier} {connection.account_ref}"[:200],
            at=at,
        )


def _check_account(carrier: str, account_ref: str, secret: str) -> None:
    if carrier not in CarrierName.values:
        raise Malformed(f"“{carrier[:20]}” is not a carrier that Textrail knows.", field="carrier")
    if not secret:
        raise Malformed("The secret is missing.", hint="Paste the auth token.", field="secret")
    if len(account_ref) > 200:
        raise Malformed("The name of the account is too long.", field="account_ref")
    twilio_form = len(account_ref) == 34 and account_ref.startswith("AC") and account_ref.isalnum()
    if carrier == CarrierName.TWILIO and not twilio_form:
        raise Malformed(
            "This is not a Twilio account SID.",
            hint="It starts with AC and has 34 characters; Twilio shows it in the console.",
            field="account_ref",
        )
