"""Refunds, and refunds that failed, move money and count as no conversions anywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from conftest import MONDAY
from django.test import Client
from django.utils.html import strip_tags

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import actions as contacts
from textrail.domain.conversions.models import Conversion
from textrail.domain.links.models import Click
from textrail.domain.reports.tests.conftest import Story

pytestmark = pytest.mark.django_db
HOME = "/b/harbor-hvac/reports/"
Feed = Callable[[], int]


@pytest.fixture
def returned(business: Business, story: Story) -> list[Conversion]:
    """Grace taps and buys; a refund of all of it fails, and one of a cent is worth nothing."""
    grace = story.contact("+14155550177", "Grace")
    contacts.set_tags(business=business, contact=grace, names=["VIP"])
    text = story.text(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=5))
    tap = story.tap(grace, variant=story.variants[0], at=MONDAY - timedelta(hours=4))
    Click.objects.filter(pk=tap.pk).update(message_id=text.pk)
    sale = story.sale(grace.person, 1_000)
    return [sale, *(story.sale(grace.person, value, of=sale) for value in (-1_000, 1_000, 0))]


def context(client: Client, address: str) -> Any:
    answer = client.get(HOME + address)
    assert answer.status_code == 200, address
    return answer.context


def test_they_count_as_no_conversions(
    as_ada: Client, returned: list[Conversion], feed: Feed
) -> None:
    feed()
    for model in ("last", "markov"):
        shown = context(as_ada, f"?model={model}")
        assert (shown["overview"].now.revenue, shown["overview"].now.conversions) == (1_000, 1)
        (link,) = shown["rankings"]["campaigns"]
        assert (link["row"].credit, link["row"].conversions) == (1_000, 1)
    (channel,) = (each["row"] for each in context(as_ada, "parts/channels/")["rows"])
    assert (channel.credit, channel.conversions) == (1_000, 1)
    ((kind, _),) = context(as_ada, "parts/texts/")["rows"]
    assert kind.conversions == 1
    ((tag, _),) = context(as_ada, "parts/tags/")["rows"]
    assert (tag.credited, tag.conversions) == (1_000, 1)
    paths = context(as_ada, "parts/paths/")
    assert paths["converted"] == 1
    ((path, _),) = paths["paths"]
    assert (path.conversions, path.value) == (1, 1_000)
    (role,) = paths["roles"]
    assert (role.closes, role.closed) == (1, 1_000)


def test_the_path_of_a_refund_that_failed_says_so(
    as_ada: Client, returned: list[Conversion], feed: Feed
) -> None:
    feed()

    def words(row: Conversion) -> str:
        answer = as_ada.get(f"{HOME}conversions/{row.pk}/")
        assert answer.status_code == 200
        return " ".join(strip_tags(answer.content.decode()).split())

    sale, refund, failed, _ = map(words, returned)
    assert "Takes backits sale, from the touches of that sale" in refund
    assert "Purchase, a refund failed" in failed
    assert "Gives backto its sale, to the touches of that sale" in failed
    assert "Refunded-$10.00" in sale
    assert "A refund failed$10.00" in sale
