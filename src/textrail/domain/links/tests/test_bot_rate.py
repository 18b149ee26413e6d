"""What machines make of texts that nobody reads: the rate, its doubt, and the judge's mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from conftest import MONDAY
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from textrail.domain.accounts.models import Business, User
from textrail.domain.contacts import actions as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.links import actions, queries, sent_texts
from textrail.domain.links.actions import NewCode, SeedText
from textrail.domain.links.models import Canary, Click, Code, Link
from textrail.domain.links.rules import Evidence, Utm, explain, judge
from textrail.domain.links.rules.bot_rate import Rate, wilson
from textrail.domain.links.tasks import record_clicks
from textrail.domain.links.tests.test_judging import PEOPLE, PREVIEWS
from textrail.journal.port import Arrival
from textrail.outbox.contract import Context
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.ids import new_click_ids
from textrail.vocabulary.phone import PhoneNumber

SINCE = MONDAY - timedelta(days=90)
PHONE = {
    "user-agent": PEOPLE["iphone_safari"],
    "accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "accept-language": "en-US,en;q=0.9",
    "accept-encoding": "gzip, deflate, br",
}


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [
        # R. G. Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (3, 4, 0.3006, 0.9544),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    interval = wilson(hits, of)
    assert interval.low == pytest.approx(low, abs=0.00005)
    assert interval.high == pytest.approx(high, abs=0.00005)


@given(st.integers(1, 10_000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_an_interval_holds_its_share_and_narrows_with_more_data(pair: tuple[int, int]) -> None:
    hits, of = pair
    interval, more = wilson(hits, of), wilson(hits * 10, of * 10)
    assert 0 <= interval.low <= hits / of <= interval.high <= 1
    assert more.high - more.low < interval.high - interval.low


def test_three_of_four_is_said_to_be_few() -> None:
    assert Rate(3, 4).is_wide
    assert not Rate(300, 1000).is_wide
    assert Rate(0, 0).share is None


def test_what_is_known_outranks_the_evidence_and_keeps_what_the_judge_saw() -> None:
    person = judge(Evidence("GET", PHONE))
    assert person.verdict == "human"
    for known in ("seed", "canary"):
        judgement = judge(Evidence("GET", PHONE, known=known))
        assert judgement.verdict == "scanner"
        assert judgement.reasons == (known, *person.reasons)
        assert explain(known) != known
    preview = Evidence("GET", {"user-agent": PREVIEWS["slack"]}, known="seed")
    assert judge(preview).verdict == "preview"


@pytest.fixture
def link(business: Business) -> Link:
    return actions.create_link(
        business=business,
        name="Spring sale",
        destination="https://shop.example/",
        utm=Utm(),
        at=MONDAY,
        campaign_id=5,
        variant_id=6,
    )


@pytest.fixture
def everything_left() -> Iterator[set[int]]:
    """Texts left us, but for the messages in this set."""
    failed: set[int] = set()
    before = list(sent_texts._departed)
    sent_texts.register_departed(lambda business, ids: set(ids) - failed)
    yield failed
    sent_texts._departed[:] = before


def seed(business: Business, number: int, network: str) -> Contact:
    return contacts.add_seed(
        business=business, phone=PhoneNumber(f"+1415555{number:04d}"), network=network, at=MONDAY
    )


def text(link: Link, contact: Contact, code: str) -> None:
    """A text of a campaign to a seed."""
    actions.store_codes([NewCode(code, link.pk, contact.pk, contact.pk)])
    row = SeedText(code, contact.pk, contact.pk, contact.seed_network)
    actions.note_seed_codes(business=link.business, texts=[row], at=MONDAY)


def ask(context: Context, code: str, **headers: str) -> None:
    """Somebody asks for a code: a phone's browser, unless the headers say otherwise."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()} or PHONE
    [click_id] = new_click_ids(1)
    arrival = arrivals.ClickArrival(code, click_id, "GET", "203.0.113.7", list(sent.items()))
    at = to_ms(context.clock.now() + timedelta(minutes=Click.objects.count()))
    record_clicks(context, [Arrival(1, arrivals.CLICK, at, arrivals.encode(arrival))])


@pytest.mark.django_db
def test_the_rate_is_counted_by_network_and_by_text(
    business: Business, link: Link, context: Context, everything_left: set[int]
) -> None:
    mobile = [seed(business, number, "T-Mobile") for number in range(3)]
    other = seed(business, 9, "Verizon")
    dead = seed(business, 10, "Verizon")
    everything_left.add(dead.pk)
    for contact in (*mobile, other, dead):
        text(link, contact, f"code{contact.pk:04d}")
    ask(context, f"code{mobile[0].pk:04d}", user_agent="Go-http-client/2.0")
    ask(context, f"code{mobile[0].pk:04d}", user_agent="Go-http-client/2.0")
    ask(context, f"code{mobile[1].pk:04d}")  # a machine that the judge takes for a person
    measured = queries.bot_rate(business, since=SINCE)
    assert [each.network for each in measured.networks] == ["T-Mobile", "Verizon"]
    t_mobile, verizon = measured.networks
    assert t_mobile.asked == Rate(2, 3)
    assert t_mobile.mistaken == Rate(1, 3)
    assert dict(t_mobile.verdicts) == {"scanner": 2, "human": 1}
    assert verizon.asked == Rate(0, 1)  # the dead one had no chance to be asked for
    assert measured.total.asked == Rate(2, 4)
    assert measured.seeds == 5


