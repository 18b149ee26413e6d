"""Looking at how a business writes its UTM parameters, and at links that are written otherwise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Max

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Link, UtmConvention
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.conventions import (
    KINDS,
    Convention,
    Finding,
    conforming,
    lint,
)

PAGE = 50
# Links judged for one page: a second's work when all of them are wrong.
LOOK = 10_000
_COLUMNS = (
    "id",
    "business_id",
    "name",
    "destination",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "campaign_id",
    "created_at",
)


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link with what is wrong with its parameters."""

    link: Link
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class LintPage:
    """Links with findings, newest first; `after` asks for older ones, None when there are none.

    `looked` links were judged for it, of `links` that are in use. `kinds` counts links by kind of
    finding among those, in the order of `KINDS`, and `fixable` those of a kind with a fix. Behind
    the first page nothing is counted beyond its last row.
    """

    rows: tuple[FoundLink, ...]
    after: int | None
    looked: int
    links: int
    kinds: dict[str, int]
    fixable: dict[str, int]


def convention(business: Business) -> Convention | None:
    """How the business writes its parameters; None before it has said so."""
    row = UtmConvention.objects.filter(business=business).first()
    if row is None:
        return None
    return Convention(
        tuple(row.sources), tuple(row.mediums), row.campaign_pattern, row.require_content
    )


def campaign_utms(
    business: Business, campaign: str, contents: Sequence[str], *, today: date
) -> list[Utm]:
    """How the links of a campaign are tagged, one for each content: as the business says, else as
    texts usually are."""
    utms = [Utm("sms", "text", campaign, "", content) for content in contents]
    agreed = convention(business)
    if agreed is None:
        return utms
    return [conforming(utm, agreed, variants=len(utms) > 1, today=today) for utm in utms]


def utm_of(link: Link) -> Utm:
    """The parameters of a link."""
    return Utm(link.utm_source, link.utm_medium, link.utm_campaign, link.utm_term, link.utm_content)


def is_variant(link: Link) -> bool:
    """Whether the campaign of a link has another one, from which its content tells it apart."""
    if link.campaign_id is None:
        return False
    links = Link.objects.filter(business_id=link.business_id, campaign_id=link.campaign_id)
    return links.exclude(id=link.pk).exists()


def findings(link: Link, convention: Convention, *, variants: bool) -> tuple[Finding, ...]:
    """What is wrong with the parameters of a link; a date that is missing is that of its making.

    `variants` is what `is_variant` says.
    """
    return lint(
        utm_of(link),
        convention,
        destination=link.destination,
        variants=variants,
        today=link.created_at.date(),
    )


def _campaigns_with_variants(business: Business) -> set[int | None]:
    rows = Link.objects.filter(business=business, campaign_id__isnull=False).order_by()
    counted = rows.values("campaign_id").annotate(links=Count("id")).filter(links__gt=1)
    return set(counted.values_list("campaign_id", flat=True))


def lint_page(
    business: Business,
    convention: Convention,
    *,
    kind: str = "",
    after: int | None = None,
    limit: int = PAGE,
    look: int = LOOK,
) -> LintPage:
    """Links in use with findings, of one kind or of all. Three statements; at most `look` links are
    judged, so that a page of a business with a million links is as quick as another."""
    in_use = Link.objects.filter(business=business, archived_at=None)
    older = in_use if after is None else in_use.filter(id__lt=after)
    rows: list[FoundLink] = []
    kinds: Counter[str] = Counter()
    fixable: Counter[str] = Counter()
    looked, last = 0, None
    split = _campaigns_with_variants(business)
    for link in older.only(*_COLUMNS).order_by("-id")[:look].iterator(chunk_size=1000):
        found = findings(link, convention, variants=link.campaign_id in split)
        looked, last = looked + 1, link.pk
        kinds.update({each.code for each in found})
        fixable.update({each.code for each in found if each.fix is not None})
        shown = [each for each in found if not kind or each.code == kind]
        if shown and len(rows) <= limit:
            rows.append(FoundLink(link, tuple(shown)))
            if after is not None and len(rows) > limit:
                break
    more = rows[limit - 1].link.pk if len(rows) > limit else last if looked == look else None
    ordered = {code: kinds[code] for code in KINDS if kinds[code]}
    return LintPage(tuple(rows[:limit]), more, looked, in_use.count(), ordered, dict(fixable))


def campaigns_in_use(business: Business, *, limit: int = 8) -> list[str]:
    """The utm_campaign values of links in use, the newest first."""
    rows = Link.objects.filter(business=business, archived_at=None).exclude(utm_campaign="")
    counted = rows.order_by().values("utm_campaign").annotate(newest=Max("id"))
    return [row["utm_campaign"] for row in counted.order_by("-newest")[:limit]]
