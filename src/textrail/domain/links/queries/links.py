"""Looking at links and at who tapped them. Business first, always."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import BooleanField, Count, Q, QuerySet
from django.db.models.expressions import RawSQL

from textrail.domain.accounts.models import Business
from textrail.domain.finding import Page, by_key, newest_page, the_one
from textrail.domain.links.models import Click, Code, Link, Verdict
from textrail.vocabulary.errors import NotFound

PAGE = 50
_HUMAN = Q(verdict=Verdict.HUMAN)
# Written as SQL, because SQLite takes an index of some rows only when it is told which are meant,
# and not by a parameter.
_HAS_A_KEY = RawSQL("NOT (links_link.external_key = '')", (), BooleanField())


@dataclass(frozen=True, slots=True)
class Taps:
    """Taps by people, beside all requests for the same codes."""

    human: int = 0
    raw: int = 0


@dataclass(frozen=True, slots=True)
class LinkRow:
    link: Link
    taps: Taps


def link(business: Business, link_id: int) -> Link:
    rows = _links(business).filter(id=link_id)
    return the_one(rows, "There is no such link.", hint="Go back to the list of links.")


def link_by_key(business: Business, key: str) -> Link:
    """The link that its maker calls `key`."""
    asked = key != "" and "\0" not in key  # which PostgreSQL cannot be asked for
    found = find_link(business, key) if asked else None
    if found is None:
        raise NotFound("There is no link with this key.", hint="Make one by putting it there.")
    return found


def find_link(business: Business, key: str) -> Link | None:
    """The link that its maker calls `key`, which is not empty, if there is one."""
    return next(iter(links_by_key(business, [key])), None)


def links_by_key(business: Business, keys: Collection[str]) -> QuerySet[Link]:
    """The links that their makers call by one of these keys, none of them empty."""
    return _links(business).filter(_HAS_A_KEY, external_key__in=keys)


def _links(business: Business) -> QuerySet[Link]:
    return Link.objects.filter(business=business).select_related("business", "domain")


def link_page(
    business: Business,
    *,
    search: str = "",
    archived: bool = False,
    after: int | None = None,
    limit: int = PAGE,
    count: Callable[[Business, Collection[int]], dict[int, Taps]] | None = None,
) -> Page[LinkRow]:
    """Links newest first, by part of a name, destination or campaign, by their key, or by a code of
    theirs, a recipient's too; two statements.

    `count` is another way than `taps_by_link` to count their taps.
    """
    rows = _links(business).filter(archived_at__isnull=not archived)
    if search:
        code = search.rstrip("/").rpartition("/")[2]
        rows = rows.filter(
            Q(name__icontains=search)
            | Q(destination__icontains=search)
            | Q(utm_campaign__icontains=search)
            | Q(share_code=code)
            | Q(share_code__endswith=f"/{code.lower()}")
            | Q(external_key=search)
            | Q(id__in=Code.objects.filter(code=code).values("link_id"))
        )
    page = newest_page(rows, after=after, limit=limit)
    taps = (count or taps_by_link)(business, [row.pk for row in page.rows])
    return Page(tuple(LinkRow(row, taps.get(row.pk, Taps())) for row in page.rows), page.after)


def taps_by_link(business: Business, link_ids: Collection[int]) -> dict[int, Taps]:
    """For each of `link_ids` that was ever tapped: taps by people, and raw."""
    rows = Click.objects.filter(by_key(Q(business=business)), link_id__in=link_ids).order_by()
    counted = rows.values("link_id").annotate(human=Count("id", filter=_HUMAN), raw=Count("id"))
    return {row["link_id"]: Taps(row["human"], row["raw"]) for row in counted}


def clicks(
    business: Business,
    *,
    link: Link | None = None,
    people_only: bool = False,
    after: int | None = None,
    limit: int = PAGE,
) -> Page[Click]:
    """Clicks newest first with their contact, of one link or of all; one statement."""
    rows = Click.objects.filter(business=business).select_related("contact", "link")
    if link is not None:
        rows = rows.filter(link=link)
    if people_only:
        rows = rows.filter(_HUMAN)
    return newest_page(rows.defer("headers"), after=after, limit=limit)


def newest_click_id(business: Business, link: Link) -> int:
    """The id of the last click on a link, 0 without one: whether a page must be drawn again."""
    rows = Click.objects.filter(business=business, link=link)
    return rows.order_by("-id").values_list("id", flat=True).first() or 0


def clicks_of_contact(business: Business, contact_id: int, *, limit: int = 200) -> list[Click]:
    """The newest taps of a contact by a person, newest first, with their links."""
    rows = Click.objects.filter(_HUMAN, business=business, contact_id=contact_id)
    return list(rows.select_related("link").defer("headers").order_by("-at", "-id")[:limit])


def taps_by_variant(business: Business, campaign_id: int) -> dict[int | None, Taps]:
    """For each variant of a campaign that was tapped: taps by people, and raw."""
    ours = by_key(Q(business=business))
    links = Link.objects.filter(ours, campaign_id=campaign_id).values("id")
    rows = Click.objects.filter(ours, link__in=links).order_by()
    counted = rows.values("variant_id").annotate(human=Count("id", filter=_HUMAN), raw=Count("id"))
    return {row["variant_id"]: Taps(row["human"], row["raw"]) for row in counted}
