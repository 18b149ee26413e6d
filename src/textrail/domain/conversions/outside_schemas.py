"""Clicks and costs of other channels as JSON. Types only: whether a value will do is said by the
rules, in the same sentences as of files."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from textrail.domain.conversions.schemas import Number, Whose
from textrail.domain.links.schemas import OneByOne
from textrail.web.api_schemas import ErrorBody, Given

MOST_IN_A_CALL = 10_000


def _nobody() -> Whose:
    return Whose.model_validate({})


class Way(Given):
    source: str = Field(examples=["google"], description="Where it came from, as in utm_source.")
    medium: str = Field(
        "", examples=["cpc"], description="As in utm_medium: it decides the channel."
    )
    campaign: str = Field("", examples=["spring_sale"])
    term: str = ""
    content: str = ""


class OutsideClickIn(Way):
    key: str = Field(
        "",
        examples=["click-77"],
        description="Their own id of the click, up to 255 characters. Without one, a click is told "
        "apart by its person, moment, source and campaign.",
    )
    at: datetime = Field(
        examples=["2026-03-02T14:59:00Z"], description="When it was, with its time zone."
    )
    click_id: str = Field(
        "", description="What an ad platform put into the address: gclid, fbclid, msclkid, ttclid."
    )
    person: Whose = Field(default_factory=_nobody, examples=[{"email": "ann@example.com"}])


class OutsideClicksIn(Given):
    clicks: list[Annotated[OutsideClickIn, OneByOne()]] = Field(
        description=f"Up to {MOST_IN_A_CALL:,}, each taken or refused by itself."
    )


class CostIn(Way):
    day: date = Field(examples=["2026-03-01"], description="As days are where the business is.")
    cost: Number = Field(examples=[49.9], description="In whole units.")
    currency: str = Field("", examples=["USD"], description="Without it, the business's own.")
    clicks: int = Field(0, examples=[120])
    impressions: int = Field(0, examples=[4800])
    account: str = Field("", description="Tells two of your accounts with one campaign name apart.")
    key: str = Field(
        "",
        description="Your own name of the figure, where a day, way in and account has several: "
        "they add up. The same one sent again takes the place of what it said before.",
    )


class CostsIn(Given):
    costs: list[Annotated[CostIn, OneByOne()]] = Field(
        description=f"Up to {MOST_IN_A_CALL:,}, each taken or refused by itself."
    )


class OutsideResult(Schema):
    """The fate of one row. `repeated`: it was known already. `replaced`: a figure that was told
    before has gone for it. `waiting`: its cost counts once there is a rate for its day."""

    index: int = Field(examples=[0], description="Which one, counted from 0.")
    status: Literal["recorded", "repeated", "replaced", "waiting", "refused"] = Field(
        examples=["recorded"]
    )
    error: ErrorBody | None = Field(default=None, description="Why it was refused.")


class OutsideClicksOut(Schema):
    results: list[OutsideResult] = Field(description="In the order in which they were sent.")
    recorded: int = Field(examples=[1])
    repeated: int = Field(examples=[0])
    refused: int = Field(examples=[0])


class CostsOut(Schema):
    results: list[OutsideResult] = Field(description="In the order in which they were sent.")
    recorded: int = Field(examples=[1])
    repeated: int = Field(examples=[0])
    replaced: int = Field(examples=[0])
    waiting: int = Field(examples=[0])
    refused: int = Field(examples=[0])
