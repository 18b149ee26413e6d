"""Settings pages and the actions behind them."""

from __future__ import annotations

import re

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts import actions, queries
from textrail.domain.accounts.models import ApiKey, AuditEntry, Business, Membership, User
from textrail.domain.accounts.rules import Role
from textrail.vocabulary.errors import Conflict, Forbidden, Malformed, NotFound
from textrail.vocabulary.ids import digest

pytestmark = pytest.mark.urls("textrail.domain.accounts.tests.urls")


def member_of(business: Business, user: User) -> Membership:
    return Membership.objects.get(business=business, user=user)


def test_the_last_owner_stays(business: Business, ada: User, as_ada: Client) -> None:
    member = member_of(business, ada)
    remove = f"/b/{business.slug}/settings/members/{member.id}/remove/"
    answer = as_ada.post(remove)
    assert answer.status_code == 409
    assert "The last owner of a business stays its owner." in answer.text
    role = f"/b/{business.slug}/settings/members/{member.id}/role/"
    assert as_ada.post(role, {"role": "viewer"}).status_code == 409
    assert member_of(business, ada).role == Role.OWNER


def test_the_page_offers_to_remove_an_owner_only_beside_another(
    business: Business, ada: User, bo: User, as_ada: Client
) -> None:
    address = f"/b/{business.slug}/settings/members/"
    remove = f"{address}{member_of(business, ada).id}/remove/"
    assert remove not in as_ada.get(address).text
    Membership.objects.filter(pk=member_of(business, bo).pk).update(role=Role.OWNER)
    assert remove in as_ada.get(address).text


def test_one_of_two_owners_may_leave(business: Business, ada: User, bo: User) -> None:
    second = member_of(business, bo)
    actions.change_role(
        business=business, member_id=second.id, role=Role.OWNER, at=MONDAY, actor=ada
    )
    first = member_of(business, ada)
    actions.remove_member(business=business, member_id=first.id, at=MONDAY, actor=bo)
    assert [member.user for member in queries.members(business)] == [bo]


@pytest.mark.parametrize("reason", ["invited", "switched off"])
def test_an_owner_who_cannot_sign_in_does_not_count(
    reason: str, business: Business, ada: User
) -> None:
    other = actions.add_member(
        business=business, email="nia@harbor.example", role=Role.OWNER, at=MONDAY, actor=ada
    ).member
    if reason == "switched off":
        other.user.set_password("a-fresh-password")
        other.user.is_active = False
        other.user.save()
    member = member_of(business, ada)
    with pytest.raises(Conflict):
        actions.remove_member(business=business, member_id=member.id, at=MONDAY, actor=ada)
    actions.remove_member(business=business, member_id=other.id, at=MONDAY, actor=ada)
    assert [each.user for each in queries.members(business)] == [ada]


def test_the_invitation_of_an_owner_is_for_owners_only(
    business: Business, ada: User, max_: User, client: Client
) -> None:
    made = actions.add_member(
        business=business, email="nia@harbor.example", role=Role.OWNER, at=MONDAY, actor=ada
    )
    again = f"/b/{business.slug}/settings/members/{made.member.id}/invite/"
    client.force_login(max_)
    answer = client.post(again)
    assert answer.status_code == 403
    assert "/account/password/choose/" not in answer.text
    assert again not in client.get(f"/b/{business.slug}/settings/members/").text
    client.force_login(ada)
    assert "/account/password/choose/" in client.post(again).text


@pytest.mark.parametrize(
    "given", [{"name": "Nia\0"}, {"name": "N\nia"}, {"email": '"a\x01b"@harbor.example'}]
)
def test_a_member_with_invisible_characters_is_refused_on_the_form(
    given: dict[str, str], business: Business, as_ada: Client
) -> None:
    right = {"email": "nia@harbor.example", "name": "Nia", "role": "agent"}
    answer = as_ada.post(f"/b/{business.slug}/settings/members/", right | given)
    assert answer.status_code == 422
    assert User.objects.count() == 1


