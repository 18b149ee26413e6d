"""From the door's clicks to judged rows: all that came is kept, and each is judged once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links.models import Click, Code, Verdict
from textrail.domain.links.rules import DUPLICATE_SECONDS, Evidence, judge, read_device
from textrail.journal.port import Arrival
from textrail.outbox.actions import tell
from textrail.outbox.contract import Context
from textrail.vocabulary.arrivals import ClickArrival, decode_click
from textrail.vocabulary.clock import from_ms
from textrail.vocabulary.events import Event, EventName

_WINDOW = timedelta(seconds=DUPLICATE_SECONDS)

# Code, address and agent: a tap of the same three is a tap of the same device.
DeviceKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Visit:
    """An arrival on its way to a row; header names are lower-case."""

    click_id: str
    code: Code
    at: datetime
    method: str
    address: str
    headers: dict[str, str]

    @property
    def agent(self) -> str:
        return self.headers.get("user-agent", "")

    @property
    def device_key(self) -> DeviceKey:
        return self.code.code, self.address, self.agent


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap by a person, which the next one of the same device is measured against."""

    at: datetime
    person: Person


def record_clicks(context: Context, arrivals: Sequence[Arrival]) -> None:
    """Judge clicks and keep them, each once however often it arrives.

    Runs in the transaction that moves the cursor, in a few statements whatever the number of
    clicks. LookupError for a code that is gone since the door answered: the intake parks it.
    """
    visits = _new_visits(arrivals)
    if not visits:
        return
    contacts = _contacts(visits)
    taps = _earlier_taps(visits)
    clicks = []
    for visit in visits:
        click = _judged(visit, contacts.get(visit.code.contact_id or 0), taps)
        if click.verdict == Verdict.HUMAN:
            taps[visit.device_key] = Tap(visit.at, click.person)
        clicks.append(click)
    strangers = {id(click.person): click.person for click in clicks if click.person.pk is None}
    Person.objects.bulk_create(strangers.values())
    Click.objects.bulk_create(clicks)
    for click in clicks:
        if click.verdict == Verdict.HUMAN:
            _tell(click)


def _new_visits(arrivals: Iterable[Arrival]) -> list[Visit]:
    """The arrivals that have no row yet, in order."""
    read: dict[str, tuple[ClickArrival, datetime]] = {}
    for arrival in arrivals:
        click = decode_click(arrival.body)
        read.setdefault(click.click_id, (click, from_ms(arrival.at)))
    known = set(Click.objects.filter(click_id__in=read).values_list("click_id", flat=True))
    fresh = [pair for click_id, pair in read.items() if click_id not in known]
    codes = _codes({click.code for click, _ in fresh})
    return [_visit(click, codes[click.code], at) for click, at in fresh]


def _codes(names: set[str]) -> dict[str, Code]:
    found = {code.code: code for code in Code.objects.filter(code__in=names).select_related("link")}
    if gone := names - found.keys():
        raise LookupError(f"no link for code {', '.join(sorted(gone)[:5])}")
    return found


def _visit(click: ClickArrival, code: Code, at: datetime) -> Visit:
    # PostgreSQL keeps no NUL in text; columns are as wide as what honest requests send.
    headers = {name.lower(): value.replace("\0", "") for name, value in click.headers}
    return Visit(click.click_id, code, at, click.method[:8], click.address[:45], headers)


def _contacts(visits: Iterable[Visit]) -> dict[int, Contact]:
    ids = [visit.code.contact_id for visit in visits]
    wanted = {contact_id for contact_id in ids if contact_id is not None}
    rows = Contact.objects.filter(id__in=wanted).select_related("person")
    return {contact.pk: contact for contact in rows}


def _earlier_taps(visits: Sequence[Visit]) -> dict[DeviceKey, Tap]:
    """The last tap by a person of each device, of those that these visits may repeat."""
    moments = [visit.at for visit in visits]
    rows = Click.objects.filter(
        code__in={visit.code.code for visit in visits},
        at__range=(min(moments) - _WINDOW, max(moments) + _WINDOW),
        verdict=Verdict.HUMAN,
    )
    return {
        (row.code, row.address, dict(row.headers).get("user-agent", "")): Tap(row.at, row.person)
        for row in rows.select_related("person").order_by("at", "id")
    }


def _judged(visit: Visit, contact: Contact | None, taps: dict[DeviceKey, Tap]) -> Click:
    """The row of a visit. A stranger becomes a new person, who is the same when they tap again."""
    link, earlier = visit.code.link, taps.get(visit.device_key)
    since = (visit.at - earlier.at).total_seconds() if earlier else None
    judgement = judge(Evidence(visit.method, visit.headers, since))
    if contact is not None:
        person = contact.person
    elif earlier is not None and judgement.verdict == "duplicate":
        person = earlier.person
    else:
        person = Person(business_id=link.business_id, created_at=visit.at)
    device = read_device(visit.agent)
    return Click(
        business_id=link.business_id,
        link=link,
        code=visit.code.code,
        click_id=visit.click_id,
        at=visit.at,
        contact=contact,
        person=person,
        message_id=visit.code.message_id,
        campaign_id=link.campaign_id,
        variant_id=link.variant_id,
        method=visit.method,
        address=visit.address,
        headers=list(visit.headers.items()),
        device=device.device,
        os=device.os,
        browser=device.browser,
        verdict=judgement.verdict,
        reasons=list(judgement.reasons),
        ruleset=judgement.ruleset,
    )


def _tell(click: Click) -> None:
    subject: dict[str, int | str] = {"click_id": click.click_id, "link_id": click.link_id}
    if click.contact_id is not None:
        subject["contact_id"] = click.contact_id
    tell(Event(EventName.LINK_CLICKED, click.business_id, click.at, subject))
