"""Which addresses this installation lets links lead to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.conf import settings

from textrail.domain.links.models import Domain
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
        own_hosts=frozenset(Domain.objects.values_list("host", flat=True)),
        private=_WORDS.get(config.private_destinations),
    )
