"""Writing down what numbers, sources and the business say by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import Business, User
from textrail.domain.inbox.models import AnswerTrigger, AutoAnswer
from textrail.domain.inbox.queries.answers import answer as find_answer
from textrail.domain.inbox.rules import storable
from textrail.domain.inbox.rules.answers import FIELDS, needs_hours, read_keywords
from textrail.domain.inbox.rules.quick import check_fields
from textrail.domain.numbers import queries as numbers
from textrail.domain.numbers.models import Source, TrackingNumber
from textrail.vocabulary.errors import Conflict, Malformed, NotFound

LONGEST_ANSWER = 640
LONGEST_PERIOD = 24 * 90
LONGEST_QUIET = 24 * 60
LONGEST_KEYWORDS = 400
LONGEST_TAG = 40


@dataclass(frozen=True, slots=True)
class AnswerDraft:
    """An answer as somebody wrote it; without a number and a source it is the whole business's."""

    trigger: AnswerTrigger
    body: str
    number: TrackingNumber | None = None
    source: Source | None = None
    keywords: str = ""
    enabled: bool = True
    period_hours: int = 12
    quiet_minutes: int = 0
    after_voicemail: bool = True
    tag: str = ""


def save_answer(
    *,
    business: Business,
    draft: AnswerDraft,
    answer_id: int | None = None,
    at: datetime,
    actor: User | None = None,
) -> AutoAnswer:
    """Keep a new answer, or change one. Malformed for what cannot be sent or never comes to pass;
    Conflict for a second one on a trigger, or for a keyword that another answer has."""
    body = _checked_body(business, draft)
    keywords = _checked_keywords(business, draft, answer_id)
    _check_scope(business, draft)
    values = {
        "number": draft.number,
        "source": draft.source,
        "trigger": draft.trigger,
        "keywords": keywords,
        "body": body,
        "enabled": draft.enabled,
        "period_hours": _within(draft.period_hours, LONGEST_PERIOD, "period_hours"),
        "quiet_minutes": _within(draft.quiet_minutes, LONGEST_QUIET, "quiet_minutes"),
        "after_voicemail": draft.after_voicemail,
        "tag": " ".join(draft.tag.split())[:LONGEST_TAG],
    }
    try:
        with transaction.atomic():
            if answer_id is None:
                row = AutoAnswer.objects.create(business=business, **values)
            else:
                row = find_answer(business, answer_id)
                AutoAnswer.objects.filter(id=row.id).update(**values)
                row.refresh_from_db()
            _note(business, row, "inbox.answer_set", at, actor)
    except IntegrityError as error:
        raise Conflict(
            f"There is an answer on “{draft.trigger.label}” there already.",
            hint="Change that one, or choose another trigger.",
            field="trigger",
        ) from error
    return row


def set_answer(
    *,
    business: Business,
    number: TrackingNumber,
    trigger: AnswerTrigger,
    body: str,
    enabled: bool,
    at: datetime,
    actor: User | None = None,
) -> AutoAnswer:
    """What `number` itself says on `trigger`, in place of what it said."""
    known = AutoAnswer.objects.filter(business=business, number=number, trigger=trigger).first()
    draft = AnswerDraft(trigger=trigger, body=body, number=number, enabled=enabled)
    return save_answer(
        business=business,
        draft=draft,
        answer_id=known.id if known else None,
        at=at,
        actor=actor,
    )


@transaction.atomic
def switch_answer(
    *, business: Business, answer_id: int, enabled: bool, at: datetime, actor: User | None = None
) -> None:
    """On or off; an answer that is off is as if it was not there."""
    row = find_answer(business, answer_id)
    if AutoAnswer.objects.filter(id=row.id).exclude(enabled=enabled).update(enabled=enabled):
        _note(business, row, "inbox.answer_on" if enabled else "inbox.answer_off", at, actor)


@transaction.atomic
def remove_answer(
    *, business: Business, answer_id: int, at: datetime, actor: User | None = None
) -> None:
    row = find_answer(business, answer_id)
    _note(business, row, "inbox.answer_removed", at, actor)
    row.delete()


def _checked_body(business: Business, draft: AnswerDraft) -> str:
    text = storable(draft.body).replace("\r\n", "\n").strip()
    if draft.enabled and not text:
        raise Malformed(
            "An answer that is on needs words.",
            hint="Write what people get, or switch the answer off.",
            field="body",
        )
    if len(text) > LONGEST_ANSWER:
        raise Malformed(
            f"An answer has at most {LONGEST_ANSWER} characters; this one has {len(text):,}.",
            hint="Shorten it.",
            field="body",
        )
    check_fields(text, FIELDS)
    timed = draft.trigger in (AnswerTrigger.IN_HOURS, AnswerTrigger.AFTER_HOURS)
    if draft.enabled and (timed or needs_hours(text)) and not numbers.all_hours(business):
        raise Malformed(
            "This answer goes by opening hours, and none are set.",
            hint="Add opening hours under Numbers first.",
            field="trigger" if timed else "body",
            code="hours_missing",
        )
    return text


def _checked_keywords(business: Business, draft: AnswerDraft, answer_id: int | None) -> str:
    if draft.trigger != AnswerTrigger.KEYWORD:
        return ""
    words = read_keywords(storable(draft.keywords))
    if not words:
        raise Malformed(
            "Which keyword?", hint="Write one or more words, such as PRICE.", field="keywords"
        )
    kept = "\n".join(words)
    if len(kept) > LONGEST_KEYWORDS:
        raise Malformed(
            f"Keywords have at most {LONGEST_KEYWORDS} characters together.", field="keywords"
        )
    others = AutoAnswer.objects.filter(
        business=business, trigger=draft.trigger, number=draft.number, source=draft.source
    )
    taken = {word for row in others.exclude(id=answer_id or 0) for word in row.keywords.split("\n")}
    twice = next((word for word in words if word in taken), None)
    if twice is not None:
        raise Conflict(
            f"Another answer there has the keyword “{twice}”.",
            hint="Change that one, or take another word.",
            field="keywords",
        )
    return kept


def _check_scope(business: Business, draft: AnswerDraft) -> None:
    if draft.number is not None and draft.source is not None:
        raise Malformed("An answer is of a number or of a source, not of both.", field="scope")
    for owner in (draft.number, draft.source):
        if owner is not None and owner.business_id != business.id:
            raise NotFound("There is no such number or source.", field="scope")


def _within(value: int, most: int, field: str) -> int:
    if not 0 <= value <= most:
        raise Malformed(f"This is a number from 0 to {most:,}.", field=field)
    return value


def _note(
    business: Business, row: AutoAnswer, action: str, at: datetime, actor: User | None
) -> None:
    place = str(row.number or row.source or "all numbers")
    subject = f"{place}: {AnswerTrigger(row.trigger).label}"
    record_audit(business=business, actor=actor, action=action, subject=subject, at=at)
