"""The form of a link: what it saves, what it shows beside, and what it says when it refuses."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.links import actions
from textrail.domain.links.models import Code, Domain, Link, UtmConvention
from textrail.domain.links.rules import Utm
from textrail.vocabulary.clock import ManualClock

BASE = "/b/harbor-hvac/links/"
NEW = {
    "name": "Spring sale",
    "destination": "https://shop.example/a%2Fb?x={{id}}",
    "utm_source": "sms",
    "utm_medium": "text",
    "utm_campaign": "spring",
    "utm_term": "",
    "utm_content": "",
    "domain": "",
    "back_half": "",
    "expires_at": "",
    "click_limit": "",
    "fallback": "",
}


@pytest.fixture
def link(business: Business, clock: ManualClock) -> Link:
    return actions.create_link(
        business=business,
        name="Winter",
        destination="https://shop.example/?a=1",
        utm=Utm("sms", "text", "winter"),
        at=clock.now(),
        shared=True,
    )


@pytest.fixture
def own_domain(business: Business, clock: ManualClock) -> Domain:
    return Domain.objects.create(
        business=business,
        host="go.harbor.example",
        is_default=True,
        created_at=clock.now(),
        checked_at=clock.now(),
    )


def focused(page: str) -> list[str]:
    """The names of the fields that take the focus; browsers heed the first."""
    return re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"[^>]* autofocus', page)


def preview(client: Client, **change: str) -> str:
    answer = client.post(f"{BASE}preview/", NEW | change, headers={"hx-request": "true"})
    return answer.content.decode()


def test_a_link_is_made_and_its_short_address_shown(as_ada: Client) -> None:
    answer = as_ada.post(f"{BASE}new/", NEW)
    link = Link.objects.get()
    assert answer["Location"] == f"{BASE}{link.pk}/"
    page = as_ada.get(answer["Location"]).content.decode()
    assert f"http://127.0.0.1:8001/{link.share_code}" in page
    assert "a%2Fb?x={{id}}&amp;utm_source=sms" in page


def test_everything_of_the_form_reaches_the_link(
    as_ada: Client, own_domain: Domain, business: Business
) -> None:
    as_ada.post(
        f"{BASE}new/",
        NEW
        | {
            "utm_term": "hvac",
            "utm_content": "b",
            "domain": own_domain.host,
            "back_half": "Spring-Sale",
            "expires_at": "2026-04-01T18:00",
            "click_limit": "1,000",
            "fallback": "https://shop.example/over",
        },
    )
    link = Link.objects.get()
    assert (link.utm_term, link.utm_content, link.domain) == ("hvac", "b", own_domain)
    assert link.share_code == f"{own_domain.pk}/spring-sale"
    assert link.expires_at == datetime(2026, 4, 1, 22, 0, tzinfo=UTC)  # 18:00 in New York
    assert (link.click_limit, link.fallback) == (1000, "https://shop.example/over")


def test_a_new_link_begins_as_the_business_writes(
    as_ada: Client, business: Business, own_domain: Domain
) -> None:
    UtmConvention.objects.create(business=business, sources=["klaviyo", "sms"], mediums=["sms"])
    page = as_ada.get(f"{BASE}new/").content.decode()
    assert 'value="klaviyo"' in page
    assert '<option value="go.harbor.example" selected>' in page
    assert focused(page) == ["destination"]
    named = as_ada.get(f"{BASE}new/", {"name": "Poster", "utm_source": ""}).content.decode()
    assert 'value="Poster"' in named


def test_the_preview_shows_where_people_arrive_and_why_they_are_filed_there(
    as_ada: Client,
) -> None:
    page = preview(as_ada)
    assert "<html" not in page
    assert "utm_campaign=spring" in page
    assert "<strong>SMS</strong>" in page
    page = preview(as_ada, utm_campaign="spring_shop_sale")
    assert "<strong>Organic Shopping</strong>" in page
    assert "matches Google’s shopping rule" in page
    assert 'value="utm_campaign:spring_store_sale"' in page


def test_the_preview_fills_in_merge_fields(as_ada: Client) -> None:
    page = preview(as_ada, destination="https://shop.example/{campaign}?c={city}&amp;d={device}")
    assert "shop.example/spring?c={city}" in page
    assert "shop.example/spring?c=Tampa" in page


def test_the_preview_says_what_is_wrong_with_the_address(as_ada: Client) -> None:
    assert "what names a person" in preview(as_ada, destination="https://x.example/?n={first_name}")
    assert "round in circles" in preview(as_ada, destination="http://127.0.0.1:8001/abc")
    assert "Give a destination" in preview(as_ada, destination=" ")


def test_a_short_link_of_any_business_is_no_destination(
    as_ada: Client, other_business: Business, clock: ManualClock
) -> None:
    theirs = Domain.objects.create(
        business=other_business,
        host="t.cycles.example",
        created_at=clock.now(),
        checked_at=clock.now(),
    )
    change = {"destination": "https://T.cycles.example/abc"}
    assert "round in circles" in as_ada.post(f"{BASE}new/", NEW | change).content.decode()
    assert not Link.objects.exists()
    made = actions.create_link(
        business=other_business,
        name="Tyres",
        destination="https://cycles.example/",
        utm=Utm(),
        domain=theirs,
        at=clock.now(),
    )
    Domain.objects.update(problem="Nobody answers.")
    assert "round in circles" in as_ada.post(f"{BASE}new/", NEW | change).content.decode()
    assert Link.objects.get() == made


def test_a_claim_to_a_domain_that_never_led_here_stands_in_nobodys_way(
    as_ada: Client, other_business: Business, clock: ManualClock
) -> None:
    Domain.objects.create(business=other_business, host="shop.example", created_at=clock.now())
    assert as_ada.post(f"{BASE}new/", NEW).status_code == 302
    Domain.objects.update(checked_at=clock.now(), problem="Another site answers.")
    assert as_ada.post(f"{BASE}new/", NEW | {"name": "Again"}).status_code == 302


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"utm_source": "SMS"}, "utm_source", "sms"),
        ({"utm_campaign": "Spring Sale"}, "utm_campaign", "spring_sale"),
        (
            {"destination": "https://x.example/?utm_source=poster&a=%2F"},
            "destination",
            "https://x.example/?a=%2F",
        ),
        ({"utm_campaign": "spring\u200b"}, "utm_campaign", "spring"),
    ],
)
def test_one_click_fixes_a_finding_and_saves_nothing(
    as_ada: Client, change: dict[str, str], field: str, value: str
) -> None:
    """The button of the preview sends the form, so that it works without a script."""
    assert f'name="fix" value="{field}:{value}"' in preview(as_ada, **change).replace("&amp;", "&")
    answer = as_ada.post(f"{BASE}new/", NEW | change | {"fix": f"{field}:{value}"})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="{field}" value="{value}"' in page.replace("&amp;", "&")
    assert focused(page) == [field]
    assert 'name="fix"' not in page
    assert not Link.objects.exists()


def test_a_fix_can_reach_no_other_field(as_ada: Client) -> None:
    page = as_ada.post(f"{BASE}new/", NEW | {"fix": "name:Evil"}).content.decode()
    assert 'value="Spring sale"' in page
    assert "Evil" not in page


def test_without_a_script_the_preview_comes_with_the_page(as_ada: Client) -> None:
    page = as_ada.post(f"{BASE}new/", NEW | {"preview": "1"}).content.decode()
    assert "People arrive at" in page
    assert not Link.objects.exists()


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"destination": "shop.example"}, "destination", "The address is not complete."),
        ({"destination": "javascript:alert(1)"}, "destination", "not to javascript addresses"),
        ({"name": ""}, "name", "A link needs a name."),
        ({"utm_campaign": "x" * 121}, "utm_campaign", "utm_campaign has at most"),
        ({"utm_term": "x" * 121}, "utm_term", "utm_term has at most"),
        ({"back_half": "a b"}, "back_half", "A back-half has 1 to 64"),
        ({"domain": "go.other.example"}, "domain", "not yours any more"),
        ({"expires_at": "soon"}, "expires_at", "no date and time"),
        ({"click_limit": "many"}, "click_limit", "a whole number"),
        (
            {"fallback": "ftp://x.example", "click_limit": "5"},
            "fallback",
            "not to ftp addresses",
        ),
    ],
)
def test_a_refused_link_says_why_at_the_field_and_puts_the_cursor_there(
    as_ada: Client, own_domain: Domain, change: dict[str, str], field: str, sentence: str
) -> None:
    answer = as_ada.post(f"{BASE}new/", NEW | change)
    page = answer.content.decode()
    assert answer.status_code == 422
    at_field = page[page.index(f'id="field-{field}_error"') :]
    assert sentence in at_field[:400]
    assert focused(page) == [field]
    if field in {"expires_at", "click_limit", "fallback"}:
        assert '<details class="more-fields" open>' in page
    assert 'name="utm_medium" value="text"' in page
    assert not Link.objects.exists()


def test_a_domain_that_is_gone_is_said_where_no_domain_can_be_chosen(as_ada: Client) -> None:
    answer = as_ada.post(f"{BASE}new/", NEW | {"domain": "go.gone.example"})
    assert answer.status_code == 422
    assert "This domain is not yours any more." in answer.content.decode()


def test_a_link_that_has_ended_already_is_made_with_a_warning(as_ada: Client) -> None:
    answer = as_ada.post(f"{BASE}new/", NEW | {"expires_at": "2020-01-01T00:00"}, follow=True)
    page = answer.content.decode()
    assert "its end has passed already" in page
    assert "The link is ready" not in page


def test_a_taken_back_half_names_a_free_one(as_ada: Client) -> None:
    as_ada.post(f"{BASE}new/", NEW | {"back_half": "sale"})
    answer = as_ada.post(f"{BASE}new/", NEW | {"back_half": "SALE"})
    assert answer.status_code == 409
    assert "SALE-2 is free." in answer.content.decode()
    assert Link.objects.count() == 1


def test_editing_changes_where_later_taps_arrive(as_ada: Client, link: Link) -> None:
    edit = f"{BASE}{link.pk}/edit/"
    page = as_ada.get(edit).content.decode()
    assert 'value="https://shop.example/?a=1"' in page
    assert focused(page) == ["name"]
    changed = NEW | {"destination": "https://shop.example/new", "back_half": "winter"}
    assert as_ada.post(edit, changed)["Location"] == f"{BASE}{link.pk}/"
    code = link.share_code
    link.refresh_from_db()
    assert link.landing == (
        "https://shop.example/new?utm_source=sms&utm_medium=text&utm_campaign=spring"
    )
    assert link.share_code == "0/winter"
    assert Code.objects.get(code=code).link_id == link.pk


def test_a_refused_edit_changes_nothing(as_ada: Client, link: Link) -> None:
    answer = as_ada.post(f"{BASE}{link.pk}/edit/", NEW | {"name": "Other", "destination": "x"})
    assert answer.status_code == 422
    assert focused(answer.content.decode()) == ["destination"]
    link.refresh_from_db()
    assert (link.name, link.destination) == ("Winter", "https://shop.example/?a=1")


def test_saving_an_untouched_form_keeps_the_second_at_which_a_link_ends(
    as_ada: Client, link: Link
) -> None:
    ends = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
    Link.objects.filter(pk=link.pk).update(expires_at=ends)
    as_ada.post(f"{BASE}{link.pk}/edit/", NEW | {"expires_at": "2026-05-01T08:00"})
    link.refresh_from_db()
    assert link.expires_at == ends


def test_a_variant_without_content_is_told(as_ada: Client, link: Link, business: Business) -> None:
    UtmConvention.objects.create(business=business, require_content=True)
    Link.objects.filter(pk=link.pk).update(campaign_id=1, variant_id=1)
    alone = as_ada.get(f"{BASE}{link.pk}/edit/").content.decode()
    assert "told apart" not in alone
    other = actions.create_link(
        business=business, name="B", destination=link.destination, utm=Utm(), at=link.created_at
    )
    Link.objects.filter(pk=other.pk).update(campaign_id=1, variant_id=2)
    page = as_ada.get(f"{BASE}{link.pk}/edit/").content.decode()
    assert "Variants of a campaign are told apart by utm_content" in page
    assert "A campaign made this link." in page
    assert "told apart" in preview(as_ada, variants="1")


@pytest.mark.parametrize(("name", "status"), [("max_", 200), ("bo", 403), ("vi", 403), ("cy", 404)])
def test_who_may_write_links(
    client: Client, request: pytest.FixtureRequest, link: Link, name: str, status: int
) -> None:
    user: User = request.getfixturevalue(name)
    client.force_login(user)
    assert client.get(f"{BASE}new/").status_code == status
    assert client.get(f"{BASE}{link.pk}/edit/").status_code == status
    assert client.post(f"{BASE}preview/", NEW).status_code == status
    if status != 200:
        assert client.post(f"{BASE}new/", NEW).status_code == status
        assert client.post(f"{BASE}{link.pk}/edit/", NEW).status_code == status
        link.refresh_from_db()
        assert (Link.objects.count(), link.name) == (1, "Winter")


def test_a_link_of_another_business_cannot_be_edited(
    as_ada: Client, link: Link, other_business: Business
) -> None:
    Link.objects.filter(pk=link.pk).update(business=other_business)
    assert as_ada.post(f"{BASE}{link.pk}/edit/", NEW).status_code == 404
