"""`textrail import`: a CSV of conversions, clicks or costs without a browser.

The columns are those that the page would propose, but for what the options say otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from textrail.domain.accounts.models import Business
from textrail.domain.conversions.actions.imports import (
    WORK,
    discard_import,
    keep_file,
    start_import,
)
from textrail.domain.conversions.models import Import, ImportKind, ImportState
from textrail.domain.conversions.queries import import_, refund_events, refused_rows
from textrail.domain.conversions.rules.headings import Kind
from textrail.domain.conversions.rules.imports import (
    Chosen,
    Layout,
    check_layout,
    fields_of,
    stored_layout,
)
from textrail.domain.conversions.tasks import run_import
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.errors import Malformed, NotFound, Refusal
from textrail.vocabulary.utm import Utm

_PIECE = 256 * 1024
_SHOWN = 20
_FATES = ("recorded", "replaced", "repeated", "parked", "passed", "refused")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options say: `columns` as “field=heading”, the rest empty where nothing is said."""

    columns: Sequence[str] = ()
    event: str = ""
    dates: str = ""
    decimal: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    account: str = ""
    currency: str = ""


def run(context: Context, *, kind: Kind, path: Path, slug: str, wanted: Wanted) -> Iterator[str]:
    """Import a file, turn by turn of what there is to say. Refusal for one that cannot be read, or
    whose columns do not tell enough; then nothing was recorded."""
    business = Business.objects.filter(slug=slug).first()
    if business is None:
        raise NotFound(f"There is no business “{slug}”.", hint="Its slug is in its address.")
    at = context.clock.now()
    row = keep_file(
        business=business,
        media_folder=context.media_folder,
        pieces=_pieces(path),
        name=path.name,
        at=at,
        actor=None,
        kind=kind,
    )
    try:
        layout = _layout(business, stored_layout(row.layout), wanted)
    except Refusal:
        discard_import(row=row, media_folder=context.media_folder)
        raise
    start_import(row=row, layout=layout, at=at, actor=None)
    yield from _work(context, business, row.pk)


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _layout(business: Business, seen: Layout, wanted: Wanted) -> Layout:
    places = {**seen.places, **dict(_place(seen, told) for told in wanted.columns)}
    way = Utm(
        wanted.source or seen.source, wanted.medium or seen.medium, wanted.campaign or seen.campaign
    )
    return check_layout(
        seen,
        places,
        Chosen(
            event=wanted.event,
            dates=wanted.dates or seen.dates or "",
            decimal=wanted.decimal or seen.decimal,
            way=way,
            account=wanted.account,
            currency=wanted.currency or seen.currency,
        ),
        refunds=refund_events(business),
    )


def _place(seen: Layout, told: str) -> tuple[str, int]:
    """The field and the column of “field=heading”."""
    name, _, heading = told.partition("=")
    if name not in fields_of(seen.kind):
        raise Malformed(
            f"There is no field “{name}”.", hint=f"Take one of {', '.join(fields_of(seen.kind))}."
        )
    if heading not in seen.headings:
        raise Malformed(
            f"The file has no column “{heading}”.", hint=f"It has {', '.join(seen.headings)}."
        )
    return name, seen.headings.index(heading)


def _work(context: Context, business: Business, import_id: int) -> Iterator[str]:
    """Record the rows, beside a worker that may do so too."""
    task = Task(0, WORK, {"import_id": import_id}, 1)
    row = import_(business, import_id)
    while row.state in {ImportState.WAITING, ImportState.WORKING}:
        run_import(context, task)
        row = import_(business, import_id)
        yield f"{100 * row.done // max(row.size, 1)} %"
    yield _summary(row)
    for each in refused_rows(business, row)[:_SHOWN]:
        yield f"row {each.row:,}: {each.sentence}"


def _summary(row: Import) -> str:
    if row.problem:
        return row.problem
    told = [f"{count:,} {name}" for name in _FATES if (count := getattr(row, name))]
    return f"{ImportKind(row.kind).label}: {', '.join(told) or 'no rows'}."
