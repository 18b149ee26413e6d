"""The carriers whose webhooks are taken. Free of Django, for the door and the worker alike."""

from __future__ import annotations

from textrail.carriers.contract import Door
from textrail.carriers.kannel.door import KannelDoor
from textrail.carriers.simulator.door import SimulatorDoor
from textrail.carriers.telnyx.door import TelnyxDoor
from textrail.carriers.twilio.door import TwilioDoor


def open_doors() -> dict[str, Door]:
    """Each carrier's half of the door, by the name that its connections bear."""
    return {
        "simulator": SimulatorDoor(),
        "twilio": TwilioDoor(),
        "telnyx": TelnyxDoor(),
        "kannel": KannelDoor(),
    }
