"""What visits put into the columns: each visit and the channel of its way in, and
nothing that names anybody."""

from __future__ import annotations

from django.db.models import Case, Count, F, IntegerField, Max, Min, QuerySet, Value, When, Window

from textrail.analytics.contract import (
    INTEGER,
    Column,
    FeedTable,
    Snapshot,
    integer,
    moment,
    text,
)
from textrail.domain.visitors.models import (
    ChannelRule,
    Cost,
    CostEntry,
    OutsideClick,
    Session,
    Traffic,
)

# A number, because no column holds a truth value: the visit began with the click id of our link,
# of which it was known who tapped.
_TAPPED = Case(When(click_id="", then=Value(0)), default=Value(1), output_field=IntegerField())
# A machine's visit has no person. What of a visit may still change is left out.
SESSIONS = FeedTable(
    name="sessions",
    model=Session,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "started_at"),
        integer("person", "person__token"),
        integer("site_id"),
        integer("traffic_id"),
        Column("tapped", INTEGER, _TAPPED),
        text("verdict"),
        text("device"),
        text("os"),
        text("host"),
    ),
)
OUTSIDE_CLICKS = FeedTable(
    name="outside_clicks",
    model=OutsideClick,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("at_ms", "at"),
        integer("person", "person__token"),
        integer("traffic_id"),
        integer("visit_id"),
    ),
)
# Each change of what a day cost: the sum over a day is what counts now.
COSTS = FeedTable(
    name="costs",
    model=CostEntry,
    columns=(
        integer("id"),
        integer("business_id"),
        moment("day_ms", "day_at"),
        integer("traffic_id"),
        integer("cost_minor", "minor"),
        text("currency"),
        integer("clicks"),
        integer("impressions"),
    ),
)


def _waiting() -> QuerySet[Cost]:
    rows = Cost.objects.filter(minor=None, set_aside_by="").distinct()
    return rows.order_by("business_id", "day", "given_currency")


def _still_waiting() -> object:
    return list(_waiting().values_list("business_id", "day", "given_currency"))


# Days that cost something in a currency which has no rate yet. They are days of the calendar, by
# the midnight of UTC.
WAITING_COSTS = Snapshot(
    name="waiting_costs",
    columns=(
        integer("business_id"),
        moment("calendar_ms", "day"),
        text("currency", "given_currency"),
    ),
    select=_waiting,
    state=_still_waiting,
)


def _alike(name: str, said: str) -> Column:
    """A number for what ways in of one business say alike: the first of them, because no column
    holds their words, which might name somebody."""
    first = Window(Min("id"), partition_by=[F("business_id"), F(said)])
    return Column(name, INTEGER, first)


def _ways() -> QuerySet[Traffic]:
    return Traffic.objects.order_by("id")


def _filed() -> object:
    """Ways are only ever added, and move to another channel when a business changes its rules, of
    which it has a handful."""
    rules = ChannelRule.objects.order_by("business_id", "position", "id")
    told = list(rules.values_list("business_id", "conditions", "channel"))
    return Traffic.objects.aggregate(ways=Count("id"), newest=Max("id")), told


TRAFFIC = Snapshot(
    name="traffic",
    columns=(
        integer("id"),
        integer("business_id"),
        text("channel"),
        _alike("source_of", "source"),
        _alike("medium_of", "medium"),
        _alike("campaign_of", "campaign"),
    ),
    select=_ways,
    state=_filed,
)
TABLES = (SESSIONS, OUTSIDE_CLICKS, COSTS, WAITING_COSTS, TRAFFIC)
