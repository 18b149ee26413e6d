"""Looking at lists for other senders."""

from __future__ import annotations

from dataclasses import dataclass

from textrail.domain.accounts.models import Business
from textrail.domain.finding import the_one
from textrail.domain.links.models import Handout, Link

_PAGE = 50
LINKS_TO_GIVE = 200


@dataclass(frozen=True, slots=True)
class HandoutPage:
    """Lists, the newest first; `after` is the key of the next page, or None on the last."""

    rows: tuple[Handout, ...]
    after: int | None


def handout_page(business: Business, *, after: int | None = None) -> HandoutPage:
    rows = Handout.objects.filter(business=business).select_related("link", "created_by")
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: _PAGE + 1])
    more = len(found) > _PAGE
    return HandoutPage(tuple(found[:_PAGE]), found[_PAGE - 1].pk if more else None)


def handout(business: Business, handout_id: int) -> Handout:
    """The list with its link and who uploaded it, or NotFound."""
    rows = Handout.objects.filter(business=business, id=handout_id)
    rows = rows.select_related("business", "link__domain", "created_by")
    return the_one(
        rows, "There is no such list.", hint="It may be older than 30 days. Upload it again."
    )


def links_to_give(business: Business, *, chosen: int | None = None) -> list[Link]:
    """The newest links in use, and the chosen one of them however old it is."""
    in_use = Link.objects.filter(business=business, archived_at=None)
    newest = list(in_use.order_by("-id")[:LINKS_TO_GIVE])
    if chosen is not None and all(link.pk != chosen for link in newest):
        newest += in_use.filter(id=chosen)
    return newest