def test_an_admin_neither_makes_nor_touches_owners(
    business: Business, ada: User, max_: User, bo: User
) -> None:
    owner, agent = member_of(business, ada), member_of(business, bo)
    with pytest.raises(Forbidden):
        actions.change_role(
            business=business, member_id=agent.id, role=Role.OWNER, at=MONDAY, actor=max_
        )
    with pytest.raises(Forbidden):
        actions.remove_member(business=business, member_id=owner.id, at=MONDAY, actor=max_)
    with pytest.raises(Forbidden):
        actions.add_member(
            business=business, email="x@y.example", role=Role.OWNER, at=MONDAY, actor=max_
        )
    assert not User.objects.filter(email="x@y.example").exists()


def test_another_business_cannot_reach_our_members_and_keys(
    business: Business, other_business: Business, ada: User, cy: User
) -> None:
    member = member_of(business, ada)
    key = actions.create_api_key(business=business, name="Shop", at=MONDAY).key
    with pytest.raises(NotFound):
        actions.remove_member(business=other_business, member_id=member.id, at=MONDAY, actor=cy)
    with pytest.raises(NotFound):
        actions.revoke_api_key(business=other_business, key_id=key.id, at=MONDAY, actor=cy)
    key.refresh_from_db()
    assert key.revoked_at is None


def test_an_invitation_lets_the_new_member_choose_a_password_once(
    business: Business, as_ada: Client
) -> None:
    given = {"email": "Nia@Harbor.example ", "name": "Nia", "role": "agent"}
    answer = as_ada.post(f"/b/{business.slug}/settings/members/", given)
    found = re.search(r"http://testserver(/account/password/choose/[^<\s]+/)", answer.text)
    assert found
    nia = User.objects.get(email="nia@harbor.example")
    assert member_of(business, nia).role == Role.AGENT

    guest = Client()
    form = guest.get(found[1], follow=True)
    chosen = {"password1": "a-fresh-password", "password2": "a-fresh-password"}
    assert "saved" in guest.post(form.request["PATH_INFO"], chosen, follow=True).text
    assert "no longer works" in Client().get(found[1]).text
    signing_in = {"login": "nia@harbor.example", "password": "a-fresh-password"}
    assert guest.post("/account/login/", signing_in).headers["Location"] == "/"


def test_an_open_invitation_cannot_open_a_second_business(
    business: Business, other_business: Business, ada: User, cy: User
) -> None:
    actions.add_member(
        business=business, email="nia@harbor.example", role=Role.AGENT, at=MONDAY, actor=ada
    )
    with pytest.raises(Conflict):
        actions.add_member(
            business=other_business,
            email="nia@harbor.example",
            role=Role.ADMIN,
            at=MONDAY,
            actor=cy,
        )


def test_an_accepted_member_cannot_be_invited_again(
    business: Business, bo: User, as_ada: Client
) -> None:
    member = member_of(business, bo)
    answer = as_ada.post(f"/b/{business.slug}/settings/members/{member.id}/invite/")
    assert answer.status_code == 404


def test_adding_a_member_twice_is_refused_on_the_form(
    business: Business, bo: User, as_ada: Client
) -> None:
    given = {"email": bo.email, "role": "viewer"}
    answer = as_ada.post(f"/b/{business.slug}/settings/members/", given)
    assert answer.status_code == 409
    form = answer.text.partition("Add a member")[2]
    assert "is a member already" in form
    assert member_of(business, bo).role == Role.AGENT


def test_a_key_is_shown_once_and_kept_as_a_hash(business: Business, as_ada: Client) -> None:
    address = f"/b/{business.slug}/settings/keys/"
    answer = as_ada.post(address, {"name": "Web shop"})
    found = re.search(r"tr_[\w-]{32}", answer.text)
    assert found
    key = ApiKey.objects.get()
    assert (key.key_hash, key.prefix) == (digest(found[0]), found[0][:8])
    assert "no-store" in answer.headers["Cache-Control"]
    assert found[0] not in as_ada.get(address).text


