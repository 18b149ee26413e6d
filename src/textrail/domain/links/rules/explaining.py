"""A reason of a verdict as a sentence for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from textrail.domain.links.rules.judging import DUPLICATE_SECONDS, NEARBY_SECONDS

_SENTENCES: Final[Mapping[str, str]] = {
    "method:head": "Only asked whether the page exists (HEAD).",
    "method:other": "Not a request that a browser makes for a link.",
    "agent:missing": "Did not say which browser it is.",
    "agent:automation": "A browser driven by a program.",
    "agent:signed": "Signs its requests, as programs do that act for somebody.",
    "agent:link_checker": "Belongs to a product that checks links for others.",
    "agent:self_declared": "Calls itself a bot or names its website.",
    "agent:no_browser": "No browser: a program that fetches pages.",
    "agent:library": "Names a library that programs fetch pages with.",
    "agent:program_word": "Names itself as programs do that look at pages.",
    "agent:unfamiliar": "Carries a name that no browser of a computer carries.",
    "agent:malformed": "Names its browser in a way that no browser does.",
    "agent:listed": "On the public list of crawlers.",
    "agent:impossible": "A browser of this version does not run on that system.",
    "agent:long_gone": "A browser that nearly nobody has used for years.",
    "language:missing": "Sent no language, as every browser of a phone does.",
    "accept:missing": "Did not say what it wants to see, as every browser does.",
    "accept:library": "Asked for anything, where a browser asks for a page.",
    "encoding:library": "Accepts compression as libraries do.",
    "headers:program": "Sent a header that only programs send.",
    "headers:range": "Asked for a part of the page only.",
    "fetch:not_a_visit": "Fetched in the background, not opened as a page.",
    "fetch:missing": "Left out what its browser always says of a visit.",
    "fetch:not_of_safari": "Sent a header that Safari does not know.",
    "hints:not_of_browser": "Sent hints that its browser does not know.",
    "hints:platform": "Names one system in its agent and another in its hints.",
    "hints:mobile": "Says that it is a phone and that it is none.",
    "hints:version": "Names one version in its agent and another in its hints.",
    "hints:missing": "Left out the hints that its browser gives.",
    "order:wrong": "Sent its headers in another order than its browser does.",
    "network:cloud": "Came from machines that are let by the hour.",
    "network:hosting": "Came from a data centre.",
    "network:security": "Came from a company that checks links for others.",
    "timing:before_hand_over": "Came before the text had left.",
    "timing:at_once": "Came within a second after the text had left.",
    "timing:soon": "Came within three seconds after the text had left.",
    "timing:before_receipt": "Came before the carrier reported the text as delivered.",
    "nearby:many_codes": "Asked for the links of many recipients"
    f" within {2 * NEARBY_SECONDS} seconds.",
    "timing:with_receipt": "Came at the moment when the carrier reported the text as delivered.",
    "nearby:heads": "The same address only asked whether the page exists, several times.",
    "nearby:repeats": f"Asked again and again within {2 * NEARBY_SECONDS} seconds.",
    "tapped_again": f"The same device tapped less than {DUPLICATE_SECONDS} seconds earlier.",
    "seed": "Its text went to a number that no person clicks for.",
    "canary": "Its code was never sent to anybody.",
    "phone_browser": "The browser of a phone opened it.",
    "browser": "A browser opened it.",
}

_PREVIEWERS: Final[Mapping[str, str]] = {
    "imessage": "iMessage",
    "whatsapp": "WhatsApp or Signal",
    "linkedin": "LinkedIn",
    "groupme": "GroupMe",
    "line": "LINE",
    "kakao": "KakaoTalk",
    "messenger": "an app for messages",
    "link_preview": "an app or a page that shows links",
}


def explain(reason: str) -> str:
    """A reason as a sentence for people; a reason of an unknown ruleset is returned as it is."""
    kind, _, detail = reason.partition(":")
    if kind == "preview":
        name = _PREVIEWERS.get(detail, detail.replace("_", " ").title())
        return f"Fetched for a preview ({name})."
    if kind == "prefetch":
        return "Loaded by the browser ahead of a tap."
    return _SENTENCES.get(reason, reason)
