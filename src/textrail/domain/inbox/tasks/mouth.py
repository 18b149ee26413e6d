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
from textrail.domain.inbox.brakes import Obstacle
from textrail.domain.inbox.models import Attachment, Message, MessageStatus
from textrail.outbox.contract import Context, NotBegun, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unavailable, Unknown

# After so long, texts whose turn has not come are left to the next free hand, and what the carrier
# took is noted.
TOGETHER: Final = timedelta(milliseconds=500)


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
    number of statements around the calls; for each, in order, what is to be raised for it.

    A slow call holds up nobody else's text: those whose turn has not come by then are not begun.
    """
    began = context.clock.now()
    failures: dict[int, Exception | None] = {}
    ready: list[Errand] = []
    claimed: list[Errand] = []
    for errand in _errands(context, tasks, failures):
        waits = errand.message.status == MessageStatus.QUEUED
        (ready if waits else claimed).append(errand)
    steps = [(group, _send_all) for group in _groups(ready)]
    steps += [([errand], _reconcile_all) for errand in claimed]
    for place, (errands, step) in enumerate(steps):
        if place and context.clock.now() - began > TOGETHER:
            failures |= {errand.task.id: NotBegun() for errand in errands}
            continue
        try:
            failures |= step(errands)
        except Exception as failure:  # that of one group is not that of the others
            failures |= {errand.task.id: failure for errand in errands}
    return [failures.get(task.id) for task in tasks]


def _errands(
    context: Context, tasks: Sequence[Task], failures: dict[int, Exception | None]
) -> list[Errand]:
    """What is to be done, where something is; `failures` gets what has no way out."""
    found = _load(task.number("message_id") for task in tasks)
    due = [row for row in found.values() if row.status == MessageStatus.SCHEDULED]
    for row in due:
        actions.depart(message=row, at=context.clock.now())
    found |= _load(row.pk for row in due)  # their words may have been changed until then
    tokens = _media_tokens(found)
    errands: list[Errand] = []
    for task in tasks:
        message = found.get(task.number("message_id"))
        if message is None or message.status not in rules.UNSETTLED:
            continue
        try:
            errands.append(_errand(context, task, message, tokens.get(message.pk, [])))
        except (Permanent, Unavailable) as failure:
            failures[task.id] = _failure_of(partial(_stay, context, task, message, failure))
    return errands


def _groups(errands: Sequence[Errand]) -> list[list[Errand]]:
    """What is claimed together: texts of one business. Where a carrier cannot be asked about a text
    that was claimed and maybe not sent, no more than one is."""
    groups: dict[tuple[int, int], list[Errand]] = {}
    for errand in errands:
        alone = 0 if errand.client.can_find else errand.message.pk
        groups.setdefault((errand.message.business_id, alone), []).append(errand)
    return list(groups.values())


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
    """There is no way out for this text: for good, or until somebody brings the key back. Those of
    a campaign wait for that."""
    why = Obstacle("no_way_out", failure.sentence)
    if actions.wait_for_way_out(message=message, why=why, at=context.clock.now()):
        return
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
    was taken. When that takes long, those whose turn has not come are put back in line."""
    claimed_at = errands[0].now()
    failures: dict[int, Exception | None] = {errand.task.id: None for errand in errands}
    try:
        ours = set(actions.claim(messages=[each.message for each in errands], at=claimed_at))
    except Exception:
        if len(errands) == 1:
            raise
        return {errand.task.id: _failure_of(partial(_send, errand)) for errand in errands}
    taken: list[Taken] = []
    claimed = [errand for errand in errands if errand.message in ours]
    for place, errand in enumerate(claimed):
        if place and errand.now() - claimed_at > TOGETHER:
            step = partial(_put_back, errand, claimed_at)
        else:
            step = partial(_call, errand, claimed_at, taken)
        failures[errand.task.id] = _failure_of(step)
    return failures | _accept(taken)


def _put_back(errand: Errand, claimed_at: datetime) -> None:
    actions.release(message=errand.message, claimed_at=claimed_at)
    raise NotBegun


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


def _call(errand: Errand, claimed_at: datetime, taken: list[Taken]) -> None:
    """Hand the text over; `taken` gets it when the carrier took it, and else it is settled."""
    if errand.now() - claimed_at > rules.CLAIM_LIFE:
        _try_later(errand, Transient("It was held up on our side."), claimed_at=claimed_at)
        return
    if actions.recall(message=errand.message, claimed_at=claimed_at, at=errand.now()):
        return
    try:
        taken.append(Taken(errand, errand.client.hand_over(errand.outgoing, errand.credentials)))
    except Permanent as failure:
        actions.reject(message=errand.message, failure=failure, at=errand.now())
    except Transient as failure:
        _try_later(errand, failure, claimed_at=claimed_at)
    except Unknown as failure:
        _ask_later(errand, failure)


def _try_later(errand: Errand, failure: Transient, *, claimed_at: datetime) -> None:
    """Nothing happened over there: back in line, or given up when this was the last attempt."""
    if is_last(errand.task.attempt):
        sentence = f"It could not be handed over for too long: {failure.sentence}"
        actions.give_up(message=errand.message, sentence=sentence, at=errand.now())
        return
    actions.release(message=errand.message, claimed_at=claimed_at)
    raise failure


def _reconcile_all(errands: Sequence[Errand]) -> dict[int, Exception | None]:
    return {errand.task.id: _failure_of(partial(_reconcile, errand)) for errand in errands}


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
