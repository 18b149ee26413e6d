"""Which automatic answer a text or a missed call gets, and why, and why not the others. Pure.

The order is fixed: consent comes before all of this; then keyword, hours, first contact, every
text; and within one of these the number's own, its source's, the business's. The first whose
condition holds is the answer. When it may not be given now, none is: the ones behind it wait.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from textrail.domain.inbox.rules.quick import fill_fields, used_fields
from textrail.vocabulary import opening
from textrail.vocabulary.opening_words import now_in_words, opening_in_words, week_in_words
from textrail.vocabulary.phone import country_billed, format_phone, is_e164

ORDER: Final = ("keyword", "in_hours", "after_hours", "first_text", "always")
SCOPES: Final = ("number", "source", "business")
LABELS: Final = {
    "keyword": "Keyword",
    "in_hours": "Business hours",
    "after_hours": "After hours",
    "first_text": "First contact",
    "always": "Every text",
    "missed_call": "Missed call",
}
FIELDS: Final = {
    "business": "the name of your business",
    "number": "the number to call back",
    "first name": "their first name",
    "hours": "“open until 5 PM” or “closed until Monday at 9 AM”",
    "opens": "when you open next: “Monday at 9 AM”",
    "week": "“Mon–Fri 9 AM–5 PM”",
}
_OF_HOURS: Final = frozenset({"hours", "opens", "week"})

# A loop with another machine
WINDOW: Final = timedelta(hours=1)
MOST_IN_WINDOW: Final = 4
MOST_ALIKE: Final = 3
TOO_QUICK: Final = timedelta(seconds=5)
MOST_QUICK: Final = 2
# What machines say of themselves, in the languages that they are met in most.
_MACHINES: Final = re.compile(
    r"\bauto[- ]?(?:matic(?:ally)?|mated)?[- ]?(?:repl(?:y|ies)|respon(?:se|der)|message|generated)"
    r"|\b(?:this is an? )?automated (?:text|message|reply|response|system)"
    r"|\bdo[- ]not[- ]reply\b|\bno[- ]?reply\b|\bplease do not respond\b"
    r"|\bi(?:['’]m| am) driving\b|\bdriving with\b|\bdo not disturb while driving\b"
    r"|\bout of (?:the )?office\b|\bnot monitored\b|\bunmonitored\b"
    r"|\b(?:number|line) (?:does not|cannot|can't|can’t) (?:accept|receive) (?:text|message|sms)"
    r"|\brespuesta autom[aá]tica\b|\br[eé]ponse automatique\b|\bautomatische antwort\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """An automatic answer that is on. `place` names the number or source that it is of."""

    id: int
    trigger: str
    scope: Literal["number", "source", "business"]
    place: str
    keywords: tuple[str, ...]
    body: str
    period_hours: int
    quiet_minutes: int
    after_voicemail: bool
    tag: str = ""

    @property
    def goes_by_hours(self) -> bool:
        return self.trigger in ("in_hours", "after_hours") or needs_hours(self.body)

    @property
    def name(self) -> str:
        """`Keyword “price” · Billboard`."""
        label = LABELS[self.trigger]
        words = ", ".join(f"“{word}”" for word in self.keywords[:3])
        more = "…" if len(self.keywords) > 3 else ""
        return f"{label} {words}{more} · {self.place}" if words else f"{label} · {self.place}"


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the conversation before this one. `automatic` is ours and written by nobody."""

    at: datetime
    ours: bool
    automatic: bool
    body: str


@dataclass(frozen=True, slots=True)
class Situation:
    """What is to be answered: a text (`event` “text”), a missed call or a voicemail.

    `given` is when each answer was last given to this contact; `member_wrote_at` when a person of
    ours last wrote to them. `recent` are the texts of the last hour, oldest first.
    """

    event: Literal["text", "missed_call", "voicemail"]
    sender: str
    at: datetime
    body: str = ""
    is_first: bool = False
    hours: opening.Hours | None = None
    twelve: bool = False
    given: Mapping[int, datetime] | None = None
    member_wrote_at: datetime | None = None
    recent: Sequence[Said] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """An answer that was asked: whether its condition held, and the fact that decided."""

    answer: Answer
    holds: bool
    words: str


Outcome = Literal["said", "held", "stopped", "none"]


@dataclass(frozen=True, slots=True)
class Decision:
    """`said`: `answer` is to be given. `held`: its turn, but not now. `stopped`: the other side is
    a machine. `none`: no condition held. `why` is one sentence without its full stop."""

    outcome: Outcome
    why: str
    answer: Answer | None = None
    steps: tuple[Step, ...] = ()


def decide(answers: Collection[Answer], situation: Situation) -> Decision:
    """The answer to `situation` among those of its number, its source and its business."""
    steps: list[Step] = []
    chosen: Step | None = None
    for answer in in_order(answers):
        holds, words = _holds(answer, situation)
        if holds and chosen is not None:
            holds, words = False, f"{chosen.answer.name} came first"
        steps.append(Step(answer, holds, words))
        chosen = steps[-1] if holds else chosen
    if chosen is None:
        return Decision("none", "No answer is for this", steps=tuple(steps))
    machine = machine_signs(situation)
    if machine:
        return Decision("stopped", machine, chosen.answer, tuple(steps))
    held = _held_back(chosen.answer, situation)
    if held:
        return Decision("held", held, chosen.answer, tuple(steps))
    return Decision("said", chosen.words, chosen.answer, tuple(steps))


