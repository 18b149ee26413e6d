from __future__ import annotations

from html import unescape

import pytest
from conftest import MONDAY
from django.test import Client

from textrail.domain.accounts.models import AuditEntry, Business, User
from textrail.domain.contacts import actions, queries
from textrail.domain.contacts.columns import SEEDS
from textrail.domain.contacts.models import Contact
from textrail.domain.contacts.rules import Key, NewContact
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.phone import PhoneNumber

pytestmark = pytest.mark.django_db
PHONE = PhoneNumber("+14155550199")
HERE = "/b/harbor-hvac/contacts/seeds/"


def add(business: Business, phone: str = PHONE, network: str = "T-Mobile") -> Contact:
    return actions.add_seed(business=business, phone=PhoneNumber(phone), network=network, at=MONDAY)


def test_a_seed_is_nobody_in_every_count(business: Business) -> None:
    rows = [NewContact(PhoneNumber(f"+1415555010{n}"), tags=("spring",)) for n in range(3)]
    actions.add_contacts(business=business, rows=rows, at=MONDAY)
    (tag,) = queries.tags(business)
    contact = Contact.objects.earliest("id")
    actions.mark_seed(business=business, contact=contact, network="Verizon", at=MONDAY)
    assert queries.contact_count(business) == 2
    assert queries.contacts_with_tag(business, tag).count() == 2
    assert queries.contacts_with_tag(business, None).count() == 2
    assert [each.contacts for each in queries.tag_counts(business)] == [2]
    assert [row.pk for row in queries.seeds(business)] == [contact.pk]
    actions.mark_seed(business=business, contact=contact, network="", at=MONDAY)
    assert queries.contact_count(business) == 3


def test_a_network_keeps_its_first_spelling(business: Business) -> None:
    add(business)
    assert add(business, "+14155550198", " t-mobile ").seed_network == "T-Mobile"
    assert add(business, "+14155550197", "AT&T").seed_network == "AT&T"
    for network in ("", "x" * 41):
        with pytest.raises(Malformed):
            add(business, "+14155550196", network or " ")


def test_another_business_has_its_own(business: Business, other_business: Business) -> None:
    add(business)
    assert queries.seeds(other_business) == []
    assert add(other_business, network="T-MOBILE").seed_network == "T-MOBILE"
    assert len(queries.seed_ids(business)) == 1


def test_there_are_at_most_two_hundred(business: Business) -> None:
    for number in range(200):
        add(business, f"+1415556{number:04d}")
    with pytest.raises(Conflict):
        add(business)
    assert not Contact.objects.filter(phone=PHONE).exists()


def test_the_columns_know_them_by_their_tokens_alone(business: Business) -> None:
    contact = add(business)
    before = SEEDS.version
    assert list(SEEDS.rows()) == [(contact.person.token,)]
    actions.mark_seed(business=business, contact=contact, network="", at=MONDAY)
    assert SEEDS.version != before
    assert list(SEEDS.rows()) == []


def test_who_is_one_with_a_seed_is_a_seed(business: Business) -> None:
    """Or the test orders of its owner, told by an email, would be revenue."""
    email, phone = Key("email", "ann@shop.example"), Key("phone", PHONE)
    buyer = actions.resolve_person(business=business, keys=[email], at=MONDAY)
    contact = add(business)
    before = SEEDS.version
    actions.resolve_person(business=business, keys=[email, phone], at=MONDAY)
    assert SEEDS.version != before
    assert {(buyer.token,), (contact.person.token,)} <= set(SEEDS.rows())
    other = actions.resolve_person(business=business, keys=[Key("email", "b@b.example")], at=MONDAY)
    assert (other.token,) not in set(SEEDS.rows())


def test_seeds_are_added_and_taken_off_on_their_page(as_ada: Client, business: Business) -> None:
    assert "No seeds yet" in as_ada.get(HERE).content.decode()
    answer = as_ada.post(HERE, {"phone": "(415) 555-0199", "network": "T-Mobile"}, follow=True)
    assert "T-Mobile" in answer.content.decode()
    contact = Contact.objects.get(phone=PHONE)
    assert "No person clicks for this number" in unescape(
        as_ada.get(f"/b/harbor-hvac/contacts/{contact.pk}/").content.decode()
    )
    as_ada.post(f"/b/harbor-hvac/contacts/{contact.pk}/seed/", {"network": "", "back": "seeds"})
    assert queries.seeds(business) == []
    actions_done = AuditEntry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions_done) == ["contact.made_seed", "contact.made_person"]


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"phone": "12", "network": "T-Mobile"}, "is not a phone number"),
        ({"phone": "+14155550199", "network": ""}, "Name the mobile network"),
        ({"phone": "+14155550199", "network": "x" * 41}, "Name the mobile network"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_added(
    as_ada: Client, form: dict[str, str], words: str
) -> None:
    answer = as_ada.post(HERE, form)
    assert answer.status_code == 422
    assert words in unescape(answer.content.decode())
    assert not Contact.objects.exists()


def test_a_viewer_may_not(client: Client, vi: User, business: Business) -> None:
    contact = add(business)
    client.force_login(vi)
    assert client.get(HERE).status_code == 403
    assert client.post(f"/b/harbor-hvac/contacts/{contact.pk}/seed/").status_code == 403
