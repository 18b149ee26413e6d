"""The reports as JSON, for programs with a key of the business. The same questions as the pages."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from ninja import Query, Router

from textrail.analytics.attribution import MODELS
from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.conversions import queries as conversions
from textrail.domain.reports import queries, schemas
from textrail.domain.reports.api_checks import check_narrowing, check_place
from textrail.domain.reports.earners import read_earner
from textrail.domain.reports.queries.paths import PathStep
from textrail.domain.reports.rules import (
    MOST_DAYS,
    Choice,
    problem_with_dates,
    read_days,
)
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.ids import read_id
from textrail.web.api_errors import malformed

router = Router(tags=["Reports"])

_ERRORS = {frozenset({401, 403, 404, 422, 429, 503}): schemas.ErrorOut}


@router.get(
    "/reports/overview",
    response={200: schemas.OverviewOut} | _ERRORS,
    operation_id="report_overview",
    summary="Report the figures of a period",
)
def report_overview(
    request: KeyRequest, query: Query[schemas.OverviewQuery]
) -> schemas.OverviewOut:
    """Beside the period before, and day by day."""
    choice = _choice(request, query)
    reading = queries.Reading()
    found = queries.overview(request.business, reading, choice, request.now)
    return schemas.OverviewOut(
        question=_question(request, choice, reading),
        now=schemas.FiguresOut.from_orm(found.now),
        before=schemas.FiguresOut.from_orm(found.before),
        days=[
            schemas.DayOut(day=day, **schemas.FiguresOut.from_orm(sums).model_dump())
            for day, sums in found.days.items()
        ],
        other_currencies=list(found.left_out.conversions),
        other_currencies_of_costs=list(found.left_out.costs),
        waiting_for_rates=conversions.waiting_for_rates(request.business),
    )


@router.get(
    "/reports/channels",
    response={200: schemas.ChannelsOut} | _ERRORS,
    operation_id="report_channels",
    summary="Report what each channel earned",
)
def report_channels(
    request: KeyRequest, query: Query[schemas.OverviewQuery]
) -> schemas.ChannelsOut:
    """Texts beside email, paid, social, organic and direct, under any model."""
    choice = _choice(request, query)
    reading = queries.Reading()
    rows = queries.channel_credits(request.business, reading, choice)
    return schemas.ChannelsOut(
        question=_question(request, choice, reading),
        channels=[schemas.ChannelOut.from_orm(row) for row in rows],
    )


@router.get(
    "/reports/campaigns",
    response={200: schemas.CampaignsOut} | _ERRORS,
    operation_id="report_campaigns",
    summary="Report what each campaign, number and link earned",
)
def report_campaigns(
    request: KeyRequest, query: Query[schemas.OverviewQuery]
) -> schemas.CampaignsOut:
    """All of them, and the wordings of each campaign, whatever earns most first."""
    choice = _choice(request, query)
    reading = queries.Reading()
    found = queries.rankings(request.business, reading, choice, longest=None)
    return schemas.CampaignsOut(
        question=_question(request, choice, reading),
        campaigns=[_earner(row) for row in found.campaigns],
        wordings=[_earner(row) for row in found.variants],
        numbers=[_earner(row) for row in found.numbers],
        links=[_earner(row) for row in found.links],
        unattributed=found.unattributed.credit if found.unattributed else 0,
    )


@router.get(
    "/reports/credits",
    response={200: schemas.CreditsOut} | _ERRORS,
    operation_id="report_credits",
    summary="List conversions with their credit",
)
def report_credits(request: KeyRequest, query: Query[schemas.CreditsQuery]) -> schemas.CreditsOut:
    """Those that a campaign, wording, number, source, link, channel or way in has a part in, and
    that part; or those of a path, a length of time, an hour or a type of text."""
    choice = _choice(request, query)
    if query.role and not query.channel:
        raise Malformed(
            "Nothing says which channel has this role.", hint="Send channel.", field="channel"
        )
    check_place(query.after)
    reading = queries.Reading()
    page = queries.credit_page(
        request.business,
        reading,
        choice,
        read_earner(_parameters(query)),
        after=query.after,
        limit=query.limit,
    )
    return schemas.CreditsOut(
        question=_question(request, choice, reading),
        conversions=[
            schemas.CreditOut(
                conversion_id=row.conversion_id,
                at=row.at,
                type=row.type,
                name=row.who,
                phone=row.phone,
                value=row.value,
                credit=row.credit,
            )
            for row in page.rows
        ],
        next=page.after,
    )


@router.get(
    "/conversions/{int:conversion_id}/explain",
    response={200: schemas.ExplainOut} | _ERRORS,
    operation_id="explain_conversion",
    summary="Explain a conversion",
)
def explain_conversion(
    request: KeyRequest, conversion_id: int, query: Query[schemas.ExplainQuery]
) -> schemas.ExplainOut:
    """Everything that was considered for it, what counts and why the rest does not, what each touch
    earned under every model down to the last unit, and how the people behind it became one."""
    choice = _choice(request, query)
    reading = queries.Reading()
    path = queries.path(
        request.business, reading, choice, conversion_id, MODELS, everything=query.all
    )
    return schemas.ExplainOut(
        question=_question(request, choice, reading),
        **_facts(path),
        window_days=path.window_days,
        view_days=path.view_days,
        attributed=path.attributed,
        outside=path.outside,
        touches=[_touch(step) for step in path.steps],
        keys=[schemas.KeyOut.from_orm(key) for key in path.stitch.keys],
        joins=[
            schemas.JoinOut(
                at=join.at,
                evidence=join.evidence,
                keys=list(join.keys),
                people=list(join.people),
            )
            for join in path.stitch.joins
        ],
        splits=[schemas.SplitOut.from_orm(split) for split in path.stitch.splits],
        channels=[_whole(row) for row in path.wholes.rows] if path.wholes else [],
    )


def _choice(request: KeyRequest, query: schemas.QuestionQuery) -> Choice:
    """The choice of the call; Malformed for a parameter or value that is none, where a page falls
    back to the default: a typing error must not pass for an answer."""
    fields = type(query).model_fields
    known = {field.alias or name for name, field in fields.items()}
    for name in request.GET:
        if name not in known:
            raise malformed([{"loc": (name,), "type": "extra_forbidden", "msg": ""}])
    given = _parameters(query)
    for name, allowed in schemas.CHOICES.items():
        _refuse_another(name, given.get(name, ""), allowed)
    today = request.now.astimezone(ZoneInfo(request.business.time_zone)).date()
    _refuse_dates(query, today)
    check_narrowing(request.business, given)
    return queries.read_question(request.business, given, today)


def _parameters(query: schemas.QuestionQuery) -> dict[str, str]:
    """The call as the address of a page would have it."""
    dumped = query.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {
        name: "1" if value is True else str(value)
        for name, value in dumped.items()
        if value is not False
    }


def _refuse_another(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value and value not in allowed:
        raise Malformed(
            f"“{value[:40]}” is no {name}.",
            hint=f"Choose one of {', '.join(allowed)}.",
            field=name,
        )


def _refuse_dates(query: schemas.QuestionQuery, today: date) -> None:
    """Malformed for days that are no period of whole days, or of none that is asked for."""
    if query.period != "dates":
        if read_days("period", query.period) is None:
            hint = f"Send a number of days, 1 to {MOST_DAYS['period']}, or dates."
            raise Malformed(f"“{query.period[:40]}” is no period.", hint=hint, field="period")
        for name, day in (("from", query.from_), ("to", query.to)):
            if day is not None:
                hint = "Send period=dates with it."
                raise Malformed(f"“{name}” is for a period of dates.", hint=hint, field=name)
        return
    if query.from_ is None:
        raise malformed([{"loc": ("from",), "type": "missing"}])
    problem = problem_with_dates(query.from_, query.to or today)
    if problem is not None:
        field, sentence = problem
        raise Malformed(sentence, field=field)


def _question(request: KeyRequest, choice: Choice, reading: queries.Reading) -> schemas.QuestionOut:
    return schemas.QuestionOut(
        since=choice.period.first,
        until=choice.period.last,
        time_zone=request.business.time_zone,
        currency=request.business.currency,
        model=choice.model.value,
        window_days=choice.window_days,
        parameters=choice.parameters,
        complete_through=reading.complete_through,
    )


def _earner(row: queries.Row) -> schemas.EarnerOut:
    ids: dict[str, Any] = {
        f"{name}_id": read_id(row.link.get(name, ""))
        for name in ("campaign", "variant", "number", "source", "link")
    }
    sums = {
        name: getattr(row, name)
        for name in ("name", "detail", "credit", "conversions", "sent", "taps", "raw_taps")
    }
    return schemas.EarnerOut(
        **ids,
        **sums,
        texts=row.texts,
        calls=row.calls,
        removal_effect=row.removal_effect,
        together=row.together,
    )


def _facts(path: queries.Path) -> dict[str, Any]:
    row, facts = path.conversion, path.facts
    return {
        "id": row.pk,
        "type": row.type.name,
        "at": row.at,
        "received_at": row.received_at,
        "value": row.value_minor,
        "currency": row.currency,
        "given_value": row.given_minor,
        "given_currency": row.given_currency,
        "rate_day": row.rate_day,
        "sender": row.sender,
        "key": row.sender_key,
        "order_id": row.order_ref,
        "click_id": row.click_id,
        "sale_id": row.sale_id,
        "refunds": [
            schemas.RefundOut(id=refund.pk, at=refund.at, value=money.minor)
            for refund, money in facts.refunds
        ],
        "left": facts.left.minor,
        "counted_instead": facts.counted.pk if facts.counted else None,
    }


def _touch(step: PathStep) -> schemas.TouchOut:
    return schemas.TouchOut(
        kind=step.kind,
        id=step.id,
        at=step.at,
        what=f"{step.lead} {step.name}".strip(),
        channel=step.channel_code,
        distance=step.distance,
        counts=not step.refused,
        reason=step.refused,
        sentence=step.reason,
        evidence=list(step.evidence),
        person=step.person,
        models=[
            schemas.TouchPartOut(
                model=model.value,
                weight=part.weight,
                of=part.whole,
                share=part.share,
                remainder=part.remainder,
                extra=part.extra,
                credit=part.credit,
            )
            for model, part in step.parts.items()
        ],
    )


def _whole(row: queries.Whole) -> schemas.WholeOut:
    return schemas.WholeOut(
        name=row.channel,
        shapley_of_this=row.part,
        shapley=row.shapley,
        markov=row.markov,
        removal_effect=row.removal_effect,
    )
