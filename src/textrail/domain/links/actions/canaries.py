"""Codes by which machines give themselves away: those sent to seeds, and those sent to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from django.db import transaction

from textrail.domain.accounts.models import Business
from textrail.domain.links.actions.codes import NewCode, store_codes
from textrail.domain.links.actions.making import reserve_codes_for
from textrail.domain.links.models import Canary, Link, SeedCode

CANARIES: Final = 20


@transaction.atomic
def mint_canaries(*, links: Sequence[Link], at: datetime, count: int = CANARIES) -> None:
    """Store `count` codes in all that lead like any other of `links` and are sent to nobody.

    Nothing tells them apart at the door: same length, same alphabet, same answer.
    """
    if not links:
        return
    chosen = [links[position % len(links)] for position in range(count)]
    codes = reserve_codes_for(chosen)
    pairs = list(zip(codes, chosen, strict=True))
    store_codes(NewCode(code, link.pk) for code, link in pairs)
    Canary.objects.bulk_create(Canary(code=code, link=link, created_at=at) for code, link in pairs)


class SeedText(NamedTuple):
    """A text to a seed and the code in it; `network` is the seed's mobile network."""

    code: str
    contact_id: int
    message_id: int
    network: str


def note_seed_codes(*, business: Business, texts: Iterable[SeedText], at: datetime) -> None:
    """Remember which codes went to seeds, inside the transaction that stores the codes."""
    SeedCode.objects.bulk_create(
        SeedCode(business=business, at=at, **text._asdict()) for text in texts
    )
