"""Who taps and where, in the form in which routing and merge fields ask for it.

What somebody told comes before what their address says.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from textrail.vocabulary.earth import plain_name
from textrail.vocabulary.routing import Decision, Facts, Place


class OnRecord(Protocol):
    """The place that a contact gave; empty or None where it is not known."""

    @property
    def country(self) -> str: ...

    @property
    def region(self) -> str: ...

    @property
    def city(self) -> str: ...

    @property
    def latitude(self) -> float | None: ...

    @property
    def longitude(self) -> float | None: ...


def sticky_of_contact(contact_id: int) -> str:
    """What keeps a contact on one side of a split, whatever they hold."""
    return f"contact {contact_id}"


def place_of_contact(known: OnRecord, by_address: Place) -> Place:
    """The place on record, as exactly as it is known.

    An address whose place is the one on record and says more of it (the city of somebody of whom
    the country was told) is where they are. Degrees that the record lacks are those of the address,
    unless that is in another country or region. Without a record, the place of the address.
    """
    told = (known.country, known.region, known.city)
    if not (any(told) or known.latitude is not None):
        return by_address
    place = Place(*told, known.latitude, known.longitude, known=True)
    there = (by_address.country, by_address.region, by_address.city)
    alike = [
        plain_name(ours) == plain_name(theirs) for ours, theirs in zip(told, there, strict=True)
    ]
    if any(told) and all(same or not ours for same, ours in zip(alike, told, strict=True)):
        place = Place(*there, known.latitude, known.longitude, known=all(alike))
    contradicts = any(
        ours and theirs and not same
        for same, ours, theirs in zip(alike[:2], told[:2], there[:2], strict=True)
    )
    if contradicts or (place.latitude is not None and place.longitude is not None):
        return place
    return msgspec.structs.replace(
        place, latitude=by_address.latitude, longitude=by_address.longitude
    )


def field_values(click_id: str, facts: Facts, decision: Decision) -> dict[str, str]:
    """The values of the merge fields of a landing; what is not known is empty."""
    place = facts.place
    return {
        "click_id": click_id,
        "country": place.country,
        "region": place.region,
        "city": place.city,
        "language": facts.languages[0] if facts.languages else "",
        "device": facts.device,
        "os": facts.os,
        "store": decision.spot,
    }
