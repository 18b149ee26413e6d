"""What a plan needs to know of a click, gathered when it needs it and not otherwise."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from textrail.atlas import Atlas
from textrail.edge.device import Device
from textrail.edge.evidence import Evidence
from textrail.edge.house import Found, Recipient
from textrail.vocabulary.areas import time_zone_of_phone
from textrail.vocabulary.landing import fields_in
from textrail.vocabulary.routing import Facts, Place, Plan
from textrail.vocabulary.whereabouts import place_of_contact, sticky_of_contact

_NO_DEVICE: Final = Device("", "")


class Needs(NamedTuple):
    """The facts that the decisions of a plan, or the merge fields of its landings, depend on."""

    place: bool
    time_zone: bool
    device: bool
    languages: bool
    taps: bool


class Visit(msgspec.Struct, frozen=True, gc=False):
    """A request for a code: when (ms UTC), how, from where, and with which evidence."""

    at: int
    method: str
    address: str
    evidence: Evidence


def needs_of(plan: Plan) -> Needs:
    rules = plan.rules
    landings = [plan.landing, plan.fallback]
    for rule in rules:
        landings += [rule.landing, *(arm.landing for arm in rule.arms)]
        landings += [spot.landing for spot in rule.spots]
    fields = {name for landing in landings for name in fields_in(landing)}
    return Needs(
        place=any(rule.countries or rule.regions or rule.cities or rule.spots for rule in rules)
        or not fields.isdisjoint({"country", "region", "city"}),
        time_zone=any(
            rule.weekdays or rule.from_minute is not None or rule.to_minute is not None
            for rule in rules
        ),
        device=any(rule.devices or rule.systems for rule in rules)
        or not fields.isdisjoint({"device", "os"}),
        languages=any(rule.languages for rule in rules) or "language" in fields,
        taps=plan.click_limit is not None or any(rule.limit is not None for rule in rules),
    )


class Gatherer:
    """Facts from the recipient's record, the atlas and the request."""

    def __init__(self, *, atlas: Atlas) -> None:
        self._atlas = atlas

    def gather(self, found: Found, needs: Needs, visit: Visit, taps: int) -> Facts:
        """The facts of a visit to a link with so many taps by people."""
        place, time_zone = Place(), ""
        if needs.place or needs.time_zone:
            place, time_zone = self._whereabouts(found.recipient, needs, visit.address)
        evidence = visit.evidence
        device = evidence.device if needs.device else _NO_DEVICE
        return Facts(
            at=visit.at,
            sticky=_sticky(found, visit),
            place=place,
            time_zone=time_zone,
            device=device.kind,
            os=device.os,
            languages=evidence.languages if needs.languages else (),
            clicks=taps,
        )

    def _whereabouts(
        self, known: Recipient | None, needs: Needs, address: str
    ) -> tuple[Place, str]:
        """Place and time zone: what the recipient's record says comes before their address."""
        zone = ""
        if known is not None and needs.time_zone:
            zone = known.time_zone or time_zone_of_phone(known.phone)
        lacks_zone = needs.time_zone and not zone
        located = self._atlas.place(address) if needs.place or lacks_zone else None
        by_address = Place() if located is None else located.place
        zone = zone or ("" if located is None else located.time_zone)
        return by_address if known is None else place_of_contact(known, by_address), zone


def _sticky(found: Found, visit: Visit) -> str:
    """The same for the same recipient; a stranger is known again by address and browser."""
    if found.contact_id is not None:
        return sticky_of_contact(found.contact_id)
    return f"{visit.address} {visit.evidence.named.get('user-agent', '')}"
