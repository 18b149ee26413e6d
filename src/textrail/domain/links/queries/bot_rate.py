"""The measured bot rate: what was asked for of the links that no person could tap."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, Value

from textrail.domain.accounts.models import Business
from textrail.domain.contacts import queries as contacts
from textrail.domain.contacts.models import Contact
from textrail.domain.finding import by_key
from textrail.domain.links import sent_texts
from textrail.domain.links.models import Canary, Click, Code, SeedCode, Verdict
from textrail.domain.links.rules.bot_rate import Rate
from textrail.domain.links.rules.judging import Known

SHOWN = 20
_LOOKUP = 900  # parameters of one statement; SQLite's oldest limit is 999


@dataclass(frozen=True, slots=True)
class Measured:
    """What became of the texts to seeds, of one mobile network or of all.

    `asked` are texts whose link some machine asked for, of those that left us. `mistaken` are the
    requests that the judge took for a person's, of all requests.
    """

    network: str
    asked: Rate
    mistaken: Rate
    verdicts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class BotRate:
    """`canaries` are codes that somebody asked for, of those that were sent to nobody; `finders`
    are the latest requests for them."""

    seeds: int
    total: Measured
    networks: tuple[Measured, ...]
    canaries: Rate
    finders: tuple[Click, ...]


@dataclass(slots=True)
class _Sums:
    texts: int = 0
    asked: int = 0
    requests: int = 0
    mistaken: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)

    def measured(self, network: str) -> Measured:
        return Measured(
            network,
            Rate(self.asked, self.texts),
            Rate(self.mistaken, self.requests),
            tuple(self.verdicts.most_common()),
        )


def bot_rate(business: Business, *, since: datetime) -> BotRate:
    """What the texts and canaries since then say.

    Only of numbers that are seeds now: one that turned out to be a person's is left out whole. A
    text that never left us counts only if its link was asked for all the same.
    """
    seeds = contacts.seed_ids(business)
    codes = SeedCode.objects.filter(business=business, at__gte=since, contact_id__in=seeds)
    rows = list(codes.values_list("code", "network", "message_id"))
    requests = _requests(business, [code for code, _, _ in rows])
    left = sent_texts.departed(business, [message_id for _, _, message_id in rows])
    total, networks = _Sums(), defaultdict[str, _Sums](_Sums)
    for code, network, message_id in rows:
        if message_id in left or code in requests:
            for sums in (total, networks[network]):
                _count(sums, requests.get(code, []))
    canaries, finders = _canaries(business, since)
    return BotRate(
        seeds=len(seeds),
        total=total.measured(""),
        networks=tuple(networks[name].measured(name) for name in sorted(networks)),
        canaries=canaries,
        finders=finders,
    )


def _count(sums: _Sums, requests: Sequence[tuple[str, bool]]) -> None:
    sums.texts += 1
    sums.asked += bool(requests)
    sums.requests += len(requests)
    sums.mistaken += sum(mistaken for _, mistaken in requests)
    sums.verdicts.update(verdict for verdict, _ in requests)


def _requests(business: Business, codes: Sequence[str]) -> dict[str, list[tuple[str, bool]]]:
    """For each code that was asked for: the verdicts, and whether the judge saw a person."""
    found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
    for start in range(0, len(codes), _LOOKUP):
        part = codes[start : start + _LOOKUP]
        rows = Click.objects.filter(by_key(Q(business=business)), code__in=part)
        for code, verdict, reasons in rows.values_list("code", "verdict", "reasons"):
            mistaken = verdict == Verdict.HUMAN or "seed" in reasons
            found[code].append(("human" if mistaken else verdict, mistaken))
    return found


def _canaries(business: Business, since: datetime) -> tuple[Rate, tuple[Click, ...]]:
    rows = Canary.objects.filter(link__business=business, created_at__gte=since)
    codes = list(rows.values_list("code", flat=True))
    asked: set[str] = set()
    finders: list[Click] = []
    for start in range(0, len(codes), _LOOKUP):
        part = codes[start : start + _LOOKUP]
        clicks = Click.objects.filter(by_key(Q(business=business)), code__in=part)
        asked.update(clicks.values_list("code", flat=True).distinct())
        finders += clicks.select_related("link").order_by("-id")[:SHOWN]
    newest = sorted(finders, key=lambda click: -click.pk)[:SHOWN]
    return Rate(len(asked), len(codes)), tuple(newest)


def known_machines(codes: Collection[str]) -> dict[str, Known]:
    """How we know of some of `codes`, of any business, that no person asks for them: they were made
    for a number that is a seed now, by whatever sender, or for nobody. One statement."""
    seeds = Contact.objects.exclude(seed_network="").values("id")
    went = SeedCode.objects.filter(code__in=codes, contact_id__in=seeds)
    made = Code.objects.filter(code__in=codes, contact_id__in=seeds)
    canaries = Canary.objects.filter(code__in=codes)
    rows = went.values_list("code", Value("seed")).union(
        made.values_list("code", Value("seed")), canaries.values_list("code", Value("canary"))
    )
    return {code: "seed" if how == "seed" else "canary" for code, how in rows}
