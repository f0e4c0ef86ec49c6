"""Telling public addresses from private ones."""

from __future__ import annotations

import pytest

from tidyscribe.gateway.addresses import is_public


@pytest.mark.parametrize(
    "address",
    [
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:93.184.216.34",
        "64:ff9b::5db8:d822",  # 93.184.216.34 behind a translator
    ],
)
def test_the_internet_is_public(address: str) -> None:
    """Ordinary addresses may be fetched from."""
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep their keys
        "100.64.0.1",  # carrier's network
        "224.0.0.1",  # multicast
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",  # 127.0.0.1 behind a translator
        "2002:7f00:1::",  # 127.0.0.1 behind a tunnel
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # a tunnel of another kind
        "no address",
    ],
)
def test_what_is_ours_is_private(address: str) -> None:
    """Neither this machine nor its network may be, however they are written."""
    assert not is_public(address)
