"""The one mouth: the only code that hands a text to a carrier.

Claim and commit, call, record. Whatever dies in between leaves the text “handing over”, and then
the carrier is asked for our reference before anything is sent again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from textrail.carriers.contract import Client, Credentials, Outgoing
from textrail.domain.inbox import actions, rules
from textrail.domain.inbox.models import Message, MessageStatus
from textrail.domain.numbers.models import Connection
from textrail.outbox.contract import Context, Task
from textrail.outbox.rules import is_last
from textrail.vocabulary.errors import Permanent, Transient, Unknown


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

    Raises Transient to be called again; a text that has left, was refused or is gone is done.
    """
    message = _load(task.number("message_id"))
    if message is None:
        return
    if message.status == MessageStatus.QUEUED:
        _send(_errand(context, task, message))
    elif message.status == MessageStatus.HANDING_OVER:
        _reconcile(_errand(context, task, message))


def _load(message_id: int) -> Message | None:
    rows = Message.objects.select_related("business", "contact", "number__connection")
    return rows.filter(id=message_id).first()


def _errand(context: Context, task: Task, message: Message) -> Errand:
    """Raises before anything is claimed when the carrier is not wired or its secret is sealed."""
    connection = message.number.connection
    client = context.clients.get(connection.carrier)
    if client is None:
        raise Permanent(f"this installation does not speak to “{connection.carrier}”")
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


def _send(errand: Errand) -> None:
    claimed_at = errand.now()
    if not actions.claim(message=errand.message, at=claimed_at):
        return
    if errand.now() - claimed_at > rules.CLAIM_LIFE:
        actions.release(message=errand.message, claimed_at=claimed_at)
        raise Transient("the hand-over was held up on our side")
    try:
        handed = errand.client.hand_over(errand.outgoing, errand.credentials)
    except Permanent as failure:
        actions.reject(message=errand.message, failure=failure, at=errand.now())
    except Transient as failure:
        _try_later(errand, failure, claimed_at=claimed_at)
    except Unknown as failure:
        raise _ask_later(failure.sentence, code=failure.code) from failure
    else:
        actions.accept(message=errand.message, handed=handed, at=errand.now())


def _try_later(errand: Errand, failure: Transient, *, claimed_at: datetime) -> None:
    """Nothing happened over there: back in line, or given up when this was the last attempt."""
    if is_last(errand.task.attempt):
        sentence = f"The carrier could not take it for too long: {failure.sentence}"
        actions.give_up(message=errand.message, sentence=sentence, at=errand.now())
        return
    actions.release(message=errand.message, claimed_at=claimed_at)
    raise failure


def _reconcile(errand: Errand) -> None:
    """Somebody claimed this text and did not come back: ask the carrier before sending again."""
    claimed_at = errand.message.handed_over_at
    assert claimed_at is not None
    since = claimed_at - rules.FIND_SKEW
    found = errand.client.find(errand.outgoing, errand.credentials, since=since)
    if found is not None and actions.is_anothers(message=errand.message, handed=found):
        # Twins of one wording: a carrier without our reference cannot tell. A receipt will.
        raise _ask_later("the carrier shows only a twin of this text")
    if found is not None:
        actions.accept(message=errand.message, handed=found, at=errand.now())
    elif errand.now() - claimed_at < rules.FIND_GRACE:
        raise _ask_later("the carrier does not know this text yet")
    elif actions.release(message=errand.message, claimed_at=claimed_at):
        _send(errand)


def _ask_later(sentence: str, *, code: str = "") -> Transient:
    return Transient(sentence, code=code, retry_after_seconds=rules.FIND_GRACE.total_seconds())
