"""Taking back links that nobody was given. A link that has a code or a click is never deleted."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Click, Code, Handout, Link


@transaction.atomic
def discard_links(*, business: Business, link_ids: Collection[int]) -> None:
    """Delete those of the links that lead nobody anywhere; the others stay as they are."""
    held = {
        link_id
        for model in (Code, Click, Handout)
        for link_id in model._default_manager.filter(link_id__in=link_ids).values_list(
            "link_id", flat=True
        )
    }
    Link.objects.filter(business=business, id__in=set(link_ids) - held).delete()
