"""Lists for other senders: the way in, the columns, the work as it goes on and the way out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.links import actions, queries
from textrail.domain.links.actions.handout_files import LARGEST_LIST, Files
from textrail.domain.links.actions.handouts import KEPT_FOR
from textrail.domain.links.models import Handout, HandoutStatus, Link
from textrail.domain.links.rules.handouts import (
    FIELDS,
    LINK_HEADING,
    LONGEST_HEADING,
    Field,
    Look,
    check_layout,
    guess_columns,
    look,
    remarks,
)
from textrail.vocabulary.csv_reading import DELIMITERS, ENCODINGS, Encoding, Writing
from textrail.vocabulary.errors import Conflict, Malformed, NotFound, Refusal
from textrail.vocabulary.ids import read_id
from textrail.web.showing import show_page

_SHOWN_ROWS = 5
_SHOWN_COLUMNS = 8
_PIECE = 256 * 1024
_WHICH_LINK = "Where the people are led. Each gets a short address of their own."
_OLDER_LINK = (
    f" These are the newest {queries.LINKS_TO_GIVE}: for an older one, begin on its own page."
)
_ONE_BYTE: tuple[Encoding, ...] = ("utf-8", "cp1252")


@require_GET
@member_page(Permission.LOOK)
def handouts(request: MemberRequest) -> HttpResponse:
    page = queries.handout_page(request.business, after=read_id(request.GET.get("after", "")))
    return render(request, "links/handouts.html", {"page": page, "days": KEPT_FOR.days})


@require_http_methods(["GET", "POST"])
@member_page(Permission.CAMPAIGN)
def new_handout(request: MemberRequest) -> HttpResponse:
    if request.method == "GET":
        return _new_form(request, read_id(request.GET.get("link", "")), None)
    link_id = read_id(request.POST.get("link", ""))
    try:
        link = _chosen_link(request, link_id)
        file = request.FILES.get("file")
        if not isinstance(file, UploadedFile):
            raise Malformed("Which file?", hint="Choose a CSV of your people.", field="file")
        row = _keep(request, link, file.chunks(_PIECE), file.name or "")
    except Refusal as refusal:
        return _new_form(request, link_id, refusal)
    return redirect("links:handout", request.business.slug, row.pk)


def _chosen_link(request: MemberRequest, link_id: int | None) -> Link:
    if link_id is None:
        raise Malformed("Which link?", hint="Choose the one that people get.", field="link")
    link = queries.link(request.business, link_id)
    if link.archived_at is not None:
        raise Conflict("This link is archived.", hint="Choose one that is in use.", field="link")
    return link


def _keep(request: MemberRequest, link: Link, pieces: Iterable[bytes], name: str) -> Handout:
    """The list on disk and in the house, or a refusal and neither."""
    upload = actions.keep_upload(_folder(), pieces)
    files = Files(_folder(), upload.token)
    try:
        look(files.head(), upload.writing, country=request.business.country)
        return actions.add_handout(
            business=request.business,
            link=link,
            name=Path(name).name,
            upload=upload,
            at=request.now,
            actor=request.user,
        )
    except BaseException:
        files.discard()
        raise


@require_GET
@member_page(Permission.CAMPAIGN)
def handout(request: MemberRequest, handout_id: int) -> HttpResponse:
    """The list: its columns to choose, the work on it, or the way out. With htmx only the work."""
    row = queries.handout(request.business, handout_id)
    if request.htmx:
        return render(request, "links/handout_state.html", _state(row))
    return _handout(request, row, request.GET, None)


@require_POST
@member_page(Permission.CAMPAIGN)
def start_handout(request: MemberRequest, handout_id: int) -> HttpResponse:
    row = queries.handout(request.business, handout_id)
    try:
        chosen: dict[Field, int | None] = {
            field: read_id(request.POST.get(field, "")) for field in FIELDS
        }
        heading = request.POST.get("link_heading", "")
        layout = check_layout(_look(row, request.POST), chosen, link_heading=heading)
        actions.start_handout(handout=row, layout=layout, at=request.now, actor=request.user)
    except Refusal as refusal:
        return _handout(request, row, request.POST, refusal)
    return redirect("links:handout", request.business.slug, row.pk)


@require_GET
@member_page(Permission.CAMPAIGN)
async def handout_csv(request: MemberRequest, handout_id: int) -> StreamingHttpResponse:
    """The list with a link in each row, read from disk while it is sent."""
    row = await sync_to_async(queries.handout)(request.business, handout_id)
    if row.status != HandoutStatus.READY:
        raise NotFound("This list is not ready.", hint="Wait until all of its rows are done.")
    result = Files(_folder(), row.token).result
    name = f"{Path(row.name).stem}-links.csv"

    async def read() -> AsyncIterator[bytes]:
        left = row.written
        with result.open("rb") as file:
            while left and (piece := await sync_to_async(file.read)(min(_PIECE, left))):
                left -= len(piece)
                yield piece

    return StreamingHttpResponse(
        read(),
        content_type=f"text/csv; charset={row.columns['encoding']}",
        headers={
            "Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}",
            "Content-Length": str(row.written),
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@member_page(Permission.CAMPAIGN)
def remove_handout(request: MemberRequest, handout_id: int) -> HttpResponse:
    row = queries.handout(request.business, handout_id)
    actions.remove_handout(handout=row, media_folder=_folder(), at=request.now, actor=request.user)
    messages.success(request, f"“{row.name}” is deleted. Links that it gave out go on working.")
    return redirect("links:handouts", request.business.slug)


def _new_form(request: MemberRequest, link_id: int | None, refusal: Refusal | None) -> HttpResponse:
    links = queries.links_to_give(request.business, chosen=link_id)
    context = {
        "links": [("", "Choose a link"), *((link.pk, link.name) for link in links)],
        "has_links": bool(links),
        "which": _WHICH_LINK + (_OLDER_LINK if len(links) >= queries.LINKS_TO_GIVE else ""),
        "link_id": link_id or "",
        "limit": f"A million rows and more, up to {LARGEST_LIST // 1_000_000:,} MB."
        " You choose the columns next.",
        "days": KEPT_FOR.days,
    }
    return show_page(request, "links/handout_new.html", context, refusal)


def _handout(
    request: MemberRequest, row: Handout, given: QueryDict, refusal: Refusal | None
) -> HttpResponse:
    context = _state(row) | {"refusal": refusal}
    if row.status in {HandoutStatus.WAITING, HandoutStatus.FAILED}:
        try:
            context |= _columns(request, row, given)
        except Refusal as unreadable:
            context["unreadable"] = unreadable
    return show_page(request, "links/handout.html", context, refusal)


def _state(row: Handout) -> dict[str, Any]:
    return {
        "handout": row,
        "percent": row.read * 100 // max(row.size, 1),
        "working": row.status == HandoutStatus.WORKING,
        "ready": row.status == HandoutStatus.READY,
        "done": row.made + row.failed,
        "new_links": row.made - row.repeated,
        "unread": row.failed - row.opted_out,
        "kept_until": row.created_at + KEPT_FOR,
    }


def _look(row: Handout, given: QueryDict) -> Look:
    """The beginning of a list, read as the form says, or as it was read before."""
    before = row.columns
    encoding: Encoding = before.get("encoding", "utf-8")
    chosen = next((name for name in _ONE_BYTE if name == given.get("encoding")), None)
    if chosen and encoding in _ONE_BYTE:
        encoding = chosen
    headed = {"1": True, "0": False}.get(given.get("headed", ""), before.get("headed"))
    try:
        head = Files(_folder(), row.token).head()
    except FileNotFoundError as error:
        raise Conflict("The file is gone.", hint="Delete this list and upload it again.") from error
    return look(
        head,
        Writing(encoding, before.get("mark", 0)),
        country=row.business.country,
        delimiter=given.get("delimiter", before.get("delimiter", "")),
        headed=headed,
    )


def _columns(request: MemberRequest, row: Handout, given: QueryDict) -> dict[str, Any]:
    """What the form of columns shows: how the file was read, its beginning, and our guesses."""
    seen = _look(row, given)
    places: dict[Field, int | None] = guess_columns(seen, country=row.business.country)
    if request.method == "POST":
        places = {field: read_id(given.get(field, "")) for field in FIELDS}
    names = [heading.strip() or f"Column {n}" for n, heading in enumerate(seen.headings, 1)]
    shown = sorted({*range(min(_SHOWN_COLUMNS, len(names))), *_inside(places.values(), names)})
    columns = [(n, f"{n + 1} · {name}") for n, name in enumerate(names)]
    encoding = seen.writing.encoding
    return {
        "look": seen,
        "remarks": remarks(seen, country=row.business.country),
        "encodings": [(name, ENCODINGS[name]) for name in _ONE_BYTE],
        "encoding": encoding,
        "encoding_name": ENCODINGS[encoding],
        "is_one_byte": encoding in _ONE_BYTE,
        "delimiters": DELIMITERS.items(),
        "phone_columns": [("", "Choose a column"), *columns],
        "columns": [("", "None"), *columns],
        "places": {field: "" if place is None else place for field, place in places.items()},
        "shown": [f"{n + 1} · {names[n]}" for n in shown],
        "hidden": len(names) - len(shown),
        "rows": [
            [line[n] if n < len(line) else "" for n in shown] for line in seen.rows[:_SHOWN_ROWS]
        ],
        "link_heading": given.get("link_heading", row.columns.get("link_heading", LINK_HEADING)),
        "longest_heading": LONGEST_HEADING,
    }


def _inside(places: Iterable[int | None], names: list[str]) -> set[int]:
    return {place for place in places if place is not None and place < len(names)}


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT)
