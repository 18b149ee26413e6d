"""Links as JSON, for programs with a key of the business."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar, cast

import pydantic
from django.conf import settings
from ninja import Query, Router, Schema
from ninja.responses import Status

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.links import actions, queries, schemas
from textrail.domain.links.actions import LinkChanges
from textrail.domain.links.models import Click, Link
from textrail.domain.links.queries import Days
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.addresses import short_address
from textrail.domain.links.rules.drafts import NewLink, refuse_too_many
from textrail.vocabulary.errors import RowRefused, RowsRefused
from textrail.web.api_errors import malformed, refuse_unknown

router = Router(tags=["Links"])

_ERRORS = {frozenset({401, 403, 404, 409, 422, 429}): schemas.ErrorOut}
_UTM = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
RowIn = TypeVar("RowIn", bound=Schema)


@router.post(
    "/links",
    response={201: schemas.LinkOut, 200: schemas.LinkOut} | _ERRORS,
    operation_id="make_link",
    summary="Make a link",
)
def make_link(request: KeyRequest, given: schemas.LinkIn) -> Status[schemas.LinkOut]:
    """Answers 201 with a new link that anyone may tap. When a link with this `external_key` is
    there and is the same, it is answered with 200; when it is another, with 409."""
    made = actions.make_link(
        business=request.business,
        draft=_draft(given, given.external_key),
        at=request.now,
        actor=request.auth,
        admit=queries.admission(),
    )
    return Status(201 if made.created else 200, _one(request, made.link))


@router.post(
    "/links/bulk",
    response={201: schemas.LinksOut, 413: schemas.ErrorOut} | _ERRORS,
    operation_id="make_links",
    summary="Make up to 10,000 links",
)
def make_links(request: KeyRequest, given: schemas.LinksIn) -> Status[schemas.LinksOut]:
    """All of them, or none: then the answer names every row that will not do. A row whose
    `external_key` names the very same link already is answered with that one."""
    refuse_too_many(len(given.links))
    drafts = _read_drafts(request, given.links)
    made = actions.make_links(
        business=request.business,
        drafts=drafts,
        at=request.now,
        actor=request.auth,
        admit=queries.admission(),
    )
    known = [each.link.pk for each in made if not each.created]
    taps = queries.taps_by_link(request.business, known) if known else {}
    rows = [_out(each.link, taps.get(each.link.pk, queries.Taps())) for each in made]
    return Status(201, schemas.LinksOut.model_construct(links=rows, created=len(made) - len(known)))


@router.get(
    "/links",
    response={200: schemas.LinkList} | _ERRORS,
    operation_id="list_links",
    summary="List and search links",
)
def list_links(request: KeyRequest, query: Query[schemas.LinkQuery]) -> schemas.LinkList:
    """Newest first."""
    refuse_unknown(request, schemas.LinkQuery)
    page = queries.link_page(
        request.business,
        search=query.q.replace("\0", ""),
        archived=query.archived,
        after=query.after,
        limit=query.limit,
    )
    rows = [_out(row.link, row.taps) for row in page.rows]
    return schemas.LinkList(links=rows, next=page.after)


@router.put(
    "/links/by-key/{path:key}",
    response={201: schemas.LinkOut, 200: schemas.LinkOut} | _ERRORS,
    operation_id="put_link",
    summary="Make or change the link with a key",
)
def put_link(request: KeyRequest, key: str, given: schemas.LinkFields) -> Status[schemas.LinkOut]:
    """The link with your own `key` is made (201), or changed to be what is sent in every field
    (200). It stays on its domain, and keeps its back-half when none is sent."""
    made = actions.upsert_link(
        business=request.business,
        draft=_draft(given, key),
        at=request.now,
        actor=request.auth,
        admit=queries.admission(),
    )
    return Status(201 if made.created else 200, _one(request, made.link))


@router.get(
    "/links/by-key/{path:key}",
    response={200: schemas.LinkOut} | _ERRORS,
    operation_id="get_link_by_key",
    summary="Get the link with a key",
)
def get_link_by_key(request: KeyRequest, key: str) -> schemas.LinkOut:
    return _one(request, queries.link_by_key(request.business, key))


@router.get(
    "/links/{int:link_id}",
    response={200: schemas.LinkOut} | _ERRORS,
    operation_id="get_link",
    summary="Get a link",
)
def get_link(request: KeyRequest, link_id: int) -> schemas.LinkOut:
    return _one(request, queries.link(request.business, link_id))


@router.patch(
    "/links/{int:link_id}",
    response={200: schemas.LinkOut} | _ERRORS,
    operation_id="change_link",
    summary="Change a link",
)
def change_link(request: KeyRequest, link_id: int, given: schemas.LinkChange) -> schemas.LinkOut:
    """Only the fields that are sent change. Addresses that were given out lead to the new page."""
    link = queries.link(request.business, link_id)
    changed = actions.edit_link(
        business=request.business,
        link=link,
        at=request.now,
        actor=request.auth,
        admit=queries.admission(),
        **_changes(given),
    )
    return _one(request, changed)


@router.post(
    "/links/{int:link_id}/archive",
    response={200: schemas.LinkOut} | _ERRORS,
    operation_id="archive_link",
    summary="Archive a link",
)
def archive_link(request: KeyRequest, link_id: int) -> schemas.LinkOut:
    """Takes it off the list. Its addresses go on leading people to the page."""
    link = queries.link(request.business, link_id)
    actions.archive_link(link=link, at=request.now, actor=request.auth)
    return _one(request, link)


@router.post(
    "/links/{int:link_id}/unarchive",
    response={200: schemas.LinkOut} | _ERRORS,
    operation_id="unarchive_link",
    summary="Put an archived link back on the list",
)
def unarchive_link(request: KeyRequest, link_id: int) -> schemas.LinkOut:
    link = queries.link(request.business, link_id)
    actions.unarchive_link(link=link, at=request.now, actor=request.auth)
    return _one(request, link)


@router.get(
    "/links/{int:link_id}/stats",
    response={200: schemas.StatsOut} | _ERRORS,
    operation_id="get_link_stats",
    summary="Count the taps of a link",
)
def get_link_stats(
    request: KeyRequest, link_id: int, query: Query[schemas.StatsQuery]
) -> schemas.StatsOut:
    """By day, verdict, device, system, browser and place."""
    refuse_unknown(request, schemas.StatsQuery)
    link = queries.link(request.business, link_id)
    stats = queries.link_stats(request.business, link, Days(query.since, query.until))
    return schemas.StatsOut(
        link_id=link.pk,
        time_zone=request.business.time_zone,
        since=query.since,
        until=query.until,
        taps=_taps(stats.taps),
        days=[
            schemas.Day(day=day, people=taps.human, requests=taps.raw) for day, taps in stats.days
        ],
        verdicts=[
            schemas.VerdictOut(verdict=verdict, requests=count) for verdict, count in stats.verdicts
        ],
        devices=[schemas.Counted.from_orm(row) for row in stats.devices],
        systems=[schemas.Counted.from_orm(row) for row in stats.systems],
        browsers=[schemas.Counted.from_orm(row) for row in stats.browsers],
        places=[schemas.PlaceOut.from_orm(row) for row in stats.places],
    )


@router.get(
    "/links/{int:link_id}/clicks",
    response={200: schemas.ClickList} | _ERRORS,
    operation_id="list_clicks",
    summary="List the clicks on a link",
)
def list_clicks(
    request: KeyRequest, link_id: int, query: Query[schemas.ClickQuery]
) -> schemas.ClickList:
    """Newest first, each with its verdict and the reasons for it."""
    refuse_unknown(request, schemas.ClickQuery)
    link = queries.link(request.business, link_id)
    page = queries.clicks(
        request.business,
        link=link,
        people_only=query.people,
        after=query.after,
        limit=query.limit,
    )
    rows = [_click(click, link) for click in page.rows]
    return schemas.ClickList(clicks=rows, next=page.after)


@router.post(
    "/links/{int:link_id}/codes",
    response={201: schemas.RecipientsOut, 413: schemas.ErrorOut} | _ERRORS,
    operation_id="make_codes",
    summary="Make an address for each recipient",
)
def make_codes(
    request: KeyRequest, link_id: int, given: schemas.RecipientsIn
) -> Status[schemas.RecipientsOut]:
    """For texts that another service sends: each recipient gets their own short address, so that a
    tap says who it was. Phones that are not known yet become contacts. Whoever opted out of your
    texts gets no address. Sending a list again makes new ones; those before go on working."""
    refuse_too_many(len(given.recipients))
    link = queries.link(request.business, link_id)
    rows = _read_rows(schemas.RecipientIn, given.recipients)
    codes = actions.hand_out_codes(
        business=request.business,
        link=link,
        phones=[row.phone for row in rows],
        at=request.now,
        actor=request.auth,
    )
    return Status(
        201,
        schemas.RecipientsOut(
            recipients=[
                schemas.RecipientOut(
                    phone=code.phone,
                    reference=row.reference,
                    short_url=_address(code.code, link) if code.code else "",
                    opted_out=not code.code,
                )
                for row, code in zip(rows, codes, strict=True)
            ]
        ),
    )


def _draft(given: schemas.LinkFields, key: str) -> NewLink:
    return NewLink(
        name=given.name,
        destination=given.destination,
        utm=Utm(*(getattr(given, name) for name in _UTM)),
        host=given.domain,
        back_half=given.back_half,
        external_key=key,
        expires_at=given.expires_at,
        click_limit=given.click_limit,
        fallback=given.fallback,
        shared=True,
    )


def _changes(given: schemas.LinkChange) -> LinkChanges:
    changes: dict[str, Any] = given.model_dump(exclude_unset=True)
    changes["parameters"] = {name: changes.pop(name) for name in _UTM if name in changes}
    return cast(LinkChanges, changes)


def _read_drafts(request: KeyRequest, rows: Sequence[object]) -> list[NewLink]:
    """The drafts of all rows, or RowsRefused naming each row that will not do for any reason."""
    read, rejected = _read(schemas.LinkIn, rows)
    if rejected:
        positions = [position for position, _ in read]
        drafts = [_draft(row, row.external_key) for _, row in read]
        found = actions.check_drafts(
            business=request.business, drafts=drafts, admit=queries.admission()
        )
        rejected += [RowRefused(positions[each.index], each.refusal) for each in found]
        raise RowsRefused(rejected, total=len(rows))
    return [_draft(row, row.external_key) for _, row in read]


def _read_rows(schema: type[RowIn], rows: Sequence[object]) -> list[RowIn]:
    read, rejected = _read(schema, rows)
    if rejected:
        raise RowsRefused(rejected, total=len(rows))
    return [row for _, row in read]


def _read(
    schema: type[RowIn], rows: Iterable[object]
) -> tuple[list[tuple[int, RowIn]], list[RowRefused]]:
    read: list[tuple[int, RowIn]] = []
    rejected: list[RowRefused] = []
    for position, row in enumerate(rows):
        try:
            read.append((position, schema.model_validate(row)))
        except pydantic.ValidationError as error:
            rejected.append(RowRefused(position, malformed(error.errors())))
    return read, rejected


def _one(request: KeyRequest, link: Link) -> schemas.LinkOut:
    taps = queries.taps_by_link(request.business, [link.pk])
    return _out(link, taps.get(link.pk, queries.Taps()))


def _out(link: Link, taps: queries.Taps) -> schemas.LinkOut:
    return schemas.LinkOut.model_construct(
        id=link.pk,
        short_url=queries.short_address_of(link, links_url=_links_url()),
        domain=link.domain.host if link.domain else "",
        taps=_taps(taps),
        **{name: getattr(link, name) for name in _SAME},
    )


_SAME = (
    "name",
    "destination",
    "landing",
    *_UTM,
    "external_key",
    "expires_at",
    "click_limit",
    "fallback",
    "campaign_id",
    "created_at",
    "archived_at",
)


def _taps(taps: queries.Taps) -> schemas.Taps:
    return schemas.Taps.model_construct(people=taps.human, requests=taps.raw)


def _click(click: Click, link: Link) -> schemas.ClickOut:
    return schemas.ClickOut(
        click_id=click.click_id,
        at=click.at,
        short_url=_address(click.code, link),
        verdict=click.verdict,
        reasons=click.reasons,
        contact_id=click.contact_id,
        phone=click.contact.phone if click.contact else "",
        device=click.device,
        os=click.os,
        browser=click.browser,
        country=click.country,
        region=click.region,
        city=click.city,
        routed=click.routed,
    )


def _address(code: str, link: Link) -> str:
    host = link.domain.host if link.domain else ""
    return short_address(code, host=host, links_url=_links_url())


def _links_url() -> str:
    return str(settings.CONFIG.links_url)
