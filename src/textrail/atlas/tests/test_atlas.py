"""Places and networks from files as publishers write them, exchanged and broken while we read."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from textrail.atlas import Atlas, Network, files
from textrail.vocabulary.routing import Place

US = {"iso_code": "US", "names": {"en": "United States"}}
OAKLAND = {
    "country": US,
    "subdivisions": [{"iso_code": "CA", "names": {"en": "California"}}],
    "city": {"names": {"de": "Oakland!", "en": "Oakland"}},
    "location": {"latitude": 37.8, "longitude": -122.27, "time_zone": "America/Los_Angeles"},
}
IN_OAKLAND = Place(
    country="US", region="CA", city="Oakland", latitude=37.8, longitude=-122.27, known=False
)


def write(path: Path, records: dict[str, Any], *, ip_version: int = 6) -> Path:
    writer = MMDBWriter(
        ip_version, "Test", float_type="f64", int_type="u32", ipv4_compatible=ip_version == 6
    )
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


@pytest.mark.parametrize(
    ("publisher", "record", "place", "time_zone"),
    [
        ("MaxMind", OAKLAND, IN_OAKLAND, "America/Los_Angeles"),
        (
            "DB-IP, which names regions and knows no zone",
            {
                "country": US,
                "subdivisions": [{"names": {"en": "California"}}],
                "city": {"names": {"en": "Oakland"}},
                "location": {"latitude": 37.8, "longitude": -122.27},
            },
            IN_OAKLAND,
            "",
        ),
        (
            "IPinfo, flat and in texts",
            {
                "city": "Oakland",
                "region": "California",
                "country": "US",
                "lat": "37.8",
                "lng": "-122.27",
                "timezone": "America/Los_Angeles",
            },
            IN_OAKLAND,
            "America/Los_Angeles",
        ),
        (
            "IPinfo Lite, countries alone",
            {"country": "United States", "country_code": "US", "asn": "AS15169"},
            Place(country="US"),
            "",
        ),
        (
            "ip-location-db",
            {"country_code": "DE", "state1": "Bayern", "city": "Hof", "latitude": 50.3,
             "longitude": 11.9, "timezone": "+01:00"},
            Place(country="DE", region="Bayern", city="Hof", latitude=50.3, longitude=11.9),
            "",
        ),
        (
            "an unknown place, written as a place in the sea",
            {"country": {"iso_code": "FR"}, "location": {"latitude": 0.0, "longitude": 0.0}},
            Place(country="FR"),
            "",
        ),
        (
            "types that nobody expects",
            {"country": {"iso_code": 7}, "subdivisions": {}, "city": [], "location": "here",
             "lat": 99.0, "lng": True, "region_code": "us-ny", "country_code": "us"},
            Place(region="US-NY"),
            "",
        ),
    ],
)  # fmt: skip
def test_the_same_place_comes_from_every_publishers_file(
    tmp_path: Path, publisher: str, record: dict[str, Any], place: Place, time_zone: str
) -> None:
    atlas = Atlas(places=write(tmp_path / "places.mmdb", {"198.51.100.0/24": record}))
    located = atlas.place("198.51.100.7")
    assert located is not None
    assert (located.place, located.time_zone) == (place, time_zone)
    assert atlas.place("198.51.101.7") is None


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (
            {"autonomous_system_number": 15169, "autonomous_system_organization": "Google"},
            Network(15169, "Google", hosting=False),
        ),
        (
            {"asn": "AS15169", "as_name": "Google", "as_domain": "google.com"},
            Network(15169, "Google", hosting=False),
        ),
        (
            {"asn": {"asn": "AS15169", "name": "Google", "type": "hosting"}},
            Network(15169, "Google", hosting=True),
        ),
        (
            {"traits": {"autonomous_system_number": 15169, "isp": "Google"}},
            Network(15169, "Google", hosting=False),
        ),
        ({"asn": "none", "is_hosting_provider": True}, Network(None, "", hosting=True)),
    ],
)
def test_networks_come_from_every_publishers_file(
    tmp_path: Path, record: dict[str, Any], expected: Network
) -> None:
    atlas = Atlas(networks=write(tmp_path / "networks.mmdb", {"198.51.100.0/24": record}))
    assert atlas.network("198.51.100.7") == expected
    assert atlas.network("203.0.113.7") is None


def test_one_address_is_one_place_however_it_is_written(tmp_path: Path) -> None:
    atlas = Atlas(
        places=write(
            tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND, "2001:db8::/32": OAKLAND}
        )
    )
    found = atlas.place("198.51.100.7")
    assert found is not None
    assert atlas.place("::ffff:198.51.100.7") == found
    assert atlas.place("2001:db8::1%eth0") == found
    for nonsense in ("", "unknown", "198.51.100.7:80", "2001:db9::1", "::ffff:203.0.113.1"):
        assert atlas.place(nonsense) is None


def test_a_file_of_ipv4_alone_knows_no_ipv6(tmp_path: Path) -> None:
    atlas = Atlas(
        places=write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND}, ip_version=4)
    )
    assert atlas.place("::ffff:198.51.100.7") == atlas.place("198.51.100.7") is not None
    assert atlas.place("2001:db8::1") is None


def test_hosting_is_listed_by_network_and_by_number(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    listing = tmp_path / "hosting.txt"
    listing.write_text(
        "\ufeff# data centres\n203.0.113.0/25\n203.0.113.64/26 # inside the one above\n\n"
        "2001:db8:1::/48\nas15169\n203.0.114.1\nsome words\n203.0.115.0/40\n",
        encoding="utf-8",
    )
    google = {"autonomous_system_number": 15169, "autonomous_system_organization": "Google"}
    networks = write(tmp_path / "networks.mmdb", {"198.51.100.0/24": google})
    atlas = Atlas(networks=networks, hosting=listing)
    assert atlas.network("198.51.100.7") == Network(15169, "Google", hosting=True)
    unnamed = Network(None, "", hosting=True)
    for listed in ("203.0.113.127", "203.0.114.1", "2001:db8:1::5", "::ffff:203.0.113.70"):
        assert atlas.network(listed) == unnamed
    for unlisted in ("203.0.113.128", "203.0.114.2", "203.0.112.255", "2001:db8:2::5"):
        assert atlas.network(unlisted) is None
    assert "line 8: “some words” is no network and no AS number (and 1 more)" in caplog.text


def test_without_files_nothing_is_known_and_nothing_is_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    atlas = Atlas()
    atlas.open()
    assert atlas.place("198.51.100.7") is None
    assert atlas.network("198.51.100.7") is None
    assert caplog.text == ""


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    moment = [1000.0]
    monkeypatch.setattr("textrail.atlas.files.time.monotonic", lambda: moment[0])

    def step() -> None:
        moment[0] += files.SECONDS_BETWEEN_LOOKS + 1

    return step


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.perf_counter() + 10
    while not holds():
        assert time.perf_counter() < deadline
        time.sleep(0.005)


def test_a_file_that_is_exchanged_is_read_within_a_minute(
    tmp_path: Path, later: Callable[[], None]
) -> None:
    path = write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND})
    atlas = Atlas(places=path)

    def country() -> str | None:
        located = atlas.place("198.51.100.7")
        return located.place.country if located else None

    assert country() == "US"
    new = write(tmp_path / "new.mmdb", {"198.51.100.0/24": {"country": {"iso_code": "CA"}}})
    new.replace(path)
    assert country() == "US"
    later()
    eventually(lambda: country() == "CA")
    shutil.copyfile(
        write(tmp_path / "third.mmdb", {"198.51.100.0/24": {"country": {"iso_code": "MX"}}}), path
    )
    later()
    eventually(lambda: country() == "MX")
    assert files.SECONDS_BETWEEN_LOOKS < 60


def test_a_file_that_breaks_leaves_the_last_good_one_in_use(
    tmp_path: Path, later: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND})
    whole = path.read_bytes()
    atlas = Atlas(places=path)
    assert atlas.place("198.51.100.7") is not None
    with path.open("r+b") as file:  # as a download does that writes over the file in use
        file.truncate(0)
    assert atlas.place("198.51.100.7") is not None
    for broken in (whole[: len(whole) // 2], b"<!doctype html>", b""):
        path.write_bytes(broken)
        caplog.clear()
        later()
        assert atlas.place("198.51.100.7") is not None
        eventually(lambda: "is not an .mmdb file" in caplog.text)
    path.unlink()
    later()
    assert atlas.place("198.51.100.7") is not None
    eventually(lambda: "No such file or directory" in caplog.text)


def test_damage_inside_a_file_is_an_unknown_place(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND})
    content = bytearray(path.read_bytes())
    start = content.index(b"\x00" * 16) + 16
    end = content.index(b"\xab\xcd\xefMaxMind.com")
    content[start:end] = b"\xff" * (end - start)
    path.write_bytes(content)
    atlas = Atlas(places=path)
    for _ in range(5):
        assert atlas.place("198.51.100.7") is None
    assert caplog.text.count("is damaged") == 1


def test_damage_that_ends_the_process_of_whoever_reads_it_is_found_by_another(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "places.mmdb", {f"198.51.{number}.0/24": OAKLAND for number in range(200)}
    )
    content = bytearray(path.read_bytes())
    content[content.index(b"\x45names")] = 0  # a text becomes a type that there is not
    path.write_bytes(content)
    with pytest.raises(files.Unreadable, match="is damaged"):
        files.read_mmdb(path)


def test_a_process_that_dies_of_a_file_is_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND})
    assert files.read_mmdb(path).get("198.51.100.7") is not None
    dying = tmp_path / "dying"
    dying.write_text("#!/bin/sh\nkill -SEGV $$\n")
    dying.chmod(0o755)
    monkeypatch.setattr("textrail.atlas.files.sys.executable", str(dying))
    with pytest.raises(files.Unreadable, match="is damaged"):
        files.read_mmdb(path)


def test_a_file_that_is_not_there_yet_is_found_later(
    tmp_path: Path, later: Callable[[], None], caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "places.mmdb"
    atlas = Atlas(places=path, hosting=tmp_path)
    assert atlas.place("198.51.100.7") is None
    assert atlas.network("198.51.100.7") is None
    assert caplog.text.count("cannot be read") == 2
    write(path, {"198.51.100.0/24": OAKLAND})
    later()
    eventually(lambda: atlas.place("198.51.100.7") is not None)
