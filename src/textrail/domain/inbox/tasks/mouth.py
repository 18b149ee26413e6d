"""The one mouth: the only code that hands a text to a carrier.

Claim and commit, call, record. Whatever dies in between leaves the text “handing over”, and then
the carrier is asked for our reference before anything is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from textrail.carriers.contract import Client, Credentials, Outgoing
from textrail.domain.inbox import actions, rules
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.numbers.models import Connection
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import CarryFailure, Permanent, Transient, Unavailable, Unknown


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


def hand_over(context: Context, task: Task) -> None:
    """Bring one text to its carrier, at most once.

    Raises Transient to be called again, except at the last attempt: then the text fails, so that
    none waits for ever. A text that has left, was refused or is gone is done.
    """
    message = _load(task.number("message_id"))
    if message is not None and message.status == MessageStatus.SCHEDULED:
        actions.depart(message=message, at=context.clock.now())
        message = _load(message.pk)  # its words may have been changed until then
    if message is None or message.status not in rules.UNSETTLED:
        return
    try:
        errand = _errand(context, task, message)
    except (Permanent, Unavailable) as failure:
        _stay(context, task, message, failure)
        return
    if message.status == MessageStatus.QUEUED:
        _send(errand)
    else:
        _reconcile(errand)


def _load(message_id: int) -> Message | None:
    rows = Message.objects.select_related(
        "business", "contact", "conversation", "number__connection"
    )
    return rows.filter(id=message_id).first()


def _errand(context: Context, task: Task, message: Message) -> Errand:
    """Raises before anything is claimed when the carrier is not wired, the account is gone, or its
    secret is sealed."""
    connection = message.number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent(f"This installation does not speak to “{connection.carrier}”.")
    if connection.removed_at is not None:
        raise Permanent("The carrier account of this number was removed.")
    return Errand(
        context=context,
        task=task,
        message=message,
        client=client,
        outgoing=_outgoing(context, message, connection),
        credentials=Credentials(connection.account_ref, context.seal.open(connection.secret)),
    )


def _outgoing(context: Context, message: Message, connection: Connection) -> Outgoing:
    tokens = message.attachments.order_by("id").values_list("token", flat=True)
    return Outgoing(
        reference=message.reference,
        sender=message.number.phone,
        recipient=message.contact.phone,
        body=message.body,
        media_urls=[f"{context.pages_url}/media/{token}" for token in tokens],
        status_url=f"{context.links_url}/in/{connection.carrier}/{connection.token}/status",
    )


def _stay(context: Context, task: Task, message: Message, failure: Permanent | Unavailable) -> None:
    """There is no way out for this text: for good, or until somebody brings the key back."""
    if isinstance(failure, Unavailable) and not is_last(task.attempt):
        raise Transient(failure.sentence, code=failure.name) from failure
    if message.status == MessageStatus.HANDING_OVER:
        _lose(message, failure.sentence, at=context.clock.now())
    else:
        actions.give_up(message=message, sentence=failure.sentence, at=context.clock.now())


def _send(errand: Errand) -> None:
    claimed_at = errand.now()
    if not actions.claim(message=errand.message, at=claimed_at):
        return
    if errand.now() - claimed_at > rules.CLAIM_LIFE:
        _try_later(errand, Transient("It was held up on our side."), claimed_at=claimed_at)
        return
    if actions.recall(message=errand.message, claimed_at=claimed_at, at=errand.now()):
        return
    try:
        handed = errand.client.hand_over(errand.outgoing, errand.credentials)
    except Permanent as failure:
        actions.reject(message=errand.message, failure=failure, at=errand.now())
    except Transient as failure:
        _try_later(errand, failure, claimed_at=claimed_at)
    except Unknown as failure:
        _ask_later(errand, failure)
    else:
        actions.accept(message=errand.message, handed=handed, at=errand.now())


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
        actions.accept(message=errand.message, handed=found, at=errand.now())
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
