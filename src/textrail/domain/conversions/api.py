"""Reporting conversions as JSON, for programs with a key of the business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import pydantic
from ninja import Router
from ninja.responses import Status

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.conversions import actions, queries, rules, schemas
from textrail.domain.conversions.actions.batches import counting_of
from textrail.domain.conversions.actions.counted import Counted
from textrail.domain.conversions.actions.refunding import given_of
from textrail.domain.conversions.models import Conversion, ConversionType, ParkedReport
from textrail.domain.conversions.rules.typed import Given, as_event, check_key
from textrail.vocabulary.errors import Conflict, Malformed, Refusal, TooLarge
from textrail.vocabulary.money import Money
from textrail.vocabulary.reports import check_time, clean_text, order_of, text_of
from textrail.web.api_errors import malformed

router = Router(tags=["Conversions"])

SENDER = "api"
_AT_ONCE = 400
_STATUSES: dict[actions.Fate, Literal["recorded", "repeated", "parked"]] = {
    actions.Fate.RECORDED: "recorded",
    actions.Fate.REPEATED: "repeated",
    actions.Fate.PARKED: "parked",
}
_Row = Conversion | Counted
_UNCHANGED = (
    "A value is not changed later. If it was less, refund the difference; if it was more, report "
    "the rest under another order number."
)
_ERRORS = {frozenset({401, 403, 409, 413, 422, 429}): schemas.ErrorOut}


@router.post(
    "/conversions",
    response={201: schemas.ConversionOut, 200: schemas.ConversionOut, 202: schemas.ConversionOut}
    | _ERRORS,
    operation_id="report_conversion",
    summary="Report a conversion",
)
def report_conversion(
    request: KeyRequest, given: schemas.ConversionIn
) -> Status[schemas.ConversionOut]:
    """Answers 201 when it counts now, 200 when it counted before, and 202 when it waits. The same
    key with another event or order is refused with 409, and so is a refund of more than is left."""
    result = _report(request, [(0, given)])[0]
    if isinstance(result, Refusal):
        raise result
    codes = {"recorded": 201, "repeated": 200, "parked": 202}
    return Status(codes[result.status], result)


@router.post(
    "/conversions/batch",
    response={200: schemas.ConversionsOut} | _ERRORS,
    operation_id="report_conversions",
    summary="Report up to 1,000 conversions",
)
def report_conversions(request: KeyRequest, given: schemas.ConversionsIn) -> schemas.ConversionsOut:
    """Each is taken or refused by itself, and the answer says which, with the reason. Send again
    only what was refused; what is sent twice counts once."""
    if len(given.conversions) > schemas.MOST_IN_A_CALL:
        raise TooLarge(
            f"These are {len(given.conversions):,} conversions.",
            hint=f"Send at most {schemas.MOST_IN_A_CALL:,} in a call.",
            field="conversions",
        )
    rows: list[tuple[int, schemas.ConversionIn]] = []
    found: dict[int, schemas.ConversionOut | Refusal] = {}
    for index, row in enumerate(given.conversions):
        try:
            rows.append((index, schemas.ConversionIn.model_validate(row)))
        except pydantic.ValidationError as error:
            found[index] = malformed(error.errors())
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        found |= dict(zip((index for index, _ in part), _report(request, part), strict=True))
    results = [_result(index, found[index]) for index in sorted(found)]
    fates = Counter(result.status for result in results)
    return schemas.ConversionsOut(
        results=results,
        recorded=fates["recorded"],
        repeated=fates["repeated"],
        parked=fates["parked"],
        refused=fates["refused"],
    )


def _report(
    request: KeyRequest, rows: Sequence[tuple[int, schemas.ConversionIn]]
) -> list[schemas.ConversionOut | Refusal]:
    """The fate of each, in their order."""
    business = request.business
    keys = {row.key for _, row in rows if clean_text(row.key) == row.key}
    before = queries.reported_before(business, SENDER, keys)
    waiting = queries.parked_before(business, SENDER, keys)
    types = queries.counting_types(business)
    first: dict[str, _Named] = {}
    read: list[tuple[int, actions.SentEvent]] = []
    found: dict[int, schemas.ConversionOut | Refusal] = {}
    for place, (_, row) in enumerate(rows):
        try:
            check_key(row.key)
            sent = _sent(request, row)
            named = _named(sent)
            is_other = first.setdefault(row.key, named) != named
            known, parked = before.get(row.key), waiting.get(row.key)
            if is_other or _is_another(request, sent, known) or _is_not(named, parked):
                raise _reused(row.key)
            if known is None and parked is None:
                _check_value(sent, types.get(named.event))
            read.append((place, sent))
        except Refusal as refusal:
            found[place] = refusal
    outcomes = actions.record_reports(
        business=business, events=[sent for _, sent in read], listening=True
    )
    told: dict[str, _Row] = {**before}
    repeated: list[tuple[int, actions.SentEvent]] = []
    for (place, sent), outcome in zip(read, outcomes, strict=True):
        if outcome.conversion is not None:
            told[sent.key] = outcome.conversion
        elif outcome.fate == actions.Fate.REPEATED:
            repeated.append((place, sent))
    differing = _differing(request, repeated, told, types)
    for (place, sent), outcome in zip(read, outcomes, strict=True):
        found[place] = _answer(outcome, told.get(sent.key), sent, differing.get(place, ""))
    return [found[place] for place in range(len(rows))]


def _sent(request: KeyRequest, row: schemas.ConversionIn) -> actions.SentEvent:
    event = as_event(
        Given(
            event=row.event,
            at=row.at,
            value=row.value,
            currency=row.currency,
            order_id=row.order_id,
            is_refund=row.refund,
            click_id=row.click_id,
            customer_id=row.person.customer_id,
            visitor_id=row.person.visitor_id,
            email=row.person.email,
            phone=row.person.phone,
            products=[each.model_dump(mode="json") for each in row.products],
            properties=row.properties,
        ),
        country=request.business.country,
    )
    if row.at is not None:
        check_time(row.at, received_at=request.now, field="at")
    return actions.SentEvent("track", row.key, event, request.now, SENDER)


class _Named(NamedTuple):
    """What a key names, as it is read wherever its sender put it."""

    event: str
    order: str
    is_refund: bool


def _named(sent: actions.SentEvent) -> _Named:
    event = sent.event
    return _Named(text_of(event.get("event")).strip(), order_of(event), rules.is_refund(event))


def _is_another(request: KeyRequest, sent: actions.SentEvent, before: Conversion | None) -> bool:
    """Whether a key that was counted before names something else now."""
    if before is None:
        return False
    named, kind = _named(sent), before.type
    takes_back = (
        named.is_refund
        or named.event == kind.refund_event
        or _is_below_zero(request, sent, counting_of(kind))
    )
    order = text_of(before.properties.get("order_id")).strip()
    return (
        named.event not in {kind.event, kind.refund_event}
        or takes_back != (before.sale_id is not None)
        or named.order != order
    )


def _is_below_zero(request: KeyRequest, sent: actions.SentEvent, counting: rules.Counting) -> bool:
    """Whether it takes its order back by its value alone."""
    value = _value(request, sent, counting)
    return value is not None and value.minor < 0


def _value(request: KeyRequest, sent: actions.SentEvent, counting: rules.Counting) -> Money | None:
    """The value that a report says, where its type takes that."""
    business = request.business
    around = rules.Surroundings(business.country, business.currency, sent.received_at)
    try:
        if not rules.tells_value(sent.event, counting):
            return None
        return rules.read_conversion(sent.event, around, counting).value
    except Malformed:
        return None


def _check_value(sent: actions.SentEvent, type_: ConversionType | None) -> None:
    """Malformed for a purchase that does not say its value: that could not be put right later."""
    if type_ is None or not type_.is_valued or rules.is_refund(sent.event):
        return
    if not rules.tells_value(sent.event, counting_of(type_)):
        raise Malformed(
            "The report does not say what it was worth.",
            hint="Send its value, 0 for nothing, or products with their prices.",
            field="value",
        )


def _is_not(named: _Named, parked: ParkedReport | None) -> bool:
    """Whether a key names something else than the report which waits under it or was put away."""
    if parked is None:
        return False
    return named != (parked.name, parked.order_ref, rules.is_refund(parked.event))


def _reused(key: str) -> Conflict:
    return Conflict(
        f"The key “{key[:60]}” was used for another conversion.",
        hint="Give each conversion a key of its own.",
        field="key",
        code="key_reused",
    )


def _differing(
    request: KeyRequest,
    repeated: Sequence[tuple[int, actions.SentEvent]],
    told: Mapping[str, _Row],
    types: Mapping[str, ConversionType],
) -> dict[int, str]:
    """By their places, those of the reports that say another value than the sale which counts by
    their key or their order."""
    orders = {_named(sent).order for _, sent in repeated if sent.key not in told} - {""}
    ids = [type_.pk for type_ in types.values()]
    sales = queries.sales_of_orders(request.business, ids, orders) if orders else {}
    found: dict[int, str] = {}
    for place, sent in repeated:
        named = _named(sent)
        if (type_ := types.get(named.event)) is None:
            continue
        row = told.get(sent.key) or sales.get((type_.pk, named.order))
        value = _value(request, sent, counting_of(type_))
        if row is not None and value is not None and _differs(value, row):
            found[place] = f"It counted before, with {given_of(row)}; now {value} was sent."
    return found


def _differs(value: Money, row: _Row) -> bool:
    """Whether a sale counts with another value; of a refund it is not asked."""
    given = given_of(row)
    is_refund = row.sale_id is not None or value.minor < 0
    return not is_refund and value != given and (value.minor, given.minor) != (0, 0)


def _answer(
    outcome: actions.Outcome, row: _Row | None, sent: actions.SentEvent, differing: str
) -> schemas.ConversionOut | Refusal:
    """`row` is what counts under the key, since now or before; `differing` says with which value,
    where another one was sent now."""
    if outcome.fate == actions.Fate.REFUSED and outcome.refusal is not None:
        return outcome.refusal
    if outcome.fate in {actions.Fate.UNMATCHED, actions.Fate.NOTED}:
        return Malformed(
            f"No type counts “{sent.event['event']}”.",
            hint="Make a type of it under Conversions, Types.",
            field="event",
            code="unknown_event",
        )
    refusal = outcome.refusal
    before = "It counted before." if outcome.fate == actions.Fate.REPEATED else ""
    return schemas.ConversionOut(
        status=_STATUSES[outcome.fate],
        id=row.id if row else None,
        value_minor=row.value_minor if row else None,
        currency=row.currency if row else "",
        message=refusal.sentence if refusal else differing or before,
        hint=refusal.hint if refusal else _UNCHANGED if differing else "",
    )


def _result(index: int, found: schemas.ConversionOut | Refusal) -> schemas.ConversionResult:
    if isinstance(found, Refusal):
        error = schemas.ErrorBody(**found.as_dict()["error"])
        return schemas.ConversionResult(index=index, status="refused", error=error)
    return schemas.ConversionResult(index=index, **found.model_dump())
