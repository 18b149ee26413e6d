"""Writing down clicks that other services counted, each once for ever: by its sender's name, or by
who, when, and from which campaign."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from textrail.domain import bulk
from textrail.domain.accounts.models import Business
from textrail.domain.contacts.actions import Naming, resolve_people
from textrail.domain.contacts.models import Person
from textrail.domain.finding import by_key
from textrail.domain.visitors.actions.traffic import traffic_of
from textrail.domain.visitors.models import OutsideClick
from textrail.domain.visitors.queries.outside import Visit
from textrail.domain.visitors.rules.outside import Fate, Outcome, ToldClick
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import NotFound

_ATTEMPTS = 3
_UNNAMED = ""  # the sender of clicks that have no name of their own


def record_clicks(
    *,
    business: Business,
    clicks: Sequence[ToldClick],
    sender: str,
    at: datetime,
    visits: Mapping[str, Visit],
) -> list[Outcome]:
    """Record clicks of other channels; the fate of each, in their order.

    `visits` are those of which it is known that they came with an ad's click id. A click
    that came before is not counted again; one of which only an unknown click id says whose it was
    is refused.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _record_clicks(business, clicks, sender, at, visits)
        except IntegrityError:
            # The same click came twice at once; the one that was first is known the next time.
            if attempt == _ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _record_clicks(
    business: Business,
    clicks: Sequence[ToldClick],
    sender: str,
    at: datetime,
    visits: Mapping[str, Visit],
) -> list[Outcome]:
    ways = traffic_of(business=business, ways={click.way for click in clicks})
    whose = _whose(business, [_naming(click, visits, at) for click in clicks])
    names = [_names(click, sender, them) for click, them in zip(clicks, whose, strict=True)]
    seen = _seen(business, names)
    outcomes: list[Outcome] = []
    rows: list[OutsideClick] = []
    for click, them, known_as in zip(clicks, whose, names, strict=True):
        if them is None:
            outcomes.append(Outcome(Fate.REFUSED, _nobody(click.ad_click)))
            continue
        if not seen.isdisjoint(known_as):
            outcomes.append(Outcome(Fate.REPEATED))
            continue
        seen.update(known_as)
        visit = visits.get(click.ad_click)
        rows.append(
            OutsideClick(
                business=business,
                person_id=them.person_id,
                traffic=ways[click.way],
                visit_id=visit.session_id if visit else None,
                sender=known_as[0][0],
                sender_key=known_as[0][1],
                at=click.at,
                received_at=at,
            )
        )
        outcomes.append(Outcome(Fate.RECORDED))
    if rows:
        bulk.insert_rows(OutsideClick, rows)
    return outcomes


def _nobody(ad_click: str) -> NotFound:
    return NotFound(
        f"Nobody is known to have come with the click id “{ad_click[:40]}”.",
        hint="Send an email, a phone or an id with it, or send it again after the visit.",
        field="click_id",
    )


def _naming(click: ToldClick, visits: Mapping[str, Visit], at: datetime) -> Naming | None:
    """Whom a click names; None where only an unknown click id does."""
    visit = visits.get(click.ad_click)
    if visit is None and not click.keys:
        return None
    told = [*(["click"] if visit else []), *dict.fromkeys(key.kind for key in click.keys)]
    evidence = f"{', '.join(told)} in a click from {click.way.source[:60]}"
    return Naming(click.keys, at, visit.person.pk if visit else None, evidence)


@dataclass(frozen=True, slots=True)
class _Them:
    """The person on whom a click is written down, and the tokens of all who are one with them
    today, their own first."""

    person_id: int
    tokens: tuple[int, ...]


def _whose(business: Business, namings: Sequence[Naming | None]) -> list[_Them | None]:
    told = [naming for naming in namings if naming is not None]
    ids = iter(resolve_people(business=business, namings=told))
    found = [next(ids) if naming else None for naming in namings]
    people = Person.objects.filter(by_key(Q(business=business)))
    wanted = {id_ for id_ in found if id_}
    roots = {row.pk: row.merged_into_id or row.pk for row in people.filter(id__in=wanted)}
    tokens: dict[int, int] = {}
    groups: defaultdict[int, list[int]] = defaultdict(list)
    survivors = set(roots.values())
    for row in people.filter(Q(id__in=survivors) | Q(merged_into__in=survivors)).order_by("id"):
        tokens[row.pk] = row.token
        groups[row.merged_into_id or row.pk].append(row.token)
    return [
        _Them(id_, tuple(dict.fromkeys((tokens[id_], *groups[roots[id_]])))) if id_ else None
        for id_ in found
    ]


# Whose name for a click it is, and the name.
_Name = tuple[str, str]


def _names(click: ToldClick, sender: str, them: _Them | None) -> list[_Name]:
    """What tells a click from every other: its sender's name of it, or the person, the moment, the
    source and the campaign; the last with each who is one with them today, for it may have come
    when they were two."""
    if click.key:
        return [(sender, click.key)]
    way = f"{click.way.source}/{click.way.campaign}".casefold()
    moment = to_ms(click.at)
    tokens = them.tokens if them else ()
    return [(_UNNAMED, f"{token}.{moment}.{way}"[:255]) for token in tokens]


def _seen(business: Business, names: Iterable[Sequence[_Name]]) -> set[_Name]:
    """Those of these names under which a click was counted before."""
    keys: defaultdict[str, set[str]] = defaultdict(set)
    for sender, key in (name for known_as in names for name in known_as):
        keys[sender].add(key)
    rows = OutsideClick.objects.filter(business=business)
    return {
        (sender, key)
        for sender, wanted in keys.items()
        for key in rows.filter(sender=sender, sender_key__in=wanted).values_list(
            "sender_key", flat=True
        )
    }
