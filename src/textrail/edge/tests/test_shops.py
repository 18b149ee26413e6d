"""A shop's webhook is taken only when the shop signed it, and answered once it is on disk."""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest

from textrail.domain.accounts.models import Business
from textrail.domain.billing.models import FundsSource
from textrail.domain.conversions.models import Shop
from textrail.edge.tests.conftest import Caller, Disk, counted
from textrail.vocabulary import arrivals
from textrail.vocabulary.clock import Clock
from textrail.vocabulary.sealing import Seal

SECRET = "whsec_of_the_shop"
BODY = b'{"id": "evt_1", "type": "checkout.session.completed"}'


@pytest.fixture
def shop(transactional_db: None, business: Business, seal: Seal, request: object) -> Shop:
    kind = getattr(request, "param", "stripe")
    return Shop.objects.create(
        business=business,
        kind=kind,
        name="Shop",
        token=f"token-of-{kind}",
        secret=seal.close(SECRET),
        created_at=business.created_at,
    )


def by_stripe(clock: Clock, body: bytes, *, ago: int = 0, secret: str = SECRET) -> dict[str, str]:
    moment = int((clock.now() - timedelta(seconds=ago)).timestamp())
    signature = hmac.digest(secret.encode(), f"{moment}.".encode() + body, sha256).hex()
    return {"stripe-signature": f"t={moment},v1={signature}"}


def test_a_sale_that_stripe_signed_is_on_disk_before_it_is_answered(
    call: Caller, scraper: Caller, disk: Disk, shop: Shop, clock: Clock
) -> None:
    answer = call(
        "POST", f"/shops/stripe/{shop.token}", content=BODY, headers=by_stripe(clock, BODY)
    )
    assert answer.status_code == 200
    [arrival] = disk.read(after=0, limit=10)
    assert arrival.kind == arrivals.SHOP
    kept = arrivals.decode_shop(arrival.body)
    assert (kept.business_id, kept.shop_id, kept.kind) == (shop.business_id, shop.pk, "stripe")
    assert kept.body == BODY
    assert counted(scraper, 'textrail_webhooks_total{carrier="stripe"}') == 1


@pytest.mark.parametrize("shop", ["shopify"], indirect=True)
@pytest.mark.parametrize("prefix", ["", "x-"])
def test_both_names_of_shopify_are_understood(
    call: Caller, disk: Disk, shop: Shop, prefix: str
) -> None:
    signature = b64encode(hmac.digest(SECRET.encode(), BODY, sha256)).decode()
    headers = {f"{prefix}shopify-hmac-sha256": signature, f"{prefix}shopify-topic": "orders/paid"}
    path = f"/shops/shopify/{shop.token}"
    assert call("POST", path, content=BODY, headers=headers).status_code == 200
    [arrival] = disk.read(after=0, limit=10)
    assert arrivals.decode_shop(arrival.body).topic == "orders/paid"
    assert call("POST", path, content=BODY + b" ", headers=headers).status_code == 401


@pytest.mark.parametrize("fault", ["another secret", "another body", "too old", "none"])
def test_what_the_shop_did_not_sign_is_refused_counted_and_leaves_nothing(
    call: Caller, scraper: Caller, disk: Disk, shop: Shop, clock: Clock, fault: str
) -> None:
    headers = {
        "another secret": by_stripe(clock, BODY, secret="stolen"),
        "another body": by_stripe(clock, b"{}"),
        "too old": by_stripe(clock, BODY, ago=301),
        "none": {},
    }[fault]
    answer = call("POST", f"/shops/stripe/{shop.token}", content=BODY, headers=headers)
    assert answer.status_code == 401
    assert disk.read(after=0, limit=10) == []
    reason = answer.json()["error"]["code"]
    refused = f'textrail_webhooks_refused_total{{carrier="stripe",reason="{reason}"}}'
    assert counted(scraper, refused) == 1


def test_a_payment_for_a_balance_is_kept_apart_from_sales(
    call: Caller, disk: Disk, shop: Shop, seal: Seal, clock: Clock
) -> None:
    source = FundsSource.objects.create(
        account=shop.business.account, secret=seal.close(SECRET), created_at=clock.now()
    )
    path = f"/shops/funds/{source.token}"
    assert call("POST", path, content=BODY, headers=by_stripe(clock, BODY)).status_code == 200
    [arrival] = disk.read(after=0, limit=10)
    assert arrival.kind == arrivals.FUNDS
    kept = arrivals.decode_funds(arrival.body)
    assert (kept.source_id, kept.body) == (source.pk, BODY)
    forged = by_stripe(clock, BODY, secret="stolen")
    assert call("POST", path, content=BODY, headers=forged).status_code == 401
    stripe = f"/shops/stripe/{source.token}"
    assert call("POST", stripe, content=BODY, headers=by_stripe(clock, BODY)).status_code == 404
    FundsSource.objects.update(ended_at=clock.now())
    assert call("POST", path, content=BODY, headers=by_stripe(clock, BODY)).status_code == 404
    assert len(disk.read(after=0, limit=10)) == 1


def test_addresses_of_no_shop_and_of_an_ended_one_are_not_found(
    call: Caller, shop: Shop, clock: Clock
) -> None:
    ended = by_stripe(clock, BODY)
    Shop.objects.filter(id=shop.pk).update(ended_at=shop.created_at)
    for path in (
        f"/shops/stripe/{shop.token}",
        f"/shops/shopify/{shop.token}",
        "/shops/stripe/unknown",
        "/shops/stripe",
        "/shops/stripe/a/b",
    ):
        answer = call("POST", path, content=BODY, headers=ended)
        assert answer.status_code == 404, path
        assert answer.json()["error"]["code"] == "unknown_shop"
