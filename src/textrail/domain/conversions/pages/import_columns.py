"""The columns of an uploaded file: what each is, how the first rows read, and the start."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.rules import Permission
from textrail.domain.conversions import queries
from textrail.domain.conversions.actions import imports as actions
from textrail.domain.conversions.models import ConversionKind, Import, ImportState
from textrail.domain.conversions.pages.frame import show
from textrail.domain.conversions.rules.headings import Kind, guess_platform
from textrail.domain.conversions.rules.imports import (
    Chosen,
    Layout,
    Look,
    check_layout,
    fields_of,
    look,
    stored_layout,
)
from textrail.domain.conversions.rules.previewing import Preview, preview
from textrail.domain.conversions.rules.rows import Around
from textrail.domain.visitors.queries.channels import channel_names, own_rules
from textrail.vocabulary.channels import channel_of
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.utm import Utm

_WHOSE = {
    "email": ("Email", ""),
    "phone": ("Phone", ""),
    "customer_id": ("Your id of the customer", ""),
    "visitor_id": ("Id of the browser", ""),
}
_WAY = {
    "source": ("Source", "Such as google, facebook, newsletter."),
    "medium": ("Medium", "Such as cpc, paid_social, email."),
    "campaign": ("Campaign", ""),
    "term": ("Keyword", ""),
    "content": ("Ad or variant", ""),
}
# What each column may be: label and hint.
_LABELS: Mapping[Kind, Mapping[str, tuple[str, str]]] = {
    "conversions": {
        "event": ("What it is", "The name of the event, such as Order Completed."),
        "key": (
            "Your key of the row",
            "Without one, the row’s own text: the same row counts once.",
        ),
        "order_id": ("Order", "An order counts once for each type; a negative value refunds it."),
        "at": ("When", ""),
        "value": ("Value", ""),
        "currency": ("Currency", "Without one, that of the heading, or the business’s own."),
        **_WHOSE,
        "click_id": ("Click", "What the landing page got as trail_click."),
    },
    "clicks": {
        "at": ("When", ""),
        **_WHOSE,
        "ad_click": ("Click id of the ad", "gclid, fbclid, msclkid or ttclid of the visit."),
        **_WAY,
        "key": ("Their id of the click", "Without one: one click by person, moment and campaign."),
        "event": ("What happened", "Only rows with “click” in this column count."),
    },
    "costs": {
        "day": ("Day", ""),
        "until": ("Last day", "A row that is about more than one day is refused."),
        "cost": ("Cost", ""),
        "currency": ("Currency", ""),
        **_WAY,
        "clicks": ("Clicks", ""),
        "impressions": ("Impressions", ""),
        "account": ("Account", "Where you advertise with more than one."),
    },
}
# Asked for whether a column was found for them or not.
_FIRST = {"event", "at", "day", "cost", "value", "email", "phone", "campaign"}
_DATES = [
    ("iso", "2026-03-02, or the month by its name"),
    ("month", "03/02/2026, the month first"),
    ("day", "02/03/2026, the day first"),
]
_DECIMALS = [("point", "1,234.50"), ("comma", "1.234,50")]
_LOOKED_THROUGH = 16_000_000  # bytes, in less than half a second


@require_http_methods(["GET", "POST"])
@member_page(Permission.MANAGE)
def start_import(request: MemberRequest, import_id: int) -> HttpResponse:
    """Show how the chosen columns read, or record the rows. Opened as a page, as from the address
    of a refusal, it leads to the file."""
    row = queries.import_(request.business, import_id)
    if request.method == "GET" or row.state != ImportState.LOOKING:
        return redirect("conversions:import", request.business.slug, row.pk)
    seen = look_at(row, headed=request.POST.get("headed"))
    layout = seen.layout
    try:
        refunds = queries.refund_events(request.business)
        places, told = _places(request, layout), _chosen(request.POST)
        layout = check_layout(seen.layout, places, told, refunds=refunds)
        if request.POST.get("look"):
            return columns_page(request, row, seen, layout, None)
        if problem := _problem(row, seen):
            raise problem
        actions.start_import(row=row, layout=layout, at=request.now, actor=request.user)
    except Refusal as refusal:
        return columns_page(request, row, seen, layout, refusal)
    return redirect("conversions:import", request.business.slug, row.pk)


def media_folder() -> Path:
    folder: Path = settings.CONFIG.media_folder
    return folder


def look_at(row: Import, *, headed: str | None = None) -> Look:
    """The beginning of a file, as it is to be read."""
    path = actions.file_of(media_folder(), row.token)
    kept = stored_layout(row.layout)
    told = None if headed is None else headed == "1"
    try:
        head = actions.head_of(path)
    except FileNotFoundError as error:
        raise NotFound("The file is gone.", hint="Upload it again.") from error
    return look(head, kept.writing, headed=told, kind=kept.kind, name=row.name)


def _problem(row: Import, seen: Look) -> Refusal | None:
    """Why nothing of a file can be recorded, as far as its beginning tells."""
    try:
        with actions.file_of(media_folder(), row.token).open("rb") as stream:
            actions.check_whole(stream, seen.layout, most=_LOOKED_THROUGH)
    except Malformed as refusal:
        return refusal
    if seen.rows or row.size > actions.HEAD:
        return None
    return Malformed(
        "The file has no rows beneath its headings.",
        hint="Upload one that has rows. If its first row is data already, say so and look again.",
        field="headed",
    )


def _places(request: MemberRequest, layout: Layout) -> dict[str, int]:
    given = {name: read_id(request.POST.get(name, "")) for name in fields_of(layout.kind)}
    return {name: place for name, place in given.items() if place is not None}


def _chosen(given: QueryDict) -> Chosen:
    return Chosen(
        event=given.get("as_event", ""),
        dates=given.get("dates", ""),
        decimal=given.get("decimal", ""),
        way=Utm(*(given.get(f"all_{name}", "") for name in ("source", "medium", "campaign"))),
        account=given.get("all_account", ""),
        currency=given.get("all_currency", ""),
    )


def columns_page(
    request: MemberRequest, row: Import, seen: Look, layout: Layout, refusal: Refusal | None
) -> HttpResponse:
    """The columns to choose, with what was chosen and how the first rows read with it."""
    business = request.business
    events = queries.types(business) if layout.kind == "conversions" else []
    events.sort(key=lambda type_: type_.kind != ConversionKind.PURCHASE.label)
    counted = [type_.event for type_ in events if type_.event and not type_.ended]
    refunds = [type_.refund_event for type_ in events if type_.refund_event and not type_.ended]
    platform = guess_platform(layout.kind, seen.headings, row.name)
    told = _told(request.POST) if refusal else _of_layout(layout, _only(seen, counted))
    fields = _fields(seen, _places(request, layout) if refusal else layout.places)
    problem = _problem(row, seen)
    context = {
        "row": row,
        "kind": layout.kind,
        "seen": seen,
        "platform": platform.name if platform else "",
        "fields": [field for field in fields if field.place != "" or field.name in _FIRST],
        "more": [field for field in fields if field.place == "" and field.name not in _FIRST],
        "events": [("", "A column says it"), *((event, event) for event in [*counted, *refunds])],
        "headings": [("1", "Names the columns"), ("0", "Is data already")],
        "headed": "1" if seen.layout.headed else "0",
        "dates": _DATES if layout.dates else [("", "Choose …"), *_DATES],
        "decimals": _DECIMALS,
        "told": told,
        "currency": business.currency,
        "problem": problem,
        "unsure": not (refusal or problem or layout.dates),
        "preview": None
        if refusal or problem or layout.dates is None
        else _preview(request, seen, layout, counted, refunds),
    }
    return show(request, "import_columns", context, refusal)


def _told(given: QueryDict) -> dict[str, str]:
    names = ("as_event", "dates", "decimal", "all_source", "all_medium", "all_campaign")
    return {name: given.get(name, "") for name in (*names, "all_account", "all_currency")}


def _of_layout(layout: Layout, event: str) -> dict[str, str]:
    return {
        "as_event": layout.event or event,
        "dates": layout.dates or "",
        "decimal": layout.decimal,
        "all_source": layout.source,
        "all_medium": layout.medium,
        "all_campaign": layout.campaign,
        "all_account": layout.account,
        "all_currency": layout.currency,
    }


def _only(seen: Look, events: Sequence[str]) -> str:
    """What the rows are where no column says it: the first type, and purchases come first."""
    return "" if "event" in seen.layout.places or not events else events[0]


class _Field(NamedTuple):
    """What a column may be, the columns that there are, and the one that is it, or nothing."""

    name: str
    label: str
    hint: str
    columns: Sequence[tuple[object, str]]
    place: object


def _fields(seen: Look, places: Mapping[str, int]) -> list[_Field]:
    times = Counter(seen.headings)
    columns: list[tuple[object, str]] = [("", "No column")]
    for place, heading in enumerate(seen.headings):
        words = heading[:60] or f"Column {place + 1}"
        columns.append((place, f"{words} (column {place + 1})" if times[heading] > 1 else words))
    return [
        _Field(name, label, hint, columns, places.get(name, ""))
        for name, (label, hint) in _LABELS[seen.layout.kind].items()
    ]


def _preview(
    request: MemberRequest,
    seen: Look,
    layout: Layout,
    counted: Sequence[str],
    refunds: Sequence[str],
) -> Preview:
    business, events = request.business, [*counted, *refunds]
    chosen = layout
    if "event" not in layout.places and not layout.event:
        chosen = replace(layout, event=_only(seen, events))
    around = Around(
        *(business.time_zone, business.country, business.currency, request.now),
        valued=queries.valued_events(business),
        refunds=frozenset(refunds),
    )
    rules, names = own_rules(business), channel_names(business)

    def channel(way: Utm) -> str:
        code = channel_of(way, rules)
        return names.get(code, code)

    return preview(seen, chosen, around, events=events, channel=channel)
