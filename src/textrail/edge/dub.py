"""What Dub's libraries report: leads and sales, by the customer's own id. Pure.

A lead of one customer by one event and one click is the same lead for ever; a sale is known by its
invoice. Errors and answers have Dub's shape, with our reason and hint beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from textrail.edge.asgi import Response, as_json
from textrail.edge.dialects import Dialect, Look, Rejected, Report
from textrail.edge.house import ClickedLink
from textrail.edge.pages import refuse_with_json
from textrail.edge.reported import LARGEST_EVENT, check, decode_event, made_id
from textrail.vocabulary.errors import Malformed, Refusal
from textrail.vocabulary.ids import digest
from textrail.vocabulary.money import parse_currency
from textrail.vocabulary.reports import LONGEST_EVENT, LONGEST_ORDER
from textrail.vocabulary.smallest_units import in_whole_units

LEAD: Final = "/track/lead"
SALE: Final = "/track/sale"
MOST_LEADS: Final = 100
LONGEST_CUSTOMER: Final = 255
LARGEST_AMOUNT: Final = 10**13
# What counts a sale whose own event no type counts: what every shop's payments are called.
ANY_SALE: Final = "Order Completed"
# Dub's word for each status; its libraries refuse to read any other.
_CODES: Final = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    422: "unprocessable_entity",
    429: "rate_limit_exceeded",
    500: "internal_server_error",
}
_Text = str | None


class _Given(msgspec.Struct, rename="camel"):
    """What leads and sales have in common; `externalId` and `customerId` are older names."""

    customer_external_id: _Text = None
    external_id: _Text = None
    customer_id: _Text = None
    customer_name: _Text = None
    customer_email: _Text = None
    customer_avatar: _Text = None
    click_id: _Text = None
    metadata: dict[str, object] | None = None

    @property
    def customer(self) -> str:
        return self.customer_external_id or self.external_id or self.customer_id or ""


class _Lead(_Given, rename="camel"):
    event_name: str = ""
    mode: str | None = None
    event_quantity: Annotated[int, msgspec.Meta(ge=1, le=MOST_LEADS)] | None = None


class _Sale(_Given, rename="camel"):
    amount: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_AMOUNT)] = -1
    currency: _Text = "usd"
    event_name: str | None = "Purchase"
    payment_processor: _Text = "custom"
    invoice_id: _Text = None
    lead_event_name: _Text = None


_Kind = TypeVar("_Kind", bound=_Given)


def read_dub(path: str, body: bytes, now: datetime) -> Report:
    """The lead or sale in the body of a call to `path`, which came `now` (UTC); Malformed for what
    is none, and for what could never be counted."""
    content = decode_event(body)
    if path == LEAD:
        return _lead(_convert(content, _Lead), body, now)
    return _sale(_convert(content, _Sale), body, now)


def _convert(content: dict[str, object], kind: type[_Kind]) -> _Kind:
    try:
        given = msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        raise Malformed(f"This cannot be taken: {error}.", code="wrong_type") from error
    if not 0 < len(given.customer) <= LONGEST_CUSTOMER:
        raise Malformed(
            "A report needs the customer's id of your own.",
            hint=f"Send “customerExternalId” with 1 to {LONGEST_CUSTOMER} characters.",
            field="customerExternalId",
            code="no_identity",
        )
    return given


def _lead(given: _Lead, raw: bytes, now: datetime) -> Report:
    """One event for each of `eventQuantity`. A deferred lead only tells whose click it was."""
    _check_event(given.event_name)
    click = given.click_id or ""
    name = digest("\n".join((given.customer, given.event_name.strip().lower(), click)))
    call = "identify" if given.mode == "deferred" else "track"
    events = []
    for number in range(given.event_quantity or 1 if call == "track" else 1):
        content = _event(given, given.event_name, {})
        content["messageId"] = f"{call}:{name}:{number}" if number else f"{call}:{name}"
        events.append(check(content, raw, call, now=now))
    told = {"click": {"id": click}, "link": None, "customer": _customer(given)}
    return Report(events, (), told)


def _sale(given: _Sale, raw: bytes, now: datetime) -> Report:
    name = given.event_name or "Purchase"
    _check_event(name)
    if given.amount < 0:
        raise Malformed(
            "A sale needs its amount.",
            hint="Send “amount” in the smallest unit of the currency: 4990 for $49.90.",
            field="amount",
            code="field_missing",
        )
    invoice = (given.invoice_id or "").strip()
    if len(invoice) > LONGEST_ORDER:
        raise Malformed(
            f"The invoiceId has {len(invoice):,} characters; at most {LONGEST_ORDER} are kept.",
            field="invoiceId",
        )
    currency = _currency(given)
    properties: dict[str, object] = {
        "order_id": invoice or None,
        "revenue": in_whole_units(given.amount, currency),
        "currency": currency,
        "payment_processor": given.payment_processor,
        "lead_event": given.lead_event_name,
    }
    content = {**_event(given, name, properties), "otherwise": ANY_SALE}
    content["messageId"] = f"sale:{invoice}" if invoice else made_id(raw, {}, now)
    return Report([check(content, raw, "track", now=now)], (), _told(given, name, invoice))


def _told(given: _Sale, name: str, invoice: str) -> dict[str, object]:
    sale = {
        "amount": given.amount,
        "currency": (given.currency or "usd").lower(),
        "paymentProcessor": given.payment_processor or "custom",
        "invoiceId": invoice or None,
        "metadata": given.metadata,
    }
    customer = {"id": given.customer, **_customer(given)}
    return {"eventName": name, "customer": customer, "sale": sale}


def _check_event(name: str) -> None:
    if not 0 < len(name.strip()) <= LONGEST_EVENT:
        raise Malformed(
            "A report needs the name of its event.",
            hint=f"Send “eventName” with 1 to {LONGEST_EVENT} characters, such as Sign up.",
            field="eventName",
            code="field_missing",
        )


def _currency(given: _Sale) -> str:
    try:
        return parse_currency(given.currency or "usd")
    except Malformed as error:
        raise Malformed(error.sentence, hint=error.hint, field="currency") from error


def _event(given: _Given, name: str, properties: dict[str, object]) -> dict[str, object]:
    """The report in Segment's form. What stands in `metadata` is kept and tells nothing."""
    traits = {
        "email": given.customer_email,
        "name": given.customer_name,
        "avatar": given.customer_avatar,
    }
    told = {**properties, "trail_click": given.click_id, "metadata": given.metadata}
    return {
        "event": name,
        "userId": given.customer,
        "context": {"traits": {key: text for key, text in traits.items() if text}},
        "properties": {key: value for key, value in told.items() if value not in (None, "")},
    }


