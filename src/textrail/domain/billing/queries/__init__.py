"""Looking at balances: what a text costs, what was spent, and whether the books add up."""

from textrail.domain.billing.queries.ledger import (
    LedgerFilter,
    ledger_page,
    ledger_rows,
    number_choices,
    payments_with_problems,
)
from textrail.domain.billing.queries.prices import (
    RateOf,
    balance_of,
    charged,
    check_covers,
    price_of,
    rate_book,
    rate_of,
    rates_to_come,
    source_of,
    spendable,
    too_low,
    used,
)
from textrail.domain.billing.queries.spending import Spending, Spent, shares, spending, visible
from textrail.domain.billing.queries.verifying import Mismatch, verify
from textrail.domain.billing.rules import RateBook

__all__ = [
    "LedgerFilter",
    "Mismatch",
    "RateBook",
    "RateOf",
    "Spending",
    "Spent",
    "balance_of",
    "charged",
    "check_covers",
    "ledger_page",
    "ledger_rows",
    "number_choices",
    "payments_with_problems",
    "price_of",
    "rate_book",
    "rate_of",
    "rates_to_come",
    "shares",
    "source_of",
    "spendable",
    "spending",
    "too_low",
    "used",
    "verify",
    "visible",
]
