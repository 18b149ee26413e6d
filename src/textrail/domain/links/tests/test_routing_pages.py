"""The pages on which rules are built, tried and explained. Forms alone: no script is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
import time_machine
from conftest import MONDAY
from django.conf import settings as django_settings
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact, Person
from textrail.domain.links import actions
from textrail.domain.links.models import Click, Link, PastVerdict, Store
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.stores import NewStore
from textrail.vocabulary.phone import PhoneNumber
from textrail.vocabulary.routing import decode_plan

pytestmark = pytest.mark.django_db
PAGE = "https://shop.example.com/dinner"


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[None]:
    with time_machine.travel(MONDAY, tick=False):
        yield


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business,
        name="Menu",
        destination="https://shop.example.com/",
        utm=Utm(),
        at=MONDAY,
    )


@pytest.fixture
def base(link: Link) -> str:
    return f"/b/harbor-hvac/links/{link.pk}/routing/"


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator pointed to a file of places."""
    file = tmp_path / "places.mmdb"
    file.write_bytes(b"")
    monkeypatch.setattr(django_settings, "CONFIG", replace(django_settings.CONFIG, places=file))


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return unescape(answer.content.decode())


def seen(client: Client, base: str) -> str:
    """The rules that the form was drawn for."""
    return read(client, f"{base}new/").partition('name="seen" value="')[2].partition('"')[0]


def add(client: Client, base: str, **given: object) -> None:
    form = {"target": "page", "destination": PAGE, "seen": seen(client, base)} | given
    answer = client.post(f"{base}new/", form)
    assert answer.status_code == 302, unescape(answer.content.decode())


def names(link: Link) -> list[str]:
    route = Link.objects.get(id=link.pk).route
    return [rule.name for rule in decode_plan(route.encode()).rules] if route else []


def test_a_link_without_rules_says_what_belongs_here(as_ada: Client, base: str) -> None:
    page = read(as_ada, base)
    assert "Everybody lands on the same page" in page
    assert "How it ends" in page


def test_a_rule_is_typed_and_reads_as_a_sentence(as_ada: Client, base: str, link: Link) -> None:
    add(
        as_ada,
        base,
        name="Evening on phones",
        devices=["phone"],
        weekdays=["0", "1", "2", "3", "4"],
        from_time="18:00",
        to_time="22:00",
    )
    page = read(as_ada, base)
    assert "On a phone, Monday to Friday, 18:00–22:00 where they are" in page
    assert "shop.example.com/dinner" in page
    assert "Everybody else" in page
    assert "The hour where somebody is comes from their phone number here" in page
    assert names(link) == ["Evening on phones"]

    form = read(as_ada, f"{base}1/")
    assert 'value="Evening on phones"' in form
    assert 'name="devices" value="phone" checked' in form
    assert 'value="18:00"' in form


def test_moments_are_in_the_zone_of_the_business(as_ada: Client, base: str, link: Link) -> None:
    add(as_ada, base, name="Week", starts_at="2026-03-02T09:00", ends_at="2026-03-08T23:30")
    link.refresh_from_db()
    assert link.rules[0]["starts_at"] == "2026-03-02T09:00:00-05:00"
    assert link.rules[0]["ends_at"] == "2026-03-08T23:30:00-04:00"
    assert 'value="2026-03-02T09:00"' in read(as_ada, f"{base}1/")
    assert "From 2 Mar 2026, 09:00 to 8 Mar 2026, 23:30" in read(as_ada, base)


def test_a_split_is_typed_without_a_script(as_ada: Client, base: str, link: Link) -> None:
    sides = {
        "arm_1_label": "Blue",
        "arm_1_weight": "75",
        "arm_1_destination": f"{PAGE}/blue",
        "arm_2_label": "",
        "arm_2_weight": "25",
        "arm_2_destination": f"{PAGE}/green",
        "destination": "https://not.used.example/",
    }
    add(as_ada, base, name="Colours", target="split", **sides)
    link.refresh_from_db()
    assert link.rules[0]["arms"] == [
        {"label": "Blue", "destination": f"{PAGE}/blue", "weight": 75},
        {"label": "B", "destination": f"{PAGE}/green", "weight": 25},
    ]
    page = read(as_ada, base)
    assert "Blue 75%" in page
    assert "Everybody else" not in page


def test_a_new_rule_is_asked_before_one_for_everybody(
    as_ada: Client, base: str, link: Link
) -> None:
    add(as_ada, base, name="Rest")
    add(as_ada, base, name="Phones", devices=["phone"])
    assert names(link) == ["Phones", "Rest"]


