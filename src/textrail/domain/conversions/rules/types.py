"""What a type of conversion may be. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from textrail.domain.conversions.rules.presets import Kind, TypeDraft
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.money import Money, parse_money
from textrail.vocabulary.reports import LONGEST_EVENT

TriggerName = Literal["event", "call", "text"]
ValueRuleName = Literal["property", "fixed", "none"]
RepeatsName = Literal["always", "order", "person"]

LONGEST_WINDOW: Final = 365
LONGEST_VIEW: Final = 30
LONGEST_CALL: Final = 3600
LARGEST_FIXED: Final = 10**11


@dataclass(frozen=True, slots=True)
class CheckedType:
    """A type that may be. What does not apply to it is at its default."""

    name: str
    kind: Kind
    trigger: TriggerName
    event: str
    refund_event: str
    value_rule: ValueRuleName
    value_property: str
    fixed: Money
    window_days: int
    view_days: int
    repeats: RepeatsName
    least_seconds: int
    answered_only: bool
    is_touchpoint: bool


def check_type(draft: TypeDraft, *, currency: str) -> CheckedType:
    """The type that a draft describes, or Malformed naming the field that will not do.

    Calls and texts have no event, no order, and no value but a fixed one.
    """
    name = " ".join(draft.name.split())
    if not 1 <= len(name) <= 80 or not name.isprintable():
        raise Malformed("A type needs a name of 1 to 80 characters.", field="name")
    if draft.kind not in get_args(Kind):
        raise Malformed("Choose what kind of conversion it is.", field="kind")
    if draft.trigger not in get_args(TriggerName):
        raise Malformed("Choose what counts: an event, a call or a text.", field="trigger")
    _check_windows(draft)
    sent = draft.trigger == "event"
    event = _event(draft) if sent else ""
    rule = _value_rule(draft)
    by_property = rule == "property"
    return CheckedType(
        name=name,
        kind=cast(Kind, draft.kind),
        trigger=cast(TriggerName, draft.trigger),
        event=event,
        refund_event=_refund_event(draft, event) if sent and rule != "none" else "",
        value_rule=rule,
        value_property=_property(draft) if by_property else "",
        fixed=_fixed(draft, currency) if rule == "fixed" else Money(0, currency),
        window_days=draft.window_days,
        view_days=draft.view_days,
        repeats=_repeats(draft),
        least_seconds=_seconds(draft) if draft.trigger == "call" else 0,
        answered_only=draft.answered_only and draft.trigger == "call",
        is_touchpoint=draft.is_touchpoint or sent,
    )


def _check_windows(draft: TypeDraft) -> None:
    if not 1 <= draft.window_days <= LONGEST_WINDOW:
        raise Malformed(
            f"The window is 1 to {LONGEST_WINDOW} days.",
            hint="30 days suit purchases, 7 to 14 days suit leads.",
            field="window_days",
        )
    if not 0 <= draft.view_days <= LONGEST_VIEW:
        raise Malformed(
            f"The window for delivered texts is 0 to {LONGEST_VIEW} days.",
            hint="1 day is usual; 0 means that a text earns by taps and answers only.",
            field="view_days",
        )


def _event(draft: TypeDraft) -> str:
    event = draft.event.strip()
    if not 1 <= len(event) <= LONGEST_EVENT or not event.isprintable():
        raise Malformed(
            f"A type needs the name of an event, at most {LONGEST_EVENT} characters.",
            hint="Write it exactly as your shop sends it, such as Order Completed.",
            field="event",
        )
    return event


def _refund_event(draft: TypeDraft, event: str) -> str:
    refund = draft.refund_event.strip()
    if len(refund) > LONGEST_EVENT or not (refund.isprintable() or not refund):
        raise Malformed(
            f"The name of an event has at most {LONGEST_EVENT} characters.", field="refund_event"
        )
    if refund == event:
        raise Malformed(
            "The event that takes back must be another one than the event that counts.",
            hint="Leave it empty: a negative amount in the same event is a refund anyway.",
            field="refund_event",
        )
    return refund


def _value_rule(draft: TypeDraft) -> ValueRuleName:
    if draft.value_rule not in get_args(ValueRuleName):
        raise Malformed("Choose where the value comes from.", field="value_rule")
    if draft.trigger != "event" and draft.value_rule == "property":
        raise Malformed(
            "A call or a text says no value.",
            hint="Choose the same amount each time, or no value.",
            field="value_rule",
        )
    return cast(ValueRuleName, draft.value_rule)


def _property(draft: TypeDraft) -> str:
    name = draft.value_property.strip()
    if len(name) > 60 or not (name.isprintable() or not name):
        raise Malformed("The name of a property has at most 60 characters.", field="value_property")
    return name


def _fixed(draft: TypeDraft, currency: str) -> Money:
    try:
        value = parse_money(draft.fixed.strip(), currency)
    except Malformed as error:
        raise Malformed(error.sentence, hint=error.hint, field="fixed") from error
    if not 0 < value.minor <= LARGEST_FIXED:
        raise Malformed(
            f"{value} cannot be what each conversion is worth.",
            hint="Write a positive amount such as 49.90.",
            field="fixed",
        )
    return value


def _repeats(draft: TypeDraft) -> RepeatsName:
    if draft.repeats not in get_args(RepeatsName):
        raise Malformed("Choose whether a repeat counts.", field="repeats")
    if draft.trigger != "event" and draft.repeats == "order":
        return "always"
    return cast(RepeatsName, draft.repeats)


def _seconds(draft: TypeDraft) -> int:
    if not 0 <= draft.least_seconds <= LONGEST_CALL:
        raise Malformed(
            f"The shortest call that counts has 0 to {LONGEST_CALL} seconds.",
            field="least_seconds",
        )
    return draft.least_seconds
