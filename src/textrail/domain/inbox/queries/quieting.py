"""Whether it is too early or too late for somebody; the hours that a business keeps."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from textrail.domain.accounts.models import Business
from textrail.domain.contacts.models import Contact
from textrail.domain.inbox.models import Call, Direction, Message, QuietRule
from textrail.domain.inbox.rules.quieting import ANSWER_LIFE
from textrail.vocabulary import quiet
from textrail.vocabulary.quiet import Quiet, Recipient, Rules, Span

FILE = "quiet_hours.toml"


def quiet_rule(business: Business) -> QuietRule:
    """What a business keeps of the quiet hours; all of them until somebody chose otherwise."""
    return QuietRule.objects.filter(business=business).first() or QuietRule(business=business)


def quiet_for(business: Business, contact: Contact, *, at: datetime) -> Quiet | None:
    """Why a text to `contact` must not go at `at`; None when it may, as every answer may."""
    rule = quiet_rule(business)
    if not rule.kept:
        return None
    found = quiet.quiet_now(
        recipient(business, contact), at, rules=kept_rules(), own=_own_hours(rule)
    )
    return None if found is None or _asked(contact, at) else found


def recipient(business: Business, contact: Contact) -> Recipient:
    """What is known of the clocks of a contact."""
    return Recipient(
        phone=contact.phone,
        otherwise=business.time_zone,
        time_zone=contact.time_zone,
        region=contact.region,
    )


def _own_hours(rule: QuietRule) -> Span | None:
    narrowed = (rule.opens, rule.closes) != (0, 24)
    return Span(rule.opens * 60, rule.closes * 60) if narrowed else None


def _asked(contact: Contact, at: datetime) -> bool:
    """Whether they wrote or called in the 24 hours before `at`."""
    if contact.pk is None:
        return False
    since = at - ANSWER_LIFE
    texts = Message.objects.filter(conversation__contact=contact, direction=Direction.INBOUND)
    calls = Call.objects.filter(conversation__contact=contact)
    return texts.filter(at__gt=since).exists() or calls.filter(at__gt=since).exists()


def kept_rules() -> Rules:
    """The rules of the installation: its own file beside the media folder, or those we ship."""
    own = Path(settings.MEDIA_ROOT).parent / FILE
    return _read(own, own.stat().st_mtime_ns) if own.is_file() else quiet.house_rules()


@lru_cache(maxsize=2)
def _read(path: Path, changed_ns: int) -> Rules:
    return quiet.read_rules(path.read_text(encoding="utf-8"))
