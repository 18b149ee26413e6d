"""What a business agrees on, the links that differ, and putting them right, one or all."""

from __future__ import annotations

import pytest
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.links import actions, queries
from textrail.domain.links.models import Code, Link, UtmConvention
from textrail.domain.links.rules import Utm
from textrail.domain.links.rules.conventions import USUAL, Convention
from textrail.domain.links.tasks import fix_findings
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock

BASE = "/b/harbor-hvac/links/conventions/"
HOUSE = Convention(("sms",), ("text",), "{word}_{year}", require_content=True)


def make(business: Business, clock: ManualClock, *utm: str, **more: object) -> Link:
    destination = str(more.pop("destination", "https://shop.example/"))
    return actions.create_link(
        business=business,
        name=f"Link {utm[0]}",
        destination=destination,
        utm=Utm(*utm),
        at=clock.now(),
        **more,  # type: ignore[arg-type]
    )


@pytest.fixture
def agreed(business: Business, clock: ManualClock) -> Convention:
    actions.set_convention(business=business, convention=HOUSE, at=clock.now())
    return HOUSE


def test_what_is_agreed_is_kept_and_on_the_audit_trail(
    business: Business, ada: User, clock: ManualClock
) -> None:
    assert queries.convention(business) is None
    for _ in range(2):  # saying the same again changes nothing
        actions.set_convention(business=business, convention=HOUSE, at=clock.now(), actor=ada)
    assert queries.convention(business) == HOUSE
    entry = AuditEntry.objects.get(business=business)
    assert (entry.action, entry.subject, entry.actor) == (
        "links.convention_set",
        "{word}_{year}",
        ada,
    )


def test_links_that_differ_are_found_newest_first(
    business: Business, other_business: Business, agreed: Convention, clock: ManualClock
) -> None:
    make(business, clock, "sms", "text", "spring_2026")
    capitals = make(business, clock, "SMS", "text", "spring_2026")
    named = make(business, clock, "sms", "text", "Spring")
    gone = make(business, clock, "SMS")
    actions.archive_link(link=gone, at=clock.now())
    make(other_business, clock, "SMS")
    page = queries.lint_page(business, agreed)
    assert [(row.link.pk, [each.code for each in row.findings]) for row in page.rows] == [
        (named.pk, ["case"]),
        (capitals.pk, ["case"]),
    ]
    assert (page.kinds, page.fixable, page.looked, page.links) == ({"case": 2}, {"case": 2}, 3, 3)
    assert queries.lint_page(business, agreed, kind="pattern").rows == ()


def test_a_long_list_goes_on_by_key(
    business: Business, agreed: Convention, clock: ManualClock
) -> None:
    """By links that are shown, and by links that were looked at without showing one."""
    for number in range(5):
        make(business, clock, "SMS" if number != 2 else "sms", "text", f"a{number}_2026")
    first = queries.lint_page(business, agreed, limit=2)
    assert [row.link.utm_campaign for row in first.rows] == ["a4_2026", "a3_2026"]
    second = queries.lint_page(business, agreed, limit=2, after=first.after)
    assert [row.link.utm_campaign for row in second.rows] == ["a1_2026", "a0_2026"]
    assert second.after is None
    few = queries.lint_page(business, agreed, look=3, after=first.rows[1].link.pk)
    assert [row.link.utm_campaign for row in few.rows] == ["a1_2026", "a0_2026"]
    none = queries.lint_page(business, agreed, look=1, after=first.rows[1].link.pk)
    assert (none.rows, none.looked) == ((), 1)
    assert none.after is not None


def test_judging_many_links_takes_three_statements(
    business: Business,
    agreed: Convention,
    clock: ManualClock,
    django_assert_num_queries: object,
) -> None:
    for number in range(30):
        make(business, clock, f"Source{number}")
    with django_assert_num_queries(3):  # type: ignore[operator]
        assert len(queries.lint_page(business, agreed).rows) == 30


