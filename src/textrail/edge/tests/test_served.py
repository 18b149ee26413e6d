"""The door as a process: what it has answered survives its sudden death."""

from __future__ import annotations

import http.client
import signal
import threading
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection as database

from textrail.domain.accounts.models import Business
from textrail.edge.tests.conftest import Disk, database_url, make_link
from textrail.edge.tests.served import Served, serving
from textrail.vocabulary import arrivals

ENOUGH = 400


def click_until_it_dies(served: Served, answered: list[str], enough: threading.Event) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
    try:
        while True:
            connection.request("GET", "/abc23456")
            answer = connection.getresponse()
            answer.read()
            query = urlsplit(answer.headers["location"]).query
            answered.append(parse_qs(query)["trail_click"][0])
            if len(answered) >= ENOUGH:
                enough.set()
    except (OSError, http.client.HTTPException):
        connection.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_answered_click_is_lost_when_the_door_dies_under_load(
    business: Business, disk: Disk, tmp_path: Path, how: signal.Signals
) -> None:
    make_link(business, "https://shop.example/", "abc23456")
    answered: list[str] = []
    enough = threading.Event()
    house = Path(str(database.settings_dict["NAME"]))
    with serving(
        house=house, arrivals=tmp_path / "arrivals.db", database_url=database_url()
    ) as served:
        threads = [
            threading.Thread(target=click_until_it_dies, args=(served, answered, enough))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        assert enough.wait(30)
        served.stop(how)
        for thread in threads:
            thread.join(10)
    kept = {
        arrivals.decode_click(arrival.body).click_id
        for arrival in disk.read(after=0, limit=1_000_000)
    }
    assert len(answered) >= ENOUGH
    assert set(answered) <= kept
