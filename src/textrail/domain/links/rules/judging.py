"""Who tapped: a person, or one of the machines that fetch links. Evidence in, verdict out.

Nothing is dropped on a verdict, and a later ruleset may judge the same evidence again. Raise
RULESET whenever a verdict could change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from textrail.domain.links.rules.agents import Signs, read_signs

RULESET: Final = 1
DUPLICATE_SECONDS: Final = 30

VerdictName = Literal["human", "preview", "scanner", "prefetch", "duplicate", "unknown"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request for a code. Header names are lower-case.

    `seconds_since_tap` is how long ago the same device tapped the same code as a person, None if
    it did not.
    """

    method: str
    headers: Mapping[str, str]
    seconds_since_tap: float | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and why: stable short strings, which `explain` turns into sentences."""

    verdict: VerdictName
    reasons: tuple[str, ...]
    ruleset: int = RULESET


def judge(evidence: Evidence) -> Judgement:
    """The verdict on one request: a browser's own word first, then its name, then what is missing.

    A crawler list alone makes no scanner of a phone: it takes a second sign.
    """
    headers = evidence.headers
    if (prefetch := _prefetch(headers)) is not None:
        return Judgement("prefetch", (prefetch,))
    agent = headers.get("user-agent", "").strip()
    signs = read_signs(agent)
    if signs.preview:
        return Judgement("preview", (f"preview:{signs.preview}",))
    if scanner := _scanner(evidence.method, agent, signs, bare=not headers.get("accept-language")):
        return Judgement("scanner", scanner)
    if doubts := _doubts(headers, signs):
        return Judgement("unknown", doubts)
    since = evidence.seconds_since_tap
    if since is not None and abs(since) <= DUPLICATE_SECONDS:
        return Judgement("duplicate", ("tapped_again",))
    return Judgement("human", ("phone_browser" if signs.handset else "browser",))


def _prefetch(headers: Mapping[str, str]) -> str | None:
    """The header by which a browser says that nobody asked for the page yet."""
    for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"):
        value = headers.get(name, "").lower()
        if "prefetch" in value or "prerender" in value or "preview" in value:
            return f"prefetch:{name}"
    return None


def _scanner(method: str, agent: str, signs: Signs, *, bare: bool) -> tuple[str, ...]:
    if method != "GET":
        return ("method:head",) if method == "HEAD" else ("method:other",)
    if not agent:
        return ("agent:missing",)
    found = {
        "agent:automation": signs.automated,
        "agent:self_declared": signs.self_declared,
        "agent:no_browser": not signs.browser,
        "agent:listed": signs.listed and (bare or signs.self_declared or not signs.browser),
    }
    return tuple(reason for reason, holds in found.items() if holds)


def _doubts(headers: Mapping[str, str], signs: Signs) -> tuple[str, ...]:
    found = {
        "agent:listed": signs.listed and not signs.handset,
        "language:missing": not headers.get("accept-language"),
        "fetch:not_a_visit": headers.get("sec-fetch-mode", "navigate").lower() != "navigate",
    }
    return tuple(reason for reason, holds in found.items() if holds)


_SENTENCES = {
    "method:head": "Only asked whether the page exists (HEAD).",
    "method:other": "Not a request that a browser makes for a link.",
    "agent:missing": "Did not say which browser it is.",
    "agent:automation": "A browser driven by a program.",
    "agent:self_declared": "Calls itself a bot or names its website.",
    "agent:no_browser": "No browser: a program that fetches pages.",
    "agent:listed": "On the public list of crawlers.",
    "language:missing": "Sent no language, as every browser of a phone does.",
    "fetch:not_a_visit": "Fetched in the background, not opened as a page.",
    "tapped_again": f"The same device tapped less than {DUPLICATE_SECONDS} seconds earlier.",
    "phone_browser": "The browser of a phone opened it.",
    "browser": "A browser opened it.",
}


_PREVIEWERS = {
    "imessage": "iMessage",
    "whatsapp": "WhatsApp or Signal",
    "linkedin": "LinkedIn",
    "groupme": "GroupMe",
}


def explain(reason: str) -> str:
    """A reason as a sentence for people."""
    kind, _, detail = reason.partition(":")
    if kind == "preview":
        name = _PREVIEWERS.get(detail, detail.replace("_", " ").title())
        return f"Fetched for a preview ({name})."
    if kind == "prefetch":
        return "Loaded by the browser ahead of a tap."
    return _SENTENCES.get(reason, reason)
