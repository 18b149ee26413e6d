"""What a carrier would not take is refused before anything leaves."""

from __future__ import annotations

import pytest

from textrail.carriers.limits import check_media, media_limits
from textrail.project.carrier_doors import open_doors
from textrail.vocabulary.errors import Conflict, Refusal, TooLarge

MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("carrier", "sizes", "refused"),
    [
        ("kannel", [], None),
        ("kannel", [1], Conflict),
        ("twilio", [MEGABYTE] * 5, None),
        ("twilio", [MEGABYTE] * 5 + [1], TooLarge),
        ("twilio", [1] * 10, None),
        ("twilio", [1] * 11, TooLarge),
        ("telnyx", [MEGABYTE // 2] * 2, None),
        ("telnyx", [MEGABYTE, 1], TooLarge),
    ],
)
def test_files_are_counted_and_weighed_together(
    carrier: str, sizes: list[int], refused: type[Refusal] | None
) -> None:
    if refused is None:
        check_media(carrier, "The carrier", sizes)
        return
    with pytest.raises(refused) as raised:
        check_media(carrier, "The carrier", sizes)
    assert raised.value.hint
    assert raised.value.field == "media"


def test_every_carrier_has_its_limits() -> None:
    for carrier in open_doors():
        assert media_limits(carrier).source
