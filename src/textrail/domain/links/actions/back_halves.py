"""Back-halves that somebody chose: which are free, and what to take instead of one that is not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from textrail.domain.accounts.models import Business
from textrail.domain.links.models import Code, Link
from textrail.domain.links.queries import own_codes, taken_codes
from textrail.domain.links.rules.addresses import other_back_halves
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.ids import back_half_key

_SUGGESTIONS = 20

# A domain (None for the installation's own address) and what stands behind its slash.
Place = tuple[int | None, str]


def refuse_taken(business: Business, places: Sequence[Place]) -> list[Conflict | None]:
    """For each place, in order, why it cannot be had: it is taken, or was earlier in the list.

    A random code of the business that reads the same takes it too, because the door looks for those
    first. Those of others are not looked at: whoever chooses one on purpose gets a back-half that
    does not work, and must not learn from us that there is such a code.
    """
    keys = [back_half_key(*place) for place in places]
    taken = taken_codes(set(keys)) | own_codes(business, {name for _, name in places})
    refusals: list[Conflict | None] = []
    for place, key in zip(places, keys, strict=True):
        refusals.append(_taken(business, place) if {key, place[1]} & taken else None)
        taken.add(key)
    return refusals


def change_back_half(*, link: Link, back_half: str) -> str:
    """Store one more code for a link, inside the caller's transaction, and return it.

    The codes that it had go on working. Conflict for a back-half of another link; IntegrityError
    when that took it in the same moment.
    """
    key = back_half_key(link.domain_id, back_half)
    if not Code.objects.filter(code=key, link=link).exists():
        for refusal in refuse_taken(link.business, [(link.domain_id, back_half)]):
            if refusal is not None:
                raise refusal
        Code.objects.create(code=key, link=link)
    return key


def _taken(business: Business, place: Place) -> Conflict:
    domain_id, back_half = place
    others = list(islice(other_back_halves(back_half), _SUGGESTIONS))
    keys = {back_half_key(domain_id, other): other for other in others}
    taken = taken_codes(keys) | own_codes(business, others)
    free = [other for key, other in keys.items() if not taken.intersection((key, other))]
    return Conflict(
        f"“{back_half}” is taken.",
        hint=f"{free[0]} is free." if free else "Choose another.",
        field="back_half",
        code="back_half_taken",
    )