@pytest.mark.django_db
def test_no_tap_on_a_seed_counts_as_a_persons(
    business: Business, link: Link, context: Context
) -> None:
    contact = seed(business, 1, "T-Mobile")
    text(link, contact, "seedcode")
    ask(context, "seedcode")
    ask(context, "seedcode")
    assert [click.verdict for click in Click.objects.all()] == ["scanner", "scanner"]
    assert Click.objects.earliest("id").reasons[0] == "seed"
    taps = queries.taps_by_variant(business, 5)[6]
    assert (taps.human, taps.raw) == (0, 2)


@pytest.mark.django_db
def test_no_tap_on_a_link_that_another_sender_got_for_a_seed_counts_either(
    business: Business, link: Link, context: Context
) -> None:
    contact = seed(business, 1, "T-Mobile")
    given = actions.hand_out_codes(
        business=business, link=link, phones=[contact.phone, "+14155550002"], at=MONDAY
    )
    for each in given:
        ask(context, each.code)
    clicks = Click.objects.order_by("id")
    assert [click.verdict for click in clicks] == ["scanner", "human"]
    assert clicks[0].reasons[0] == "seed"


@pytest.mark.django_db
def test_a_seed_that_turned_out_to_be_somebodys_is_left_out_whole(
    business: Business, link: Link, context: Context, everything_left: set[int]
) -> None:
    contact = seed(business, 1, "T-Mobile")
    text(link, contact, "seedcode")
    contacts.mark_seed(business=business, contact=contact, network="", at=MONDAY)
    ask(context, "seedcode")
    assert Click.objects.get().verdict == "human"
    assert queries.bot_rate(business, since=SINCE).total.asked == Rate(0, 0)


@pytest.mark.django_db
def test_a_canary_is_a_code_like_any_other_and_nobodys(
    business: Business, link: Link, context: Context
) -> None:
    actions.mint_canaries(links=[link], at=MONDAY)
    assert Canary.objects.count() == Code.objects.count() == 20
    assert {len(code) for code in Code.objects.values_list("code", flat=True)} == {8}
    code = Canary.objects.earliest("id").code
    ask(context, code)
    click = Click.objects.get()
    assert (click.verdict, click.reasons[0]) == ("scanner", "canary")
    measured = queries.bot_rate(business, since=SINCE)
    assert measured.canaries == Rate(1, 20)
    assert [finder.pk for finder in measured.finders] == [click.pk]


@pytest.mark.django_db
def test_canaries_are_shared_among_the_links_of_a_campaign(business: Business, link: Link) -> None:
    other = actions.create_link(
        business=business, name="B", destination="https://b.example/", utm=Utm(), at=MONDAY
    )
    actions.mint_canaries(links=[link, other], at=MONDAY)
    assert [link.canaries.count(), other.canaries.count()] == [10, 10]
    actions.mint_canaries(links=[], at=MONDAY)
    assert Canary.objects.count() == 20


@pytest.mark.django_db
def test_nothing_of_another_business_is_measured(
    business: Business, other_business: Business, link: Link, context: Context
) -> None:
    text(link, seed(business, 1, "T-Mobile"), "seedcode")
    actions.mint_canaries(links=[link], at=MONDAY)
    ask(context, "seedcode")
    measured = queries.bot_rate(other_business, since=SINCE)
    assert (measured.seeds, measured.networks) == (0, ())
    assert (measured.total.asked, measured.canaries) == (Rate(0, 0), Rate(0, 0))


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/b/harbor-hvac/links/bot-rate/{query}")
    assert answer.status_code == 200
    return unescape(answer.content.decode())


@pytest.mark.django_db
def test_the_page_says_how_to_begin_and_to_whom(
    as_ada: Client, client: Client, vi: User, business: Business
) -> None:
    assert "Add a seed" in page(as_ada)
    client.force_login(vi)
    assert "Add a seed" not in page(client)
    client.force_login(User.objects.get(name="Ada"))
    seed(business, 1, "T-Mobile")
    assert "Nothing measured yet" in page(client)


@pytest.mark.django_db
def test_the_page_is_honest_with_few_data(
    as_ada: Client,
    business: Business,
    link: Link,
    context: Context,
    everything_left: set[int],
) -> None:
    for number in range(4):
        contact = seed(business, number, "T-Mobile")
        text(link, contact, f"code{number}")
        if number:
            ask(context, f"code{number}", user_agent="Go-http-client/2.0")
    with time_machine.travel(MONDAY + timedelta(days=1), tick=False):
        words = page(as_ada)
    assert "3 of 4: that is few, and the interval is wide: 30.1% to 95.4%" in words
    assert "T-Mobile" in words
    assert "Texts of the last" in page(as_ada, "?days=nonsense")
