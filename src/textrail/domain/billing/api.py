"""The balance as JSON, for programs with a key of the business."""

from __future__ import annotations

from ninja import Router, Schema
from pydantic import Field

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.billing import queries
from textrail.vocabulary.micros import plain
from textrail.web.api_schemas import ErrorOut

router = Router(tags=["Balance"])


class BalanceOut(Schema):
    """What the account has; its other businesses draw on it, too. Amounts are decimal numbers of
    the currency’s main unit, exactly."""

    prepaid: bool = Field(
        description="Whether texts are refused that the balance does not cover. Off, you pay your "
        "carrier yourself, and the amounts say nothing."
    )
    currency: str = Field(examples=["USD"], description="Empty while there is no balance.")
    available: str = Field(examples=["24.9917"], description="What may be spent.")
    held: str = Field(examples=["0.0083"], description="For texts that are on their way.")
    owed: str = Field(examples=["0"], description="For what came in while there was nothing.")
    low_line: str = Field(examples=["5"], description="Below it, `balance.low` is told.")
    is_low: bool


@router.get(
    "/balance",
    response={200: BalanceOut, frozenset({401, 403, 429}): ErrorOut},
    operation_id="get_balance",
    summary="Get the balance",
)
def get_balance(request: KeyRequest) -> BalanceOut:
    """Any key that opens the API sees it; only an owner adds funds, on the page Billing."""
    row = queries.balance_of(request.business)
    return BalanceOut(
        prepaid=row.prepaid if row else False,
        currency=row.currency if row else "",
        available=plain(row.available_micros if row else 0),
        held=plain(row.held_micros if row else 0),
        owed=plain(row.owed_micros if row else 0),
        low_line=plain(row.low_micros if row else 0),
        is_low=row.is_low if row else False,
    )
