"""Types of conversion that fit a kind of business, to begin with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["purchase", "lead", "engagement", "call", "custom"]
PresetName = Literal["shop", "saas", "services"]


@dataclass(frozen=True, slots=True)
class TypeDraft:
    """A type as it is asked for. Amounts are texts in whole units, as people write them."""

    name: str = ""
    kind: str = "lead"
    event: str = ""
    window_days: int = 30
    trigger: str = "event"
    refund_event: str = ""
    value_rule: str = "property"
    value_property: str = ""
    fixed: str = ""
    view_days: int = 1
    repeats: str = "order"
    least_seconds: int = 0
    answered_only: bool = False
    is_touchpoint: bool = True


@dataclass(frozen=True, slots=True)
class Preset:
    label: str
    sentence: str
    types: tuple[TypeDraft, ...]

    @property
    def action(self) -> str:
        return f"Add the types of {self.label[0].lower()}{self.label[1:]}"


ORDER = TypeDraft(
    "Order Completed", "purchase", "Order Completed", 30, refund_event="Order Refunded"
)


def _lead(event: str, days: int = 14, *, kind: Kind = "lead", repeats: str = "person") -> TypeDraft:
    return TypeDraft(event, kind, event, days, value_rule="property", repeats=repeats)


def _call(name: str, *, seconds: int) -> TypeDraft:
    return TypeDraft(
        name,
        "call",
        trigger="call",
        window_days=7,
        value_rule="none",
        repeats="person",
        least_seconds=seconds,
        answered_only=True,
    )


PRESETS: Mapping[PresetName, Preset] = {
    "shop": Preset(
        "A shop",
        "Orders with their products and refunds, checkouts that were begun, sign-ups.",
        (
            ORDER,
            TypeDraft(
                "Checkout Started",
                "engagement",
                "Checkout Started",
                7,
                value_rule="none",
                view_days=1,
            ),
            TypeDraft(
                "Product Added",
                "engagement",
                "Product Added",
                2,
                value_rule="none",
                repeats="always",
            ),
            TypeDraft("Signed Up", "lead", "Signed Up", 14, value_rule="none", repeats="person"),
        ),
    ),
    "saas": Preset(
        "A SaaS",
        "Sign-ups, trials, subscriptions, every payment with its refunds.",
        (
            _lead("Signed Up"),
            _lead("Trial Started"),
            TypeDraft(
                "Subscription Started",
                "custom",
                "Subscription Started",
                30,
                value_rule="none",
                repeats="person",
            ),
            ORDER,
        ),
    ),
    "services": Preset(
        "Services",
        "Leads, appointments, answered calls of half a minute or more, paid jobs.",
        (
            _lead("Lead Submitted"),
            _lead("Appointment Booked", repeats="order"),
            _call("Call answered", seconds=30),
            TypeDraft(
                "First text",
                "lead",
                trigger="text",
                window_days=7,
                value_rule="none",
                repeats="person",
            ),
            ORDER,
        ),
    ),
}
