"""Whose address a click came from, behind proxies that we run and behind ones that lie."""

from __future__ import annotations

import pytest

from textrail.edge.evidence import MOST_HEADERS, client_address, read_evidence


@pytest.mark.parametrize(
    ("forwarded", "hops", "expected"),
    [
        ([], 1, "10.0.0.1"),
        ([b"198.51.100.7"], 0, "10.0.0.1"),
        ([b"198.51.100.7"], 1, "198.51.100.7"),
        ([b"6.6.6.6, 198.51.100.7"], 1, "198.51.100.7"),
        ([b"6.6.6.6", b"198.51.100.7, 10.0.0.2"], 2, "198.51.100.7"),
        ([b"198.51.100.7"], 2, "198.51.100.7"),
        ([b"2001:DB8::1"], 1, "2001:db8::1"),
        ([b"6.6.6.6, 198.51.100.7:4711"], 1, "198.51.100.7"),
        ([b"[2001:DB8::1]:4711"], 1, "2001:db8::1"),
        ([b"not an address"], 1, "10.0.0.1"),
        ([b""], 1, "10.0.0.1"),
    ],
)
def test_only_entries_of_our_own_proxies_are_believed(
    forwarded: list[bytes], hops: int, expected: str
) -> None:
    assert client_address("10.0.0.1", forwarded, hops=hops) == expected


def test_a_request_full_of_headers_does_not_fill_the_journal() -> None:
    headers = [(b"sec-" + b"x" * 5000, b"y" * 5000)] * 500
    kept = read_evidence(headers).headers
    assert len(kept) == MOST_HEADERS
    assert all(len(name) + len(value) <= 64 + 512 for name, value in kept)


def test_headers_keep_their_order_of_arrival() -> None:
    names = [b"sec-ch-ua", b"user-agent", b"accept", b"sec-fetch-mode", b"accept-language"]
    kept = read_evidence([(name, b"1") for name in names]).headers
    assert [name.encode() for name, _ in kept] == names
