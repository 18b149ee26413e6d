"""Testing a click: who, with what, where and when; and which rule decides, asked as at the door.

The question stands in the address, so that it can be shared; a phone number never does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from textrail.domain.accounts.access import MemberRequest, member_page
from textrail.domain.accounts.models import Business
from textrail.domain.accounts.rules import Permission
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.links import queries
from textrail.domain.links.models import Link
from textrail.domain.links.pages.routing import places_known
from textrail.domain.links.pages.rule_form import local_text, read_moment, read_whole
from textrail.domain.links.rules.languages import find_language
from textrail.domain.links.rules.routing import StorePlace
from textrail.domain.links.rules.routing_words import spoken_address
from textrail.vocabulary.areas import time_zone_of_phone
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.deciding import decide
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.ids import read_id
from textrail.vocabulary.landing import fill
from textrail.vocabulary.moments import FIRST_YEAR, LAST_YEAR, is_near
from textrail.vocabulary.phone import parse_phone
from textrail.vocabulary.places import find_country, find_region, region_name
from textrail.vocabulary.routing import (
    Decision,
    DeviceKind,
    Facts,
    OsName,
    Place,
    Plan,
    decode_plan,
)
from textrail.vocabulary.whereabouts import field_values, place_of_contact, sticky_of_contact
from textrail.web.showing import show_page

_FIELDS = (
    "contact",
    "device",
    "country",
    "region",
    "city",
    "store",
    "point",
    "zone",
    "at",
    "language",
    "clicks",
)
_POINT = re.compile(r"(-?\d{1,3}(?:\.\d{1,15})?)[,\s]\s*(-?\d{1,3}(?:\.\d{1,15})?)")
State = Literal["taken", "passed", "unasked"]


class Phone(NamedTuple):
    """What somebody may hold, in words, and what the door makes of it."""

    name: str
    device: DeviceKind
    os: OsName


_PHONES = {
    "iphone": Phone("an iPhone", "phone", "ios"),
    "android": Phone("an Android phone", "phone", "android"),
    "ipad": Phone("an iPad", "tablet", "ios"),
    "tablet": Phone("an Android tablet", "tablet", "android"),
    "windows": Phone("a Windows computer", "computer", "windows"),
    "mac": Phone("a Mac", "computer", "macos"),
    "chromebook": Phone("a Chromebook", "computer", "chromeos"),
    "linux": Phone("a Linux computer", "computer", "linux"),
    "unknown": Phone("a device that we do not know", "", ""),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A rule and what it answered; `why` is empty for one that was not asked."""

    name: str
    state: State
    why: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """Where the click lands, and the way there; `by_chance` where another stranger might land
    elsewhere."""

    decision: Decision
    page: str
    parameters: str
    rules: tuple[Asked, ...]
    who: str
    phone: str
    place: str
    at: datetime
    by_chance: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A click that might be, as it was asked about."""

    contact: Contact | None
    phone: Phone
    place: Place
    zone: str
    at: datetime
    languages: tuple[str, ...]
    clicks: int


@require_http_methods(["GET", "POST"])
@member_page(Permission.LOOK)
def try_click(request: MemberRequest, link_id: int) -> HttpResponse:
    """The question and its answer; a POST turns the typed phone into a contact of the address."""
    link = queries.link(request.business, link_id)
    if request.method == "POST":
        return _to_question(request, link)
    given = _given(request, link, request.GET)
    stores = queries.store_places(request.business)
    try:
        answer, refusal = _answer(request, link, given, stores), None
    except Refusal as refused:
        answer, refusal = None, refused
    return _page(request, link, given, answer=answer, refusal=refusal)


def _to_question(request: MemberRequest, link: Link) -> HttpResponse:
    given = {name: request.POST.get(name, "") for name in _FIELDS}
    typed = request.POST.get("phone", "").strip()
    given["contact"] = ""
    if typed:
        try:
            given["contact"] = str(_contact_called(request, typed).pk)
        except Refusal as refusal:
            return _page(request, link, given | {"phone": typed}, answer=None, refusal=refusal)
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in given.items() if value})
    address = reverse("links:try", args=[request.business.slug, link.pk])
    return redirect(f"{address}?{query.urlencode()}")


def _contact_called(request: MemberRequest, typed: str) -> Contact:
    phone = parse_phone(typed, country=request.business.country)
    found = contacts.contact_by_phone(request.business, phone)
    if found is None:
        raise Malformed(
            "None of your contacts has this number.",
            hint="Leave it empty to try a stranger.",
            field="phone",
        )
    return found


def _given(request: MemberRequest, link: Link, query: QueryDict) -> dict[str, str]:
    """What the address asks, and for what it leaves open what is likely."""
    given = {name: query.get(name, "")[:100].replace("\0", "") for name in _FIELDS}
    zone = request.business.time_zone
    return given | {
        "device": given["device"] if given["device"] in _PHONES else "iphone",
        "zone": given["zone"] if "zone" in query else zone,
        "at": given["at"] or local_text(request.now, zone),
        "clicks": given["clicks"] or str(_taps(request, link)),
    }


def _taps(request: MemberRequest, link: Link) -> int:
    taps = queries.taps_by_link(request.business, [link.pk]).get(link.pk)
    return taps.human if taps else 0


def _answer(
    request: MemberRequest, link: Link, given: dict[str, str], stores: Sequence[StorePlace]
) -> Answer:
    question = _question(request, given, stores)
    facts = _facts(question)
    plan = decode_plan(link.route.encode()) if link.route else None
    plan = plan or Plan(landing=link.landing, salt="")
    decision = decide(plan, facts)
    landing = fill(decision.landing, field_values("click-id", facts, decision))
    page, mark, parameters = spoken_address(landing).partition("?")
    return Answer(
        decision=decision,
        page=page,
        parameters=mark + parameters,
        rules=_asked(plan, decision),
        who=_name_of(question.contact),
        phone=question.phone.name,
        place=_place_words(facts.place),
        at=question.at,
        by_chance=question.contact is None and _takes_chances(plan, decision),
    )


def _takes_chances(plan: Plan, decision: Decision) -> bool:
    """Whether one of the rules that were asked parts people by chance."""
    taken = 1 if decision.rule else 0
    asked = plan.rules[: len(decision.passed) + taken]
    return any(rule.arms or rule.percent is not None for rule in asked)


def _contact(business: Business, given: str) -> Contact | None:
    """The contact that was chosen, or NotFound; None where nobody was."""
    contact_id = read_id(given)
    return None if contact_id is None else contacts.contact(business, contact_id)


def _question(
    request: MemberRequest, given: dict[str, str], stores: Sequence[StorePlace]
) -> Question:
    business = request.business
    at = read_moment(given["at"], business.time_zone, name="time", field="at")
    if at is not None and not is_near(at):
        raise Malformed(
            f"A tap is not tried in the year {at.year}.",
            hint=f"Choose a day of {FIRST_YEAR} to {LAST_YEAR}.",
            field="at",
        )
    return Question(
        contact=_contact(business, given["contact"]),
        phone=_PHONES[given["device"]],
        place=_place(given, stores),
        zone=_zone(given["zone"]),
        at=at or request.now,
        languages=_languages(given["language"]),
        clicks=read_whole(given["clicks"], name="The number of taps", field="clicks") or 0,
    )


def _facts(question: Question) -> Facts:
    """What the door would know: the person's own place and clock first, else those of the address.

    Without a file of places it knows neither of anybody else.
    """
    contact = question.contact
    place, zone = (question.place, question.zone) if places_known() else (Place(), "")
    if contact is not None:
        place = place_of_contact(contact, place)
        zone = contact.time_zone or time_zone_of_phone(contact.phone) or zone
    return Facts(
        at=to_ms(question.at),
        sticky="" if contact is None else sticky_of_contact(contact.pk),
        place=place,
        time_zone=zone,
        device=question.phone.device,
        os=question.phone.os,
        languages=question.languages,
        clicks=question.clicks,
    )


def _place(given: dict[str, str], stores: Sequence[StorePlace]) -> Place:
    country = find_country(given["country"]) if given["country"].strip() else ""
    if given["country"].strip() and not country:
        raise Malformed(
            f"“{given['country'][:40]}” is no country.",
            hint="Use its name or its two letters, such as US.",
            field="country",
        )
    region = find_region(given["region"], [country] if country else [])
    if given["region"].strip() and not region:
        raise Malformed(
            f"“{given['region'][:40]}” is no region that we know.",
            hint="Write it with its country, such as US-FL.",
            field="region",
        )
    home, _, part = region.partition("-")
    spot = next((store for store in stores if str(store.id) == given["store"]), None)
    there = (spot.latitude, spot.longitude) if spot else (None, None)
    latitude, longitude = _point(given["point"]) if given["point"].strip() else there
    return Place(
        country=country or home,
        region=part,
        city=given["city"].strip(),
        latitude=latitude,
        longitude=longitude,
    )


def _point(text: str) -> tuple[float, float]:
    """Latitude and longitude as maps write them, `27.9506, -82.4572`; or Malformed."""
    found = _POINT.fullmatch(text.strip().replace("−", "-"))
    latitude, longitude = map(float, found.groups()) if found else (inf, inf)
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise Malformed(
            f"“{text.strip()[:40]}” is no point on a map.",
            hint="Write its latitude and longitude, such as 27.9506, -82.4572.",
            field="point",
        )
    return latitude, longitude


def _zone(text: str) -> str:
    name = text.strip()
    try:
        return ZoneInfo(name).key if name else ""
    except (KeyError, ValueError, OSError) as error:
        raise Malformed(
            f"“{name[:40]}” is no time zone.",
            hint="Write it as America/New_York, or leave it empty for an unknown one.",
            field="zone",
        ) from error


def _languages(text: str) -> tuple[str, ...]:
    given = [part.strip() for part in text.split(",") if part.strip()]
    read = tuple(find_language(part) for part in given)
    if "" in read:
        raise Malformed(
            f"“{given[read.index('')][:40]}” is no language that we know.",
            hint="Write it as phones do: es, or es-mx.",
            field="language",
        )
    return read


def _asked(plan: Plan, decision: Decision) -> tuple[Asked, ...]:
    """Each rule of the plan in order, with what it answered."""
    asked = []
    taken = decision.rule != ""
    for position, rule in enumerate(plan.rules):
        if position < len(decision.passed):
            why = decision.passed[position].removeprefix(f"{rule.name}: ")
            asked.append(Asked(rule.name, "passed", why))
        elif taken and position == len(decision.passed):
            asked.append(Asked(rule.name, "taken", " · ".join(decision.because)))
        else:
            asked.append(Asked(rule.name, "unasked"))
    return tuple(asked)


def _name_of(contact: Contact | None) -> str:
    return "A stranger" if contact is None else contact.name or "The contact"


def _place_words(place: Place) -> str:
    region = region_name(f"{place.country}-{place.region}") if place.region else ""
    named = region if region != f"{place.country}-{place.region}" else place.region
    parts = [part for part in (place.city, named, place.country) if part]
    if parts:
        return f"in {', '.join(parts)}"
    if place.latitude is not None and place.longitude is not None:
        return f"at {place.latitude:.4f}, {place.longitude:.4f}"
    return "in an unknown place"


def _page(
    request: MemberRequest,
    link: Link,
    given: dict[str, str],
    *,
    answer: Answer | None,
    refusal: Refusal | None,
) -> HttpResponse:
    business = request.business
    contact = _contact(business, given["contact"])
    context = {
        "link": link,
        "here": "routing",
        "given": {"phone": contact.phone if contact else ""} | given,
        "contact": contact,
        "own_place": contact is not None and place_of_contact(contact, Place()).known,
        "phones": [(key, phone.name.split(" ", 1)[1]) for key, phone in _PHONES.items()],
        "stores": [("", "Nowhere near")]
        + [(str(store.id), store.name) for store in queries.store_places(business)],
        "answer": answer,
        "landing": spoken_address(link.landing),
        "errors": {refusal.field: refusal.sentence} if refusal else {},
        "places_known": places_known(),
    }
    return show_page(request, "links/try.html", context, refusal)
