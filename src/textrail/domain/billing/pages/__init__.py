"""Billing, as owners and admins see it. Only an owner moves money or changes what things cost."""

from textrail.domain.billing.pages.funds import (
    connect_stripe,
    correct,
    end_stripe,
    funds,
    low_line,
    prepaid,
)
from textrail.domain.billing.pages.ledger import ledger, ledger_csv
from textrail.domain.billing.pages.overview import overview
from textrail.domain.billing.pages.rates import load_rates, rates, rates_csv, set_rate

__all__ = [
    "connect_stripe",
    "correct",
    "end_stripe",
    "funds",
    "ledger",
    "ledger_csv",
    "load_rates",
    "low_line",
    "overview",
    "prepaid",
    "rates",
    "rates_csv",
    "set_rate",
]
