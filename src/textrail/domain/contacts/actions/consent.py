"""Keeping what was said about being texted, and acting on it in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from textrail.domain.accounts.actions import record_audit
from textrail.domain.accounts.models import ApiKey, Business, User
from textrail.domain.contacts.models import (
    ConsentChain,
    ConsentEvent,
    ConsentKind,
    ConsentReview,
    ConsentScope,
    Suppression,
)
from textrail.domain.contacts.queries.consent import suppressed_phones
from textrail.domain.contacts.rules.chain import link_hash
from textrail.domain.contacts.rules.consent import Reading
from textrail.outbox.actions import tell
from textrail.vocabulary.errors import Conflict, Malformed
from textrail.vocabulary.events import Event, EventName
from textrail.vocabulary.phone import PhoneNumber

# How long words that nobody reviewed hold texts back. An opt-out is to be honoured within ten
# business days (47 CFR 64.1200(a)(10)), which are fourteen days.
HELD_FOR: Final = timedelta(days=14)
LONGEST_WORDS: Final = 320
LONGEST_PROOF: Final = 500
HOW: Final = ("form", "keyword", "paper", "call", "checkout", "other")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that was said about texting a phone."""

    phone: PhoneNumber
    kind: ConsentKind
    source: str
    words: str = ""
    message_id: int | None = None
    verdict: str = ""
    reason: str = ""
    by: str = ""
    proof: str = ""


def append(*, business: Business, said: Sequence[Said], at: datetime) -> list[ConsentEvent]:
    """Put events at the end of the business's chain, in order. Inside the caller's transaction."""
    if not said:
        return []
    chain = _locked_chain(business)
    events: list[ConsentEvent] = []
    previous = chain.hash
    for sequence, each in enumerate(said, start=chain.length + 1):
        event = ConsentEvent(
            business=business,
            phone=each.phone,
            kind=each.kind.value,
            source=each.source[:40],
            words=_clean(each.words, LONGEST_WORDS),
            message_id=each.message_id,
            verdict=each.verdict,
            reason=_clean(each.reason, 200),
            by=_clean(each.by, 120),
            proof=_clean(each.proof, LONGEST_PROOF),
            at=at,
            sequence=sequence,
            previous=previous,
        )
        event.hash = previous = link_hash(event, previous)
        events.append(event)
    made = ConsentEvent.objects.bulk_create(events, batch_size=500)
    ConsentChain.objects.filter(id=chain.pk).update(length=events[-1].sequence, hash=previous)
    return made


def _locked_chain(business: Business) -> ConsentChain:
    """The business's chain, held until the transaction ends: before suppressions and reviews
    change, everywhere, so that nobody waits in a circle."""
    ConsentChain.objects.get_or_create(business=business)
    return ConsentChain.objects.select_for_update(no_key=True).get(business=business)


def _clean(text: str, longest: int) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


@transaction.atomic
def record_consent(
    *,
    business: Business,
    phone: PhoneNumber,
    kind: ConsentKind,
    source: str,
    at: datetime,
    words: str = "",
    message_id: int | None = None,
    reading: Reading | None = None,
    by: str = "",
    proof: str = "",
) -> bool:
    """Keep what was said about texting `phone`, and act on it at once. True when it changed.

    The proof is appended whether or not anything changes. An opt-in that comes late, behind an
    opt-out that was said after it, changes nothing. An opt-out that was only probable is put on
    the list for review.
    """
    said = Said(
        phone,
        kind,
        source,
        words,
        message_id,
        reading.verdict if reading else "",
        reading.reason if reading else "",
        by,
        proof,
    )
    event = append(business=business, said=[said], at=at)[0]
    out = kind == ConsentKind.OPT_OUT
    changed = _suppress(business, phone, at) if out else _lift(business, phone, at)
    if out and changed and reading is not None and reading.verdict == "probable_opt_out":
        ConsentReview.objects.create(
            business=business, phone=phone, event=event, suppressed=True, at=at
        )
    elif changed or _is_plain(reading):
        _close(business, phone, left=out, at=at)
    if changed:
        name = EventName.CONTACT_OPTED_OUT if out else EventName.CONTACT_OPTED_IN
        tell(Event(name, business.pk, at, {"consent_id": event.pk}))
    return changed


