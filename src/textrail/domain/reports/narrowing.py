"""Between questions and their SQL: narrowing rows to a tag, reading what a path says and where a
page of a list begins. Pure."""

from __future__ import annotations

from typing import Any

from textrail.analytics.attribution import Scope
from textrail.analytics.attribution.paths import has_tag

# Stands for the id of those that are too rare to be weighed one by one.
OTHERS = "*"
# Where a list begins, newest first: before any moment and any id.
BEGINNING = (2**62, 2**62)
EARNER_IDS = ("campaign_id", "variant_id", "number_id", "source_id", "link_id", "way")
# Touches of our own texts: no visit or click of elsewhere in the channel of texts.
OF_OUR_TEXTS = "channel = 'sms' AND traffic_id IS NULL"
# Whether a receipt `r` says that the carrier took the text. DuckDB looks at each different status
# once while it reads, where a mere IN would be compared row by row: half as long over months.
TAKEN = (
    "CASE WHEN r.status IN ('accepted', 'sent', 'delivered', 'undelivered') THEN 1 ELSE 0 END = 1"
)


def tagged(scope: Scope, rows: str) -> tuple[str, str]:
    """SQL that leaves of `rows`, which have a person, those of people with the tag of `scope`: a
    join, and a condition behind a WHERE. Both are empty without a tag."""
    if scope.tag_id is None:
        return "", ""
    join = f" LEFT JOIN people AS merged ON merged.person = {rows}.person"
    return join, f" AND {has_tag(f'COALESCE(merged.canonical, {rows}.person)')}"


def read_state(state: str) -> dict[str, Any]:
    """`c5` is a campaign, `c5/6` its wording, `n2/3` a number with its source (0: none), `l7` a
    link, `wemail` a channel of visits; `c*`, `c*/*`, `n*/*`, `l*` and `w*` are the others."""
    kind = state[:1]
    parts = [state[1:]] if kind == "w" else state[1:].split("/")
    ids = [part if kind == "w" or part == OTHERS else int(part) or None for part in parts]
    places = {"c": slice(0, 2), "n": slice(2, 4), "l": slice(4, 5), "w": slice(5, 6)}
    names = EARNER_IDS[places[kind]]
    found = dict.fromkeys(EARNER_IDS) | dict(zip(names, ids, strict=False))
    return {
        **found,
        "origin": {"c": "campaign", "n": "number", "l": "link", "w": "way"}[kind],
        "no_campaign": kind != "c",
        "no_variant": kind != "c" or len(ids) == 1,
        "no_number": kind != "n",
        "no_link": kind != "l",
        "no_way": kind != "w",
    }


def read_place(after: str) -> tuple[int, int]:
    """The moment and the id that a page of a list lies before, from the `after` of the page before;
    the beginning of the list for what is none.

    >>> read_place("1772000000000~7")
    (1772000000000, 7)
    """
    at_ms, _, id_ = after.partition("~")
    usable = at_ms.isdecimal() and id_.isdecimal() and len(after) < 38 and after.isascii()
    return (int(at_ms), int(id_)) if usable else BEGINNING
