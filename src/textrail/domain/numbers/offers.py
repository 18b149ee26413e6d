"""A number for sale as somebody was shown it, signed, so that its price and what it can stay as
shown until it is ordered."""

from __future__ import annotations

from dataclasses import asdict

from django.core import signing

from textrail.carriers.contract import NumberOffer
from textrail.domain.accounts.models import Business
from textrail.domain.numbers import queries
from textrail.domain.numbers.models import Connection
from textrail.vocabulary.errors import Malformed

_SALT = "numbers.offer"
_OFFER_SECONDS = 3600


def write_offer(business: Business, connection: Connection, offer: NumberOffer) -> str:
    """The token that orders it within an hour, for this business alone."""
    content = [business.pk, connection.pk, asdict(offer)]
    return signing.dumps(content, salt=_SALT, compress=True)


def read_offer(business: Business, token: str) -> tuple[Connection, NumberOffer]:
    """What was shown, and the account that sells it; Malformed (`offer_stale`) for a token that is
    too old or none of this business's."""
    try:
        content = signing.loads(token, salt=_SALT, max_age=_OFFER_SECONDS)
        business_id, connection_id, offer = content
    except (signing.BadSignature, ValueError) as error:
        raise _stale() from error
    if business_id != business.pk:
        raise _stale()
    return queries.connection(business, connection_id), NumberOffer(**offer)


def _stale() -> Malformed:
    return Malformed(
        "This offer is too old.",
        hint="Search again and choose a number anew.",
        field="offer",
        code="offer_stale",
    )
