"""Call flows: what a caller hears, who is rung, where each step leads. Values, and what is wrong
with them.

A flow is a set of named steps; each says which step comes next, and an empty name ends the call.
`vocabulary.following` decides what a call is told at each of them. Fields are only ever added, with
a default, so that an older flow still decodes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeAlias

import msgspec

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import is_e164

MOST_STEPS: Final = 30
MOST_PHONES: Final = 10
LONGEST_TEXT: Final = 600
LONGEST_LABEL: Final = 40
RING_SECONDS: Final = (5, 60)
RECORD_SECONDS: Final = (10, 600)
KEYS: Final = "1234567890*#"
LANGUAGES: Final[Mapping[str, str]] = {
    "en-US": "English (United States)",
    "en-GB": "English (United Kingdom)",
    "en-AU": "English (Australia)",
    "es-US": "Spanish (United States)",
    "es-ES": "Spanish (Spain)",
    "fr-CA": "French (Canada)",
    "fr-FR": "French (France)",
    "de-DE": "German",
    "it-IT": "Italian",
    "nl-NL": "Dutch",
    "pt-BR": "Portuguese (Brazil)",
    "pl-PL": "Polish",
}
RECORDING_NOTICE: Final = "This call may be recorded."
END: Final = ""
_STEP_ID = re.compile(r"[a-z0-9]{1,16}\Z")
_SOUND = re.compile(r"[A-Za-z0-9_-]{16,64}\Z")


class _Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind"):
    """`id` is the step's name in addresses; `label` what its owner calls it, or nothing."""

    id: str
    label: str = ""


class Greeting(_Step, frozen=True, tag="greeting"):
    """Words that are spoken, or the sound file with the token `sound`."""

    text: str = ""
    sound: str = ""
    next: str = END


class HoursSwitch(_Step, frozen=True, tag="hours"):
    """Which way by the opening hours with the id `hours_id`. Hours that are gone count as open."""

    hours_id: int
    open: str = END
    closed: str = END


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """A key of a menu. `label` is for people who read what was pressed."""

    key: str
    label: str = ""
    next: str = END


class Menu(_Step, frozen=True, tag="menu"):
    """Asks for a key, `tries` times; then `no_key`."""

    text: str
    choices: tuple[Choice, ...]
    tries: int = 2
    wait_seconds: int = 6
    no_key: str = END


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """A phone (E.164) that is rung, and whose it is."""

    phone: str
    name: str = ""


class Ring(_Step, frozen=True, tag="ring"):
    """Rings all `lines` at once, or one after the other (`in_turn`), `seconds` each time.

    The call is over when somebody answered; else it goes on at `no_answer`. With `record` the
    caller hears RECORDING_NOTICE, or `notice` in its place, and the talk is recorded. `whisper` is
    said to who picks up. `shows` is whom their display names: the caller, or our number.
    """

    lines: tuple[Line, ...]
    in_turn: bool = False
    seconds: int = 20
    record: bool = False
    notice: str = ""
    whisper: str = ""
    shows: Literal["caller", "number"] = "caller"
    no_answer: str = END


class Voicemail(_Step, frozen=True, tag="voicemail"):
    """Words or a sound, a beep, the recording; then the call is over."""

    text: str = ""
    sound: str = ""
    longest_seconds: int = 120


class Goodbye(_Step, frozen=True, tag="goodbye"):
    """Last words, if any, and the end of the call."""

    text: str = ""


Step: TypeAlias = Greeting | HoursSwitch | Menu | Ring | Voicemail | Goodbye