def test_what_is_wrong_is_said_beside_what_was_typed(as_ada: Client, base: str, link: Link) -> None:
    form = {
        "name": "Abroad",
        "countries": "Germany, Atlantis",
        "target": "page",
        "destination": PAGE,
        "seen": seen(as_ada, base),
    }
    answer = as_ada.post(f"{base}new/", form)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "“Abroad” names the country “Atlantis”, which does not exist." in page
    assert 'value="Germany, Atlantis"' in page
    assert names(link) == []
    for wrong, sentence in (
        ({"percent": "many"}, "The percentage is a number."),
        ({"limit": "1.5"}, "The number of taps is a whole number."),
        ({"starts_at": "soon"}, "The start is no date and time."),
    ):
        refused = as_ada.post(f"{base}new/", form | {"countries": ""} | wrong)
        assert sentence in unescape(refused.content.decode())


def test_choices_that_no_form_offers_are_passed_over(as_ada: Client, base: str, link: Link) -> None:
    form = {"name": "Far", "target": "nearest", "seen": seen(as_ada, base)}
    odd = {"stores": ["9" * 5000, "x", ""], "weekdays": ["", "12", "٣"]}
    answer = as_ada.post(f"{base}new/", form | odd)
    assert answer.status_code == 422
    assert "“Far”" in unescape(answer.content.decode())
    assert names(link) == []


def test_rules_move_and_go(as_ada: Client, base: str, link: Link) -> None:
    for name, device in (("Phones", "phone"), ("Tablets", "tablet")):
        add(as_ada, base, name=name, devices=[device])
    add(as_ada, base, name="Rest")
    as_ada.post(f"{base}2/move/", {"to": "up", "seen": seen(as_ada, base)})
    assert names(link) == ["Tablets", "Phones", "Rest"]

    refused = as_ada.post(f"{base}3/move/", {"to": "up", "seen": seen(as_ada, base)})
    assert refused.status_code == 422
    assert "“Rest” holds for everybody, so “Phones” behind it can never be reached." in unescape(
        refused.content.decode()
    )
    stale = as_ada.post(f"{base}1/remove/", {"seen": "0"})
    assert stale.status_code == 409
    assert "Somebody else changed the rules meanwhile." in unescape(stale.content.decode())
    assert names(link) == ["Tablets", "Phones", "Rest"]

    as_ada.post(f"{base}1/remove/", {"seen": seen(as_ada, base)})
    assert names(link) == ["Phones", "Rest"]
    assert as_ada.get(f"{base}9/").status_code == 404


def test_the_preview_reads_the_rule_while_it_is_typed(as_ada: Client, base: str) -> None:
    def preview(**given: str) -> str:
        typed = {"name": "Spanish", "target": "page", "destination": PAGE} | given
        answer = as_ada.get(f"{base}new/", typed, headers={"HX-Request": "true"})
        return unescape(answer.content.decode())

    assert "In Spanish" in preview(languages="es")
    assert "is not known" in preview(languages="klingonese")
    assert "<html" not in preview()
    assert "Name the rule" in preview(name="")


def test_the_end_of_a_link_is_set_and_refused(as_ada: Client, base: str, link: Link) -> None:
    given = {"expires_at": "2026-03-03T12:00", "click_limit": "1,000", "fallback": PAGE}
    assert as_ada.post(f"{base}ending/", given).status_code == 302
    link.refresh_from_db()
    assert link.expires_at is not None
    assert link.expires_at.isoformat() == "2026-03-03T17:00:00+00:00"
    assert link.click_limit == 1000
    refused = as_ada.post(f"{base}ending/", given | {"fallback": "javascript:alert(1)"})
    page = unescape(refused.content.decode())
    assert refused.status_code == 422
    assert "The page for afterwards: Links lead to http and https pages only" in page
    assert 'value="javascript:alert(1)"' in page
    with time_machine.travel("2026-03-03T17:00:00Z"):
        assert "This link ended on 3 Mar 2026, 12:00:00 EST" in read(as_ada, base)


def test_an_agent_sees_the_rules_and_cannot_change_them(
    client: Client, bo: User, base: str, link: Link
) -> None:
    actions.set_rules(
        link=link,
        rules=[{"name": "Phones", "devices": ["phone"], "destination": PAGE}],
        at=MONDAY,
    )
    client.force_login(bo)
    page = read(client, base)
    assert "Phones" in page
    assert "Add a rule" not in page
    assert "<form" not in page.partition('id="content"')[2]
    assert client.post(f"{base}1/remove/", {}).status_code == 403


