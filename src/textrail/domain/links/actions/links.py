"""Changing links. A stored code leads to its link for ever, whatever becomes of the link."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.links import queries
from textrail.domain.links.actions.back_halves import change_back_half
from textrail.domain.links.actions.codes import NewCode, store_codes
from textrail.domain.links.actions.making import (
    Made,
    make_link,
    reserve_codes_for,
)
from textrail.domain.links.actions.routing import write_route
from textrail.domain.links.models import Code, Domain, Link
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.addresses import ascii_host, check_key
from textrail.domain.links.rules.destination import Admit, any_address
from textrail.domain.links.rules.drafts import NewLink, check_draft
from textrail.vocabulary.errors import Conflict, Malformed

_ATTEMPTS = 5
_FIELDS = (
    "name",
    "destination",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "landing",
    "expires_at",
    "click_limit",
    "fallback",
    "share_code",
)


class LinkChanges(TypedDict, total=False):
    """What may be changed about a link; what is left out stays as it is. `utm` is all parameters,
    `parameters` some of them, by the names that they have in an address."""

    name: str
    destination: str
    utm: Utm
    parameters: Mapping[str, str]
    back_half: str
    expires_at: datetime | None
    click_limit: int | None
    fallback: str


def create_link(
    *,
    business: Business,
    name: str,
    destination: str,
    utm: Utm,
    at: datetime,
    actor: Actor = None,
    domain: Domain | None = None,
    back_half: str = "",
    external_key: str = "",
    expires_at: datetime | None = None,
    click_limit: int | None = None,
    fallback: str = "",
    campaign_id: int | None = None,
    variant_id: int | None = None,
    shared: bool = False,
    admit: Admit | None = None,
) -> Link:
    """A link to `destination` with its UTM parameters merged in; a Refusal for what cannot be one.

    It is on `domain`, else on the default domain of the business, else on the installation's own
    address. `shared` gives it a code for anyone at once, and so does a `back_half`. `admit` says
    which addresses will do, as `queries.admission` does; without it any that is one.
    """
    draft = NewLink(
        name=name,
        destination=destination,
        utm=utm,
        host=domain.host if domain else "",
        back_half=back_half,
        external_key=external_key,
        expires_at=expires_at,
        click_limit=click_limit,
        fallback=fallback,
        campaign_id=campaign_id,
        variant_id=variant_id,
        shared=shared,
    )
    return make_link(business=business, draft=draft, at=at, actor=actor, admit=admit).link


def upsert_link(
    *,
    business: Business,
    draft: NewLink,
    at: datetime,
    actor: Actor = None,
    admit: Admit | None = None,
) -> Made:
    """The link with the key of `draft`, made or changed to be what the draft says in every value.

    Without a back-half or a host in the draft, the link keeps those that it has. Conflict for a
    host that is another than the link's.
    """
    key = check_key(draft.external_key)
    if not key:
        raise Malformed("A link needs a key to be found by.", field="external_key")
    held = queries.find_link(business, key)
    if held is None:
        try:
            return make_link(business=business, draft=draft, at=at, actor=actor, admit=admit)
        except Conflict:
            held = queries.find_link(business, key)
            if held is None:  # else somebody was faster, and has the key or the back-half
                raise
    _refuse_move(held, draft.host)
    changes = LinkChanges(
        name=draft.name,
        destination=draft.destination,
        utm=draft.utm,
        expires_at=draft.expires_at,
        click_limit=draft.click_limit,
        fallback=draft.fallback,
    )
    if draft.back_half.strip():
        changes["back_half"] = draft.back_half
    changed = edit_link(business=business, link=held, at=at, actor=actor, admit=admit, **changes)
    if draft.shared and not changed.share_code:
        changed.share_code = share_code(link=changed, at=at).code
    return Made(changed, created=False)


def edit_link(
    *,
    business: Business,
    link: Link,
    at: datetime,
    actor: Actor = None,
    admit: Admit | None = None,
    **changes: Unpack[LinkChanges],
) -> Link:
    """Change the values that are given; a Refusal, and nothing changed, when one cannot be.

    Codes that lead to the link lead to its new landing from now on, and a back-half that it had
    goes on leading to it.
    """
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return _edit(business, link, changes, at, actor, admit or any_address)
        except IntegrityError:  # another link took the back-half in the same moment
            continue
    raise Conflict("Others took the same back-half again and again.", field="back_half")


def _edit(
    business: Business,
    link: Link,
    changes: LinkChanges,
    at: datetime,
    actor: Actor,
    admit: Admit,
) -> Link:
    rows = Link.objects.select_for_update(of=("self",)).select_related("domain", "business")
    held = rows.get(business=business, id=link.pk)
    before = {name: getattr(held, name) for name in _FIELDS}
    checked = check_draft(_draft(held, changes), admit=admit)
    held.name, held.destination = checked.draft.name, checked.draft.destination
    held.landing = checked.landing
    for name, value in checked.draft.utm.pairs():
        setattr(held, name, value)
    held.expires_at, held.click_limit = checked.draft.expires_at, checked.draft.click_limit
    held.fallback = checked.draft.fallback
    if checked.draft.back_half:
        held.share_code = change_back_half(link=held, back_half=checked.draft.back_half)
    changed = [name for name in _FIELDS if getattr(held, name) != before[name]]
    if changed:
        Link.objects.filter(id=held.pk).update(**{name: getattr(held, name) for name in changed})
        write_route(link=held)
        record_audit(business=business, actor=actor, action="link.edited", subject=held.name, at=at)
    return held


def _draft(held: Link, changes: LinkChanges) -> NewLink:
    """The link as it is to be; a back-half only when a new one is given."""
    parameters = dict(queries.utm_of(held).pairs()) | dict(changes.get("parameters", {}))
    utm = Utm(*parameters.values())
    return NewLink(
        name=changes.get("name", held.name),
        destination=changes.get("destination", held.destination),
        utm=changes.get("utm", utm),
        back_half=changes.get("back_half", ""),
        expires_at=changes.get("expires_at", held.expires_at),
        click_limit=changes.get("click_limit", held.click_limit),
        fallback=changes.get("fallback", held.fallback),
    )


def _refuse_move(link: Link, host: str) -> None:
    """Conflict for another host than the link has: the addresses that were given out carry it."""
    if host and ascii_host(host) != (link.domain.host if link.domain else ""):
        raise Conflict(
            "A link stays on its domain, which the addresses that were given out carry.",
            hint="Make another link on the other domain.",
            field="domain",
        )


def share_code(*, link: Link, at: datetime) -> Code:
    """The code of a link that is for anyone; made on the first call, the same ever after."""
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                rows = Link.objects.select_for_update(of=("self",)).select_related("domain")
                held = rows.get(id=link.id)
                if not held.share_code:
                    held.share_code = reserve_codes_for([held])[0]
                    store_codes([NewCode(held.share_code, held.pk)])
                    Link.objects.filter(id=held.id).update(share_code=held.share_code)
                return Code.objects.get(code=held.share_code)
        except IntegrityError:  # the code exists: 46 bits are many, and not infinitely many
            continue
    raise Conflict("No free code was found.", hint="Try again.")


@transaction.atomic
def archive_link(*, link: Link, at: datetime, actor: Actor = None) -> None:
    """Take a link off the list. Its codes go on leading people to the page."""
    if Link.objects.filter(id=link.id, archived_at=None).update(archived_at=at):
        link.archived_at = at
        _record(link, "link.archived", at, actor)


@transaction.atomic
def unarchive_link(*, link: Link, at: datetime, actor: Actor = None) -> None:
    """Put an archived link back on the list."""
    if Link.objects.filter(id=link.id, archived_at__isnull=False).update(archived_at=None):
        link.archived_at = None
        _record(link, "link.unarchived", at, actor)


def _record(link: Link, action: str, at: datetime, actor: Actor) -> None:
    record_audit(business=link.business, actor=actor, action=action, subject=link.name, at=at)
