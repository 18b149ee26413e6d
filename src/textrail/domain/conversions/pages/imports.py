"""Files of conversions: the way in, the columns with a preview, and the work as it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import queries
from textrail.domain.conversions.actions import imports as actions
from textrail.domain.conversions.models import ConversionKind, Import, ImportState
from textrail.domain.conversions.pages.frame import number_in, show
from textrail.domain.conversions.rules.imports import (
    FIELDS,
    Layout,
    Look,
    check_layout,
    look,
    stored_layout,
)
from textrail.domain.conversions.rules.previewing import Preview, preview
from textrail.vocabulary.errors import Malformed, NotFound, Refusal

_PIECE = 256 * 1024
_LABELS = {
    "event": ("What it is", "The name of the event, such as Order Completed."),
    "key": ("Your key of the row", "Without one, the row’s own text: the same row counts once."),
    "order_id": ("Order", "An order counts once for each type; a negative value refunds it."),
    "at": ("When", ""),
    "value": ("Value", ""),
    "currency": ("Currency", "Without one, the business’s own."),
    "email": ("Email", ""),
    "phone": ("Phone", ""),
    "customer_id": ("Your id of the customer", ""),
    "visitor_id": ("Id of the browser", ""),
    "click_id": ("Click", "What the landing page got as trail_click."),
}
_DATES = [
    ("iso", "2026-03-02 15:00"),
    ("month", "03/02/2026, the month first"),
    ("day", "02/03/2026, the day first"),
]
_DECIMALS = [("point", "1,234.50"), ("comma", "1.234,50")]


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def imports(request: MemberRequest) -> HttpResponse:
    """The files so far, and a form to upload another."""
    if request.method == "GET":
        return _list(request, None)
    try:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise Malformed("Which file?", hint="Choose a CSV of conversions.", field="file")
        row = actions.keep_file(
            business=request.business,
            media_folder=_folder(),
            pieces=file.chunks(_PIECE),
            name=Path(file.name or "conversions.csv").name,
            at=request.now,
            actor=request.user,
        )
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("conversions:import", request.business.slug, row.pk)


def _list(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    context = {"rows": queries.imports(request.business), "refusal": refusal}
    return show(request, "imports", context, status=refusal.status if refusal else 200)


@require_GET
@member_page(Permission.MANAGE)
def import_(request: MemberRequest, import_id: int) -> HttpResponse:
    """The file: its columns to choose, the work on it, or what came of it. With htmx only the
    work."""
    row = queries.import_(request.business, import_id)
    if row.state == ImportState.LOOKING:
        seen = _look(row)
        return _columns(request, row, seen, seen.layout, None)
    if request.htmx:
        return render(request, "conversions/import_state.html", _state(request, row))
    return show(request, "import", _state(request, row))


@require_POST
@member_page(Permission.MANAGE)
def start_import(request: MemberRequest, import_id: int) -> HttpResponse:
    """Show how the chosen columns read, or record the rows."""
    row = queries.import_(request.business, import_id)
    if row.state != ImportState.LOOKING:
        return redirect("conversions:import", request.business.slug, row.pk)
    seen = _look(row, headed=request.POST.get("headed"))
    layout = seen.layout
    try:
        layout = check_layout(
            seen.layout,
            _chosen(request),
            event=request.POST.get("as_event", ""),
            dates=request.POST.get("dates", ""),
            decimal=request.POST.get("decimal", ""),
        )
        if request.POST.get("look"):
            return _columns(request, row, seen, layout, None)
        actions.start_import(row=row, layout=layout, at=request.now, actor=request.user)
    except Refusal as refusal:
        return _columns(request, row, seen, layout, refusal)
    return redirect("conversions:import", request.business.slug, row.pk)


@require_POST
@member_page(Permission.MANAGE)
def discard_import(request: MemberRequest, import_id: int) -> HttpResponse:
    row = queries.import_(request.business, import_id)
    actions.discard_import(row=row, media_folder=_folder())
    return redirect("conversions:imports", request.business.slug)


def _folder() -> Path:
    folder: Path = settings.CONFIG.media_folder
    return folder


def _look(row: Import, *, headed: str | None = None) -> Look:
    path = actions.file_of(_folder(), row.token)
    told = None if headed is None else headed == "1"
    try:
        return look(actions.head_of(path), stored_layout(row.layout).writing, headed=told)
    except FileNotFoundError as error:
        raise NotFound("The file is gone.", hint="Upload it again.") from error


def _chosen(request: MemberRequest) -> dict[str, int]:
    given = {name: number_in(request.POST.get(name, "")) for name in FIELDS}
    return {name: place for name, place in given.items() if place is not None}


def _columns(
    request: MemberRequest, row: Import, seen: Look, layout: Layout, refusal: Refusal | None
) -> HttpResponse:
    types = queries.types(request.business)
    types.sort(key=lambda type_: type_.kind != ConversionKind.PURCHASE.label)
    events = [type_.event for type_ in types if type_.event and not type_.ended]
    refunds = [type_.refund_event for type_ in types if type_.refund_event and not type_.ended]
    places = _chosen(request) if refusal else layout.places
    given = request.POST if refusal else None
    context = {
        "row": row,
        "seen": seen,
        "fields": _fields(seen, places),
        "events": [("", "A column says it"), *((event, event) for event in events)],
        "as_event": given.get("as_event", "") if given else layout.event or _only(seen, events),
        "headings": [("1", "Names the columns"), ("0", "Is a conversion")],
        "headed": "1" if seen.layout.headed else "0",
        "dates": _DATES,
        "date": given.get("dates", "") if given else layout.dates,
        "decimals": _DECIMALS,
        "decimal": given.get("decimal", "") if given else layout.decimal,
        "refusal": refusal,
        "preview": _preview(request, seen, layout, [*events, *refunds], refusal),
    }
    return show(request, "import_columns", context, status=refusal.status if refusal else 200)


def _only(seen: Look, events: Sequence[str]) -> str:
    """What the rows are where no column says it: the first type, and purchases come first."""
    return "" if "event" in seen.layout.places or not events else events[0]


def _fields(
    seen: Look, places: Any
) -> list[tuple[str, str, str, list[tuple[object, str]], object]]:
    """For each thing that a column may be: name, label, hint, the columns, and the chosen one."""
    columns: list[tuple[object, str]] = [("", "No column")]
    columns += [(place, heading[:60]) for place, heading in enumerate(seen.headings)]
    return [
        (name, label, hint, columns, places.get(name, ""))
        for name, (label, hint) in _LABELS.items()
    ]


def _preview(
    request: MemberRequest,
    seen: Look,
    layout: Layout,
    events: Sequence[str],
    refusal: Refusal | None,
) -> Preview | None:
    if refusal is not None:
        return None
    business = request.business
    chosen = layout
    if "event" not in layout.places and not layout.event:
        chosen = replace(layout, event=_only(seen, events))
    return preview(
        seen,
        chosen,
        events=events,
        zone=business.time_zone,
        country=business.country,
        currency=business.currency,
        received_at=request.now,
    )


def _state(request: MemberRequest, row: Import) -> dict[str, object]:
    working = row.state in {ImportState.WAITING, ImportState.WORKING}
    return {
        "row": row,
        "working": working,
        "percent": 100 if not working else round(100 * row.done / max(row.size, 1)),
        "refused": queries.refused_rows(request.business, row),
    }
