"""Links as JSON. Types only: whether a value will do is said by the rules, in the same sentences as
on the pages. A text that is not there is empty and never null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field, GetCoreSchemaHandler, StrictInt
from pydantic_core.core_schema import CoreSchema, any_schema, json_or_python_schema

from textrail.domain.links.rules.drafts import MOST_IN_A_CALL
from textrail.web.api_schemas import PAGE, Cursor, ErrorOut, Given, Limit

__all__ = ["ErrorOut"]


class OneByOne:
    """Leaves the rows of a list unread: who takes the call reads each by itself, so that one answer
    names every bad one. The document shows what a row is made of all the same."""

    def __get_pydantic_core_schema__(
        self, source: type, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return json_or_python_schema(json_schema=handler(source), python_schema=any_schema())


class LinkFields(Given):
    name: str = Field(examples=["Spring sale"], description="For you only.")
    destination: str = Field(
        examples=["https://shop.example/sale"],
        description="The page that people end up on. Its own parameters stay as they are.",
    )
    utm_source: str = Field("", examples=["sms"])
    utm_medium: str = Field("", examples=["text"])
    utm_campaign: str = Field("", examples=["spring_sale"])
    utm_term: str = ""
    utm_content: str = ""
    domain: str = Field(
        "",
        examples=["go.example.com"],
        description="One of your domains; without it, your default one, or else the "
        "installation's own address.",
    )
    back_half: str = Field(
        "",
        examples=["spring-sale"],
        description="What stands behind the slash, instead of a random code: 1 to 64 letters, "
        "digits, - and _.",
    )
    expires_at: datetime | None = Field(
        None,
        examples=["2026-06-01T00:00:00Z"],
        description="From then on the link leads to `fallback`, or says that it has ended.",
    )
    click_limit: StrictInt | None = Field(
        None, examples=[500], description="After so many taps by people it ends in the same way."
    )
    fallback: str = Field("", examples=["https://shop.example/"])


class LinkIn(LinkFields):
    external_key: str = Field(
        "",
        examples=["product-4711"],
        description="Your own name of the link. The same link sent again with its key is made "
        "once.",
    )


class LinkChange(Given):
    """The fields to change; what is left out stays as it is."""

    name: str = ""
    destination: str = Field("", examples=["https://shop.example/summer"])
    utm_source: str = ""
    utm_medium: str = ""
    utm_campaign: str = ""
    utm_term: str = ""
    utm_content: str = ""
    back_half: str = Field("", description="The one that it had goes on leading to it.")
    expires_at: datetime | None = Field(None, examples=["2026-09-01T00:00:00Z"])
    click_limit: StrictInt | None = None
    fallback: str = ""


class Taps(Schema):
    """`people` are taps by people, `requests` everything that asked for the link."""

    people: int = Field(0, examples=[38])
    requests: int = Field(0, examples=[61])


class LinkOut(Schema):
    id: int = Field(examples=[4711])
    name: str = Field(examples=["Spring sale"])
    short_url: str = Field(
        examples=["https://go.example.com/spring-sale"],
        description="For anyone; empty when each recipient has their own address only.",
    )
    destination: str = Field(examples=["https://shop.example/sale"])
    landing: str = Field(
        examples=["https://shop.example/sale?utm_source=sms&utm_medium=text"],
        description="The destination with its parameters, where people arrive.",
    )
    utm_source: str = Field(examples=["sms"])
    utm_medium: str = Field(examples=["text"])
    utm_campaign: str = Field(examples=["spring_sale"])
    utm_term: str
    utm_content: str
    domain: str = Field(examples=["go.example.com"])
    external_key: str = Field(examples=["product-4711"])
    expires_at: datetime | None
    click_limit: int | None
    fallback: str
    campaign_id: int | None
    created_at: datetime
    archived_at: datetime | None
    taps: Taps


class LinkList(Schema):
    links: list[LinkOut]
    next: int | None = Field(description="Send it as `after` for the page behind; null at the end.")


class LinkQuery(Given):
    q: str = Field(
        "",
        max_length=100,
        description="Part of a name, destination or campaign; your own key; or a code or short"
        " address, also one of a single recipient.",
    )
    archived: bool = False
    after: Cursor = None
    limit: Limit = PAGE


class LinksIn(Given):
    links: list[Annotated[LinkIn, OneByOne()]] = Field(
        description=f"Up to {MOST_IN_A_CALL:,}. All are made, or none."
    )


class LinksOut(Schema):
    links: list[LinkOut] = Field(description="In the order in which they were sent.")
    created: int = Field(examples=[2], description="Those that were not there before.")


class Counted(Schema):
    name: str = Field(examples=["iPhone"], description="Empty where it is not known.")
    people: int = Field(examples=[21])


class Day(Taps):
    day: date


class VerdictOut(Schema):
    verdict: str = Field(examples=["human"])
    requests: int = Field(examples=[38])


class PlaceOut(Schema):
    country: str = Field(examples=["US"])
    region: str = Field(examples=["FL"])
    city: str = Field(examples=["Tampa"])
    people: int = Field(examples=[9])


class StatsQuery(Given):
    since: date | None = Field(None, description="The first day; without it, from the beginning.")
    until: date | None = Field(None, description="The last day, included.")


class StatsOut(Schema):
    """What came of a link. Days are the business's own; devices and places count people only."""

    link_id: int
    time_zone: str = Field(examples=["America/New_York"])
    since: date | None
    until: date | None
    taps: Taps
    days: list[Day]
    verdicts: list[VerdictOut]
    devices: list[Counted]
    systems: list[Counted]
    browsers: list[Counted]
    places: list[PlaceOut]


class ClickQuery(Given):
    people: bool = Field(False, description="Only taps by people.")
    after: Cursor = None
    limit: Limit = PAGE


class ClickOut(Schema):
    """One request for a link. `click_id` is what the landing page gets as `trail_click`."""

    click_id: str = Field(examples=["q5Zt0m2bWnX1sVdKc8Ye"])
    at: datetime
    short_url: str
    verdict: str = Field(examples=["human"])
    reasons: list[str] = Field(examples=[["phone_browser"]])
    contact_id: int | None
    phone: str = Field(examples=["+17275550142"], description="Whose own address it was, if any.")
    device: str = Field(examples=["iPhone"])
    os: str = Field(examples=["iOS 18"])
    browser: str = Field(examples=["Mobile Safari"])
    country: str = Field(examples=["US"])
    region: str = Field(examples=["FL"])
    city: str = Field(examples=["Tampa"])
    routed: dict[str, Any] | None = Field(
        description="For a link with rules: where it landed, and why."
    )


class ClickList(Schema):
    clicks: list[ClickOut]
    next: int | None


class RecipientIn(Given):
    phone: str = Field(examples=["+17275550142"], description="In international form.")
    reference: str = Field(
        "", examples=["customer-88"], description="Comes back as it is; it is not kept."
    )


class RecipientsIn(Given):
    recipients: list[Annotated[RecipientIn, OneByOne()]] = Field(
        description=f"Up to {MOST_IN_A_CALL:,}. All get an address, or none."
    )


class RecipientOut(Schema):
    phone: str = Field(examples=["+17275550142"])
    reference: str = Field(examples=["customer-88"])
    short_url: str = Field(
        examples=["https://go.example.com/k7Qm2xWz"],
        description="Empty for somebody who opted out of your texts.",
    )
    opted_out: bool = Field(examples=[False], description="Whether they opted out: do not text.")


class RecipientsOut(Schema):
    recipients: list[RecipientOut] = Field(description="In the order in which they were sent.")
