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
    A domain counts once it has led here: else anybody could claim somebody's shop as a domain, and
    nobody else could make a link to it.
    One statement, however many addresses are asked about then.
    """
    config = settings.CONFIG
    led_here = Q(problem="", checked_at__isnull=False)
    in_use = Exists(Link.objects.filter(domain=OuterRef("pk")))
    hosts = Domain.objects.filter(led_here | in_use)
    return partial(
        admit_destination,
        links_url=config.links_url,
        own_hosts=frozenset(hosts.values_list("host", flat=True)),
        private=_WORDS.get(config.private_destinations),
    )
