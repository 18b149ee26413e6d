"""Who taps and where, in the form in which routing and merge fields ask for it.

What somebody told comes before what their address says.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

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
    """The place on record. Degrees that it lacks are those of the address, unless that is in
    another country or region; without a place on record, the place of the address."""
    if not (known.country or known.region or known.city or known.latitude is not None):
        return by_address
    place = Place(
        known.country, known.region, known.city, known.latitude, known.longitude, known=True
    )
    contradicts = any(
        ours and theirs and ours.casefold() != theirs.casefold()
        for ours, theirs in (
            (place.country, by_address.country),
            (place.region, by_address.region),
        )
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
