"""The words of a campaign: merge fields, who gets which variant, what it comes to. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from textrail.domain.contacts.rules import LONGEST_NAME
from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.ids import CODE_LENGTH
from textrail.vocabulary.money import Money, minor_digits
from textrail.vocabulary.segments import LONGEST_TEXT

FIELDS: Final = ("first_name", "name", "link")
NAMELESS: Final = "there"  # “Hi there” when a contact has no name
LABELS: Final = ("A", "B")
STOPPED: Final = "stopped before their turn"  # why somebody is left out, beside other reasons
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


def render(body: str, fields: Mapping[str, str]) -> str:
    """`body` with every {field} filled in once; what is filled in is never read again.

    Malformed names the first field that `fields` does not have, or a brace without its partner.
    """

    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            raise _unbalanced(body, match.start())
        if name.strip() not in fields:
            raise _unknown(name)
        return fields[name.strip()]

    return _BRACES.sub(fill, body)


def _unbalanced(body: str, position: int) -> Malformed:
    near = body[max(0, position - 8) : position + 12].replace("\n", " ")
    return Malformed(
        f"A curly bracket stands alone near “{near}”.",
        hint="Write {first_name}, {name} or {link}, with both brackets.",
        field="body",
        code="merge_field_unbalanced",
    )


def _unknown(name: str) -> Malformed:
    return Malformed(
        f"{{{name[:30]}}} is not something that can be filled in.",
        hint="Use {first_name}, {name} or {link}.",
        field="body",
        code="merge_field_unknown",
    )


def used_fields(body: str) -> frozenset[str]:
    """The fields in `body`, or Malformed as for `render`."""
    render(body, dict.fromkeys(FIELDS, ""))
    return frozenset(name.strip() for name in _BRACES.findall(body))


def fields_of(name: str, link: str) -> dict[str, str]:
    """What is filled in for a contact of this name."""
    words = name.split()
    return {
        "first_name": words[0] if words else NAMELESS,
        "name": name or NAMELESS,
        "link": link,
    }


def check_body(body: str, *, links_url: str = "") -> str:
    """The wording without outer spaces, or Malformed when some contact could not be sent it."""
    text = body.replace("\r\n", "\n").strip()
    if not text:
        raise Malformed("Write what the text says.", field="body")
    if "\0" in text:
        raise Malformed("The text holds a character that cannot be sent.", field="body")
    longest = render(text, fields_of("x" * LONGEST_NAME, sample_link(links_url)))
    if len(longest) > LONGEST_TEXT:
        raise Malformed(
            f"With the longest name, this text has {len(longest)} characters.",
            hint=f"At most {LONGEST_TEXT} can be sent.",
            field="body",
        )
    return text


def sample_link(base: str, *, code_length: int = CODE_LENGTH) -> str:
    """A link as long as a real one that begins with `base`."""
    return f"{base}/{'x' * code_length}"


def assign(campaign_id: int, contact_id: int, shares: Sequence[int]) -> int:
    """Which variant a contact gets: always the same one, and `shares` of all contacts each."""
    name = f"{campaign_id}:{contact_id}".encode()
    place = int.from_bytes(sha256(name).digest()[:8], "big") % sum(shares)
    for index, share in enumerate(shares):
        if place < share:
            return index
        place -= share
    raise AssertionError("shares do not sum to their sum")


def slug(name: str) -> str:
    """A campaign's name as a UTM value: small letters and digits, joined by underscores."""
    return "_".join(re.findall(r"[a-z0-9]+", name.casefold()))[:120]


def way_on(code: str, sentence: str, *, number: str, turned_down: bool) -> str:
    """Why a campaign from `number` paused by itself, and what lets it go on. `code` and `sentence`
    are those of what stood in its way, and `turned_down` of its registration."""
    decided = "was turned down" if turned_down else "is not through"
    ways = {
        "number_released": f"{number} was given back, so nothing can leave from it. Stop this"
        " campaign, and send a new one from another number.",
        "number_without_sms": f"{number} does not text any more. Switch texting on for it, then go"
        " on.",
        "registration_pending": f"The registration of {number} {decided}, so networks would stop"
        " these texts. Its page says what to do; when it is approved, go on.",
        "balance_too_low": f"{sentence} Have funds added under Settings, Billing, then go on.",
    }
    return ways.get(code, f"{sentence} When that is mended, go on.")


@dataclass(frozen=True, slots=True)
class SegmentPrice:
    """What a carrier bills for one segment, in millionths of the currency's main unit."""

    micros: int
    currency: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """Segments per text and altogether. `cost` is None while no price is known."""

    recipients: int
    least: int
    most: int
    mean: float
    total: int
    exact: bool
    cost: Money | None


def estimate(counts: Sequence[int], recipients: int, price: SegmentPrice | None) -> Estimate:
    """What texts to `recipients` come to, from the segments that some (or all) of them take.

    Cost is rounded up to the minor unit.
    """
    if not counts:
        return Estimate(recipients, 0, 0, 0.0, 0, exact=True, cost=None)
    exact = len(counts) == recipients
    total = -(-sum(counts) * recipients // len(counts))
    return Estimate(
        recipients=recipients,
        least=min(counts),
        most=max(counts),
        mean=sum(counts) / len(counts),
        total=total,
        exact=exact,
        cost=_cost(total, price) if price else None,
    )


def _cost(segments: int, price: SegmentPrice) -> Money:
    scale = 10 ** minor_digits(price.currency)
    return Money(-(-segments * price.micros * scale // 1_000_000), price.currency)
