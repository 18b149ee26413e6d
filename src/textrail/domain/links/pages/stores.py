"""The stores of a business: the list, the form of one, and a list of them from a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Store
from textrail.domain.links.rules.routing_words import spoken_address
from textrail.domain.links.rules.stores import NewStore, StoreFile, check_store, read_stores
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.web.showing import show_page

_FIELDS = ("name", "destination", "latitude", "longitude")
_LARGEST = 2_000_000


@require_GET
@member_page(Permission.LOOK)
def stores(request: MemberRequest) -> HttpResponse:
    rows = [(row, spoken_address(row.destination)) for row in queries.stores(request.business)]
    return render(request, "links/stores.html", {"rows": rows, "here": "stores"})


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def new_store(request: MemberRequest) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in _FIELDS}
    if request.method == "GET":
        return _form(request, None, given, None)
    try:
        row = actions.add_store(
            business=request.business, store=_typed(given), at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _form(request, None, given, refusal)
    messages.success(request, f"“{row.name}” is in the list.")
    return redirect("links:stores", request.business.slug)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def store(request: MemberRequest, store_id: int) -> HttpResponse:
    row = queries.store(request.business, store_id)
    if request.method == "GET":
        return _form(request, row, _given(row), None)
    given = {name: request.POST.get(name, "") for name in _FIELDS}
    try:
        actions.change_store(store=row, new=_typed(given), at=request.now, actor=request.user)
    except Refusal as refusal:
        return _form(request, row, given, refusal)
    messages.success(request, "Saved. It holds from the next tap on.")
    return redirect("links:stores", request.business.slug)


@require_POST
@member_page(Permission.CAMPAIGN)
def remove_store(request: MemberRequest, store_id: int) -> HttpResponse:
    row = queries.store(request.business, store_id)
    try:
        actions.remove_store(store=row, at=request.now, actor=request.user)
    except Refusal as refusal:
        return _form(request, row, _given(row), refusal)
    messages.success(request, f"“{row.name}” is gone.")
    return redirect("links:stores", request.business.slug)


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def import_stores(request: MemberRequest) -> HttpResponse:
    """A CSV of stores: all of its rows are taken over, or none while one of them is wrong."""
    if request.method == "GET":
        return _import(request, None, None)
    try:
        read = _uploaded(request)
        if read.bad:
            return _import(request, read, None)
        added, changed = actions.import_stores(
            business=request.business, stores=read.stores, at=request.now, actor=request.user
        )
    except Refusal as refusal:
        return _import(request, None, refusal)
    messages.success(request, f"Stores: {added:,} added, {changed:,} brought up to date.")
    return redirect("links:stores", request.business.slug)


def _typed(given: dict[str, str]) -> NewStore:
    return check_store(
        name=given["name"],
        destination=given["destination"],
        latitude=given["latitude"],
        longitude=given["longitude"],
        admit=queries.admission(),
    )


def _given(row: Store) -> dict[str, str]:
    return {
        "name": row.name,
        "destination": row.destination,
        "latitude": str(row.latitude),
        "longitude": str(row.longitude),
    }


def _uploaded(request: MemberRequest) -> StoreFile:
    upload = request.FILES.get("file")
    if upload is None:
        raise Malformed("Which file?", hint="Choose a CSV of your stores.", field="file")
    if upload.size is None or upload.size > _LARGEST:
        raise TooLarge(
            f"The file is larger than {_LARGEST // 1_000_000} MB.", hint="Leave other columns out."
        )
    return read_stores(upload.read(), admit=queries.admission())


def _form(
    request: MemberRequest, row: Store | None, given: dict[str, str], refusal: Refusal | None
) -> HttpResponse:
    context = {
        "store": row,
        "given": given,
        "errors": {refusal.field: refusal.sentence} if refusal else {},
    }
    return show_page(request, "links/store.html", context, refusal)


def _import(
    request: MemberRequest, read: StoreFile | None, refusal: Refusal | None
) -> HttpResponse:
    context = {
        "bad": read.bad[:50] if read else (),
        "bad_count": len(read.bad) if read else 0,
        "good_count": len(read.stores) if read else 0,
        "refusal": refusal,
    }
    status = refusal.status if refusal else 422 if read else 200
    return render(request, "links/store_import.html", context, status=status)
