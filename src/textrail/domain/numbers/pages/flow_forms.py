"""Reading the form of a step: what somebody typed, as a step of the flow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from textrail.domain.accounts.models import Business
from textrail.domain.numbers.pages.flow_cards import NEW
from textrail.vocabulary import flows
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.flow_presets import KINDS, new_step
from textrail.vocabulary.phone import parse_phone

_ROWS: Final = 12

Given = Mapping[str, str]


def read_step(step: flows.Step, given: Given, business: Business) -> flows.Step:
    """The step as the form says it should be, or Malformed with its field. Ways out may lead to
    `new:<kind>`: `save_step` makes those."""
    label = given.get("label", "").strip()
    match step:
        case flows.Greeting():
            changed: flows.Step = flows.Greeting(
                id=step.id, text=_text(given), sound=_sound(given), next=given.get("next", "")
            )
        case flows.HoursSwitch():
            changed = flows.HoursSwitch(
                id=step.id,
                hours_id=_number(given, "hours_id"),
                open=given.get("open", ""),
                closed=given.get("closed", ""),
            )
        case flows.Menu():
            changed = _menu(step, given)
        case flows.Ring():
            changed = _ring(step, given, business)
        case flows.Voicemail():
            changed = flows.Voicemail(
                id=step.id,
                text=_text(given),
                sound=_sound(given),
                longest_seconds=_number(given, "longest_seconds"),
            )
        case flows.Goodbye():
            changed = flows.Goodbye(id=step.id, text=_text(given))
    changed = msgspec.structs.replace(changed, label=label)
    flows.check_step(changed)
    return changed


def save_step(
    flow: flows.Flow, step: flows.Step, *, business: Business, hours_id: int
) -> tuple[flows.Flow, str]:
    """The flow with a step in the place of the one of its name, and the name of the first step that
    was made because a way out asked for one."""
    steps = [step if each.id == step.id else each for each in flow.steps]
    flow = msgspec.structs.replace(flow, steps=tuple(steps))
    made = ""
    for way, target in list(flows.exits(step)):
        if not target.startswith(NEW):
            _check_target(flow, target, way)
            continue
        flow, new = add_step(flow, target, business=business, hours_id=hours_id)
        current = flow.step(step.id)
        assert current is not None
        led = flows.lead(current, way, new)
        steps = [led if each.id == step.id else each for each in flow.steps]
        flow = msgspec.structs.replace(flow, steps=tuple(steps))
        made = made or new
    return flow, made


def add_step(
    flow: flows.Flow, wanted: str, *, business: Business, hours_id: int
) -> tuple[flows.Flow, str]:
    """The flow with a new step of the kind in `new:<kind>`, and its name."""
    kind = wanted.removeprefix(NEW)
    if kind not in KINDS:
        raise Malformed("There is no such kind of step.", hint="Choose one from the list.")
    if len(flow.steps) >= flows.MOST_STEPS:
        raise Malformed(
            f"A call flow has at most {flows.MOST_STEPS} steps.",
            hint="Remove one that is not needed.",
        )
    if kind == "hours" and not hours_id:
        raise Malformed(
            "There are no opening hours yet.",
            hint="Add them under Numbers, Opening hours.",
            field="hours",
        )
    step = new_step(kind, flow, business=business.name, hours_id=hours_id)
    return msgspec.structs.replace(flow, steps=(*flow.steps, step)), step.id


def without_step(flow: flows.Flow, step_id: str) -> flows.Flow:
    """The flow without a step: what led there leads to where it went on."""
    gone = flow.step(step_id)
    if gone is None:
        return flow
    onward = next((target for _, target in flows.exits(gone) if target != step_id), "")
    first = onward if flow.first == step_id else flow.first
    steps = []
    for step in flow.steps:
        if step.id == step_id:
            continue
        for way, target in list(flows.exits(step)):
            if target == step_id:
                step = flows.lead(step, way, onward if onward != step.id else "")
        steps.append(step)
    if not steps:
        raise Malformed("A call flow needs a step.", hint="Add another one before.")
    return msgspec.structs.replace(flow, first=first or steps[0].id, steps=tuple(steps))


def read_lines(given: Given, business: Business) -> tuple[flows.Line, ...]:
    """The phones in the rows `phone-1`, `name-1` and so on; empty rows are left out."""
    rows = range(1, flows.MOST_PHONES + 3)
    typed = [(given.get(f"phone-{n}", "").strip(), given.get(f"name-{n}", "")) for n in rows]
    return tuple(
        flows.Line(parse_phone(phone, country=business.country), " ".join(name.split()))
        for phone, name in typed
        if phone
    )


def _menu(step: flows.Menu, given: Given) -> flows.Menu:
    choices = tuple(
        flows.Choice(
            given[f"key-{n}"],
            " ".join(given.get(f"label-{n}", "").split()),
            given.get(f"next-{n}", ""),
        )
        for n in range(1, _ROWS + 3)
        if given.get(f"key-{n}", "") in flows.KEYS and given.get(f"key-{n}", "")
    )
    return flows.Menu(
        id=step.id,
        text=_text(given),
        choices=choices,
        tries=_number(given, "tries"),
        wait_seconds=step.wait_seconds,
        no_key=given.get("no_key", ""),
    )


def _ring(step: flows.Ring, given: Given, business: Business) -> flows.Ring:
    return flows.Ring(
        id=step.id,
        lines=read_lines(given, business),
        in_turn=given.get("in_turn") == "1",
        seconds=_number(given, "seconds"),
        record=given.get("record") == "1",
        notice=given.get("notice", "").strip(),
        whisper=given.get("whisper", "").strip(),
        shows="number" if given.get("shows") == "number" else "caller",
        no_answer=given.get("no_answer", ""),
    )


def _check_target(flow: flows.Flow, target: str, way: str) -> None:
    if target and flow.step(target) is None:
        raise Malformed(
            "This step leads to one that is not there any more.",
            hint="Choose where it goes on.",
            field=way,
        )


def _text(given: Given) -> str:
    return given.get("text", "").replace("\r\n", "\n").strip()


def _sound(given: Given) -> str:
    return given.get("sound", "")


def _number(given: Given, field: str) -> int:
    text = given.get(field, "").strip()
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Malformed(f"“{text[:20]}” is not a whole number.", field=field)
    return int(text)
