"""The one mouth: the only code that hands a text to a carrier.

Claim and commit, call, record. Whatever dies in between leaves the text “handing over”, and then
the carrier is asked for our reference before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import IntegrityError, OperationalError

from textrail.carriers.contract import Client, Credentials, HandedOver, Outgoing
from textrail.domain.inbox import actions, rules
from textrail.domain.inbox.models import Attachment, Message, MessageStatus
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unavailable, Unknown

# How long what a carrier took may wait to be noted with what it takes after that.
NOTED_WITHIN: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class Errand:
    """One text on its way out, and everything that the call needs."""

    context: Context
    task: Task
    message: Message
    client: Client
    outgoing: Outgoing
    credentials: Credentials

    def now(self) -> datetime:
        return self.context.clock.now()


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that its carrier took."""

    errand: Errand
    handed: HandedOver


def hand_over(context: Context, task: Task) -> None:
    """Bring one text to its carrier, at most once.

    Raises Transient to be called again, except at the last attempt: then the text fails, so that
    none waits for ever. A text that has left, was refused or is gone is done.
    """
    [failure] = hand_over_all(context, [task])
    if failure is not None:
        raise failure


def hand_over_all(context: Context, tasks: Sequence[Task]) -> list[Exception | None]:
    """Bring texts to their carriers as `hand_over` does, one call after the other, with a bounded
    number of statements around the calls; for each, in order, what is to be raised for it."""
    found = _load(task.number("message_id") for task in tasks)
    due = [row for row in found.values() if row.status == MessageStatus.SCHEDULED]
    for row in due:
        actions.depart(message=row, at=context.clock.now())
    found |= _load(row.pk for row in due)  # their words may have been changed until then
    tokens = _media_tokens(found)
    failures: dict[int, Exception | None] = {}
    ready: list[Errand] = []
    for task in tasks:
        message = found.get(task.number("message_id"))
        if message is None or message.status not in rules.UNSETTLED:
            continue
        try:
            errand = _errand(context, task, message, tokens.get(message.pk, []))
        except (Permanent, Unavailable) as failure:
            failures[task.id] = _failure_of(partial(_stay, context, task, message, failure))
            continue
        if message.status == MessageStatus.QUEUED:
            ready.append(errand)
        else:
            failures[task.id] = _failure_of(partial(_reconcile, errand))
    for errands in _by_business(ready):
        try:
            failures |= _send_all(errands)
        except Exception as failure:  # that of one business is not that of the others
            failures |= {errand.task.id: failure for errand in errands}
    return [failures.get(task.id) for task in tasks]


def _by_business(errands: Sequence[Errand]) -> Iterable[list[Errand]]:
    groups: dict[int, list[Errand]] = {}
    for errand in errands:
        groups.setdefault(errand.message.business_id, []).append(errand)
    return groups.values()


def _failure_of(step: Callable[[], None]) -> Exception | None:
    """What a step raises: one text's failure is not that of the others."""
    try:
        step()
    except Exception as failure:
        return failure
    return None


def _load(message_ids: Iterable[int]) -> dict[int, Message]:
    ids = list(message_ids)
    rows = Message.objects.select_related(
        "business", "contact", "conversation", "number__connection"
    )
    return {row.pk: row for row in rows.filter(id__in=ids)} if ids else {}


