"""Checks of links against a real site on loopback, and the page that shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import time_machine
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.links import actions, queries, tasks
from textrail.domain.links.models import Code, Domain, Link, LinkCheck
from textrail.domain.links.rules import Utm
from textrail.domain.links.tasks import checking
from textrail.outbox import table
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.outbox.table import Wiring
from textrail.outside.fetching import open_public_client
from textrail.outside.tests.web import Authority, Site, serve
from textrail.outside.visiting import Visitor
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.events import EventName
from textrail.vocabulary.routing import Plan, Rule, encode_plan

HEARD: list[dict[str, object]] = []


@pytest.fixture(autouse=True)
def wiring() -> Iterator[None]:
    before = table._wiring
    HEARD.clear()
    work = {
        "links.check": tasks.check,
        "listen": lambda context, task: HEARD.append(dict(task.payload)),
    }
    table.wire(Wiring(work=work, events={EventName.LINK_CHECKED: ("listen",)}))
    yield
    table.wire(before)


@pytest.fixture
def site() -> Iterator[Site]:
    with serve() as running:
        yield running


@pytest.fixture
def link(business: Business, site: Site) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination=f"{site.url}/spring?x={{city}}#top",
        utm=Utm("sms", "text", "spring"),
        at=MONDAY,
        shared=True,
    )


def check(context: Context, link: Link) -> queries.Checked:
    tasks.check(context, Task(1, "links.check", {"link_id": link.pk}, 1))
    found = queries.last_check(link.business, link)
    assert found is not None
    return found


def test_a_page_that_is_there_works(context: Context, link: Link, site: Site) -> None:
    site.page("/spring")
    found = check(context, link)
    row = found.worst.check
    assert (row.problem, row.sentence, row.status) == ("", "", 200)
    assert not found.broken
    assert not found.doubtful
    assert len(row.hops) == 1
    assert site.asked == [
        "/spring?x=San%20Francisco&utm_source=sms&utm_medium=text&utm_campaign=spring"
        "&trail_click=link-check-not-a-tap"
    ]
    assert Code.objects.get().link == link
    assert Work.objects.filter(kind="listen").count() == 1


def test_what_redirects_lose_is_kept_with_every_hop(
    context: Context, link: Link, site: Site
) -> None:
    site.redirect("/spring", "/a", keep=True)
    site.redirect("/a", "/b?utm_source=sms")
    site.page("/b")
    found = check(context, link)
    row = found.worst.check
    assert (row.problem, row.status, found.worst.redirects) == ("lost", 200, 2)
    assert {(lost["name"], lost["hop"]) for lost in row.lost} == {
        ("utm_medium", 3),
        ("utm_campaign", 3),
        ("trail_click", 3),
    }
    assert [hop["status"] for hop in row.hops] == [302, 302, 200]
    assert found.broken


@pytest.mark.parametrize(
    ("status", "problem"), [(404, "not_found"), (500, "site_error"), (403, "refused")]
)
def test_the_status_decides(
    context: Context, link: Link, site: Site, status: int, problem: str
) -> None:
    site.page("/spring", status)
    assert check(context, link).worst.check.problem == problem


def test_every_destination_of_its_rules_is_tried_and_the_worst_stands_first(
    context: Context, link: Link, site: Site
) -> None:
    site.page("/spring")
    site.page("/ios", 404)
    plan = Plan(
        landing=link.landing,
        salt="1",
        rules=(Rule(name="iPhones", systems=("ios",), landing=f"{site.url}/ios"),),
        fallback=f"{site.url}/over",
    )
    Link.objects.update(route=encode_plan(plan).decode())
    site.page("/over")
    found = check(context, link)
    assert [(each.check.part, each.check.problem) for each in found.rows] == [
        ("Rule “iPhones”", "not_found"),
        ("", ""),
        ("After it has ended", ""),
    ]
    assert found.worst.sentence.startswith("Rule “iPhones”: ")


def test_too_many_addresses_are_said_to_be_untried(
    context: Context, link: Link, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST_AT_A_TIME", 2)
    site.page("/spring")
    rules = tuple(Rule(name=str(n), landing=f"{site.url}/spring?n={n}") for n in range(4))
    plan = Plan(landing=link.landing, salt="1", rules=rules)
    Link.objects.update(route=encode_plan(plan).decode())
    found = check(context, link)
    assert len(site.asked) == 2
    assert found.worst.check.problem == "not_tried"
    assert "3 more addresses" in found.worst.check.sentence


def test_a_page_inside_the_network_is_not_asked_when_links_are_public(
    context: Context, link: Link, site: Site
) -> None:
    site.page("/spring")
    found = check(replace(context, links_url="https://go.example"), link)
    assert found.worst.check.problem == "private"
    assert site.asked == []


def test_short_links_of_our_own_are_not_tapped(
    context: Context, business: Business, link: Link, site: Site
) -> None:
    Domain.objects.create(
        business=business, host="go.harbor.example", created_at=MONDAY, checked_at=MONDAY
    )
    own = urlsplit(context.links_url)
    for target in (
        f"{context.links_url}/abc",
        f"http://localhost:{own.port}/abc",
        f"http://0x7f000001:{own.port}/abc",
        "https://go.harbor.example/abc",
        "http://GO.harbor.example./abc",
    ):
        site.redirect("/spring", target)
        assert check(context, link).worst.check.problem == "own", target


def test_a_domain_that_never_led_here_breaks_nobody_elses_link(
    context: Context, other_business: Business, link: Link, site: Site
) -> None:
    """Whoever claims the shop of another could else stop its campaigns."""
    Domain.objects.create(business=other_business, host="127.0.0.1", created_at=MONDAY)
    site.page("/spring")
    assert check(context, link).worst.check.problem == ""


def test_certificates_are_told_apart(
    context: Context, link: Link, tmp_path_factory: pytest.TempPathFactory
) -> None:
    authority = Authority()
    cases = {
        "certificate_expired": ("127.0.0.1", -1),
        "certificate_name": ("shop.example", 1),
        "": ("127.0.0.1", 1),
    }
    with open_public_client(allow_private=True, tls=authority.trust()) as http:
        trusting = replace(context, visitor=Visitor(http))
        for problem, (host, days) in cases.items():
            folder = tmp_path_factory.mktemp("tls")
            with serve(authority.server(folder, host, days=days)) as secure:
                secure.page("/")
                Link.objects.update(landing=f"{secure.url}/", route="")
                check(trusting, link)
                assert LinkCheck.objects.latest("id").problem == problem
                check(context, link)
                assert LinkCheck.objects.latest("id").problem == "certificate_untrusted"


def test_a_link_that_is_gone_is_not_checked(context: Context, db: None) -> None:
    tasks.check(context, Task(1, "links.check", {"link_id": 99}, 1))
    assert not LinkCheck.objects.exists()


def test_the_newest_check_of_each_link_is_found_in_one_statement(
    context: Context,
    link: Link,
    site: Site,
    clock: ManualClock,
    django_assert_num_queries: object,
) -> None:
    check(context, link)
    clock.move_to(datetime(2026, 3, 2, 16, tzinfo=UTC))
    site.page("/spring")
    check(context, link)
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = queries.last_checks(link.business, [link.pk, 999])
    assert set(found) == {link.pk}
    assert not found[link.pk].broken
    assert [each.broken for each in queries.earlier_checks(link.business, link)] == [True]
    assert queries.last_checks(link.business, [link.pk], since=clock.now()) == found
    assert not queries.last_checks(
        link.business, [link.pk], since=datetime(2026, 3, 2, 17, tzinfo=UTC)
    )


def test_asking_again_and_again_checks_once(link: Link) -> None:
    for _ in range(5):
        actions.request_check(link=link, at=MONDAY)
    assert Work.objects.filter(kind="links.check").count() == 1


def test_the_page_waits_for_the_check_and_shows_every_hop(
    as_ada: Client, context: Context, link: Link, site: Site
) -> None:
    site.redirect("/spring", "/new")
    site.page("/new")
    here = f"/b/harbor-hvac/links/{link.pk}/checks/"
    with time_machine.travel(MONDAY, tick=False):
        assert "Not tried yet" in as_ada.get(here).content.decode()
        waiting = as_ada.post(f"{here}now/")["Location"]
        assert waiting.startswith(f"{here}?asked=")
        page = as_ada.get(waiting).content.decode()
        assert "Trying where the link leads" in page
        assert "every 1s" in page
        check(context, link)
        part = as_ada.get(waiting, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert "every 1s" not in part
    assert "Broken" in part
    assert f"{site.url}/new" in part
    assert "<code>trail_click</code> gone at hop 2" in part


def test_a_check_that_never_comes_is_not_awaited_for_ever(as_ada: Client, link: Link) -> None:
    here = f"/b/harbor-hvac/links/{link.pk}/checks/"
    with time_machine.travel(MONDAY, tick=False):
        asked = int(MONDAY.timestamp() * 1000)
        page = as_ada.get(f"{here}?asked={asked - 60_000}").content.decode()
        assert "Is the worker running?" in page
        assert "every 1s" not in page
        for nonsense in ("x", "1", str(asked + 9_000_000), "9" * 30, "-5"):
            page = as_ada.get(f"{here}?asked={nonsense}").content.decode()
            assert "Is the worker running?" not in page


def test_who_may_look_and_who_may_check(
    client: Client, link: Link, vi: User, bo: User, cy: User
) -> None:
    here = f"/b/harbor-hvac/links/{link.pk}/checks/"
    for user, look, change in ((vi, 200, 403), (bo, 200, 403), (cy, 404, 404)):
        client.force_login(user)
        assert client.get(here).status_code == look
        assert client.post(f"{here}now/").status_code == change
    assert not Work.objects.filter(kind="links.check").exists()
