"""What the handlers of the door have in common."""

from __future__ import annotations

from typing import NamedTuple

from textrail.edge.house import House
from textrail.edge.metrics import Metrics
from textrail.journal.group import GroupCommit
from textrail.vocabulary.clock import Clock


class Means(NamedTuple):
    """Where a handler looks things up and writes them down, by which clock, counted where."""

    house: House
    journal: GroupCommit
    clock: Clock
    metrics: Metrics
