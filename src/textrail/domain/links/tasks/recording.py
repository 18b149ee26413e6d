"""From the door's clicks to judged rows: all that came is kept, and each is judged once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from textrail.atlas import Atlas
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links.actions.awaiting import meet_clicks
from textrail.domain.links.models import Click, Code, Verdict
from textrail.domain.links.queries.evidence import (
    DeviceKey,
    Request,
    gather_evidence,
    nearby_taps,
)
from textrail.domain.links.rules import Evidence, judge, read_device
from textrail.domain.links.rules.agents import agent_of
from textrail.journal.port import Arrival
from textrail.outbox.actions import tell_all
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import ClickArrival, decode_click
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.routing import Place


@dataclass(frozen=True, slots=True)
class Visit:
    """An arrival on its way to a row. `routed` is where a link with rules led it and why."""

    request: Request
    code: Code
    place: Place
    routed: dict[str, Any] | None


class Taps:
    """The last tap by a person with each device, which the next one is measured against."""

    def __init__(self, requests: Sequence[Request]) -> None:
        humans = [tap for tap in nearby_taps(requests) if tap.verdict == Verdict.HUMAN]
        persons = Person.objects.in_bulk({tap.person_id for tap in humans}) if humans else {}
        self._moments = {tap.device_key: tap.at for tap in humans}
        self._persons = {tap.device_key: persons[tap.person_id] for tap in humans}

    def add(self, key: DeviceKey, at: datetime, person: Person) -> None:
        self._moments[key] = at
        self._persons[key] = person

    def person(self, key: DeviceKey) -> Person | None:
        return self._persons.get(key)

    def since(self, key: DeviceKey, at: datetime) -> float | None:
        tapped = self._moments.get(key)
        return None if tapped is None else (at - tapped).total_seconds()


def record_clicks(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Judge clicks and keep them, each once however often it arrives.

    Runs in the transaction that moves the cursor, in a few statements whatever the number of
    clicks. LookupError for a code that is gone since the door answered: the intake parks it.
    """
    visits = _new_visits(arrivals, context.atlas)
    if not visits:
        return
    requests = [visit.request for visit in visits]
    evidence = gather_evidence(requests, atlas=context.atlas, secure=is_secure(context.links_url))
    contacts = _contacts(visits)
    taps = Taps(requests)
    clicks = []
    for visit in visits:
        request = visit.request
        contact = contacts.get(visit.code.contact_id or 0)
        click = _judged(visit, evidence[request.click_id], contact, taps)
        if click.verdict == Verdict.HUMAN:
            taps.add(request.device_key, request.at, click.person)
        clicks.append(click)
    strangers = {id(click.person): click.person for click in clicks if click.person.pk is None}
    Person.objects.bulk_create(strangers.values())
    Click.objects.bulk_create(clicks)
    meet_clicks(clicks=clicks, at=context.clock.now())
    tell_all([_clicked(click) for click in clicks])


def is_secure(links_url: str) -> bool:
    """Whether the addresses that texts carry are https, over which browsers say more."""
    return links_url.startswith("https://")


def _new_visits(arrivals: Iterable[Arrival], atlas: Atlas) -> list[Visit]:
    """The arrivals that have no row yet, in order."""
    read: dict[str, tuple[ClickArrival, datetime]] = {}
    for arrival in arrivals:
        click = decode_click(arrival.body)
        read.setdefault(click.click_id, (click, from_ms(arrival.at)))
    known = set(Click.objects.filter(click_id__in=read).values_list("click_id", flat=True))
    fresh = [pair for click_id, pair in read.items() if click_id not in known]
    codes = _codes({click.code for click, _ in fresh})
    return [_visit(click, codes[click.code], at, atlas) for click, at in fresh]


def _codes(names: set[str]) -> dict[str, Code]:
    found = {code.code: code for code in Code.objects.filter(code__in=names).select_related("link")}
    if gone := names - found.keys():
        raise LookupError(f"no link for code {', '.join(sorted(gone)[:5])}")
    return found


def _visit(click: ClickArrival, code: Code, at: datetime, atlas: Atlas) -> Visit:
    # PostgreSQL keeps no NUL in text; columns are as wide as what honest requests send.
    headers = [(name.lower(), value.replace("\0", "")) for name, value in click.headers]
    agent = agent_of(headers)
    located, network = atlas.place(click.address), atlas.network(click.address)
    request = Request(
        click_id=click.click_id,
        business_id=code.link.business_id,
        code=code.code,
        message_id=code.message_id,
        at=at,
        method=click.method[:8],
        address=click.address[:45],
        headers=headers,
        agent=agent,
        device=read_device(agent),
        asn=network.asn if network else None,
        network=network.name[:80] if network else "",
    )
    routed = None if click.decision is None else msgspec.to_builtins(click.decision)
    return Visit(request, code, located.place if located else Place(), routed)


def _contacts(visits: Iterable[Visit]) -> dict[int, Contact]:
    ids = [visit.code.contact_id for visit in visits]
    wanted = {contact_id for contact_id in ids if contact_id is not None}
    rows = Contact.objects.filter(id__in=wanted).select_related("person")
    return {contact.pk: contact for contact in rows}


def _judged(visit: Visit, evidence: Evidence, contact: Contact | None, taps: Taps) -> Click:
    """The row of a visit. A stranger becomes a new person, who is the same when they tap again."""
    request, link = visit.request, visit.code.link
    since = taps.since(request.device_key, request.at)
    judgement = judge(evidence if since is None else replace(evidence, seconds_since_tap=since))
    earlier = taps.person(request.device_key)
    if contact is not None:
        person = contact.person
    elif earlier is not None and judgement.verdict == "duplicate":
        person = earlier
    else:
        person = Person(business_id=link.business_id, created_at=request.at)
    return Click(
        business_id=link.business_id,
        link=link,
        code=request.code,
        click_id=request.click_id,
        at=request.at,
        contact=contact,
        person=person,
        message_id=request.message_id,
        campaign_id=link.campaign_id,
        variant_id=link.variant_id,
        method=request.method,
        address=request.address,
        headers=[list(pair) for pair in request.headers],
        device=request.device.device,
        os=request.device.os,
        browser=request.device.browser,
        country=visit.place.country[:2],
        region=visit.place.region[:80],
        city=visit.place.city[:80],
        asn=request.asn,
        network=request.network,
        routed=visit.routed,
        verdict=judgement.verdict,
        reasons=list(judgement.reasons),
        ruleset=judgement.ruleset,
    )


def _clicked(click: Click) -> Event:
    """Told of machines, too; who hears of it decides by the verdict."""
    subject: dict[str, int | str] = {
        "click_id": click.click_id,
        "link_id": click.link_id,
        "verdict": click.verdict,
    }
    if click.contact_id is not None:
        subject["contact_id"] = click.contact_id
    return Event(EventName.LINK_CLICKED, click.business_id, click.at, subject)
