"""What a visit to a link's destination means for the people who will tap it. Pure.

Broken is what would fail for people, or lose who they are; the rest is a warning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlsplit

from textrail.vocabulary.landing import CLICK_FIELDS, CLICK_PARAMETER, add_click_id, fill
from textrail.vocabulary.routing import Plan
from textrail.vocabulary.visits import Visit

# Tells our visits from taps in the logs of the destination.
SAMPLE_CLICK: Final = "link-check-not-a-tap"
SLOW_MILLISECONDS: Final = 5000
_SAMPLES: Final = {
    "click_id": SAMPLE_CLICK,
    "country": "US",
    "region": "CA",
    "city": "San Francisco",
    "language": "en",
    "device": "phone",
    "os": "ios",
    "store": "",
}
assert set(_SAMPLES) == set(CLICK_FIELDS)  # a new field needs a sample
_REFUSING: Final = frozenset({401, 403, 405, 406, 429, 999})
_GONE: Final = frozenset({404, 410})
_NOT_FOUND_WORDS: Final = (
    "404",
    "not found",
    "page doesn’t exist",
    "page doesn't exist",
    "page does not exist",
    "no longer available",
    "nicht gefunden",
    "no encontrada",
    "introuvable",
)
WARNINGS: Final = frozenset(
    {
        "refused",
        "soft_404",
        "front_page",
        "dropped",
        "cookies",
        "app",
        "unencrypted",
        "slow",
        "not_tried",
    }
)


@dataclass(frozen=True, slots=True)
class Aim:
    """An address that a link may lead to; `part` names which of its rules does, for people."""

    part: str
    address: str


@dataclass(frozen=True, slots=True)
class Lost:
    """A parameter that the last page did not get as it was sent: gone, or with another value.

    `hop` counts from 1 which of the requests was the first without it.
    """

    name: str
    hop: int
    changed: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """`problem` is a word for machines, empty when all is well; `sentence` says what to do."""

    problem: str = ""
    sentence: str = ""
    lost: tuple[Lost, ...] = ()


def is_broken(problem: str) -> bool:
    """Whether a campaign must not leave with it, as opposed to a warning or to nothing."""
    return problem != "" and problem not in WARNINGS


def aims(landing: str, plan: Plan | None) -> list[Aim]:
    """Everywhere that a link may lead, each address once, the landing first."""
    found: dict[str, Aim] = {}
    for aim in _aims(landing, plan):
        found.setdefault(aim.address, aim)
    return list(found.values())


def sample_tap(address: str) -> str:
    """The address as somebody who taps would ask for it, with merge fields and a click id."""
    return add_click_id(fill(address, _SAMPLES), SAMPLE_CLICK)


def judge_visit(visit: Visit) -> Finding:
    """The gravest thing that a visit found."""
    return (
        _failed(visit)
        or _refused_page(visit)
        or _lost_parameters(visit)
        or _doubtful_page(visit)
        or Finding()
    )


def _aims(landing: str, plan: Plan | None) -> Iterator[Aim]:
    yield Aim("", plan.landing if plan else landing)
    for rule in plan.rules if plan else ():
        if rule.landing:
            yield Aim(f"Rule “{rule.name}”", rule.landing)
        for arm in rule.arms:
            yield Aim(f"Rule “{rule.name}”, {arm.label}", arm.landing)
        for spot in rule.spots:
            yield Aim(f"Store {spot.name}", spot.landing)
    if plan and plan.fallback:
        yield Aim("After it has ended", plan.fallback)


_FAILURES: Final[Mapping[str, str]] = {
    "name": "There is no site called {host}. Check the address for a typing mistake.",
    "private": (
        "{host} is inside a private network, where no phone can reach it."
        " Give an address that is open to the public."
    ),
    "unreachable": "Nothing answers at {host}. Check that the site is up, then check again.",
    "timeout": (
        "{host} did not answer within ten seconds. People would give up."
        " Ask whoever runs the site, then check again."
    ),
    "cut_off": "{host} broke off its answer. Ask whoever runs the site, then check again.",
    "certificate_expired": (
        "The certificate of {host} has run out, so phones warn people off."
        " Ask whoever runs the site to renew it."
    ),
    "certificate_name": (
        "The certificate of {host} belongs to another site, so phones warn people off."
        " Check the address, or ask whoever runs the site."
    ),
    "certificate_untrusted": (
        "The certificate of {host} is not signed by anybody whom phones trust."
        " Ask whoever runs the site for a proper one."
    ),
    "tls": "{host} does not speak https properly. Check the address, or whether it wants http.",
    "loop": "{host} sends people round in circles. Ask whoever runs the site.",
    "redirects": "{host} redirects more than ten times. Lead to the page at the end directly.",
    "location": "{host} redirects to an address that no browser can open: {location}.",
    "own": (
        "It leads back to one of your own short links, which would count a tap twice or go round"
        " in circles. Give the page that people should end up on."
    ),
}


def _failed(visit: Visit) -> Finding | None:
    if not visit.failure:
        return None
    last, host = visit.last, _host(visit.last.url)
    if visit.failure == "app":
        scheme = last.location.partition(":")[0]
        return Finding(
            "app",
            f"{host} hands people over to an app ({scheme[:20]}:)."
            " Try it on a phone; we cannot follow there.",
        )
    if visit.failure == "loop" and any(hop.cookies for hop in visit.hops):
        return Finding(
            "cookies",
            f"{host} lets in only who keeps its cookie, which our visit did not."
            " Phones keep it; try it on one.",
        )
    sentence = _FAILURES[visit.failure].format(host=host, location=last.location[:80])
    return Finding(visit.failure, sentence)


def _refused_page(visit: Visit) -> Finding | None:
    """A page that people cannot see either, by its status."""
    status, host = visit.last.status or 0, _host(visit.last.url)
    if status < 300 or status in _REFUSING:
        return None
    if status in _GONE:
        return Finding(
            "not_found",
            f"{host} says that the page is not there ({status})."
            " Check the address, or put the page back.",
        )
    if status >= 500:
        return Finding(
            "site_error",
            f"{host} has an error of its own ({status})."
            " Ask whoever runs the site, then check again.",
        )
    return Finding(
        "status", f"{host} does not show the page ({status}). Open it yourself to see why."
    )


def _lost_parameters(visit: Visit) -> Finding | None:
    lost = tuple(lost_parameters(visit))
    if not lost:
        return None
    names = [each.name for each in lost]
    at = _loser(visit, lost)
    if CLICK_PARAMETER in names:
        meaning = "Who tapped cannot be told from who came by themselves."
    else:
        meaning = "Analytics will not know that they came from this text."
    verb = "changes" if all(each.changed for each in lost) else "drops"
    return Finding(
        "lost",
        f"{at} {verb} {_listed(names)} when it redirects. {meaning}"
        " Lead to the page at the end directly, or have the redirect keep its parameters.",
        lost,
    )


def lost_parameters(visit: Visit) -> Iterator[Lost]:
    """The UTM parameters and the click id that the last request has no more, or has otherwise."""
    queries = [_query(hop.url) for hop in visit.hops]
    sent, arrived = queries[0], queries[-1]
    for name, value in sent.items():
        if not _is_tracked(name) or arrived.get(name) == value:
            continue
        intact = max(at for at, query in enumerate(queries) if query.get(name) == value)
        yield Lost(name, intact + 2, changed=name in arrived)


def dropped_parameters(visit: Visit) -> Iterator[Lost]:
    """The other parameters that the last request has no more. A site may put one into its path, so
    that only people know whether the page needs it."""
    queries = [_query(hop.url) for hop in visit.hops]
    for name, value in queries[0].items():
        if value and name not in queries[-1] and not _is_tracked(name):
            yield Lost(
                name, max(at for at, q in enumerate(queries) if name in q) + 2, changed=False
            )


def _dropped(visit: Visit) -> Finding | None:
    lost = tuple(dropped_parameters(visit))
    if not lost:
        return None
    names = _listed([each.name[:40] for each in lost[:3]])
    it = "it" if len(lost) == 1 else "them"
    return Finding(
        "dropped",
        f"{_loser(visit, lost)} drops {names} when it redirects. If the page needs {it}, lead to"
        " the page at the end directly.",
        lost,
    )


def _loser(visit: Visit, lost: Sequence[Lost]) -> str:
    """The site whose redirect was the first to lose something."""
    return _host(visit.hops[min(each.hop for each in lost) - 2].url)


def _doubtful_page(visit: Visit) -> Finding | None:
    """What people may still get past, or may mind."""
    status, host = visit.last.status or 0, _host(visit.last.url)
    first, last = _split(visit.hops[0].url), _split(visit.last.url)
    if status in _REFUSING:
        return Finding(
            "refused",
            f"{host} refused our visit ({status}); people may still get in. Try it on a phone.",
        )
    if any(words in visit.title.casefold() for words in _NOT_FOUND_WORDS):
        return Finding(
            "soft_404",
            f"{host} answers, but its page is called “{visit.title[:60]}”. Look at it yourself.",
        )
    if first.path.strip("/") and not last.path.strip("/") and len(visit.hops) > 1:
        return Finding(
            "front_page",
            f"People end up on the front page of {host}, not on the page that the link names."
            " Check that the page still exists.",
        )
    dropped = _dropped(visit)
    if dropped is not None:
        return dropped
    if last.scheme == "http" and not _is_number(last.hostname or ""):
        return Finding(
            "unencrypted",
            f"{host} is not encrypted, and browsers call it “not secure”."
            " Lead to its https address.",
        )
    if visit.milliseconds >= SLOW_MILLISECONDS:
        seconds = visit.milliseconds / 1000
        return Finding(
            "slow", f"It took {seconds:.0f} seconds until the page came. People may not wait."
        )
    return None


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(_split(url).query, keep_blank_values=True))


def _is_tracked(name: str) -> bool:
    return name.startswith("utm_") or name == CLICK_PARAMETER


def _split(url: str) -> SplitResult:
    """The parts of an address; none of one that has no parts."""
    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", "", "", "")


def _host(url: str) -> str:
    return _split(url).netloc[:60] or url[:60]


def _is_number(host: str) -> bool:
    """Whether a host is written as an IP address, or is this machine, as in a trial."""
    return ":" in host or host.replace(".", "").isdigit() or host == "localhost"


def _listed(names: list[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
