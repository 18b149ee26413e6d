"""The list of threads on a page: what its address asks for, in words, and links that change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, get_args
from urllib.parse import urlencode

from textrail.domain.accounts import queries as accounts
from textrail.domain.accounts.access import MemberRequest
from textrail.domain.accounts.models import Business, User
from textrail.domain.accounts.rules import Permission, Role, allows
from textrail.domain.contacts import queries as contacts
from textrail.domain.inbox import queries
from textrail.domain.inbox.models import Conversation
from textrail.domain.inbox.queries.threads import ThreadKind
from textrail.domain.numbers import queries as numbers
from textrail.vocabulary.ids import read_id

_KINDS = [("", "Texts and calls"), ("texts", "Texts"), ("calls", "Calls"), ("both", "Both")]
_KIND_WORDS = {"texts": "With a text", "calls": "With a call", "both": "With text and call"}
_MOST_COUNTED = 100
_ANSWER_DAYS = 30
_LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address without it."""

    words: str
    query: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the lists above the threads: its name, address and how many wait in it."""

    words: str
    query: str
    current: bool
    count: str = ""


def thread_list(request: MemberRequest, found: Conversation | None = None) -> dict[str, Any]:
    """All that the list shows: threads, chips, counts."""
    wanted = read_filter(request)
    after = request.GET.get("after", "")
    unread = queries.unread_threads(request.business, request.user, most=_MOST_COUNTED)
    parts = asdict(wanted)
    names = _Names(request)
    return {
        "conversation": found,
        "wanted": wanted,
        "is_filtered": any(parts.values()),
        "list_query": list_query(wanted, request.user, after),
        "filter_query": list_query(wanted, request.user, ""),
        "threads": queries.threads(request.business, wanted, user=request.user, after=after),
        "chips": list(_chips(names, wanted)),
        "choices": _choices(request, wanted, unread),
        "unread": unread,
        "answer_time": _answer_time(request),
        **_choosable(request, names, wanted),
    }


class _Names:
    """What filters choose among, each read once for a page and only where it is needed."""

    def __init__(self, request: MemberRequest) -> None:
        self.business = request.business
        self.me = request.user

    @cached_property
    def members(self) -> dict[int, str]:
        return {user.pk: str(user) for user in assignable(self.business)}

    @cached_property
    def numbers(self) -> dict[int, str]:
        return {number.id: number.name for number in numbers.numbers(self.business)}

    @cached_property
    def flows(self) -> dict[int, str]:
        return {flow.pk: flow.name for flow in numbers.call_flows(self.business)}

    @cached_property
    def tags(self) -> dict[int, str]:
        return {tag.pk: tag.name for tag in contacts.tags(self.business)}


def _choosable(
    request: MemberRequest, names: _Names, wanted: queries.ThreadFilter
) -> dict[str, Any]:
    """What can be chosen: in the bar below the list, and on a whole page in the filters above it.
    A list that is drawn anew leaves the filters alone."""
    chosen: dict[str, Any] = {
        "members": list(names.members.items()),
        "known_tags": list(names.tags.values()),
        "has_numbers": bool(names.numbers),
    }
    if request.htmx.target == "threads":
        return chosen
    others = [(key, words) for key, words in names.members.items() if key != request.user.pk]
    return chosen | {
        "numbers": [("", "All numbers"), *names.numbers.items()],
        "flows": [("", "All call flows"), *names.flows.items()] if names.flows else [],
        "kinds": _KINDS,
        "assignees": [("", "Anybody’s"), ("me", "Mine"), ("nobody", "Nobody’s"), *others],
        "assignee_choice": _assignee(wanted, request.user),
        "tag_choices": [("", "All tags"), *names.tags.items()] if names.tags else [],
    }


def assignable(business: Business) -> list[User]:
    """Who may have a conversation: members who may converse, by name."""
    members = accounts.members(business)
    return [each.user for each in members if allows(Role(each.role), Permission.CONVERSE)]


def read_filter(request: MemberRequest) -> queries.ThreadFilter:
    """What the address asks for; values that mean nothing are left out."""
    asked = request.GET
    kind: ThreadKind = ""
    if asked.get("kind") in get_args(ThreadKind):
        kind = asked["kind"]  # type: ignore[assignment]
    assignee = asked.get("assignee", "")
    return queries.ThreadFilter(
        unread=asked.get("unread") == "1",
        number_id=read_id(asked.get("number", "")),
        flow_id=read_id(asked.get("flow", "")),
        kind=kind,
        assignee_id=request.user.pk if assignee == "me" else read_id(assignee),
        nobody=assignee == "nobody",
        tag_id=read_id(asked.get("tag", "")),
        waiting=asked.get("waiting") == "1",
        first_day=_day(asked.get("from", "")),
        last_day=_day(asked.get("to", "")),
        search=asked.get("q", "")[:_LONGEST_SEARCH],
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def list_query(wanted: queries.ThreadFilter, user: User, after: str = "") -> str:
    """The filter as a query string; the same filter has always the same."""
    parts = {
        "q": wanted.search,
        "unread": "1" if wanted.unread else "",
        "waiting": "1" if wanted.waiting else "",
        "assignee": _assignee(wanted, user),
        "number": wanted.number_id or "",
        "flow": wanted.flow_id or "",
        "kind": wanted.kind,
        "tag": wanted.tag_id or "",
        "from": wanted.first_day or "",
        "to": wanted.last_day or "",
        "after": after,
    }
    return urlencode({name: value for name, value in parts.items() if value})


def _assignee(wanted: queries.ThreadFilter, user: User) -> str:
    if wanted.nobody:
        return "nobody"
    if wanted.assignee_id is None:
        return ""
    return "me" if wanted.assignee_id == user.pk else str(wanted.assignee_id)


def _choices(request: MemberRequest, wanted: queries.ThreadFilter, unread: int) -> list[Choice]:
    """All, unread, waiting, mine: one of them at a time, beside the other filters."""
    rest = replace(wanted, unread=False, waiting=False, assignee_id=None, nobody=False)
    waiting = queries.waiting_threads(request.business, most=_MOST_COUNTED)
    lists = [
        ("All", rest, ""),
        ("Unread", replace(rest, unread=True), _counted(unread)),
        ("Waiting", replace(rest, waiting=True), _counted(waiting)),
    ]
    if request.may["converse"]:
        lists.append(("Mine", replace(rest, assignee_id=request.user.pk), ""))
    return [
        Choice(words, list_query(each, request.user), current=each == wanted, count=count)
        for words, each, count in lists
    ]


def _counted(count: int) -> str:
    if not count:
        return ""
    return f"{_MOST_COUNTED - 1}+" if count >= _MOST_COUNTED else str(count)


def _chips(names: _Names, wanted: queries.ThreadFilter) -> Iterator[Chip]:
    """Each filter that is on, in words, with the address that leaves it out."""
    for words, without in (*_state_words(names, wanted), *_more_words(names, wanted)):
        yield Chip(words, list_query(without, names.me))


def _state_words(
    names: _Names, wanted: queries.ThreadFilter
) -> Iterator[tuple[str, queries.ThreadFilter]]:
    if wanted.search:
        yield f"“{wanted.search}”", replace(wanted, search="")
    if wanted.unread:
        yield "Unread", replace(wanted, unread=False)
    if wanted.waiting:
        yield "Waiting for an answer", replace(wanted, waiting=False)
    if wanted.nobody:
        yield "Nobody’s", replace(wanted, nobody=False)
    if wanted.assignee_id == names.me.pk:
        yield "Mine", replace(wanted, assignee_id=None)
    elif wanted.assignee_id is not None:
        name = names.members.get(wanted.assignee_id, "Somebody who left")
        yield name, replace(wanted, assignee_id=None)


def _more_words(
    names: _Names, wanted: queries.ThreadFilter
) -> Iterator[tuple[str, queries.ThreadFilter]]:
    if wanted.number_id is not None:
        name = names.numbers.get(wanted.number_id, "A number of old")
        yield name, replace(wanted, number_id=None)
    if wanted.flow_id is not None:
        yield names.flows.get(wanted.flow_id, "A call flow of old"), replace(wanted, flow_id=None)
    if wanted.kind:
        yield _KIND_WORDS[wanted.kind], replace(wanted, kind="")
    if wanted.tag_id is not None:
        yield f"Tag {names.tags.get(wanted.tag_id, 'of old')}", replace(wanted, tag_id=None)
    if wanted.first_day is not None:
        yield f"From {_day_words(wanted.first_day)}", replace(wanted, first_day=None)
    if wanted.last_day is not None:
        yield f"To {_day_words(wanted.last_day)}", replace(wanted, last_day=None)


def _day_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _answer_time(request: MemberRequest) -> queries.AnswerTime:
    """The median of the last thirty days."""
    since = request.now - timedelta(days=_ANSWER_DAYS)
    return queries.answer_time(request.business, since=since, until=request.now)
