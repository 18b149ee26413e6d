"""What a visit to a domain means for the links that are to begin with it. Pure."""

from __future__ import annotations

from typing import Final

from textrail.vocabulary.visits import Failure, Visit

# The address that is asked, and what the door says there to be known by.
CHECKED_PATH: Final = "/healthz"
SIGNED: Final = "installation"
# What may be over in a minute, so that it is tried again before anybody is told.
PASSING: Final[frozenset[Failure]] = frozenset({"name", "unreachable", "timeout", "cut_off"})

_FAILURES: Final[dict[Failure, str]] = {
    "name": "Nobody knows this name: its DNS record is missing, or too new to be seen yet.",
    "private": "This name leads into a private network, where no phone can reach it.",
    "unreachable": "The name is known, but nothing answers there: does it lead to this server?",
    "timeout": "The name is known, but nothing answered in time: does it lead to this server?",
    "cut_off": "The answer broke off half way: look at the proxy in front of Textrail.",
    "certificate_expired": "Its certificate has expired: have the proxy renew it.",
    "certificate_name": "The certificate there is for another name: have the proxy get one for it.",
    "certificate_untrusted": "No browser trusts the certificate there: have the proxy get one.",
    "tls": "No TLS connection comes about: have the proxy serve this name with a certificate.",
}
_ELSEWHERE = "It leads to another site, not to this installation: look at its DNS record."


def what_is_wrong(visit: Visit, *, ours: bool) -> str:
    """Why links on a domain would not work, in a sentence of at most 200 characters; empty when
    they would. `ours` is whether the last answer was this installation's own."""
    if len(visit.hops) > 1:
        return "It sends people on to another address: let the proxy pass this name on as it is."
    if visit.failure:
        return _FAILURES.get(visit.failure, _ELSEWHERE)
    status = visit.last.status or 0
    if status >= 500:
        return f"The proxy answers {status}: it does not reach the door of Textrail."
    return "" if ours else _ELSEWHERE
