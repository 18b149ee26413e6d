"""Rules of a link: what is refused and in which words, how they read, and what the door gets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conftest import MONDAY
from hypothesis import assume, given
from hypothesis import strategies as st

from textrail.domain.accounts.models import AuditEntry, Business
from textrail.domain.links import actions
from textrail.domain.links.models import Link
from textrail.domain.links.rules import Utm, check_destination
from textrail.domain.links.rules.reach import first_out_of_reach, takes_all_of
from textrail.domain.links.rules.routing import (
    EditedRule,
    StorePlace,
    compile_plan,
    read_rules,
    write_rules,
)
from textrail.domain.links.rules.routing_checks import check_ending, check_rules
from textrail.domain.links.rules.routing_words import lint_rules, say_rule
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.deciding import decide
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.places import countries, find_country, find_region, region_name
from textrail.vocabulary.routing import Facts, Place, Plan, Rule, decode_plan

PAGE = "https://shop.example.com/dinner"
STORES = (
    StorePlace(1, "Tampa", 27.9506, -82.4572, "https://shop.example.com/tampa"),
    StorePlace(2, "Miami", 25.7617, -80.1918, "https://shop.example.com/miami"),
)
ARMS = [
    {"label": "A", "destination": "https://shop.example.com/a", "weight": 50},
    {"label": "B", "destination": "https://shop.example.com/b", "weight": 50},
]


def admit(url: str) -> str:
    return check_destination(url, allow_private=False)


def rule(name: str = "Evening", **values: Any) -> dict[str, Any]:
    leads = values.keys() & {"destination", "arms", "nearest"}
    return {"name": name} | ({} if leads else {"destination": PAGE}) | values


def check(*rules: object) -> tuple[EditedRule, ...]:
    return check_rules(rules, stores=STORES, admit=admit)


def refusal(*rules: object) -> Malformed:
    with pytest.raises(Malformed) as refused:
        check(*rules)
    return refused.value


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "Rule 1 needs a name."),
    ({"countries": ["ZZ"]}, "“Evening” names the country “ZZ”, which does not exist."),
    ({"countries": ["UK"]}, "“Evening” names the country “UK”, which does not exist."),
    ({"regions": ["US-ZZ"]}, "“Evening” names the region “US-ZZ”, which is not known."),
    ({"regions": ["US-CA", "CA-ON"]}, "“Evening” names regions of more than one country."),
    (
        {"countries": ["DE"], "regions": ["US-CA"]},
        "“Evening” asks for Germany and for a region that is not there.",
    ),
    ({"cities": [" "]}, "“Evening” names a city that is empty or longer than 80 characters."),
    (
        {"devices": ["watch"]},
        "“Evening” asks for “watch”, which is none of the devices that we tell apart.",
    ),
    (
        {"devices": ["computer"], "systems": ["ios", "android"]},
        "“Evening” asks for a computer and for a system that only phones and tablets run.",
    ),
    (
        {"devices": ["phone"], "systems": ["windows"]},
        "“Evening” asks for a phone or tablet and for a system that only computers run.",
    ),
    ({"languages": ["klingonese"]}, "“Evening” asks for the language “klingonese”, which is not"),
    ({"weekdays": [7]}, "“Evening” names a weekday outside 0 to 6."),
    ({"from_time": "18:00"}, "“Evening” has hours without their end."),
    ({"to_time": "18:00"}, "“Evening” has hours without their beginning."),
    ({"from_time": "25:00", "to_time": "26:00"}, "“Evening” has “25:00”, which is no time of the"),
    (
        {"from_time": "18:00", "to_time": "18:00"},
        "“Evening” begins and ends at the same hour, so it never holds.",
    ),
    (
        {"starts_at": "2026-03-02T10:00:00Z", "ends_at": "2026-03-02T10:00:00Z"},
        "“Evening” ends before it starts.",
    ),
    ({"starts_at": "2026-03-02T10:00:00"}, "“Evening” has a moment without a time zone."),
    ({"ends_at": "9999-12-31T23:00:00-02:00"}, "“Evening” has a moment in the year 9999."),
    ({"percent": 0}, "“Evening” holds for 0% of people; it must be more than 0 and at most 100."),
    ({"percent": 101}, "“Evening” holds for 101% of people; it must be more than 0 and at most"),
    ({"limit": 0}, "“Evening” has a limit that is not 1 to 1,000,000,000 taps."),
    ({"destination": ""}, "“Evening” leads nowhere."),
    ({"destination": PAGE, "arms": ARMS}, "“Evening” leads to more than one place at once."),
    ({"destination": PAGE, "stores": [1]}, "“Evening” names stores, but does not lead to the"),
    ({"destination": "javascript:alert(1)"}, "“Evening”: Links lead to http and https pages only"),
    ({"destination": "https://127.0.0.1/"}, "“Evening”: 127.0.0.1 is inside a private network"),
    ({"destination": f"{PAGE}?e={{email}}"}, "“Evening”: {email} would put what names a person"),
    ({"arms": ARMS[:1]}, "“Evening” splits people 1 ways; it takes 2 to 6."),
    (
        {"arms": [ARMS[0], ARMS[1] | {"weight": 0}]},
        "“Evening” gives “B” a weight of 0; it must be 1 to 1,000.",
    ),
    ({"arms": [ARMS[0], ARMS[0]]}, "“Evening” needs a short label of its own for each side"),
    ({"nearest": True, "stores": [9]}, "“Evening” names a store that is not there any more."),
    ({"nearest": True, "within_km": 0}, "“Evening” reaches 0 km; it must be more than 0 and at"),
    ({"when": "soon"}, "“Evening” is not written as rules are: Object contains unknown field"),
    ({"percent": "all"}, "“Evening” is not written as rules are: Expected `float | null`"),
]


@pytest.mark.parametrize(("values", "sentence"), REFUSED, ids=lambda value: str(value)[:60])
def test_each_thing_that_is_wrong_has_one_sentence(values: dict[str, Any], sentence: str) -> None:
    refused = refusal(rule(**values))
    assert refused.sentence.startswith(sentence)
    assert "\n" not in refused.sentence
    assert refused.field


def test_what_is_no_rule_at_all_is_refused() -> None:
    assert refusal("soon").sentence.startswith("Rule 1 is not written as rules are")
    assert refusal(*[rule(f"Rule {i}") for i in range(51)]).sentence == (
        "A link has at most 50 rules; these are 51."
    )


def test_nearest_without_stores_is_refused() -> None:
    with pytest.raises(Malformed) as refused:
        check_rules([rule(nearest=True)], stores=(), admit=admit)
    assert refused.value.sentence == (
        "“Evening” leads to the nearest store, and there are no stores yet."
    )


def test_two_rules_may_not_have_one_name() -> None:
    refused = refusal(rule("Phones", devices=["phone"]), rule("phones", devices=["tablet"]))
    assert refused.sentence == "Two rules are called “phones”."


def test_rules_are_kept_in_their_tidy_form() -> None:
    given = rule(
        " Late \n evening ",
        countries=["United States"],
        regions=["Florida", "us-fl", "CA"],
        cities=["Tampa", "tampa "],
        languages=["Spanish", "es", "pt_BR"],
        weekdays=[4, 0, 4],
        percent=100,
        devices=["phone", "phone"],
    )
    (checked,) = check(given)
    assert write_rules([checked]) == [
        {
            "name": "Late evening",
            "countries": ["US"],
            "regions": ["US-FL", "US-CA"],
            "cities": ["Tampa"],
            "languages": ["es", "pt-br"],
            "weekdays": [0, 4],
            "devices": ["phone"],
            "destination": PAGE,
        }
    ]
    assert check(rule(weekdays=list(range(7))))[0].weekdays == ()


def test_tidy_rules_stay_as_they_are() -> None:
    """What is stored is checked again with each change: it must pass, and unchanged."""
    rules = check(
        rule("A", regions=["US-FL"], starts_at="2026-03-02T10:00:00-05:00", percent=12.5),
        rule("B", arms=ARMS, weekdays=[5, 6], from_time="22:00", to_time="02:00"),
        rule("C", nearest=True, stores=[2, 1], within_km=30),
    )
    assert check_rules(write_rules(rules), stores=STORES, admit=admit) == rules
    assert read_rules(write_rules(rules)) == rules


@pytest.mark.parametrize(
    ("text", "code"),
    [("US", "US"), ("us", "US"), ("germany", "DE"), ("Côte d’Ivoire", "CI"), ("XX", ""), ("", "")],
)
def test_a_country_is_found_by_code_and_by_name(text: str, code: str) -> None:
    assert find_country(text) == code


@pytest.mark.parametrize(
    ("text", "homes", "code"),
    [
        ("US-CA", (), "US-CA"),
        ("ca-on", (), "CA-ON"),
        ("Ontario", (), "CA-ON"),
        ("CA", ("US",), "US-CA"),
        ("CA", (), ""),
        ("de-by", (), "DE-BY"),
        ("BY", ("DE",), "DE-BY"),
        ("DE-Bayern", (), "DE-Bayern"),
        ("US-Bayern", (), ""),
    ],
)
def test_a_region_is_found_by_code_and_by_name(
    text: str, homes: tuple[str, ...], code: str
) -> None:
    assert find_region(text, homes) == code


def test_every_country_and_state_leads_back_to_its_code() -> None:
    assert len(countries()) == 250
    assert [code for code, name in countries().items() if find_country(name) != code] == []
    assert region_name("US-NY") == "New York"
    assert region_name("DE-BY") == "DE-BY"


# Whether an earlier rule takes everybody from a later one.

NARROWER: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {"devices": ("phone",)}),
    ({"countries": ("US", "CA")}, {"countries": ("US",)}),
    ({"countries": ("US",)}, {"regions": ("US-FL",)}),
    ({"countries": ("US",)}, {"regions": ("US-FL",), "cities": ("Tampa",)}),
    ({"cities": ("Tampa",)}, {"cities": ("TAMPA",), "devices": ("phone",)}),
    ({"languages": ("es",)}, {"languages": ("es-mx",)}),
    ({"weekdays": (0, 1, 2)}, {"weekdays": (1,), "from_time": "09:00", "to_time": "17:00"}),
    (
        {"from_time": "22:00", "to_time": "04:00"},
        {"weekdays": (6,), "from_time": "23:00", "to_time": "03:00"},
    ),
    ({"starts_at": MONDAY}, {"starts_at": MONDAY + timedelta(days=1)}),
    ({"ends_at": MONDAY}, {"ends_at": MONDAY, "percent": 10.0}),
    ({"limit": 100}, {"limit": 100}),
    ({"nearest": True, "within_km": 50.0}, {"nearest": True, "within_km": 20.0}),
    ({"nearest": True}, {"nearest": True, "within_km": 20.0, "stores": (1,)}),
]
DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"devices": ("phone",)}, {}),
    ({"countries": ("US",)}, {"countries": ("US", "CA")}),
    ({"cities": ("Tampa",)}, {"regions": ("US-FL",)}),
    ({"languages": ("es-mx",)}, {"languages": ("es",)}),
    ({"languages": ("es",)}, {"languages": ("est",)}),
    ({"weekdays": (5,)}, {"weekdays": (5,), "from_time": "23:00", "to_time": "03:00"}),
    ({"starts_at": MONDAY}, {"starts_at": MONDAY - timedelta(days=1)}),
    ({"percent": 50.0}, {"percent": 20.0}),
    ({"limit": 50}, {"limit": 100}),
    ({"nearest": True}, {"destination": PAGE}),
    ({"nearest": True, "within_km": 50.0}, {"nearest": True}),
    (
        {"nearest": True, "within_km": 50.0, "stores": (1,)},
        {"nearest": True, "within_km": 20.0, "stores": (1, 2)},
    ),
]


@pytest.mark.parametrize(("earlier", "later"), NARROWER)
def test_a_rule_within_an_earlier_one_is_out_of_reach(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    assert takes_all_of(EditedRule(name="A", **earlier), EditedRule(name="B", **later))


@pytest.mark.parametrize(("earlier", "later"), DIFFERENT)
def test_a_rule_that_reaches_further_is_within_reach(
    earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    assert not takes_all_of(EditedRule(name="A", **earlier), EditedRule(name="B", **later))


def test_rules_that_can_never_be_reached_are_refused() -> None:
    assert refusal(rule("Everybody"), rule("Phones", devices=["phone"])).sentence == (
        "“Everybody” holds for everybody, so “Phones” behind it can never be reached."
    )
    wide, narrow = rule("America", countries=["US"]), rule("Florida", regions=["US-FL"])
    assert refusal(wide, rule("Phones", devices=["phone"]), narrow).sentence == (
        "“Florida” can never be reached: “America” before it takes everybody whom it could take."
    )
    assert len(check(narrow, wide, rule("Rest", arms=ARMS))) == 3


few = st.sampled_from
VALUES: dict[str, list[Any]] = {
    "countries": [(), ("US",), ("US", "CA")],
    "regions": [(), ("US-FL",)],
    "cities": [(), ("Tampa",), ("Tampa", "Miami")],
    "devices": [(), ("phone",), ("phone", "tablet")],
    "systems": [(), ("ios",)],
    "languages": [(), ("es",), ("es-mx",), ("en", "es")],
    "weekdays": [(), (0,), (0, 1), (6,)],
    "hours": [("", ""), ("18:00", "22:00"), ("22:00", "02:00"), ("20:00", "21:00")],
    "starts_at": [None, MONDAY],
    "ends_at": [None, MONDAY + timedelta(days=3)],
    "limit": [None, 5, 10],
}


@st.composite
def two_rules(draw: st.DrawFn) -> tuple[EditedRule, EditedRule]:
    """Two rules that differ in a few conditions at most, so that one is often within the other."""
    wide = {name: draw(few(values)) for name, values in VALUES.items()}
    other = draw(st.lists(few(sorted(VALUES)), max_size=4))
    narrow = wide | {name: draw(few(VALUES[name])) for name in other}
    return made("A", wide), made("B", narrow)


def made(name: str, values: dict[str, Any]) -> EditedRule:
    kept = {key: value for key, value in values.items() if key != "hours"}
    start, end = values["hours"]
    return EditedRule(name=name, from_time=start, to_time=end, destination=PAGE, **kept)


clicks_of_few = st.builds(
    Facts,
    at=st.integers(to_ms(MONDAY - timedelta(days=4)), to_ms(MONDAY + timedelta(days=6))),
    sticky=few(["1", "2"]),
    place=st.builds(
        Place,
        country=few(["", "US", "CA"]),
        region=few(["", "FL", "CA"]),
        city=few(["", "Tampa", "Miami"]),
    ),
    time_zone=few(["", "America/New_York"]),
    device=few(["", "phone", "tablet", "computer"]),
    os=few(["", "ios", "android"]),
    languages=few([(), ("es",), ("es-MX", "en"), ("en",)]),
    clicks=st.integers(0, 12),
)


@given(rules=two_rules(), facts=clicks_of_few)
def test_no_click_ever_reaches_a_rule_that_is_called_out_of_reach(
    rules: tuple[EditedRule, EditedRule], facts: Facts
) -> None:
    """The refusal must be right for the door itself, whatever the click."""
    earlier, later = rules
    assume(takes_all_of(earlier, later))
    plan = compile_plan(
        landing=PAGE,
        salt="1",
        rules=[earlier, later],
        expires_at=None,
        click_limit=None,
        fallback="",
        stores=(),
    )
    assert plan is not None
    first, second = plan.rules
    alone = Plan(landing=PAGE, salt="1", rules=(second,))
    if decide(alone, facts).outcome == "rule":
        assert decide(Plan(landing=PAGE, salt="1", rules=(first,)), facts).outcome == "rule"
    assert first_out_of_reach([earlier, later]) is not None


# What the door gets.


def compiled(*rules: object, utm: Utm | None = None, **link: Any) -> Plan | None:
    values: dict[str, Any] = {
        "landing": PAGE,
        "salt": "7",
        "expires_at": None,
        "click_limit": None,
        "fallback": "",
        "stores": STORES,
    }
    return compile_plan(rules=rules, utm=utm or Utm(), **values | link)


def test_a_link_without_anything_to_decide_has_no_plan() -> None:
    assert compiled() is None
    assert compiled(fallback=PAGE) is None
    assert compiled(landing=f"{PAGE}?city={{city}}") == Plan(
        landing=f"{PAGE}?city={{city}}", salt="7"
    )
    assert compiled(click_limit=5) == Plan(landing=PAGE, salt="7", click_limit=5)


def test_all_of_a_rule_reaches_the_door() -> None:
    (checked,) = check(
        rule(
            regions=["US-FL"],
            cities=["Tampa"],
            devices=["phone"],
            systems=["ios"],
            languages=["es"],
            weekdays=[0, 1],
            from_time="18:00",
            to_time="22:30",
            starts_at="2026-03-02T15:00:00Z",
            ends_at="2026-03-03T15:00:00Z",
            percent=12.5,
            limit=100,
        )
    )
    plan = compiled(checked)
    assert plan is not None
    assert plan.rules == (
        Rule(
            name="Evening",
            regions=("US-FL",),
            cities=("Tampa",),
            devices=("phone",),
            systems=("ios",),
            languages=("es",),
            weekdays=(0, 1),
            from_minute=18 * 60,
            to_minute=22 * 60 + 30,
            starts_at=to_ms(MONDAY),
            ends_at=to_ms(MONDAY + timedelta(days=1)),
            percent=12.5,
            limit=100,
            landing=PAGE,
        ),
    )


def test_each_page_of_a_rule_is_tagged_as_the_link_is() -> None:
    tagged = Utm(source="sms", medium="text", campaign="spring")
    plan = compiled(
        rule("Split", devices=["phone"], arms=ARMS),
        rule("One", destination=f"{PAGE}?c={{campaign}}&at={{city}}&{{{{x}}}}#top"),
        utm=tagged,
        click_limit=9,
        fallback="https://shop.example.com/over",
    )
    assert plan is not None
    said = "utm_source=sms&utm_medium=text&utm_campaign=spring"
    split, one = plan.rules
    assert [arm.landing for arm in split.arms] == [
        f"https://shop.example.com/a?{said}&utm_content=a",
        f"https://shop.example.com/b?{said}&utm_content=b",
    ]
    assert one.landing == f"{PAGE}?c=spring&at={{city}}&{{{{x}}}}&{said}#top"
    assert plan.fallback == f"https://shop.example.com/over?{said}"
    own = compiled(rule(arms=ARMS), utm=Utm(content="hero"))
    assert own is not None
    assert own.rules[0].arms[0].landing.endswith("?utm_content=hero")


def test_nearest_holds_the_stores_that_were_chosen() -> None:
    plan = compiled(rule("Near", nearest=True, stores=[2], within_km=40))
    assert plan is not None
    assert [spot.name for spot in plan.rules[0].spots] == ["Miami"]
    assert plan.rules[0].within_km == 40
    assert compiled(rule("Near", nearest=True), stores=()) is None


# What happens to a link.


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business, name="Menu", destination=PAGE, utm=Utm(source="sms"), at=MONDAY
    )


def stored(link: Link) -> Plan:
    return decode_plan(Link.objects.get(id=link.pk).route.encode())


@pytest.mark.django_db
def test_rules_are_stored_compiled_and_written_down(link: Link) -> None:
    actions.set_rules(link=link, rules=[rule(devices=["phone"])], at=MONDAY)
    link.refresh_from_db()
    assert link.rules == [{"name": "Evening", "devices": ["phone"], "destination": PAGE}]
    assert stored(link).rules[0].landing == f"{PAGE}?utm_source=sms"
    assert stored(link).salt == str(link.pk)
    assert AuditEntry.objects.filter(action="link.rules_set", subject="Menu").count() == 1

    actions.set_rules(link=link, rules=link.rules, at=MONDAY)
    assert AuditEntry.objects.filter(action="link.rules_set").count() == 1
    actions.set_rules(link=link, rules=[], at=MONDAY)
    link.refresh_from_db()
    assert link.route == ""


@pytest.mark.django_db
def test_rules_that_are_refused_change_nothing(link: Link) -> None:
    actions.set_rules(link=link, rules=[rule(devices=["phone"])], at=MONDAY)
    before = Link.objects.get(id=link.pk)
    with pytest.raises(Malformed):
        actions.set_rules(link=link, rules=[rule("A"), rule("B")], at=MONDAY)
    after = Link.objects.get(id=link.pk)
    assert (after.rules, after.route) == (before.rules, before.route)


@pytest.mark.django_db
def test_two_people_do_not_overwrite_each_others_rules(link: Link) -> None:
    actions.set_rules(link=link, rules=[rule("Mine")], at=MONDAY, instead_of=[])
    with pytest.raises(Conflict) as refused:
        actions.set_rules(link=link, rules=[rule("Yours")], at=MONDAY, instead_of=[])
    assert refused.value.sentence == "Somebody else changed the rules meanwhile."
    assert stored(link).rules[0].name == "Mine"


@pytest.mark.django_db
def test_a_link_ends_and_its_end_is_taken_away(link: Link) -> None:
    actions.set_ending(
        link=link, expires_at=MONDAY, click_limit=10, fallback=f"{PAGE}/over", at=MONDAY
    )
    plan = stored(link)
    assert (plan.expires_at, plan.click_limit) == (to_ms(MONDAY), 10)
    assert plan.fallback == f"{PAGE}/over?utm_source=sms"
    assert decide(plan, Facts(at=to_ms(MONDAY), sticky="")).outcome == "expired"
    actions.set_ending(link=link, expires_at=None, click_limit=None, fallback="", at=MONDAY)
    link.refresh_from_db()
    assert (link.expires_at, link.click_limit, link.fallback, link.route) == (None, None, "", "")


@pytest.mark.django_db
def test_write_route_follows_what_the_row_holds(link: Link) -> None:
    Link.objects.filter(id=link.pk).update(landing=f"{PAGE}?at={{city}}")
    actions.write_route(link=link)
    assert stored(link).landing == f"{PAGE}?at={{city}}"
    Link.objects.filter(id=link.pk).update(landing=PAGE)
    actions.write_route(link=link)
    assert link.route == Link.objects.get(id=link.pk).route == ""


@pytest.mark.parametrize(
    ("limit", "fallback", "field"),
    [(0, "", "click_limit"), (-1, "", "click_limit"), (None, "shop", "fallback")],
)
def test_an_end_that_cannot_be_is_refused(limit: int | None, fallback: str, field: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_ending(None, limit, fallback, admit=admit)
    assert refused.value.field == field
    with pytest.raises(Malformed):
        check_ending(datetime(2026, 3, 2), None, "", admit=admit)  # noqa: DTZ001 -- on purpose


# How they read.


def words(**values: Any) -> str:
    (checked,) = check(rule(**values))
    said = say_rule(checked, stores=STORES, time_zone="America/New_York")
    targets = [
        f"{target.name} {target.part:.0%} {target.address}"
        if target.part
        else target.name + target.address
        for target in said.targets
    ]
    return f"{said.name}: {said.whom} → {' | '.join(targets)}"


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"devices": ["phone"], "weekdays": [0, 1, 2, 3, 4], "from_time": "18:00"}
            | {"to_time": "22:00"},
            "Evening: On a phone, Monday to Friday, 18:00–22:00 where they are"
            " → shop.example.com/dinner",
        ),
        ({}, "Evening: Everybody → shop.example.com/dinner"),
        (
            {"regions": ["US-FL", "US-GA"], "weekdays": [0, 2], "percent": 12.5},
            "Evening: In Florida or Georgia, Monday or Wednesday where they are, 12.5% of people"
            " → shop.example.com/dinner",
        ),
        (
            {"languages": ["es-mx"], "systems": ["ios"], "limit": 1, "arms": ARMS},
            "Evening: With iOS, in Spanish (MX), the first tap by people"
            " → A 50% shop.example.com/a | B 50% shop.example.com/b",
        ),
        (
            {"countries": ["US"], "starts_at": "2026-03-02T15:00:00Z", "nearest": True}
            | {"within_km": 40},
            "Evening: In the United States, from 2 Mar 2026, 10:00"
            " → The nearest of 2 stores, within 40 km",
        ),
    ],
)
def test_a_rule_reads_as_a_sentence(values: dict[str, Any], sentence: str) -> None:
    assert words(**values) == sentence


def test_remarks_say_what_is_allowed_and_does_nothing() -> None:
    rules = check(
        rule("Florida at night", regions=["US-FL"], from_time="22:00", to_time="04:00"),
        rule("Last week", devices=["phone"], ends_at="2026-02-25T00:00:00Z"),
        rule("Later", devices=["tablet"], starts_at="2027-01-01T00:00:00Z"),
        rule("Same", arms=[ARMS[0], ARMS[1] | {"destination": ARMS[0]["destination"]}]),
    )
    end = datetime(2026, 12, 1, tzinfo=UTC)
    remarks = lint_rules(rules, places_known=False, at=MONDAY, expires_at=end)
    assert remarks[0].startswith("Place is not known here: TEXTRAIL_PLACES points to no file")
    assert remarks[1].startswith("The hour where somebody is comes from their phone number here")
    assert remarks[2:] == [
        "“Last week” is over: it holds for nobody any more.",
        "“Later” begins when the link has ended already.",
        "“Same” has two sides that lead to the same page.",
    ]
    assert lint_rules(rules[:1], places_known=True, at=MONDAY) == []
    first = check(rule("First", limit=20))
    assert lint_rules(first, places_known=True, at=MONDAY, taps=19) == []
    assert lint_rules(first, places_known=True, at=MONDAY, taps=20) == [
        "“First” reached its limit of 20 taps by people: it holds for nobody any more."
    ]
