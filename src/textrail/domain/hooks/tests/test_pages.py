from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from textrail.domain.accounts.models import Business, User
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.tests.conftest import AddEndpoint
from textrail.domain.hooks.tests.receiver import Receiver
from textrail.domain.links.models import Click
from textrail.outbox.models import Work
from textrail.vocabulary.events import EventName

pytestmark = pytest.mark.django_db
HERE = "/b/harbor-hvac/settings/webhooks/"
SOON = timedelta(minutes=2)  # pages go by the time of day, which is ahead of the test's clock


def read(client: Client, path: str = HERE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_the_empty_page_offers_to_begin(as_ada: Client) -> None:
    assert "Add endpoint" in read(as_ada)
    assert "No webhooks yet" in read(as_ada)


def test_the_secret_is_shown_once(as_ada: Client) -> None:
    form = {"url": "http://127.0.0.1:9000/hook", "events": ["link.clicked", "campaign.sent"]}
    answer = as_ada.post(f"{HERE}new/", form)
    assert b"whsec_" in answer.content
    endpoint = Endpoint.objects.get()
    assert endpoint.events == ["link.clicked", "campaign.sent"]
    assert "whsec_" not in read(as_ada, f"{HERE}{endpoint.pk}/")
    assert b"whsec_" in as_ada.post(f"{HERE}{endpoint.pk}/secret/").content


def test_a_refused_form_keeps_what_was_typed(as_ada: Client) -> None:
    answer = as_ada.post(f"{HERE}new/", {"url": "nonsense", "events": ["link.clicked"]})
    assert answer.status_code == 422
    words = unescape(answer.content.decode())
    assert "This is not a web address." in words
    assert 'value="nonsense"' in words


def test_a_failing_endpoint_shows_what_came_back_and_can_be_sent_again(
    as_ada: Client,
    add: AddEndpoint,
    tap: Callable[..., Click],
    run: Callable[..., None],
    receiver: Receiver,
) -> None:
    endpoint = add().endpoint
    receiver.answers = [500]
    receiver.body = b"<b>no table orders</b>"
    tap()
    run()
    words = read(as_ada, f"{HERE}{endpoint.pk}/")
    assert "Failing" in words
    assert "Next try" in words
    delivery = Delivery.objects.get()
    answer = as_ada.get(f"{HERE}deliveries/{delivery.pk}/").content.decode()
    assert "&lt;b&gt;no table orders" in answer
    assert "Maya Alvarez" in answer
    as_ada.post(f"{HERE}deliveries/{delivery.pk}/replay/")
    run(SOON)
    assert "Delivered" in read(as_ada, f"{HERE}{endpoint.pk}/")


def test_what_it_is_told_of_is_said_piece_by_piece_or_as_everything(
    as_ada: Client, add: AddEndpoint
) -> None:
    endpoint = add().endpoint
    here = f"{HERE}{endpoint.pk}/"
    Endpoint.objects.update(events=["link.clicked", "call.ended"])
    assert '<span class="tag">A link is tapped</span>' in read(as_ada, here)
    Endpoint.objects.update(events=[name.value for name in EventName])
    page = read(as_ada, here)
    assert "Anything happens" in page
    assert '<span class="tag">' not in page


def test_an_endpoint_is_called_by_its_note_or_its_host_and_leads_up(
    as_ada: Client, add: AddEndpoint
) -> None:
    endpoint = add().endpoint
    here = f"{HERE}{endpoint.pk}/"
    assert "<h1>127.0.0.1</h1>" in read(as_ada, here)
    Endpoint.objects.update(note="Warehouse")
    page = read(as_ada, here)
    assert "<h1>Warehouse</h1>" in page
    assert f'<p class="crumb"><a href="{HERE}">' in page


def test_test_event_switch_and_replay(
    as_ada: Client, add: AddEndpoint, run: Callable[..., None], receiver: Receiver
) -> None:
    endpoint = add().endpoint
    here = f"{HERE}{endpoint.pk}/"
    assert as_ada.post(f"{here}test/").status_code == 302
    run(SOON)
    assert len(receiver.calls) == 1
    as_ada.post(f"{here}switch/")
    assert "Disabled" in read(as_ada, here)
    assert as_ada.post(f"{here}test/").status_code == 409
    as_ada.post(f"{here}switch/", {"on": "1"})
    assert as_ada.post(f"{here}replay/", {"since": "24"}).status_code == 302
    assert as_ada.post(f"{here}replay/", {"since": "nonsense"}).status_code == 422


def test_only_deliveries_are_asked_for_while_some_wait(
    as_ada: Client, add: AddEndpoint, tap: Callable[..., Click], run: Callable[..., None]
) -> None:
    endpoint = add(url="http://127.0.0.1:9/").endpoint
    tap()
    run()
    path = f"{HERE}{endpoint.pk}/"
    assert "every 3s" in read(as_ada, path)
    fragment = as_ada.get(path, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "link.clicked" in fragment


def test_an_agent_and_a_viewer_are_refused(client: Client, bo: User, vi: User) -> None:
    for user in (bo, vi):
        client.force_login(user)
        assert client.get(HERE).status_code == 403
        assert client.post(f"{HERE}new/", {"url": "https://x.example/"}).status_code == 403
    assert not Endpoint.objects.exists()


def test_a_stranger_neither_sees_nor_triggers(
    client: Client, cys: Business, cy: User, add: AddEndpoint, tap: Callable[..., Click]
) -> None:
    endpoint = add().endpoint
    tap()
    Work.objects.all().delete()
    client.force_login(cy)
    for slug in ("harbor-hvac", cys.slug):
        base = f"/b/{slug}/settings/webhooks/{endpoint.pk}/"
        assert client.get(base).status_code == 404
        for action in ("test", "secret", "switch", "replay", "edit"):
            assert client.post(f"{base}{action}/").status_code == 404
    assert not Work.objects.exists()
    assert not Delivery.objects.exists()
    assert Endpoint.objects.get().disabled_at is None
