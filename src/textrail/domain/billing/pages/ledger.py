"""The ledger: every movement of money, and the same as a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.billing import queries
from textrail.domain.billing.models import Ledger
from textrail.domain.billing.queries import LedgerFilter
from textrail.domain.billing.queries.ledger import LedgerRow
from textrail.vocabulary.csv_writing import BOM, csv_line, harmless
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.micros import plain
from textrail.web.formats import phone_text

_SHOWS = (("", "Charges and funds"), ("charges", "Charges"), ("funds", "Funds"), ("holds", "Holds"))


@require_GET
@member_page(Permission.MANAGE)
def ledger(request: MemberRequest) -> HttpResponse:
    seen = queries.visible(request.business, request.user)
    wanted = _wanted(request)
    numbers = queries.number_choices(request.business, seen=seen)
    context = {
        "balance": queries.balance_of(request.business),
        "page": queries.ledger_page(
            request.business,
            wanted=wanted,
            seen=seen,
            after=read_id(request.GET.get("after", "")),
        ),
        "wanted": wanted,
        "start": request.GET.get("from", ""),
        "end": request.GET.get("to", ""),
        "shows": _SHOWS,
        "businesses": [("", "All businesses"), *((each.slug, each.name) for each in seen)],
        "numbers": [("", "All numbers"), *((each, phone_text(each)) for each in numbers)],
        "filtered": wanted != LedgerFilter(),
        "query": request.GET.urlencode(),
    }
    return render(request, "billing/ledger.html", context)


def _wanted(request: MemberRequest) -> LedgerFilter:
    """The filter that the address asks for; what makes no sense in it is left out."""
    given = {
        name: request.GET.get(name, "")[:60].replace("\0", "")
        for name in ("show", "business", "number")
    }
    zone = ZoneInfo(request.business.time_zone)
    start, end = _day(request, "from"), _day(request, "to")
    return LedgerFilter(
        **given,
        start=_midnight(start, zone) if start else None,
        end=_midnight(end + timedelta(days=1), zone) if end else None,
    )


def _day(request: MemberRequest, name: str) -> date | None:
    try:
        found = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2999 else None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)


_HEADINGS = (
    "id",
    "at",
    "kind",
    "business",
    "direction",
    "type",
    "number",
    "country",
    "units",
    "units of the carrier",
    "rate",
    "amount",
    *(f"ledger {ledger.value}" for ledger in Ledger),
    "available after",
    "currency",
    "cost of the carrier",
    "currency of the cost",
    "reference",
    "note",
    "by",
)


@require_GET
@member_page(Permission.MANAGE)
def ledger_csv(request: MemberRequest) -> StreamingHttpResponse:
    """All transactions of the filter, oldest first, with their entries, as a CSV file."""
    balance = queries.balance_of(request.business)
    seen = queries.visible(request.business, request.user)
    rows = queries.ledger_rows(request.business, wanted=_wanted(request), seen=seen)
    currency = balance.currency if balance else ""
    return StreamingHttpResponse(
        _lines(rows, currency),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": 'attachment; filename="ledger.csv"',
            "Cache-Control": "private, no-store",
        },
    )


def _lines(rows: Iterator[LedgerRow], currency: str) -> Iterator[str]:
    yield BOM + csv_line(_HEADINGS)
    for row in rows:
        yield csv_line([*_of_text(row), *_of_money(row, currency)])


def _of_text(row: LedgerRow) -> list[str]:
    booked, usage = row.transaction, row.transaction.usage
    business = booked.business.name if booked.business else ""
    head = [str(booked.pk), booked.at.isoformat(), booked.kind, harmless(business)]
    if usage is None:
        return [*head, "", "", "", "", "", "", ""]
    return [
        *head,
        usage.direction,
        usage.kind,
        usage.number,
        usage.country,
        str(usage.units),
        str(usage.counted or ""),
        plain(usage.unit_micros),
    ]


def _of_money(row: LedgerRow, currency: str) -> list[str]:
    booked, usage = row.transaction, row.transaction.usage
    cost = usage.cost_micros if usage else None
    return [
        plain(booked.amount_micros),
        *(plain(row.entries.get(ledger.value, 0)) for ledger in Ledger),
        plain(booked.available_after),
        currency,
        "" if cost is None else plain(cost),
        usage.cost_currency if usage else "",
        harmless(booked.reference or (usage.reference if usage else "")),
        harmless(booked.note),
        harmless(str(booked.actor or "")),
    ]