@transaction.atomic
def hold(
    *,
    business: Business,
    phone: PhoneNumber,
    reading: Reading,
    words: str,
    message_id: int | None,
    at: datetime,
) -> bool:
    """Keep words that may be an opt-out for a member to read; whether they hold texts back now.

    Nothing for somebody who has left already. Until a member decides or HELD_FOR is over, only
    what a person writes goes to them.
    """
    if suppressed_phones(business, [phone]):
        return False
    open_ = ConsentReview.objects.filter(business=business, phone=phone, decided_at=None)
    known = open_.exists()
    said = Said(phone, ConsentKind.HELD, "text", words, message_id, reading.verdict, reading.reason)
    event = append(business=business, said=[said], at=at)[0]
    if known:
        open_.update(held_until=at + HELD_FOR)
        return True
    ConsentReview.objects.create(
        business=business,
        phone=phone,
        event=event,
        suppressed=False,
        held_until=at + HELD_FOR,
        at=at,
    )
    tell(Event(EventName.CONSENT_HELD, business.pk, at, {"consent_id": event.pk}))
    return True


@transaction.atomic
def decide(
    *,
    business: Business,
    review: ConsentReview,
    left: bool,
    why: str,
    actor: User,
    at: datetime,
) -> bool:
    """What a member makes of words under review; whether the phone is newly suppressed.

    Malformed without a reason when they say that it was no opt-out. It takes back only what the
    reading did: whoever opted out in other words stays out. Conflict when it is decided already.
    """
    why = why.strip()
    if not left and not why:
        raise Malformed(
            "Say why this was no opt-out.",
            hint="A short reason is kept with the proof.",
            field="why",
        )
    _locked_chain(business)
    waiting = ConsentReview.objects.filter(id=review.pk, business=business, decided_at=None)
    if not waiting.update(decided_at=at, left=left):
        raise Conflict("Somebody has decided this already.", hint="Load the list again.")
    phone = PhoneNumber(review.phone)
    kind = ConsentKind.OPT_OUT if left and not review.suppressed else ConsentKind.REVIEWED
    said = Said(
        phone,
        kind,
        "review",
        review.event.words,
        review.event.message_id,
        "opt_out" if left else "none",
        why,
        _who(actor),
    )
    event = append(business=business, said=[said], at=at)[0]
    record_audit(
        business=business,
        actor=actor,
        action=f"consent.{'left' if left else 'stays'}",
        subject=review.phone,
        at=at,
    )
    if kind == ConsentKind.OPT_OUT:
        changed = _suppress(business, phone, at)
        if changed:
            tell(Event(EventName.CONTACT_OPTED_OUT, business.pk, at, {"consent_id": event.pk}))
        return changed
    if not left and review.suppressed and not _left_otherwise(review):
        _narrow(business, phone)
        Suppression.objects.filter(business=business, phone=phone).delete()
    return False


def _left_otherwise(review: ConsentReview) -> bool:
    """Whether the phone was opted out by anything else than the words under review, since then."""
    others = ConsentEvent.objects.filter(
        business_id=review.business_id,
        phone=review.phone,
        kind=ConsentKind.OPT_OUT,
        sequence__gt=review.event.sequence,
    )
    return others.exists()


@transaction.atomic
def record_proof(
    *,
    business: Business,
    phone: PhoneNumber,
    out: bool,
    how: str,
    proof: str,
    actor: User | ApiKey,
    at: datetime,
    words: str = "",
) -> bool:
    """What a member heard or has on paper about texting `phone`; whether it changed anything.

    An opt-in needs its proof (Malformed). It lifts an opt-out, because a document says that they
    came back; who may do that is for the page to check. `words` are theirs, as far as known.
    """
    proof = proof.strip()
    if how not in HOW:
        raise Malformed("Say how they told you.", hint="Choose one of the list.", field="how")
    if not out and len(proof) < 10:
        raise Malformed(
            "An opt-in needs its proof.",
            hint="Write which form or document says so, of which day, and where it is kept.",
            field="proof",
        )
    changed = record_consent(
        business=business,
        phone=phone,
        kind=ConsentKind.OPT_OUT if out else ConsentKind.OPT_IN,
        source=how,
        words=words,
        proof=proof,
        by=_who(actor),
        at=at,
    )
    action = "consent.out_recorded" if out else "consent.in_recorded"
    record_audit(business=business, actor=actor, action=action, subject=phone, at=at)
    return changed


