"""An address that only takes forms, opened as a page: one sentence and a way back, everywhere."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from textrail.web.middleware import way_back

pytestmark = pytest.mark.django_db

HOME = "/b/harbor-hvac/"


def test_it_says_so_and_leads_to_the_page_above(as_ada: Client) -> None:
    answer = as_ada.get(HOME + "conversations/texts/12/again/")
    shown = answer.content.decode()
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address has no page of its own." in shown
    assert f'href="{HOME}conversations/"' in shown


def test_a_page_that_is_sent_a_form_leads_to_itself(as_ada: Client) -> None:
    answer = as_ada.post(HOME + "conversations/")
    assert answer.status_code == 405
    assert "This page takes no forms." in answer.content.decode()
    assert f'href="{HOME}conversations/"' in answer.content.decode()


def test_a_stranger_learns_no_more_than_from_any_other_address(client: Client) -> None:
    def shown(home: str) -> str:
        page = client.get(home + "conversations/texts/12/again/").content.decode()
        return page.partition("<main")[2].replace(home, "")

    assert shown(HOME) == shown("/b/no-such-place/")


def test_programs_and_fragments_get_it_in_their_form(as_ada: Client) -> None:
    address = HOME + "conversations/texts/12/again/"
    answer = as_ada.get(address, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    toast = as_ada.get(address, headers={"HX-Request": "true"})
    assert "no page of its own" in json.loads(toast["HX-Trigger"])["toast"]["text"]


def test_a_refused_page_leads_back_to_the_page_above(as_ada: Client) -> None:
    shown = as_ada.get(HOME + "conversations/999/").content.decode()
    assert f'href="{HOME}conversations/"' in shown.partition('id="content"')[2]


@pytest.mark.parametrize(
    ("path", "above"),
    [
        ("/b/x/conversations/5/reply/", "/b/x/conversations/5/"),
        ("/b/x/conversations/quick-replies/5/remove/", "/b/x/conversations/quick-replies/"),
        ("/b/x/conversations/", "/"),
        ("/b/x/conversations/5/notes/7/remove/", "/b/x/conversations/5/"),
        ("/b/x/conversations/recordings/5/delete/", "/b/x/conversations/"),
        ("/b/x/numbers/sounds/5/remove/", "/b/x/numbers/sounds/"),
        ("/b/x/settings/billing/funds/stripe/end/", "/b/x/settings/billing/funds/"),
        ("/nowhere/", "/"),
        ("/", "/"),
        ("", "/"),
    ],
)
def test_the_way_back_is_the_nearest_address_that_shows_a_page(path: str, above: str) -> None:
    assert way_back(path) == above
