"""What a text says about being texted, and why we think so. Pure.

Whole messages are looked up; sentences are read clause by clause: what only mentions leaving is
taken out, then requests are looked for. The tables are in `consent_words`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from textrail.domain.contacts.rules import consent_words as words
from textrail.domain.contacts.rules.consent_languages import find_wish
from textrail.domain.contacts.rules.consent_spelling import correct, fold, sentences
from textrail.domain.contacts.rules.consent_words import Pattern, Verdict

_BY_WORD: Final[dict[str, Verdict]] = {
    "".join(c for c in fold(keyword) if c.isalnum()): verdict
    for verdict, keywords in reversed(words.KEYWORDS.items())
    for keyword in keywords
}

# Who wants to be taken off wants that whatever comes before or after.
_LEFT: Final = re.compile(r"\b(?:remov|unsubscrib|consent|permission|optout|delet|attorney|lawyer)")
_RUN: Final = re.compile(r"(.)\1+")
_WEIGHT: Final[dict[Verdict, int]] = {
    "opt_out": 5,
    "probable_opt_out": 4,
    "ambiguous": 3,
    "opt_in": 2,
    "help": 1,
    "none": 0,
}
# Also after a refusal: “no thanks, stop”, where “no, cancel” may be about something else.
_CLEAR: Final = frozenset({"stop", "unsubscribe", "optout", "stopall", "remove", "quit"})
_QUOTING: Final = 1_000  # letters of a text in which a quotation is looked for
_QUOTED: Final = re.compile(r'"[^"]{12,}"|“[^”]{12,}”|«[^»]{12,}»|(?m:^>.{12,}$)')
# “STOP - Karen”, “Stop. Denise M.”: a name or a number after a break, as it was typed.
_SIGNED: Final = re.compile(
    r"\W*(\w[\w ,!.]{0,30}?)\s*[.,!–—\n-]\s*"
    r"(?:(?:(?:(?!I\b)[A-Z][\w.]*|#?[\d-]+)\s?){1,3}|(?<=-)[a-z]+)\W*"
)
_GESTURES: Final = frozenset({"thumbsdown", "fuckyou"})  # emoji; beside a stop sign no words
_NUMBERED: Final = _CLEAR - {"remove", "quit"}  # “remove 2” is of an order
_NUMBER: Final = frozenset({"my", "number"})  # what a phone number is read as
_BRIEF: Final = 12  # words beside a “stop” that stands by itself
_STORY: Final = 40  # words; longer than that, a lone “stop” is not enough
_ACROSS: Final = 500  # letters of a sentence that is read across its commas
_SHORT: Final = 80  # letters of a message whose capitals are looked at
_YES: Final = frozenset({"yes", "si", "oui"})  # “yes, stop”
_COUNTED: Final = re.compile(r"\w{3,} \d+\W*$")  # “remove 2” is not REMOVED
_ANSWERS: Final = frozenset(
    {"yes", "no", "nope", "nah", "n", "non", "nao", "nein", "nothanks", "si", "oui"}
)


@dataclass(frozen=True, slots=True)
class Reading:
    """`reason` is a clause for people (“asks us to stop texting”); `matched` are the words that it
    rests on, as they were understood."""

    verdict: Verdict
    reason: str = ""
    matched: tuple[str, ...] = ()

    @property
    def leaves(self) -> bool:
        """Whether nothing may be sent from now on."""
        return self.verdict in ("opt_out", "probable_opt_out")

    @property
    def is_bare_answer(self) -> bool:
        """A yes or no that may as well answer a question of ours."""
        return bool(self.matched) and self.matched[0] in _ANSWERS


NOTHING: Final = Reading("none")


def read_consent(text: str, *, asked: str = "") -> Reading:
    """What a whole text asks for.

    opt_out is definite, probable_opt_out very likely, ambiguous may be one. `asked` is what we
    wrote last, if a person of ours did: a bare yes or no answers a question that is in it.
    """
    reading = _read(text)
    return NOTHING if reading.is_bare_answer and "?" in asked else reading


@lru_cache(maxsize=4_000)
def _read(text: str) -> Reading:
    found = sentences(text)
    reading = _understood(text, found)
    if reading.verdict == "opt_out":
        return reading
    others = (_without_breaks(text, found), _without_quotation(text))
    again = (_understood(other, sentences(other)) for other in others if other)
    heavier = [each for each in again if each.leaves]
    return max([reading, *heavier], key=lambda each: _WEIGHT[each.verdict])


def _understood(text: str, found: list[list[str]]) -> Reading:
    keyword = _keyword(text, found)
    if keyword is not None:
        return keyword
    findings = [reading for clauses in found for reading in _read_sentence(clauses)]
    whole = " ".join(clause for clauses in found for clause in clauses)
    findings += _of_whole(text, whole)
    return _weighed(findings, whole)


def _of_whole(text: str, whole: str) -> list[Reading]:
    """What is read in the message as a whole, or as it was typed."""
    said = _first(words.WHOLE, " ".join(_bare(whole)))
    found = [said] if said is not None else []
    wish = find_wish(text)
    if wish is not None:
        found.append(Reading(wish.verdict, f"asks us to stop ({wish.language})", (wish.words,)))
    if len(text) <= _SHORT and words.DENIED.search(text):
        found.append(Reading("ambiguous", "may be the wrong person", (text.strip(),)))
    if len(text) <= _SHORT and _shouts_stop(text):
        found.append(Reading("probable_opt_out", words.SAYS_STOP, ("stop",)))
    return found


def _shouts_stop(text: str) -> bool:
    match = words.SHOUTED.search(text)
    return match is not None and not words.UNSHOUTED.search(match[1] or "")


def _without_breaks(text: str, found: list[list[str]]) -> str:
    """A sentence that runs over several lines, or “Please. Stop. Texting. Me.”, in one; empty
    where nothing is broken."""
    if len(found) > 2 and all(len(each) == 1 and " " not in each[0] for each in found):
        return " ".join(clauses[0] for clauses in found)
    return " ".join(text.split()) if "\n" in text.strip() else ""


def _without_quotation(text: str) -> str:
    """What is written beside our own words; empty where none are quoted."""
    rest = _QUOTED.sub(" ", text) if len(text) <= _QUOTING else text
    return rest if rest != text else ""


def _keyword(text: str, found: list[list[str]]) -> Reading | None:
    """A message that is nothing but a keyword, said once or more, with or without manners."""
    tokens = [word for clauses in found for clause in clauses for word in clause.split()]
    bare = [word for word in tokens if word not in words.FILLERS] or tokens
    rest = [word for word in bare if not word.isdigit() and word not in _NUMBER]
    bare = rest if rest and set(rest) <= _NUMBERED else bare
    if "stopsign" in bare:
        bare = [word for word in bare if word not in _GESTURES]
    if not bare or "laughs" in tokens:
        return None
    if len(bare) > 6:
        return _alone(found) or _signed(text)
    for joined in ("".join(tokens), "".join(bare), _letters(text), _single("".join(bare))):
        verdict = _BY_WORD.get(joined)
        if verdict is not None:
            said = "is the word" if verdict != "ambiguous" else "may be a goodbye:"
            return Reading(verdict, f"{said} “{' '.join(bare)[:40]}”", (joined,))
    if len(tokens) == 1 and (core := tokens[0].strip("0123456789")) in _CLEAR:
        return Reading("opt_out", f"is the word “{core}”", (core,))
    aside = words.REFUSALS | (_YES if _CLEAR & set(bare) else set())
    kinds = {_BY_WORD.get(word) for word in bare if word not in aside}
    plain = not words.REFUSALS & set(bare) or _CLEAR & set(bare)
    kinds -= {"help"} if _CLEAR & set(bare) else set()
    if plain and kinds and kinds <= {"opt_out", "probable_opt_out"}:
        left: Verdict = "opt_out" if "opt_out" in kinds else "probable_opt_out"
        return Reading(left, "is nothing but words for leaving", tuple(bare))
    return next(
        (
            Reading(verdict, f"is the word “{bare[0]}”, said again", tuple(bare))
            for verdict in words.TWICE
            if kinds == {verdict}
        ),
        _alone(found) or _signed(text),
    )


def _bare(clause: str) -> list[str]:
    return [word for word in clause.split() if word not in words.FILLERS]


def _alone(found: list[list[str]]) -> Reading | None:
    """The keyword as a sentence by itself, at the end or with a name after it: “I'm not Kevin.
    STOP”, “Please stop. Walter”."""
    said = [line for clauses in found if (line := _bare(" ".join(clauses)))]
    clauses = [line for each in found for clause in each if (line := _bare(clause))]
    others = sum(len(line) for line in said) - 1
    for last in ([*said[-1:]] if others <= _BRIEF else []) + (clauses[:1] if others <= 1 else []):
        if len(last) == 1 and last[0] in _CLEAR:
            return Reading("opt_out", f"says “{last[0]}” by itself", (last[0],))
    return None


def _signed(text: str) -> Reading | None:
    """The keyword with the name of its sender."""
    match = _SIGNED.fullmatch(text) if len(text) <= _SHORT else None
    clauses = [clause for each in sentences(match[1]) for clause in each] if match else []
    said = {word for clause in clauses for word in _bare(clause)}
    if len(said) == 1 and said <= _CLEAR:
        return Reading("opt_out", "is a word for leaving, signed", tuple(said))
    return None


def _single(joined: str) -> str:
    """No letter twice in a row: “ENDD” is END."""
    single = _RUN.sub(r"\1", joined) if len(joined) <= 20 else joined
    return single if len(single) > 2 else joined


def _letters(text: str) -> str:
    """The text as one word, spelling mended: “S T O P” and “UNSUSCRIBE” are keywords."""
    short = text if len(text) <= 60 and not _COUNTED.search(text) else ""
    return correct("".join(c for c in fold(short) if c.isalnum()))


def _read_sentence(clauses: list[str]) -> list[Reading]:
    """Clause by clause, and then across commas, where it is not too long: “please, stop, texting
    me”."""
    found = [reading for clause in clauses if (reading := _read_clause(clause)) is not None]
    across = " ".join(clauses)
    definite = any(reading.verdict == "opt_out" for reading in found)
    if len(clauses) == 1 or definite or len(across) > _ACROSS:
        return found
    joined = _read_clause(across)
    if joined is not None and (joined.verdict == "opt_out" or not found):
        found.append(joined)
    return found


def _read_clause(clause: str) -> Reading | None:
    plain = " ".join(word for word in clause.split() if word not in words.FILLERS)
    early = _first(words.REQUESTS, plain)
    if early is not None and early.verdict != "probable_opt_out":
        return early
    rest = plain
    for mention in words.MENTIONS:
        rest = mention.sub(" _ ", rest)
    rest = " ".join(rest.split()).removeprefix("_ ")
    later = _first(words.LEAVING, rest) or _first(words.COMING, rest)
    return later if later is not None and later.verdict == "opt_out" else early or later


def _first(patterns: Iterable[Pattern], clause: str) -> Reading | None:
    """The heaviest of the patterns that fit, the first among equals. Not before nine, not at work:
    a wish about when or how often is for a person to read."""
    best: Reading | None = None
    for pattern in patterns:
        if best is not None and _WEIGHT[pattern.verdict] <= _WEIGHT[best.verdict]:
            continue
        match = pattern.words.search(clause)
        if match is None:
            continue
        best = Reading(pattern.verdict, pattern.reason, (match[0].strip(),))
        if best.leaves and not _LEFT.search(match[0]) and _is_limited(clause, match):
            best = Reading("ambiguous", f"{best.reason}, within limits", best.matched)
    return best


def _is_limited(clause: str, match: re.Match[str]) -> bool:
    reason = words.REASON.search(clause, match.end())
    end = reason.start() if reason else len(clause)
    return words.LIMIT.search(clause, match.start() + 1, end) is not None


def _weighed(findings: list[Reading], whole: str) -> Reading:
    if not findings:
        return NOTHING
    reading = max(findings, key=lambda each: _WEIGHT[each.verdict])
    if reading.reason == words.SLIPPED:
        return _back(findings) or reading
    return _reconsidered(reading, findings, whole) if reading.leaves else reading


def _reconsidered(reading: Reading, findings: list[Reading], whole: str) -> Reading:
    """A wish to leave in the light of the whole text: it may be a slip, a limit, a quotation."""
    back = _back(findings)
    limited = next((each for each in findings if each.reason in words.OUTWEIGH), None)
    if words.SLIP.search(whole):
        return back or Reading("ambiguous", words.SLIPPED, reading.matched)
    if words.TEXT_ME.search(whole) or words.BESIDE.search(whole):
        return NOTHING
    if limited is not None:
        return limited
    if doubt := _doubt(reading, whole):
        return Reading("ambiguous", doubt, reading.matched)
    if reading.verdict == "opt_out" and words.EXCEPT.search(whole):
        return Reading("probable_opt_out", f"{reading.reason}, but not all of it", reading.matched)
    if back is not None:
        return Reading("ambiguous", "asks for both", reading.matched)
    return reading


def _back(findings: list[Reading]) -> Reading | None:
    return next((each for each in findings if each.verdict == "opt_in"), None)


def _doubt(reading: Reading, whole: str) -> str:
    """Why a wish to leave may be none; empty without doubt."""
    only_stop = reading.reason == words.SAYS_STOP
    doubts = (
        (words.IN_PART.search(whole), "asks whether some of it may go on"),
        (words.INSTEAD.search(whole), "would rather be called than texted"),
        (only_stop and words.DELIGHT.search(whole), "says stop, and laughs"),
        (only_stop and len(whole.split()) > _STORY, "says stop in a long text"),
        (words.REPORTED.search(whole), "may be what somebody else said"),
    )
    return next((why for found, why in doubts if found), "")
