"""The demo's money: a prepaid account, topped up by card every other week, once by hand."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from hashlib import sha256

from textrail.domain.billing import actions as billing
from textrail.domain.billing.models import FundsSource
from textrail.domain.billing.rules import new_rate
from textrail.project.config import Config
from textrail.project.demo import story
from textrail.project.demo.setting import Cast
from textrail.project.demo.stage import Stage

_SECRET = "whsec_of_the_demo"  # noqa: S105 -- signs payments that a story makes up
_EVERY = timedelta(days=14)
_CENTS = 1500


def prepare(stage: Stage, cast: Cast, config: Config) -> None:
    """Switch prepaid on, with rates of the business's own, and plan who pays when."""
    at = stage.clock.now()
    ada = next(iter(cast.members.values()))
    billing.set_prepaid(business=cast.business, prepaid=True, at=at, actor=ada)
    for direction in ("outbound", "inbound"):
        rate = new_rate(
            country="US",
            direction=direction,
            kind="sms",
            price="0.0095",
            since="",
            currency="USD",
            at=at,
        )
        billing.set_rate(business=cast.business, rate=rate, at=at, actor=ada)
    billing.set_low_line(business=cast.business, amount="20", at=at, actor=ada)
    billing.top_up(
        business=cast.business,
        amount="15",
        key="first",
        reference="Transfer 1041",
        note="To begin with",
        at=at,
        actor=ada,
    )
    source = billing.connect_source(
        business=cast.business,
        secret=_SECRET,
        payment_link="https://buy.stripe.com/demo",
        seal=stage.context.seal,
        at=at,
        actor=ada,
    )
    for number in range(1, story.WEEKS // _EVERY + 1):
        moment = at + number * _EVERY - timedelta(days=9, hours=3)
        stage.plan(moment, _pay, stage, config, source, number)


def _pay(stage: Stage, config: Config, source: FundsSource, number: int) -> None:
    """Stripe tells the door that somebody paid through the link."""
    body = json.dumps(
        {
            "type": "checkout.session.completed",
            "livemode": True,
            "data": {
                "object": {
                    "id": f"cs_demo_{number}",
                    "payment_intent": f"pi_demo_{number}",
                    "payment_status": "paid",
                    "mode": "payment",
                    "client_reference_id": source.reference,
                    "amount_total": _CENTS,
                    "currency": "usd",
                }
            },
        }
    )
    moment = int(stage.clock.now().timestamp())
    signature = hmac.digest(_SECRET.encode(), f"{moment}.{body}".encode(), sha256).hex()
    stage.http.post(
        f"{config.links_url}/shops/funds/{source.token}",
        content=body,
        headers={"stripe-signature": f"t={moment},v1={signature}"},
    ).raise_for_status()