def test_a_fix_changes_what_later_taps_carry_and_no_address(
    business: Business, agreed: Convention, clock: ManualClock, ada: User
) -> None:
    link = make(business, clock, "SMS", "text", "Spring Sale", shared=True)
    fixed = actions.fix_link(business=business, link=link, kind="case", at=clock.now(), actor=ada)
    assert (fixed.utm_source, fixed.utm_campaign) == ("sms", "Spring Sale")
    fixed = actions.fix_link(business=business, link=link, kind="spaces", at=clock.now())
    fixed = actions.fix_link(business=business, link=link, kind="pattern", at=clock.now())
    assert fixed.landing.endswith("utm_source=sms&utm_medium=text&utm_campaign=spring_sale_2026")
    assert Code.objects.get(code=link.share_code).link_id == link.pk
    assert AuditEntry.objects.filter(action="link.edited", actor=ada).count() == 1


def test_what_the_address_says_itself_is_fixed_in_the_address(
    business: Business, agreed: Convention, clock: ManualClock
) -> None:
    address = "https://shop.example/%2F?utm_source=SMS&utm_medium=Text&x={{y}}#z"
    link = make(business, clock, "", "", "spring_2026", destination=address)
    fixed = actions.fix_link(business=business, link=link, kind="case", at=clock.now())
    assert fixed.destination == "https://shop.example/%2F?utm_source=sms&utm_medium=text&x={{y}}#z"


def test_a_fix_compiles_the_route_of_the_link_again(
    business: Business, agreed: Convention, clock: ManualClock
) -> None:
    link = make(business, clock, "SMS", "text", "spring_2026", click_limit=5)
    fixed = actions.fix_link(business=business, link=link, kind="case", at=clock.now())
    assert "utm_source=sms" in fixed.route
    assert "utm_source=SMS" in link.route


def test_all_of_a_kind_are_fixed_and_what_cannot_be_is_counted(
    business: Business, other_business: Business, agreed: Convention, clock: ManualClock
) -> None:
    for number in range(3):
        make(business, clock, "SMS", "text", f"a{number}_2026")
    unnamed = make(business, clock, "sms", "text")  # no campaign: nobody knows which
    broken = make(business, clock, "SMS", "text", "b_2026")
    Link.objects.filter(pk=broken.pk).update(destination="https://shop.example./")
    theirs = make(other_business, clock, "SMS")
    done = actions.fix_kind(business=business, kind="case", at=clock.now())
    assert (done.links, done.failed, done.after) == (3, 1, None)
    assert Link.objects.filter(business=business, utm_source="SMS").get() == broken
    entry = AuditEntry.objects.get(business=business, action="links.fixed")
    assert entry.subject == "Capitals: 3 links"
    done = actions.fix_kind(business=business, kind="missing", at=clock.now())
    assert (done.links, done.failed) == (0, 0)
    unnamed.refresh_from_db()
    theirs.refresh_from_db()
    assert (unnamed.utm_campaign, theirs.utm_source) == ("", "SMS")


