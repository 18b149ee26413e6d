"""Threads: the list with its filters, one with its timeline, whose it is, tags and notes."""

from __future__ import annotations

from ninja import Query, Router
from ninja.responses import Status

from textrail.domain.accounts import queries as accounts
from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.contacts import queries as contacts
from textrail.domain.inbox import actions, queries
from textrail.domain.inbox.actions.assigning import unknown_assignee
from textrail.domain.inbox.api import schemas, shapes
from textrail.domain.inbox.queries import ThreadFilter, ThreadPage
from textrail.domain.inbox.queries.timeline import TimelineEntry
from textrail.domain.numbers import queries as numbers
from textrail.vocabulary.ids import read_id
from textrail.web.api_errors import refuse_unknown
from textrail.web.api_schemas import no_such_place, read_moment, read_place, shown_place

router = Router(tags=["Conversations"])

_ERRORS = {frozenset({401, 403, 404, 409, 422, 429}): schemas.ErrorOut}
_NOBODY = "nobody"


@router.get(
    "/conversations",
    response={200: schemas.ThreadList} | _ERRORS,
    operation_id="list_conversations",
    summary="List and search conversations",
)
def list_conversations(
    request: KeyRequest, query: Query[schemas.ThreadQuery]
) -> schemas.ThreadList:
    """Latest activity first; those in which only campaigns have spoken are left out. With `q`, up
    to 20 people stand in front of the texts that were found. Whether one is unread is each
    member’s own and no business of a key: `waiting` says whether it still wants an answer."""
    refuse_unknown(request, schemas.ThreadQuery)
    page = queries.threads(
        request.business,
        _filter(request, query),
        after=_after(query),
        limit=query.limit,
    )
    return schemas.ThreadList(conversations=_rows(request, page), next=shown_place(page.after))


def _after(query: schemas.ThreadQuery) -> str:
    """The key of the page; a search has others than the list."""
    if not query.after:
        return ""
    if not query.q.strip():
        read_moment(query.after)
        return read_place(query.after)
    key = read_place(query.after)
    if read_id(key) is None:
        raise no_such_place()
    return key


def _filter(request: KeyRequest, query: schemas.ThreadQuery) -> ThreadFilter:
    """NotFound for a number, call flow, member or tag that the business does not have."""
    business = request.business
    nobody = query.assignee.strip().lower() == _NOBODY
    if query.number_id is not None:
        numbers.number(business, query.number_id)
    if query.flow_id is not None:
        numbers.call_flow(business, query.flow_id)
    return ThreadFilter(
        number_id=query.number_id,
        flow_id=query.flow_id,
        kind=query.kind,
        assignee_id=_member_id(request, query.assignee) if query.assignee and not nobody else None,
        nobody=nobody,
        tag_id=contacts.tag_by_name(business, query.tag).pk if query.tag else None,
        waiting=query.waiting,
        first_day=query.since,
        last_day=query.until,
        search=query.q,
    )


def _member_id(request: KeyRequest, email: str) -> int:
    member = accounts.member_by_email(request.business, email.replace("\0", ""))
    if member is None:
        raise unknown_assignee()
    return member.user_id


def _rows(request: KeyRequest, page: ThreadPage) -> list[schemas.ThreadOut]:
    """People, and behind them the texts that were found."""
    ids = {row.id for row in (*page.rows, *page.hits)}
    known = queries.conversations_with(request.business, ids)
    rows = [shapes.thread(known[row.id]) for row in page.rows]
    for hit in page.hits:
        line = "".join(part.text for part in hit.found)
        found = schemas.FoundOut(
            message_id=hit.message_id or 0, at=hit.last_at, line=line, scheduled=hit.is_scheduled
        )
        rows.append(shapes.thread(known[hit.id], found))
    return rows


