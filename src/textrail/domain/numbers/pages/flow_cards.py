"""The steps of a call flow as cards: what each does in words, where it leads, what leads to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textrail.domain.numbers.models import Hours, Sound
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.flows import (
    RECORDING_NOTICE,
    TITLES,
    Flow,
    Goodbye,
    Greeting,
    HoursSwitch,
    Menu,
    Ring,
    Step,
    Voicemail,
    check_step,
    exits,
    in_order,
    reached,
    title,
)
from textrail.web.formats import phone_text

ICONS: Final[Mapping[type[Step], str]] = {
    Greeting: "message-square",
    HoursSwitch: "clock",
    Menu: "list-ordered",
    Ring: "phone-call",
    Voicemail: "voicemail",
    Goodbye: "phone-off",
}
END_WORDS: Final = "Hang up"
NEW: Final = "new:"
NEW_WORDS: Final = (
    ("greeting", "a greeting"),
    ("menu", "a menu"),
    ("ring", "ring phones"),
    ("hours", "opening hours"),
    ("voicemail", "voicemail"),
    ("goodbye", "last words, then hang up"),
)


@dataclass(frozen=True, slots=True)
class Way:
    """A way out: when it is taken, and the step it leads to (empty: the call ends)."""

    name: str
    when: str
    target: str
    to: str


@dataclass(frozen=True, slots=True)
class Card:
    """`said` is what the caller hears, `facts` what the step does besides; `problem` is what keeps
    it from being put into use."""

    step: Step
    number: int
    title: str
    kind: str
    icon: str
    said: str
    facts: Sequence[str]
    ways: Sequence[Way]
    comes_from: Sequence[str]
    problem: str


def cards(flow: Flow, hours: Iterable[Hours], sounds: Iterable[Sound]) -> list[Card]:
    """In the order in which a caller may meet them."""
    named_hours = {row.pk: row.name for row in hours}
    named_sounds = {row.token: row.name for row in sounds}
    known = reached(flow)
    return [
        Card(
            step=step,
            number=number,
            title=title(step),
            kind=TITLES[type(step)],
            icon=ICONS[type(step)],
            said=_said(step, named_sounds),
            facts=_facts(step, named_hours),
            ways=[_way(flow, step, name, target) for name, target in exits(step)],
            comes_from=_comes_from(flow, step),
            problem=_problem(step, step.id in known, named_hours),
        )
        for number, step in enumerate(in_order(flow), start=1)
    ]


def summary(flow: Flow) -> str:
    """What a call goes through, in one line."""
    names = [title(step) for step in in_order(flow) if step.id in reached(flow)]
    return " → ".join(names[:5]) + (" …" if len(names) > 5 else "")


def choices_of_steps(flow: Flow, *, but: str = "") -> list[tuple[str, str]]:
    """What a way out may lead to: the end, the steps there are, a new one of each kind."""
    there = [(step.id, _numbered(flow, step)) for step in in_order(flow) if step.id != but]
    new = [(NEW + kind, f"New step: {words}") for kind, words in NEW_WORDS]
    return [("", END_WORDS), *there, *new]


def when_words(step: Step, way: str) -> str:
    """When a way out is taken."""
    if way.startswith("key-") and isinstance(step, Menu):
        choice = next(each for each in step.choices if f"key-{each.key}" == way)
        return f"Key {choice.key}" + (f", {choice.label}" if choice.label else "")
    return {
        "next": "Then",
        "open": "While open",
        "closed": "While closed",
        "no_key": "No key",
        "no_answer": "Nobody answers",
    }[way]


def _way(flow: Flow, step: Step, name: str, target: str) -> Way:
    to = flow.step(target)
    words = END_WORDS if to is None else _numbered(flow, to)
    return Way(name, when_words(step, name), target if to else "", words)


def _numbered(flow: Flow, step: Step) -> str:
    number = next(n for n, each in enumerate(in_order(flow), 1) if each.id == step.id)
    return f"{number} · {title(step)}"


def _comes_from(flow: Flow, step: Step) -> list[str]:
    found = ["A call comes in"] if flow.first == step.id else []
    for other in in_order(flow):
        for name, target in exits(other):
            if target == step.id:
                found.append(f"{_numbered(flow, other)}: {when_words(other, name).lower()}")
    return found


def _said(step: Step, sounds: Mapping[str, str]) -> str:
    match step:
        case Greeting() | Voicemail() if step.sound:
            return f"♪ {sounds.get(step.sound, 'A sound file that is gone')}"
        case Greeting() | Voicemail() | Menu() | Goodbye():
            return step.text
        case Ring() if step.record:
            return step.notice or RECORDING_NOTICE
        case _:
            return ""


def _facts(step: Step, hours: Mapping[int, str]) -> list[str]:
    match step:
        case HoursSwitch():
            return [hours.get(step.hours_id, "Opening hours that are gone")]
        case Ring():
            return _ring_facts(step)
        case Voicemail():
            return [f"Up to {step.longest_seconds} seconds are recorded"]
        case Menu():
            return [f"Asked {step.tries} times" if step.tries > 1 else "Asked once"]
        case _:
            return []


def _ring_facts(step: Ring) -> list[str]:
    phones = [f"{line.name} {phone_text(line.phone)}".strip() for line in step.lines] or [
        "No phone yet"
    ]
    how = "one after the other, " if step.in_turn else "all at once, "
    facts = [*phones, f"Rings {how if len(phones) > 1 else ''}{step.seconds} seconds"]
    if step.record:
        facts.append("The talk is recorded")
    if step.whisper:
        facts.append(f"Who picks up hears first: “{step.whisper}”")
    if step.shows == "number":
        facts.append("Their phones show your number")
    return facts


def _problem(step: Step, is_reached: bool, hours: Mapping[int, str]) -> str:
    try:
        check_step(step)
    except Malformed as refusal:
        return refusal.sentence
    if isinstance(step, HoursSwitch) and step.hours_id not in hours:
        return "Choose opening hours."
    return "" if is_reached else "Nothing leads here."
