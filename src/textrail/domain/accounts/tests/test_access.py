"""Who gets in: every address of the room, as each role, a stranger and nobody."""

from __future__ import annotations

import pytest
from asgiref.sync import async_to_sync
from conftest import MONDAY, PASSWORD
from django.core.cache import cache
from django.test import AsyncClient, Client

from textrail.domain.accounts import actions, urls
from textrail.domain.accounts.models import Business, User
from textrail.domain.accounts.rules import Permission, Role, allows

pytestmark = pytest.mark.urls("textrail.domain.accounts.tests.urls")

ROUTES = [
    (str(route.pattern).replace("<int:member_id>", "1").replace("<int:key_id>", "1"), route)
    for route in urls.urlpatterns
]


@pytest.mark.parametrize(("path", "route"), ROUTES, ids=[path for path, _ in ROUTES])
def test_every_address_names_a_permission_and_keeps_to_it(
    path: str,
    route: object,
    client: Client,
    business: Business,
    ada: User,
    max_: User,
    bo: User,
    vi: User,
    cy: User,
) -> None:
    permission = route.callback.permission  # type: ignore[attr-defined]
    assert isinstance(permission, Permission)
    address = f"/b/{business.slug}/{path}"
    answer = client.get(address)
    assert answer.status_code in {302, 405}
    for user, role in ((ada, Role.OWNER), (max_, Role.ADMIN), (bo, Role.AGENT), (vi, Role.VIEWER)):
        client.force_login(user)
        status = client.get(address).status_code
        if status != 405:
            assert status == (200 if allows(role, permission) else 403), role
        if not allows(role, permission):
            assert client.post(address).status_code in {403, 405}, role
    client.force_login(cy)
    assert client.get(address).status_code in {404, 405}
    assert client.post(address).status_code in {404, 405}


def test_nobody_is_led_to_sign_in_and_back(client: Client, business: Business) -> None:
    answer = client.get(f"/b/{business.slug}/settings/")
    assert answer.headers["Location"] == f"/account/login/?next=/b/{business.slug}/settings/"


def test_a_fragment_leads_the_whole_page_to_sign_in(client: Client, business: Business) -> None:
    answer = client.get(f"/b/{business.slug}/settings/", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/account/login/"


def test_operator_pages_do_not_exist_for_others(as_ada: Client, ada: User) -> None:
    assert as_ada.get("/installation/").status_code == 404
    User.objects.filter(id=ada.id).update(is_operator=True)
    assert as_ada.get("/installation/").status_code == 200


def test_an_async_view_is_guarded_too(
    async_client: AsyncClient, business: Business, vi: User
) -> None:
    get = async_to_sync(async_client.get)
    assert get("/b/harbor-hvac/streamed/").status_code == 302
    async_to_sync(async_client.aforce_login)(vi)
    assert get("/b/harbor-hvac/streamed/").content == b"viewer of Harbor HVAC"
    assert get("/b/another/streamed/").status_code == 404


def test_a_refusal_is_a_page_for_people(as_ada: Client, business: Business) -> None:
    answer = as_ada.get(f"/b/{business.slug}/refused/")
    assert answer.status_code == 409
    assert "The number is not ready." in answer.text
    assert "Switch texts on." in answer.text
    assert 'aria-label="Main"' in answer.text


def test_a_refusal_is_json_for_programs(as_ada: Client, business: Business) -> None:
    address = f"/b/{business.slug}/refused/"
    answer = as_ada.get(address, headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json() == {
        "error": {
            "code": "conflict",
            "message": "The number is not ready.",
            "hint": "Switch texts on.",
        }
    }


def test_a_refusal_is_a_toast_for_a_fragment(as_ada: Client, business: Business) -> None:
    address = f"/b/{business.slug}/refused/"
    answer = as_ada.post(address, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    assert answer.headers["HX-Reswap"] == "none"
    assert "The number is not ready. Switch texts on." in answer.headers["HX-Trigger"]


def test_every_answer_forbids_what_is_not_ours(client: Client, db: None) -> None:
    for address in ("/account/login/", "/nowhere/"):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy


def test_signing_up_is_closed(client: Client, db: None) -> None:
    given = {"email": "eve@example.com", "password1": "a-long-test-password"}
    answer = client.post("/account/signup/", given)
    assert "Sign-up is closed" in answer.text
    assert not User.objects.exists()


def test_home_leads_to_the_first_business(as_ada: Client, business: Business) -> None:
    assert as_ada.get("/").headers["Location"] == f"/b/{business.slug}/conversations/"


def test_home_leads_to_the_business_that_was_joined_first(as_ada: Client, ada: User) -> None:
    actions.create_business(
        account_name="A", name="Aardvark", slug="aardvark", owner=ada, at=MONDAY
    )
    assert as_ada.get("/").headers["Location"] == "/b/harbor-hvac/conversations/"


def test_home_tells_a_member_of_no_business(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("new@example.com", "a-long-test-password"))
    assert "You belong to no business yet" in client.get("/").text


@pytest.fixture
def no_attempts_yet() -> None:
    """Failed sign-ins are counted in the cache, which tests share."""
    cache.clear()


@pytest.mark.usefixtures("no_attempts_yet")
def test_signing_in_leads_home(client: Client, ada: User) -> None:
    given = {"login": ada.email.upper(), "password": PASSWORD}
    assert client.post("/account/login/", given).headers["Location"] == "/"


@pytest.mark.usefixtures("no_attempts_yet")
def test_guessing_a_password_runs_out(client: Client, ada: User) -> None:
    wrong = {"login": ada.email, "password": "wrong"}
    for _ in range(6):
        answer = client.post("/account/login/", wrong)
    assert "Too many failed" in answer.text
    right = wrong | {"password": PASSWORD}
    assert client.post("/account/login/", right).status_code == 200


def test_the_style_guide_is_for_operators(as_ada: Client, ada: User) -> None:
    assert as_ada.get("/styleguide/").status_code == 404
    User.objects.filter(id=ada.id).update(is_operator=True)
    answer = as_ada.get("/styleguide/")
    assert answer.status_code == 200
    assert "style=" not in answer.text
