"""Where a rule leads: what is wrong with its page, its split or its stores, and the tidy form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NoReturn, TypeVar

import msgspec

from textrail.domain.links.rules.destination import Admit
from textrail.domain.links.rules.routing import (
    EditedArm,
    EditedRule,
    StorePlace,
    chosen_stores,
)
from textrail.vocabulary.errors import Malformed

FEWEST_ARMS, MOST_ARMS = 2, 6
HEAVIEST = 1_000
_FARTHEST_KM = 20_038  # half way round the earth

T = TypeVar("T")


def check_target(rule: EditedRule, stores: Sequence[StorePlace], admit: Admit) -> EditedRule:
    given = [bool(rule.destination.strip()), bool(rule.arms), rule.nearest]
    if not any(given):
        refuse(rule, "leads nowhere.", "Give it a page, a split or your stores.", "destination")
    if sum(given) > 1:
        refuse(
            rule,
            "leads to more than one place at once.",
            "Choose one of page, split and nearest store.",
            "destination",
        )
    if not rule.nearest and (rule.stores or rule.within_km is not None):
        refuse(
            rule,
            "names stores, but does not lead to the nearest one.",
            "Choose the nearest store as where it leads.",
            "stores",
        )
    if rule.arms:
        return msgspec.structs.replace(rule, arms=_arms(rule, admit))
    if rule.nearest:
        _check_stores(rule, stores)
        return msgspec.structs.replace(rule, stores=once(sorted(rule.stores)))
    return msgspec.structs.replace(
        rule, destination=_admitted(rule, rule.destination, admit, "destination")
    )


def _arms(rule: EditedRule, admit: Admit) -> tuple[EditedArm, ...]:
    if not FEWEST_ARMS <= len(rule.arms) <= MOST_ARMS:
        refuse(
            rule,
            f"splits people {len(rule.arms)} ways; it takes {FEWEST_ARMS} to {MOST_ARMS}.",
            "",
            "arms",
        )
    arms = [
        EditedArm(
            label=" ".join(arm.label.split()),
            destination=_admitted(rule, arm.destination, admit, "arms"),
            weight=arm.weight,
        )
        for arm in rule.arms
    ]
    labels = [arm.label.casefold() for arm in arms]
    if "" in labels or len(set(labels)) < len(labels) or max(map(len, labels)) > 40:
        refuse(
            rule,
            "needs a short label of its own for each side of the split.",
            "A and B will do.",
            "arms",
        )
    for arm in arms:
        if not 1 <= arm.weight <= HEAVIEST:
            refuse(
                rule,
                f"gives “{arm.label}” a weight of {arm.weight}; it must be 1 to {HEAVIEST:,}.",
                "Take out a side that nobody should see.",
                "arms",
            )
    return tuple(arms)


def _check_stores(rule: EditedRule, stores: Sequence[StorePlace]) -> None:
    if not stores:
        refuse(
            rule,
            "leads to the nearest store, and there are no stores yet.",
            "Add your stores first.",
            "stores",
        )
    if len(chosen_stores(rule, stores)) < len(set(rule.stores)):
        refuse(rule, "names a store that is not there any more.", "Choose again.", "stores")
    within = rule.within_km
    if within is not None and not (math.isfinite(within) and 0 < within <= _FARTHEST_KM):
        refuse(
            rule,
            f"reaches {within:g} km; it must be more than 0 and at most {_FARTHEST_KM:,}.",
            "Leave it empty for any distance.",
            "within_km",
        )


def _admitted(rule: EditedRule, destination: str, admit: Admit, field: str) -> str:
    try:
        return admit(destination)
    except Malformed as error:
        raise Malformed(
            f"“{rule.name}”: {error.sentence}", hint=error.hint, field=field, code=error.name
        ) from error


def once(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(values))


def refuse(rule: EditedRule, sentence: str, hint: str, field: str) -> NoReturn:
    raise Malformed(f"“{rule.name}” {sentence}", hint=hint, field=field)