class Flow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The steps, and the name of the first."""

    first: str
    steps: tuple[Step, ...]
    language: str = "en-US"

    def step(self, step_id: str) -> Step | None:
        return next((step for step in self.steps if step.id == step_id), None)


encode_flow = msgspec.json.Encoder().encode
decode_flow = msgspec.json.Decoder(Flow).decode


def exits(step: Step) -> Iterator[tuple[str, str]]:
    """Each way out of a step: its name (`next`, `key-1`, …) and the step it leads to."""
    match step:
        case Greeting():
            yield "next", step.next
        case HoursSwitch():
            yield from (("open", step.open), ("closed", step.closed))
        case Menu():
            yield from ((f"key-{choice.key}", choice.next) for choice in step.choices)
            yield "no_key", step.no_key
        case Ring():
            yield "no_answer", step.no_answer


def lead(step: Step, way: str, target: str) -> Step:
    """The step with one of its ways out leading elsewhere."""
    if isinstance(step, Menu) and way.startswith("key-"):
        choices = (
            msgspec.structs.replace(choice, next=target) if f"key-{choice.key}" == way else choice
            for choice in step.choices
        )
        return msgspec.structs.replace(step, choices=tuple(choices))
    return msgspec.structs.replace(step, **{way: target})


def in_order(flow: Flow) -> list[Step]:
    """The steps as a caller may meet them, each behind those that lead to it as far as no circle
    forbids that; what nothing leads to comes last."""
    behind: list[Step] = []
    seen: set[str] = set()

    def visit(step_id: str) -> None:
        step = flow.step(step_id)
        if step is None or step_id in seen:
            return
        seen.add(step_id)
        for target in reversed(dict.fromkeys(target for _, target in exits(step))):
            visit(target)
        behind.append(step)

    visit(flow.first)
    return [*reversed(behind), *(step for step in flow.steps if step.id not in seen)]


def reached(flow: Flow) -> set[str]:
    """The names of the steps that a call can come to."""
    found: set[str] = set()
    waiting = [flow.first]
    while waiting:
        step = flow.step(waiting.pop())
        if step is not None and step.id not in found:
            found.add(step.id)
            waiting += [target for _, target in exits(step)]
    return found


def hours_of(flow: Flow) -> set[int]:
    """The ids of the opening hours that the flow asks for."""
    return {step.hours_id for step in flow.steps if isinstance(step, HoursSwitch)}


def sounds_of(flow: Flow) -> set[str]:
    """The tokens of the sound files that the flow plays."""
    heard = (step.sound for step in flow.steps if isinstance(step, Greeting | Voicemail))
    return {sound for sound in heard if sound}


def phones_of(flow: Flow) -> set[str]:
    """The phones that the flow rings."""
    rings = (step for step in flow.steps if isinstance(step, Ring))
    return {line.phone for step in rings for line in step.lines}


def check(flow: Flow) -> None:
    """Malformed for a flow that could leave a caller in silence or going round for ever."""
    ids = [step.id for step in flow.steps]
    if not 1 <= len(ids) <= MOST_STEPS:
        raise Malformed(f"A call flow has 1 to {MOST_STEPS} steps; this one has {len(ids)}.")
    if len(set(ids)) != len(ids) or not all(map(_STEP_ID.match, ids)):
        raise Malformed("Each step needs a name of its own.", hint="Use small letters and digits.")
    if flow.first not in ids:
        raise Malformed("The flow does not say which step comes first.", field="first")
    if flow.language not in LANGUAGES:
        raise Malformed("This language cannot be spoken.", field="language")
    for step in flow.steps:
        check_step(step)
        for way, target in exits(step):
            if target and target not in ids:
                raise Malformed(
                    f"“{title(step)}” leads to a step that is not there.",
                    hint="Choose where it goes on.",
                    field=way,
                )
    _check_circles(flow)


def problem(flow: Flow) -> str:
    """What `check` has against a flow, in a sentence; empty when it will do."""
    try:
        check(flow)
    except Malformed as refusal:
        return refusal.sentence
    return ""


def check_step(step: Step) -> None:
    """Malformed for what a single step cannot be."""
    if len(step.label) > LONGEST_LABEL:
        raise Malformed(f"The name has more than {LONGEST_LABEL} characters.", field="label")
    match step:
        case Greeting():
            _check_words(step.text, step.sound, needed=True)
        case Menu():
            _check_menu(step)
        case Ring():
            _check_ring(step)
        case Voicemail():
            _check_words(step.text, step.sound, needed=True)
            _check_span(step.longest_seconds, RECORD_SECONDS, "longest_seconds", "The message")
        case Goodbye():
            _check_words(step.text, "", needed=False)


TITLES: Final[Mapping[type[Step], str]] = {
    Greeting: "Greeting",
    HoursSwitch: "Opening hours",
    Menu: "Menu",
    Ring: "Ring phones",
    Voicemail: "Voicemail",
    Goodbye: "Hang up",
}


def title(step: Step) -> str:
    """What the step is called: its label, or what it does."""
    return step.label or TITLES[type(step)]


def _check_words(text: str, sound: str, *, needed: bool, field: str = "text") -> None:
    if needed and not text.strip() and not sound:
        raise Malformed(
            "There is nothing to hear.",
            hint="Write what is said, or choose a sound file.",
            field=field,
        )
    if len(text) > LONGEST_TEXT:
        raise Malformed(
            f"Nobody listens that long: {len(text):,} characters, and {LONGEST_TEXT} fit.",
            hint="Say it in fewer words.",
            field=field,
        )
    if any(not c.isprintable() and c not in "\n\t" for c in text):
        raise Malformed("The words hold signs that cannot be spoken.", field=field)
    if sound and not _SOUND.match(sound):
        raise Malformed("There is no such sound file.", field="sound")


def _check_menu(step: Menu) -> None:
    _check_words(step.text, "", needed=True)
    keys = [choice.key for choice in step.choices]
    if not keys:
        raise Malformed("A menu needs a key.", hint="Say what 1 does.", field="choices")
    if len(set(keys)) != len(keys):
        raise Malformed("Two choices have the same key.", hint="Use each once.", field="choices")
    if any(len(key) != 1 or key not in KEYS for key in keys):
        raise Malformed("A key is one of 0 to 9, * and #.", field="choices")
    if any(len(choice.label) > LONGEST_LABEL for choice in step.choices):
        raise Malformed(f"A choice has more than {LONGEST_LABEL} characters.", field="choices")
    _check_span(step.tries, (1, 5), "tries", "The menu", unit="times")
    _check_span(step.wait_seconds, (2, 20), "wait_seconds", "The wait for a key")


def _check_ring(step: Ring) -> None:
    if not 1 <= len(step.lines) <= MOST_PHONES:
        raise Malformed(
            "There is no phone to ring."
            if not step.lines
            else f"At most {MOST_PHONES} phones ring; these are {len(step.lines)}.",
            hint="Write a number with its area code.",
            field="lines",
        )
    phones = [line.phone for line in step.lines]
    if not all(map(is_e164, phones)):
        raise Malformed("One of the phones is not a phone number.", field="lines")
    if len(set(phones)) != len(phones):
        raise Malformed("A phone is on the list twice.", hint="Ring each once.", field="lines")
    if any(len(line.name) > LONGEST_LABEL for line in step.lines):
        raise Malformed(f"A name has more than {LONGEST_LABEL} characters.", field="lines")
    _check_span(step.seconds, RING_SECONDS, "seconds", "Ringing")
    _check_words(step.notice, "", needed=False, field="notice")
    _check_words(step.whisper, "", needed=False, field="whisper")


def _check_span(
    value: int, span: tuple[int, int], field: str, what: str, *, unit: str = "seconds"
) -> None:
    least, most = span
    if not least <= value <= most:
        raise Malformed(f"{what} takes {least} to {most} {unit}.", field=field)


def _check_circles(flow: Flow) -> None:
    """A circle must ask the caller or ring somebody, or it would turn without end in one answer."""
    silent = {
        step.id: {target for _, target in exits(step) if target}
        for step in flow.steps
        if isinstance(step, Greeting | HoursSwitch)
    }
    while silent:
        open_ended = [name for name, targets in silent.items() if not targets & silent.keys()]
        if not open_ended:
            step = flow.step(next(iter(silent)))
            assert step is not None
            raise Malformed(
                f"“{title(step)}” comes back to itself without asking the caller anything.",
                hint="Lead one of these steps to a menu, phones, voicemail or the end.",
                field="next",
            )
        for name in open_ended:
            del silent[name]
