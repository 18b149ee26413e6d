"""What things cost: the rates in force, one to set, a file to load."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.billing import actions, queries
from textrail.domain.billing.models import Direction, Kind
from textrail.domain.billing.rules import (
    LIST_CURRENCY,
    LIST_DATE,
    LIST_SOURCE,
    new_rate,
    read_rates,
    write_rates,
)
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.places import country_name
from textrail.web.showing import show_page

LARGEST_FILE = 1024 * 1024
_FIELDS = ("country", "direction", "kind", "price", "since")
# What the fields of the form are called in a file of rates.
_CALLED = {"amount": "price", "from": "since"}


@require_GET
@member_page(Permission.MANAGE)
def rates(request: MemberRequest) -> HttpResponse:
    return _rates(request, None)


def _currency(request: MemberRequest) -> str:
    """Of the balance, else the one that a balance would be opened in."""
    balance = queries.balance_of(request.business)
    return balance.currency if balance else request.business.currency


def _rates(request: MemberRequest, refusal: Refusal | None, **given: str) -> HttpResponse:
    currency = _currency(request)
    book = queries.rate_book(request.business, at=request.now, currency=currency)
    coming = queries.rates_to_come(request.business, at=request.now)
    context = {
        "rows": [(_place(row.country), row) for row in book.rows()],
        "coming": [(_place(rate.country), rate) for rate in coming],
        "missing": book.missing(),
        "currency": currency,
        "listed": currency == LIST_CURRENCY,
        "list_date": LIST_DATE,
        "list_source": LIST_SOURCE,
        "directions": list(reversed(Direction.choices)),
        "kinds": Kind.choices,
        "given": given,
    }
    return show_page(request, "billing/rates.html", context, refusal)


def _place(country: str) -> str:
    return country_name(country) if country else "Everywhere else"


@require_GET
@member_page(Permission.MANAGE)
def rates_csv(request: MemberRequest) -> HttpResponse:
    """The rates in force, in the form in which a file of rates is loaded."""
    book = queries.rate_book(request.business, at=request.now, currency=_currency(request))
    return HttpResponse(
        write_rates(book.rows()),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="rates.csv"'},
    )


@require_POST
@member_page(Permission.OWN)
def set_rate(request: MemberRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "").strip() for name in _FIELDS}
    try:
        rate = new_rate(**given, currency=_currency(request), at=request.now)
        actions.set_rate(business=request.business, rate=rate, at=request.now, actor=request.user)
    except Refusal as refusal:
        refusal.field = _CALLED.get(refusal.field, refusal.field)
        return _rates(request, refusal, **given)
    messages.success(request, "The rate is set. What was charged before stays.")
    return redirect("billing:rates", request.business.slug)


@require_POST
@member_page(Permission.OWN)
def load_rates(request: MemberRequest) -> HttpResponse:
    upload = request.FILES.get("file")
    try:
        if upload is None:
            raise Malformed("No file was chosen.", hint="Choose a CSV file.", field="file")
        if (upload.size or 0) > LARGEST_FILE:
            raise Malformed("The file is larger than 1 MB.", hint="Split it.", field="file")
        found = read_rates(upload.read(), currency=_currency(request), at=request.now)
        loaded = actions.load_rates(
            business=request.business, rates=found, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _rates(request, refusal)
    messages.success(request, f"{loaded:,} rates are loaded.")
    return redirect("billing:rates", request.business.slug)
