"""Shops' webhooks: the signature proves the sender, the body is kept as it came.

Payments for a balance come from Stripe in the same way, to `/shops/funds/{token}`.
"""

from __future__ import annotations

import re
from typing import Final

from textrail.edge.asgi import Receive, Response, Scope, as_json, header, read_body, require_method
from textrail.edge.house import ShopConnection
from textrail.edge.means import Means
from textrail.vocabulary.arrivals import FUNDS, SHOP, FundsArrival, ShopArrival, encode
from textrail.vocabulary.clock import to_ms
from textrail.vocabulary.errors import NotFound, Refusal
from textrail.vocabulary.sealing import Seal
from textrail.vocabulary.shop_signatures import check_shopify, check_stripe, shopify_topic

LARGEST_BODY: Final = 1024 * 1024
KINDS: Final = frozenset({"stripe", "shopify", "funds"})
_is_token = re.compile(r"[0-9A-Za-z_-]{1,40}\Z").match


class Shops:
    """POST `/shops/{kind}/{token}`: the token finds the shop, its secret checks the signature."""

    def __init__(self, means: Means, *, seal: Seal) -> None:
        self._house, self._journal, self._clock, self._metrics = means
        self._seal = seal

    async def __call__(self, scope: Scope, receive: Receive) -> Response:
        kind = scope["path"].split("/")[2]
        label = kind if kind in KINDS else "unknown"
        try:
            answer = await self._take(scope, receive)
        except Refusal as refusal:
            self._metrics.webhooks_refused.labels(label, refusal.name).inc()
            raise
        self._metrics.webhooks.labels(label).inc()
        return answer

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        shop = await self._shop(scope["path"])
        require_method(scope, "POST")
        body = await read_body(scope, receive, limit=LARGEST_BODY)

        def read(name: str) -> str:
            return header(scope["headers"], name.encode()).decode("latin-1")

        secrets, now = [self._seal.open(shop.secret)], self._clock.now()
        if shop.kind == "shopify":
            check_shopify(read, body, secrets=secrets)
            topic = shopify_topic(read)
        else:
            check_stripe(read, body, secrets=secrets, now=now)
            topic = ""
        if shop.kind == "funds":
            await self._journal.append(FUNDS, to_ms(now), encode(FundsArrival(shop.id, body)))
        else:
            arrival = ShopArrival(shop.business_id, shop.id, shop.kind, topic, body)
            await self._journal.append(SHOP, to_ms(now), encode(arrival))
        return as_json(200, {"status": "ok"})

    async def _shop(self, path: str) -> ShopConnection:
        parts = path.split("/")[2:]
        shop = None
        if len(parts) == 2 and parts[0] in KINDS and _is_token(parts[1]):
            shop = await self._house.shop(parts[1])
        if shop is None or shop.kind != parts[0]:
            raise NotFound(
                "No shop is connected at this address.",
                hint="Copy the address from Conversions, Shops again.",
                code="unknown_shop",
            )
        return shop
