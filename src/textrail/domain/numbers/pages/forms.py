"""What the forms of numbers offer to choose from."""

from __future__ import annotations

from textrail.vocabulary.errors import Refusal, Unavailable

CHANNELS = (
    ("offline", "Offline: billboard, print, van"),
    ("organic", "Organic search"),
    ("paid", "Paid search or display"),
    ("social", "Social"),
    ("email", "Email"),
    ("sms", "SMS"),
    ("referral", "Another site"),
    ("direct", "Direct"),
    ("other", "Something else"),
)
COUNTRIES = (
    ("US", "United States"),
    ("CA", "Canada"),
    ("GB", "United Kingdom"),
    ("AU", "Australia"),
    ("AT", "Austria"),
    ("BE", "Belgium"),
    ("BR", "Brazil"),
    ("DK", "Denmark"),
    ("FI", "Finland"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("IE", "Ireland"),
    ("IL", "Israel"),
    ("IT", "Italy"),
    ("MX", "Mexico"),
    ("NL", "Netherlands"),
    ("NZ", "New Zealand"),
    ("NO", "Norway"),
    ("PL", "Poland"),
    ("PT", "Portugal"),
    ("PR", "Puerto Rico"),
    ("ZA", "South Africa"),
    ("ES", "Spain"),
    ("SE", "Sweden"),
    ("CH", "Switzerland"),
)
KINDS = (("", "Local"), ("toll_free", "Toll-free"))
SWITCH = (("1", "On"), ("", "Off"))


def status_of(refusal: Refusal | None) -> int:
    """The status of a page with a form. That a carrier does not answer is no failure of ours: the
    page is whole, and says it."""
    return 200 if refusal is None or refusal.status == Unavailable.status else refusal.status