def _customer(given: _Given) -> dict[str, object]:
    return {
        "name": given.customer_name or given.customer_email or given.customer,
        "email": given.customer_email,
        "avatar": given.customer_avatar,
        "externalId": given.customer,
    }


async def _with_link(report: Report, look: Look, links_url: str) -> Report:
    """A lead's report with the link that was tapped, where the click is recorded by now."""
    if not isinstance(report.told, dict) or "click" not in report.told:
        return report
    click_id = report.told["click"]["id"]
    found = await look(click_id) if click_id else None
    return report._replace(told={**report.told, "link": found and _link(found, links_url)})


def _link(found: ClickedLink, links_url: str) -> dict[str, object]:
    """A back-half is kept with its domain before it; the address has scheme and port of ours."""
    own = urlsplit(links_url)
    key = found.code.rpartition("/")[2]
    host = found.host or own.hostname or ""
    port = "" if own.port is None else f":{own.port}"
    return {
        "id": str(found.id),
        "domain": host,
        "key": key,
        "shortLink": f"{own.scheme}://{host}{port}/{key}",
        "url": found.destination,
        "externalId": found.external_key or None,
        "partnerId": None,
        "programId": None,
        "tenantId": None,
    }


def _answer(report: Report) -> Response:
    return as_json(200, report.told)


def _refuse(refusal: Refusal, rejected: Sequence[Rejected]) -> Response:
    """Dub's shape of an error; `reason` is our own code of it."""
    ours = refusal.as_dict()["error"]
    code = _CODES.get(refusal.status, "bad_request")
    error = {**ours, "code": code, "reason": refusal.name}
    answer = refuse_with_json(refusal)
    return answer._replace(body=msgspec.json.encode({"error": error}))


DUB: Final = Dialect(
    sender="dub",
    limits=dict.fromkeys((LEAD, SALE), LARGEST_EVENT),
    hint="Use /track/lead or /track/sale.",
    write_key=lambda body: "",
    read=read_dub,
    answer=_answer,
    refuse=_refuse,
    complete=_with_link,
)
