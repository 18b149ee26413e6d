"""Why a text did not arrive, and what to do: the codes of carriers and our own, as advice.

Carriers say so themselves that their codes are hints (domain rules D5), so nothing is decided by
them: they choose a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NEVER_AGAIN: Final = "Call them instead: this phone takes no texts."
_ADVICE: Final[Mapping[str, tuple[str, ...]]] = {
    _NEVER_AGAIN: ("30006", "21614", "40001"),
    "Check the number: nobody seems to have it.": ("30005", "21211", "21217", "40310"),
    "Their phone may be off. Try again later.": ("30003", "40008", "40009"),
    "The network took it for spam. Say it in other words, without a shortened link.": (
        "30007",
        "40002",
        "40003",
    ),
    "They blocked texts. They can text START to hear from you again.": (
        "21610",
        "40300",
        "30004",
        "opted_out",
    ),
    "Register the number: the Numbers page says how.": (
        "30034",
        "30032",
        "40010",
        "registration_pending",
    ),
    "Too many texts left at once. Try again in a while.": ("30001", "30022", "30023", "20429"),
    "This phone takes no pictures. Send the words alone.": ("30011",),
    "The carrier of your number does not send there. Ask it to open that country.": ("21408",),
    "An owner adds funds under Settings, Billing; then try again.": ("balance_too_low",),
    "Choose another number to send from.": ("number_without_sms", "number_released"),
    "Schedule it for their day.": ("quiet_hours",),
    "Write to a phone number of theirs, if you know one.": ("not_a_number", "own_number"),
    "Ask them whether it came before you write it again.": ("outcome_unknown",),
}
_BY_CODE: Final = {code: advice for advice, codes in _ADVICE.items() for code in codes}
_ANY: Final = "Try again; if it stays so, look at the number’s carrier on the Numbers page."

# What the last text to somebody already told about their phone, for who writes the next one.
_KNOWN: Final[Mapping[str, tuple[str, ...]]] = {
    "The last text did not arrive: this number seems to be a landline.": _ADVICE[_NEVER_AGAIN],
    "The last text did not arrive: nobody seems to have this number.": (
        "30005",
        "21211",
        "21217",
        "40310",
    ),
    "The last text did not arrive: their phone could not be reached.": ("30003", "40008", "40009"),
    "The last text was blocked by them or by their network.": ("30004", "30007", "40002", "40003"),
}
_WARNINGS: Final = {code: words for words, codes in _KNOWN.items() for code in codes}
# A click does not help these: what stands in the way comes first.
_FINAL: Final = frozenset(
    {*_ADVICE[_NEVER_AGAIN], "21610", "40300", "30004", "opted_out", "outcome_unknown"}
)


def advice(code: str) -> str:
    """What to do about a text that failed with this code; one sentence."""
    return _BY_CODE.get(code, _ANY)


def may_try_again(code: str) -> bool:
    """Whether the same words, sent anew, could arrive."""
    return code not in _FINAL


def warning(code: str) -> str:
    """What to say before somebody is texted whose last text ended so; mostly nothing."""
    return _WARNINGS.get(code, "")
