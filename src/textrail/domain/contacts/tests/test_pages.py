from __future__ import annotations

import pytest
from conftest import MONDAY
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.models import ConsentKind, Contact
from textrail.domain.contacts.rules import NewContact
from textrail.vocabulary.phone import PhoneNumber

ANN = PhoneNumber("+14155550123")
LIST = "/b/harbor-hvac/contacts/"


@pytest.fixture
def ann(business: Business) -> Contact:
    return actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY, name="Ann <b>")


def test_an_empty_list_says_how_to_begin(as_ada: Client) -> None:
    assert "No contacts yet" in as_ada.get(LIST).content.decode()


def test_the_list_finds_people_and_counts_few_statements(
    as_ada: Client, business: Business, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    rows = [NewContact(PhoneNumber(f"+1415555{n:04}"), f"Name {n}", ("vip",)) for n in range(60)]
    actions.add_contacts(business=business, rows=rows, at=MONDAY)
    with django_assert_max_num_queries(9):
        page = as_ada.get(LIST).content.decode()
    assert "vip (60)" in page
    assert "Name 59" in page
    assert "Name 9<" not in page
    assert "after=" in page
    found = as_ada.get(LIST, {"q": "name 7", "consent": "textable"}).content.decode()
    assert "Name 7<" in found
    assert "Name 59" not in found
    strange = {"q": "\0", "tag": "x", "after": "9" * 40, "consent": "maybe"}
    assert as_ada.get(LIST, strange).status_code == 200


def test_who_has_no_name_is_listed_by_their_number(as_ada: Client, business: Business) -> None:
    row = actions.find_or_add_contact(business=business, phone=ANN, at=MONDAY)
    page = as_ada.get(LIST).content.decode()
    link = page.split(f'href="{LIST}{row.pk}/">')[1].split("</a>")[0]
    assert "(415) 555-0123" in link


def test_a_contact_shows_its_proof_of_consent(as_ada: Client, ann: Contact) -> None:
    actions.record_consent(
        business=ann.business,
        phone=ANN,
        kind=ConsentKind.OPT_OUT,
        source="text",
        words="Stop it",
        at=MONDAY,
    )
    page = as_ada.get(f"{LIST}{ann.pk}/").content.decode()
    assert "Ann &lt;b&gt;" in page
    assert "Stop it" in page
    assert "Opted out" in page


def test_a_contact_is_changed(as_ada: Client, ann: Contact) -> None:
    given = {"name": "Ann Lee", "email": "ann@example.com", "tags": "vip, spring"}
    answer = as_ada.post(f"{LIST}{ann.pk}/save/", given)
    assert answer.status_code == 302
    ann.refresh_from_db()
    assert (ann.name, ann.email) == ("Ann Lee", "ann@example.com")
    assert [tag.name for tag in ann.tags.order_by("name")] == ["spring", "vip"]


def test_a_wrong_address_changes_nothing_and_keeps_what_was_typed(
    as_ada: Client, ann: Contact
) -> None:
    given = {"name": "Ann Lee", "email": "nowhere", "tags": "vip"}
    answer = as_ada.post(f"{LIST}{ann.pk}/save/", given)
    assert answer.status_code == 422
    assert 'value="nowhere"' in answer.content.decode()
    ann.refresh_from_db()
    assert ann.name == "Ann <b>"
    assert not ann.tags.exists()


def test_a_pasted_list_is_added(as_ada: Client, business: Business) -> None:
    pasted = "(415) 555-0123, Ann\n4155550124, Ben, vip"
    answer = as_ada.post(f"{LIST}import/", {"list": pasted, "tags": "spring"})
    assert answer.status_code == 302
    assert [tag.contacts for tag in queries.tag_counts(business)] == [2, 1]


def test_a_file_is_added_whatever_a_spreadsheet_made_of_it(
    as_ada: Client, business: Business
) -> None:
    content = "phone;name\r\n4155550123;Zoë\r\n".encode("cp1252")
    answer = as_ada.post(f"{LIST}import/", {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 302
    assert Contact.objects.get().name == "Zoë"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_file_is_read_in_whatever_encoding_it_is_saved(
    as_ada: Client, business: Business, encoding: str
) -> None:
    content = "phone,name\r\n4155550123,Zoë\r\n".encode(encoding)
    answer = as_ada.post(f"{LIST}import/", {"file": SimpleUploadedFile("a.csv", content)})
    assert answer.status_code == 302
    assert Contact.objects.get().name == "Zoë"


def test_a_workbook_is_told_from_a_list(as_ada: Client, business: Business) -> None:
    file = SimpleUploadedFile("a.csv", b"PK\x03\x04\x14\x00\x06\x00")
    answer = as_ada.post(f"{LIST}import/", {"file": file})
    assert answer.status_code == 422
    assert "This is an Excel workbook, not a CSV file." in answer.content.decode()


def test_a_bad_line_stops_the_list_until_it_is_left_out(as_ada: Client) -> None:
    given = {"list": "4155550123, Ann\nnobody, Ben"}
    answer = as_ada.post(f"{LIST}import/", given)
    assert answer.status_code == 422
    assert "nobody, Ben" in answer.content.decode()
    assert not Contact.objects.exists()
    assert as_ada.post(f"{LIST}import/", given | {"leave_out": "1"}).status_code == 302
    assert Contact.objects.count() == 1


@pytest.mark.parametrize("given", [{"list": ""}, {"list": "4155550123", "tags": "x" * 50}])
def test_a_list_that_adds_nobody_is_refused(as_ada: Client, given: dict[str, str]) -> None:
    assert as_ada.post(f"{LIST}import/", given).status_code == 422
    assert not Contact.objects.exists()


def test_roles_see_and_change_what_they_may(
    client: Client, ann: Contact, vi: User, bo: User, cy: User
) -> None:
    expected = {vi: (200, 403, 403), bo: (200, 302, 403), cy: (404, 404, 404)}
    for user, statuses in expected.items():
        client.force_login(user)
        assert client.get(f"{LIST}{ann.pk}/").status_code == statuses[0]
        assert client.post(f"{LIST}{ann.pk}/save/", {"name": "A"}).status_code == statuses[1]
        assert client.get(f"{LIST}import/").status_code == statuses[2]


def test_a_contact_of_another_business_is_not_shown(client: Client, ann: Contact, cy: User) -> None:
    client.force_login(cy)
    assert client.get(f"/b/cys-cycles/contacts/{ann.pk}/").status_code == 404


def test_a_list_says_how_its_people_agreed(as_ada: Client, business: Business) -> None:
    address = f"/b/{business.slug}/contacts/import/"
    form = {"list": "+17275550142, Dana", "how": "form", "proof": "short"}
    refused = as_ada.post(address, form)
    assert refused.status_code == 422
    assert "Say what proves" in refused.content.decode()
    assert not Contact.objects.filter(business=business).exists()
    as_ada.post(address, {**form, "proof": "harbor.example/join, 1 March"})
    event = queries.consent_history(business, "+17275550142")[0]
    assert (event.kind, event.source, event.proof) == (
        "opt_in",
        "form",
        "harbor.example/join, 1 March",
    )


def test_a_tag_with_a_comma_is_two_before_its_page_is_saved_and_after(
    as_ada: Client, business: Business, ann: Contact
) -> None:
    actions.add_tags(business=business, contact=ann, names=["a,b"])
    assert queries.tag_names(ann) == ["a", "b"]
    where = f"/b/{business.slug}/contacts/{ann.pk}/save/"
    assert as_ada.post(where, {"tags": "a, b; c"}).status_code == 302
    assert queries.tag_names(ann) == ["a", "b", "c"]


@pytest.mark.parametrize(("who", "is_offered"), [("bo", True), ("vi", False)])
def test_who_only_looks_is_not_led_to_write_down_what_was_said(
    client: Client, bo: User, vi: User, ann: Contact, who: str, is_offered: bool
) -> None:
    client.force_login({"bo": bo, "vi": vi}[who])
    shown = client.get(f"{LIST}{ann.pk}/").content.decode()
    assert ("Write down what they said" in shown) is is_offered