@router.get(
    "/conversations/{int:conversation_id}",
    response={200: schemas.ThreadOut} | _ERRORS,
    operation_id="get_conversation",
    summary="Get a conversation",
)
def get_conversation(request: KeyRequest, conversation_id: int) -> schemas.ThreadOut:
    return shapes.thread(queries.conversation(request.business, conversation_id))


@router.patch(
    "/conversations/{int:conversation_id}",
    response={200: schemas.ThreadOut} | _ERRORS,
    operation_id="change_conversation",
    summary="Assign or tag a conversation",
)
def change_conversation(
    request: KeyRequest, conversation_id: int, given: schemas.ThreadChange
) -> schemas.ThreadOut:
    """Only the fields that are sent change, all of them or none. Tags are those of the contact; a
    name that is new becomes a tag."""
    found = queries.conversation(request.business, conversation_id)
    holder: int | None = None
    if "assignee" in given.model_fields_set:
        holder = _member_id(request, given.assignee) if given.assignee else 0
    actions.change_conversation(
        business=request.business,
        conversation=found,
        changes=actions.ThreadChanges(
            assignee_id=holder, tags=given.tags if "tags" in given.model_fields_set else None
        ),
        actor=request.auth,
        at=request.now,
    )
    return shapes.thread(queries.conversation(request.business, conversation_id))


@router.get(
    "/conversations/{int:conversation_id}/timeline",
    response={200: schemas.TimelineOut} | _ERRORS,
    operation_id="get_timeline",
    summary="Get the timeline of a conversation",
)
def get_timeline(
    request: KeyRequest, conversation_id: int, query: Query[schemas.TimelineQuery]
) -> schemas.TimelineOut:
    """Texts, calls, notes, opt-outs, taps, conversions and who was given it, in one order, as the
    page shows them. Texts that wait for their time are not among them."""
    refuse_unknown(request, schemas.TimelineQuery)
    found = queries.conversation(request.business, conversation_id)
    part = queries.timeline(request.business, found, before=query.before, limit=query.limit)
    return schemas.TimelineOut(entries=[_entry(row) for row in part.entries], before=part.before)


def _entry(row: TimelineEntry) -> schemas.EntryOut:
    kind, _, row_id = row.key.rpartition("-")
    lead, name = getattr(row, "lead", ""), getattr(row, "name", "")
    ours = getattr(row, "ours", None)
    return schemas.EntryOut(
        at=row.at,
        kind=kind,
        id=read_id(row_id) or 0,
        direction=None if ours is None else "outbound" if ours else "inbound",
        title=f"{lead} {name}".strip(),
        detail=getattr(row, "detail", ""),
        body=getattr(row, "body", "") or getattr(row, "note", ""),
        by=getattr(row, "by", ""),
        status=getattr(row, "status", ""),
    )


@router.get(
    "/conversations/{int:conversation_id}/notes",
    response={200: schemas.NoteList} | _ERRORS,
    operation_id="list_notes",
    summary="List the notes of a conversation",
)
def list_notes(
    request: KeyRequest, conversation_id: int, query: Query[schemas.NoteQuery]
) -> schemas.NoteList:
    """Newest first. A note that somebody removed is not there any more."""
    refuse_unknown(request, schemas.NoteQuery)
    found = queries.conversation(request.business, conversation_id)
    page = queries.notes(request.business, found.pk, after=query.after, limit=query.limit)
    return schemas.NoteList(notes=[shapes.note(row) for row in page.rows], next=page.after)


@router.post(
    "/conversations/{int:conversation_id}/notes",
    response={201: schemas.NoteOut} | _ERRORS,
    operation_id="add_note",
    summary="Add a note",
)
def add_note(
    request: KeyRequest, conversation_id: int, given: schemas.NoteIn
) -> Status[schemas.NoteOut]:
    """In the name of the key, for the members to read."""
    with shapes.named(note="body"):
        row = actions.add_note(
            business=request.business,
            conversation_id=conversation_id,
            body=given.body,
            actor=request.auth,
            at=request.now,
        )
    return Status(201, shapes.note(row))
