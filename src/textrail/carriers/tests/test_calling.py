"""Blaming a failed call wrongly either loses a text or sends it twice."""

from __future__ import annotations

import httpx
import pytest

from textrail.carriers.calling import calling, pause_asked_for
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unknown


@pytest.mark.parametrize(
    ("error", "once", "again"),
    [
        (httpx.ConnectError("refused"), Transient, Transient),
        (httpx.ConnectTimeout("no answer"), Transient, Transient),
        (httpx.PoolTimeout("busy"), Transient, Transient),
        (httpx.ReadTimeout("silence"), Unknown, Transient),
        (httpx.WriteTimeout("half sent"), Unknown, Transient),
        (httpx.ReadError("reset"), Unknown, Transient),
        (httpx.RemoteProtocolError("cut off"), Unknown, Transient),
        (httpx.UnsupportedProtocol("ftp"), Permanent, Permanent),
        (httpx.InvalidURL("nonsense"), Permanent, Permanent),
    ],
)
def test_only_what_never_left_may_be_sent_again(
    error: Exception, once: type[CarryFailure], again: type[CarryFailure]
) -> None:
    for is_repeatable, expected in ((False, once), (True, again)):
        with pytest.raises(expected), calling("A carrier", repeatable=is_repeatable):
            raise error


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), ("99999999", 3600.0), ("-1", None), ("soon", None), ("٣", None)],
)
def test_a_pause_is_read_strictly_and_is_never_longer_than_an_hour(
    header: str, seconds: float | None
) -> None:
    response = httpx.Response(429, headers=[(b"retry-after", header.encode())])
    assert pause_asked_for(response) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0),
        ("Wednesday, 21-Oct-26 07:29:00 GMT", 60.0),
        ("Wed, 21 Oct 2026 07:00:00 GMT", 0.0),
        ("Thu, 22 Oct 2026 07:28:00 GMT", 3600.0),
        ("Wed, 41 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_a_pause_until_a_moment_counts_by_the_clock_of_who_asks_for_it(
    header: str, seconds: float | None
) -> None:
    headers = {"retry-after": header, "date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert pause_asked_for(httpx.Response(429, headers=headers)) == seconds
    assert pause_asked_for(httpx.Response(429, headers={"retry-after": header})) is None
