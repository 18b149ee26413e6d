from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textrail.outside.addresses import is_public, may_call

PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fd12:3456::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
]
NEVER = [
    "0.0.0.0",  # noqa: S104 -- the one address that means any
    "::",
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "fe80::1",
    "fe80::1%eth0",
    "100.100.100.200",
    "fd00:ec2::254",
    "168.63.129.16",
    "192.0.0.192",
    "224.0.0.1",
    "ff02::1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::7f00:1",
    "2001:db8::1",
    "fec0::1",
    "",
    "shop.example",
    "127.1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert is_public(address)
    assert may_call(address, allow_private=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_networks_are_called_only_where_that_is_allowed(address: str) -> None:
    assert not is_public(address)
    assert may_call(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_what_is_nobodys_page_is_never_called(address: str) -> None:
    assert not is_public(address)
    assert not may_call(address, allow_private=True)


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_judged_like_itself(address: IPv4Address) -> None:
    plain = is_public(str(address))
    packed = int(address)
    assert is_public(f"::ffff:{address}") == plain
    assert is_public(f"64:ff9b::{packed >> 16:x}:{packed & 0xFFFF:x}") == plain
    assert is_public(f"2002:{packed >> 16:x}:{packed & 0xFFFF:x}::1") == plain
