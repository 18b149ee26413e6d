"""What becomes of a text, a call and a timeline: ladders, refusals, limits, media by their bytes.

Pure: values in, values out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import chain, groupby
from typing import Final, Generic, Literal, Protocol, TypeVar

from textrail.vocabulary.errors import Malformed
from textrail.vocabulary.phone import country_billed, format_phone, is_e164
from textrail.vocabulary.segments import LONGEST_TEXT

# The ladder of an outbound text, lowest first. It is a total order, so the status is the highest
# rung reported, whatever the order of the reports. Why each stands where it does:
# - scheduled waits for its time; cancelled before that, it never moves again;
# - paused waits until its campaign goes on, and is queued again then;
# - refused is our own word; a carrier that says it has the text knows better;
# - undelivered is above failed, because it was said by the network behind the carrier;
# - delivered is on top: a handset confirmed it, and a failure reported earlier or later does not
#   take it back (phones that come on again after “unreachable”, shuffled webhooks).
# Inbound texts stand beside the ladder: nothing moves them.
_LADDER: Final = (
    "scheduled",
    "cancelled",
    "paused",
    "queued",
    "handing_over",
    "refused",
    "accepted",
    "sent",
    "failed",
    "undelivered",
    "delivered",
    "received",
)
_RANKS: Final = {status: rank for rank, status in enumerate(_LADDER)}
NOT_LEFT: Final = ("scheduled", "cancelled", "paused", "queued", "handing_over", "refused")
UNSETTLED: Final = ("queued", "handing_over")
BROKEN: Final = frozenset({"refused", "failed", "undelivered"})

# Whoever answered wins over the mailbox, and the mailbox over “nobody answered”.
_CALL_LADDER: Final = ("ringing", "failed", "missed", "voicemail", "answered")
UNANSWERED: Final = frozenset({"missed", "voicemail"})

LONGEST_LINE = 160
ANSWERS_PER_HOUR = 4
ANSWER_WINDOW = timedelta(hours=1)

# Longer than CLAIM_LIFE and a whole call to a carrier together (a free line, connecting, writing
# and reading may take 40 s), so that “not found” means “never came”.
FIND_GRACE = timedelta(seconds=90)
# A claim older than this was held up on its way; calling now could overlap a reconciliation.
CLAIM_LIFE = timedelta(seconds=10)
# How far a carrier's clock may be behind ours when it is asked what it got since then.
FIND_SKEW = timedelta(minutes=1)

# What carriers answer when the person opted out at their side: Twilio, Telnyx (domain rules D2).
OPTED_OUT_CODES: Final = frozenset({"21610", "40300"})
# North American toll-free numbers: the network itself answers STOP and START there.
_TOLL_FREE = re.compile(r"\+1(800|833|844|855|866|877|888)[0-9]{7}\Z")


def rank(status: str) -> int:
    """The rung of a message status; higher wins. An unknown status is a mistake of ours."""
    return _RANKS[status]


def below(reported: str) -> tuple[str, ...]:
    """The statuses that a report of `reported` lifts: what a conditional UPDATE asks for."""
    return _LADDER[: rank(reported)]


def calls_below(reported: str) -> tuple[str, ...]:
    """The call statuses that a report of `reported` lifts."""
    return _CALL_LADDER[: _CALL_LADDER.index(reported)]


# Words


def first_line(body: str, *, files: int = 0) -> str:
    """The line of a thread: the text on one line, at most 160 characters, or what came instead."""
    line = " ".join(body[: LONGEST_LINE * 4].split())
    if not line and files:
        return "Attachment" if files == 1 else f"{files} attachments"
    return line if len(line) <= LONGEST_LINE else f"{line[: LONGEST_LINE - 1].rstrip()}…"


def storable(text: str) -> str:
    """The text without what a database cannot hold: NUL, and halves of surrogate pairs."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole.replace("\0", "")


def check_body(body: str, *, files: int) -> str:
    """The text as it will be sent, or Malformed when there is nothing to send or too much of it."""
    text = storable(body).replace("\r\n", "\n")
    if not any(c.isprintable() and not c.isspace() for c in text) and not files:
        raise Malformed(
            "There is no text to send.",
            hint="Write something, or attach a picture.",
            field="body",
            code="text_empty",
        )
    if len(text) > LONGEST_TEXT:
        raise Malformed(
            f"A text has at most {LONGEST_TEXT:,} characters; this one has {len(text):,}.",
            hint="Shorten it, or send it as two texts.",
            field="body",
            code="text_too_long",
        )
    return text


def may_answer(sender: str, *, answered_lately: int) -> bool:
    """Whether an automatic answer may go to `sender`: a subscriber's number, and no loop.

    Short codes and names are machines. `answered_lately` counts the answers of the last hour.
    """
    return is_e164(sender) and answered_lately < ANSWERS_PER_HOUR


def consent_answer(
    intent: Literal["opt_out", "opt_in", "help"], *, business: str, phone: str, to: str = ""
) -> str | None:
    """What a consent keyword is answered with; None where the network answers by itself. `phone` is
    ours, and written as `to`, theirs, dials it."""
    if intent == "help":
        ours = format_phone(phone, home=country_billed(to))
        return (
            f"{business}: call {ours} to talk to us. Reply STOP to get no more texts. Message and"
            " data rates may apply."
        )
    if _TOLL_FREE.match(phone):
        return None
    if intent == "opt_out":
        return f"{business}: you will get no more texts from us. Reply START to get them again."
    return f"{business}: you get our texts again. Reply HELP for help, STOP to get no more."


