"""What webhooks of Stripe say about money for a balance. Pure.

Only a checkout that carries our reference is money for us: the same Stripe account may sell other
things. Refunds and disputes name the payment, and may come before the checkout that tells whose it
is. https://docs.stripe.com/api/events/types
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.micros import LARGEST, parse_micros
from textrail.vocabulary.smallest_units import in_whole_units

Json = Mapping[str, object]

NEEDED: Final = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "charge.refunded",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
# By each of these a payment may name whom it is for, in its metadata.
METADATA: Final = "textrail_account"


@dataclass(frozen=True, slots=True)
class PaymentTold:
    """What one webhook tells of a payment: the amounts are sums so far, not steps."""

    reference: str
    currency: str
    paid: int = 0
    refunded: int = 0
    withdrawn: int = 0
    reinstated: int = 0
    test: bool = False


def read_payment(webhook: Json, *, reference: str) -> PaymentTold | None:
    """What a webhook tells of a payment for the balance whose `reference` this is; None when it is
    about something else. Malformed for what is no event of Stripe's."""
    kind, about = webhook.get("type"), _part(_part(webhook, "data"), "object")
    if not isinstance(kind, str) or not about:
        raise Malformed("This is no event of Stripe's.", hint="Send the webhook as it comes.")
    if kind not in NEEDED:
        return None
    if kind.startswith("checkout."):
        told = _checkout(about, reference)
    elif kind == "charge.refunded":
        told = _told(about, "amount_refunded", "refunded")
    else:
        told = _told(about, "amount", kind.rpartition("_")[2])
    if told is None or webhook.get("livemode") is not False:
        return told
    return PaymentTold(told.reference, told.currency, paid=told.paid, test=True)


def _checkout(session: Json, reference: str) -> PaymentTold | None:
    named = {session.get("client_reference_id"), _part(session, "metadata").get(METADATA)}
    if reference not in named or session.get("payment_status") != "paid":
        return None
    if session.get("mode") not in {"payment", None}:
        return None
    return _told(session, "amount_total", "paid")


def _told(about: Json, amount: str, fact: str) -> PaymentTold | None:
    payment = _id(about.get("payment_intent")) or _id(about.get("charge")) or _id(about.get("id"))
    count, currency = about.get(amount), about.get("currency")
    if not payment or not isinstance(currency, str) or len(currency) != 3:
        raise Malformed(
            "The payment has no id or no currency.", hint="Send the webhook as it comes."
        )
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count < LARGEST:
        raise Malformed("The payment has no amount.", hint="Send the webhook as it comes.")
    code = currency.upper()
    micros = parse_micros(in_whole_units(count, code), code).value
    sums: dict[str, Any] = {fact: micros}
    return PaymentTold(payment[:80], code, **sums)


def credited(*, paid: int, refunded: int, withdrawn: int, reinstated: int) -> int:
    """What of a payment belongs in the balance: what was paid less what went back, never below
    zero. It depends on the sums alone, so their order makes no difference."""
    return max(paid - refunded - max(withdrawn - reinstated, 0), 0)


def _part(json: Json, name: str) -> Json:
    found = json.get(name)
    return found if isinstance(found, Mapping) else {}


def _id(value: object) -> str:
    """The id of an object that is named or included."""
    if isinstance(value, Mapping):
        value = value.get("id")
    return value if isinstance(value, str) else ""
