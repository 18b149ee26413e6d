"""The carrier accounts that numbers hang on. A secret is never shown again."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from textrail.carriers.account_form import AccountForm
from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.numbers import actions, desks, queries
from textrail.domain.numbers.models import Connection
from textrail.domain.numbers.rules import Webhooks, is_local, webhooks
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.micros import Micros
from textrail.vocabulary.sealing import Seal
from textrail.web.showing import show_page


@dataclass(frozen=True, slots=True)
class Row:
    """An account as the page shows it."""

    connection: Connection
    addresses: Webhooks
    form: AccountForm | None
    balance: str
    sells: bool


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form as it stands: what was typed, unless it is secret."""

    name: str
    label: str
    hint: str
    secret: bool
    longest: int
    example: str
    value: str


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def carriers(request: MemberRequest) -> HttpResponse:
    """The carrier accounts, and the form that connects one more."""
    if request.method == "GET":
        return _carriers(request, None)
    try:
        connection = _connect(request)
    except Refusal as refusal:
        return _carriers(request, refusal)
    actions.check_connection(connection=connection, at=request.now)
    label = connection.get_carrier_display()
    messages.success(request, f"{label} is connected. Now get a number, or add one that you have.")
    return redirect("numbers:carriers", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def check_carrier(request: MemberRequest, connection_id: int) -> HttpResponse:
    """Ask the carrier how the account is. The answer comes onto the page by itself."""
    row = queries.connection(request.business, connection_id)
    actions.check_connection(connection=row, at=request.now)
    messages.success(request, "We ask the carrier. Its answer appears here in a moment.")
    return redirect("numbers:carriers", request.business.slug)


@require_POST
@member_page(Permission.MANAGE)
def remove_carrier(request: MemberRequest, connection_id: int) -> HttpResponse:
    row = queries.connection(request.business, connection_id)
    actions.remove_connection(connection=row, at=request.now, actor=request.user)
    messages.success(request, f"{row.get_carrier_display()} was removed, and its secret forgotten.")
    return redirect("numbers:carriers", request.business.slug)


def _connect(request: MemberRequest) -> Connection:
    carrier = request.POST.get("carrier", "")
    form = desks.forms().get(carrier)
    if form is None:
        raise Malformed("Which carrier?", hint="Choose one of those below.", field="carrier")
    credentials = form.read({field.name: request.POST.get(field.name, "") for field in form.fields})
    return actions.connect_carrier(
        business=request.business,
        carrier=carrier,
        account_ref=credentials.account_ref,
        secret=credentials.secret,
        seal=Seal(settings.CONFIG.secret_key()),
        at=request.now,
        actor=request.user,
    )


def _carriers(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    forms = desks.forms()
    given = request.POST.get("carrier") or request.GET.get("carrier", "")
    chosen = given if given in forms else next(iter(forms), "")
    links_url = settings.CONFIG.links_url
    context = {
        "rows": [_row(row, links_url) for row in queries.connections(request.business)],
        "forms": [(name, form.label) for name, form in forms.items()],
        "chosen": chosen,
        "form": forms.get(chosen),
        "fields": _fields(request, forms[chosen]) if chosen else (),
        "out_of_reach": is_local(links_url),
        "links_url": links_url,
    }
    return show_page(request, "numbers/carriers.html", context, refusal)


def _row(connection: Connection, links_url: str) -> Row:
    micros = connection.balance_micros
    return Row(
        connection,
        webhooks(links_url, connection.carrier, connection.token),
        desks.forms().get(connection.carrier),
        balance=str(Micros(micros, connection.balance_currency)) if micros is not None else "",
        sells=desks.desk_of(connection) is not None,
    )


def _fields(request: MemberRequest, form: AccountForm) -> list[Field]:
    return [
        Field(
            field.name,
            field.label,
            field.hint,
            secret=field.secret,
            longest=field.longest,
            example=field.example,
            value="" if field.secret else request.POST.get(field.name, ""),
        )
        for field in form.fields
    ]
