"""Carrying a started campaign on, a piece at a time. Every piece may be run again at any moment."""

from __future__ import annotations

from django.db import IntegrityError

from textrail.domain.campaigns import actions
from textrail.outbox.contract import Context, Task
from textrail.vocabulary.errors import Refusal, Transient

_ATTEMPTS = 3


def check(context: Context, task: Task) -> None:
    """Have the links of a campaign tried before it leaves."""
    campaign_id = task.number("campaign_id")
    try:
        actions.begin_check(campaign_id=campaign_id, at=context.clock.now())
    except Refusal as refusal:
        actions.hold(campaign_id=campaign_id, problem=_words(refusal))


def after_check(context: Context, task: Task) -> None:
    """A link was tried: when it is one that a campaign waits for, it may go on now."""
    if "campaign_id" in task.payload:
        actions.settle_check(campaign_id=task.number("campaign_id"), at=context.clock.now())


def plan(context: Context, task: Task) -> None:
    """Make the links, then the next rows of the plan; it enqueues what comes after it."""
    campaign_id, at = task.number("campaign_id"), context.clock.now()
    try:
        actions.make_links(campaign_id=campaign_id, at=at)
    except Refusal as refusal:
        actions.hold(campaign_id=campaign_id, problem=_words(refusal))
        return
    actions.plan_chunk(campaign_id=campaign_id, at=at)


def queue_batch(context: Context, task: Task) -> None:
    """Put the next texts in line; it enqueues what comes after it."""
    for _ in range(_ATTEMPTS):
        try:
            actions.queue_chunk(
                campaign_id=task.number("campaign_id"),
                links_url=context.links_url,
                at=context.clock.now(),
                run=_run(task),
            )
        except IntegrityError:
            continue  # a code, or a conversation, was taken in the same moment
        return
    raise Transient("The texts of a campaign collided with other writes; they are tried again.")


def settle(context: Context, task: Task) -> None:
    """Call the campaign sent when everything has left."""
    actions.settle(campaign_id=task.number("campaign_id"), at=context.clock.now(), run=_run(task))


def wind_up(context: Context, task: Task) -> None:
    """Mark the next of those whom a stopped campaign leaves over; it enqueues what comes after."""
    actions.wind_up(campaign_id=task.number("campaign_id"), at=context.clock.now())


def _run(task: Task) -> int:
    """How often its campaign had gone on when the work was written down."""
    return task.number("run") if "run" in task.payload else 0


def _words(refusal: Refusal) -> str:
    return f"{refusal.sentence} {refusal.hint}".strip()
