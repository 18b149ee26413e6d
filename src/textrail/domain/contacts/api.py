"""Contacts and consent as JSON, for programs with a key of the business."""

from __future__ import annotations

from ninja import Query, Router
from ninja.responses import Status

from textrail.domain.accounts.api_access import KeyRequest
from textrail.domain.contacts import actions, queries, schemas
from textrail.domain.contacts.models import ConsentEvent
from textrail.domain.contacts.queries import ContactRow
from textrail.domain.contacts.rules import NOWHERE, ContactPlace, check_place
from textrail.vocabulary.errors import NotFound
from textrail.vocabulary.phone import PhoneNumber, parse_phone
from textrail.web.api_errors import refuse_unknown

router = Router(tags=["Contacts"])

_ERRORS = {frozenset({401, 403, 404, 409, 422, 429}): schemas.ErrorOut}


@router.get(
    "/contacts",
    response={200: schemas.ContactList} | _ERRORS,
    operation_id="list_contacts",
    summary="List and search contacts",
)
def list_contacts(request: KeyRequest, query: Query[schemas.ContactQuery]) -> schemas.ContactList:
    """Newest first."""
    refuse_unknown(request, schemas.ContactQuery)
    page = queries.contact_page(
        request.business,
        search=query.q.replace("\0", ""),
        tag_id=queries.tag_by_name(request.business, query.tag).pk if query.tag else None,
        consent=query.consent,
        after=query.after,
        limit=query.limit,
    )
    return schemas.ContactList(contacts=[_out(row) for row in page.rows], next=page.after)


@router.post(
    "/contacts",
    response={201: schemas.ContactOut} | _ERRORS,
    operation_id="add_contact",
    summary="Add a contact",
)
def add_contact(request: KeyRequest, given: schemas.ContactIn) -> Status[schemas.ContactOut]:
    """Refused with `contact_known` when the phone is one’s already. It opts nobody in: somebody who
    opted out before stays out."""
    found = actions.put_contact(
        business=request.business,
        phone=_phone(request, given.phone),
        changes=_changes(request, given),
        at=request.now,
        only_new=True,
    )
    return Status(201, _one(request, found.contact.pk))


@router.put(
    "/contacts/by-phone/{phone}",
    response={201: schemas.ContactOut, 200: schemas.ContactOut} | _ERRORS,
    operation_id="put_contact",
    summary="Add or change the contact with a phone",
)
def put_contact(
    request: KeyRequest, phone: str, given: schemas.ContactChange
) -> Status[schemas.ContactOut]:
    """Made (201), or changed in the fields that are sent (200)."""
    found = actions.put_contact(
        business=request.business,
        phone=_phone(request, phone),
        changes=_changes(request, given),
        at=request.now,
    )
    return Status(201 if found.created else 200, _one(request, found.contact.pk))


@router.get(
    "/contacts/by-phone/{phone}",
    response={200: schemas.ContactOut} | _ERRORS,
    operation_id="get_contact_by_phone",
    summary="Get the contact with a phone",
)
def get_contact_by_phone(request: KeyRequest, phone: str) -> schemas.ContactOut:
    found = queries.contact_by_phone(request.business, _phone(request, phone))
    if found is None:
        raise NotFound("No contact has this phone.", hint="PUT to this address adds one.")
    return _one(request, found.pk)


@router.get(
    "/contacts/{int:contact_id}",
    response={200: schemas.ContactOut} | _ERRORS,
    operation_id="get_contact",
    summary="Get a contact",
)
def get_contact(request: KeyRequest, contact_id: int) -> schemas.ContactOut:
    return _one(request, contact_id)


@router.patch(
    "/contacts/{int:contact_id}",
    response={200: schemas.ContactOut} | _ERRORS,
    operation_id="change_contact",
    summary="Change a contact",
)
def change_contact(
    request: KeyRequest, contact_id: int, given: schemas.ContactChange
) -> schemas.ContactOut:
    """Only the fields that are sent change, all of them or none."""
    actions.change_contact(
        business=request.business,
        contact=queries.contact(request.business, contact_id),
        changes=_changes(request, given),
        at=request.now,
    )
    return _one(request, contact_id)


@router.get(
    "/tags",
    response={200: schemas.TagList} | _ERRORS,
    operation_id="list_tags",
    summary="List tags",
)
def list_tags(request: KeyRequest) -> schemas.TagList:
    """By name, each with how many contacts have it."""
    rows = queries.tag_counts(request.business)
    return schemas.TagList(tags=[schemas.TagOut.from_orm(row) for row in rows])


