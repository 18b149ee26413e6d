"""Where DuckDB puts aside what does not fit in memory: a folder for each database, because its
files are named alike in every process."""

from __future__ import annotations

import os
import shutil
import socket
import weakref
from pathlib import Path
from tempfile import mkdtemp

_PREFIX = f"spill-{socket.gethostname()}-"


def spill_folder(folder: Path, owner: object) -> Path:
    """A new folder below `folder`, which goes when its owner does."""
    folder.mkdir(parents=True, exist_ok=True)
    made = mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=folder)
    weakref.finalize(owner, shutil.rmtree, made, ignore_errors=True)
    return Path(made)


def clear_spills(folder: Path) -> None:
    """Delete what processes of this machine left that were killed."""
    for left in folder.glob(f"{_PREFIX}*"):
        pid = left.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdecimal() and not _runs(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
