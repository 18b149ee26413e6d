"""Making links, one or ten thousand: all of them in one transaction, or none with each reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.links import queries
from textrail.domain.links.actions.back_halves import refuse_taken
from textrail.domain.links.actions.codes import NewCode, reserve_codes, store_codes
from textrail.domain.links.actions.routing import route_of
from textrail.domain.links.models import Domain, Link
from textrail.domain.links.rules.destination import Admit, any_address
from textrail.domain.links.rules.drafts import (
    Checked,
    NewLink,
    check_draft,
    refuse_too_many,
)
from textrail.vocabulary.errors import (
    Conflict,
    Malformed,
    Refusal,
    RowRefused,
    RowsRefused,
)
from textrail.vocabulary.ids import CODE_LENGTH, back_half_key
from textrail.vocabulary.landing import has_fields

_ATTEMPTS = 5
# What makes two links the same, for a caller who sends one again.
_DEFINING = ("name", "destination", "landing", "expires_at", "click_limit", "fallback")


@dataclass(frozen=True, slots=True)
class Made:
    """A link that was asked for. `created` is false for one that its key names already."""

    link: Link
    created: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """What was looked up once for all drafts of a call."""

    default: Domain | None
    domains: dict[str, Domain]
    keys: dict[str, Link]


@dataclass(frozen=True, slots=True)
class _Row:
    """A draft in the call: its position, and its row, which has an id when it was there before."""

    index: int
    draft: NewLink
    link: Link

    @property
    def is_new(self) -> bool:
        return self.link.pk is None


def make_link(
    *,
    business: Business,
    draft: NewLink,
    at: datetime,
    actor: Actor = None,
    admit: Admit | None = None,
) -> Made:
    """The link of a draft, or the Refusal that says what is wrong with it.

    One whose key names the very same link already is that link; Conflict when it names another.
    """
    try:
        return make_links(business=business, drafts=[draft], at=at, actor=actor, admit=admit)[0]
    except RowsRefused as refused:
        raise refused.rejected[0].refusal from None


def make_links(
    *,
    business: Business,
    drafts: Sequence[NewLink],
    at: datetime,
    actor: Actor = None,
    admit: Admit | None = None,
) -> list[Made]:
    """The links of all drafts, in order, or RowsRefused naming each draft that cannot be made.

    `admit` says which addresses will do; without it any address that is one. Idempotent for drafts
    with a key, as `make_link` is.
    """
    refuse_too_many(len(drafts))
    good, bad = _read(drafts, admit or any_address)
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                rows, rejected = _placed(business, good)
                if bad or rejected:
                    raise RowsRefused([*bad, *rejected], total=len(drafts))
                new = {row.index for row in rows if row.is_new}
                _store(business, [row for row in rows if row.is_new], at, actor)
                return [Made(row.link, row.index in new) for row in rows]
        except IntegrityError:  # a code, a key or a back-half was taken in the same moment
            continue
    raise Conflict("Others took the same names again and again.", hint="Try again.")


def check_drafts(
    *, business: Business, drafts: Sequence[NewLink], admit: Admit | None = None
) -> list[RowRefused]:
    """What would be refused, and why. Nothing is written."""
    good, bad = _read(drafts, admit or any_address)
    return bad + _placed(business, good)[1]


def _read(
    drafts: Sequence[NewLink], admit: Admit
) -> tuple[list[tuple[int, Checked]], list[RowRefused]]:
    """The drafts whose values will do, each with its position, and what is wrong with the others.

    It takes most of the time, and needs no transaction.
    """
    rejected: list[RowRefused] = []
    good: list[tuple[int, Checked]] = []
    for index, draft in enumerate(drafts):
        try:
            good.append((index, check_draft(draft, admit=admit)))
        except Refusal as refusal:
            rejected.append(RowRefused(index, refusal))
    return good, rejected


def _placed(
    business: Business, good: Sequence[tuple[int, Checked]]
) -> tuple[list[_Row], list[RowRefused]]:
    """The rows of checked drafts among those that are there, and those that find no place."""
    rejected: list[RowRefused] = []
    known = _look_up(business, [checked.draft for _, checked in good])
    rows: list[_Row] = []
    for index, checked in good:
        try:
            rows.append(_Row(index, checked.draft, _row(business, checked, known)))
        except Refusal as refusal:
            rejected.append(RowRefused(index, refusal))
    return rows, rejected + _repeats(rows) + _taken_back_halves(business, rows)


def _look_up(business: Business, drafts: Sequence[NewLink]) -> _Known:
    keys = {draft.external_key for draft in drafts} - {""}
    held = queries.links_by_key(business, keys)
    return _Known(
        default=queries.default_domain(business),
        domains=queries.domains_by_host(business, {draft.host for draft in drafts} - {""}),
        keys={link.external_key: link for link in held} if keys else {},
    )


def _row(business: Business, checked: Checked, known: _Known) -> Link:
    draft = checked.draft
    held = known.keys.get(draft.external_key)
    domain = held.domain if held and not draft.host else _domain(draft.host, known)
    link = Link(
        business=business,
        name=draft.name,
        domain=domain,
        external_key=draft.external_key,
        destination=draft.destination,
        landing=checked.landing,
        expires_at=draft.expires_at,
        click_limit=draft.click_limit,
        fallback=draft.fallback,
        campaign_id=draft.campaign_id,
        variant_id=draft.variant_id,
        **dict(draft.utm.pairs()),
    )
    if draft.back_half:
        link.share_code = back_half_key(link.domain_id, draft.back_half)
    return _same(held, link) if held else link


def _domain(host: str, known: _Known) -> Domain | None:
    domain = known.domains.get(host) if host else known.default
    if domain is None and host:
        raise Malformed(
            f"{host[:80]} is not a domain of this business.",
            hint="Add it under Links, Domains, or leave it out.",
            field="domain",
        )
    if domain is not None and not queries.is_ready(domain):
        raise Conflict(
            f"{domain.host} does not lead here{'' if domain.problem else ' yet'}.",
            hint=domain.problem or "Wait for its first check, under Links, Domains.",
            field="domain",
            code="domain_not_ready",
        )
    return domain


def _same(held: Link, asked: Link) -> Link:
    """The link that has the key already, when it is the one that is asked for; else Conflict."""
    alike = all(getattr(held, name) == getattr(asked, name) for name in _DEFINING)
    if alike and held.domain_id == asked.domain_id and asked.share_code in ("", held.share_code):
        return held
    raise Conflict(
        f"Another link has the key “{asked.external_key[:60]}” already.",
        hint="Change that one by its key, or choose another.",
        field="external_key",
        code="key_taken",
    )


def _repeats(rows: Sequence[_Row]) -> list[RowRefused]:
    """Rows whose key another row of the same call has already."""
    seen: set[str] = set()
    rejected = []
    for row in rows:
        key = row.link.external_key
        if key and key in seen:
            refusal = Malformed(
                f"An earlier row has the key “{key[:60]}” already.",
                hint="Send each link once.",
                field="external_key",
            )
            rejected.append(RowRefused(row.index, refusal))
        seen.add(key)
    return rejected


def _taken_back_halves(business: Business, rows: Sequence[_Row]) -> list[RowRefused]:
    chosen = [row for row in rows if row.is_new and row.link.share_code]
    places = [(row.link.domain_id, row.draft.back_half) for row in chosen]
    refusals = refuse_taken(business, places)
    return [
        RowRefused(row.index, refusal)
        for row, refusal in zip(chosen, refusals, strict=True)
        if refusal is not None
    ]


def _store(business: Business, rows: Sequence[_Row], at: datetime, actor: Actor) -> None:
    links = [row.link for row in rows]
    shared = [row.link for row in rows if row.draft.shared and not row.link.share_code]
    for link, code in zip(shared, reserve_codes_for(shared), strict=True):
        link.share_code = code
    for link in links:
        link.created_at = at
    Link.objects.bulk_create(links)
    store_codes([NewCode(link.share_code, link.pk) for link in links if link.share_code])
    _store_routes(links)
    if len(links) == 1:
        record_audit(
            business=business, actor=actor, action="link.created", subject=links[0].name, at=at
        )
    elif links:
        subject = f"{len(links):,} links"
        record_audit(business=business, actor=actor, action="links.created", subject=subject, at=at)


def reserve_codes_for(links: Sequence[Link]) -> list[str]:
    """A reserved code for each of `links`, in order, as long as codes are on its domain.

    `link.domain` is read, so that many links should come with theirs.
    """
    lengths = [link.domain.code_length if link.domain else CODE_LENGTH for link in links]
    reserved = {
        length: iter(reserve_codes(count, length=length))
        for length, count in Counter(lengths).items()
    }
    return [next(reserved[length]) for length in lengths]


def _store_routes(links: Sequence[Link]) -> None:
    """What the door decides by, for those links that do not simply lead on; an id is part of it."""
    decided = [
        link
        for link in links
        if link.expires_at is not None or link.click_limit is not None or has_fields(link.landing)
    ]
    if not decided:
        return
    for link in decided:
        link.route = route_of(link, ())
    with connection.cursor() as cursor:  # by hand: thousands of WHENs take longer than the rows
        cursor.executemany(
            "UPDATE links_link SET route = %s WHERE id = %s",
            [(link.route, link.pk) for link in decided],
        )
