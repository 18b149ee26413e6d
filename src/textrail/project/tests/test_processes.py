"""One installation has its data folder and its addresses to itself."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

import pytest

from textrail.project.config import SettingError
from textrail.project.processes import hold_alone, require_free


def test_an_address_that_is_taken_is_named_with_its_setting() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingError, match="TEXTRAIL_PAGES_LISTEN"):
            require_free(listen, "TEXTRAIL_PAGES_LISTEN")
    require_free(listen, "TEXTRAIL_PAGES_LISTEN")


def test_a_data_folder_is_held_by_one(tmp_path: Path) -> None:
    with hold_alone(tmp_path), pytest.raises(SettingError, match="already"), hold_alone(tmp_path):
        pass
    with hold_alone(tmp_path):
        pass