def _media_tokens(message_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names that the files of texts have in their addresses, in order."""
    rows = Attachment.objects.filter(message_id__in=list(message_ids)).order_by("id")
    tokens: dict[int, list[str]] = {}
    for message_id, token in rows.values_list("message_id", "token"):
        tokens.setdefault(message_id, []).append(token)
    return tokens


def _errand(context: Context, task: Task, message: Message, tokens: Sequence[str]) -> Errand:
    """Raises before anything is claimed when the carrier is not wired, the account is gone, or its
    secret is sealed."""
    connection = message.number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent(f"This installation does not speak to “{connection.carrier}”.")
    if connection.removed_at is not None:
        raise Permanent("The carrier account of this number was removed.")
    outgoing = Outgoing(
        reference=message.reference,
        sender=message.number.phone,
        recipient=message.contact.phone,
        body=message.body,
        media_urls=[f"{context.pages_url}/media/{token}" for token in tokens],
        status_url=f"{context.links_url}/in/{connection.carrier}/{connection.token}/status",
    )
    credentials = Credentials(connection.account_ref, context.seal.open(connection.secret))
    return Errand(context, task, message, client, outgoing, credentials)


def _stay(context: Context, task: Task, message: Message, failure: Permanent | Unavailable) -> None:
    """There is no way out for this text: for good, or until somebody brings the key back."""
    if isinstance(failure, Unavailable) and not is_last(task.attempt):
        raise Transient(failure.sentence, code=failure.name) from failure
    if message.status == MessageStatus.HANDING_OVER:
        _lose(message, failure.sentence, at=context.clock.now())
    else:
        actions.give_up(message=message, sentence=failure.sentence, at=context.clock.now())


def _send(errand: Errand) -> None:
    failure = _send_all([errand])[errand.task.id]
    if failure is not None:
        raise failure


def _send_all(errands: Sequence[Errand]) -> dict[int, Exception | None]:
    """Claim texts of one business together, call for one after the other, and note together what
    was taken. A text whose turn comes late in its claim is put back and claimed anew, by itself."""
    claimed_at = errands[0].now()
    by_message = {errand.message: errand for errand in errands}
    ours = actions.claim(messages=list(by_message), at=claimed_at)
    failures: dict[int, Exception | None] = {errand.task.id: None for errand in errands}
    taken: list[Taken] = []
    late: list[Errand] = []
    for errand in (by_message[message] for message in ours):
        try:
            if len(ours) > 1 and errand.now() - claimed_at > rules.CLAIM_LIFE / 2:
                actions.release(message=errand.message, claimed_at=claimed_at)
                late.append(errand)
                continue
            handed = _call(errand, claimed_at)
        except Exception as failure:
            failures[errand.task.id] = failure
            continue
        if handed is not None:
            taken.append(Taken(errand, handed))
        if taken and errand.now() - claimed_at > NOTED_WITHIN:
            failures |= _accept(taken)
            taken = []
    failures |= _accept(taken)
    for errand in late:
        failures |= _send_all([errand])
    return failures


def _accept(taken: Sequence[Taken]) -> dict[int, Exception | None]:
    """Note what carriers took. Where that fails for all together, as when a report about one waits
    for us while we wait for it, each is noted by itself."""
    if not taken:
        return {}
    try:
        _note(taken)
    except (OperationalError, IntegrityError):
        return {each.errand.task.id: _failure_of(partial(_note, [each])) for each in taken}
    return {each.errand.task.id: None for each in taken}


def _note(taken: Sequence[Taken]) -> None:
    pairs = [(each.errand.message, each.handed) for each in taken]
    actions.accept(taken=pairs, at=taken[0].errand.now())


def _call(errand: Errand, claimed_at: datetime) -> HandedOver | None:
    """What the carrier said that took the text; None when it stays here or was settled."""
    if errand.now() - claimed_at > rules.CLAIM_LIFE:
        _try_later(errand, Transient("It was held up on our side."), claimed_at=claimed_at)
        return None
    if actions.recall(message=errand.message, claimed_at=claimed_at, at=errand.now()):
        return None
    try:
        return errand.client.hand_over(errand.outgoing, errand.credentials)
    except Permanent as failure:
        actions.reject(message=errand.message, failure=failure, at=errand.now())
    except Transient as failure:
        _try_later(errand, failure, claimed_at=claimed_at)
    except Unknown as failure:
        _ask_later(errand, failure)
    return None


def _try_later(errand: Errand, failure: Transient, *, claimed_at: datetime) -> None:
    """Nothing happened over there: back in line, or given up when this was the last attempt."""
    if is_last(errand.task.attempt):
        sentence = f"It could not be handed over for too long: {failure.sentence}"
        actions.give_up(message=errand.message, sentence=sentence, at=errand.now())
        return
    actions.release(message=errand.message, claimed_at=claimed_at)
    raise failure


def _reconcile(errand: Errand) -> None:
    """Somebody claimed this text and did not come back: ask the carrier before sending again."""
    claimed_at = errand.message.handed_over_at
    assert claimed_at is not None
    since = claimed_at - rules.FIND_SKEW
    try:
        found = errand.client.find(errand.outgoing, errand.credentials, since=since)
    except CarryFailure as failure:
        # Even a no for good is an answer to our question, and not about the text.
        _ask_later(errand, failure)
        return
    if found is not None and actions.is_anothers(message=errand.message, handed=found):
        # Twins of one wording: a carrier without our reference cannot tell. A receipt will.
        _ask_later(errand, Unknown("The carrier shows only a twin of this text."))
    elif found is not None:
        _note([Taken(errand, found)])
    elif (left := claimed_at + rules.FIND_GRACE - errand.now()) > timedelta(0):
        _ask_later(errand, Unknown("The carrier does not know this text yet."), after=left)
    elif actions.release(message=errand.message, claimed_at=claimed_at):
        _send(errand)


def _ask_later(
    errand: Errand, failure: CarryFailure, *, after: timedelta = rules.FIND_GRACE
) -> None:
    """Nobody knows yet whether it left: ask again, or never when this was the last attempt."""
    if is_last(errand.task.attempt):
        _lose(errand.message, failure.sentence, at=errand.now())
        return
    pause = after.total_seconds()
    if isinstance(failure, Transient):
        pause = max(pause, failure.retry_after_seconds or 0)
    raise Transient(failure.sentence, code=failure.code, retry_after_seconds=pause) from failure


def _lose(message: Message, sentence: str, *, at: datetime) -> None:
    """A report that it was delivered still climbs above this, should one ever come."""
    sentence = f"Nobody could say whether it left: {sentence}"
    actions.give_up(message=message, sentence=sentence, code="outcome_unknown", at=at)