def test_what_is_left_is_work_that_goes_on(
    business: Business,
    ada: User,
    agreed: Convention,
    clock: ManualClock,
    context: Context,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("textrail.domain.links.actions.conventions._CHUNK", 2)
    for number in range(5):
        make(business, clock, "SMS", "text", f"a{number}_2026")
    first = actions.fix_kind(business=business, kind="case", at=clock.now(), actor=ada)
    assert first.links == 2
    while work := Work.objects.filter(kind="links.fix_findings").first():
        work.delete()
        fix_findings(context, Task(work.pk, work.kind, work.payload, 1))
    assert not Link.objects.filter(utm_source="SMS").exists()
    assert AuditEntry.objects.filter(action="links.fixed", actor=ada).count() == 3


def test_the_page_offers_the_usual_in_one_click(as_ada: Client, business: Business) -> None:
    page = as_ada.get(BASE).content.decode()
    assert "Nothing is agreed yet" in page
    assert "No links yet" in page
    assert as_ada.post(f"{BASE}edit/", {"usual": "1"})["Location"] == BASE
    assert queries.convention(business) == USUAL
    page = as_ada.get(BASE).content.decode()
    assert "Needed when a campaign has variants" in page
    assert "spring_sale" in page


def test_the_page_lists_each_finding_with_its_fix(
    as_ada: Client, business: Business, agreed: Convention, clock: ManualClock
) -> None:
    link = make(business, clock, "SMS", "text", "<b>_2026")
    page = as_ada.get(BASE).content.decode()
    assert "Analytics tools count “SMS” apart from “sms”." in page
    assert "&lt;b&gt;_2026" in page
    assert f'name="fix" value="{link.pk}:case"' in page
    assert "Fix all of this kind" not in page
    page = as_ada.get(BASE, {"kind": "case"}).content.decode()
    assert 'name="all" value="case"' in page
    answer = as_ada.post(f"{BASE}fix/", {"fix": f"{link.pk}:case", "kind": "case"})
    assert answer["Location"] == f"{BASE}?kind=case"
    assert "None of this kind" in as_ada.get(BASE, {"kind": "case"}).content.decode()
    make(business, clock, "Sms", "text", "a_2026")
    assert as_ada.post(f"{BASE}fix/", {"all": "case"})["Location"] == BASE
    assert not Link.objects.exclude(utm_source="sms").exists()


@pytest.mark.parametrize(
    "form", [{}, {"fix": "1"}, {"all": "x"}, {"fix": "x:case:y"}, {"fix": f"{'9' * 5000}:case"}]
)
def test_a_fix_that_names_nothing_is_refused(as_ada: Client, form: dict[str, str]) -> None:
    assert as_ada.post(f"{BASE}fix/", form).status_code == 422
    assert as_ada.get(BASE, {"kind": "x", "after": "y"}).status_code == 200


def test_a_fix_without_a_link_leaves_every_link_alone(
    as_ada: Client, business: Business, clock: ManualClock
) -> None:
    make(business, clock, "SMS", "text", "a_2026")
    assert as_ada.post(f"{BASE}fix/", {"fix": "x:case"}).status_code == 422
    assert Link.objects.filter(utm_source="SMS").count() == 1


def test_the_form_shows_what_fits_while_it_is_written(
    as_ada: Client, business: Business, clock: ManualClock
) -> None:
    make(business, clock, "sms", "text", "spring_2026")
    make(business, clock, "sms", "text", "Winter")
    typed = {"sources": "klaviyo", "mediums": "promo", "campaign_pattern": "{word}_{year}"}
    page = as_ada.post(f"{BASE}examples/", typed).content.decode()
    assert "<html" not in page
    assert "spring_sale_20" in page
    assert page.count("does not fit") == 1
    assert "None of these is filed under SMS" in page
    wrong = as_ada.post(f"{BASE}examples/", typed | {"campaign_pattern": "{week}"})
    assert "{week} is not something that a pattern knows" in wrong.content.decode()
    without_script = as_ada.post(f"{BASE}edit/", typed | {"preview": "1"})
    assert page.strip() in without_script.content.decode()
    assert not UtmConvention.objects.exists()


def test_a_refused_convention_keeps_what_was_typed(as_ada: Client) -> None:
    typed = {"sources": "my shop", "mediums": "text", "campaign_pattern": ""}
    answer = as_ada.post(f"{BASE}edit/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“my shop” cannot be a source" in page
    assert page.index("autofocus") > page.index('name="sources"')
    assert not UtmConvention.objects.exists()


@pytest.mark.parametrize(
    ("name", "looks", "writes"),
    [("max_", 200, 302), ("bo", 200, 403), ("vi", 200, 403), ("cy", 404, 404)],
)
def test_who_may_look_and_who_may_agree(
    client: Client,
    request: pytest.FixtureRequest,
    business: Business,
    clock: ManualClock,
    name: str,
    looks: int,
    writes: int,
) -> None:
    link = make(business, clock, "SMS")
    user: User = request.getfixturevalue(name)
    client.force_login(user)
    answer = client.get(BASE)
    assert answer.status_code == looks
    if writes == 403:
        assert "<button" not in answer.content.decode().partition('id="content"')[2]
    assert client.post(f"{BASE}edit/", {"usual": "1"}).status_code == writes
    assert client.post(f"{BASE}fix/", {"fix": f"{link.pk}:case"}).status_code == writes
    link.refresh_from_db()
    assert (link.utm_source == "sms") is (writes == 302)


def test_links_of_another_business_are_neither_shown_nor_fixed(
    as_ada: Client, other_business: Business, clock: ManualClock
) -> None:
    theirs = make(other_business, clock, "SMS")
    assert "Link SMS" not in as_ada.get(BASE).content.decode()
    assert as_ada.post(f"{BASE}fix/", {"fix": f"{theirs.pk}:case"}).status_code == 404
    theirs.refresh_from_db()
    assert theirs.utm_source == "SMS"