@transaction.atomic
def record_sources(
    *,
    business: Business,
    phones: Sequence[PhoneNumber],
    how: str,
    proof: str,
    at: datetime,
    actor: User | None = None,
) -> int:
    """How a list of people agreed, one event each; for how many. It opts nobody in who left:
    a list is no proof that they came back."""
    if how not in HOW:
        raise Malformed("Say how they agreed.", hint="Choose one of the list.", field="how")
    out = suppressed_phones(business, phones)
    by = _who(actor) if actor else ""
    said = [
        Said(phone, ConsentKind.OPT_IN, how, by=by, proof=proof, reason="a list")
        for phone in dict.fromkeys(phones)
        if phone not in out
    ]
    return len(append(business=business, said=said, at=at))


@transaction.atomic
def set_scope(*, business: Business, revoke_all: bool, actor: User, at: datetime) -> None:
    """How far opt-outs of the business's account reach from now on.

    Switched on, those that were said before reach as far. Switched off, those that were said in
    the meantime stay as they were: nobody is texted who was told that they would not be.
    """
    account_id = business.account_id
    ConsentScope.objects.update_or_create(
        account_id=account_id,
        defaults={"revoke_all": revoke_all, "changed_by": _who(actor), "changed_at": at},
    )
    if revoke_all:
        rows = Suppression.objects.filter(business__account_id=account_id, account=None)
        rows.update(account_id=account_id)
    action = "consent.scope_account" if revoke_all else "consent.scope_business"
    record_audit(business=business, actor=actor, action=action, subject="", at=at)


def _who(actor: User | ApiKey) -> str:
    return f"Key {actor.name}" if isinstance(actor, ApiKey) else str(actor)


def _suppress(business: Business, phone: str, at: datetime) -> bool:
    wide = ConsentScope.objects.filter(account_id=business.account_id, revoke_all=True).exists()
    row, added = Suppression.objects.get_or_create(
        business=business,
        phone=phone,
        defaults={"since": at, "account_id": business.account_id if wide else None},
    )
    if wide and row.account_id is None:
        Suppression.objects.filter(id=row.pk).update(account_id=business.account_id)
    return added


def _lift(business: Business, phone: str, at: datetime) -> bool:
    later = ConsentEvent.objects.filter(
        business=business, phone=phone, kind=ConsentKind.OPT_OUT, at__gt=at
    )
    if later.exists():
        return False
    narrowed = _narrow(business, phone)
    deleted, _ = Suppression.objects.filter(business=business, phone=phone).delete()
    return bool(deleted or narrowed)


def _narrow(business: Business, phone: str) -> int:
    """An opt-out that reached the whole account reaches all but this business from now on."""
    wide = Suppression.objects.filter(account_id=business.account_id, phone=phone)
    since = wide.order_by("since").values_list("since", flat=True).first()
    if since is None:
        return 0
    siblings = Business.objects.filter(account_id=business.account_id).exclude(id=business.pk)
    Suppression.objects.bulk_create(
        (
            Suppression(business_id=sibling, phone=phone, since=since)
            for sibling in siblings.values_list("id", flat=True)
        ),
        ignore_conflicts=True,
    )
    return wide.update(account=None)


def _is_plain(reading: Reading | None) -> bool:
    """Whether this says by itself what becomes of words under review; a bare “yes” does not."""
    if reading is None or reading.verdict == "opt_out":
        return True
    return reading.verdict == "opt_in" and reading.matched != ("yes",)


def _close(business: Business, phone: str, *, left: bool, at: datetime) -> None:
    """Their own plain words decide what was under review."""
    waiting = ConsentReview.objects.filter(business=business, phone=phone, decided_at=None)
    waiting.update(decided_at=at, left=left)
