"""Call flows to begin with, and a step of each kind to add. Values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from textrail.vocabulary import flows

KINDS: Final = ("greeting", "menu", "ring", "hours", "voicemail", "goodbye")


@dataclass(frozen=True, slots=True)
class Preset:
    """A way to begin: `needs_hours` when it asks whether it is open."""

    key: str
    name: str
    what: str
    needs_hours: bool = False


PRESETS: Final = (
    Preset("forward", "Forward to one phone", "The first phone rings. Nobody there: voicemail."),
    Preset(
        "team",
        "Ring the team, then voicemail",
        "A greeting, all phones ring at once, then voicemail.",
    ),
    Preset(
        "menu",
        "Menu",
        "“Press 1 for service, 2 for sales.” Each key rings; nobody there: voicemail.",
    ),
    Preset(
        "hours",
        "After hours to voicemail",
        "While you are open all phones ring; else voicemail takes over.",
        needs_hours=True,
    ),
    Preset("voicemail", "Voicemail only", "A greeting and a beep. No phone rings."),
)


def preset(
    key: str, *, business: str, lines: Iterable[flows.Line], hours_id: int = 0
) -> flows.Flow:
    """The flow of a preset, ringing `lines`; those of one phone take the first of them.

    It may still need phones: `flows.check` says so.
    """
    every = tuple(lines)
    mail = flows.Voicemail(id="voicemail1", text=_mail_words(business))
    hello = flows.Greeting(id="greeting1", text=f"Thank you for calling {business}.", next="ring1")
    ring = flows.Ring(id="ring1", lines=every, no_answer=mail.id)
    match key:
        case "forward":
            one = flows.Ring(id="ring1", lines=every[:1], no_answer=mail.id)
            return flows.Flow(first=one.id, steps=(one, mail))
        case "team":
            return flows.Flow(first=hello.id, steps=(hello, ring, mail))
        case "menu":
            menu = _menu(business)
            other = flows.Ring(id="ring2", lines=every[1:] or every, no_answer=mail.id)
            service = flows.Ring(id="ring1", lines=every[:1], no_answer=mail.id)
            return flows.Flow(first=menu.id, steps=(menu, service, other, mail))
        case "hours":
            when = flows.HoursSwitch(id="hours1", hours_id=hours_id, open=hello.id, closed=mail.id)
            return flows.Flow(first=when.id, steps=(when, hello, ring, mail))
        case _:
            return flows.Flow(first=mail.id, steps=(mail,))


def new_step(kind: str, flow: flows.Flow, *, business: str, hours_id: int = 0) -> flows.Step:
    """A step of that kind with words to begin with, under a name that the flow does not use yet."""
    used = {step.id for step in flow.steps}
    step_id = next(f"{kind}{n}" for n in range(1, 100) if f"{kind}{n}" not in used)
    match kind:
        case "greeting":
            return flows.Greeting(id=step_id, text=f"Thank you for calling {business}.")
        case "menu":
            return flows.Menu(id=step_id, text="Press 1 for …", choices=(flows.Choice("1"),))
        case "ring":
            return flows.Ring(id=step_id, lines=())
        case "hours":
            return flows.HoursSwitch(id=step_id, hours_id=hours_id)
        case "voicemail":
            return flows.Voicemail(id=step_id, text=_mail_words(business))
        case _:
            return flows.Goodbye(id=step_id, text="Thank you for calling. Goodbye.")


def _menu(business: str) -> flows.Menu:
    return flows.Menu(
        id="menu1",
        text=f"Thank you for calling {business}. Press 1 for service, or 2 for sales.",
        choices=(flows.Choice("1", "Service", "ring1"), flows.Choice("2", "Sales", "ring2")),
        no_key="ring1",
    )


def _mail_words(business: str) -> str:
    return (
        f"You have reached {business}. Please leave your name and number after the beep,"
        " and we will call you back."
    )
