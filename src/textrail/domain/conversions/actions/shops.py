"""Shops that report by signed webhooks: connected, heard of, and let go."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from textrail.domain.accounts.actions import Actor, record_audit
from textrail.domain.accounts.models import Business
from textrail.domain.conversions.models import Shop, ShopKind
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.ids import new_token
from textrail.vocabulary.sealing import Seal

LONGEST_SECRET = 200


@transaction.atomic
def add_shop(
    *,
    business: Business,
    kind: str,
    name: str,
    secret: str,
    seal: Seal,
    at: datetime,
    actor: Actor = None,
) -> Shop:
    """Connect a shop by the secret that signs its webhooks, which is kept sealed."""
    called, plain = " ".join(name.split()), _secret(secret)
    if kind not in ShopKind.values:
        raise Malformed("Choose which kind of shop it is.", field="kind")
    if not 1 <= len(called) <= 80 or not called.isprintable():
        raise Malformed("A shop needs a name of 1 to 80 characters.", field="name")
    shop = Shop.objects.create(
        business=business,
        kind=kind,
        name=called,
        token=new_token(),
        secret=seal.close(plain),
        created_at=at,
    )
    record_audit(business=business, actor=actor, action="shop.connected", subject=called, at=at)
    return shop


def _secret(given: str) -> str:
    plain = given.strip()
    if not 8 <= len(plain) <= LONGEST_SECRET or not plain.isascii() or not plain.isprintable():
        raise Malformed(
            "This is no signing secret.",
            hint="Copy it from the shop's page of webhooks; Stripe's begins with whsec_.",
            field="secret",
        )
    return plain


@transaction.atomic
def replace_secret(
    *,
    business: Business,
    shop: Shop,
    secret: str,
    seal: Seal,
    at: datetime,
    actor: Actor = None,
) -> None:
    """Check a shop's webhooks by another secret from now on, at the same address."""
    sealed = seal.close(_secret(secret))
    rows = Shop.objects.filter(business=business, id=shop.pk, ended_at=None)
    if rows.update(secret=sealed):
        record_audit(
            business=business, actor=actor, action="shop.secret_replaced", subject=shop.name, at=at
        )


@transaction.atomic
def end_shop(*, business: Business, shop: Shop, at: datetime, actor: Actor = None) -> None:
    """Take nothing more from a shop, and forget its secret. What it reported stays."""
    rows = Shop.objects.filter(business=business, id=shop.pk, ended_at=None)
    if rows.update(ended_at=at, secret=""):
        record_audit(
            business=business, actor=actor, action="shop.disconnected", subject=shop.name, at=at
        )


def note_shop(*, shop_id: int, at: datetime) -> None:
    """Remember when a shop was last heard of."""
    Shop.objects.filter(id=shop_id).update(last_at=at)
