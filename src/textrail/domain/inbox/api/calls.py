"""Calls, and what was recorded of them."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Query, Router

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.inbox import queries
from textrail.domain.inbox.api import schemas, shapes
from textrail.domain.inbox.api.messages import check_subjects
from textrail.domain.inbox.serving import serve_recording
from textrail.web.api_errors import refuse_unknown
from textrail.web.api_schemas import read_moment, shown_moment

router = Router(tags=["Calls"])

_ERRORS = {frozenset({401, 403, 404, 422, 429}): schemas.ErrorOut}


@router.get(
    "/calls",
    response={200: schemas.CallList} | _ERRORS,
    operation_id="list_calls",
    summary="List calls",
)
def list_calls(request: KeyRequest, query: Query[schemas.CallQuery]) -> schemas.CallList:
    """Newest first."""
    refuse_unknown(request, schemas.CallQuery)
    check_subjects(request, query)
    page = queries.call_page(
        request.business,
        queries.Wanted(
            conversation_id=query.conversation_id,
            contact_id=query.contact_id,
            number_id=query.number_id,
            status=query.status or "",
            since=query.since,
        ),
        after=read_moment(query.after),
        limit=query.limit,
    )
    rows = [shapes.call(row) for row in page.rows]
    return schemas.CallList(calls=rows, next=shown_moment(page.after))


@router.get(
    "/calls/{int:call_id}",
    response={200: schemas.CallOut} | _ERRORS,
    operation_id="get_call",
    summary="Get a call",
)
def get_call(request: KeyRequest, call_id: int) -> schemas.CallOut:
    return shapes.call(queries.call(request.business, call_id))


@router.get(
    "/recordings/{int:recording_id}",
    response={200: None, 206: None} | _ERRORS,
    operation_id="get_recording",
    summary="Fetch a recording",
)
def get_recording(request: KeyRequest, recording_id: int) -> HttpResponse:
    """The sound. A `Range` is answered with that stretch of it (206)."""
    return serve_recording(request, queries.recording(request.business, recording_id))
