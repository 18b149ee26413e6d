"""A business's own rules of where visits come from, which come before Google's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Literal, get_args

from textrail.vocabulary.channels import CHANNEL_NAMES, UNASSIGNED, file_visit
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.utm import Utm

Field = Literal["source", "medium", "campaign", "term", "content", "referrer"]
FIELDS: Final[tuple[str, ...]] = get_args(Field)
TESTS: Final[dict[str, str]] = {
    "is": "is",
    "contains": "contains",
    "starts": "starts with",
    "matches": "has the word",
}
MOST_RULES: Final = 50
MOST_CONDITIONS: Final = 5
MOST_WORDS: Final = 20
LONGEST_WORD: Final = 120
LONGEST_NAME: Final = 80
LONGEST_CHANNEL: Final = 40
_OWN: Final = "own_"
_LONGEST_CODE: Final = 24
# What no visit to a page can be: it happens elsewhere.
TARGETS: Final = {
    code: name for code, name in CHANNEL_NAMES.items() if code not in {"offline", "calls"}
}


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds when `test` does for one of `words`, whatever their case.

    `referrer` is the site that led here where the address itself says nothing: the source of a
    visit whose medium is referral or organic.
    """

    field: str
    test: str
    words: tuple[str, ...]

    def holds(self, utm: Utm) -> bool:
        """Whether the way in fulfils it. An empty parameter fulfils nothing."""
        given = _read(utm, self.field).casefold()
        return bool(given) and any(_passes(self.test, given, word) for word in self.words)

    def says(self) -> str:
        """Such as `source is “podcast” or “radio”`."""
        words = " or ".join(f"“{word}”" for word in self.words)
        return f"{self.field} {TESTS[self.test]} {words}"


@dataclass(frozen=True, slots=True)
class OwnChannel:
    """A rule as it is built: all `conditions` lead to the channel with this code."""

    name: str
    conditions: tuple[Condition, ...]
    channel: str
    channel_name: str = ""

    def holds(self, utm: Utm) -> bool:
        return all(condition.holds(utm) for condition in self.conditions)

    def says(self) -> str:
        return " and ".join(condition.says() for condition in self.conditions)


@dataclass(frozen=True, slots=True)
class Judged:
    """The channel's code, and the sentence that says why. `rule` is the own rule that decided."""

    channel: str
    because: str
    rule: OwnChannel | None = None


def judge_way(utm: Utm, rules: Iterable[OwnChannel]) -> Judged:
    """Where a way in lands, and why."""
    own = next((rule for rule in rules if rule.holds(utm)), None)
    if own is not None:
        return Judged(own.channel, f"Your rule “{own.name}” holds: {own.says()}.", own)
    filing = file_visit(utm)
    codes = {name: code for code, name in CHANNEL_NAMES.items()}
    return Judged(codes.get(filing.channel, codes[UNASSIGNED]), filing.because)


def read_rule(
    name: str, conditions: Sequence[Condition], channel: str, own_name: str = ""
) -> OwnChannel:
    """A rule as somebody typed it in, or Malformed with what is wrong about it.

    `channel` is a code of Google's, or empty for a channel that is called `own_name`.
    """
    called = " ".join(name.split())
    if not 0 < len(called) <= LONGEST_NAME:
        raise Malformed(
            "The rule has no name." if not called else "The name of the rule is too long.",
            hint=f"Write 1 to {LONGEST_NAME} characters, such as Podcast ads.",
            field="name",
        )
    cleaned = tuple(_clean(condition) for condition in conditions)
    if not 0 < len(cleaned) <= MOST_CONDITIONS:
        raise Malformed(
            f"A rule has 1 to {MOST_CONDITIONS} conditions; this one has {len(cleaned)}.",
            hint="Say what must hold, such as source is podcast.",
            field="words",
        )
    if channel:
        if channel not in TARGETS:
            raise Malformed(
                f"“{channel[:40]}” is not a channel.", hint="Choose one.", field="channel"
            )
        return OwnChannel(called, cleaned, channel)
    own, code = _own_code(own_name)
    return OwnChannel(called, cleaned, code, own)


def as_rows(rule: OwnChannel) -> list[dict[str, object]]:
    """The conditions as they are stored."""
    return [asdict(condition) | {"words": list(condition.words)} for condition in rule.conditions]


def from_rows(rows: Iterable[Mapping[str, object]]) -> tuple[Condition, ...]:
    """The conditions from how they are stored."""
    return tuple(_stored(row) for row in rows)


def _stored(row: Mapping[str, object]) -> Condition:
    words = row["words"]
    assert isinstance(words, list)  # as_rows wrote it
    return Condition(str(row["field"]), str(row["test"]), tuple(map(str, words)))


def split_words(text: str) -> tuple[str, ...]:
    """Words that were typed with commas or on lines between them."""
    return tuple(word.strip() for word in re.split(r"[,\n]", text) if word.strip())


def _clean(condition: Condition) -> Condition:
    if condition.field not in FIELDS or condition.test not in TESTS:
        raise Malformed("A condition tests nothing that we know.", field="words")
    words = tuple(dict.fromkeys(word.strip().casefold() for word in condition.words))
    if not words or not all(words):
        raise Malformed(
            f"The condition on {condition.field} has no words.",
            hint="Write what to look for, with commas between several.",
            field="words",
        )
    if len(words) > MOST_WORDS or max(map(len, words)) > LONGEST_WORD:
        raise Malformed(
            f"A condition has at most {MOST_WORDS} words of at most {LONGEST_WORD} characters.",
            hint="Make a second rule for the rest.",
            field="words",
        )
    if not all(word.isprintable() for word in words):
        raise Malformed(
            "A word holds an invisible character.", hint="Type it again.", field="words"
        )
    return Condition(condition.field, condition.test, words)


def _own_code(text: str) -> tuple[str, str]:
    name = " ".join(text.split())
    slug = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")
    if not slug or len(name) > LONGEST_CHANNEL:
        raise Malformed(
            "Your own channel needs a name.",
            hint=f"Write 1 to {LONGEST_CHANNEL} characters with a letter from A to Z in them.",
            field="channel_name",
        )
    return name, f"{_OWN}{slug}"[:_LONGEST_CODE].rstrip("_")


def _read(utm: Utm, field: str) -> str:
    if field == "referrer":
        return utm.source if utm.medium in {"referral", "organic"} else ""
    value: str = getattr(utm, field)
    return value


def _passes(test: str, given: str, word: str) -> bool:
    if test == "is":
        return given == word
    if test == "contains":
        return word in given
    if test == "starts":
        return given.startswith(word)
    return re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", given) is not None
