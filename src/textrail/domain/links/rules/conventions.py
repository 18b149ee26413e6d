"""How a business writes its UTM parameters, and what is wrong with those of a link, with the fix.

Analytics tools take “SMS” and “sms” for two sources: one way to write a thing is worth more than a
good way. Without vocabulary and pattern, what anybody would call a slip is found all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Final, Literal

from textrail.domain.links.rules import campaign_names
from textrail.domain.links.rules.merge_fields import KNOWN, decode_field, encoded_fields
from textrail.vocabulary.channels import SMS, USUAL_MEDIUMS, USUAL_SOURCES, detours
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.utm import (
    LONGEST_VALUE,
    Utm,
    holds_email,
    names_somebody,
    own_utm,
    write_own,
)

MOST_VALUES: Final = 40
_SHOWN: Final = 40
_OPTIONAL: Final = frozenset({"utm_term", "utm_content"})
_MISSING: Final = {
    "utm_source": "Without utm_source, nobody sees in analytics who sent these people.",
    "utm_medium": "Without utm_medium, nobody sees in analytics that they came by text.",
    "utm_campaign": "Without utm_campaign, nobody sees in analytics which campaign brought them.",
}
_REPLACED: Final = frozenset({"missing", "vocabulary", "personal"})
_DIGITS = re.compile(r"(?<![0-9A-Za-z])\+?\d(?:[ ().-]{0,2}\d){9,14}(?![0-9A-Za-z])")
_DATE = re.compile(r"20\d\d[-.]?(0[1-9]|1[0-2])[-.]?(0[1-9]|[12]\d|3[01])")
Kind = Literal[
    "case",
    "spaces",
    "invisible",
    "long",
    "vocabulary",
    "pattern",
    "missing",
    "content",
    "channel",
    "personal",
    "braces",
    "conflict",
    "encoded",
]
# What people read above the findings of a kind.
KINDS: Final[dict[str, str]] = {
    "personal": "Personal data",
    "missing": "Missing",
    "content": "Content missing",
    "conflict": "Written twice",
    "channel": "Filed elsewhere",
    "vocabulary": "Not one of yours",
    "pattern": "Off the pattern",
    "case": "Capitals",
    "spaces": "Spaces",
    "invisible": "Invisible characters",
    "long": "Too long",
    "braces": "Merge field",
    "encoded": "Encoded field",
}


@dataclass(frozen=True, slots=True)
class Convention:
    """What a business allows; an empty vocabulary or pattern allows anything."""

    sources: tuple[str, ...] = ()
    mediums: tuple[str, ...] = ()
    campaign_pattern: str = ""
    require_content: bool = False

    def allowed(self, field: str) -> tuple[str, ...]:
        return {"utm_source": self.sources, "utm_medium": self.mediums}.get(field, ())


# What fits Google's word for texts, and keeps campaigns in small letters.
USUAL: Final = Convention(("sms",), ("text",), "{word}", require_content=True)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with `field`: a parameter, or the destination.

    `fix` is what belongs there instead, an empty one to leave the field out; None when only people
    know.
    """

    field: str
    code: Kind
    sentence: str
    fix: str | None = None


def read_convention(
    *, sources: str, mediums: str, campaign_pattern: str, require_content: bool
) -> Convention:
    """A convention as it was typed, values on lines or between commas; or Malformed."""
    return Convention(
        _values(sources, "sources", "source"),
        _values(mediums, "mediums", "medium"),
        campaign_names.check_pattern(campaign_pattern),
        require_content,
    )


def lint(
    utm: Utm,
    convention: Convention,
    *,
    destination: str = "",
    variants: bool = False,
    today: date | None = None,
) -> tuple[Finding, ...]:
    """What is wrong with the parameters that arrive, in the order of the form.

    Those that `destination` holds itself win, as they do at the tap, and are judged where ours are
    empty. `variants`: the link is one of several of its campaign. `today` dates fixes of a pattern.
    """
    own = _own_words(destination, utm)
    found = list(_of_destination(destination, own, utm))
    judged = replace(utm, **{_short(name): own[name] for name in _stand_ins(own, utm)})
    for field, value in judged.pairs():
        if "{" in own.get(field, ""):
            continue
        finding = _of_value(field, value, convention, variants=variants, today=today)
        if finding is not None:
            found.append(finding)
            judged, _ = apply_fix(judged, "", finding)
    found = _join(found, list(_of_channel(judged, convention, own)))
    return tuple(_placed(finding, own, utm, destination) for finding in found)