def test_hostile_names_are_escaped(as_ada: Client, base: str) -> None:
    add(as_ada, base, name="<script>alert(1)</script>", cities="<b>Tampa</b>")
    for path in (base, f"{base}1/", f"{base}try/"):
        assert b"<script>alert" not in as_ada.get(path).content
        assert b"<b>Tampa" not in as_ada.get(path).content


# Testing a click.


@pytest.fixture
def maya(business: Business) -> Contact:
    found = contacts.find_or_add_contact(
        business=business, phone=PhoneNumber("+17275550142"), at=MONDAY
    )
    Contact.objects.filter(id=found.pk).update(name="Maya Alvarez")
    return found


@pytest.fixture
def busy(link: Link, business: Business) -> Link:
    actions.add_store(
        business=business,
        store=NewStore("Tampa shop", f"{PAGE}/tampa", 27.9506, -82.4572),
        at=MONDAY,
    )
    return actions.set_rules(
        link=link,
        rules=[
            {"name": "Florida", "regions": ["US-FL"], "destination": f"{PAGE}/florida"},
            {"name": "Nearest", "nearest": True, "within_km": 50},
            {
                "name": "Evening on phones",
                "devices": ["phone"],
                "from_time": "18:00",
                "to_time": "22:00",
                "destination": PAGE,
            },
            {"name": "Spanish", "languages": ["es"], "destination": f"{PAGE}/es"},
        ],
        at=MONDAY,
    )


def lands(page: str) -> str:
    return page.partition('<strong class="address">')[2].partition("</strong>")[0]


def test_a_stranger_without_a_place_file_lands_where_everybody_does(
    as_ada: Client, base: str, busy: Link
) -> None:
    page = read(as_ada, f"{base}try/?region=Florida&at=2026-03-02T19:00")
    assert lands(page) == "shop.example.com"
    assert "The door would not see what you write here" in page
    assert page.count("Passed over.") == 4
    assert "Passed over. Where they are is not known." in page
    assert "Passed over. The hour where they are is not known." in page
    assert "Because no rule holds." in page


def test_every_rule_is_asked_in_order_until_one_takes(
    as_ada: Client, base: str, busy: Link, places: None
) -> None:
    page = read(as_ada, f"{base}try/?country=US&region=GA&at=2026-03-02T19:00&device=android")
    assert lands(page) == "shop.example.com/dinner"
    assert "Because “Evening on phones” holds." in page
    assert page.count("Passed over.") == 2
    assert page.count("Taken.") == 1
    assert "It was 19:00 on Monday where they are (America/New_York)" in page
    assert "Not asked" in page
    store = Store.objects.get()
    near = read(as_ada, f"{base}try/?store={store.pk}")
    assert lands(near) == "shop.example.com/dinner/tampa"
    assert "store Tampa shop" in near
    spanish = read(as_ada, f"{base}try/?language=es-mx&device=windows")
    assert lands(spanish) == "shop.example.com/dinner/es"


@pytest.mark.parametrize("point", ["27.96, -82.45", "27.96 -82.45", "27.96,−82.45"])
def test_the_nearest_store_is_tried_from_any_point(
    as_ada: Client, base: str, busy: Link, places: None, point: str
) -> None:
    page = read(as_ada, f"{base}try/?{urlencode({'point': point})}")
    assert lands(page) == "shop.example.com/dinner/tampa"
    assert "Store Tampa shop is nearest, 1.3 km away" in page
    assert "at 27.9600, -82.4500" in page


def test_a_strangers_percentage_is_said_to_be_chance(
    as_ada: Client, base: str, link: Link, maya: Contact
) -> None:
    rules = [{"name": "Half", "percent": 50, "destination": PAGE}]
    actions.set_rules(link=link, rules=rules, at=MONDAY)
    assert "depends on their phone" in read(as_ada, f"{base}try/")
    assert "depends on their phone" not in read(as_ada, f"{base}try/?contact={maya.pk}")
    actions.set_ending(link=link, expires_at=None, click_limit=5, fallback="", at=MONDAY)
    assert "depends on their phone" not in read(as_ada, f"{base}try/?clicks=5")


