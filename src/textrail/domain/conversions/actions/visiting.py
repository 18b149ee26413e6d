"""The page calls among reported events: handed on as visits, with the people whose they are.

And what a page may report: its key is no secret, so that anybody could send what it sends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import Raw
from textrail.domain.conversions import queries
from textrail.domain.conversions.actions.batches import Batch, Report, SentEvent
from textrail.domain.conversions.models import (
    ConversionKind,
    ConversionType,
    ParkedReport,
    ParkReason,
)
from textrail.domain.links.rules.agents import Device, read_device, read_signs
from textrail.domain.links.rules.marks import PROOF
from textrail.domain.visitors.actions import SeenPage, record_pages
from textrail.domain.visitors.rules.visits import Page, read_page
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.reports import Json, object_of, text_of

PAGES: Final = "script"  # the sender of what pages report
_PUBLIC = frozenset({ConversionKind.LEAD, ConversionKind.ENGAGEMENT})


class NotFromAPage(Malformed):
    """A sale that anybody could have made up."""

    code = "not_from_a_page"


def check_sender(sent: SentEvent, type_: ConversionType) -> None:
    """NotFromAPage for a page's report of anything but a lead or an engagement, unless its site
    takes more."""
    if sent.public and type_.kind not in _PUBLIC:
        raise NotFromAPage(
            f"A page reported “{type_.name}”, and pages may report leads and engagements only.",
            hint="Report it from your server, let the site report anything, or try this one again.",
            field="event",
        )


def is_doubtful(parked: ParkedReport) -> bool:
    """Whether a report was refused because anybody could have made it up: such ones are tried
    again one by one, by somebody who looked at them."""
    return parked.sender == PAGES and parked.reason == ParkReason.UNREADABLE


def note_visits(batch: Batch) -> None:
    """Hand on the page calls of a batch, each with its person; those of machines are nobody's."""
    found: list[tuple[SeenPage, Raw | None]] = []
    for report in batch.reports:
        page = _page(report.sent, report.event) if report.sent.call == "page" else None
        # Where nothing tells one person from another, a visit would be everybody's.
        if page is not None and report.naming.keys:
            found.append(_seen(batch, report, page))
    if found:
        batch.people.flush()
        pages = [replace(seen, person_id=raw.id if raw else None) for seen, raw in found]
        pages = _without_doubtful_taps(batch.business, pages)
        latest = max(report.sent.received_at for report in batch.reports)
        record_pages(business=batch.business, pages=pages, at=latest)


def _without_doubtful_taps(business: Business, pages: Sequence[SeenPage]) -> list[SeenPage]:
    """The pages, without the click id where it is in doubt who tapped: such a visit earns by
    itself. What is known of the tap now decides; later verdicts change it no more, and a tap that
    is recorded after its visit earns in its place."""
    taps = {seen.page.click_id for seen in pages} - {""}
    doubtful = queries.doubtful_clicks(business, taps) if taps else set()
    return [
        replace(seen, page=replace(seen.page, click_id=""))
        if seen.page.click_id in doubtful
        else seen
        for seen in pages
    ]


def _page(sent: SentEvent, event: Json) -> Page | None:
    try:
        return read_page(event, received_at=sent.received_at)
    except Malformed:
        return None  # a time that cannot be: a visit without one is none


def _seen(batch: Batch, report: Report, page: Page) -> tuple[SeenPage, Raw | None]:
    sent = report.sent
    agent = sent.agent or text_of(object_of(report.event.get("context")).get("userAgent"))
    device = read_device(agent) if agent else Device()
    # A server of the business's own that does not say which browser it was speaks for people.
    is_human = is_person(agent) or not (agent or sent.site_id)
    seen = SeenPage(
        key=f"{sent.sender}\n{sent.key}",
        page=page,
        person_id=None,
        site_id=sent.site_id or None,
        device=device.device,
        os=device.os,
    )
    return seen, batch.people.resolve(report.naming) if is_human else None


def is_person(agent: str) -> bool:
    """Whether nothing in a User-Agent proves that a machine has it."""
    signs = read_signs(agent)
    return not signs.preview and all(weight < PROOF for _, weight in signs.marks)
