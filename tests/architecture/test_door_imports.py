"""The door starts fast and stands alone: no Django and no room in what it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
import {module}
print(*sorted(sys.modules))
"""


@pytest.mark.parametrize(
    "module",
    [
        "textrail.edge.app",
        "textrail.edge.serve",
        "textrail.edge.opening",
        "textrail.journal.opening",
    ],
)
def test_the_door_imports_neither_django_nor_a_room(module: str) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(module=module)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    unwanted = ("django", "textrail.domain", "textrail.web", "textrail.project", "textrail.outbox")
    assert [name for name in loaded if name.startswith(unwanted)] == []