def in_order(answers: Collection[Answer]) -> list[Answer]:
    """The answers as they are asked: by trigger, then the nearest scope, then the oldest."""
    order = (*ORDER, "missed_call")
    return sorted(
        answers, key=lambda each: (order.index(each.trigger), SCOPES.index(each.scope), each.id)
    )


def _holds(answer: Answer, situation: Situation) -> tuple[bool, str]:
    if situation.event != "text":
        return _holds_for_call(answer, situation)
    match answer.trigger:
        case "keyword":
            said = folded(situation.body)
            if said and said in answer.keywords:
                return True, f"They wrote “{said}”"
            return False, "They wrote something else"
        case "in_hours" | "after_hours":
            return _holds_by_hours(answer, situation)
        case "first_text":
            first = situation.is_first
            return first, "Their first text" if first else "They texted before"
        case "always":
            return True, "Every text is answered"
    return False, "It is for calls"


def _holds_for_call(answer: Answer, situation: Situation) -> tuple[bool, str]:
    if answer.trigger != "missed_call":
        return False, "It is for texts"
    if situation.event == "voicemail" and not answer.after_voicemail:
        return False, "They left a voicemail"
    return True, "Nobody answered their call"


def _holds_by_hours(answer: Answer, situation: Situation) -> tuple[bool, str]:
    if situation.hours is None:
        return False, "No opening hours are set"
    words = now_in_words(situation.hours, situation.at, twelve=situation.twelve)
    is_open = opening.is_open(situation.hours, situation.at)
    return is_open == (answer.trigger == "in_hours"), f"You were {words}"


def _held_back(answer: Answer, situation: Situation) -> str:
    """Why the answer may not be given now; empty when it may."""
    wrote = situation.member_wrote_at
    quiet = timedelta(minutes=answer.quiet_minutes)
    if wrote is not None and situation.at - wrote < quiet:
        return f"One of you wrote {_ago(situation.at - wrote)} before"
    given = (situation.given or {}).get(answer.id) if answer.period_hours else None
    if given is not None and situation.at - given < timedelta(hours=answer.period_hours):
        return f"They got this answer {_ago(situation.at - given)} before"
    if needs_hours(answer.body) and situation.hours is None:
        return "It speaks of opening hours, and none are set"
    return ""


def needs_hours(body: str) -> bool:
    return not _OF_HOURS.isdisjoint(used_fields(body))


def machine_signs(situation: Situation) -> str:
    """Why the other side looks like a machine; empty when it does not."""
    if not is_e164(situation.sender):
        return "Short codes and named senders are machines"
    since = situation.at - WINDOW
    recent = [said for said in situation.recent if said.at > since]
    if sum(said.automatic for said in recent) >= MOST_IN_WINDOW:
        return f"They got {MOST_IN_WINDOW} automatic answers within an hour"
    if situation.event != "text":
        return ""
    return _said_by_machine(situation.body, recent) or _as_quick_as_one(situation.at, recent)


def _said_by_machine(body: str, recent: Sequence[Said]) -> str:
    match = _MACHINES.search(body)
    if match is not None:
        return f"It says of itself: “{match[0]}”"
    said = folded(body)
    alike = sum(folded(each.body) == said for each in recent if not each.ours)
    if said and alike + 1 >= MOST_ALIKE:
        return f"The same text came {alike + 1} times within an hour"
    if said and any(each.automatic and folded(each.body) == said for each in recent):
        return "It repeats our answer"
    return ""


def _as_quick_as_one(at: datetime, recent: Sequence[Said]) -> str:
    """People write several texts in a row, so one that follows an answer at once proves nothing."""
    turns = [*((said.at, said.ours, said.automatic) for said in recent), (at, False, False)]
    quick = sum(
        before[2] and not after[1] and after[0] - before[0] < TOO_QUICK
        for before, after in pairwise(turns)
    )
    if quick < MOST_QUICK:
        return ""
    return f"It answered {quick} times within {TOO_QUICK.seconds} seconds"


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return "less than a minute"
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h"


def folded(text: str) -> str:
    """A text as keywords are compared: without case, accents, marks and space around words."""
    plain = unicodedata.normalize("NFKD", text[:400])
    letters = (c if c.isalnum() else " " for c in plain if not unicodedata.combining(c))
    return " ".join("".join(letters).casefold().split())


def read_keywords(text: str) -> tuple[str, ...]:
    """The keywords that somebody wrote, folded, each once: commas or lines between them."""
    found = (folded(part) for part in re.split(r"[,;\n]", text))
    return tuple(dict.fromkeys(word for word in found if word))


@dataclass(frozen=True, slots=True)
class Filling:
    """What the fields of an answer are filled in with; phones in E.164. `phone` is theirs: our
    number is written as they dial it."""

    business: str
    number: str
    name: str = ""
    hours: opening.Hours | None = None
    at: datetime | None = None
    twelve: bool = False
    phone: str = ""


def fill_answer(body: str, filling: Filling) -> str:
    """The words of an answer. Fields of the opening hours stay empty where there are none."""
    hours, at, twelve = filling.hours, filling.at, filling.twelve
    values = dict.fromkeys(FIELDS, "")
    values["business"] = filling.business
    values["number"] = format_phone(filling.number, home=country_billed(filling.phone))
    values["first name"] = filling.name.split()[0] if filling.name.split() else ""
    if hours is not None and at is not None:
        values["hours"] = now_in_words(hours, at, twelve=twelve)
        values["opens"] = opening_in_words(hours, at, twelve=twelve)
        values["week"] = week_in_words(hours, twelve=twelve)
    return fill_fields(body, values)