def is_keyword(body: str) -> bool:
    """Whether a text is one word and no more: “help me” is for a person, HELP is not."""
    return len(re.findall(r"\w+", body)) == 1


# The timeline


class Dated(Protocol):
    """Anything with a moment and a key that is unique in its timeline."""

    @property
    def at(self) -> datetime: ...

    @property
    def key(self) -> str: ...


Entry = TypeVar("Entry", bound=Dated)


@dataclass(frozen=True, slots=True)
class Stretch(Generic[Entry]):
    """A part of a timeline, oldest first. `before` leads to the part before it, if there is one."""

    entries: Sequence[Entry]
    before: datetime | None


@dataclass(frozen=True, slots=True)
class Day(Generic[Entry]):
    date: date
    label: str
    entries: Sequence[Entry]


def merge(groups: Iterable[Sequence[Entry]], *, limit: int) -> Stretch[Entry]:
    """The newest `limit` entries of all groups, oldest first; a tie keeps the order of the groups.

    Each group must hold its newest `limit` + 1. Entries of one moment stay on one page, so that
    paging by moment neither repeats nor loses any.
    """
    ordered = sorted(chain.from_iterable(groups), key=lambda entry: entry.at)
    kept = ordered[-limit:]
    if len(ordered) == len(kept):
        return Stretch(kept, None)
    edge = ordered[-limit - 1].at
    whole = [entry for entry in kept if entry.at > edge] or kept
    return Stretch(whole, whole[0].at)


def by_day(entries: Sequence[Entry], *, zone: tzinfo, today: date) -> list[Day[Entry]]:
    """The entries under the days of `zone` that they fell on."""
    days = groupby(entries, key=lambda entry: entry.at.astimezone(zone).date())
    return [Day(day, _day_label(day, today), list(group)) for day, group in days]


def _day_label(day: date, today: date) -> str:
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    return f"{day:%A}, {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")


# Media

LARGEST_MEDIA = 5 * 1024 * 1024
MOST_MEDIA = 10
LONGEST_FILE_NAME = 120

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
# ISO base media: the brand behind “ftyp” says what is inside.
_BRANDS: Final = {
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heic",
    b"avif": "image/avif",
}
_SUFFIXES: Final = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "image/heic": ".heic",
    "image/avif": ".avif",
    "audio/amr": ".amr",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/wav": ".wav",
    "audio/mp4": ".m4a",
    "video/webm": ".webm",
    "video/mp4": ".mp4",
    "video/3gpp": ".3gp",
    "video/quicktime": ".mov",
    "application/pdf": ".pdf",
    "text/vcard": ".vcf",
}
_TYPE_WORDS: Final = {
    "image/jpeg": "JPEG picture",
    "image/png": "PNG picture",
    "image/gif": "GIF picture",
    "image/webp": "WebP picture",
    "image/heic": "HEIC picture",
    "image/avif": "AVIF picture",
    "audio/amr": "AMR sound",
    "audio/mpeg": "MP3 sound",
    "audio/ogg": "Ogg sound",
    "audio/wav": "WAV sound",
    "audio/mp4": "M4A sound",
    "video/webm": "WebM film",
    "video/mp4": "MP4 film",
    "video/3gpp": "3GP film",
    "video/quicktime": "QuickTime film",
    "application/pdf": "PDF",
    "text/vcard": "Contact card",
}
# What every browser shows by itself; the rest of the images are offered as files.
_SHOWN: Final = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/avif"})

MediaKind = Literal["image", "audio", "video", "file"]


def sniff(data: bytes) -> str | None:
    """The media type by the bytes themselves, whatever a header claims; None if not allowed.

    HTML and SVG are not on the list, because a browser would run what is in them.
    """
    for signature, content_type in _SIGNATURES:
        if data.startswith(signature):
            return content_type
    if data.startswith(b"RIFF"):
        return _RIFF.get(data[8:12])
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        return "video/3gpp" if brand.startswith(b"3g") else _BRANDS.get(brand, "video/mp4")
    if data[:64].removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(b"BEGIN:VCARD"):
        return "text/vcard"
    return None


def suffix(content_type: str) -> str:
    """The file name's ending for a type that `sniff` returned."""
    return _SUFFIXES[content_type]


def file_name(given: str) -> str:
    """A name fit to be kept and shown: the last part of a path, without what is invisible."""
    last = storable(given).replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable()).strip(" .")[:LONGEST_FILE_NAME]


def media_kind(content_type: str) -> MediaKind:
    """How a page shows a file of this type."""
    if content_type in _SHOWN:
        return "image"
    if content_type.startswith("audio/") and content_type != "audio/amr":
        return "audio"
    return "video" if content_type.startswith("video/") else "file"


def type_in_words(content_type: str) -> str:
    """What people call a file of this type: `JPEG picture`, `PDF`."""
    return _TYPE_WORDS.get(content_type, "File")


def size_in_words(size: int) -> str:
    """`820 kB`, `1.4 MB`; nothing where the size is not known."""
    if not size:
        return ""
    return f"{max(1, round(size / 1000))} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
