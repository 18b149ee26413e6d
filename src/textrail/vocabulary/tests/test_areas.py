from __future__ import annotations

import phonenumbers
import pytest
from phonenumbers import timezone

from textrail.vocabulary.areas import time_zone_of_phone


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("+13125550123", "America/Chicago"),
        ("+14155550100", "America/Los_Angeles"),
        ("+16045550100", "America/Vancouver"),
        ("+12082150100", "America/Los_Angeles"),  # an exchange of Idaho's other half
        ("+4915112345678", "Europe/Berlin"),
        ("+447400123456", "Europe/Guernsey"),  # London's clocks by another name
        ("+18005550123", ""),  # toll-free is anywhere
        ("+61412345678", ""),  # a mobile of Sydney, or of Perth
        ("+1", ""),
        ("nobody", ""),
        ("", ""),
    ],
)
def test_a_number_tells_the_clocks_of_its_area(phone: str, zone: str) -> None:
    assert time_zone_of_phone(phone) == zone


def test_the_short_way_gives_what_the_library_gives() -> None:
    for area in range(200, 1000):
        phone = f"+1{area}5550123"
        number = phonenumbers.parse(phone, None)
        if phonenumbers.is_valid_number(number):
            zones = timezone.time_zones_for_number(number)
            assert time_zone_of_phone(phone) in {"", *zones}
            assert len(zones) != 1 or time_zone_of_phone(phone) == zones[0]
