from __future__ import annotations

from collections.abc import Iterator

import pytest

from textrail.domain.numbers.actions import CONNECT
from textrail.domain.numbers.tasks import connect_number
from textrail.outbox import table


@pytest.fixture(autouse=True)
def wiring() -> Iterator[None]:
    """This room's own work, whatever the rooms above are wired to."""
    before = table._wiring
    table.wire(table.Wiring(work={CONNECT: connect_number}))
    yield
    table.wire(before)
