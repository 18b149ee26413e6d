"""What a text or call costs, and what that does to a balance. Pure: values in, values out."""

from textrail.domain.billing.rules.payments import PaymentTold, credited, read_payment
from textrail.domain.billing.rules.positions import (
    Facts,
    Funds,
    Move,
    Position,
    credit,
    move,
    target,
)
from textrail.domain.billing.rules.rates import (
    LIST_CURRENCY,
    LIST_DATE,
    LIST_SOURCE,
    NewRate,
    Price,
    RateBook,
    RateRow,
    list_rates,
    minutes,
    new_rate,
    read_rates,
    write_rates,
)

__all__ = [
    "LIST_CURRENCY",
    "LIST_DATE",
    "LIST_SOURCE",
    "Facts",
    "Funds",
    "Move",
    "NewRate",
    "PaymentTold",
    "Position",
    "Price",
    "RateBook",
    "RateRow",
    "credit",
    "credited",
    "list_rates",
    "minutes",
    "move",
    "new_rate",
    "read_payment",
    "read_rates",
    "target",
    "write_rates",
]
