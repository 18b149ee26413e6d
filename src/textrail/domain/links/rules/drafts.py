"""A link that somebody asks for, before it is one: what it leads to, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from textrail.domain.links.rules.addresses import ascii_host, check_back_half, check_key
from textrail.domain.links.rules.destination import Admit
from textrail.domain.links.rules.naming import clean_name
from textrail.domain.links.rules.routing import tagged
from textrail.domain.links.rules.routing_checks import check_ending
from textrail.vocabulary.errors import TooLarge
from textrail.vocabulary.utm import Utm, check_utm

MOST_IN_A_CALL = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLink:
    """What a link is made of. `host` names one of the business's domains; without one it is on the
    default domain, else on the installation's own address. A back-half makes it `shared`."""

    name: str
    destination: str
    utm: Utm = field(default_factory=Utm)
    host: str = ""
    back_half: str = ""
    external_key: str = ""
    expires_at: datetime | None = None
    click_limit: int | None = None
    fallback: str = ""
    campaign_id: int | None = None
    variant_id: int | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft whose values fit, with the landing that they make."""

    draft: NewLink
    landing: str


def refuse_too_many(count: int) -> None:
    """TooLarge for more rows than a call may have."""
    if count > MOST_IN_A_CALL:
        raise TooLarge(
            f"A call takes at most {MOST_IN_A_CALL:,} rows; this one has {count:,}.",
            hint="Send them in several calls.",
        )


def check_draft(draft: NewLink, *, admit: Admit) -> Checked:
    """The draft in the form in which it is stored, or Malformed. `admit` says which addresses a
    link may lead to."""
    utm = check_utm(draft.utm)
    destination = admit(draft.destination)
    expires_at, click_limit, fallback = check_ending(
        draft.expires_at, draft.click_limit, draft.fallback, admit=admit
    )
    stored = NewLink(
        name=clean_name(draft.name),
        destination=destination,
        utm=utm,
        host=ascii_host(draft.host),
        back_half=check_back_half(draft.back_half) if draft.back_half.strip() else "",
        external_key=check_key(draft.external_key),
        expires_at=expires_at,
        click_limit=click_limit,
        fallback=fallback,
        campaign_id=draft.campaign_id,
        variant_id=draft.variant_id,
        shared=draft.shared or bool(draft.back_half.strip()),
    )
    return Checked(stored, tagged(destination, utm))
