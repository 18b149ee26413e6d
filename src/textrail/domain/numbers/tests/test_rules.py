from __future__ import annotations

import pytest

from textrail.domain.numbers.rules import (
    SourceFields,
    clean_name,
    clean_source,
    is_local,
    numbers_to_try,
    webhooks,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import is_e164


def test_numbers_to_try_are_fictional_free_and_in_e164() -> None:
    first = numbers_to_try(set(), start=0, count=6)
    assert len(set(first)) == 6
    assert all(is_e164(number) and number[5:10] == "55501" for number in first)
    again = numbers_to_try(set(first), start=0, count=6)
    assert not set(first) & set(again)


def test_numbers_to_try_run_out_quietly() -> None:
    every = numbers_to_try(set(), start=1190, count=5000)
    assert len(every) == len(set(every)) == 1200
    assert numbers_to_try(set(every), start=0, count=6) == []


def test_webhooks_are_where_the_door_listens() -> None:
    addresses = webhooks("https://go.harbor.example/", "twilio", "token")
    assert addresses.base == "https://go.harbor.example/in/twilio/token"
    assert addresses.call == "https://go.harbor.example/in/twilio/token/call"


@pytest.mark.parametrize("name", ["", "   ", "\n", "x" * 81])
def test_a_name_that_does_not_fit_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        clean_name(name)


def test_a_source_is_put_on_one_line() -> None:
    cleaned = clean_source(SourceFields(" Bill\nboard ", "offline", " I-80\t"))
    assert cleaned == SourceFields("Bill board", "offline", "I-80")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        (SourceFields("Billboard", "carrier pigeon"), "channel"),
        (SourceFields("", "offline"), "source_name"),
        (SourceFields("Billboard", "offline", "s" * 81), "source"),
        (SourceFields("Billboard", "offline", "", "", "c" * 121), "campaign"),
    ],
)
def test_a_source_that_does_not_fit_names_the_field(fields: SourceFields, wrong: str) -> None:
    with pytest.raises(Malformed) as refusal:
        clean_source(fields)
    assert refusal.value.field == wrong


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:8001", True),
        ("http://localhost:8001", True),
        ("http://192.168.1.4", True),
        ("https://go.harbor.example", False),
        ("https://8.8.8.8", False),
    ],
)
def test_an_address_that_carriers_cannot_reach_is_known(url: str, local: bool) -> None:
    assert is_local(url) is local