def test_a_person_is_asked_for_by_phone_and_no_address_holds_it(
    as_ada: Client, base: str, busy: Link, maya: Contact
) -> None:
    """The person's own place counts, with and without a place file."""
    Contact.objects.filter(id=maya.pk).update(country="US", region="FL", city="Tampa")
    answer = as_ada.post(f"{base}try/", {"phone": "(727) 555-0142", "country": "DE"})
    assert answer.status_code == 302
    assert "727" not in answer["location"]
    assert "5550142" not in answer["location"]
    page = read(as_ada, answer["location"])
    assert lands(page) == "shop.example.com/dinner/florida"
    assert "Maya Alvarez, with an iPhone, in Tampa, Florida, US" in page
    assert "told you their own place" in page

    unknown = as_ada.post(f"{base}try/", {"phone": "(727) 555-0199"})
    assert unknown.status_code == 422
    assert "None of your contacts has this number." in unescape(unknown.content.decode())


def test_merge_fields_are_filled_as_at_the_door(
    as_ada: Client, base: str, link: Link, maya: Contact
) -> None:
    Contact.objects.filter(id=maya.pk).update(country="US", city="St. Petersburg")
    page = f"{PAGE}?at={{city}}&with={{os}}"
    actions.set_rules(link=link, rules=[{"name": "All", "destination": page}], at=MONDAY)
    answer = read(as_ada, f"{base}try/?contact={maya.pk}")
    assert "?at=St.%20Petersburg&with=ios" in answer


def test_the_hour_of_a_person_comes_from_their_number(
    as_ada: Client, base: str, busy: Link, maya: Contact
) -> None:
    page = read(as_ada, f"{base}try/?contact={maya.pk}&at=2026-03-02T19:00")
    assert lands(page) == "shop.example.com/dinner"
    assert "It was 19:00 on Monday where they are (America/New_York)" in page


def test_the_side_of_a_split_is_the_same_whenever_it_is_tried(
    as_ada: Client, base: str, link: Link, maya: Contact
) -> None:
    arms = [{"label": side, "destination": f"{PAGE}/{side}", "weight": 1} for side in "ab"]
    actions.set_rules(link=link, rules=[{"name": "Split", "arms": arms}], at=MONDAY)
    pages = {lands(read(as_ada, f"{base}try/?contact={maya.pk}")) for _ in range(3)}
    assert len(pages) == 1
    assert pages <= {
        "shop.example.com/dinner/a",
        "shop.example.com/dinner/b",
    }


def test_an_ended_link_tells_so_before_any_rule(as_ada: Client, base: str, busy: Link) -> None:
    actions.set_ending(link=busy, expires_at=None, click_limit=5, fallback="", at=MONDAY)
    page = read(as_ada, f"{base}try/?clicks=5")
    assert "Is told that the link has ended" in page
    assert "It had 5 taps" in page
    assert page.count("Not asked") == 4


def test_a_limit_that_is_reached_is_said(as_ada: Client, base: str, link: Link) -> None:
    rules = [{"name": "First", "limit": 1, "destination": PAGE}]
    actions.set_rules(link=link, rules=rules, at=MONDAY)
    actions.set_ending(link=link, expires_at=None, click_limit=1, fallback="", at=MONDAY)
    page = read(as_ada, base)
    assert "reached its limit" not in page
    record(link)
    page = read(as_ada, base)
    assert "“First” reached its limit" in page
    assert "This link had its 1 tap by people, so no rule is asked any more." in page


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("country=Atlantis", "“Atlantis” is no country."),
        ("region=Nowhere", "“Nowhere” is no region that we know."),
        ("zone=Mars/Olympus", "“Mars/Olympus” is no time zone."),
        ("language=klingonese", "“klingonese” is no language that we know."),
        ("at=soon", "The time is no date and time."),
        ("clicks=some", "The number of taps is a whole number."),
        ("point=Tampa", "“Tampa” is no point on a map."),
        ("point=91,0", "“91,0” is no point on a map."),
        ("point=27.9", "“27.9” is no point on a map."),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_one_sentence(
    as_ada: Client, base: str, question: str, sentence: str
) -> None:
    answer = as_ada.get(f"{base}try/?{question}")
    assert answer.status_code == 422
    assert sentence in unescape(answer.content.decode())


def test_a_contact_of_another_business_is_not_found(
    client: Client, cy: User, other_business: Business, as_ada: Client, base: str, maya: Contact
) -> None:
    theirs = contacts.find_or_add_contact(
        business=other_business, phone=PhoneNumber("+17275550177"), at=MONDAY
    )
    assert as_ada.get(f"{base}try/?contact={theirs.pk}").status_code == 404
    assert as_ada.post(f"{base}try/", {"phone": "+17275550177"}).status_code == 422


