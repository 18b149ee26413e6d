"""What is read from a page call: the way in, what is kept of addresses, where a channel is own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from textrail.domain.visitors.rules.channels import Condition, OwnChannel, judge_way, read_rule
from textrail.domain.visitors.rules.visits import Page, read_page, take_apart
from textrail.vocabulary.channels import channel_of
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.utm import Utm

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)


def page(url: str, referrer: str = "", **context: object) -> Page:
    told = {"page": {"url": url, "referrer": referrer}, **context}
    found = read_page({"anonymousId": "visitor-1", "context": told}, received_at=NOW)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("query", "referrer", "channel"),
    [
        ("", "", "direct"),
        ("", "https://www.google.de/search?q=secret", "organic_search"),
        ("", "https://search.yahoo.co.jp/", "organic_search"),
        ("", "android-app://com.google.android.googlequicksearchbox/", "organic_search"),
        ("", "https://duckduckgo.com/", "organic_search"),
        ("", "https://mail.google.com/", "referral"),
        ("", "https://googlefans.example/", "referral"),
        ("", "https://l.facebook.com/l.php", "organic_social"),
        ("", "https://t.co/x", "organic_social"),
        ("", "https://www.youtube.com/watch", "organic_video"),
        ("", "https://blog.example/post", "referral"),
        ("", "https://www.harbor.example/other", "direct"),
        ("gclid=Cj0K", "https://www.google.com/", "paid_search"),
        ("wbraid=x", "", "paid_search"),
        ("fbclid=IwAR", "https://l.facebook.com/", "organic_social"),
        ("fbclid=IwAR&utm_source=facebook&utm_medium=cpc", "", "paid_social"),
        ("ttclid=x", "", "paid_social"),
        ("msclkid=x", "", "paid_search"),
        ("utm_source=news&utm_medium=email", "https://mail.google.com/", "email"),
        ("UTM_Source=sms&utm_medium=text", "", "sms"),
        ("trail_click=abc", "", "sms"),
    ],
)
def test_way_in_lands_in_its_channel(query: str, referrer: str, channel: str) -> None:
    found = page(f"https://harbor.example/tune-up?{query}", referrer)
    assert channel_of(found.way) == channel


def test_campaign_of_segments_libraries_is_read_where_the_address_has_none() -> None:
    campaign = {"name": "spring", "source": "news", "medium": "email"}
    assert page("https://harbor.example/", campaign=campaign).way == Utm("news", "email", "spring")


def test_of_an_address_only_host_and_path_are_kept() -> None:
    found = page("https://user:pw@Harbor.Example:8443/a/ada@x.example/b?email=ada@x.example#t")
    assert (found.host, found.path) == ("harbor.example", "/a/…/b")
    assert "ada" not in repr(found)


@pytest.mark.parametrize("url", ["", "nonsense", "https://[", "/only/a/path", "https://a b/"])
def test_what_is_no_address_is_no_visit(url: str) -> None:
    told = {"anonymousId": "v", "context": {"page": {"url": url}}}
    assert read_page(told, received_at=NOW) is None


def test_thousands_of_parameters_are_not_read() -> None:
    assert take_apart("https://a.example/?" + "a=1&" * 900)[2] == []


def test_click_id_that_cannot_be_ours_is_left_out() -> None:
    assert page(f"https://a.example/?trail_click={'x' * 80}").click_id == ""


PODCAST = OwnChannel("Podcasts", (Condition("source", "is", ("podcast",)),), "own_podcasts")


def test_own_rule_comes_before_googles_and_says_why() -> None:
    judged = judge_way(Utm("Podcast", "cpc"), [PODCAST])
    assert judged.channel == "own_podcasts"
    assert judged.because == "Your rule “Podcasts” holds: source is “podcast”."
    assert judge_way(Utm("google", "cpc"), [PODCAST]).channel == "paid_search"


@pytest.mark.parametrize(
    ("test", "word", "value", "holds"),
    [
        ("is", "linkedin", "not-linkedin", False),
        ("contains", "linkedin", "not-linkedin", True),
        ("starts", "link", "LinkedIn", True),
        ("matches", "spring", "big spring sale", True),
        ("matches", "spring", "offspring", False),
        ("matches", "spring", "big_spring_sale", True),
        ("contains", "x", "", False),
    ],
)
def test_condition(test: str, word: str, value: str, holds: bool) -> None:
    assert Condition("campaign", test, (word,)).holds(Utm(campaign=value)) is holds


def test_referrer_is_what_led_here_where_the_address_says_nothing() -> None:
    rule = Condition("referrer", "contains", ("partner",))
    assert rule.holds(Utm("partner.example", "referral"))
    assert not rule.holds(Utm("partner", "cpc"))


@pytest.mark.parametrize(
    ("name", "words", "channel", "own", "field"),
    [
        ("", ("x",), "email", "", "name"),
        ("Rule", (), "email", "", "words"),
        ("Rule", ("x" * 121,), "email", "", "words"),
        ("Rule", ("x",), "offline", "", "channel"),
        ("Rule", ("x",), "", "  ", "channel_name"),
        ("Rule", ("x",), "", "東京", "channel_name"),
    ],
)
def test_rule_that_cannot_be_is_refused_by_its_field(
    name: str, words: tuple[str, ...], channel: str, own: str, field: str
) -> None:
    with pytest.raises(Malformed) as refusal:
        read_rule(name, [Condition("source", "is", words)], channel, own)
    assert refusal.value.field == field


def test_own_channel_has_a_code_of_its_own() -> None:
    rule = read_rule(" My  rule ", [Condition("source", "is", ("A",))], "", "Podcast ads")
    assert (rule.name, rule.channel, rule.channel_name) == (
        "My rule",
        "own_podcast_ads",
        "Podcast ads",
    )
    assert len(read_rule("x", rule.conditions, "", "A" * 40).channel) <= 24
