"""Numbers as JSON, for programs with a key of the business: held, changed, bought, given up."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from django.conf import settings
from ninja import Query, Router
from ninja.responses import Status

from textrail.carriers.contract import NumberOffer
from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.numbers import actions, desks, offers, queries, schemas
from textrail.domain.numbers.models import Connection, NumberOrder, Source, TrackingNumber
from textrail.domain.numbers.rules import SourceFields, search_wish
from textrail.vocabulary.errors import Conflict
from textrail.vocabulary.micros import plain
from textrail.vocabulary.sealing import Seal
from textrail.web.api_errors import refuse_unknown

router = Router(tags=["Numbers"])

_ERRORS = {frozenset({401, 403, 404, 409, 422, 429}): schemas.ErrorOut}
_ERRORS_OF_CARRIERS = {frozenset({401, 403, 404, 409, 422, 429, 503}): schemas.ErrorOut}


@router.get(
    "/numbers",
    response={200: schemas.NumberList} | _ERRORS,
    operation_id="list_numbers",
    summary="List numbers",
)
def list_numbers(request: KeyRequest, query: Query[schemas.NumberQuery]) -> schemas.NumberList:
    """Newest first."""
    refuse_unknown(request, schemas.NumberQuery)
    page = queries.number_page(
        request.business,
        search=query.q.replace("\0", ""),
        released=query.released,
        after=query.after,
        limit=query.limit,
    )
    return schemas.NumberList(numbers=[_out(row) for row in page.rows], next=page.after)


@router.get(
    "/numbers/for-sale",
    response={200: schemas.OfferList} | _ERRORS_OF_CARRIERS,
    operation_id="search_numbers",
    summary="Search numbers for sale",
)
def search_numbers(request: KeyRequest, query: Query[schemas.SaleQuery]) -> schemas.OfferList:
    """Asks the carrier now, and leaves out what somebody here holds. A carrier that does not answer
    is a 503 (`carrier_failed`)."""
    refuse_unknown(request, schemas.SaleQuery)
    connection = _seller(request, query.connection_id)
    asked = {"country": query.country or request.business.country}
    asked |= {name: getattr(query, name).replace("\0", "") for name in ("near", "digits", "kind")}
    wanted = search_wish(asked, most=query.limit)
    found = desks.offers(connection, wanted, Seal(settings.CONFIG.secret_key()))
    held = queries.held_of(request.business, (offer.phone for offer in found))
    return schemas.OfferList(
        connection_id=connection.pk,
        carrier=connection.carrier,
        numbers=[_offer(request, connection, each) for each in found if each.phone not in held],
    )


def _seller(request: KeyRequest, connection_id: int | None) -> Connection:
    """The account that was asked for, or the first that sells numbers; Conflict for none."""
    if connection_id is not None:
        return queries.connection(request.business, connection_id)
    rows = queries.connections(request.business)
    found = next((row for row in rows if desks.desk_of(row) is not None), None)
    if found is None:
        raise Conflict(
            "No carrier account of this business sells numbers.",
            hint="An admin connects one under Numbers, Carriers.",
            code="no_seller",
        )
    return found


@router.post(
    "/numbers/orders",
    response={202: schemas.OrderOut} | _ERRORS,
    operation_id="order_number",
    summary="Buy a number",
)
def order_number(request: KeyRequest, given: schemas.OrderIn) -> Status[schemas.OrderOut]:
    """Written down (202), and then bought from the carrier and pointed here: the order says how it
    stands, and `number.added` is told when it is yours."""
    connection, offer = offers.read_offer(request.business, given.offer)
    order = actions.order_number(
        business=request.business,
        connection=connection,
        offer=offer,
        name=given.name,
        source_name=given.source.strip() or given.name,
        channel=given.channel,
        sms_enabled=given.sms,
        at=request.now,
        actor=request.auth,
    )
    return Status(202, _order(order))


@router.get(
    "/numbers/orders/{int:order_id}",
    response={200: schemas.OrderOut} | _ERRORS,
    operation_id="get_order",
    summary="Get the order of a number",
)
def get_order(request: KeyRequest, order_id: int) -> schemas.OrderOut:
    return _order(queries.order(request.business, order_id))


@router.post(
    "/numbers/orders/{int:order_id}/again",
    response={202: schemas.OrderOut} | _ERRORS,
    operation_id="order_again",
    summary="Try an order that failed once more",
)
def order_again(request: KeyRequest, order_id: int) -> Status[schemas.OrderOut]:
    """One that did not fail is left as it is."""
    row = queries.order(request.business, order_id)
    actions.order_again(order=row, at=request.now, actor=request.auth)
    return Status(202, _order(queries.order(request.business, order_id)))


@router.get(
    "/numbers/{int:number_id}",
    response={200: schemas.NumberOut} | _ERRORS,
    operation_id="get_number",
    summary="Get a number",
)
def get_number(request: KeyRequest, number_id: int) -> schemas.NumberOut:
    """Also one that was given up."""
    return _out(queries.number(request.business, number_id))


@router.patch(
    "/numbers/{int:number_id}",
    response={200: schemas.NumberOut} | _ERRORS,
    operation_id="change_number",
    summary="Change a number",
)
def change_number(
    request: KeyRequest, number_id: int, given: schemas.NumberChange
) -> schemas.NumberOut:
    """Only the fields that are sent change, all of them or none."""
    sent = given.model_fields_set
    flow_id = given.call_flow_id
    changes = actions.NumberChanges(
        name=given.name if "name" in sent else None,
        sms_enabled=given.sms if "sms" in sent else None,
        source=SourceFields(**given.source.model_dump()) if given.source else None,
        call_flow=queries.call_flow(request.business, flow_id) if flow_id else None,
        sets_flow="call_flow_id" in sent,
    )
    actions.change_number_in_parts(
        number=queries.number(request.business, number_id),
        changes=changes,
        at=request.now,
        actor=request.auth,
    )
    return _out(queries.number(request.business, number_id))


@router.post(
    "/numbers/{int:number_id}/release",
    response={200: schemas.NumberOut} | _ERRORS,
    operation_id="release_number",
    summary="Give a number up",
)
def release_number(
    request: KeyRequest, number_id: int, given: schemas.ReleaseIn
) -> schemas.NumberOut:
    """Nothing new is taken or sent on it. With `give_back` its carrier is asked to take it back;
    `at_carrier` and `problem` say how that went."""
    row = queries.number(request.business, number_id)
    give_back = given.at_carrier == "give_back"
    if give_back and not desks.can_give_back(row):
        raise Conflict(
            "This carrier takes no numbers back from here.",
            hint="Send “keep”, and give it back on the carrier’s own pages.",
            field="at_carrier",
            code="no_give_back",
        )
    actions.release_number(number=row, at=request.now, actor=request.auth, give_back=give_back)
    return _out(queries.number(request.business, number_id))


@router.get(
    "/sources",
    response={200: schemas.SourceList} | _ERRORS,
    operation_id="list_sources",
    summary="List what numbers are credited to",
)
def list_sources(request: KeyRequest) -> schemas.SourceList:
    """By name."""
    rows = queries.sources(request.business)
    return schemas.SourceList(sources=[_source(row) for row in rows])


@router.get(
    "/call-flows",
    response={200: schemas.FlowList} | _ERRORS,
    operation_id="list_call_flows",
    summary="List call flows",
)
def list_call_flows(request: KeyRequest) -> schemas.FlowList:
    """By name, each with the numbers that follow it."""
    rows = queries.call_flows(request.business)
    flows = [
        schemas.FlowOut(id=row.pk, name=row.name, number_ids=[n.pk for n in row.numbers.all()])
        for row in rows
    ]
    return schemas.FlowList(call_flows=flows)


def _source(row: Source) -> schemas.SourceOut:
    return schemas.SourceOut.from_orm(row)


def _out(row: TrackingNumber) -> schemas.NumberOut:
    return schemas.NumberOut(
        source=_source(row.source),
        carrier=row.connection.carrier,
        sms=row.sms_enabled,
        problem=row.connect_problem,
        **{name: getattr(row, name) for name in _SAME},
    )


_SAME = (
    "id",
    "phone",
    "name",
    "connection_id",
    "call_flow_id",
    "sms_capable",
    "mms_capable",
    "voice_capable",
    "registration",
    "registration_note",
    "created_at",
    "connected_at",
    "released_at",
    "at_carrier",
)


def _offer(request: KeyRequest, connection: Connection, offer: NumberOffer) -> schemas.OfferOut:
    shown = asdict(offer)
    return schemas.OfferOut(
        **{name: shown[name] for name in ("phone", "place", "sms", "mms", "voice", "currency")},
        monthly=_monthly(offer.monthly_micros),
        offer=offers.write_offer(request.business, connection, offer),
    )


def _order(row: NumberOrder) -> schemas.OrderOut:
    return schemas.OrderOut(
        id=row.pk,
        phone=row.phone,
        state=cast(schemas.OrderState, row.state),
        problem=row.problem,
        number_id=row.number_id,
        monthly=_monthly(row.monthly_micros),
        currency=row.currency,
        ordered_at=row.ordered_at,
    )


def _monthly(micros: int | None) -> str:
    return "" if micros is None else plain(micros)
