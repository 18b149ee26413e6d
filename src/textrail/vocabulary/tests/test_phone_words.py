"""What is said of a number while somebody types it."""

from __future__ import annotations

import pytest

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone_words import is_name, read_phone


@pytest.mark.parametrize(
    "typed",
    [
        "+8135550177 ext 5",
        "(415) 555-0123 x5",
        "415 555 0123 #12",
        "+14155550123,,5",
        "+14155550123;ext=7",
        "020 7946 0018 Extension: 12",
        "+74955550177 доб. 5",
    ],
)
def test_an_extension_is_no_part_of_a_number_that_is_texted(typed: str) -> None:
    assert not is_name(typed)
    with pytest.raises(Malformed, match="has an extension, and a text reaches none") as refused:
        read_phone(typed, country="US")
    assert (refused.value.name, refused.value.field) == ("phone_extension", "recipient")


@pytest.mark.parametrize("typed", ["Dana", "Felix 3", "Max 5", "Alex x5", "Linux 4155550100", "Łu"])
def test_a_name_is_a_name(typed: str) -> None:
    assert is_name(typed)


@pytest.mark.parametrize(
    "typed", ["(415) 555-0123", "+1 415 555 0123", "1-415-555-0123", " 4155550123 "]
)
def test_a_number_is_a_number(typed: str) -> None:
    assert not is_name(typed)
    assert read_phone(typed, country="US") == "+14155550123"
