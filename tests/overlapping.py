"""Two pieces of work on one database that are under way at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connection, transaction


def overlap(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Begin `second` when `first` is done and not yet committed, each in a transaction."""
    holds = threading.Event()

    def slowly() -> None:
        try:
            with transaction.atomic():
                first()
                holds.set()
                time.sleep(0.5)  # the other comes as far as it can
        finally:
            connection.close()

    thread = threading.Thread(target=slowly)
    thread.start()
    assert holds.wait(10)
    with transaction.atomic():
        second()
    thread.join(30)
