"""Conversions as JSON. Types only: whether a value will do is said by the rules, in the same
sentences as on the pages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BeforeValidator, Field
from pydantic_core import PydanticKnownError

from textrail.domain.links.schemas import OneByOne
from textrail.vocabulary.money import read_decimal
from textrail.web.api_schemas import ErrorBody, ErrorOut, Given

__all__ = [
    "MOST_IN_A_CALL",
    "ConversionIn",
    "ConversionOut",
    "ConversionResult",
    "ConversionsIn",
    "ConversionsOut",
    "ErrorBody",
    "ErrorOut",
    "Number",
]
MOST_IN_A_CALL = 1_000


def _written(value: object) -> object:
    if isinstance(value, str):
        try:
            return read_decimal(value)
        except InvalidOperation:
            raise PydanticKnownError("decimal_parsing") from None
    return value


Number = Annotated[Decimal, BeforeValidator(_written)]


class Whose(Given):
    """Whatever you know of who it was. Each key that is new is theirs from now on."""

    customer_id: str = Field("", examples=["42"], description="Your own id of the customer.")
    visitor_id: str = Field("", description="The id of a browser, as on your pages.")
    email: str = Field("", examples=["ann@example.com"])
    phone: str = Field("", examples=["+14155550123"])


def _nobody() -> Whose:
    return Whose.model_validate({})


class ProductIn(Given):
    name: str = Field("", examples=["Furnace filter"])
    sku: str = ""
    product_id: str = ""
    quantity: Number = Decimal(1)
    price: Number | None = Field(None, examples=[24.95], description="Of one, in whole units.")


class ConversionIn(Given):
    key: str = Field(
        examples=["order-1001"],
        description="Your own name of this report, up to 255 characters. The same one counts once, "
        "however often it is sent.",
    )
    event: str = Field(
        examples=["Order Completed"], description="One that a type of conversion counts."
    )
    at: datetime | None = Field(
        None,
        examples=["2026-03-02T14:59:00Z"],
        description="When it happened, with its time zone; without it, now.",
    )
    value: Number | None = Field(
        None,
        examples=[49.9],
        description="In whole units. Without it, the prices of the products. A purchase says "
        "either, also 0, unless its type takes no value from it.",
    )
    currency: str = Field("", examples=["USD"], description="Without it, the business's own.")
    order_id: str = Field("", examples=["1001"])
    refund: bool = Field(
        False,
        description="Takes the sale of `order_id` back: `value` of it, or all that is left.",
    )
    click_id: str = Field("", description="What the landing page got as `trail_click`.")
    person: Whose = Field(
        default_factory=_nobody,
        examples=[{"customer_id": "42", "email": "ann@example.com"}],
    )
    products: list[ProductIn] = Field(
        default_factory=list, max_length=500, description="Up to 500."
    )
    properties: dict[str, Any] = Field(
        default_factory=dict, description="Anything else; kept as it is."
    )


class ConversionOut(Schema):
    """`recorded`: it counts now. `repeated`: it counted before, by its key, its order or its person
    as the type says; by its person it is kept, and the first in time counts. Or it waited, somebody
    put it away, and it never counts: `message` says so, and with which value a sale counts that is
    sent again with another. `parked`: it waits for a sale or an
    exchange rate, and counts by itself when that comes; `message` says which."""

    status: Literal["recorded", "repeated", "parked"] = Field(examples=["recorded"])
    id: int | None = Field(default=None, examples=[4711])
    value_minor: int | None = Field(
        default=None,
        examples=[4990],
        description="In minor units of `currency`, the business's own.",
    )
    currency: str = Field(default="", examples=["USD"])
    message: str = ""
    hint: str = ""


class ConversionsIn(Given):
    conversions: list[Annotated[ConversionIn, OneByOne()]] = Field(
        description=f"Up to {MOST_IN_A_CALL:,}, each taken or refused by itself."
    )


class ConversionResult(ConversionOut):
    """The fate of one of many."""

    index: int = Field(examples=[0], description="Which one, counted from 0.")
    status: Literal["recorded", "repeated", "parked", "refused"] = Field(  # type: ignore[assignment]
        examples=["recorded"]
    )
    error: ErrorBody | None = Field(default=None, description="Why it was refused.")


class ConversionsOut(Schema):
    results: list[ConversionResult] = Field(description="In the order in which they were sent.")
    recorded: int = Field(examples=[1])
    repeated: int = Field(examples=[0])
    parked: int = Field(examples=[0])
    refused: int = Field(examples=[0])