# Consent


@router.get(
    "/consent",
    response={200: schemas.ConsentList} | _ERRORS,
    operation_id="list_consent",
    summary="List what was said about being texted",
)
def list_consent(request: KeyRequest, query: Query[schemas.LedgerQuery]) -> schemas.ConsentList:
    """The ledger that proves it, newest first: each event holds the hash of the one before it, so
    that none can be changed or left out. Nothing deletes one."""
    refuse_unknown(request, schemas.LedgerQuery)
    page = queries.ledger(
        request.business,
        kind=query.kind,
        phone=_phone(request, query.phone) if query.phone else "",
        after=query.after,
        limit=query.limit,
    )
    end = queries.chain_end(request.business)
    return schemas.ConsentList(
        events=[_event(row) for row in page.rows],
        chain_length=end.length if end else 0,
        chain_hash=end.hash if end else "",
        next=page.after,
    )


@router.get(
    "/consent/{phone}",
    response={200: schemas.ConsentOut} | _ERRORS,
    operation_id="get_consent",
    summary="Ask whether a number may be texted",
)
def get_consent(request: KeyRequest, phone: str) -> schemas.ConsentOut:
    return _consent(request, _phone(request, phone))


@router.post(
    "/consent/{phone}/opt-out",
    response={200: schemas.ConsentOut} | _ERRORS,
    operation_id="opt_out",
    summary="Opt a number out",
)
def opt_out(request: KeyRequest, phone: str, given: schemas.OptOutIn) -> schemas.ConsentOut:
    """Written down in the name of the key, and no text leaves for it from now on. It need not be a
    contact’s."""
    return _record(request, phone, given, out=True)


@router.post(
    "/consent/{phone}/opt-in",
    response={200: schemas.ConsentOut} | _ERRORS,
    operation_id="opt_in",
    summary="Opt a number in, with its proof",
)
def opt_in(request: KeyRequest, phone: str, given: schemas.OptInIn) -> schemas.ConsentOut:
    """It lifts an opt-out, so it needs a proof: what they signed or sent, when, and where that is
    kept. The opt-out stays in the ledger."""
    return _record(request, phone, given, out=False)


def _record(
    request: KeyRequest, phone: str, given: schemas.OptOutIn | schemas.OptInIn, *, out: bool
) -> schemas.ConsentOut:
    known = _phone(request, phone)
    actions.record_proof(
        business=request.business,
        phone=known,
        out=out,
        how=given.how,
        words=given.words,
        proof=given.proof.replace("\0", ""),
        actor=request.auth,
        at=request.now,
    )
    return _consent(request, known)


def _consent(request: KeyRequest, phone: PhoneNumber) -> schemas.ConsentOut:
    return schemas.ConsentOut(
        phone=phone,
        opted_out=queries.is_suppressed(request.business, phone),
        held=queries.is_held(request.business, phone, request.now),
    )


def _phone(request: KeyRequest, typed: str) -> PhoneNumber:
    return parse_phone(typed.replace("\0", "")[:80], country=request.business.country)


def _changes(request: KeyRequest, given: schemas.ContactChange) -> actions.ContactChanges:
    """The fields that were sent; a place that is null is one that is nowhere."""
    sent = given.model_fields_set
    return actions.ContactChanges(
        name=given.name if "name" in sent else None,
        email=given.email.replace("\0", "") if "email" in sent else None,
        tags=given.tags if "tags" in sent else None,
        place=_place(request, given.place) if "place" in sent else None,
    )


def _place(request: KeyRequest, given: schemas.WherePlace | None) -> ContactPlace:
    if given is None:
        return NOWHERE
    typed = {
        name: "" if value is None else f"{value:.7f}" if isinstance(value, float) else value
        for name, value in given.model_dump().items()
    }
    return check_place(typed, country=request.business.country)


def _one(request: KeyRequest, contact_id: int) -> schemas.ContactOut:
    return _out(queries.contact_row(request.business, contact_id))


def _out(row: ContactRow) -> schemas.ContactOut:
    return schemas.ContactOut.from_orm(row)


def _event(row: ConsentEvent) -> schemas.ConsentEventOut:
    return schemas.ConsentEventOut.from_orm(row)
