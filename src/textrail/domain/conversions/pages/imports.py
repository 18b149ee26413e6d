"""Imported files: the way in, the work as it goes on, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import queries
from textrail.domain.conversions.actions import imports as actions
from textrail.domain.conversions.models import Import, ImportKind, ImportState
from textrail.domain.conversions.pages.frame import show
from textrail.domain.conversions.pages.import_columns import columns_page, look_at, media_folder
from textrail.domain.conversions.queries.imports import all_refused_rows
from textrail.domain.conversions.rules.headings import KINDS, Kind
from textrail.domain.conversions.rules.imports import stored_layout
from textrail.domain.conversions.rules.refused import heading_line, refused_line
from textrail.domain.visitors.queries import outside
from textrail.vocabulary.csv_writing import BOM
from textrail.vocabulary.errors import Malformed, Refusal

_PIECE = 256 * 1024
_KINDS = [
    ("conversions", "Conversions: orders, leads, refunds"),
    ("clicks", "Clicks of other channels: emails, ads"),
    ("costs", "Costs: what ads cost, by day"),
]


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def imports(request: MemberRequest) -> HttpResponse:
    """The files so far, and a form to upload another."""
    if request.method == "GET":
        return _list(request, None)
    try:
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise Malformed("Which file?", hint="Choose a CSV file.", field="file")
        row = actions.keep_file(
            business=request.business,
            media_folder=media_folder(),
            pieces=file.chunks(_PIECE),
            name=Path(file.name or "import.csv").name,
            at=request.now,
            actor=request.user,
            kind=_kind(request),
        )
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("conversions:import", request.business.slug, row.pk)


def _kind(request: MemberRequest) -> Kind:
    told = request.POST.get("kind", "conversions")
    kind = next((kind for kind in KINDS if kind == told), None)
    if kind is None:
        raise Malformed("What does the file hold?", hint="Choose it from the list.", field="kind")
    return kind


def _list(request: MemberRequest, refusal: Refusal | None) -> HttpResponse:
    business = request.business
    given = request.POST if refusal else request.GET
    context = {
        "rows": queries.imports(business),
        "kinds": _KINDS,
        "kind": given.get("kind", "conversions"),
        "spendings": outside.spendings(business),
        "elsewhere": outside.clicks_elsewhere(business),
        "waiting_costs": outside.waiting_costs(business),
    }
    return show(request, "imports", context, refusal)


@require_GET
@member_page(Permission.MANAGE)
def import_(request: MemberRequest, import_id: int) -> HttpResponse:
    """The file: its columns to choose, the work on it, or what came of it. With htmx only the
    work."""
    row = queries.import_(request.business, import_id)
    if row.state == ImportState.LOOKING:
        seen = look_at(row)
        return columns_page(request, row, seen, seen.layout, None)
    if request.htmx:
        return render(request, "conversions/import_state.html", _state(request, row))
    return show(request, "import", _state(request, row))


@require_GET
@member_page(Permission.MANAGE)
def refused_rows(request: MemberRequest, import_id: int) -> StreamingHttpResponse:
    """The rows that were refused as a CSV, each as it was and why, to be mended."""
    row = queries.import_(request.business, import_id)
    answer = StreamingHttpResponse(_lines(request.business, row), content_type="text/csv")
    name = f"{Path(row.name).stem or 'rows'}-refused.csv"
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer


def _lines(business: Business, row: Import) -> Iterator[str]:
    layout = stored_layout(row.layout)
    yield BOM + heading_line(layout)
    for each in all_refused_rows(business, row):
        yield refused_line(layout, each.row, each.text, each.sentence)


@require_POST
@member_page(Permission.MANAGE)
def discard_import(request: MemberRequest, import_id: int) -> HttpResponse:
    row = queries.import_(request.business, import_id)
    actions.discard_import(row=row, media_folder=media_folder())
    return redirect("conversions:imports", request.business.slug)


def _state(request: MemberRequest, row: Import) -> dict[str, object]:
    working = row.state in {ImportState.WAITING, ImportState.WORKING}
    taken = row.recorded + row.repeated + row.replaced + row.parked
    return {
        "row": row,
        "working": working,
        "taken": taken,
        "percent": 100 if not working else round(100 * row.done / max(row.size, 1)),
        "refused": queries.refused_rows(request.business, row),
        "is_outside": row.kind != ImportKind.CONVERSIONS,
    }