def _join(found: list[Finding], filed: list[Finding]) -> list[Finding]:
    """A value that is replaced anyway is replaced by one that Google files under SMS."""
    fixes = {each.field: each.fix for each in filed if each.fix is not None}
    joined = [
        replace(each, fix=fixes[each.field])
        if each.code in _REPLACED and each.field in fixes and each.fix is not None
        else each
        for each in found
    ]
    told = {each.field for each, before in zip(joined, found, strict=True) if each is not before}
    return joined + [each for each in filed if each.field not in told]


def apply_fix(utm: Utm, destination: str, finding: Finding) -> tuple[Utm, str]:
    """Parameters and destination with one finding put right; unchanged where it has no fix."""
    if finding.fix is None:
        return utm, destination
    if finding.field == "destination":
        return utm, finding.fix
    return replace(utm, **{_short(finding.field): finding.fix}), destination


def conforming(
    utm: Utm, convention: Convention, *, variants: bool = False, today: date | None = None
) -> Utm:
    """The parameters as the convention wants them, as far as a fix is known."""
    first = {name: _first_choice(f"utm_{name}", convention) for name in ("source", "medium")}
    utm = replace(utm, **{name: value for name, value in first.items() if value})
    for finding in lint(utm, convention, variants=variants, today=today):
        utm, _ = apply_fix(utm, "", finding)
    return utm


def _short(field: str) -> str:
    return field.removeprefix("utm_")


def _own_words(destination: str, utm: Utm) -> dict[str, str]:
    """What the address says itself, but for a field that stands for our own value of the same name.

    A value with other merge fields keeps its brackets: nobody knows it before the tap.
    """
    ours = {f"{{{_short(name)}}}": name for name, _ in utm.pairs()}
    return {name: value for name, value in own_utm(destination).items() if ours.get(value) != name}


def _stand_ins(own: Mapping[str, str], utm: Utm) -> list[str]:
    """The parameters that only the destination holds."""
    return [name for name, value in utm.pairs() if not value and "{" not in own.get(name, "{")]


def _placed(finding: Finding, own: Mapping[str, str], utm: Utm, destination: str) -> Finding:
    """A finding about a parameter that only the destination holds is put right there."""
    if finding.field not in _stand_ins(own, utm):
        return finding
    fix = finding.fix
    return Finding(
        "destination",
        finding.code,
        f"In the address itself: {finding.sentence}",
        None if fix is None else write_own(destination, finding.field, fix or None),
    )


def _of_destination(destination: str, own: Mapping[str, str], utm: Utm) -> Iterator[Finding]:
    for name in encoded_fields(destination):
        yield Finding(
            "destination",
            "encoded",
            f"%7B{name}%7D arrives as it is; {{{name}}} is filled in.",
            decode_field(destination, name),
        )
    if names_somebody(destination):
        yield Finding(
            "destination",
            "personal",
            "The address holds an email address or a phone number, which everybody can read.",
        )
    for name, ours in utm.pairs():
        theirs = own.get(name, "")
        if ours and name in own and theirs != ours and "{" not in theirs:
            yield Finding(
                "destination",
                "conflict",
                f"The address itself says {name}={theirs[:60]}, which wins over “{ours[:60]}”.",
                write_own(destination, name, None),
            )


def _of_value(
    field: str, value: str, convention: Convention, *, variants: bool, today: date | None
) -> Finding | None:
    """The first thing that is wrong with one value, with what to write instead."""
    if not value.strip():
        wanted = variants and convention.require_content
        return _missing(field, convention, content_wanted=wanted)
    if value in convention.allowed(field):
        return None
    return (
        _unsafe(field, value, convention)
        or _untidy(field, value, convention)
        or _unlisted(field, value, convention)
        or _off_pattern(field, value, convention, today)
    )


def _missing(field: str, convention: Convention, *, content_wanted: bool) -> Finding | None:
    if field in _MISSING:
        return Finding(field, "missing", _MISSING[field], _first_choice(field, convention))
    if field == "utm_content" and content_wanted:
        says = "Variants of a campaign are told apart by utm_content, and this one has none."
        return Finding(field, "content", says)
    return None


