"""What the doctor says of the files that an operator points to."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from textrail.analytics.models import Chunk
from textrail.atlas.atlas import NOT_SET
from textrail.atlas.tests.test_atlas import OAKLAND, write
from textrail.project import doctor, settings
from textrail.vocabulary.clock import SystemClock

GOOGLE = {"autonomous_system_number": 15169, "autonomous_system_organization": "Google"}
pytestmark = pytest.mark.django_db


def examined(
    places: Path = NOT_SET, networks: Path = NOT_SET, hosting: Path = NOT_SET
) -> dict[str, str]:
    """Sentences by code, of those findings that are about files; a mark for those that are bad."""
    config = replace(settings.CONFIG, places=places, networks=networks, hosting=hosting)
    config.secret_key()
    findings = [each for each in doctor.examine(config) if "TR009" <= each.code <= "TR011"]
    assert all(each.hint for each in findings)
    return {each.code: ("" if each.good else "bad: ") + each.sentence for each in findings}


class Door(BaseHTTPRequestHandler):
    """Reports that three taps came through a proxy."""

    def do_GET(self) -> None:
        assert self.path == "/metrics"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(
            b"# TYPE textrail_proxies_unknown_total counter\ntextrail_proxies_unknown_total 3.0\n"
        )

    def log_message(self, *arguments: object) -> None: ...


@pytest.fixture
def listen() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"0.0.0.0:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("hops", "sentences"),
    [(0, ["3 taps came through a proxy, and count as one visitor's."]), (1, [])],
)
def test_a_proxy_that_no_setting_speaks_of_is_noticed(
    listen: str, hops: int, sentences: list[str]
) -> None:
    config = replace(settings.CONFIG, links_listen=listen, forwarded_hops=hops)
    found = doctor.proxies(config)
    assert [each.sentence for each in found] == sentences
    assert not any(each.good for each in found)


def test_without_a_door_nothing_is_said_of_proxies() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        assert doctor.proxies(replace(settings.CONFIG, links_listen=listen)) == []


def test_after_a_restore_the_doctor_says_that_the_reports_want_their_files(tmp_path: Path) -> None:
    config = replace(settings.CONFIG, data=tmp_path)
    at = SystemClock().now()
    Chunk.objects.create(table="clicks", path="clicks/a.parquet", rows=1, bytes=9, created_at=at)
    [found] = doctor.reports(config)
    assert (found.code, found.good) == ("TR008", False)
    assert found.sentence == f"1 files of the reports are not in {config.columns_folder}."
    assert found.hint == "Run: textrail rebuild-columns"


def test_a_damaged_file_of_the_reports_is_named(tmp_path: Path) -> None:
    config = replace(settings.CONFIG, data=tmp_path)
    damaged = config.columns_folder.absolute() / "conversions/a.parquet"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("a line of text\n")
    Chunk.objects.create(
        table="conversions",
        path="conversions/a.parquet",
        rows=1,
        bytes=9,
        created_at=SystemClock().now(),
    )
    found = {each.code: each for each in doctor.reports(config)}["TR012"]
    assert not found.good
    assert str(damaged) in found.sentence
    assert found.hint == "Run: textrail rebuild-columns"


def test_files_that_are_not_set_are_not_asked_for() -> None:
    assert examined() == {}


def test_good_files_are_said_to_be_good(tmp_path: Path) -> None:
    places = write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND})
    networks = write(tmp_path / "networks.mmdb", {"198.51.100.0/24": GOOGLE})
    hosting = tmp_path / "hosting.txt"
    hosting.write_text("192.0.2.0/24\n")
    assert examined(places=places, networks=networks, hosting=hosting) == {
        "TR009": f"TEXTRAIL_PLACES: {places} can be read.",
        "TR010": f"TEXTRAIL_NETWORKS: {networks} can be read.",
        "TR011": f"TEXTRAIL_HOSTING: {hosting} can be read.",
    }


def test_each_bad_file_is_named_with_what_is_wrong(tmp_path: Path) -> None:
    absent, page, lines = tmp_path / "absent.mmdb", tmp_path / "page.mmdb", tmp_path / "list.txt"
    page.write_text("<!doctype html>")
    lines.write_text("192.0.2.0/24\nAS64496 # fine\nsomebody’s cloud\n\nmore\n")
    assert examined(places=absent, networks=page, hosting=lines) == {
        "TR009": f"bad: TEXTRAIL_PLACES: {absent} cannot be read: No such file or directory.",
        "TR010": f"bad: TEXTRAIL_NETWORKS: {page} is not an .mmdb file.",
        "TR011": f"bad: TEXTRAIL_HOSTING: {lines}, line 3: “somebody’s cloud” is no network and no"
        " AS number (and 1 more).",
    }


def test_two_files_that_were_taken_for_each_other_are_noticed(tmp_path: Path) -> None:
    places = write(tmp_path / "places.mmdb", {"198.51.100.0/24": OAKLAND})
    networks = write(tmp_path / "networks.mmdb", {"198.51.100.0/24": GOOGLE})
    assert examined(places=networks, networks=places) == {
        "TR009": f"bad: TEXTRAIL_PLACES: {networks} is an .mmdb file without a single place.",
        "TR010": f"bad: TEXTRAIL_NETWORKS: {places} is an .mmdb file without a single network.",
    }