# One recorded click.


def record(link: Link, **values: object) -> Click:
    person = Person.objects.create(business=link.business, created_at=MONDAY)
    return Click.objects.create(
        business=link.business,
        link=link,
        person=person,
        click_id="abcdefghij0123456789",
        at=MONDAY,
        method="GET",
        address="203.0.113.7",
        **{
            "code": "abcdefgh",
            "headers": [["user-agent", "Mozilla/5.0 <script>"], ["accept-language", "es-US"]],
            "verdict": "human",
            "reasons": ["phone_browser"],
            "ruleset": 2,
        }
        | values,
    )


def test_a_click_says_why_it_landed_where_it_did(as_ada: Client, link: Link) -> None:
    routed = {
        "outcome": "rule",
        "landing": f"{PAGE}/es",
        "rule": "Spanish",
        "because": ["They read es-US first"],
        "passed": ["Florida: Where they are is not known"],
    }
    click = record(link, routed=routed, country="US", region="FL", city="Tampa", asn=21928)
    PastVerdict.objects.create(
        click=click, verdict="unknown", reasons=["language:missing"], ruleset=1, replaced_at=MONDAY
    )
    path = f"/b/harbor-hvac/links/{link.pk}/clicks/{click.pk}/"
    page = as_ada.get(path).content.decode()
    assert "shop.example.com/dinner/es" in page
    assert "“Spanish” held." in page
    assert "They read es-US first" in page
    assert "Where they are is not known" in page
    assert "Tampa, Florida, United States" in page
    assert "AS21928" in page
    assert "The browser of a phone opened it." in page
    assert "by ruleset 1" in page
    assert "Mozilla/5.0 &lt;script&gt;" in page


def test_a_rule_with_a_colon_in_its_name_is_told_from_why_it_was_passed_over(
    as_ada: Client, link: Link, base: str
) -> None:
    add(as_ada, base, name="Evening: phones", devices=["phone"])
    passed = ["Evening: phones: They have: tablet, iOS", "Removed since: They read es-US first"]
    click = record(link, routed={"outcome": "landing", "landing": PAGE, "passed": passed})
    page = read(as_ada, f"/b/harbor-hvac/links/{link.pk}/clicks/{click.pk}/")
    assert '<p class="name">Evening: phones</p>' in page
    assert "Passed over. They have: tablet, iOS." in page
    assert '<p class="name">Removed since</p>' in page


def test_a_back_half_is_shown_as_it_was_asked_for(as_ada: Client, link: Link) -> None:
    click = record(link, code="7/spring-sale")
    page = read(as_ada, f"/b/harbor-hvac/links/{link.pk}/clicks/{click.pk}/")
    assert "/spring-sale</code>" in page
    assert "7/spring-sale" not in page


@pytest.mark.parametrize(
    ("routed", "said"),
    [
        (None, "The link had no rules then"),
        ({"outcome": "landing", "landing": PAGE, "because": ["No rule holds"]}, "No rule held"),
        ({"outcome": "expired", "landing": PAGE}, "The link had expired."),
        ({"outcome": "ended", "landing": ""}, "On the page that says that the link has ended"),
    ],
)
def test_every_way_to_land_is_explained(
    as_ada: Client, link: Link, routed: dict[str, object] | None, said: str
) -> None:
    click = record(link, routed=routed, reasons=[], headers=[])
    page = read(as_ada, f"/b/harbor-hvac/links/{link.pk}/clicks/{click.pk}/")
    assert said in page


def test_a_click_of_another_link_or_business_is_not_found(
    as_ada: Client, link: Link, business: Business, other_business: Business
) -> None:
    other = actions.create_link(
        business=business, name="Other", destination=PAGE, utm=Utm(), at=MONDAY
    )
    click = record(other)
    assert as_ada.get(f"/b/harbor-hvac/links/{link.pk}/clicks/{click.pk}/").status_code == 404


@pytest.mark.parametrize("at", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_no_tap_is_tried_at_the_ends_of_time(
    as_ada: Client, base: str, busy: Link, at: str
) -> None:
    answer = as_ada.get(f"{base}try/", {"at": at, "zone": "Asia/Tokyo"})
    assert answer.status_code in {200, 422}
    assert "A tap is not tried in the year" in answer.content.decode()
