"""What ids in the columns are called: one statement per kind, read from the rooms' own tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from textrail.domain.accounts.models import Business
from textrail.domain.campaigns.models import Campaign, Variant
from textrail.domain.links.models import Link
from textrail.domain.numbers.models import Source, TrackingNumber
from textrail.domain.reports.earners import Earner
from textrail.domain.visitors.queries import channel_names, way_names


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, those of channels by their code. What was deleted since is missing."""

    campaigns: dict[int, str]
    variants: dict[int, str]
    links: dict[int, str]
    numbers: dict[int, str]
    sources: dict[int, str]
    channels: dict[str, str]
    ways: dict[int, str]

    def of(self, earner: Earner) -> dict[str, str]:
        """What the ids of an earner are called, by their parameters; what is gone says so."""
        things = {
            "campaign": ("campaign", earner.campaign, self.campaigns),
            "variant": ("wording", earner.variant, self.variants),
            "number": ("number", earner.number, self.numbers),
            "source": ("source", earner.source, self.sources),
            "link": ("link", earner.link, self.links),
        }
        return {
            parameter: called.get(row_id, f"Deleted {what}")
            for parameter, (what, row_id, called) in things.items()
            if row_id is not None
        }


def names(
    business: Business,
    *,
    campaigns: Iterable[int | None] = (),
    variants: Iterable[int | None] = (),
    links: Iterable[int | None] = (),
    numbers: Iterable[int | None] = (),
    sources: Iterable[int | None] = (),
    channels: Iterable[str] = (),
    ways: Iterable[int | None] = (),
) -> Names:
    """The names of these ids, of this business only; nothing is asked for an empty set."""
    own = {"business": business}
    return Names(
        campaigns=_look(Campaign.objects.filter(**own), "name", campaigns),
        variants=_look(Variant.objects.filter(campaign__business=business), "label", variants),
        links=_look(Link.objects.filter(**own), "name", links),
        numbers=_look(TrackingNumber.objects.filter(**own), "name", numbers),
        sources=_look(Source.objects.filter(**own), "name", sources),
        channels=channel_names(business) if any(channels) else {},
        ways=way_names(business, {id_ for id_ in ways if id_ is not None}),
    )


def _look(rows: QuerySet[Any], field: str, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = {id_ for id_ in ids if id_ is not None}
    return dict(rows.filter(pk__in=wanted).values_list("pk", field)) if wanted else {}
