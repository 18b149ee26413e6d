"""Looking at domains, and at how hard their codes are to guess."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Count, Max

from textrail.domain.accounts.models import Business
from textrail.domain.finding import the_one
from textrail.domain.links.models import Code, Domain, Link
from textrail.domain.links.rules.addresses import short_address, spelled_host, tries_per_hit
from textrail.vocabulary.ids import CODE_LENGTH


@dataclass(frozen=True, slots=True)
class DomainRow:
    """A domain with how many links begin with it, archived ones too."""

    domain: Domain
    links: int
    tries_per_hit: int

    @property
    def is_ready(self) -> bool:
        return is_ready(self.domain)

    @property
    def spelled(self) -> str:
        """The host as people write it, in their own letters."""
        return spelled_host(self.domain.host)


def is_ready(domain: Domain) -> bool:
    """Whether the last check found that the domain leads here."""
    return domain.checked_at is not None and not domain.problem


def domains(business: Business) -> list[DomainRow]:
    """The domains with the default in front, then by name. How many guesses it takes to hit a code
    counts the codes of the whole installation, so that it is that many or more."""
    rows = Domain.objects.filter(business=business).annotate(held=Count("links"))
    codes = _most_codes()
    return [
        DomainRow(row, row.held, tries_per_hit(row.code_length, codes))
        for row in rows.order_by("-is_default", "host")
    ]


def tries_per_hit_here(business: Business) -> int:
    """How many guesses it takes on average on the installation's own address."""
    return tries_per_hit(CODE_LENGTH, _most_codes())


def domain(business: Business, domain_id: int) -> Domain:
    rows = Domain.objects.filter(business=business, id=domain_id)
    return the_one(rows, "There is no such domain.", hint="Go back to the list of domains.")


def domains_by_host(business: Business, hosts: Collection[str]) -> dict[str, Domain]:
    """Those of `hosts` (in lower-case ASCII) that the business has."""
    return {row.host: row for row in Domain.objects.filter(business=business, host__in=hosts)}


def default_domain(business: Business) -> Domain | None:
    """The domain on which links of the business are made when none is named; None for none."""
    return Domain.objects.filter(business=business, is_default=True).first()


def short_address_of(link: Link, *, links_url: str) -> str:
    """The address of a link that is for anyone; empty when each recipient has their own only."""
    if not link.share_code:
        return ""
    host = link.domain.host if link.domain else ""
    return short_address(link.share_code, host=host, links_url=links_url)


def _most_codes() -> int:
    """How many codes there are at most: the newest one's number; counting would read them all."""
    newest: int | None = Code.objects.aggregate(newest=Max("id"))["newest"]
    return newest or 0
