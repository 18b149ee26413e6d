"""How values are written for people: phones, money, counts, moments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from textrail.vocabulary.micros import Micros
from textrail.vocabulary.money import Money
from textrail.vocabulary.phone import format_phone

NOTHING = "\u2013"  # en dash
_MINUS = "\u2212"
_DAY = timedelta(days=1)


_home: ContextVar[str] = ContextVar("the country of who reads", default="")


@contextmanager
def read_in(country: str) -> Iterator[None]:
    """Phones are shown as people of a country (ISO 3166) read them: with their country code when
    they are from abroad. Pages of a business are in its own, as they are in its time zone."""
    token = _home.set(country)
    try:
        yield
    finally:
        _home.reset(token)


def phone_text(number: str) -> str:
    """`(415) 555-0100` for `+14155550100`, for attributes and titles; `+44 20 7946 0018` from
    abroad."""
    return format_phone(number, home=_home.get())


def phone(number: str) -> SafeString | str:
    """The same as markup; E.164 on hover and when copied."""
    if not number:
        return ""
    return format_html(
        '<span class="phone" title="{}" data-copy-as="{}">{}</span>',
        number,
        number,
        phone_text(number),
    )


def money(amount: Money | int | None, currency: str = "") -> str:
    """`$1,234.50` from Money, or from minor units and a currency; a dash for nothing."""
    if amount is None:
        return NOTHING
    return str(amount if isinstance(amount, Money) else Money(amount, currency or "USD"))


def micros(amount: int | None, currency: str = "") -> str:
    """`$0.0083` from millionths of a currency; a dash for nothing."""
    return NOTHING if amount is None else str(Micros(amount, currency or "USD"))


def micros_column(amount: int | None, currency: str = "") -> str:
    """The same with as many decimals in each row of a column: `$25.0000`."""
    return NOTHING if amount is None else Micros(amount, currency or "USD").in_column


def count(value: float | None) -> str:
    """`12,345`; a dash for nothing."""
    return NOTHING if value is None else f"{value:,}"


def percent(share: float | None, digits: int = 1) -> str:
    """`12.3%` from 0.123; a dash for nothing."""
    return NOTHING if share is None else f"{share:.{digits}%}"


def change(share: float | None) -> str:
    """`+12%` or `-3%` (a true minus) from a relative change, `0%`; a dash without one."""
    if share is None:
        return NOTHING
    text = f"{abs(share):.0%}"
    if text == "0%":
        return text
    return f"{_MINUS if share < 0 else '+'}{text}"


def duration(seconds: int) -> str:
    """`1:05` for 65 seconds, `1:01:01` beyond an hour."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def wait(seconds: int) -> str:
    """How long somebody waits, in one unit: `under 1 min`, `12 min`, `3 h`, `2 days`."""
    minutes = seconds // 60
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h" if hours < 48 else f"{hours // 24} days"


def waited(moment: datetime) -> str:
    """How long ago it was, in the words of `wait`."""
    return wait(max(0, int((timezone.now() - moment).total_seconds())))


def zone(name: str) -> str:
    """`America/New York` for the time zone `America/New_York`."""
    return name.replace("_", " ")


def day(moment: datetime) -> str:
    """`2 Mar 2026` in the business's time zone."""
    return f"{timezone.localtime(moment):%-d %b %Y}"


def time_of_day(moment: datetime) -> str:
    """`14:02` in the business's time zone."""
    return f"{timezone.localtime(moment):%H:%M}"


def exact(moment: datetime) -> str:
    """`2 Mar 2026, 14:02:11 EST`, as shown on hover."""
    return f"{timezone.localtime(moment):%-d %b %Y, %H:%M:%S %Z}"


def ago(moment: datetime | None) -> SafeString | str:
    """A `<time>`: relative under a day, absolute beyond, exact on hover.

    The page keeps a relative one true while it stays open (time.js).
    """
    if moment is None:
        return NOTHING
    now = timezone.now()
    relative = timedelta(0) <= now - moment < _DAY
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        moment.isoformat(),
        exact(moment),
        SafeString(" data-relative") if relative else "",
        _relative(now - moment) if relative else _absolute(moment, now),
    )


def at(moment: datetime | None) -> SafeString | str:
    """A `<time>` that shows the time of day, for rows that stand below their day."""
    if moment is None:
        return NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        exact(moment),
        time_of_day(moment),
    )


def _relative(age: timedelta) -> str:
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return "just now"
    return f"{minutes} min ago" if minutes < 60 else f"{minutes // 60} h ago"


def _absolute(moment: datetime, now: datetime) -> str:
    local = timezone.localtime(moment)
    if local.year == timezone.localtime(now).year:
        return f"{local:%-d %b, %H:%M}"
    return f"{local:%-d %b %Y}"


def initials(name: str) -> str:
    """Up to two letters: of the first and last word, or the last two digits of a phone."""
    words = name.split()
    if not words:
        return "?"
    if not any(character.isalpha() for character in name):
        return "".join(c for c in name if c.isdigit())[-2:] or "?"
    letters = [word[0] for word in words if word[0].isalnum()]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"


def hue(name: str) -> int:
    """One of six stable colours for a name."""
    return sum(ord(character) for character in name) % 6