def _unsafe(field: str, value: str, convention: Convention) -> Finding | None:
    """What should not travel at all."""
    if is_personal(value):
        says = f"{field} looks like an email address or a phone number, which everybody can read."
        fix = _first_choice(field, convention)
        return Finding(field, "personal", says, "" if field in _OPTIONAL else fix)
    if any(f"{{{name}}}" in value for name in KNOWN):
        says = f"“{_cut(value)}” arrives with its brackets: merge fields work in the address only."
        return Finding(field, "braces", says)
    return None


def _untidy(field: str, value: str, convention: Convention) -> Finding | None:
    """How it is written, whatever it says."""
    tidy = _tidy(value)
    known = next((each for each in convention.allowed(field) if each.lower() == tidy), tidy)
    if not value.isprintable():
        return Finding(field, "invisible", f"{field} holds a character that nobody sees.", known)
    if len(value) > LONGEST_VALUE:
        says = f"{field} has {len(value)} characters; {LONGEST_VALUE} are the most."
        return Finding(field, "long", says)
    if " " in value:
        says = f"“{_cut(value)}” has a space in it, which arrives as %20."
        return Finding(field, "spaces", says, known)
    labels = len(value) == 1 and field in _OPTIONAL  # A and B are the names of variants
    if value != value.lower() and not labels:
        says = f"Analytics tools count “{_cut(value)}” apart from “{_cut(known)}”."
        return Finding(field, "case", says, known)
    return None


def _unlisted(field: str, value: str, convention: Convention) -> Finding | None:
    allowed = convention.allowed(field)
    if not allowed:
        return None
    near = get_close_matches(value, allowed, n=1, cutoff=0.0)
    says = f"“{_cut(value)}” is not one of your {_short(field)}s: {', '.join(allowed[:6])}."
    return Finding(field, "vocabulary", says, near[0])


def _off_pattern(
    field: str, value: str, convention: Convention, today: date | None
) -> Finding | None:
    pattern = convention.campaign_pattern
    if field != "utm_campaign" or campaign_names.fits(pattern, value):
        return None
    fix = campaign_names.fitted(pattern, value, today)
    return Finding(field, "pattern", f"“{_cut(value)}” does not fit {pattern}.", fix)


def _of_channel(utm: Utm, convention: Convention, own: Mapping[str, str]) -> Iterator[Finding]:
    """Each of Google's rules that takes these visits before the one for texts does."""
    if any("{" in own.get(field, "") for field in _MISSING):  # known at the tap only
        return
    sources = convention.sources or USUAL_SOURCES
    mediums = convention.mediums or USUAL_MEDIUMS
    for detour in detours(utm, sources=sources, mediums=mediums):
        filing = detour.filing
        says = f"{filing.because} It is filed under {filing.channel}, not under {SMS}."
        fix = detour.value
        if fix is not None and detour.field == "utm_campaign":
            fix = fix if campaign_names.fits(convention.campaign_pattern, fix) else None
        yield Finding(detour.field, "channel", says, fix)


def is_personal(value: str) -> bool:
    """Whether a value looks like an email address or a phone number."""
    return holds_email(value) or any(
        10 <= sum(each.isdigit() for each in found[0]) <= 15 and not _DATE.match(found[0])
        for found in _DIGITS.finditer(value)
    )


def _first_choice(field: str, convention: Convention) -> str | None:
    """What stands in a field when nobody says more."""
    usual = {"utm_source": USUAL_SOURCES, "utm_medium": USUAL_MEDIUMS}.get(field, ())
    return next(iter(convention.allowed(field) or usual), None)


def _tidy(value: str) -> str:
    """In lower case, without what cannot be seen, words joined by _."""
    seen = "".join(" " if each.isspace() else each for each in value.lower())
    return "_".join("".join(filter(str.isprintable, seen)).split())[:LONGEST_VALUE]


def _cut(value: str) -> str:
    return value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"


def _values(text: str, field: str, word: str) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(filter(None, map(str.strip, re.split(r"[,\n\r]", text)))))
    if len(values) > MOST_VALUES:
        raise Malformed(
            f"At most {MOST_VALUES} {word}s can be allowed; these are {len(values)}.",
            hint="Fewer are easier to keep to.",
            field=field,
        )
    for value in values:
        if len(value) > LONGEST_VALUE or not value.isprintable() or " " in value:
            raise Malformed(
                f"“{_cut(value)}” cannot be a {word}.",
                hint=f"Each has at most {LONGEST_VALUE} characters and no spaces, on its own line.",
                field=field,
            )
    return values
