"""The pages on which numbers are found, bought, followed, taken over and registered."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest
from django.test import Client

from textrail.carriers.contract import Credentials, NumberOffer, NumberWanted
from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.desk import SimulatorDesk
from textrail.domain.accounts.models import Business, Membership, User
from textrail.domain.numbers import actions, desks, tasks
from textrail.domain.numbers.models import Connection, NumberOrder, TrackingNumber
from textrail.domain.numbers.rules import search_wish
from textrail.outbox.contract import Context, Task
from textrail.outbox.models import Work
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import CarryFailure, Malformed, Permanent, Transient

BASE = "/b/harbor-hvac/numbers"
FORM = {"name": "Vans", "source_name": "", "channel": "offline", "sms": "1"}
_OFFER = re.compile(r"/numbers/buy/\?offer=([^\"]+)\"")


def found(client: Client, query: str = "country=US&near=415") -> list[str]:
    """The tokens of the offers on the page of a search."""
    page = client.get(f"{BASE}/find/?{query}").content.decode()
    return [unquote(token) for token in _OFFER.findall(page)]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"country": "us", "near": "(415) "}, NumberWanted("US", starts="415")),
        ({"country": "US", "near": "San  Francisco"}, NumberWanted("US", locality="San Francisco")),
        ({"country": "CA", "digits": "20-20"}, NumberWanted("CA", contains="2020")),
        ({"country": "US", "kind": "toll_free"}, NumberWanted("US", toll_free=True)),
    ],
)
def test_what_was_typed_is_what_is_looked_for(asked: dict[str, str], wanted: NumberWanted) -> None:
    assert search_wish(asked, most=20) == wanted


@pytest.mark.parametrize("asked", [{"country": ""}, {"country": "US", "digits": "taxi"}])
def test_a_wish_that_cannot_be_searched_for_is_explained(asked: dict[str, str]) -> None:
    with pytest.raises(Malformed) as refused:
        search_wish(asked, most=20)
    assert refused.value.hint


def test_a_search_shows_place_price_and_what_it_carries(
    as_ada: Client, connection: Connection, desk: SimulatorDesk
) -> None:
    page = as_ada.get(f"{BASE}/find/?country=US&near=415").content.decode()
    assert "San Francisco, CA" in page
    assert "$1.00" in page
    assert "Search for a number" in as_ada.get(f"{BASE}/find/").content.decode()
    nothing = as_ada.get(f"{BASE}/find/?country=DE").content.decode()
    assert "No number like that" in nothing


def test_a_carrier_that_does_not_answer_is_said_on_the_page(
    as_ada: Client, connection: Connection, desk: SimulatorDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(wanted: NumberWanted, credentials: Credentials) -> list[NumberOffer]:
        raise failure

    class Silent:
        search = staticmethod(fail)
        owned = staticmethod(lambda credentials: fail(NumberWanted("US"), credentials))

    monkeypatch.setattr(desks, "_desks", {"simulator": Silent()})
    for failure in (Transient("It cannot be reached."), Permanent("It lets nobody in.")):
        for path in ("find/?country=US", "owned/"):
            answer = as_ada.get(f"{BASE}/{path}")
            assert answer.status_code == 200
            page = answer.content.decode()
            assert failure.sentence in page
            assert "Check the account on the Carriers page" in page


def test_without_a_carrier_that_sells_the_pages_lead_to_one(as_ada: Client) -> None:
    for path in ("find/", "owned/"):
        assert "Connect a carrier first" in as_ada.get(f"{BASE}/{path}").content.decode()


def test_a_number_is_bought_and_followed_to_its_page(
    as_ada: Client,
    context: Context,
    connection: Connection,
    desk: SimulatorDesk,
) -> None:
    token = found(as_ada)[0]
    page = as_ada.get(f"{BASE}/buy/?offer={token}").content.decode()
    assert "$1.00 a month" in page
    assert "no registration is needed" in page
    answer = as_ada.post(f"{BASE}/buy/", FORM | {"offer": token})
    order = NumberOrder.objects.get()
    assert answer["Location"] == f"{BASE}/orders/{order.pk}/"
    assert (
        "told to send its texts and calls here" in as_ada.get(answer["Location"]).content.decode()
    )
    assert "is being bought" in as_ada.get(f"{BASE}/").content.decode()
    task = Task(1, actions.BUY, {"order_id": order.pk}, 1)
    tasks.buy_number(replace(context, desks={"simulator": desk}), task)
    number = TrackingNumber.objects.get()
    assert as_ada.get(answer["Location"])["Location"] == f"{BASE}/{number.pk}/"
    fragment = as_ada.get(answer["Location"], headers={"HX-Request": "true"})
    assert fragment["HX-Redirect"] == f"{BASE}/{number.pk}/"
    assert number.phone not in as_ada.get(f"{BASE}/find/?country=US&near=415").content.decode()


def test_an_order_that_failed_is_explained_and_tried_again(
    as_ada: Client, connection: Connection, desk: SimulatorDesk
) -> None:
    as_ada.post(f"{BASE}/buy/", FORM | {"offer": found(as_ada)[0]})
    order = NumberOrder.objects.get()
    actions.fail_order(order=order, problem="Somebody else was faster.")
    page = as_ada.get(f"{BASE}/orders/{order.pk}/").content.decode()
    assert "Somebody else was faster." in page
    assert "Somebody else was faster." in as_ada.get(f"{BASE}/").content.decode()
    assert as_ada.post(f"{BASE}/orders/{order.pk}/again/").status_code == 302
    order.refresh_from_db()
    assert order.state == "buying"


def test_a_refused_purchase_keeps_what_was_typed(
    as_ada: Client, connection: Connection, desk: SimulatorDesk
) -> None:
    token = found(as_ada)[0]
    answer = as_ada.post(f"{BASE}/buy/", FORM | {"offer": token, "name": " ", "source_name": "Van"})
    assert answer.status_code == 422
    assert "A name is missing." in answer.content.decode()
    assert 'value="Van"' in answer.content.decode()
    assert not NumberOrder.objects.exists()


def test_an_offer_that_was_tampered_with_or_of_another_business_is_refused(
    as_ada: Client,
    connection: Connection,
    desk: SimulatorDesk,
    business: Business,
) -> None:
    token = found(as_ada)[0]
    for wrong in ("", "x", token[:-2] + "--", token[::-1]):
        assert as_ada.post(f"{BASE}/buy/", FORM | {"offer": wrong}).status_code == 422
    Business.objects.filter(pk=business.pk).update(slug="other")
    another = Business.objects.create(
        account=business.account, name="New", slug="harbor-hvac", created_at=business.created_at
    )
    Membership.objects.update(business=another)
    assert as_ada.post(f"{BASE}/buy/", FORM | {"offer": token}).status_code == 422
    assert not NumberOrder.objects.exists()


def test_numbers_of_the_account_are_ticked_and_added(
    as_ada: Client,
    at_carrier: SimulatorClient,
    connection: Connection,
    number: TrackingNumber,
    desk: SimulatorDesk,
) -> None:
    who = Credentials("SIM", "simulator-secret")
    for phone in (number.phone, "+14155550141", "+14155550142"):
        at_carrier.connect(phone, "http://elsewhere.test/in/simulator/x", who)
    page = as_ada.get(f"{BASE}/owned/").content.decode()
    assert page.count('type="checkbox"') == 2
    assert "Its texts go elsewhere" in page
    assert as_ada.post(f"{BASE}/owned/", {"channel": "paid"}).status_code == 422
    given = {"phone": ["+14155550141", number.phone, "+19995550100"], "channel": "paid"}
    assert as_ada.post(f"{BASE}/owned/", given).status_code == 302
    added = TrackingNumber.objects.exclude(pk=number.pk).get()
    assert (added.phone, added.name) == ("+14155550141", "(415) 555-0141")
    assert added.source.channel == "paid"
    assert Work.objects.get(kind=actions.CONNECT).payload == {"number_id": added.pk}


def test_a_registration_is_guided_and_noted(
    as_ada: Client, number: TrackingNumber, connection: Connection
) -> None:
    Connection.objects.filter(pk=connection.pk).update(carrier="twilio")
    TrackingNumber.objects.filter(pk=number.pk).update(registration="pending")
    page = as_ada.get(f"{BASE}/{number.pk}/").content.decode()
    assert "no text leaves this number" in page
    assert "Register your company as a brand." in page
    assert "console.twilio.com" in page
    assert "Not registered" in as_ada.get(f"{BASE}/").content.decode()
    given = {"registration": "approved"}
    assert as_ada.post(f"{BASE}/{number.pk}/registration/", given).status_code == 302
    page = as_ada.get(f"{BASE}/{number.pk}/").content.decode()
    assert "no text leaves this number" not in page
    assert (
        as_ada.post(f"{BASE}/{number.pk}/registration/", {"registration": "x"}).status_code == 422
    )


def test_a_number_is_given_up_there_too_when_asked(
    as_ada: Client, number: TrackingNumber, desk: SimulatorDesk
) -> None:
    assert "Give it back, too" in as_ada.get(f"{BASE}/{number.pk}/").content.decode()
    as_ada.post(f"{BASE}/{number.pk}/release/", {"at_carrier": "give_back"})
    assert Work.objects.get(kind=actions.GIVE_BACK).payload == {"number_id": number.pk}
    assert "is being asked to take it back" in as_ada.get(f"{BASE}/{number.pk}/").content.decode()
    actions.mark_not_given_back(number=number, problem="It was busy.")
    assert "It was busy." in as_ada.get(f"{BASE}/{number.pk}/").content.decode()
    assert as_ada.post(f"{BASE}/{number.pk}/give-back/").status_code == 302
    number.refresh_from_db()
    assert number.at_carrier == "asked"


def test_the_health_of_an_account_stands_on_its_page(
    as_ada: Client, connection: Connection, desk: SimulatorDesk, context: Context
) -> None:
    page = f"{BASE}/connections/"
    assert "Not asked yet" in as_ada.get(page).content.decode()
    assert as_ada.post(f"{page}{connection.pk}/check/").status_code == 302
    assert Work.objects.filter(kind=actions.CHECK).count() == 1
    task = Task(1, actions.CHECK, {"connection_id": connection.pk}, 1)
    tasks.check_connection(replace(context, desks={"simulator": desk}), task)
    shown = as_ada.get(page).content.decode()
    assert "$25.00" in shown
    assert as_ada.post(f"{page}{connection.pk}/remove/").status_code == 302
    assert "No carrier yet" in as_ada.get(page).content.decode()


@pytest.mark.parametrize("carrier", ["twilio", "telnyx", "kannel"])
def test_each_carrier_has_a_form_that_explains_what_is_wrong(as_ada: Client, carrier: str) -> None:
    page = f"{BASE}/connections/"
    form = desks.forms()[carrier]
    shown = as_ada.get(f"{page}?carrier={carrier}").content.decode()
    assert all(field.label in shown for field in form.fields)
    given = {field.name: f"wrong-{field.name}" for field in form.fields} | {"carrier": carrier}
    refused = as_ada.post(page, given)
    assert refused.status_code == 422
    content = refused.content.decode()
    for field in form.fields:
        assert (f"wrong-{field.name}" in content) is not field.secret
    assert not Connection.objects.exists()
    assert as_ada.post(page, {"carrier": "acme"}).status_code == 422


@pytest.mark.parametrize(("name", "status"), [("max_", 200), ("bo", 403), ("vi", 403), ("cy", 404)])
def test_only_who_manages_may_get_numbers(
    client: Client,
    request: pytest.FixtureRequest,
    clock: ManualClock,
    connection: Connection,
    number: TrackingNumber,
    desk: SimulatorDesk,
    name: str,
    status: int,
) -> None:
    user: User = request.getfixturevalue(name)
    client.force_login(user)
    for path in ("find/", "owned/", "connections/"):
        assert client.get(f"{BASE}/{path}").status_code == status
    if status == 200:
        return
    writes = ("buy/", "owned/", f"connections/{connection.pk}/remove/")
    for path in (*writes, f"{number.pk}/registration/", f"{number.pk}/give-back/"):
        assert client.post(f"{BASE}/{path}", {"registration": "approved"}).status_code == status
    number.refresh_from_db()
    assert number.registration == ""


def test_an_order_of_another_business_does_not_exist(
    as_ada: Client, connection: Connection, desk: SimulatorDesk, other_business: Business
) -> None:
    as_ada.post(f"{BASE}/buy/", FORM | {"offer": found(as_ada)[0]})
    NumberOrder.objects.update(business=other_business)
    order = NumberOrder.objects.get()
    assert as_ada.get(f"{BASE}/orders/{order.pk}/").status_code == 404
    assert as_ada.post(f"{BASE}/orders/{order.pk}/again/").status_code == 404
    other = Connection.objects.get()
    Connection.objects.update(business=other_business)
    assert as_ada.post(f"{BASE}/connections/{other.pk}/remove/").status_code == 404


def test_a_failure_in_the_sentence_of_a_carrier_is_escaped(
    as_ada: Client, connection: Connection
) -> None:
    assert issubclass(Permanent, CarryFailure)
    Connection.objects.update(
        checked_at=connection.created_at, is_well=False, health="<b>No.</b>", health_hint="<i>"
    )
    page = as_ada.get(f"{BASE}/connections/").content.decode()
    assert "<b>No." not in page
    assert "&lt;b&gt;No." in page