def test_a_key_is_revoked_for_good(business: Business, as_ada: Client) -> None:
    key = actions.create_api_key(business=business, name="Shop", at=MONDAY).key
    address = f"/b/{business.slug}/settings/keys/{key.id}/revoke/"
    as_ada.post(address)
    key.refresh_from_db()
    first = key.revoked_at
    as_ada.post(address)
    key.refresh_from_db()
    assert first is not None
    assert key.revoked_at == first


def test_a_key_is_made_lenient_and_strict_again_by_its_own_business(
    business: Business, other_business: Business, as_ada: Client, cy: User
) -> None:
    key = actions.create_api_key(business=business, name="Shop", at=MONDAY).key
    assert not key.lenient
    address = f"/b/{business.slug}/settings/keys/{key.id}/answers/"
    for given, lenient in (("1", True), ("1", True), ("0", False), ("1", True)):
        page = as_ada.post(address, {"lenient": given}, follow=True)
        assert ("Make strict" in page.text) == lenient
        assert not re.search(r'<td class="wide"(?:(?!</td>).)*Make (?:lenient|strict)', page.text)
        assert ApiKey.objects.get().lenient == lenient
    trail = AuditEntry.objects.filter(action__startswith="api_key.made_").count()
    assert trail == 3
    with pytest.raises(NotFound):
        actions.set_lenient(
            business=other_business, key_id=key.id, lenient=False, at=MONDAY, actor=cy
        )


@pytest.mark.parametrize(
    "given",
    [
        {"name": "  "},
        {"name": "x" * 121},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"time_zone": "localtime"},
        {"name": "Harbor\0"},
        {"name": "Harbor\nHVAC"},
        {"currency": "dollars"},
    ],
)
def test_a_business_keeps_its_settings_when_one_is_wrong(
    given: dict[str, str], business: Business, ada: User
) -> None:
    right = {"name": "New", "time_zone": "America/Chicago", "currency": "CAD"}
    with pytest.raises(Malformed):
        actions.update_business(business=business, at=MONDAY, actor=ada, **(right | given))
    business.refresh_from_db()
    assert (business.name, business.currency) == ("Harbor HVAC", "USD")


def test_the_audit_trail_pages_by_key(business: Business, ada: User, as_ada: Client) -> None:
    for number in range(queries.PAGE + 5):
        actions.record_audit(
            business=business, actor=ada, action="test", subject=f"entry-{number}.", at=MONDAY
        )
    first = as_ada.get(f"/b/{business.slug}/settings/audit/").text
    assert "entry-54." in first
    assert "entry-4." not in first
    following = re.search(r'href="(\?after=\d+)"', first)
    assert following
    second = as_ada.get(f"/b/{business.slug}/settings/audit/{following[1]}").text
    assert "entry-4." in second
    assert "Show more" not in second
    odd = as_ada.get(f"/b/{business.slug}/settings/audit/", {"after": "9" * 5000})
    assert "entry-54." in odd.text


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("api_key.created", "API key created"),
        ("endpoint.secret_rotated", "Webhook secret rotated"),
        ("inbox.answer_set", "Automatic answer set"),
        ("number.sms_off", "Number SMS off"),
        ("quiet_hours.set", "Quiet hours set"),
    ],
)
def test_the_audit_trail_speaks_in_words(
    action: str, words: str, business: Business, ada: User, as_ada: Client
) -> None:
    actions.record_audit(business=business, actor=ada, action=action, subject="It", at=MONDAY)
    assert f">{words}<" in as_ada.get(f"/b/{business.slug}/settings/audit/").text


def test_zones_and_currencies_are_named(business: Business, as_ada: Client) -> None:
    page = as_ada.get(f"/b/{business.slug}/settings/business/").text
    assert ">USD, US dollar</option>" in page
    assert ">America/New York</option>" in page


def test_a_business_is_created_with_its_owner(ada: User) -> None:
    made = actions.create_business(
        account_name="A", name="Bay Boats", slug="bay-boats", owner=ada, at=MONDAY
    )
    assert member_of(made, ada).role == Role.OWNER
    assert AuditEntry.objects.filter(business=made, action="business.created").exists()
    with pytest.raises(Conflict):
        actions.create_business(account_name="A", name="B", slug="bay-boats", owner=ada, at=MONDAY)
