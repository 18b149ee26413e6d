"""What a carrier is told that asks what to do with a call: what the flow of the number says.

Whatever goes wrong on our side, the caller hears a sentence and not an error of the carrier.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from textrail.carriers.contract import Answer, Door, VoiceDoor, Webhook
from textrail.edge.house import FlowRow, House
from textrail.edge.metrics import Metrics
from textrail.vocabulary.arrivals import CallTurn
from textrail.vocabulary.clock import Clock
from textrail.vocabulary.flows import Flow, decode_flow, hours_of
from textrail.vocabulary.following import Surroundings, Turn, follow, sorry
from textrail.vocabulary.opening import Hours, decode_hours, is_open
from textrail.vocabulary.voice import CallStep, HangUp, Instruction, Reject

log = logging.getLogger(__name__)


class Answered(NamedTuple):
    """What the carrier is told, and what is kept of it with the arrival."""

    answer: Answer
    kept: CallTurn


class Calls:
    """`sounds_url` is the public address that the token of a sound file is put behind."""

    def __init__(self, *, house: House, clock: Clock, metrics: Metrics, sounds_url: str) -> None:
        self._house = house
        self._clock = clock
        self._metrics = metrics
        self._sounds_url = sounds_url

    async def answer(self, door: Door, connection_id: int, webhook: Webhook) -> Answered | None:
        """None for a webhook that is not about a call that waits for instructions."""
        asking = _asking(door, webhook)
        if asking is None:
            return None
        voice, step = asking
        try:
            row = await self._house.call_flow(connection_id, step.called)
            if row is None:
                return _nobody(voice, webhook, step)
            turn = await self._follow(row, step)
            return _told(voice, webhook, step, turn.instructions, flow_id=row.id, turn=turn)
        except Exception:
            log.exception("a call cannot be led")
            self._metrics.call_failures.inc()
            return _told(voice, webhook, step, sorry())

    def sorry(self, door: Door, webhook: Webhook) -> Answer | None:
        """For a call that we cannot even look up: words that anybody may hear; None for the rest,
        which may be sent again."""
        asking = _asking(door, webhook)
        if asking is None:
            return None
        self._metrics.call_failures.inc()
        return asking[0].instruct(webhook, sorry())

    async def _follow(self, row: FlowRow, step: CallStep) -> Turn:
        flow = _read_flow(row.flow)
        now = self._clock.now()
        opening = {
            hours_id: await self._house.opening(hours_id, row.business_id)
            for hours_id in hours_of(flow)
        }

        def open_now(hours_id: int) -> bool:
            text = opening.get(hours_id)
            return text is None or is_open(_read_hours(text), now)

        return follow(flow, step, Surroundings(open_now, self._sounds_url))


@lru_cache(maxsize=256)
def _read_flow(text: str) -> Flow:
    return decode_flow(text)


@lru_cache(maxsize=256)
def _read_hours(text: str) -> Hours:
    return decode_hours(text)


def _asking(door: Door, webhook: Webhook) -> tuple[VoiceDoor, CallStep] | None:
    if webhook.what != "call" or not isinstance(door, VoiceDoor):
        return None
    step = door.call_step(webhook)
    return None if step is None else (door, step)


def _nobody(voice: VoiceDoor, webhook: Webhook, step: CallStep) -> Answered:
    """Without a flow nobody picks up; one that was taken away during the call ends it."""
    instructions = (HangUp(),) if step.step else (Reject(),)
    return _told(voice, webhook, step, instructions)


def _told(
    voice: VoiceDoor,
    webhook: Webhook,
    step: CallStep,
    instructions: Sequence[Instruction],
    *,
    flow_id: int = 0,
    turn: Turn | None = None,
) -> Answered:
    kept = CallTurn(step.carrier_ref, step.caller, step.called)
    if turn is not None:
        kept = CallTurn(
            carrier_ref=step.carrier_ref,
            caller=step.caller,
            called=step.called,
            flow_id=flow_id,
            count=turn.count,
            path=turn.path,
            waiting=turn.waiting,
            connected=turn.connected,
            answered_by=turn.answered_by,
            seconds=turn.seconds,
        )
    return Answered(voice.instruct(webhook, instructions), kept)
