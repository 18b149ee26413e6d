from __future__ import annotations

from datetime import timedelta

import pytest

from textrail.domain.accounts.models import AuditEntry, User
from textrail.domain.hooks import actions
from textrail.domain.hooks.models import Delivery, Endpoint
from textrail.domain.hooks.rules.endpoints import check_address, next_try, pause
from textrail.domain.hooks.tests.conftest import AddEndpoint
from textrail.vocabulary.clock import ManualClock
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.sealing import Seal

PUBLIC = "https://go.harbor.example"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "where the events go"),
        ("hooks.example.com/x", "not a web address"),
        ("ftp://hooks.example.com/", "not a web address"),
        ("javascript:alert(1)", "not a web address"),
        ("https://hooks.example.com/a\nb", "not a web address"),
        ("http://hooks.example.com/", "must be encrypted"),
        ("https://user:word@hooks.example.com/", "user name or a password"),
        ("https://localhost/", "private network"),
        ("https://10.0.0.7/", "private network"),
        ("https://[::1]/", "private network"),
        ("https://intranet/", "private network"),
        ("https://169.254.169.254/latest/meta-data", "private network"),
        ("https://hooks..example.com/", "dots in a row"),
        ("https://hooks.example.com:99999/", "not a port"),
        ("https://hooks.example.com/" + "x" * 2048, "too long"),
    ],
)
def test_an_address_that_may_not_be_told_is_refused_in_one_sentence(url: str, words: str) -> None:
    with pytest.raises(Malformed) as refused:
        check_address(url, links_url=PUBLIC)
    assert words in refused.value.sentence
    assert refused.value.hint
    assert refused.value.field == "url"


def test_a_trial_may_tell_its_own_network() -> None:
    trial = "http://127.0.0.1:8001"
    assert check_address("http://127.0.0.1:9000/hook", links_url=trial)
    assert check_address(" https://hooks.example.com/x?key=1 ", links_url=PUBLIC) == (
        "https://hooks.example.com/x?key=1"
    )


@pytest.mark.django_db
def test_a_secret_is_sealed_and_never_twice_the_same(add: AddEndpoint, seal: Seal) -> None:
    one, other = add(), add()
    assert one.secret.startswith("whsec_")
    assert one.secret != other.secret
    kept = Endpoint.objects.get(id=one.endpoint.pk)
    assert one.secret not in kept.secret
    assert seal.open(kept.secret) == one.secret


@pytest.mark.django_db
def test_events_are_chosen_from_the_list(add: AddEndpoint) -> None:
    for events in ([], ["link.clicked", "link.eaten"]):
        with pytest.raises(Malformed):
            add(events=events)
    assert not Endpoint.objects.exists()


@pytest.mark.django_db
def test_a_business_has_at_most_twenty(add: AddEndpoint) -> None:
    for _ in range(20):
        add()
    with pytest.raises(Conflict):
        add()


@pytest.mark.django_db
def test_every_change_is_in_the_audit_trail_without_the_path_of_the_address(
    add: AddEndpoint, ada: User, seal: Seal, clock: ManualClock
) -> None:
    made = add(url="http://127.0.0.1:9/secret-path", actor=ada).endpoint
    at = clock.now()
    actions.edit_endpoint(
        endpoint=made,
        url=made.url,
        events=["link.clicked"],
        links_url="http://127.0.0.1:8001",
        at=at,
        actor=ada,
    )
    actions.rotate_secret(endpoint=made, seal=seal, at=at, actor=ada)
    actions.disable_endpoint(endpoint=made, at=at, actor=ada)
    actions.enable_endpoint(endpoint=made, at=at, actor=ada)
    trail = AuditEntry.objects.filter(actor=ada).order_by("id")
    assert [entry.action for entry in trail] == [
        "endpoint.created",
        "endpoint.changed",
        "endpoint.secret_rotated",
        "endpoint.disabled",
        "endpoint.enabled",
    ]
    assert not [entry for entry in trail if "secret-path" in entry.subject]


@pytest.mark.django_db
def test_what_waits_when_it_is_disabled_is_given_up_and_nothing_is_lost(
    add: AddEndpoint, clock: ManualClock
) -> None:
    endpoint = add().endpoint
    actions.send_test(endpoint=endpoint, at=clock.now())
    assert actions.disable_endpoint(endpoint=endpoint, at=clock.now())
    assert not actions.disable_endpoint(endpoint=endpoint, at=clock.now())
    delivery = Delivery.objects.get()
    assert (delivery.due_at, delivery.problem) == (None, "The endpoint was disabled.")
    endpoint.refresh_from_db()
    with pytest.raises(Conflict):
        actions.send_test(endpoint=endpoint, at=clock.now())
    with pytest.raises(Conflict):
        actions.replay(delivery=Delivery.objects.select_related("endpoint").get(), at=clock.now())


def test_tries_grow_apart_and_end(clock: ManualClock) -> None:
    now = clock.now()
    waits = []
    for attempts in range(1, 12):
        again = next_try(attempts, waiting_since=now, now=now, chance=0.5, retry_after=None)
        assert again is not None
        waits.append(again - now)
    assert waits == sorted(waits)
    assert waits[0] < timedelta(seconds=3)
    assert next_try(12, waiting_since=now, now=now, chance=0.5, retry_after=None) is None
    old = now - timedelta(days=4)
    assert next_try(1, waiting_since=old, now=now, chance=0.5, retry_after=None) is None
    asked = next_try(1, waiting_since=now, now=now, chance=0, retry_after=90)
    assert asked == now + timedelta(seconds=90)


def test_a_receiver_that_is_down_is_left_alone_for_longer_and_longer_up_to_five_minutes() -> None:
    pauses = [pause(failures, chance=0.5) for failures in range(12)]
    assert pauses[0] == timedelta(0)
    assert pauses == sorted(pauses)
    assert pauses[-1] == timedelta(minutes=5)
