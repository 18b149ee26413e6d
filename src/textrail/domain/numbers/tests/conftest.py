from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from textrail.carriers.simulator.client import SimulatorClient
from textrail.carriers.simulator.desk import SimulatorDesk
from textrail.carriers.simulator.world import World
from textrail.carriers.tests.world_transport import WorldTransport
from textrail.domain.numbers import actions, desks, tasks
from textrail.outbox import table
from textrail.vocabulary.clock import ManualClock

HOME = "http://phone.test"


@pytest.fixture(autouse=True)
def wiring() -> Iterator[None]:
    """This room's own work, whatever the rooms above are wired to."""
    before = table._wiring
    work = {
        actions.CONNECT: tasks.connect_number,
        actions.BUY: tasks.buy_number,
        actions.GIVE_BACK: tasks.give_back,
        actions.CHECK: tasks.check_connection,
    }
    table.wire(table.Wiring(work=work))
    yield
    table.wire(before)


@pytest.fixture
def world(tmp_path: Path, clock: ManualClock) -> Iterator[World]:
    """The simulated carrier in this process. Nothing that it would post is posted."""
    with httpx.Client() as http:
        world = World(tmp_path / "world.db", clock, 7, http, HOME)
        yield world
        world.close()


@pytest.fixture
def desk(world: World) -> Iterator[SimulatorDesk]:
    """The simulated carrier's desk, which the pages reach, too."""
    with httpx.Client(transport=WorldTransport(world)) as http:
        desk = SimulatorDesk(http, HOME)
        before = (desks._opening, desks._forms)
        desks.register(lambda: {"simulator": desk}, desks.forms())
        yield desk
        assert before[0] is not None
        desks.register(before[0], before[1])


@pytest.fixture
def at_carrier(world: World) -> Iterator[SimulatorClient]:
    with httpx.Client(transport=WorldTransport(world)) as http:
        yield SimulatorClient(http, HOME)
