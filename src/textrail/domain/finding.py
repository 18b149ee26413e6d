"""Rows by their ids, one or a refusal, lists page by page. For queries and actions of the rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from django.db.models import Case, Model, Q, QuerySet, Value, When

from textrail.vocabulary.errors import NotFound

Line = TypeVar("Line")
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """Lines of a list, newest first; `after` asks for those behind them, None at the end."""

    rows: tuple[Line, ...]
    after: int | None


def the_one(rows: QuerySet[Row], sentence: str, *, hint: str = "") -> Row:
    """The first of `rows`, or NotFound with this sentence and what to do next."""
    found = rows.first()
    if found is None:
        raise NotFound(sentence, hint=hint)
    return found


def newest_page(rows: QuerySet[Row], *, after: int | None, limit: int) -> Page[Row]:
    """The `limit` newest of `rows`, of those with an id below `after` where one is given. One
    statement, and those of its prefetches."""
    if after is not None:
        rows = rows.filter(id__lt=after)
    found = list(rows.order_by("-id")[: limit + 1])
    return Page(tuple(found[:limit]), found[limit - 1].pk if len(found) > limit else None)


def by_key(condition: Q) -> Case:
    """The condition as one that no index answers. For rows that are named by their ids: a database
    may otherwise read all that an index has of a member or a week, to keep those few."""
    return Case(When(condition, then=Value(True)), default=Value(False))
