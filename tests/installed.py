"""Installations on SQLite to start from. `textrail setup` works for ten seconds, so what it makes
of the same sources is made once and copied."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parents[1]
MADE = ROOT / "build" / "installed"


def set_up(folder: Path) -> None:
    """What `textrail setup` makes, in this data folder."""
    MADE.mkdir(parents=True, exist_ok=True)
    with (MADE / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        made = MADE / _sources()
        if not made.exists():
            _make(made)
    shutil.copytree(made, folder, dirs_exist_ok=True)


def _sources() -> str:
    """Other whenever a file was changed that setup may read."""
    files = [ROOT / "requirements" / "run.txt", *sorted((ROOT / "src").rglob("*"))]
    seen = [
        (str(path), path.stat().st_mtime_ns)
        for path in files
        if path.is_file() and path.suffix != ".pyc"
    ]
    return sha256(repr(seen).encode()).hexdigest()[:16]


def _make(made: Path) -> None:
    for old in MADE.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    making = MADE / "making"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TEXTRAIL_")}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "textrail.project.settings",
        "TEXTRAIL_DATA": str(making),
    }
    command = [sys.executable, "-m", "textrail.project.cli", "setup"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    making.rename(made)
