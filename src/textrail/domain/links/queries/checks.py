"""Looking at what checks of links found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Max, OuterRef, Q, Subquery

from textrail.domain.accounts.models import Business
from textrail.domain.finding import by_key
from textrail.domain.links.models import Link, LinkCheck
from textrail.domain.links.rules.checking import is_broken


@dataclass(frozen=True, slots=True)
class CheckedAddress:
    """What came of trying one address: it works, or is broken, or there is a doubt."""

    check: LinkCheck

    @property
    def broken(self) -> bool:
        return is_broken(self.check.problem)

    @property
    def doubtful(self) -> bool:
        return bool(self.check.problem) and not self.broken

    @property
    def redirects(self) -> int:
        return max(0, len(self.check.hops) - 1)

    @property
    def sentence(self) -> str:
        """What is wrong, after the name of the rule that leads there."""
        row = self.check
        return f"{row.part}: {row.sentence}" if row.part else row.sentence


@dataclass(frozen=True, slots=True)
class Checked:
    """One check of a link: a row for each address that it leads to, the worst first."""

    at: datetime
    rows: tuple[CheckedAddress, ...]

    @property
    def worst(self) -> CheckedAddress:
        return self.rows[0]

    @property
    def broken(self) -> bool:
        return self.worst.broken

    @property
    def doubtful(self) -> bool:
        return self.worst.doubtful


def last_check(business: Business, link: Link) -> Checked | None:
    """The newest check of a link; None for one that was never checked. One statement."""
    return last_checks(business, [link.pk]).get(link.pk)


def last_checks(
    business: Business, link_ids: Collection[int], *, since: datetime | None = None
) -> dict[int, Checked]:
    """The newest check of each link that was ever checked (or was since then); one statement."""
    rows = LinkCheck.objects.filter(by_key(Q(business=business)), link_id__in=link_ids)
    if since is not None:
        rows = rows.filter(at__gte=since)
    newest = (
        LinkCheck.objects.filter(link_id=OuterRef("link_id"))
        .order_by()
        .values("link_id")
        .annotate(newest=Max("at"))
        .values("newest")
    )
    found: defaultdict[int, list[LinkCheck]] = defaultdict(list)
    for row in rows.filter(at=Subquery(newest)).order_by("id"):
        found[row.link_id].append(row)
    return {link_id: _checked(together) for link_id, together in found.items()}


def earlier_checks(business: Business, link: Link, *, limit: int = 10) -> list[Checked]:
    """The checks of a link before its newest, newest first."""
    rows = LinkCheck.objects.filter(business=business, link=link)
    moments = list(rows.order_by("-at").values_list("at", flat=True).distinct()[1 : limit + 1])
    found: defaultdict[datetime, list[LinkCheck]] = defaultdict(list)
    for row in rows.filter(at__in=moments).defer("lost").order_by("-at", "id"):
        found[row.at].append(row)
    return [_checked(together) for together in found.values()]


def _checked(rows: list[LinkCheck]) -> Checked:
    def gravity(row: CheckedAddress) -> int:
        return 0 if row.broken else 1 if row.doubtful else 2

    return Checked(rows[0].at, tuple(sorted(map(CheckedAddress, rows), key=gravity)))
