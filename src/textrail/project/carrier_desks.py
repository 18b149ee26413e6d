"""The carriers that sell numbers, those that can be asked about a text, and the forms of all."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from textrail.carriers.account_form import AccountForm
from textrail.carriers.contract import Desk, Reporter
from textrail.carriers.kannel.form import FORM as KANNEL
from textrail.carriers.simulator.desk import SimulatorDesk
from textrail.carriers.telnyx.client import TelnyxClient
from textrail.carriers.telnyx.desk import TelnyxDesk
from textrail.carriers.telnyx.form import FORM as TELNYX
from textrail.carriers.twilio.client import TwilioClient
from textrail.carriers.twilio.desk import TwilioDesk
from textrail.carriers.twilio.form import FORM as TWILIO
from textrail.domain.numbers import desks
from textrail.project.config import Config

FORMS: Mapping[str, AccountForm] = {"twilio": TWILIO, "telnyx": TELNYX, "kannel": KANNEL}


TIMEOUT = httpx.Timeout(10, connect=5)


def register_desks(config: Config) -> None:
    """Let the pages of numbers look at what carriers sell. Nothing is opened before somebody
    looks."""
    desks.register(lambda: open_desks(config, httpx.Client(timeout=TIMEOUT)), FORMS)


def open_desks(config: Config, http: httpx.Client) -> Mapping[str, Desk]:
    return {
        "simulator": SimulatorDesk(http, config.phone_url),
        "twilio": TwilioDesk(http),
        "telnyx": TelnyxDesk(http),
    }


def open_reporters(config: Config, http: httpx.Client) -> Mapping[str, Reporter]:
    return {
        "simulator": SimulatorDesk(http, config.phone_url),
        "twilio": TwilioClient(http),
        "telnyx": TelnyxClient(http),
    }
