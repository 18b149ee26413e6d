"""Telling of clicks and costs of other channels as JSON, for programs with a key of the
business."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar
from zoneinfo import ZoneInfo

import pydantic
from ninja import Router, Schema

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.conversions import outside_schemas as schemas
from textrail.domain.conversions.actions.outside import record_clicks, record_costs
from textrail.domain.conversions.rules.rows import given_money, part_of
from textrail.domain.conversions.schemas import ErrorBody, ErrorOut
from textrail.domain.visitors.rules.outside import (
    Fate,
    Outcome,
    ToldClick,
    ToldCost,
    check_click,
    check_cost,
)
from textrail.vocabulary.errors import Malformed, Refusal, TooLarge
from textrail.vocabulary.utm import Utm
from textrail.web.api_errors import malformed

router = Router(tags=["Other channels"])

SENDER = "api"
_AT_ONCE = 500
_ERRORS = {frozenset({401, 403, 413, 422, 429}): ErrorOut}
RowIn = TypeVar("RowIn", bound=Schema)
Told = TypeVar("Told", ToldClick, ToldCost)


@router.post(
    "/clicks",
    response={200: schemas.OutsideClicksOut} | _ERRORS,
    operation_id="report_clicks",
    summary="Tell of up to 10,000 clicks of other channels",
)
def report_clicks(request: KeyRequest, given: schemas.OutsideClicksIn) -> schemas.OutsideClicksOut:
    """Clicks on emails and ads that other services counted. Each becomes a touchpoint of its person
    under the channel of its source and medium, once, however often it is sent."""

    def read(row: schemas.OutsideClickIn) -> ToldClick:
        return _click(request, row)

    def record(told: Sequence[ToldClick]) -> list[Outcome]:
        return record_clicks(business=request.business, clicks=told, sender=SENDER, at=request.now)

    results = _take(given.clicks, schemas.OutsideClickIn, read, record, "clicks")
    fates = Counter(result.status for result in results)
    return schemas.OutsideClicksOut(
        results=results,
        recorded=fates["recorded"],
        repeated=fates["repeated"],
        refused=fates["refused"],
    )


@router.post(
    "/costs",
    response={200: schemas.CostsOut} | _ERRORS,
    operation_id="report_costs",
    summary="Tell of up to 10,000 costs of other channels",
)
def report_costs(request: KeyRequest, given: schemas.CostsIn) -> schemas.CostsOut:
    """What a day of a campaign elsewhere cost. The day, the way in and the account are its name:
    told again it is known already, and told with another figure it takes the place of the older
    one, also of one from a file."""

    def read(row: schemas.CostIn) -> ToldCost:
        return _cost(request, row)

    def record(told: Sequence[ToldCost]) -> list[Outcome]:
        return record_costs(business=request.business, costs=told, origin=SENDER, at=request.now)

    results = _take(given.costs, schemas.CostIn, read, record, "costs")
    fates = Counter(result.status for result in results)
    return schemas.CostsOut(
        results=results,
        recorded=fates["recorded"],
        repeated=fates["repeated"],
        replaced=fates["replaced"],
        waiting=fates["waiting"],
        refused=fates["refused"],
    )


def _take(
    rows: Sequence[RowIn],
    kind: type[RowIn],
    read: Callable[[RowIn], Told],
    record: Callable[[Sequence[Told]], list[Outcome]],
    name: str,
) -> list[schemas.OutsideResult]:
    """The fate of each row, in their order; those that can be read are recorded in parts."""
    if len(rows) > schemas.MOST_IN_A_CALL:
        raise TooLarge(
            f"These are {len(rows):,} {name}.",
            hint=f"Send at most {schemas.MOST_IN_A_CALL:,} in a call.",
            field=name,
        )
    told: list[tuple[int, Told]] = []
    found: dict[int, Outcome] = {}
    for index, row in enumerate(rows):
        try:
            told.append((index, read(kind.model_validate(row))))
        except pydantic.ValidationError as error:
            found[index] = Outcome(Fate.REFUSED, malformed(error.errors()))
        except Refusal as refusal:
            found[index] = Outcome(Fate.REFUSED, refusal)
    for start in range(0, len(told), _AT_ONCE):
        part = told[start : start + _AT_ONCE]
        outcomes = record([each for _, each in part])
        found |= dict(zip((index for index, _ in part), outcomes, strict=True))
    return [_result(index, found[index]) for index in sorted(found)]


def _result(index: int, outcome: Outcome) -> schemas.OutsideResult:
    refusal = outcome.refusal
    error = ErrorBody(**refusal.as_dict()["error"]) if refusal else None
    return schemas.OutsideResult(index=index, status=outcome.fate.value, error=error)


def _click(request: KeyRequest, row: schemas.OutsideClickIn) -> ToldClick:
    if row.at.tzinfo is None:
        raise Malformed(
            "The moment “at” has no time zone.", hint="Write 2026-03-02T15:00:00Z.", field="at"
        )
    return check_click(
        at=row.at,
        way=_way(row),
        whose={
            "customer_id": row.person.customer_id,
            "visitor_id": row.person.visitor_id,
            "email": row.person.email,
            "phone": row.person.phone,
        },
        country=request.business.country,
        received_at=request.now,
        key=row.key.strip(),
        ad_click=row.click_id,
    )


def _cost(request: KeyRequest, row: schemas.CostIn) -> ToldCost:
    return check_cost(
        day=row.day,
        way=_way(row),
        given=given_money(row.cost, row.currency, request.business.currency),
        today=request.now.astimezone(ZoneInfo(request.business.time_zone)).date(),
        clicks=row.clicks,
        impressions=row.impressions,
        account=row.account,
        part=part_of(row.key.strip()) if row.key.strip() else "",
    )


def _way(row: schemas.Way) -> Utm:
    return Utm(row.source, row.medium, row.campaign, row.term, row.content)
