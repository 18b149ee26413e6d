"""What a plan needs to know of a click, gathered when it needs it and not otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textrail.atlas import Atlas
from textrail.edge.device import Device, read_device, read_languages
from textrail.edge.house import Found, House, Recipient
from textrail.edge.taps import Taps
from textrail.vocabulary.areas import time_zone_of_phone
from textrail.vocabulary.landing import fields_in
from textrail.vocabulary.routing import Facts, Place, Plan
from textrail.vocabulary.whereabouts import place_of_contact, sticky_of_contact


class Needs(NamedTuple):
    """The facts that the decisions of a plan, or the merge fields of its landings, depend on."""

    place: bool
    time_zone: bool
    device: bool
    languages: bool
    taps: bool


class Visit(NamedTuple):
    """A request for a code: when (ms UTC), from where, and with which headers."""

    at: int
    address: str
    headers: Sequence[tuple[str, str]]


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
    """Facts from the recipient's record, the atlas, the request and the clicks so far."""

    def __init__(self, *, house: House, atlas: Atlas) -> None:
        self._house = house
        self._atlas = atlas
        self._taps = Taps(house)

    async def gather(self, found: Found, needs: Needs, visit: Visit) -> Facts:
        """The facts of a visit. Raises Unavailable when the house cannot be read."""
        place, time_zone = Place(), ""
        if needs.place or needs.time_zone:
            place, time_zone = self._whereabouts(found.recipient, needs, visit.address)
        headers = dict(reversed(visit.headers))  # the first of each name
        agent = headers.get("user-agent", "")
        device = Device("", "")
        if needs.device:
            hints = headers.get("sec-ch-ua-platform", ""), headers.get("sec-ch-ua-mobile", "")
            device = read_device(agent, *hints)
        return Facts(
            at=visit.at,
            sticky=_sticky(found, visit.address, agent),
            place=place,
            time_zone=time_zone,
            device=device.kind,
            os=device.os,
            languages=read_languages(headers.get("accept-language", "")) if needs.languages else (),
            clicks=await self._taps.of(found.link_id) if needs.taps else 0,
        )

    def _whereabouts(
        self, known: Recipient | None, needs: Needs, address: str
    ) -> tuple[Place, str]:
        """Place and time zone: what the recipient's record says comes before their address."""
        zone = ""
        if known is not None and needs.time_zone:
            zone = known.time_zone or time_zone_of_phone(known.phone)
        lacks_place = needs.place and (known is None or known.longitude is None)
        lacks_zone = needs.time_zone and not zone
        located = self._atlas.place(address) if lacks_place or lacks_zone else None
        by_address = Place() if located is None else located.place
        zone = zone or ("" if located is None else located.time_zone)
        return by_address if known is None else place_of_contact(known, by_address), zone


def _sticky(found: Found, address: str, agent: str) -> str:
    """The same for the same recipient; a stranger is known again by address and browser."""
    if found.contact_id is not None:
        return sticky_of_contact(found.contact_id)
    return f"{address} {agent}"
