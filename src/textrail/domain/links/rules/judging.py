"""Who tapped: a person, or one of the machines that fetch links. Evidence in, verdict out.

Nothing is dropped on a verdict, and a later ruleset may judge the same evidence again. Raise
RULESET whenever a verdict could change. Every sign has a weight: what adds up to proof is a
scanner, what adds up to a doubt is unknown, and a person keeps the benefit of the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from textrail.domain.links.rules.agents import Signs, read_signs
from textrail.domain.links.rules.consistency import held_against
from textrail.domain.links.rules.marks import HINT, PROOF, SIGN, TRACE, Mark
from textrail.domain.links.rules.networks import NetworkKind, kind_of

RULESET: Final = 3
DUPLICATE_SECONDS: Final = 30
# How far around a click its address is watched, before and after.
NEARBY_SECONDS: Final = 30

VerdictName = Literal["human", "preview", "scanner", "prefetch", "duplicate", "unknown"]
# How we may know that no person made a request: its text went to a seed, or to nobody at all.
Known = Literal["seed", "canary"]
Headers: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]]

# Nobody has a text in hand that left us a second ago, and few have read it after three.
_AT_ONCE: Final = 1.0
_SOON: Final = 3.0
# A report seldom comes at the very moment of a tap.
_WITH_RECEIPT: Final = 1.0
# Clocks of two machines of ours may differ by this.
_SKEW: Final = 1.0
# Honest phones behind one gateway differ; a program that goes through a list does not. Where nearly
# everybody has the same phone, a minute of a campaign brings some twenty of them without another.
_MANY_CODES: Final = 10
_CODES_PER_AGENT: Final = 5
_FLOOD_PER_AGENT: Final = 30
_FEW_AGENTS: Final = 3
_MANY_REPEATS: Final = 10


@dataclass(frozen=True, slots=True)
class Nearby:
    """What else its address asked for around the click, within NEARBY_SECONDS on either side.

    `codes` counts the codes that the same agent asked for, this one included, and `agents` the
    different agents of the address. `heads` are HEADs for the same code, `repeats` other requests
    of the same agent for it.
    """

    codes: int = 1
    agents: int = 1
    heads: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request for a code, and what is known around it. All but method and headers may be unknown.

    Headers as a mapping, or as pairs in the order of arrival, which is evidence too. `complete`
    says that no header that we look at was left out, `secure` that the address is https; unless
    they are set, an absent header proves little. `seconds_since_tap` is how long ago the same
    device tapped the same code as a person; the other seconds run from the moment when the text
    was handed to the carrier, and when the carrier told us that it had arrived (negative: the click
    came first). `hosting` is what the operator's data says of the network, `known` what we know
    beyond any evidence.
    """

    method: str
    headers: Headers
    seconds_since_tap: float | None = None
    complete: bool = False
    secure: bool = False
    asn: int | None = None
    network: str = ""
    hosting: bool = False
    seconds_since_hand_over: float | None = None
    seconds_since_receipt: float | None = None
    nearby: Nearby = Nearby()
    known: Known | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict and why: stable short strings, which `explain` turns into sentences."""

    verdict: VerdictName
    reasons: tuple[str, ...]
    ruleset: int = RULESET


def judge(evidence: Evidence) -> Judgement:
    """The verdict on one request: a browser's own word first, then its name, then what speaks
    against a person. Total, and the same for the same evidence.

    Where it is known that no person made it, whom we would take for one is a scanner, and the first
    reason says how it is known: so those requests tell how often we are wrong about the others.
    """
    judgement = _weigh(evidence)
    if evidence.known is None or judgement.verdict not in {"human", "duplicate"}:
        return judgement
    return Judgement("scanner", (evidence.known, *judgement.reasons))


def _weigh(evidence: Evidence) -> Judgement:
    headers, order = _read(evidence.headers)
    if (prefetch := _prefetch(headers)) is not None:
        return Judgement("prefetch", (prefetch,))
    signs = read_signs(headers.get("user-agent", "").strip())
    if signs.preview:
        return Judgement("preview", (f"preview:{signs.preview}",))
    marks = _marks(evidence, headers, order, signs)
    reasons = tuple(dict.fromkeys(name for name, _ in sorted(marks, key=_by_weight)))
    weight = _sum(dict(marks).values())
    if weight >= PROOF:
        return Judgement("scanner", reasons)
    if weight >= SIGN:
        return Judgement("unknown", reasons)
    since = evidence.seconds_since_tap
    if since is not None and abs(since) <= DUPLICATE_SECONDS:
        return Judgement("duplicate", ("tapped_again", *reasons))
    return Judgement("human", ("phone_browser" if signs.handset else "browser", *reasons))


def _sum(weights: Iterable[int]) -> int:
    """Traces weigh as one, however many: what a proxy does to headers leaves several."""
    counted = list(weights)
    traces = counted.count(TRACE)
    return sum(counted) - max(0, traces - 1) * TRACE


def _by_weight(mark: Mark) -> int:
    return -mark[1]


def _read(headers: Headers) -> tuple[dict[str, str], Sequence[str]]:
    """Headers by name in lower case, and the order of arrival where it is known."""
    if isinstance(headers, Mapping):
        return {name.lower(): value for name, value in headers.items()}, ()
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value)
    return found, tuple(found)


_AHEAD = ("prefetch", "prerender", "preview", "instant")


def _prefetch(headers: Mapping[str, str]) -> str | None:
    """The header by which a browser says that nobody asked for the page yet."""
    for name in ("sec-purpose", "purpose", "x-purpose", "x-moz"):
        value = headers.get(name, "").lower()
        if value and any(word in value for word in _AHEAD):
            return f"prefetch:{name}"
    if "sec-speculation-tags" in headers:
        return "prefetch:sec-speculation-tags"
    if "Prefetch Proxy" in headers.get("user-agent", ""):
        return "prefetch:user-agent"
    return None


def _marks(
    evidence: Evidence, headers: Mapping[str, str], order: Sequence[str], signs: Signs
) -> list[Mark]:
    kind = kind_of(evidence.asn, evidence.network, hosting=evidence.hosting)
    marks = [
        *_method(evidence.method),
        *signs.marks,
        *held_against(headers, order, signs, complete=evidence.complete, secure=evidence.secure),
        *_timing(evidence, machines=kind in {"cloud", "hosting", "checker"}),
        *_nearby(evidence.nearby, shared=kind == "people"),
    ]
    alone = all(weight <= TRACE for _, weight in marks)
    return [*marks, *_network(kind, signs, alone=alone)]


def _network(kind: NetworkKind, signs: Signs, *, alone: bool) -> tuple[Mark, ...]:
    """Texts are read on phones, seldom on computers, and least on those in a data centre. `alone`:
    nothing else but traces speaks against the request."""
    if kind == "checker":
        return (("network:security", SIGN if signs.handset else PROOF),)
    if kind == "gateway":
        return (("network:security", SIGN),)
    if kind not in {"cloud", "hosting"} or signs.relayed:
        return ()
    name = f"network:{kind}"
    if signs.handset:
        # People browse through VPNs: a phone needs something else to be said against it.
        return ((name, TRACE if kind == "hosting" and alone else SIGN),)
    server = kind == "cloud" or signs.system == "linux"
    return ((name, PROOF if server else SIGN),)


def _method(method: str) -> tuple[Mark, ...]:
    if method.upper() == "GET":
        return ()
    return (("method:head" if method.upper() == "HEAD" else "method:other", PROOF),)


def _timing(evidence: Evidence, *, machines: bool) -> list[Mark]:
    """`machines`: a network of theirs, where haste has no other meaning."""
    found: list[Mark] = []
    handed, received = evidence.seconds_since_hand_over, evidence.seconds_since_receipt
    hasty = handed is not None and -_SKEW <= handed < _SOON
    if handed is not None and handed < -_SKEW:
        found.append(("timing:before_hand_over", SIGN))
    elif handed is not None and handed < _AT_ONCE:
        found.append(("timing:at_once", SIGN))
    elif hasty:
        found.append(("timing:soon", SIGN if machines else HINT))
    if received is not None and received < -_SKEW:
        # Receipts come late: a person may well be faster than a carrier's report.
        found.append(("timing:before_receipt", SIGN if hasty else TRACE))
    elif received is not None and received <= _WITH_RECEIPT:
        found.append(("timing:with_receipt", HINT))
    return found


def _nearby(nearby: Nearby, *, shared: bool) -> list[Mark]:
    """`shared`: a network whose addresses stand for thousands of phones at a time."""
    found: list[Mark] = []
    few = nearby.agents <= _FEW_AGENTS
    if few and nearby.codes >= _FLOOD_PER_AGENT * max(nearby.agents, 1):
        found.append(("nearby:many_codes", SIGN if shared else PROOF))
    elif nearby.codes >= _MANY_CODES and nearby.codes >= _CODES_PER_AGENT * nearby.agents:
        found.append(("nearby:many_codes", HINT if shared else SIGN))
    if nearby.heads >= 2:
        # A phone's own preview, or what guards the phone, may ask so before a person taps.
        found.append(("nearby:heads", HINT))
    if nearby.repeats >= _MANY_REPEATS:
        found.append(("nearby:repeats", SIGN))
    return found
