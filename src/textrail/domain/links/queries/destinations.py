"""Which addresses this installation lets links lead to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from textrail.domain.links.models import Domain, Link
from textrail.domain.links.rules import admit_destination

_WORDS = {"true": True, "false": False}  # and auto: what short links themselves do


def admission() -> Callable[[str], str]:
    """What gives back an address that a link may lead to, and refuses others with Malformed.

    It holds for every business: what leads to the short links of any of them would go in circles.
    One statement, however many addresses are asked about then.
    """
    config = settings.CONFIG
    return partial(
        admit_destination,
        links_url=config.links_url,
        own_hosts=hosts_of_links(),
        private=_WORDS.get(config.private_destinations),
    )


def hosts_of_links() -> frozenset[str]:
    """The domains of the installation at which short links are.

    A domain counts once it has led here: else anybody could claim somebody's shop as a domain, and
    nobody else could make a link to it.
    """
    led_here = Q(problem="", checked_at__isnull=False)
    in_use = Exists(Link.objects.filter(domain=OuterRef("pk")))
    return frozenset(Domain.objects.filter(led_here | in_use).values_list("host", flat=True))
