"""The reports as JSON. Money is in minor units of the currency beside it; a text that is not there
is empty, and a number that cannot be said is null."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from ninja import Schema
from pydantic import Field

from textrail.domain.reports.earners import ORIGINS, ROLES, TOGETHER, TOOK_FROM
from textrail.domain.reports.measures import BUCKETS, KIND_NAMES
from textrail.domain.reports.rules import (
    COMPARISONS,
    DEFAULT_COMPARISON,
    DEFAULT_HALF_LIFE,
    DEFAULT_PERIOD,
    LONGEST_WAY,
    MODEL_NAMES,
    MOST_DAYS,
    ORDERS,
    TRANSFORMS,
)
from textrail.web.api_schemas import ErrorOut, Given, Limit

__all__ = ["ErrorOut"]
# Parameter → what it may be. The address of a page takes the same, and overlooks anything else.
CHOICES: dict[str, tuple[str, ...]] = {
    "model": tuple(model.value for model in MODEL_NAMES),
    "compare": tuple(COMPARISONS),
    "repeats": tuple(key for key in TRANSFORMS if key),
    "order": tuple(ORDERS),
    "origin": ORIGINS,
    "role": tuple(role for role in ROLES if role),
    "kind": tuple(KIND_NAMES),
    "took_from": TOOK_FROM,
    "together": tuple(TOGETHER),
}
_Id = Annotated[int | None, Field(ge=1, le=2**63 - 1)]


def _one_of(name: str, default: str, description: str) -> Any:
    listed = ", ".join(CHOICES[name])
    return Field(
        default,
        description=f"{description} One of {listed}.",
        json_schema_extra={"enum": list(CHOICES[name])},
    )


def _days(name: str, default: int | None, description: str) -> Any:
    described = f"{description} 1 to {MOST_DAYS[name]}."
    return Field(default, ge=1, le=MOST_DAYS[name], description=described)


def _way(part: str) -> Any:
    description = f"Only what visits and clicks of elsewhere with this {part} earned."
    return Field(None, max_length=LONGEST_WAY, description=description)


class QuestionQuery(Given):
    """The question, as it stands in the address of the dashboard."""

    period: str = Field(
        DEFAULT_PERIOD,
        description="The last so many days of the business's own calendar, today included, 1 to"
        f" {MOST_DAYS['period']}, or `dates`.",
    )
    from_: date | None = Field(
        None, alias="from", description="With `dates`: the first day, at most 366 up to the last."
    )
    to: date | None = Field(
        None, description="With `dates`: the last day, included; today without it."
    )
    model: str = _one_of("model", "last", "Who earns a conversion.")
    window: int | None = _days(
        "window", None, "How many days back a touch may lie; without it, as the type says."
    )
    compare: str = _one_of(
        "compare",
        DEFAULT_COMPARISON,
        "What stands beside it: the period right before, the same dates of last year, or nothing.",
    )
    views: bool = Field(False, description="Whether texts of campaigns earn by being delivered.")
    view_window: int | None = _days(
        "view_window", None, "How many days back those may lie; without it, as the type says."
    )
    half_life: int = _days(
        "half_life", DEFAULT_HALF_LIFE, "Under time decay: in how many days a touch halves."
    )
    repeats: str = _one_of(
        "repeats",
        "",
        "Which of several touches of one origin stay on a path: the first, or one of each unbroken "
        "run; without it, all.",
    )
    order: str = _one_of("order", "1", "Under Markov: how many steps it looks back.")
    via: str = Field("", description="Only touches of this channel earn; its code.")
    via_source: _Id = Field(None, description="Only touches of this source of a number earn.")
    via_way_source: str = Field(
        "", max_length=LONGEST_WAY, description="Only visits and clicks from this source earn."
    )
    type: _Id = Field(None, description="Only conversions of this type.")
    tag: _Id = Field(None, description="Only people with this tag.")


class OverviewQuery(QuestionQuery):
    pass


class CreditsQuery(QuestionQuery):
    campaign: _Id = Field(None, description="Only what this campaign earned.")
    variant: _Id = Field(None, description="Only what this wording earned.")
    number: _Id = Field(None, description="Only what this number earned.")
    source: _Id = Field(None, description="Only what this source earned.")
    link: _Id = Field(None, description="Only what this link earned.")
    channel: str = Field("", description="Only what this channel earned; its code.")
    way: str = Field("", description="Only what visits of this channel earned that no text led to.")
    origin: str = _one_of(
        "origin",
        "",
        "What nobody or our own texts earned, or all; without it, what touchpoints earned.",
    )
    path: str = Field(
        "",
        description="Only conversions whose path is these channels, their codes with commas between"
        " them; touches of one channel in a row are one step.",
    )
    role: str = _one_of("role", "", "Only conversions on whose path `channel` does this.")
    kind: str = _one_of("kind", "", "Only what texts of this type earned.")
    took: int | None = Field(
        None,
        ge=0,
        lt=len(BUCKETS),
        description="Only conversions that took so long since a touch: "
        + ", ".join(f"{place} {words}" for place, (_, words) in enumerate(BUCKETS))
        + ".",
    )
    took_from: str = _one_of("took_from", "last", "Since which touch.")
    weekday: int | None = Field(
        None, ge=0, lt=7, description="Only conversions of this weekday; Monday is 0."
    )
    hour: int | None = Field(
        None, ge=0, lt=24, description="Only conversions of this hour of the business's own clock."
    )
    way_source: str | None = _way("source")
    way_medium: str | None = _way("medium")
    way_campaign: str | None = _way("campaign")
    together: str = _one_of("together", "", "Only those of this table that Markov weighs as one.")
    after: str = Field("", max_length=40, description="`next` of the page before.")
    limit: Limit = 50


class ExplainQuery(QuestionQuery):
    all: bool = Field(
        False, description="Also what lies before the window and after the conversion."
    )


class QuestionOut(Schema):
    """What was asked. Everything until `complete_through` is in the answer."""

    since: date = Field(examples=["2026-02-03"])
    until: date = Field(examples=["2026-03-02"], description="Included.")
    time_zone: str = Field(examples=["America/New_York"])
    currency: str = Field(examples=["USD"])
    model: str = Field(examples=["last"])
    window_days: int | None = Field(description="Null: each type has its own.")
    parameters: dict[str, str] = Field(
        examples=[{"model": "decay"}],
        description="Those of the question that are no default: the address of the same page.",
    )
    complete_through: datetime | None


class FiguresOut(Schema):
    revenue: int = Field(examples=[499000])
    credited: int = Field(
        examples=[381200], description="The part of the revenue that touchpoints earned."
    )
    texted: int | None = Field(
        examples=[120400],
        description="The part of it that our own texts earned: no visits or clicks of elsewhere"
        " that others' texts led to. Under Markov and Shapley it is known of the period as a whole"
        " alone: null for its days and for what it is compared with.",
    )
    conversions: int = Field(examples=[87])
    sent: int = Field(examples=[1204], description="Texts of campaigns and of people.")
    taps: int = Field(examples=[310], description="By people.")
    raw_taps: int = Field(examples=[522], description="Everything that asked for a link.")
    replies: int = Field(examples=[41])
    calls: int = Field(examples=[17])
    cost_micros: int = Field(
        examples=[9512000], description="What texts cost, in millionths of the currency."
    )
    spend: int = Field(examples=[125000], description="What others were paid, as imported.")


class DayOut(FiguresOut):
    day: date


class OverviewOut(Schema):
    question: QuestionOut
    now: FiguresOut
    before: FiguresOut = Field(
        description="What `compare` names, as far as this period has come; all 0 for nothing."
    )
    days: list[DayOut]
    other_currencies: list[str] = Field(
        description="Currencies of conversions that these sums leave out."
    )
    other_currencies_of_costs: list[str] = Field(
        description="Currencies of costs that these sums leave out."
    )
    waiting_for_rates: int = Field(
        description="Reports of any day that count nowhere until its exchange rate is loaded."
    )


class ChannelOut(Schema):
    """`channel` is empty in the row of what nobody earned, and `*` in that of all that Markov
    weighs as one."""

    channel: str = Field(examples=["sms"])
    name: str = Field(examples=["SMS"])
    credit: int = Field(examples=[381200])
    conversions: int = Field(
        examples=[64], description="With a part of its credit here; one may count for several."
    )
    removal_effect: float | None = Field(
        description="Only under Markov: the part of all conversions that would be lost without it."
    )


class ChannelsOut(Schema):
    question: QuestionOut
    channels: list[ChannelOut] = Field(description="Their credits sum to the revenue.")


class EarnerOut(Schema):
    """What was done and what it earned. The ids are those that `/reports/credits` takes."""

    name: str = Field(examples=["Spring sale"])
    detail: str = Field(examples=["B"], description="The wording, or the source of a number.")
    campaign_id: int | None
    variant_id: int | None
    number_id: int | None
    source_id: int | None
    link_id: int | None
    credit: int = Field(examples=[128800])
    conversions: int = Field(examples=[23])
    sent: int = Field(examples=[410])
    taps: int = Field(examples=[122])
    raw_taps: int = Field(examples=[201])
    texts: int = Field(examples=[9], description="Texts that came in.")
    calls: int = Field(examples=[4])
    removal_effect: float | None = Field(description="Only under Markov.")
    together: bool = Field(description="All that Markov weighs as one, so that no id is given.")


class CampaignsOut(Schema):
    """Campaigns, numbers and links with what nobody earned make all of the revenue; wordings are
    those of the campaigns."""

    question: QuestionOut
    campaigns: list[EarnerOut]
    wordings: list[EarnerOut]
    numbers: list[EarnerOut]
    links: list[EarnerOut]
    unattributed: int = Field(examples=[50000], description="What no touchpoint earned.")


class CreditOut(Schema):
    conversion_id: int = Field(examples=[4711])
    at: datetime
    type: str = Field(examples=["Purchase"])
    name: str = Field(examples=["Maya Alvarez"])
    phone: str = Field(examples=["+17275550142"])
    value: int = Field(examples=[4990])
    credit: int | None = Field(
        examples=[2495], description="Null under Markov, which credits no single conversion."
    )


class CreditsOut(Schema):
    question: QuestionOut
    conversions: list[CreditOut] = Field(description="Newest first.")
    next: str = Field(description="Send it as `after` for the page behind; empty at the end.")


class TouchPartOut(Schema):
    """How a touch came to its credit under a model: its weight of the sum of all weights; its part
    rounded down, the remainder over `of`, and the unit that it got of what was left over."""

    model: str = Field(examples=["linear"])
    weight: int = Field(examples=[1])
    of: int = Field(examples=[3])
    share: int = Field(examples=[1663])
    remainder: int = Field(examples=[1])
    extra: int = Field(examples=[1])
    credit: int = Field(examples=[1664])


class TouchOut(Schema):
    """Something that was considered. `reason` says why it earned nothing, and is empty for what
    counts; `evidence` is what a tap was judged by. `person` numbers those who acted, as they were
    known then."""

    kind: str = Field(examples=["tap"])
    id: int = Field(examples=[815])
    at: datetime
    what: str = Field(examples=["Tapped Spring sale · B"])
    channel: str = Field(examples=["sms"])
    distance: str = Field(examples=["3 days 4 hours before"])
    counts: bool
    reason: str = Field(examples=["too_early"])
    sentence: str = Field(examples=["11 days before, and the window is 7 days."])
    evidence: list[str]
    person: int = Field(examples=[1])
    models: list[TouchPartOut]


class KeyOut(Schema):
    """`value` is masked, and empty where a key is kept only for matching. A key that too many share
    does not join people."""

    kind: str = Field(examples=["Phone"])
    value: str = Field(examples=["+1…0142"])
    learnt: str = Field(examples=["track order-1001"], description="Where it came from.")
    joins: bool
    since: datetime


class JoinOut(Schema):
    """Two of the people turned out to be one; 0 stands for one who did nothing that is listed."""

    at: datetime
    evidence: str = Field(examples=["email in the report order-1001"])
    keys: list[str] = Field(examples=[["Email"]], description="What the two shared.")
    people: list[int] = Field(examples=[[1, 2]])


class SplitOut(Schema):
    """Somebody who was taken for this person and no longer is."""

    at: datetime
    why: str = Field(examples=["Two customers with one office phone."])


class RefundOut(Schema):
    id: int
    at: datetime
    value: int = Field(examples=[-1000])


class WholeOut(Schema):
    """A channel under the models that credit channels and no single touch."""

    name: str = Field(examples=["SMS"])
    shapley_of_this: int = Field(examples=[2495])
    shapley: int = Field(examples=[381200], description="Of all conversions of the period.")
    markov: int = Field(examples=[390100], description="Of all conversions of the period.")
    removal_effect: float = Field(examples=[0.75])


class ExplainOut(Schema):
    question: QuestionOut
    id: int = Field(examples=[4711])
    type: str = Field(examples=["Purchase"])
    at: datetime = Field(description="When it happened.")
    received_at: datetime = Field(description="When it came.")
    value: int = Field(examples=[4990])
    currency: str = Field(examples=["USD"])
    given_value: int | None = Field(description="What was reported, where that was converted.")
    given_currency: str
    rate_day: date | None
    sender: str = Field(examples=["api"])
    key: str = Field(examples=["order-1001"])
    order_id: str
    click_id: str
    sale_id: int | None = Field(description="The sale that it takes back, from its touches.")
    refunds: list[RefundOut]
    left: int = Field(examples=[4990], description="Of the value, after its refunds.")
    counted_instead: int | None = Field(
        description="Of a type that counts each person once: the one of the person that counts, "
        "where this one counts nothing."
    )
    window_days: int = Field(examples=[30])
    view_days: int | None = Field(
        description="The window of delivered texts; null where these do not earn."
    )
    attributed: bool = Field(description="Whether any touch counts; else nobody earned it.")
    outside: int = Field(description="How much more lies outside the window; see `all`.")
    touches: list[TouchOut] = Field(description="Oldest first.")
    keys: list[KeyOut]
    joins: list[JoinOut] = Field(description="Those that hold.")
    splits: list[SplitOut]
    channels: list[WholeOut]
